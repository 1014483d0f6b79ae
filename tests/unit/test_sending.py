"""Sending one notification, once: every row of its states, with a ledger and a mail provider in memory."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
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
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Submission
from shared.domain.ticket import Ticket
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.store.notifications import Stored
from tests.sample_ticket import PLAIN, REPLIES, notification_of, opened

TICKET = opened(PLAIN)
REQUESTED = notification_of(TICKET, NotificationKind.CONFIRMATION)
ID = REQUESTED.id
LEASE = timedelta(minutes=5)
START = TICKET.registered_at + timedelta(seconds=2)

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
    """`Notifications` with optimistic locking.

    Attributes:
        faults: What the next writes raise; None lets a write pass.
        loses_answers: Whether a write that is to raise is done all the same.
    """

    documents: dict[str, Stored] = field(default_factory=lambda: {ID: Stored(REQUESTED, 0)})
    faults: list[Exception | None] = field(default_factory=list)
    loses_answers: bool = False
    subject_is_missing: bool = False
    before_write: Callable[[], object] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, notification_id: str) -> Stored | None:
        return self.documents.get(notification_id)

    def subject(self, notification: Notification) -> tuple[Ticket, Submission]:
        if self.subject_is_missing:
            raise LookupError(f"tickets/{notification.ticket} is not in the ledger")
        return TICKET, PLAIN

    def write(self, before: Stored, after: Notification) -> Stored:
        self.before_write()
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not self.loses_answers:
            raise fault
        with self._lock:
            if self.documents[after.id].version != before.version:
                raise LedgerConflictError
            stored = Stored(after, self.version + 1)
            self.documents[after.id] = stored
        if fault is not None:
            raise fault
        return stored

    @property
    def now(self) -> Notification:
        return self.documents[ID].notification

    @property
    def version(self) -> int:
        version = self.documents[ID].version
        assert isinstance(version, int)
        return version


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
    clock: Clock = field(default_factory=Clock)

    @property
    def sender(self) -> Sender:
        return Sender(self.ledger, self.mailer, LEASE, ZoneInfo("Europe/Moscow"), REPLIES, self.clock)

    def deliver(self) -> bool:
        """One delivery of the bell's message; whether Pub/Sub is rid of it."""
        try:
            self.sender.send(ID)
        except (ComeAgainError, LedgerUnavailableError):
            return False
        return True


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_r5_requested_letter_is_sent_and_recorded(desk: Desk) -> None:
    desk.sender.send(ID)

    assert [letter.recipient for letter in desk.mailer.taken] == ["ivan.petrov@example.ru"]
    assert desk.ledger.now == replace(
        REQUESTED,
        state=NotificationState.SENT,
        attempts=1,
        sent_at=START,
        message_id="message-1",
        check_at=START + LEASE,
    )


def test_letter_is_claimed_in_the_ledger_before_it_is_sent(desk: Desk) -> None:
    seen: list[Notification] = []
    desk.mailer.is_sending = lambda: seen.append(desk.ledger.now)

    desk.sender.send(ID)

    lease_until = START + LEASE
    assert seen == [
        replace(REQUESTED, state=NotificationState.SENDING, attempts=1, lease_until=lease_until, check_at=lease_until)
    ]


def test_refused_letter_is_rejected_for_people_to_look_at(desk: Desk) -> None:
    desk.mailer.answers = [MailRefusedError(400, "Does not contain a valid address.")]

    desk.sender.send(ID)

    assert desk.mailer.taken == []
    assert desk.ledger.now == replace(
        REQUESTED,
        state=NotificationState.REJECTED,
        attempts=1,
        failure=Failure(400, "Does not contain a valid address."),
        check_at=START,
    )


