"""A specialist has told the client the number (R10, R9): the ticket is accepted without a letter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.changes import Change
from shared.conflicts import STEP_TIME, Tickets, again_on_conflict
from shared.domain.acceptance import Word, accept
from shared.domain.history import Event, HistoryEntry
from shared.domain.ticket import Ticket
from shared.outcomes import log_acceptance


class MergedError(Exception):
    """Another ticket goes on in its place: that one's number has to be told.

    Attributes:
        into: Its number.
    """

    def __init__(self, into: int) -> None:
        super().__init__(into)
        self.into = into


@dataclass(frozen=True, slots=True)
class Told:
    """The client has the number.

    Attributes:
        before: The ticket as it was; it was accepted already where nothing has changed.
        ticket: As it is now.
    """

    before: Ticket
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Telling:
    """Records that clients were told their numbers.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    ledger: Tickets
    now: Callable[[], datetime]

    def record(self, number: int, by: str) -> Told | None:
        """Record that somebody told a client the number; None when there is no such ticket.

        Raises:
            MergedError: See there; nothing was written.
            LedgerConflictError: Others kept changing the ticket; nothing was written.
            LedgerUnavailableError: It is unknown whether it was recorded; saying it again does no harm.
        """
        return again_on_conflict(lambda: self._record(number, by))

    def _record(self, number: int, by: str) -> Told | None:
        stored = self.ledger.tickets([number], STEP_TIME).get(number)
        if stored is None:
            return None
        before = stored.ticket
        if before.merged_into is not None:
            raise MergedError(before.merged_into)
        now = self.now()
        ticket = accept(before, Word.TOLD, by, now, now)
        if ticket is not before:
            line = HistoryEntry(now, by, Event.NUMBER_TOLD, before.confirmation or before.submissions[0])
            self.ledger.write(Change(tickets=((stored, ticket),), history=((number, line),)), STEP_TIME)
            log_acceptance(ticket)
        return Told(before, ticket)
