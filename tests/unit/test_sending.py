"""Sending one notification, once: every row of its states, with a ledger and a mail provider in memory."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notify.letters import Letter
from functions.notify.sending import (
    ComeAgainError,
    MailError,
    MailOutcomeUnknownError,
    MailRefusedError,
    MailUnavailableError,
    Sender,
)
from shared.changes import Change
from shared.domain.completeness import Detail
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import KNOWN_DEAD_REASON, OVERTAKEN_REASON, DeadAddress
from shared.ledger import LedgerConflictError, LedgerUnavailableError, StoredNotification
from shared.outcomes import OutcomeRecorder
from shared.subjects import TicketSubject
from tests.sample_ticket import LINKS, PLAIN, REPLIES, SPECIALISTS, notification_of, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.registering import RecordingBell

TICKET = opened(PLAIN)
REQUESTED = notification_of(TICKET, NotificationKind.CONFIRMATION)
ID = REQUESTED.id
LEASE = timedelta(minutes=5)
START = TICKET.registered_at + timedelta(seconds=2)
CLAIMED = replace(
    REQUESTED,
    state=NotificationState.SENDING,
    attempts=1,
    attempted_at=START,
    lease_until=START + LEASE,
    check_at=START + LEASE,
)

UNAVAILABLE = (401, 403, 429, 500, 503, None)
"""Statuses after which SendGrid has no letter; None: nothing listened."""


class CrashError(BaseException):
    """The process dies here."""


@dataclass(slots=True)
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


@dataclass(slots=True)
class LedgerInMemory:
    """`Notifications` over letters in memory."""

    changes: FakeChanges = field(default_factory=FakeChanges)
    subject_is_missing: bool = False
    dead: DeadAddress | None = None

    def __post_init__(self) -> None:
        self.changes.hold(TICKET, REQUESTED)

    def read(self, notification_id: str) -> StoredNotification | None:
        return self.changes.letters.get(notification_id)

    def subject(self, notification: Notification) -> TicketSubject:
        if self.subject_is_missing:
            raise LookupError(f"tickets/{notification.ticket} is not in the ledger")
        return TicketSubject(self.changes.ticket(12345), PLAIN, dead=self.dead)

    def write(self, before: StoredNotification, after: Notification) -> StoredNotification:
        self.changes.write(Change(notifications=((before, after),)), 1)
        return self.changes.letters[after.id]


@dataclass(slots=True)
class MailerInMemory:
    """`Mailer` that answers as it is told, and in the end takes every letter.

    Attributes:
        calls: Letters that it was asked to send.
        taken: Letters that the client will get.
        is_sending: Called while a letter is being sent.
    """

    answers: list[BaseException] = field(default_factory=list)
    calls: list[Letter] = field(default_factory=list)
    taken: list[Letter] = field(default_factory=list)
    is_sending: Callable[[], object] = lambda: None

    def send(self, letter: Letter) -> str:
        self.calls.append(letter)
        self.is_sending()
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or not isinstance(answer, MailRefusedError | MailUnavailableError):
            self.taken.append(letter)
        if answer is not None:
            raise answer
        return f"message-{len(self.taken)}"


@dataclass(slots=True)
class Desk:
    """A sender and its surroundings."""

    ledger: LedgerInMemory = field(default_factory=LedgerInMemory)
    mailer: MailerInMemory = field(default_factory=MailerInMemory)
    bell: RecordingBell = field(default_factory=RecordingBell)
    clock: Clock = field(default_factory=Clock)

    @property
    def changes(self) -> FakeChanges:
        return self.ledger.changes

    @property
    def sender(self) -> Sender:
        outcomes = OutcomeRecorder(self.changes, self.bell, SPECIALISTS, self.clock)
        return Sender(self.ledger, outcomes, self.mailer, LEASE, ZoneInfo("Europe/Moscow"), REPLIES, LINKS, self.clock)

    @property
    def recorded(self) -> Notification:
        """The letter in the ledger; the token of its claim is nobody's business."""
        return replace(self.changes.letter(ID), claim=None)

    def deliver(self) -> bool:
        """One delivery of the bell's message; whether Pub/Sub is rid of it."""
        try:
            self.sender.send(ID)
        except (ComeAgainError, LedgerConflictError, LedgerUnavailableError):
            return False
        return True


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_r5_requested_letter_is_sent_and_recorded(desk: Desk) -> None:
    desk.sender.send(ID)

    assert [letter.recipient for letter in desk.mailer.taken] == ["ivan.petrov@example.ru"]
    assert desk.recorded == replace(
        REQUESTED,
        state=NotificationState.SENT,
        attempts=1,
        attempted_at=START,
        sent_at=START,
        message_id="message-1",
        check_at=None,
    )


