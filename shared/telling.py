"""A specialist has told the client the number (R10, R9): the ticket is accepted without a letter."""

import logging
import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.acceptance import Word, accept
from shared.domain.history import Event, HistoryEntry
from shared.domain.ticket import Ticket
from shared.ledger import Change, LedgerConflictError, StoredTicket
from shared.logs import fields

log = logging.getLogger(__name__)

STEP_TIME = 5.0
"""Seconds for one read or commit."""

ATTEMPTS = 5
"""Commits that are tried against others that change the same ticket."""

_PAUSE = 0.05


class Tickets(Protocol):
    """The part of the ledger that changes; see `shared.store.changes`.

    Both methods may raise `LedgerUnavailableError`.
    """

    def tickets(self, numbers: Collection[int], timeout: float) -> Mapping[int, StoredTicket]:
        """Read those of the tickets that exist."""
        ...

    def write(self, change: Change, timeout: float) -> None:
        """Write a change.

        Raises:
            LedgerConflictError: Something is not as it was read; nothing was written.
        """
        ...


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
        for attempt in range(ATTEMPTS):
            stored = self.ledger.tickets([number], STEP_TIME).get(number)
            if stored is None:
                return None
            before = stored.ticket
            if before.merged_into is not None:
                raise MergedError(before.merged_into)
            now = self.now()
            ticket = accept(before, Word.TOLD, by, now, now)
            if ticket is before:
                return Told(before, ticket)
            line = HistoryEntry(now, by, Event.NUMBER_TOLD, before.confirmation or before.submissions[0])
            try:
                self.ledger.write(Change(tickets=((stored, ticket),), history=((number, line),)), STEP_TIME)
            except LedgerConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311  # not a secret
                continue
            seconds = (now - ticket.received_at).total_seconds()
            log.info(
                "acceptance_changed",
                extra=fields(ticket=number, acceptance=ticket.acceptance.value, seconds_since_arrival=seconds),
            )
            return Told(before, ticket)
        raise AssertionError("the last attempt returns or raises")
