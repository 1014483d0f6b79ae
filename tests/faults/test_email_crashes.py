"""The process dies between any two steps and the provider calls again: one ticket, one message, one record."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.intake_email import wiring
from functions.intake_email.mailroom import Mailroom
from functions.intake_email.settings import EmailSettings
from functions.intake_email.webhook.post import InboundPost
from shared.domain.submission import SubmissionState
from shared.settings import read_settings
from tests.email_instance import REPLIES, message, settings_of
from tests.function_instance import World, make_world

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
OUTSIDE = (
    "CloudStorageFiles",
    "FirestoreChanges",
    "FirestoreCounts",
    "FirestoreNotifications",
    "FirestoreRegistrations",
    "FirestoreSubmissions",
    "FirestoreTickets",
    "PubSubBell",
)
"""Everything through which the mailroom reaches outside."""
MOST_STEPS = 30
UNDELIVERED = "12345-undelivered-1-bounced"


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Death:
    """Kills at one step: before it is done, or after it is done and before anybody hears of it."""

    at: int
    after: bool
    steps: list[str] = field(default_factory=list)

    def step(self, name: str, act: Callable[[], Any]) -> Any:  # noqa: ANN401  # whatever the step gives
        self.steps.append(name)
        dies = len(self.steps) == self.at
        if dies and not self.after:
            raise Killed
        result = act()
        if dies:
            raise Killed
        return result


class Mortal:
    """A part of the outside whose every call is a step."""

    def __init__(self, part: object, death: Death) -> None:
        self._part, self._death = part, death

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the part has
        method = getattr(self._part, name)
        return lambda *args, **kwargs: self._death.step(name, lambda: method(*args, **kwargs))


def mailroom(world: World, death: Death) -> Mailroom:
    """A new process's mailroom, wired by its own wiring."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OUTSIDE:
            made = getattr(wiring, name)
            patch.setattr(wiring, name, lambda *args, made=made: Mortal(made(*args), death))
        return wiring.make_mailroom(read_settings(EmailSettings, settings_of(world)), lambda: NOW)


def post(raw: bytes, spam_score: float | None = None, return_path: str = "ivan@example.ru") -> InboundPost:
    return InboundPost(raw, ("support@pass24online.ru",), return_path, "192.0.2.1", "pass", "none", spam_score)


def reply() -> bytes:
    ours = REPLIES.message_id("12345-confirmation")
    return message("Версия приложения 4.12.1", Message_ID="<2@example.ru>", In_Reply_To=ours).as_bytes()


def bounce() -> bytes:
    """What a mail server writes about the confirmation (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mx.example.ru\r\nMessage-ID: <3@mx.example.ru>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.ru\r\n\r\n"
        "Final-Recipient: rfc822; ivan@example.ru\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {REPLIES.message_id('12345-confirmation')}\r\n\r\n"
        "--b--\r\n"
    ).encode()


def with_files() -> bytes:
    mail = message()
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="снимок.png")
    return mail.as_bytes()


@dataclass(frozen=True)
class Crash:
    """A message that was delivered, killed its process, and was delivered again."""

    world: World
    killed: bool
    state: SubmissionState


def crashes(new_world: Callable[[], World], what: InboundPost, *, with_ticket: bool) -> Iterator[Crash]:
    """Deliver a message in new worlds, dying at the first step, the second, …, until it is delivered alive."""
    for at in range(1, MOST_STEPS):
        for after in (False, True):
            world = new_world()
            if with_ticket:
                mailroom(world, Death(0, after=False)).take(post(message().as_bytes()), NOW)
                world.rings()
            try:
                state, killed = mailroom(world, Death(at, after)).take(what, NOW).state, False
            except Killed:
                state, killed = mailroom(world, Death(0, after=False)).take(what, NOW).state, True
            yield Crash(world, killed, state)
            if not killed:
                return
    raise AssertionError("it never came through alive")


@pytest.fixture
def new_world(firestore_emulator: str, pubsub_emulator: str, storage_emulator: str) -> Callable[[], World]:  # noqa: ARG001  # asked for so that it runs
    return lambda: make_world(f"test-{uuid.uuid4().hex[:16]}", pubsub_emulator, storage_emulator)


def test_r1_r4_one_ticket_with_its_letters_whenever_the_process_dies(new_world: Callable[[], World]) -> None:
    died = 0
    for crash in crashes(new_world, post(with_files()), with_ticket=False):
        died += crash.killed
        assert crash.state is SubmissionState.REGISTERED
        assert list(crash.world.documents("tickets")) == ["12345"]
        assert {"12345-confirmation", "12345-new-ticket"} == set(crash.world.rings())
        [submission] = crash.world.documents("submissions").values()
        assert submission["ticket"] == 12345
        kept = {submission["message"]["raw"], submission["files"][0]["stored_as"]}
        assert kept == crash.world.objects().keys()
    assert died >= 2 * 5


def test_r5r_one_message_of_its_ticket_whenever_the_process_dies(new_world: Callable[[], World]) -> None:
    died = 0
    for crash in crashes(new_world, post(reply()), with_ticket=True):
        died += crash.killed
        assert crash.state is SubmissionState.ATTACHED
        ticket = crash.world.documents("tickets")["12345"]
        assert len(ticket["submissions"]) == 2
        assert "product_version" not in ticket["missing"]
        assert set(crash.world.rings()) == {"12345-new-message-2"}
        assert len(list(crash.world.ledger.collection("tickets/12345/history").stream())) == 1
    assert died >= 2 * 4


def test_r9_one_bounce_of_its_letter_whenever_the_process_dies(new_world: Callable[[], World]) -> None:
    died = 0
    for crash in crashes(new_world, post(bounce(), return_path=""), with_ticket=True):
        died += crash.killed
        assert crash.state is SubmissionState.RECORDED
        letters = crash.world.documents("notifications")
        assert letters["12345-confirmation"]["state"] == "bounced"
        assert letters.keys() == {"12345-confirmation", "12345-new-ticket", UNDELIVERED}
        [ticket] = crash.world.documents("tickets").values()
        assert ticket["acceptance"] == "undeliverable"
        assert [each["address"] for each in crash.world.documents("addresses").values()] == ["ivan@example.ru"]
        # Who dies before he rings leaves a notice that is due for the sweep.
        assert crash.world.rings() in ([UNDELIVERED], [])
        assert letters[UNDELIVERED]["check_at"] == NOW + timedelta(minutes=1)
    assert died >= 2 * 6


def test_spam_is_in_quarantine_once_whenever_the_process_dies(new_world: Callable[[], World]) -> None:
    died = 0
    for crash in crashes(new_world, post(message().as_bytes(), spam_score=9.0), with_ticket=False):
        died += crash.killed
        assert crash.state is SubmissionState.QUARANTINED
        [submission] = crash.world.documents("submissions").values()
        assert submission["reason"] == "spam"
        assert crash.world.documents("tickets") == {}
    assert died >= 2 * 2