def test_r8_a_letter_that_is_only_sent_accepts_nothing(desk: Desk) -> None:
    desk.sender.send(ID)

    assert desk.changes.ticket(12345) == TICKET
    assert TICKET.acceptance is Acceptance.PENDING


def test_letter_is_claimed_in_the_ledger_before_it_is_sent(desk: Desk) -> None:
    seen: list[Notification] = []
    desk.mailer.is_sending = lambda: seen.append(desk.recorded)

    desk.sender.send(ID)

    assert seen == [CLAIMED]


def test_r9_refused_letter_is_rejected_and_the_specialists_are_told(desk: Desk) -> None:
    desk.mailer.answers = [MailRefusedError(400, "Does not contain a valid address.")]

    assert desk.deliver()

    assert desk.mailer.taken == []
    assert desk.recorded == replace(
        CLAIMED,
        state=NotificationState.REJECTED,
        failure=Failure(400, "Does not contain a valid address."),
        lease_until=None,
        check_at=None,
    )
    ticket = desk.changes.ticket(12345)
    assert (ticket.acceptance, ticket.check_at) == (Acceptance.UNDELIVERABLE, START)
    assert desk.bell.rung == ["12345-undelivered-1-rejected"]
    assert desk.changes.letter("12345-undelivered-1-rejected").recipient == SPECIALISTS


def test_r12_a_letter_that_a_later_copy_has_taken_the_place_of_goes_to_nobody(desk: Desk) -> None:
    desk.changes.hold(replace(TICKET, confirmation="12345-confirmation-2"))

    assert desk.deliver()

    assert desk.mailer.calls == []
    assert desk.recorded.state is NotificationState.DROPPED
    assert desk.changes.ticket(12345).acceptance is Acceptance.PENDING
    assert desk.bell.rung == []


def test_r9_letter_to_an_address_that_is_known_not_to_work_is_held_back(desk: Desk) -> None:
    desk.ledger.dead = DeadAddress(REQUESTED.recipient, START, "550 5.1.1 no such user", "12000-confirmation")

    assert desk.deliver()

    assert desk.mailer.calls == []
    assert desk.recorded == replace(
        REQUESTED,
        state=NotificationState.DROPPED,
        failure=Failure(None, KNOWN_DEAD_REASON),
        check_at=None,
    )
    assert desk.changes.ticket(12345).acceptance is Acceptance.UNDELIVERABLE
    assert desk.bell.rung == ["12345-undelivered-1-dropped"]


INCOMPLETE = replace(TICKET, missing=(Detail.PRODUCT_VERSION,), asked_at=TICKET.registered_at, merged=(12399,))
REMINDER, AGAIN, MERGED = (
    notification_of(INCOMPLETE, kind)
    for kind in (NotificationKind.REMINDER, NotificationKind.ALREADY_REGISTERED, NotificationKind.MERGED)
)


def send(desk: Desk, letter: Notification, ticket: Ticket) -> Notification:
    desk.changes.hold(ticket, letter)
    desk.sender.send(letter.id)
    return desk.changes.letter(letter.id)


@pytest.mark.parametrize("letter", [REMINDER, AGAIN, MERGED], ids=lambda letter: letter.kind)
def test_r7_r15_what_is_still_so_is_told(desk: Desk, letter: Notification) -> None:
    assert send(desk, letter, INCOMPLETE).state is NotificationState.SENT
    assert [each.id for each in desk.mailer.taken] == [letter.id]


