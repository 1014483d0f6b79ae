"""A person has seen to something that nothing else would show to be over (R9, R15)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.changes import Change
from shared.conflicts import STEP_TIME, Tickets, again_on_conflict
from shared.domain.attention import concerns
from shared.domain.concern import SETTLED_BY_WORD, Concern
from shared.domain.history import Event, HistoryEntry
from shared.domain.ticket import Ticket
from shared.logs import fields

log = logging.getLogger(__name__)


class NotByWordError(Exception):
    """This is over only when its cause is gone, whatever anybody says."""


@dataclass(frozen=True, slots=True)
class Settling:
    """Records what people have seen to.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    ledger: Tickets
    now: Callable[[], datetime]

    def settle(self, number: int, concern: Concern, by: str) -> Ticket | None:
        """Record that somebody has seen to what a ticket needed a person for; None when there is no such ticket.

        What it does not need a person for (any more) is left as it is.

        Raises:
            NotByWordError: See there; nothing was written.
            LedgerConflictError: Others kept changing the ticket; nothing was written.
            LedgerUnavailableError: It is unknown whether it was recorded; saying it again does no harm.
        """
        if concern not in SETTLED_BY_WORD:
            raise NotByWordError(concern)
        return again_on_conflict(lambda: self._settle(number, concern, by))

    def _settle(self, number: int, concern: Concern, by: str) -> Ticket | None:
        stored = self.ledger.tickets([number], STEP_TIME).get(number)
        if stored is None:
            return None
        before = stored.ticket
        if concern not in concerns(before):
            return before
        ticket = replace(before, settled=(*before.settled, concern))
        line = HistoryEntry(self.now(), by, Event.CONCERN_SETTLED, concern)
        self.ledger.write(Change(tickets=((stored, ticket),), history=((number, line),)), STEP_TIME)
        log.info("concern_settled", extra=fields(ticket=number, concern=concern.value))
        return ticket
