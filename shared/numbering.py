"""Numbering: what a group's leader does (docs/adr/0001-group-commit.md), one group at a time in a process.

A group gets its numbers, and is written, in one commit. What came before is answered with its first number; what is the
same as an earlier request (R15) gets none, and is told apart from it.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.notification import first_notifications
from shared.domain.submission import Attachment, Submission, SubmissionState
from shared.domain.ticket import Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.ledger import (
    Counter,
    Entry,
    Ledger,
    LedgerConflictError,
    LedgerRefusedError,
    LedgerUnavailableError,
    Registration,
)
from shared.logs import fields
from shared.recognition import Recognised, Recogniser

log = logging.getLogger(__name__)

COMMIT_TIME = 6.0
"""Seconds that a caller waits for its registration before the submission is only kept."""

LOOK_TIME = 3.0
"""Seconds for looking whether requests came before; without an answer they get their numbers, and the sweep looks."""

_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


class KeyReusedError(Exception):
    """The idempotency key belongs to an earlier submission that said something else."""


class ErasedError(KeyReusedError):
    """The submission was here before, and its data were erased at the client's wish: it comes to nothing again.

    Whether it says the same as then cannot be told any more, so that its sender hears what is said of a reused key.
    """


@dataclass(frozen=True, slots=True)
class Registered:
    """The submission has its ticket.

    Attributes:
        repeated: The submission was delivered, and answered, before.
        duplicate: The same request had come before, and has this ticket: the sender may see its number, and nothing
            else of it.
    """

    ticket: Ticket
    repeated: bool
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Same:
    """The same request has this ticket already.

    Attributes:
        submission: What is to be attached to it, as it was to be registered.
    """

    ticket: int
    submission: Submission


@dataclass(frozen=True, slots=True)
class NumberingPolicy:
    """What registration has to know of the support desk.

    Attributes:
        first_number: The number of the very first ticket.
        hours: Working time (R13).
        specialists: Address that is told of every new ticket (R11).
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); none switches that
            off.
    """

    first_number: int
    hours: WorkingHours
    specialists: str
    duplicate_window: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.first_number < 1:
            raise ValueError("the first ticket's number is 1 or more")


Numbered = Registered | Same | Exception
"""What becomes of a submission in a group; an exception is its caller's alone."""