@pytest.mark.parametrize(
    ("letter", "ticket"),
    [
        (REMINDER, replace(INCOMPLETE, missing=())),
        (REMINDER, replace(INCOMPLETE, missing=(Detail.STEPS,))),
        (REMINDER, replace(INCOMPLETE, merged_into=12300)),
        (AGAIN, replace(INCOMPLETE, submissions=("another",))),
        (MERGED, replace(INCOMPLETE, merged=(12400,))),
    ],
    ids=["complete", "only steps are missing", "merged", "split off", "merge undone"],
)
def test_r7_r15_what_is_so_no_longer_is_not_told_and_nobody_misses_it(
    desk: Desk, letter: Notification, ticket: Ticket
) -> None:
    after = send(desk, letter, ticket)

    assert (after.state, after.check_at) == (NotificationState.DROPPED, None)
    assert after.failure == Failure(None, OVERTAKEN_REASON)
    assert desk.mailer.calls == []
    assert desk.bell.rung == []
    assert desk.changes.ticket(12345) == ticket


def test_r9_a_reminder_to_an_address_that_does_not_work_is_held_back_and_told(desk: Desk) -> None:
    desk.ledger.dead = DeadAddress(REMINDER.recipient, START, "550 no such user", None)

    assert send(desk, REMINDER, INCOMPLETE).failure == Failure(None, KNOWN_DEAD_REASON)
    assert desk.bell.rung == ["12345-undelivered-reminder-dropped"]


def test_r7_what_came_between_the_letter_and_its_sending_is_not_asked_for(desk: Desk) -> None:
    desk.changes.hold(replace(INCOMPLETE, missing=()))
    desk.sender.send(ID)

    [letter] = desk.mailer.taken
    assert "не хватает" not in letter.text


@pytest.mark.parametrize(
    "state",
    [state for state in NotificationState if state not in {NotificationState.REQUESTED, NotificationState.SENDING}],
)
def test_r8_what_the_providers_event_says_beats_the_refusal_of_a_call(desk: Desk, state: NotificationState) -> None:
    moved = replace(REQUESTED, state=state, check_at=None)
    desk.mailer.answers = [MailRefusedError(400, "no")]
    desk.mailer.is_sending = lambda: desk.changes.hold(moved)

    assert desk.deliver()

    assert desk.recorded == moved
    assert desk.bell.rung == []


def test_r9_refusal_that_can_not_be_recorded_is_not_answered_by_a_second_letter(desk: Desk) -> None:
    desk.mailer.answers = [MailRefusedError(400, "no")]
    desk.changes.faults = deque([None, LedgerUnavailableError("no answer")])

    assert [desk.deliver() for _ in range(3)] == [False, True, True]

    assert len(desk.mailer.calls) == 1
    assert desk.recorded == CLAIMED


def test_rejected_letter_is_not_tried_again_by_another_delivery(desk: Desk) -> None:
    desk.mailer.answers = [MailRefusedError(400, "no")]
    desk.sender.send(ID)
    rejected = desk.recorded
    desk.clock.at += 2 * LEASE

    desk.sender.send(ID)

    assert len(desk.mailer.calls) == 1
    assert desk.recorded == rejected


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_letter_that_was_not_taken_is_requested_again(desk: Desk, status: int | None) -> None:
    desk.mailer.answers = [MailUnavailableError(status, "not now")]

    with pytest.raises(ComeAgainError):
        desk.sender.send(ID)

    assert desk.recorded == replace(
        REQUESTED,
        attempts=1,
        attempted_at=START,
        failure=Failure(status, "not now"),
        check_at=START + timedelta(minutes=1),
    )


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_letter_that_was_not_taken_goes_out_once_with_the_next_delivery(desk: Desk, status: int | None) -> None:
    desk.mailer.answers = [MailUnavailableError(status, "not now")]
    assert not desk.deliver()

    assert desk.deliver()

    assert len(desk.mailer.taken) == 1
    assert (desk.recorded.state, desk.recorded.attempts) == (NotificationState.SENT, 2)
    assert (desk.recorded.failure, desk.recorded.lease_until) == (None, None)


