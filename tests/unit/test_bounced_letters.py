"""R9: a bounce that comes as mail is recorded on the letter that came back, and only on one that we signed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.bounced_letters import BouncedLetters
from functions.intake_email.parsing.parsed import Bounce, BounceKind
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.reply_address import ReplyAddresses
from shared.settings import Secret
from shared.store.notifications import Stored
from tests.sample_ticket import FRIDAY_NOON, PLAIN, REPLIES, notification_of, opened

NOW = FRIDAY_NOON + timedelta(minutes=5)
FORGED = ReplyAddresses(REPLIES.mailbox, (Secret("somebody else's key"),))
SENT = replace(
    notification_of(opened(PLAIN), NotificationKind.CONFIRMATION),
    state=NotificationState.SENT,
    attempts=1,
    check_at=NOW + timedelta(minutes=5),
)
NOTICE = replace(notification_of(opened(PLAIN), NotificationKind.NEW_TICKET), state=NotificationState.SENT)
LETTER, NOTICE_LETTER = REPLIES.message_id(SENT.id), REPLIES.message_id(NOTICE.id)
ADDRESS = REPLIES.address(12345)
UNKNOWN_USER = Bounce("ivan.petrov@example.ru", "5.1.1", BounceKind.HARD, LETTER, "550 no such user")


@dataclass
class FakeNotifications:
    """`Notifications` in memory with optimistic locking.

    Attributes:
        fails: What the next call raises.
        moves: Whether somebody changes a notification between its being read and written.
    """

    there: dict[str, Stored] = field(default_factory=dict)
    fails: Exception | None = None
    moves: bool = False
    writes: int = 0

    def hold(self, *notifications: Notification) -> None:
        self.there |= {each.id: Stored(each, object()) for each in notifications}

    def read(self, notification_id: str) -> Stored | None:
        if self.fails:
            raise self.fails
        found = self.there.get(notification_id)
        if found and self.moves:
            self.hold(replace(found.notification, attempts=9))
        return found

    def write(self, before: Stored, after: Notification) -> Stored:
        self.writes += 1
        if self.there[after.id].version is not before.version:
            raise LedgerConflictError("moved")
        self.hold(after)
        return self.there[after.id]


@pytest.fixture
def ledger() -> FakeNotifications:
    fake = FakeNotifications()
    fake.hold(SENT, NOTICE)
    return fake


def record(ledger: FakeNotifications, bounce: Bounce, recipients: Sequence[str] = (REPLIES.mailbox,)) -> str | None:
    return BouncedLetters(ledger, REPLIES, lambda: NOW).record(bounce, recipients)


def states(ledger: FakeNotifications) -> dict[str, NotificationState]:
    return {name: stored.notification.state for name, stored in ledger.there.items()}


UNTOUCHED = {SENT.id: NotificationState.SENT, NOTICE.id: NotificationState.SENT}


def test_r9_the_letter_that_came_back_is_recorded_and_has_somebody_look(ledger: FakeNotifications) -> None:
    assert record(ledger, UNKNOWN_USER) == "12345-confirmation"

    after = ledger.there[SENT.id].notification
    assert after == replace(
        SENT,
        state=NotificationState.BOUNCED,
        failure=Failure(None, "hard bounce 5.1.1 550 no such user"),
        check_at=NOW,
        lease_until=None,
    )
    assert states(ledger) == UNTOUCHED | {SENT.id: NotificationState.BOUNCED}


@pytest.mark.parametrize(
    ("bounce", "reason"),
    [
        (UNKNOWN_USER, "hard bounce 5.1.1 550 no such user"),
        (
            replace(UNKNOWN_USER, kind=BounceKind.SOFT, status="4.2.2", reason="mailbox full"),
            "soft bounce 4.2.2 mailbox full",
        ),
        (replace(UNKNOWN_USER, status=None), "hard bounce 550 no such user"),
        (replace(UNKNOWN_USER, reason=""), "hard bounce 5.1.1"),
        (replace(UNKNOWN_USER, status=None, reason="", recipient=None), "hard bounce"),
    ],
)
def test_r9_what_the_report_says_is_kept(ledger: FakeNotifications, bounce: Bounce, reason: str) -> None:
    record(ledger, bounce)

    assert ledger.there[SENT.id].notification.failure == Failure(None, reason)


@pytest.mark.parametrize(
    ("original", "recipients", "letter"),
    [
        (LETTER, (REPLIES.mailbox,), SENT.id),
        (LETTER.upper(), (REPLIES.mailbox,), SENT.id),
        (NOTICE_LETTER, (REPLIES.mailbox,), NOTICE.id),
        (NOTICE_LETTER, (ADDRESS,), NOTICE.id),
        (None, (ADDRESS,), SENT.id),
        ("", (ADDRESS,), SENT.id),
        ("<somebody@example.ru>", (ADDRESS,), SENT.id),
        (FORGED.message_id(NOTICE.id), (ADDRESS,), SENT.id),
        (REPLIES.thread_id(12345), (ADDRESS,), SENT.id),
        (None, ("ivan@example.ru", REPLIES.mailbox, ADDRESS), SENT.id),
    ],
)
def test_r9_the_letter_is_found_by_its_id_or_by_the_address_that_the_report_went_to(
    ledger: FakeNotifications, original: str | None, recipients: Sequence[str], letter: str
) -> None:
    assert record(ledger, replace(UNKNOWN_USER, original_message_id=original), recipients) == letter
    assert states(ledger) == UNTOUCHED | {letter: NotificationState.BOUNCED}


@pytest.mark.parametrize(
    ("original", "recipients"),
    [
        (None, (REPLIES.mailbox,)),
        (None, ()),
        ("<somebody@example.ru>", (REPLIES.mailbox,)),
        ("<12345-confirmation@pass24online.ru>", ("support+12345@pass24online.ru",)),
        (FORGED.message_id(SENT.id), (FORGED.address(12345),)),
        (REPLIES.thread_id(12345), (REPLIES.mailbox,)),
        (REPLIES.message_id("12346-confirmation"), (REPLIES.mailbox,)),
        (None, (REPLIES.address(12346),)),
        ("<" * 100_000, ("@" * 100_000,)),
    ],
)
def test_r9_a_report_of_a_letter_that_is_none_of_ours_changes_nothing(
    ledger: FakeNotifications, original: str | None, recipients: Sequence[str]
) -> None:
    assert record(ledger, replace(UNKNOWN_USER, original_message_id=original), recipients) is None
    assert (states(ledger), ledger.writes) == (UNTOUCHED, 0)


@pytest.mark.parametrize("recipients", [(REPLIES.mailbox,), (ADDRESS,)])
def test_a_report_that_delivery_is_delayed_names_its_letter_and_changes_nothing(
    ledger: FakeNotifications, recipients: Sequence[str]
) -> None:
    delayed = replace(UNKNOWN_USER, kind=BounceKind.SOFT, status="4.4.1", final=False)

    assert record(ledger, delayed, recipients) == SENT.id
    assert (ledger.there[SENT.id].notification, ledger.writes) == (SENT, 0)


@pytest.mark.parametrize("state", [each for each in NotificationState if each is not NotificationState.BOUNCED])
def test_r9_a_bounce_counts_whatever_was_known_of_the_letter(
    ledger: FakeNotifications, state: NotificationState
) -> None:
    ledger.hold(replace(SENT, state=state))

    record(ledger, UNKNOWN_USER)

    assert ledger.there[SENT.id].notification.state is NotificationState.BOUNCED


def test_r9_the_first_report_of_several_stays(ledger: FakeNotifications) -> None:
    record(ledger, UNKNOWN_USER)
    first = ledger.there[SENT.id].notification

    assert record(ledger, replace(UNKNOWN_USER, reason="once more")) == SENT.id
    assert (ledger.there[SENT.id].notification, ledger.writes) == (first, 1)


def test_a_report_that_can_not_be_recorded_now_has_to_come_again(ledger: FakeNotifications) -> None:
    ledger.fails = LedgerUnavailableError("away")
    with pytest.raises(LedgerUnavailableError):
        record(ledger, UNKNOWN_USER)

    ledger.fails, ledger.moves = None, True
    with pytest.raises(LedgerConflictError):
        record(ledger, UNKNOWN_USER)
    assert ledger.there[SENT.id].notification.attempts == 9

    ledger.moves = False
    assert record(ledger, UNKNOWN_USER) == SENT.id
    assert states(ledger)[SENT.id] is NotificationState.BOUNCED


@given(
    st.builds(
        Bounce,
        recipient=st.none() | st.text(max_size=30),
        status=st.none() | st.text(max_size=10),
        kind=st.sampled_from(BounceKind),
        original_message_id=st.none() | st.text(max_size=60).map("<12345-confirmation.{}@pass24online.ru>".format),
        reason=st.text(max_size=30),
        final=st.booleans(),
    ),
    st.lists(st.text(max_size=40) | st.text(max_size=20).map("support+12345.{}@pass24online.ru".format), max_size=3),
)
def test_r9_nobody_can_make_up_a_bounce(bounce: Bounce, recipients: list[str]) -> None:
    ledger = FakeNotifications()
    ledger.hold(SENT, NOTICE)

    assert record(ledger, bounce, recipients) is None
    assert (states(ledger), ledger.writes) == (UNTOUCHED, 0)
