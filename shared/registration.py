"""Registration: every arrival gets one number, exactly once, without gaps (R1, R4, R14).

What may happen to a submission here, and what its sender hears:

* committed with its ticket: `Registered`;
* delivered before: `Registered` again, with the first number, `repeated=True`;
* the commit could not be had in time, but the submission is kept: `Kept`; the number comes later;
* not even that: `LedgerUnavailableError`; the sender has to come again.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.domain.notification import RING_AGAIN_AFTER, first_notifications
from shared.domain.submission import Submission, SubmissionState
from shared.domain.ticket import Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.grouping import Group, GroupTimeoutError
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

log = logging.getLogger(__name__)

COMMIT_TIME = 6.0
"""Seconds that a caller waits for its registration before the submission is only kept."""

KEEP_TIME = 4.0
"""Seconds for keeping a submission that could not be registered."""

GROUP_BYTES = 3_000_000
"""Text in one commit: Firestore takes 10 MiB, its emulator 4 MiB, and texts are stored with some overhead."""

_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


class KeyReusedError(Exception):
    """The idempotency key belongs to an earlier submission that said something else."""


class Bell(Protocol):
    """Tells the senders of letters that there is something to send; a bell that fails is made up for later."""

    def ring(self, notifications: Sequence[str]) -> None:
        """Announce notifications by their ids. Never raises: the ledger holds what has to be done."""
        ...


@dataclass(frozen=True, slots=True)
class Registered:
    """The submission has its ticket.

    Attributes:
        repeated: The submission was delivered, and answered, before.
    """

    ticket: Ticket
    repeated: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The submission is safe, and gets its number later.

    Attributes:
        received_at: The arrival that counts: of the first delivery.
    """

    received_at: datetime


@dataclass(frozen=True, slots=True)
class NumberingPolicy:
    """What registration has to know of the support desk.

    Attributes:
        first_number: The number of the very first ticket.
        hours: Working time (R13).
        specialists: Address that is told of every new ticket (R11).
    """

    first_number: int
    hours: WorkingHours
    specialists: str

    def __post_init__(self) -> None:
        if self.first_number < 1:
            raise ValueError("the first ticket's number is 1 or more")


