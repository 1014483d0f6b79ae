"""R9: a bounce that comes as mail is recorded on the letter that came back, and only on one that we signed."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.bounced_letters import BouncedLetters
from functions.intake_email.parsing.parsed import Bounce, BounceKind
from shared.conflicts import ATTEMPTS
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.ticket import Acceptance
from shared.ledger import LedgerConflictError, LedgerUnavailableError, StoredNotification
from shared.outcomes import OutcomeRecorder
from shared.reply_address import ReplyAddresses
from shared.settings import Secret
from tests.sample_ticket import FRIDAY_NOON, PLAIN, REPLIES, SPECIALISTS, notification_of, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.registering import RecordingBell

NOW = FRIDAY_NOON + timedelta(minutes=5)
FORGED = ReplyAddresses(REPLIES.mailbox, (Secret("somebody else's key"),))
SENT = replace(
    notification_of(opened(PLAIN), NotificationKind.CONFIRMATION),
    state=NotificationState.SENT,
    attempts=1,
    sent_at=FRIDAY_NOON,
    check_at=None,
)
NOTICE = replace(notification_of(opened(PLAIN), NotificationKind.NEW_TICKET), state=NotificationState.SENT)
LETTER, NOTICE_LETTER = REPLIES.message_id(SENT.id), REPLIES.message_id(NOTICE.id)
ADDRESS = REPLIES.address(12345)
UNKNOWN_USER = Bounce("ivan.petrov@example.ru", "5.1.1", BounceKind.HARD, LETTER, "550 no such user")


@dataclass
class Ledger:
    """`Notifications` over letters in memory.

    Attributes:
        fails: What reading raises.
    """

    changes: FakeChanges = field(default_factory=FakeChanges)
    bell: RecordingBell = field(default_factory=RecordingBell)
    fails: Exception | None = None

    def __post_init__(self) -> None:
        self.changes.hold(opened(PLAIN), SENT, NOTICE)

    def read(self, notification_id: str) -> StoredNotification | None:
        if self.fails:
            raise self.fails
        return self.changes.letters.get(notification_id)

    @property
    def writes(self) -> int:
        return len(self.changes.commits)

    @property
    def sent(self) -> Notification:
        return self.changes.letter(SENT.id)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def record(ledger: Ledger, bounce: Bounce, recipients: Sequence[str] = (REPLIES.mailbox,)) -> str | None:
    recorder = OutcomeRecorder(ledger.changes, ledger.bell, SPECIALISTS, lambda: NOW)
    return BouncedLetters(ledger, recorder, REPLIES, ledger.changes.opened.get, lambda: NOW).record(bounce, recipients)


def states(ledger: Ledger) -> dict[str, NotificationState]:
    letters = {name: stored.notification for name, stored in ledger.changes.letters.items()}
    return {name: each.state for name, each in letters.items() if each.kind is not NotificationKind.UNDELIVERED}


UNTOUCHED = {SENT.id: NotificationState.SENT, NOTICE.id: NotificationState.SENT}


def test_r9_the_letter_that_came_back_is_recorded_and_the_specialists_are_told(ledger: Ledger) -> None:
    assert record(ledger, UNKNOWN_USER) == "12345-confirmation"

    assert ledger.sent == replace(
        SENT,
        state=NotificationState.BOUNCED,
        failure=Failure(None, "5.1.1 550 no such user"),
        event_at=NOW,
        check_at=None,
    )
    assert states(ledger) == UNTOUCHED | {SENT.id: NotificationState.BOUNCED}
    assert ledger.changes.ticket(12345).acceptance is Acceptance.UNDELIVERABLE
    assert ledger.bell.rung == ["12345-undelivered-1-bounced"]
    assert ledger.changes.letter("12345-undelivered-1-bounced").about == SENT.id


def test_r9_a_letter_that_had_been_delivered_and_comes_back_revokes_the_acceptance(ledger: Ledger) -> None:
    accepted = replace(
        opened(PLAIN), acceptance=Acceptance.ACCEPTED, accepted_at=NOW, accepted_by=SENT.id, check_at=None
    )
    ledger.changes.hold(accepted, replace(SENT, state=NotificationState.DELIVERED))

    record(ledger, UNKNOWN_USER)

    revoked = ledger.changes.ticket(12345)
    assert (revoked.acceptance, revoked.accepted_at, revoked.check_at) == (Acceptance.REVOKED, None, NOW)


@pytest.mark.parametrize(
    ("bounce", "dead"),
    [
        (UNKNOWN_USER, ["ivan.petrov@example.ru"]),
        (replace(UNKNOWN_USER, recipient="IVAN.PETROV@example.ru"), ["ivan.petrov@example.ru"]),
        (replace(UNKNOWN_USER, kind=BounceKind.SOFT, status="4.2.2", reason="mailbox full"), []),
        (replace(UNKNOWN_USER, kind=BounceKind.SOFT), []),
        (replace(UNKNOWN_USER, recipient=None), ["ivan.petrov@example.ru"]),
        (replace(UNKNOWN_USER, recipient="ivan@old.example.org"), []),
        (replace(UNKNOWN_USER, original_message_id=NOTICE_LETTER), []),
    ],
    ids=["for good", "in capitals", "mailbox full", "soft", "of nobody", "forwarded", "our own mailbox"],
)
def test_r9_an_address_that_bounced_for_good_gets_no_more_letters(
    ledger: Ledger, bounce: Bounce, dead: list[str]
) -> None:
    record(ledger, bounce)

    assert list(ledger.changes.dead) == dead


def test_r9_a_letter_is_found_whatever_the_case_of_its_recipient(ledger: Ledger) -> None:
    ledger.changes.hold(replace(NOTICE, recipient="Specialists@PASS24online.ru"))

    record(ledger, replace(UNKNOWN_USER, recipient="specialists@pass24online.ru", original_message_id=NOTICE_LETTER))

    assert states(ledger) == UNTOUCHED | {NOTICE.id: NotificationState.BOUNCED}


def test_r9_a_letter_that_came_back_from_where_it_was_forwarded_to_has_failed_all_the_same(ledger: Ledger) -> None:
    assert record(ledger, replace(UNKNOWN_USER, recipient="ivan@old.example.org")) == SENT.id

    assert states(ledger) == UNTOUCHED | {SENT.id: NotificationState.BOUNCED}
    assert ledger.changes.ticket(12345).acceptance is Acceptance.UNDELIVERABLE
    assert ledger.bell.rung == ["12345-undelivered-1-bounced"]


@pytest.mark.parametrize(
    ("bounce", "reason"),
    [
        (UNKNOWN_USER, "5.1.1 550 no such user"),
        (
            replace(UNKNOWN_USER, kind=BounceKind.SOFT, status="4.2.2", reason="mailbox full"),
            "4.2.2 mailbox full",
        ),
        (replace(UNKNOWN_USER, status=None), "550 no such user"),
        (replace(UNKNOWN_USER, reason=""), "5.1.1"),
        (replace(UNKNOWN_USER, status=None, reason="", recipient=None), ""),
    ],
)
def test_r9_what_the_report_says_is_kept(ledger: Ledger, bounce: Bounce, reason: str) -> None:
    record(ledger, bounce)

    assert ledger.sent.failure == Failure(None, reason)


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
    ledger: Ledger, original: str | None, recipients: Sequence[str], letter: str
) -> None:
    assert record(ledger, replace(UNKNOWN_USER, original_message_id=original), recipients) == letter
    assert states(ledger) == UNTOUCHED | {letter: NotificationState.BOUNCED}


def test_r12_a_report_that_only_names_the_ticket_is_about_the_latest_copy_of_its_letter(ledger: Ledger) -> None:
    copy = replace(SENT, id="12345-confirmation-2")
    ledger.changes.hold(replace(opened(PLAIN), confirmation=copy.id), copy)
    assert record(ledger, replace(UNKNOWN_USER, original_message_id=None), (ADDRESS,)) == copy.id


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
    ledger: Ledger, original: str | None, recipients: Sequence[str]
) -> None:
    assert record(ledger, replace(UNKNOWN_USER, original_message_id=original), recipients) is None
    assert (states(ledger), ledger.writes) == (UNTOUCHED, 0)


@pytest.mark.parametrize("recipients", [(REPLIES.mailbox,), (ADDRESS,)])
def test_a_report_that_delivery_is_delayed_names_its_letter_and_changes_nothing(
    ledger: Ledger, recipients: Sequence[str]
) -> None:
    delayed = replace(UNKNOWN_USER, kind=BounceKind.SOFT, status="4.4.1", final=False)

    assert record(ledger, delayed, recipients) == SENT.id
    assert (ledger.sent, ledger.writes) == (SENT, 0)


@pytest.mark.parametrize("state", [each for each in NotificationState if each is not NotificationState.BOUNCED])
def test_r9_a_bounce_counts_whatever_was_known_of_the_letter(ledger: Ledger, state: NotificationState) -> None:
    ledger.changes.hold(replace(SENT, state=state))

    record(ledger, UNKNOWN_USER)

    assert ledger.sent.state is NotificationState.BOUNCED


def test_r9_the_first_report_of_several_stays(ledger: Ledger) -> None:
    record(ledger, UNKNOWN_USER)
    first = ledger.sent

    assert record(ledger, replace(UNKNOWN_USER, reason="once more")) == SENT.id
    assert (ledger.sent, ledger.writes) == (first, 1)


def test_a_report_that_can_not_be_recorded_now_has_to_come_again(ledger: Ledger) -> None:
    ledger.fails = LedgerUnavailableError("away")
    with pytest.raises(LedgerUnavailableError):
        record(ledger, UNKNOWN_USER)

    ledger.fails = None
    ledger.changes.faults = deque([LedgerUnavailableError("away")])
    with pytest.raises(LedgerUnavailableError):
        record(ledger, UNKNOWN_USER)

    ledger.changes.faults = deque([LedgerConflictError("moved")] * ATTEMPTS)
    with pytest.raises(LedgerConflictError):
        record(ledger, UNKNOWN_USER)
    assert states(ledger) == UNTOUCHED

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
    ledger = Ledger()

    assert record(ledger, bounce, recipients) is None
    assert (states(ledger), ledger.writes) == (UNTOUCHED, 0)