def test_rejected_letter_is_not_tried_again_by_another_delivery(desk: Desk) -> None:
    desk.mailer.answers = [MailRefusedError(400, "no")]
    desk.sender.send(ID)
    rejected = desk.ledger.now
    desk.clock.at += 2 * LEASE

    desk.sender.send(ID)

    assert len(desk.mailer.calls) == 1
    assert desk.ledger.now == rejected


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_letter_that_was_not_taken_is_requested_again(desk: Desk, status: int | None) -> None:
    desk.mailer.answers = [MailUnavailableError(status, "not now")]

    with pytest.raises(ComeAgainError):
        desk.sender.send(ID)

    assert desk.ledger.now == replace(
        REQUESTED, attempts=1, failure=Failure(status, "not now"), check_at=START + timedelta(minutes=1)
    )


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_letter_that_was_not_taken_goes_out_once_with_the_next_delivery(desk: Desk, status: int | None) -> None:
    desk.mailer.answers = [MailUnavailableError(status, "not now")]
    assert not desk.deliver()

    assert desk.deliver()

    assert len(desk.mailer.taken) == 1
    assert (desk.ledger.now.state, desk.ledger.now.attempts) == (NotificationState.SENT, 2)
    assert (desk.ledger.now.failure, desk.ledger.now.lease_until) == (None, None)


def test_letter_of_unknown_outcome_stays_with_its_sender(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "TimeoutError: timed out")]

    with pytest.raises(ComeAgainError):
        desk.sender.send(ID)

    lease_until = START + LEASE
    assert desk.ledger.now == replace(
        REQUESTED,
        state=NotificationState.SENDING,
        attempts=1,
        lease_until=lease_until,
        check_at=lease_until,
        failure=Failure(None, "TimeoutError: timed out"),
    )


def test_letter_of_unknown_outcome_is_not_sent_before_its_lease_ends(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "connection reset")]
    desk.deliver()

    for passed in (timedelta(0), timedelta(seconds=1), LEASE / 2, LEASE - timedelta(microseconds=1)):
        desk.clock.at = START + passed
        assert not desk.deliver()

    assert len(desk.mailer.calls) == 1


def test_letter_of_unknown_outcome_is_tried_exactly_once_more_when_its_lease_has_ended(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "connection reset")]
    desk.deliver()
    desk.clock.at = START + LEASE

    assert [desk.deliver() for _ in range(5)] == [True] * 5

    assert len(desk.mailer.calls) == 2
    assert (desk.ledger.now.state, desk.ledger.now.attempts) == (NotificationState.SENT, 2)


def test_second_attempt_has_a_lease_of_its_own(desk: Desk) -> None:
    desk.mailer.answers = [MailOutcomeUnknownError(None, "reset"), MailOutcomeUnknownError(None, "reset")]
    desk.deliver()
    desk.clock.at = START + LEASE
    desk.deliver()
    desk.clock.at = START + 2 * LEASE - timedelta(microseconds=1)

    assert not desk.deliver()

    assert len(desk.mailer.calls) == 2
    assert desk.ledger.now.lease_until == START + 2 * LEASE


@pytest.mark.parametrize("loses_answers", [True, False])
def test_failed_recording_is_not_answered_by_a_second_letter_while_the_lease_runs(
    desk: Desk,
    *,
    loses_answers: bool,
) -> None:
    desk.ledger.faults = [None, LedgerUnavailableError("no answer")]
    desk.ledger.loses_answers = loses_answers

    with pytest.raises(LedgerUnavailableError):
        desk.sender.send(ID)
    desk.clock.at = START + LEASE - timedelta(microseconds=1)
    again = desk.deliver()

    assert len(desk.mailer.calls) == 1
    # Where only the answer was lost, the ledger knows that the letter went out.
    assert again is loses_answers


def test_sender_that_died_while_sending_is_not_followed_by_a_second_letter_while_its_lease_runs(desk: Desk) -> None:
    desk.mailer.answers = [CrashError()]

    with pytest.raises(CrashError):
        desk.sender.send(ID)
    desk.clock.at = START + LEASE - timedelta(microseconds=1)
    assert not desk.deliver()
    assert len(desk.mailer.calls) == 1
    desk.clock.at = START + LEASE
    assert desk.deliver()

    assert len(desk.mailer.calls) == 2


def test_failed_claim_sends_nothing(desk: Desk) -> None:
    desk.ledger.faults = [LedgerUnavailableError("no answer")]

    with pytest.raises(LedgerUnavailableError):
        desk.sender.send(ID)

    assert desk.mailer.calls == []


