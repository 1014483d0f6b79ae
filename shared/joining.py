"""Joining: a message becomes part of a ticket that is there already (R5r, R15)."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bell import Bell
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Notification, already_registered, new_message
from shared.domain.submission import Attachment, Submission
from shared.domain.ticket import MOST_REDIRECTS, Ticket, join, may_join
from shared.erased import ErasedTicketError
from shared.ledger import Entry, Joining, LedgerConflictError, LedgerUnavailableError, StoredTicket
from shared.logs import fields

log = logging.getLogger(__name__)

STEP_TIME = 5.0
"""Seconds for one read or commit."""

ATTEMPTS = 5
"""Commits that are tried against others that change the same ticket."""

_PAUSE = 0.1

_EVENTS: Mapping[Attachment, Event] = {
    Attachment.REPLY: Event.MESSAGE_JOINED,
    Attachment.DUPLICATE: Event.DUPLICATE_ATTACHED,
    Attachment.ANSWER: Event.DETAILS_ANSWERED,
}


class BrokenRedirectError(Exception):
    """A ticket was merged into one that is not there, or into itself: waiting would not mend it."""


def redirects(find: Callable[[int], StoredTicket | None], first: StoredTicket) -> Iterator[StoredTicket]:
    """Give a ticket, the one that it was merged into, and so on to the one that goes on; each is read when asked for.

    Args:
        find: Reads a ticket by its number; None when there is none.
        first: The ticket.

    Raises:
        BrokenRedirectError: See there.
    """
    found = first
    for _ in range(MOST_REDIRECTS):
        yield found
        number = found.ticket.merged_into
        if number is None:
            return
        following = find(number)
        if following is None:
            raise BrokenRedirectError(f"ticket {number} is not there")
        found = following
    raise BrokenRedirectError(f"the redirects of ticket {first.ticket.number} lead in a circle")


class Tickets(Protocol):
    """The part of the ledger that joining needs; `timeout` is in seconds.

    Both methods may raise `LedgerUnavailableError`.
    """

    def find(self, number: int, timeout: float) -> StoredTicket | None:
        """Read one ticket; None when there is none with this number."""
        ...

    def join(self, joining: Joining, timeout: float) -> None:
        """Write a submission with the ticket that it joins, all or nothing.

        Raises:
            LedgerConflictError: The ticket or the submission is not as it was read; nothing was written.
            LedgerRefusedError: What is written is not acceptable to the ledger.
        """
        ...


@dataclass(frozen=True, slots=True)
class Joiner:
    """Lets submissions join tickets.

    Attributes:
        specialists: Address that is told of every message (R11).
        now: Gives the time, aware and in UTC.
    """

    tickets: Tickets
    bell: Bell
    specialists: str
    now: Callable[[], datetime]

    def find(self, number: int) -> StoredTicket | None:
        """Read one ticket; None when there is none with this number."""
        return self.tickets.find(number, STEP_TIME)

    def join(
        self,
        submission: Submission,
        number: int,
        attachment: Attachment,
        kept: Entry | None = None,
        *,
        told: bool = True,
    ) -> Ticket:
        """Make a submission part of a ticket, or of the one that it was merged into.

        Args:
            submission: What came in.
            number: A ticket that exists.
            attachment: As what it joins; who sent a duplicate is told the number (R15).
            kept: The submission's entry, if there is one that has no ticket.
            told: Whether the specialists get a letter about it.

        Raises:
            ErasedTicketError: See there; nothing was written.
            LedgerConflictError: The submission's entry is not as it was, or a person has taken it out of this ticket:
                somebody else takes care of it.
            LedgerUnavailableError: Whether it was written is unknown; come again with the same key.
            LedgerRefusedError: The ledger will not take it.
            BrokenRedirectError: See there.
        """
        for attempt in range(ATTEMPTS):
            before = self._target(number, submission.key)
            now = self.now()
            if submission.key in before.ticket.submissions:
                # An earlier delivery, or our own commit whose answer was lost: nobody may have rung.
                letters = self._letters(before.ticket, before.ticket, submission, attachment, now)
                self._ring(*letters if told else ())
                return before.ticket
            if before.ticket.erased_at is not None:
                raise ErasedTicketError(f"ticket {before.ticket.number} is closed")
            if kept is not None and before.ticket.number in kept.submission.apart:
                raise LedgerConflictError("a person has made a request of its own of it")
            after = join(before.ticket, submission, attachment, now)
            letters = self._letters(before.ticket, after, submission, attachment, now) if told else ()
            history = HistoryEntry(now, _writer(submission), _EVENTS[attachment], submission.key)
            joining = Joining(before, after, submission, attachment, kept, history, letters)
            try:
                self.tickets.join(joining, STEP_TIME)
            except (LedgerConflictError, LedgerUnavailableError):
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311  # not a secret
                continue
            self._ring(*letters)
            about = fields(ticket=after.number, channel=submission.channel.value, attachment=attachment.value)
            log.info("message_joined", extra=about)
            return after
        raise AssertionError("the last attempt returns or raises")

    def _target(self, number: int, key: str) -> StoredTicket:
        first = self.find(number)
        if first is None:
            raise BrokenRedirectError(f"ticket {number} is not there")
        # A ticket that has the submission already is where it stays, merged meanwhile or not.
        return next(
            each
            for each in redirects(self.find, first)
            if each.ticket.merged_into is None or key in each.ticket.submissions
        )

    def _letters(
        self, before: Ticket, after: Ticket, submission: Submission, attachment: Attachment, now: datetime
    ) -> tuple[Notification, ...]:
        letters = self._to_specialists(before, after, submission, now)
        recipient = submission.contact.email
        if attachment is Attachment.DUPLICATE and recipient is not None and submission.unanswered is None:
            return (already_registered(after, submission.key, recipient, now), *letters)
        return letters

    def _to_specialists(
        self, before: Ticket, after: Ticket, submission: Submission, now: datetime
    ) -> tuple[Notification, ...]:
        sender = submission.message.sender if submission.message else None
        if sender == self.specialists.lower() or submission.key == after.submissions[0]:
            # They know what they wrote, and what opened the ticket has a letter of its own.
            return ()
        if submission.message and submission.message.automatic and not may_join(before, sender or ""):
            # A robot behind the specialists' own address would answer the letter about its answer, without end.
            return ()
        return (new_message(after, submission.key, self.specialists, now),)

    def _ring(self, *letters: Notification) -> None:
        if letters:
            self.bell.ring([letter.id for letter in letters])


def _writer(submission: Submission) -> str:
    message = submission.message
    return submission.by or (message.sender if message else None) or submission.contact.email or "client"
