"""What waits for a person: listed, replayed after a fix, released after a judgement."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from functions.intake_email import mailroom
from ops.__main__ import main
from shared.ledger import Entry
from shared.store import submissions
from tests.email_instance import EmailInstance, email_instance, message, settings_of
from tests.function_instance import World
from tests.inbound import SIGNED_AT, SIGNER, signed_post

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def email(world: World) -> Iterator[EmailInstance]:
    with email_instance(settings_of(world)) as instance:
        yield instance


class Ops:
    """The operators' command line in this process, with what it needs in its environment and no more."""

    def __init__(self, world: World, output: pytest.CaptureFixture[str]) -> None:
        self._settings = {name: value for name, value in settings_of(world).items() if name != "INBOUND_KEYS"}
        self._output = output

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self._output.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("INBOUND_KEYS", raising=False)
            for name, value in self._settings.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["ops", *arguments])
            code = main()
        # The function in this process has sent its log to the same place.
        lines = self._output.readouterr().out.splitlines()
        return code, "\n".join(line for line in lines if not line.startswith("{"))


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Ops:
    return Ops(world, capsys)


def key_of(world: World) -> str:
    [key] = world.documents("submissions")
    return key


def test_an_empty_quarantine_says_so(ops: Ops) -> None:
    assert ops("quarantine") == (0, "nothing is in quarantine")


def test_what_waits_is_listed_with_its_reason(email: EmailInstance, world: World, ops: Ops) -> None:
    email.mail(message(Subject="Выигрыш\x1b[2J"), spam_score=11.5)
    code, shown = ops("quarantine")
    assert code == 0
    assert key_of(world) in shown
    assert "spam (spam score 11.5)" in shown
    assert "'ivan@example.ru'" in shown
    assert "\x1b" not in shown


def test_r16_a_released_message_is_registered_with_its_first_arrival(
    email: EmailInstance, world: World, ops: Ops
) -> None:
    email.mail(message(), spam_score=11.5)
    arrived = world.documents("submissions")[key_of(world)]["received_at"]
    code, shown = ops("replay", key_of(world))
    assert (code, shown) == (1, f"{key_of(world)}: quarantined")
    code, shown = ops("replay", "--release", "--by", "Мария", key_of(world))
    assert (code, shown) == (0, f"{key_of(world)}: registered as #12345")
    ticket = world.documents("tickets")["12345"]
    submission = world.documents("submissions")[key_of(world)]
    assert ticket["received_at"] == submission["received_at"] == arrived
    assert (submission["state"], submission["by"]) == ("registered", "Мария")
    assert not {"reason", "check_at"} & submission.keys()
    assert world.rings() == ["12345-confirmation", "12345-new-ticket"]
    assert ops("replay", key_of(world)) == (0, f"{key_of(world)}: is registered already as #12345")
    assert len(world.documents("tickets")) == 1