def test_lost_claim_sends_nothing_and_comes_again(desk: Desk) -> None:
    desk.ledger.faults = [LedgerConflictError("changed")]

    with pytest.raises(ComeAgainError):
        desk.sender.send(ID)

    assert desk.mailer.calls == []


def test_further_deliveries_of_a_sent_letter_change_nothing(desk: Desk) -> None:
    desk.sender.send(ID)
    version = desk.ledger.version

    for days in range(3):
        desk.clock.at = START + timedelta(days=days)
        desk.sender.send(ID)

    assert len(desk.mailer.calls) == 1
    assert desk.ledger.version == version


def test_message_about_an_unknown_notification_is_taken_off_pubsub(desk: Desk) -> None:
    desk.sender.send("99999-confirmation")

    assert desk.mailer.calls == []
    assert desk.ledger.documents.keys() == {ID}


def test_of_two_concurrent_senders_one_sends_and_the_other_comes_again(desk: Desk) -> None:
    both_have_read = threading.Barrier(2, timeout=10)
    # The winner writes a second time, alone, when the barrier has done its work.
    claims = [both_have_read.wait, both_have_read.wait]
    desk.ledger.before_write = lambda: claims.pop()() if claims else None
    outcomes: list[bool] = []

    senders = [threading.Thread(target=lambda: outcomes.append(desk.deliver())) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=10)

    assert sorted(outcomes) == [False, True]
    assert len(desk.mailer.calls) == 1
    assert desk.deliver()
    assert len(desk.mailer.calls) == 1
    assert (desk.ledger.now.state, desk.ledger.now.attempts) == (NotificationState.SENT, 1)


def test_recording_that_finds_its_own_work_done_is_settled(desk: Desk) -> None:
    # The client library repeats a write whose answer was lost; the repetition fails its precondition.
    desk.ledger.faults = [None, LedgerConflictError("changed")]
    desk.ledger.loses_answers = True

    assert desk.deliver()

    assert (len(desk.mailer.calls), desk.ledger.now.state) == (1, NotificationState.SENT)


def test_recording_does_not_overwrite_what_somebody_else_recorded_meanwhile(desk: Desk) -> None:
    moved = replace(REQUESTED, state=NotificationState.SENT, attempts=1, message_id="told-by-an-event")

    def somebody_else_records() -> None:
        desk.ledger.documents[ID] = Stored(moved, 100)

    desk.mailer.is_sending = somebody_else_records

    assert desk.deliver()

    assert desk.ledger.now == moved


def test_letter_about_nothing_is_recorded_for_a_person_and_not_tried_again(desk: Desk) -> None:
    desk.ledger.subject_is_missing = True

    assert desk.deliver()

    assert desk.mailer.calls == []
    assert desk.ledger.now.state is NotificationState.REJECTED
    assert desk.ledger.now.failure == Failure(None, "tickets/12345 is not in the ledger")
    assert desk.ledger.now.check_at is not None


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
DELIVERIES = st.lists(
    st.tuples(
        st.sampled_from(OUTCOMES),
        st.sampled_from([timedelta(0), timedelta(seconds=1), LEASE - timedelta(seconds=2), LEASE]),
        st.sampled_from([None, LedgerUnavailableError("no answer")]),
    ),
    max_size=12,
)


@given(DELIVERIES)
def test_whatever_goes_wrong_calls_that_may_have_sent_the_letter_lie_a_lease_apart(
    deliveries: Sequence[tuple[BaseException | None, timedelta, Exception | None]],
) -> None:
    desk = Desk()
    taken_at: list[datetime] = []
    for answer, pause, recording in deliveries:
        desk.clock.at += pause
        desk.mailer.answers = [] if answer is None else [answer]
        desk.ledger.faults = [None, recording]
        before, sent_before = len(desk.mailer.taken), desk.ledger.now.state is NotificationState.SENT
        with suppress(CrashError):
            desk.deliver()
        if len(desk.mailer.taken) > before:
            assert not sent_before
            taken_at.append(desk.clock.at)

    assert all(later - earlier >= LEASE for earlier, later in pairwise(taken_at))