def test_letter_of_unknown_outcome_stays_with_its_sender_until_the_sweep_looks(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "TimeoutError: timed out")]

    assert desk.deliver()

    assert desk.recorded == replace(CLAIMED, failure=Failure(None, "TimeoutError: timed out"))


@pytest.mark.parametrize("answer", [MailOutcomeUnknownError(None, "connection reset"), CrashError()])
def test_no_delivery_ever_sends_a_letter_again_that_may_be_on_its_way(desk: Desk, answer: BaseException) -> None:
    desk.mailer.answers = [answer]
    with suppress(CrashError):
        desk.deliver()
    claimed = desk.recorded

    for passed in (timedelta(0), LEASE / 2, LEASE - timedelta(microseconds=1), LEASE, LEASE * 2, timedelta(days=5)):
        desk.clock.at = START + passed
        assert desk.deliver()

    assert len(desk.mailer.calls) == 1
    assert desk.recorded == claimed


def test_letter_of_unknown_outcome_that_the_sweep_asks_for_again_has_a_lease_of_its_own(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "reset"), MailOutcomeUnknownError(None, "reset")]
    desk.deliver()
    desk.clock.at = again_at = START + 2 * LEASE
    desk.changes.hold(replace(desk.recorded, state=NotificationState.REQUESTED, lease_until=None))

    assert [desk.deliver() for _ in range(3)] == [True] * 3

    assert len(desk.mailer.calls) == 2
    assert desk.recorded == replace(
        CLAIMED,
        attempts=2,
        attempted_at=again_at,
        lease_until=again_at + LEASE,
        check_at=again_at + LEASE,
        failure=Failure(None, "reset"),
    )


@pytest.mark.parametrize("loses_answers", [True, False])
def test_failed_recording_is_not_answered_by_a_second_letter(desk: Desk, *, loses_answers: bool) -> None:
    desk.changes.faults = deque([None, LedgerUnavailableError("no answer")])
    desk.changes.loses_answers = loses_answers

    assert not desk.deliver()
    desk.clock.at = START + 2 * LEASE
    assert desk.deliver()

    assert len(desk.mailer.calls) == 1
    # Where only the answer was lost, the ledger knows that the letter went out.
    assert desk.recorded.state is (NotificationState.SENT if loses_answers else NotificationState.SENDING)


@pytest.mark.parametrize("loses_answers", [True, False])
def test_claim_without_an_answer_sends_nothing(desk: Desk, *, loses_answers: bool) -> None:
    desk.changes.faults = deque([LedgerUnavailableError("no answer")])
    desk.changes.loses_answers = loses_answers

    assert not desk.deliver()

    assert desk.mailer.calls == []


def test_claim_that_another_sender_has_won_sends_nothing(desk: Desk) -> None:
    # At the very same moment: all but the token is equal.
    others = replace(CLAIMED, claim="another's")
    desk.changes.before.append(lambda: desk.changes.hold(others))

    assert desk.deliver()

    assert desk.mailer.calls == []
    assert desk.changes.letter(ID) == others


def test_claim_that_finds_its_own_work_done_goes_on(desk: Desk) -> None:
    # The client library repeats a write whose answer was lost; the repetition fails its precondition.
    desk.changes.faults = deque([LedgerConflictError("changed")])
    desk.changes.loses_answers = True

    assert desk.deliver()

    assert (len(desk.mailer.calls), desk.recorded.state) == (1, NotificationState.SENT)


def test_further_deliveries_of_a_sent_letter_change_nothing(desk: Desk) -> None:
    desk.sender.send(ID)
    commits = len(desk.changes.commits)

    for days in range(3):
        desk.clock.at = START + timedelta(days=days)
        desk.sender.send(ID)

    assert len(desk.mailer.calls) == 1
    assert len(desk.changes.commits) == commits