class Registrar:
    """Registers submissions; one for each process, used by all its threads.

    Args:
        ledger: Where tickets are kept.
        bell: Rung for every notification after its commit.
        policy: Numbering and addresses.
        now: Gives the time, aware and in UTC.
    """

    def __init__(self, ledger: Ledger, bell: Bell, policy: NumberingPolicy, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._bell = bell
        self._policy = policy
        self._now = now
        self._group: Group[Submission, Registered] = Group(
            self._register_group, weigh=_weight, capacity=GROUP_BYTES, finish=self._ring
        )
        # The counter as this process left it, so that a commit needs no reading. Only the group's leader uses it.
        self._counter: Counter | None = None

    def register(self, submission: Submission) -> Registered | Kept:
        """Give a submission its number, or keep it.

        Raises:
            KeyReusedError: See there; nothing was written.
            LedgerUnavailableError: Nothing is known to be kept; the sender must come again with the same key.
            LedgerRefusedError: The ledger will not take this submission, whatever its number.
        """
        try:
            outcome: Registered | Kept = self._group.call(submission, COMMIT_TIME)
        except (GroupTimeoutError, LedgerUnavailableError):
            outcome = self._keep(submission)
        if isinstance(outcome, Registered):
            ticket = outcome.ticket
            log.info(
                "ticket_registered",
                extra=fields(ticket=ticket.number, channel=submission.channel.value, repeated=outcome.repeated),
            )
        return outcome

    def _ring(self, outcomes: Sequence[Registered | BaseException]) -> None:
        """Ring for every ticket; for a repeated delivery, too: the process that answered first may not have rung."""
        tickets = {outcome.ticket.number: outcome.ticket for outcome in outcomes if isinstance(outcome, Registered)}
        letters = [first_notifications(ticket, self._policy.specialists) for ticket in tickets.values()]
        if letters:
            self._bell.ring([letter.id for group in letters for letter in group])

    def earlier(self, submission: Submission) -> Registered | Kept | None:
        """Give the first answer to a submission that was delivered before; None when it was not.

        Raises:
            KeyReusedError, LedgerUnavailableError: See `register`.
        """
        _, entries = self._ledger.look([submission.key], self._policy.first_number, KEEP_TIME)
        entry = entries.get(submission.key)
        if entry is None:
            return None
        if entry.submission.fingerprint != submission.fingerprint:
            raise KeyReusedError(submission.key)
        if entry.ticket is None:
            return Kept(entry.submission.received_at)
        outcome = Registered(self._ledger.ticket(entry.ticket, KEEP_TIME), repeated=True)
        self._ring([outcome])
        return outcome

    def _keep(self, submission: Submission) -> Registered | Kept:
        try:
            self._ledger.keep(submission, self._now() + RING_AGAIN_AFTER, KEEP_TIME)
        except LedgerConflictError:
            # A delivery of the same submission, or the commit that we did not wait for, was here.
            earlier = self.earlier(submission)
            if earlier is None:
                raise LedgerUnavailableError("the entry that was in the way is gone") from None
            if isinstance(earlier, Registered) and earlier.ticket.received_at == submission.received_at:
                # Our own commit, for whose answer we did not wait, is not a repetition.
                return replace(earlier, repeated=False)
            return earlier
        log.warning("submission_kept", extra=fields(submission=submission.key, channel=submission.channel.value))
        return Kept(submission.received_at)

    # What follows runs in the group's leader, one at a time in this process.

    def _register_group(self, submissions: Sequence[Submission]) -> Sequence[Registered | Exception]:
        deadline = time.monotonic() + COMMIT_TIME
        first_of_key = {submission.key: submission for submission in reversed(submissions)}
        outcomes = self._register_keys(list(reversed(first_of_key.values())), deadline)
        return [
            _outcome_for(submission, first_of_key[submission.key], outcomes[submission.key])
            for submission in submissions
        ]

    def _register_keys(self, submissions: Sequence[Submission], deadline: float) -> dict[str, Registered | Exception]:
        """Register submissions with different keys; give an outcome for each key."""
        done: dict[str, Registered | Exception] = {}
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
                registrations = self._number(todo, entries, self._counter.last)
                attempted |= {each.submission.key: each.ticket for each in registrations}
                self._counter = self._ledger.commit(self._counter, registrations, _left(deadline))
            except LedgerRefusedError as error:
                if len(todo) == 1:
                    return done | {todo[0].key: error}
                half = len(todo) // 2
                done |= self._register_keys(todo[:half], deadline)
                return done | self._register_keys(todo[half:], deadline)
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
            if entry.submission.fingerprint != submission.fingerprint:
                settled[submission.key] = KeyReusedError(submission.key)
            elif entry.ticket is not None:
                ticket = self._ledger.ticket(entry.ticket, _left(deadline))
                # Our own commit whose answer was lost is not a repetition.
                ours = attempted.get(submission.key)
                repeated = ours is None or (ours.number, ours.registered_at) != (
                    ticket.number,
                    ticket.registered_at,
                )
                settled[submission.key] = Registered(ticket, repeated=repeated)
        return settled

    def _number(self, submissions: Sequence[Submission], entries: Mapping[str, Entry], last: int) -> list[Registration]:
        registered_at = self._now()
        registrations = []
        for number, submission in enumerate(submissions, start=last + 1):
            kept = entries.get(submission.key)
            arrival = submission
            if kept is not None:
                # What was kept came first, and its arrival counts. Of what was in quarantine only the time counts: it
                # may not have been readable then.
                quarantined = kept.state is SubmissionState.QUARANTINED
                first = kept.submission
                arrival = replace(submission, received_at=first.received_at) if quarantined else first
            ticket = open_ticket(arrival, number, registered_at, self._policy.hours)
            letters = first_notifications(ticket, self._policy.specialists)
            registrations.append(Registration(arrival, ticket, letters, kept))
        return registrations


def _outcome_for(submission: Submission, first: Submission, outcome: Registered | Exception) -> Registered | Exception:
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


def _weight(submission: Submission) -> int:
    """Estimate the bytes that a submission adds to a commit; Cyrillic takes two a character."""
    details, contact = submission.details, submission.contact
    texts = (details.subject, details.description, details.steps, contact.name)
    return 4_000 + 2 * sum(map(len, texts)) + sum(600 + 2 * len(file.name) for file in submission.files)
