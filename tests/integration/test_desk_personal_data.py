"""Personal data on the desk: heads give them out and erase them; nobody else, and nobody by mistake."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from shared.domain.contact import Contact
from shared.domain.erasure import ERASED_TOPIC
from shared.domain.submission import Channel, Submission
from shared.files import CloudStorageFiles, FileStoreError
from shared.ledger import LedgerUnavailableError
from shared.store.personal_data import FirestorePersonalData
from tests.client_data import HER_CONTACT, XENIA, YURI, details, documents, everything, holding, register
from tests.desk_acts import act, form_to, forms_of, location_of, send
from tests.desk_instance import DeskInstance, desk_instance, text_of
from tests.function_instance import World
from tests.staff import ANNA, STRANGER, VERA, Issuer

NUMBER = 12345
ACTIONS = ("erase", "export")


@pytest.fixture
def desk(world: World) -> Iterator[DeskInstance]:
    with Issuer() as issuer, desk_instance(world, issuer) as running:
        yield running


@pytest.fixture(autouse=True)
def hers(world: World) -> None:
    """Two tickets of hers and one of Yuri's."""
    now = datetime.now(UTC)
    yuri = Contact("Юрий <b>", YURI, None)
    for key, contact, text in (
        ("first", HER_CONTACT, "Маркер: лифт стоит"),
        ("second", HER_CONTACT, "Маркер: забыли пароль на портале"),
        ("yuris", yuri, "Калитка скрипит"),
    ):
        register(world, Submission(key, Channel.PHONE, now, contact, details(text)))


def path(action: str, number: int = NUMBER) -> str:
    return f"/tickets/{number}/{action}"


def asked(desk: DeskInstance, number: int = NUMBER) -> dict[str, str]:
    """What the confirmation's form would send as it stands."""
    page = act(desk, path("erase", number), VERA)
    assert page.status_code == 200, text_of(page)
    return form_to(page, "/erase", client=XENIA).fields


def test_a_head_is_shown_what_would_go_and_erases_it_by_typing_the_number(desk: DeskInstance, world: World) -> None:
    before = documents(world)
    ticket = desk.get(f"/tickets/{NUMBER}", VERA)
    page = send(desk, form_to(ticket, "/erase"), VERA)
    shown = text_of(page)
    assert XENIA in shown
    assert "Обращения #12345 , #12346" in shown or "#12345, #12346" in shown
    assert documents(world) == before
    assert page.headers["Cache-Control"] == "no-store"

    done = send(desk, form_to(page, "/erase"), VERA, number="12345")

    assert location_of(done) == "/tickets/12345?done=erase"
    after = desk.get(location_of(done), VERA)
    assert "Персональные данные клиента удалены" in text_of(after)
    assert ERASED_TOPIC in text_of(after)
    assert [form.action for form in forms_of(after) if form.action.endswith(ACTIONS)] == []
    assert holding(everything(world), "marker", "маркер") == []
    assert [world.documents("tickets")[number]["contact"]["name"] for number in ("12345", "12346", "12347")] == [
        *("", ""),
        "Юрий <b>",
    ]
    [line] = world.documents("tickets/12345/history").values()
    assert (line["event"], line["by"], line["about"]) == ("erased", VERA, "12345")
    for other in ("/", "/tickets", "/tickets/12347", "/today"):
        assert desk.get(other, VERA).status_code == 200


@pytest.mark.parametrize("typed", ["", "12346", "0", "да", "12345 12345"])
def test_another_number_erases_nothing(desk: DeskInstance, world: World, typed: str) -> None:
    form, before = asked(desk), documents(world)
    answer = desk.post(path("erase"), {**form, "number": typed}, VERA)
    assert answer.status_code == 422
    assert "Это не номер обращения. Введите 12345." in text_of(answer)
    assert documents(world) == before


@pytest.mark.parametrize("typed", ["12345", " #12345 ", "[#12345]"])
def test_the_number_is_taken_as_people_write_it(desk: DeskInstance, world: World, typed: str) -> None:
    assert location_of(desk.post(path("erase"), {**asked(desk), "number": typed}, VERA))
    assert "erased_at" in world.documents("tickets")["12346"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("person", "words"), [(ANNA, "только руководителю"), (STRANGER, "нет в списке"), (None, "вход")]
)
def test_who_is_no_head_may_not(desk: DeskInstance, world: World, action: str, person: str | None, words: str) -> None:
    typed, before = {**asked(desk), "number": "12345"}, documents(world)
    answer = desk.post(path(action), typed, person)
    assert answer.status_code == 403
    assert words in text_of(answer)
    assert XENIA not in answer.get_data(as_text=True)
    assert documents(world) == before
    if person == ANNA:
        page = desk.get(f"/tickets/{NUMBER}", person)
        assert [form.action for form in forms_of(page) if form.action.endswith(ACTIONS)] == []


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, None),
        ({"Origin": "https://evil.example"}, None),
        ({}, ""),
        ({}, "forged"),
    ],
)
def test_no_other_site_can_have_it_done(
    desk: DeskInstance, world: World, action: str, headers: dict[str, str], token: str | None
) -> None:
    typed, before = {**asked(desk), "number": "12345"}, documents(world)
    if token is not None:
        typed["post_token"] = token
    assert desk.post(path(action), typed, VERA, **headers).status_code == 403
    assert documents(world) == before


