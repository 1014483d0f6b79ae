"""The steps of a sweep over what is due: submissions, letters, tickets. Each goes through pages, oldest due first."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from functions.sla_check.notebook import Note, Notebook, Writing
from functions.sla_check.tickets import Letters, TicketStep
from shared.bell import Bell
from shared.changes import Change
from shared.domain.lateness import Unregistered, look_at_submission
from shared.domain.notification import RING_AGAIN_AFTER, Notification, NotificationState
from shared.domain.submission import Submission, SubmissionState
from shared.ledger import Entry, LedgerError, StoredNotification, StoredTicket
from shared.logs import fields
from shared.numbering import KeyReusedError, Registered
from shared.registration import Kept

log = logging.getLogger(__name__)

REGISTERING_THREADS = 50
"""Callers of the group commit: for what was kept, a group takes a commit that finds it, a look, and a commit."""

LONGEST_WAIT = timedelta(minutes=15)
"""A letter that can't be sent is rung for less and less often, but at least so often."""

WORD_EXPECTED = timedelta(hours=24)
"""How long the provider repeats an event that we did not take: after that, silence does not end any more."""

Page = TypeVar("Page")


class Due(Writing, Letters, Protocol):
    """The part of the ledger that the steps need; see `shared.store.sweep`."""

    def due_submissions(self, now: datetime) -> Iterator[Sequence[Entry]]:
        """Give pages of what is due."""
        ...

    def due_notifications(self, now: datetime) -> Iterator[Sequence[StoredNotification]]:
        """Give pages of what is due."""
        ...

    def due_tickets(self, now: datetime) -> Iterator[Sequence[StoredTicket]]:
        """Give pages of what is due."""
        ...

    def was_heard(self, since: datetime, until: datetime) -> bool:
        """Tell whether an event of any letter, from that time, has reached us."""
        ...


class Registrations(Protocol):
    """Registers a submission; see `shared.registration.Registrar`."""

    def register(self, submission: Submission) -> Registered | Kept:
        """Give it its number, or keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """What a sweep does with what is due.

    Attributes:
        steady_since: Since when our side has been sound.
        has_time: Whether there is time for another page.
    """

    ledger: Due
    registrations: Registrations
    bell: Bell
    notebook: Notebook
    warn_after: timedelta
    now: datetime
    steady_since: datetime
    has_time: Callable[[], bool]

    def submissions(self) -> int:
        """Register what is only kept; flag what stays without a number. Give how many were registered."""
        healed = 0
        for page in self._pages(self.ledger.due_submissions(self.now)):
            done = self._register([entry.submission for entry in page if entry.state is SubmissionState.RECEIVED])
            healed += len(done)
            # What was registered just now, and is flagged, is due again: the next sweep clears it.
            notes = [self._about_submission(each) for each in page if each.submission.key not in done]
            # When the time is over, not all have been tried: put off by a minute, they would fall behind younger ones.
            self.notebook.write(notes if self.has_time() else [note for note in notes if note.remarks])
        return healed

    def letters(self) -> int:
        """Ring again for what was not sent. Give for how many."""
        rung = 0
        for page in self._pages(self.ledger.due_notifications(self.now)):
            written = self.notebook.write([self._about_letter(each) for each in page])
            letters = [letter for note in written for _, letter in note.change.notifications]
            again = [letter.id for letter in letters if letter.state is NotificationState.REQUESTED]
            if again:
                self.bell.ring(again)
            rung += len(again)
        return rung

    def tickets(self, step: TicketStep) -> None:
        """Flag, merge, remind and hand on (R7, R15, R16, R18)."""
        for page in self._pages(self.ledger.due_tickets(self.now)):
            step.do(page)

    def _pages(self, pages: Iterator[Sequence[Page]]) -> Iterator[Sequence[Page]]:
        for page in pages:
            yield page
            if not self.has_time():
                log.warning("sweep_goes_on_next_time")
                return

    def _register(self, submissions: Sequence[Submission]) -> set[str]:
        """Give numbers; give the keys of those that got one."""
        done: set[str] = set()
        with ThreadPoolExecutor(REGISTERING_THREADS) as callers:
            for first in range(0, len(submissions), REGISTERING_THREADS):
                part = submissions[first : first + REGISTERING_THREADS]
                registered = [key for key in callers.map(self._try_to_register, part) if key is not None]
                done |= set(registered)
                # Where the ledger takes no registrations, each try takes its time; the next sweep tries the rest.
                if not registered or not self.has_time():
                    break
        return done

    def _try_to_register(self, submission: Submission) -> str | None:
        try:
            outcome = self.registrations.register(submission)
        except (LedgerError, KeyReusedError) as error:
            log.warning("not_registered", extra=fields(submission=submission.key, error=str(error)))
            return None
        return submission.key if isinstance(outcome, Registered) else None

    def _about_submission(self, entry: Entry) -> Note:
        submission = Unregistered(
            key=entry.submission.key,
            received_at=entry.submission.received_at,
            state=entry.state,
            quarantine=entry.quarantine,
            flags=entry.flags,
            check_at=entry.check_at,
        )
        look = look_at_submission(submission, self.now, self.warn_after)
        return Note(Change(submissions=((entry, look),)), look.remarks)

    def _about_letter(self, stored: StoredNotification) -> Note:
        letter = stored.notification
        match letter.state:
            case NotificationState.REQUESTED:
                after = replace(letter, check_at=self._later(letter.requested_at))
            case NotificationState.SENDING:
                after = self._about_unknown_outcome(letter)
            case _:
                after = replace(letter, check_at=None)
        return Note(Change(notifications=((stored, after),)))

    def _about_unknown_outcome(self, letter: Notification) -> Notification:
        """Have a letter sent again only where silence means that it was not sent (docs/adr/0012-silence.md).

        Nothing was heard of it. That means something where events of that time do reach us, and where nothing on our
        side kept them out: then its own would have come, too.
        """
        begun_at, lease_until = letter.attempted_at, letter.lease_until
        if begun_at is None or lease_until is None:
            return replace(letter, check_at=None)
        if self.steady_since <= begun_at and self.ledger.was_heard(begun_at, lease_until):
            log.warning("letter_asked_again", extra=fields(notification=letter.id, attempts=letter.attempts))
            check_at = self.now + RING_AGAIN_AFTER
            return replace(letter, state=NotificationState.REQUESTED, lease_until=None, check_at=check_at)
        # A day later no event comes any more; its ticket is flagged, and a person decides.
        given_up = self.now - begun_at > WORD_EXPECTED
        if given_up:
            log.error("letter_given_up", extra=fields(notification=letter.id, kind=letter.kind.value))
        return replace(letter, check_at=None if given_up else self._later(begun_at))

    def _later(self, since: datetime) -> datetime:
        """Give when to look again: the longer something lasts, the later."""
        return self.now + min(max((self.now - since) / 2, RING_AGAIN_AFTER), LONGEST_WAIT)