class Numberer:
    """Registers groups of submissions; only one thread at a time may use it.

    Args:
        ledger: Where tickets are kept.
        policy: Numbering and addresses.
        now: Gives the time, aware and in UTC.
    """

    def __init__(self, ledger: Ledger, policy: NumberingPolicy, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._policy = policy
        self._now = now
        self._recogniser = Recogniser(ledger, policy.duplicate_window)
        # The counter as this process left it, so that a commit needs no reading.
        self._counter: Counter | None = None

    def register(self, submissions: Sequence[Submission]) -> Sequence[Numbered]:
        """Register submissions; give what becomes of each, in their order."""
        deadline = time.monotonic() + COMMIT_TIME
        first_of_key = {submission.key: submission for submission in reversed(submissions)}
        different = list(reversed(first_of_key.values()))
        known = self._recognise(different)
        same: dict[str, Numbered] = {
            key: Same(each.same, first_of_key[key]) for key, each in known.items() if each.same is not None
        }
        in_group = {key: each.same_in_group for key, each in known.items() if each.same_in_group is not None}
        new = [each for each in different if each.key not in same and each.key not in in_group]
        outcomes = same | self._register_keys(new, known, deadline)
        for key, first in in_group.items():
            match outcomes[first]:
                case Registered(ticket=ticket):
                    outcomes[key] = Same(ticket.number, first_of_key[key])
                case Same(ticket=earlier):
                    outcomes[key] = Same(earlier, first_of_key[key])
                case _:
                    # Nothing is known of it, then; keeping it is safe.
                    outcomes[key] = LedgerUnavailableError("the same request of this group got no number")
        return [
            _outcome_for(submission, first_of_key[submission.key], outcomes[submission.key])
            for submission in submissions
        ]

    def _recognise(self, submissions: Sequence[Submission]) -> Mapping[str, Recognised]:
        try:
            return self._recogniser.recognise(submissions, LOOK_TIME)
        except LedgerUnavailableError as error:
            # No reason not to give a number: the sweep finds what is the same, and merges it.
            log.warning("not_recognised", extra=fields(submissions=len(submissions), error=str(error)))
            return self._recogniser.unseen(submissions)

    def _register_keys(
        self, submissions: Sequence[Submission], known: Mapping[str, Recognised], deadline: float
    ) -> dict[str, Numbered]:
        """Register submissions with different keys; give an outcome for each key."""
        done: dict[str, Numbered] = {}
        attempted: dict[str, Ticket] = {}
        entries: Mapping[str, Entry] = {}
        pause = _PAUSE
        todo = list(submissions)
        while todo:
            if time.monotonic() >= deadline:
                return done | {each.key: LedgerUnavailableError("no commit in time") for each in todo}
            try:
                if self._counter is None:
                    keys = [submission.key for submission in todo]
                    self._counter, entries = self._ledger.look(keys, self._policy.first_number, _left(deadline))
                    done |= self._settle(todo, entries, attempted, deadline)
                    todo = [submission for submission in todo if submission.key not in done]
                    if not todo:
                        break
                registrations = self._number(todo, entries, known, self._counter.last)
                attempted |= {each.submission.key: each.ticket for each in registrations}
                self._counter = self._ledger.commit(self._counter, registrations, _left(deadline))
            except LedgerRefusedError as error:
                if len(todo) == 1:
                    return done | {todo[0].key: error}
                half = len(todo) // 2
                done |= self._register_keys(todo[:half], known, deadline)
                return done | self._register_keys(todo[half:], known, deadline)
            except (LedgerConflictError, LedgerUnavailableError):
                # Read again what is there: the counter alone may be known, where a ticket could not be read.
                self._counter = None
                # The pause is random, so that instances do not meet again at once.
                time.sleep(random.uniform(0, min(pause, max(0.0, deadline - time.monotonic()))))  # noqa: S311  # not a secret
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return done | {each.submission.key: Registered(each.ticket, repeated=False) for each in registrations}
        return done

    def _settle(
        self,
        submissions: Sequence[Submission],
        entries: Mapping[str, Entry],
        attempted: Mapping[str, Ticket],
        deadline: float,
    ) -> dict[str, Registered | Exception]:
        """Answer what the ledger shows to be answered already."""
        settled: dict[str, Registered | Exception] = {}
        for submission in submissions:
            entry = entries.get(submission.key)
            if entry is None:
                continue
            if entry.submission.erased_at is not None:
                settled[submission.key] = ErasedError(submission.key)
            elif entry.submission.fingerprint != submission.fingerprint:
                settled[submission.key] = KeyReusedError(submission.key)
            elif entry.ticket is not None:
                ticket = self._ledger.ticket(entry.ticket, _left(deadline))
                # Our own commit whose answer was lost is not a repetition.
                ours = attempted.get(submission.key)
                repeated = ours is None or (ours.number, ours.registered_at) != (
                    ticket.number,
                    ticket.registered_at,
                )
                duplicate = entry.attachment is Attachment.DUPLICATE
                settled[submission.key] = Registered(ticket, repeated=repeated, duplicate=duplicate)
        return settled

    def _number(
        self,
        submissions: Sequence[Submission],
        entries: Mapping[str, Entry],
        known: Mapping[str, Recognised],
        last: int,
    ) -> list[Registration]:
        registered_at = self._now()
        registrations = []
        for number, submission in enumerate(submissions, start=last + 1):
            kept = entries.get(submission.key)
            arrival = submission if kept is None else first_arrival(submission, kept)
            past = known.get(submission.key, Recognised())
            ticket = open_ticket(arrival, number, registered_at, self._policy.hours, past.related)
            letters = first_notifications(ticket, self._policy.specialists)
            registrations.append(Registration(arrival, ticket, letters, kept, past.traces))
        return registrations


def first_arrival(submission: Submission, kept: Entry) -> Submission:
    """Give what counts of a submission that is in the ledger without a ticket: what was kept came first.

    Of what was in quarantine only the time counts: it may not have been readable then.
    """
    first = kept.submission
    return replace(submission, received_at=first.received_at) if kept.state is SubmissionState.QUARANTINED else first


def _outcome_for(submission: Submission, first: Submission, outcome: Numbered) -> Numbered:
    """Give the outcome of a key to one of the submissions that carried it in this group."""
    if submission is first:
        return outcome
    if submission.fingerprint != first.fingerprint:
        # Unless the first one has got the key, nothing is known of this one; keeping it tells.
        if isinstance(outcome, Registered):
            return KeyReusedError(submission.key)
        return LedgerUnavailableError("another submission with this key was tried")
    return replace(outcome, repeated=True) if isinstance(outcome, Registered) else outcome


def _left(deadline: float) -> float:
    """Give the seconds until a deadline; never none at all, which a client would take for no limit."""
    return max(0.1, deadline - time.monotonic())