def test_message_about_an_unknown_notification_is_taken_off_pubsub(desk: Desk) -> None:
    desk.sender.send("99999-confirmation")

    assert desk.mailer.calls == []
    assert desk.changes.commits == []


def test_of_two_concurrent_senders_one_sends_and_the_other_leaves_it(desk: Desk) -> None:
    both_have_read = threading.Barrier(2, timeout=10)
    # The winner writes a second time, alone, when the barrier has done its work.
    desk.changes.before = deque([both_have_read.wait, both_have_read.wait])
    outcomes: list[bool] = []

    senders = [threading.Thread(target=lambda: outcomes.append(desk.deliver())) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=10)

    assert outcomes == [True, True]
    assert len(desk.mailer.calls) == 1
    assert desk.deliver()
    assert len(desk.mailer.calls) == 1
    assert (desk.recorded.state, desk.recorded.attempts) == (NotificationState.SENT, 1)


def test_recording_that_finds_its_own_work_done_is_settled(desk: Desk) -> None:
    desk.changes.faults = deque([None, LedgerConflictError("changed")])
    desk.changes.loses_answers = True

    assert desk.deliver()

    assert (len(desk.mailer.calls), desk.recorded.state) == (1, NotificationState.SENT)


def test_recording_does_not_overwrite_what_somebody_else_recorded_meanwhile(desk: Desk) -> None:
    moved = replace(REQUESTED, state=NotificationState.DELIVERED, attempts=1, message_id="told-by-an-event")
    desk.mailer.is_sending = lambda: desk.changes.hold(moved)

    assert desk.deliver()

    assert desk.recorded == moved


def test_letter_about_nothing_is_recorded_for_a_person_and_not_tried_again(desk: Desk) -> None:
    desk.ledger.subject_is_missing = True

    assert desk.deliver()

    assert desk.mailer.calls == []
    assert desk.recorded.state is NotificationState.REJECTED
    assert desk.recorded.failure == Failure(None, "tickets/12345 is not in the ledger")
    assert desk.recorded.check_at is None


@pytest.mark.parametrize("error", [None, MailRefusedError(400, "no"), MailUnavailableError(503, "no")])
def test_logs_show_no_readable_address(desk: Desk, caplog: pytest.LogCaptureFixture, error: MailError | None) -> None:
    caplog.set_level(logging.DEBUG)
    desk.mailer.answers = [] if error is None else [error]

    desk.deliver()

    said = [(record.getMessage(), vars(record).get("fields")) for record in caplog.records]
    assert said
    assert "ivan.petrov" not in repr(said)


OUTCOMES = (
    None,
    MailRefusedError(400, "no"),
    MailUnavailableError(503, "not now"),
    MailOutcomeUnknownError(None, "timed out"),
    CrashError(),
)
TROUBLES = st.sampled_from([None, LedgerUnavailableError("no answer"), LedgerConflictError("changed")])
DELIVERIES = st.lists(
    st.tuples(
        st.sampled_from(OUTCOMES),
        st.sampled_from([timedelta(0), timedelta(seconds=1), LEASE - timedelta(seconds=2), LEASE]),
        st.tuples(TROUBLES, TROUBLES),
        st.booleans(),
    ),
    max_size=12,
)


@given(DELIVERIES)
def test_whatever_goes_wrong_a_letter_is_handed_over_once_at_most(
    deliveries: Sequence[tuple[BaseException | None, timedelta, tuple[Exception | None, Exception | None], bool]],
) -> None:
    desk = Desk()
    for answer, pause, faults, loses_answers in deliveries:
        desk.clock.at += pause
        desk.mailer.answers = [] if answer is None else [answer]
        desk.changes.faults = deque(faults)
        desk.changes.loses_answers = loses_answers
        with suppress(CrashError):
            desk.deliver()

        assert len(desk.mailer.taken) <= 1
        if desk.mailer.taken:
            assert desk.recorded.state in {NotificationState.SENDING, NotificationState.SENT}