def test_r1_a_message_that_our_code_failed_at_is_registered_after_the_fix(
    email: EmailInstance, world: World, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("a bug")

    mail = message()
    mail.add_attachment(b"log", maintype="text", subtype="plain", filename="журнал.txt")
    with monkeypatch.context() as broken:
        broken.setattr(mailroom, "parse_mail", failing)
        assert email.mail(mail).get_json() == {"state": "quarantined"}
        assert world.documents("submissions")[key_of(world)]["reason"] == "failed"
        assert email.mail(mail).get_json() == {"state": "quarantined"}
    assert ops("replay", "--by", "Мария", key_of(world))[0] == 0
    assert "by" not in world.documents("submissions")[key_of(world)], "nobody has judged anything"
    submission = world.documents("submissions")[key_of(world)]
    assert submission["details"]["subject"] == "Шлагбаум"
    assert [file["name"] for file in submission["files"]] == ["журнал.txt"]
    assert world.documents("tickets")["12345"]["contact"]["email"] == "ivan@example.ru"


def test_all_that_waits_is_listed_the_oldest_first(
    email: EmailInstance, world: World, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "_PAGE", 2)
    for number in range(5):
        mail = message(f"Выигрыш {number}", Message_ID=f"<{number}@example.ru>", Subject=f"Выигрыш {number}")
        email.mail(mail, spam_score=11.5)
    keys = sorted(world.documents("submissions"))
    for age, key in enumerate(keys):
        world.ledger.document(f"submissions/{key}").update({"received_at": NOON - timedelta(days=age)})
    listed = [line.split()[0] for line in ops("quarantine")[1].splitlines() if line.startswith("mail-")]
    assert listed == keys[::-1]


def postmaster(text: str) -> EmailMessage:
    """A person's message that reads like a mail server's."""
    return message(text, From="Иван Петров <postmaster@example.ru>", Subject="Не приходят коды")


@pytest.mark.parametrize(
    "text",
    [
        "Письма с кодом не доставлены: petrov@example.ru 550 5.1.1 User unknown. Помогите.",
        "Delivery delayed: your letter to petrov@example.ru, 451 4.7.1. Проверьте, пожалуйста.",
    ],
    ids=["not delivered", "delayed"],
)
def test_r1_what_looks_like_a_report_of_an_unknown_letter_waits_and_can_be_registered(
    email: EmailInstance, world: World, ops: Ops, text: str
) -> None:
    assert email.mail(postmaster(text), sender="postmaster@example.ru").get_json() == {"state": "quarantined"}
    assert world.documents("submissions")[key_of(world)]["reason"] == "unknown_bounce"
    assert ops("replay", key_of(world))[0] == 1
    assert ops("replay", "--release", key_of(world)) == (0, f"{key_of(world)}: registered as #12345")
    assert world.documents("tickets")["12345"]["confirmation_omitted"] == "automatic"


def test_r14_a_message_from_nobody_can_be_registered(email: EmailInstance, world: World, ops: Ops) -> None:
    assert email.mail(b"Subject: hello\r\n\r\ntext", sender="").get_json() == {"state": "quarantined"}
    assert ops("replay", key_of(world)) == (1, f"{key_of(world)}: quarantined")
    assert ops("replay", "--release", key_of(world)) == (0, f"{key_of(world)}: registered as #12345")
    assert list(world.documents("notifications")) == ["12345-new-ticket"]


def test_a_call_that_can_t_be_taken_apart_stays_and_says_why(email: EmailInstance, world: World, ops: Ops) -> None:
    inside = '\r\n--xYzZY\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n{}\r\n'
    email.call(*signed_post(message(inside).as_bytes()))
    code, shown = ops("replay", key_of(world))
    assert code == 1
    assert "a field stands there twice" in shown
    assert world.documents("submissions")[key_of(world)]["state"] == "quarantined"


def test_a_call_that_brings_no_message_does_not_stop_the_others(email: EmailInstance, world: World, ops: Ops) -> None:
    email.mail(message(), spam_score=11.5)
    spam = key_of(world)
    body, headers = signed_post(message(Message_ID="<2@example.ru>").as_bytes())
    parsed = body.replace(b'name="email"', b'name="text"')
    email.call(parsed, headers | SIGNER.headers(parsed, SIGNED_AT) | {"Content-Type": "text/plain"})
    [call] = world.documents("submissions").keys() - {spam}
    code, shown = ops("replay", "--release", call, spam)
    assert (code, shown.splitlines()[1]) == (1, f"{spam}: registered as #12345")
    assert shown.startswith(f"{call}: not done: NotRawModeError")


def test_an_unknown_key_is_named(ops: Ops) -> None:
    assert ops("replay", "mail-0") == (1, "mail-0: there is no such submission")


def test_what_is_no_request_leaves_the_list_and_stays_in_the_ledger(
    email: EmailInstance, world: World, ops: Ops
) -> None:
    email.mail(message(), spam_score=11.5)
    assert ops("discard", "--by", "Мария", key_of(world)) == (0, f"{key_of(world)}: recorded")
    assert ops("quarantine") == (0, "nothing is in quarantine")
    submission = world.documents("submissions")[key_of(world)]
    assert (submission["state"], submission["by"]) == ("recorded", "Мария")
    assert email.mail(message(), spam_score=11.5).get_json() == {"state": "recorded"}
    assert ops("discard", key_of(world), "mail-0") == (
        1,
        f"{key_of(world)}: is recorded\nmail-0: there is no such submission",
    )


def test_what_somebody_else_has_touched_is_not_closed_and_does_not_stop_the_others(
    email: EmailInstance, world: World, ops: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        email.mail(message(f"Выигрыш {number}", Message_ID=f"<{number}@example.ru>"), spam_score=11.5)
    touched, untouched = world.documents("submissions")
    find = submissions.FirestoreSubmissions.find

    def overtaken(store: submissions.FirestoreSubmissions, key: str) -> Entry | None:
        entry = find(store, key)
        if key == touched:
            world.ledger.document(f"submissions/{key}").update({"check_at": NOON})
        return entry

    monkeypatch.setattr(submissions.FirestoreSubmissions, "find", overtaken)
    code, shown = ops("discard", touched, untouched)
    assert (code, shown.splitlines()[-1]) == (1, f"{untouched}: recorded")
    assert shown.startswith(f"{touched}: not done: LedgerConflictError")
    states = {key: each["state"] for key, each in world.documents("submissions").items()}
    assert states == {touched: "quarantined", untouched: "recorded"}