@pytest.mark.parametrize("action", ACTIONS)
def test_it_is_posted_and_of_a_ticket_that_is_there(desk: DeskInstance, action: str) -> None:
    assert desk.get(path(action), VERA).status_code == 405
    assert act(desk, path(action, 99999), VERA).status_code == 404
    answer = desk.open("POST", path(action), VERA, json={"number": "12345"})
    assert answer.status_code == 415


def test_the_clients_data_are_given_out_as_a_file(desk: DeskInstance, world: World) -> None:
    answer = send(desk, form_to(desk.get(f"/tickets/{NUMBER}", VERA), "/export"), VERA)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="client-of-12345.json"'
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")
    given = json.loads(answer.get_data())
    assert [ticket["number"] for ticket in given["tickets"]] == [12345, 12346]
    assert given["client"] == {"email": XENIA}
    assert YURI not in answer.get_data(as_text=True)
    for number in (12345, 12346):
        [line] = world.documents(f"tickets/{number}/history").values()
        assert (line["event"], line["by"], line["about"]) == ("exported", VERA, str(number))
    assert world.documents("tickets/12347/history") == {}


def test_what_is_erased_can_be_neither_given_out_nor_erased_again(desk: DeskInstance, world: World) -> None:
    desk.post(path("erase"), {**asked(desk), "number": "12345"}, VERA)
    before = documents(world)
    for action in ACTIONS:
        answer = act(desk, path(action), VERA)
        assert answer.status_code == 409
        assert "Данные уже удалены" in text_of(answer)
    assert documents(world) == before


def test_a_second_click_ends_where_the_first_did(desk: DeskInstance, world: World) -> None:
    typed = {**asked(desk), "number": "12345"}
    first = desk.post(path("erase"), typed, VERA)
    before = documents(world)
    assert location_of(desk.post(path("erase"), typed, VERA)) == location_of(first)
    assert documents(world) == before


@pytest.mark.parametrize("where", ["files", "ledger"])
def test_an_erasure_that_broke_off_is_made_again_from_the_same_page(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def broken(*_: object) -> int:
        raise (FileStoreError if where == "files" else LedgerUnavailableError)(f"not for {XENIA}")

    form = asked(desk)
    with monkeypatch.context() as patch:
        # After the first ticket, on whose page it was asked for.
        real, seen = CloudStorageFiles.delete_of, []

        def delete_of(files: CloudStorageFiles, submission: str) -> int:
            seen.append(submission)
            return real(files, submission) if len(seen) == 1 else broken()

        patch.setattr(CloudStorageFiles, "delete_of", delete_of)
        answer = desk.post(path("erase"), {**form, "number": "12345"}, VERA)
        assert (answer.status_code, "Удалено не всё" in text_of(answer)) == (503, True)
    tickets = world.documents("tickets")
    assert ("erased_at" in tickets["12345"], "erased_at" in tickets["12346"]) == (True, False)
    assert location_of(send(desk, form_to(answer, "/erase"), VERA, number="12345"))
    assert holding(everything(world), "marker", "маркер") == []


def test_a_ledger_that_is_silent_erases_nothing_and_says_so(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise LedgerUnavailableError("503")

    before = documents(world)
    monkeypatch.setattr(FirestorePersonalData, "tickets", silent)
    assert act(desk, path("erase"), VERA).status_code == 503
    assert documents(world) == before


def test_a_contact_that_was_corrected_meanwhile_is_looked_at_again(desk: DeskInstance, world: World) -> None:
    form = asked(desk)
    world.ledger.document("tickets/12345").update({"contact.email": YURI})
    before = documents(world)
    answer = desk.post(path("erase"), {**form, "number": "12345"}, VERA)
    assert answer.status_code == 409
    assert form_to(answer, "/erase").fields["client"] == YURI
    assert documents(world) == before


@pytest.mark.parametrize("named", ["", "кто-то", "#x"])
def test_of_an_erased_ticket_nobody_unknown_is_erased(desk: DeskInstance, world: World, named: str) -> None:
    desk.post(path("erase"), {**asked(desk), "number": "12345"}, VERA)
    before = documents(world)
    answer = act(desk, path("erase"), VERA, client=named, number="12345")
    assert answer.status_code == (400 if named else 409)
    assert documents(world) == before


def test_a_ticket_without_address_and_number_is_erased_alone(desk: DeskInstance, world: World) -> None:
    nobody = Submission("nobody", Channel.PHONE, datetime.now(UTC), Contact("<script>", None, None), details("<i>"))
    number = register(world, nobody)
    page = act(desk, path("erase", number), VERA)
    form = form_to(page, "/erase", client=f"#{number}").fields
    assert location_of(desk.post(path("erase", number), {**form, "number": str(number)}, VERA))
    assert ["erased_at" in each for each in world.documents("tickets").values()].count(True) == 1


def test_other_contacts_that_may_be_the_same_person_are_named(desk: DeskInstance, world: World) -> None:
    contact = Contact("Ксения", None, HER_CONTACT.phone, "")
    register(world, Submission("call", Channel.PHONE, datetime.now(UTC), contact, details("Домофон молчит")))
    shown = text_of(act(desk, path("erase"), VERA))
    assert f"Возможно, это тот же человек: {HER_CONTACT.phone}" in shown
