"""R1, R14: what waits for a person is decided on the desk; messages come through the real door."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from functions.intake_email import mailroom
from shared.domain.submission import Quarantine
from shared.ledger import LedgerUnavailableError
from shared.registration import Registrar
from shared.store.changes import FirestoreChanges
from tests.desk_acts import act, at_once, form_to, forms_of, location_of, send
from tests.desk_instance import DeskInstance, desk_instance, kept, quarantined, text_of
from tests.email_instance import EmailInstance, email_instance, message
from tests.email_instance import settings_of as email_settings
from tests.function_instance import World
from tests.mailbox import running_stand_in
from tests.sla_instance import settings_of as sla_settings
from tests.sla_instance import sla_instance
from tests.staff import ANNA, BORIS, Issuer

NOW = datetime.now(UTC)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    with desk_instance(world, issuer) as running:
        yield running


@pytest.fixture
def email(world: World) -> Iterator[EmailInstance]:
    with email_instance(email_settings(world)) as running:
        yield running


def key_of(world: World) -> str:
    [key] = world.documents("submissions")
    return key


def spam(email: EmailInstance, **said: object) -> None:
    mail = message()
    mail.add_attachment(b"log", maintype="text", subtype="plain", filename="журнал.txt")
    assert email.mail(mail, spam_score=11.5, **said).get_json() == {"state": "quarantined"}


def test_r1_r17_a_message_is_released_by_one_click_with_its_files_and_its_first_arrival(
    email: EmailInstance, desk: DeskInstance, world: World
) -> None:
    spam(email)
    key = key_of(world)
    arrived = world.documents("submissions")[key]["received_at"]
    page = desk.get(f"/submissions/{key}")
    assert "оно похоже на спам" in text_of(page)
    assert "журнал.txt" in text_of(page)
    form = form_to(page, "/release")
    first, again = send(desk, form), send(desk, form)
    assert location_of(first) == location_of(again) == "/tickets/12345?done=release"
    submission, ticket = world.documents("submissions")[key], world.documents("tickets")["12345"]
    assert (submission["state"], submission["ticket"], submission["by"]) == ("registered", 12345, ANNA)
    assert not {"reason", "check_at"} & submission.keys()
    assert ticket["received_at"] == submission["received_at"] == arrived
    assert [file["name"] for file in submission["files"]] == ["журнал.txt"]
    assert world.rings().count("12345-confirmation") >= 1
    assert len(world.documents("tickets")) == 1
    shown = text_of(desk.get("/tickets/12345"))
    assert "Анна Петрова" in shown
    assert "Взято в работу, номер #12345" in shown
    assert 'href="/tickets/12345"' in desk.get(f"/submissions/{key}").get_data(as_text=True)
    # The provider's next delivery of the same message finds it registered.
    assert email.mail(message(), spam_score=11.5).status_code == 200


@pytest.mark.parametrize(("spf", "omitted"), [("fail", "unverified_sender"), ("pass", None)])
def test_r9_whom_a_forged_sender_would_hit_gets_no_letter_from_a_release(
    email: EmailInstance, desk: DeskInstance, world: World, spf: str, omitted: str | None
) -> None:
    spam(email, spf=spf)
    # A message that only waits is not counted as answered.
    assert world.documents("limits") == {}
    act(desk, f"/submissions/{key_of(world)}/release")
    assert world.documents("tickets")["12345"].get("confirmation_omitted") == omitted
    assert ("12345-confirmation" in world.documents("notifications")) is (omitted is None)


def test_r1_a_postmaster_who_is_a_person_is_released(email: EmailInstance, desk: DeskInstance, world: World) -> None:
    text = "Письма с кодом не доставлены: petrov@example.ru 550 5.1.1 User unknown. Помогите."
    mail = message(text, From="Иван Петров <postmaster@example.ru>", Subject="Не приходят коды")
    assert email.mail(mail, sender="postmaster@example.ru").get_json() == {"state": "quarantined"}
    assert location_of(act(desk, f"/submissions/{key_of(world)}/release")) == "/tickets/12345?done=release"
    assert world.documents("tickets")["12345"]["confirmation_omitted"] == "automatic"


def test_r3_a_message_from_nobody_is_registered_with_what_a_specialist_writes_down(
    email: EmailInstance, desk: DeskInstance, world: World
) -> None:
    assert email.mail(b"Subject: gate\r\n\r\nIt is Petr, my gate is shut", sender="").get_json() == {
        "state": "quarantined"
    }
    path = f"/submissions/{key_of(world)}"
    page = desk.get(path)
    assert not any(form.action.endswith("/release") for form in forms_of(page))
    assert act(desk, f"{path}/release").status_code == 409
    form = form_to(page, "/register")
    assert "my gate is shut" in form.fields["description"]

    wrong = send(desk, form, email="petr@", name="Пётр")
    assert wrong.status_code == 422
    assert "проверьте адрес" in text_of(wrong)
    again = form_to(wrong, "/register")
    assert (again.fields["email"], again.fields["name"]) == ("petr@", "Пётр")

    done = send(desk, again, email="petr@example.ru", urgent="1")
    assert location_of(done) == "/tickets/12345?done=release"
    ticket = world.documents("tickets")["12345"]
    assert (ticket["contact"]["email"], ticket["contact"]["name"], ticket["urgent"]) == (
        "petr@example.ru",
        "Пётр",
        True,
    )
    assert ticket["title"] == "[#12345] gate"
    assert "12345-confirmation" in world.documents("notifications")


def test_r14_what_our_own_code_failed_at_is_registered_by_hand(
    email: EmailInstance, desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as broken:
        broken.setattr(mailroom, "parse_mail", failing)
        email.mail(message())
    path = f"/submissions/{key_of(world)}"
    form = form_to(desk.get(path), "/register")
    done = send(desk, form, phone="8 916 123-45-67", description="Клиент просит перезвонить", name="Иван")
    assert location_of(done) == "/tickets/12345?done=release"
    assert world.documents("tickets")["12345"]["contact"]["phone"] == "+79161234567"
    assert world.documents("submissions")[key_of(world)]["message"]["raw"].startswith("mail/raw/")


def test_r17_a_long_text_that_nobody_has_changed_stays_whole(
    email: EmailInstance, desk: DeskInstance, world: World
) -> None:
    words = "\r\n".join(f"Строка {number}: калитка не открывается." for number in range(1000))
    mail = message(words)
    email.mail(mail, spam_score=11.5)
    path = f"/submissions/{key_of(world)}"
    whole = world.documents("submissions")[key_of(world)]["details"]["description"]
    form = form_to(desk.get(path), "/register")
    assert len(whole) > 20_000 > len(form.fields["description"]) - 1
    # As a browser sends it.
    sent = form.fields["description"].replace("\n", "\r\n")
    assert location_of(send(desk, form, description=sent)) == "/tickets/12345?done=release"
    assert world.documents("submissions")[key_of(world)]["details"]["description"] == whole


def test_what_is_no_request_is_closed_and_can_be_taken_back(
    email: EmailInstance, desk: DeskInstance, world: World
) -> None:
    spam(email)
    path = f"/submissions/{key_of(world)}"
    form = form_to(desk.get(path), "/discard")
    assert location_of(send(desk, form)) == location_of(send(desk, form)) == f"{path}?done=discard"
    submission = world.documents("submissions")[key_of(world)]
    assert (submission["state"], submission["by"]) == ("recorded", ANNA)
    assert not {"reason", "check_at"} & submission.keys()
    page = desk.get(path, BORIS)
    assert "Так решил(а) Анна Петрова" in text_of(page)
    back = form_to(page, "/register")
    assert location_of(send(desk, back, BORIS)) == "/tickets/12345?done=release"
    assert world.documents("submissions")[key_of(world)]["by"] == BORIS


@pytest.mark.parametrize(("first", "second"), [("release", "discard"), ("discard", "release"), ("release", "release")])
def test_the_second_specialist_sees_what_it_became_and_by_whom(
    desk: DeskInstance, world: World, first: str, second: str
) -> None:
    key = quarantined(world, NOW).key
    act(desk, f"/submissions/{key}/{first}", BORIS)
    before = world.documents("submissions")
    refused = act(desk, f"/submissions/{key}/{second}")
    assert refused.status_code == 409
    assert "Решение уже принято" in text_of(refused)
    assert "Борис Смирнов" in text_of(refused)
    assert ("/tickets/12345" in refused.get_data(as_text=True)) is (first == "release")
    assert world.documents("submissions") == before


def test_of_two_who_decide_at_the_same_moment_one_is_first(desk: DeskInstance, world: World) -> None:
    key = quarantined(world, NOW).key
    answers = at_once(
        partial(act, desk, f"/submissions/{key}/release"), partial(act, desk, f"/submissions/{key}/discard", BORIS)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    released = answers[0].status_code == 303
    assert len(world.documents("tickets")) == int(released)
    submission = world.documents("submissions")[key]
    assert (submission["state"], submission["by"]) == (("registered", ANNA) if released else ("recorded", BORIS))


def test_two_clicks_at_the_same_moment_are_one_ticket(desk: DeskInstance, world: World) -> None:
    click = partial(act, desk, f"/submissions/{quarantined(world, NOW).key}/release")
    assert {location_of(answer) for answer in at_once(click, click, click)} == {"/tickets/12345?done=release"}
    assert list(world.documents("tickets")) == ["12345"]


@pytest.mark.parametrize("decision", ["release", "register"])
def test_r16_what_was_only_kept_gets_its_number_at_once(desk: DeskInstance, world: World, decision: str) -> None:
    key = kept(world, NOW - timedelta(minutes=3)).key
    assert "номера у него ещё нет" in text_of(desk.get(f"/submissions/{key}"))
    assert location_of(act(desk, f"/submissions/{key}/{decision}", back="/")) == "/?done=release&ticket=12345"
    assert world.documents("tickets")["12345"]["received_at"] == world.documents("submissions")[key]["received_at"]
    assert act(desk, f"/submissions/{key}/discard").status_code == 409


@pytest.mark.parametrize(("decision", "state"), [("release", "registered"), ("discard", "recorded")])
def test_r16_the_sweep_clears_its_flag_when_a_person_has_decided(
    desk: DeskInstance, world: World, tmp_path: Path, decision: str, state: str
) -> None:
    key = quarantined(world, datetime.now(UTC) - timedelta(minutes=26)).key
    with running_stand_in(tmp_path) as sendgrid, sla_instance(sla_settings(world, sendgrid.url)) as sla:
        assert sla.sweep()["flagged"] == 1
        assert "Отметки об опоздании" in text_of(desk.get(f"/submissions/{key}"))
        assert location_of(act(desk, f"/submissions/{key}/{decision}"))
        assert sla.sweep()["cleared"] == 1
    submission = world.documents("submissions")[key]
    assert (submission["state"], "cleared_at" in submission["flags"][0]) == (state, True)
    assert not {"check_at", "flagged_at", "reason"} & submission.keys()


def test_without_an_answer_of_the_ledger_the_same_again_does_no_harm(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = quarantined(world, NOW).key
    write = FirestoreChanges.write

    def losing(self: FirestoreChanges, *arguments: object) -> None:
        write(self, *arguments)  # type: ignore[arg-type]  # as they came
        raise LedgerUnavailableError("the answer is lost")

    with monkeypatch.context() as patch:
        patch.setattr(FirestoreChanges, "write", losing)
        uncertain = act(desk, f"/submissions/{key}/release")
    assert uncertain.status_code == 503
    assert location_of(send(desk, form_to(uncertain, "/release"))) == "/tickets/12345?done=release"


def test_r16_without_a_commit_in_time_the_number_is_promised(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = quarantined(world, NOW).key

    def keeping(registrar: Registrar, submission: object) -> object:
        return registrar._keep(submission)  # type: ignore[arg-type]  # noqa: SLF001  # as without a commit

    with monkeypatch.context() as patch:
        patch.setattr(Registrar, "register", keeping)
        assert location_of(act(desk, f"/submissions/{key}/release")) == f"/submissions/{key}?done=release_soon"
    assert world.documents("submissions")[key]["state"] == "received"
    assert "номер появится в течение минуты" in text_of(desk.get(f"/submissions/{key}?done=release_soon"))


def test_an_unknown_submission_is_told(desk: DeskInstance) -> None:
    assert desk.get("/submissions/unknown").status_code == 404
    for decision in ("release", "discard"):
        assert act(desk, f"/submissions/unknown/{decision}").status_code == 409


@pytest.mark.parametrize("reason", list(Quarantine))
def test_every_reason_has_words_and_a_way_on(desk: DeskInstance, world: World, reason: Quarantine) -> None:
    key = quarantined(world, NOW, reason=reason).key
    page = desk.get(f"/submissions/{key}")
    assert "Письмо ждёт вашего решения: " in text_of(page)
    ways = {form.action.rpartition("/")[2] for form in forms_of(page) if form.action.startswith("/submissions/")}
    assert {"register", "discard"} <= ways
