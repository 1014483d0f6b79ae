"""Resending: a person has a letter sent once more (R12); what that means is `shared.domain.repetition`."""

import logging
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.repetition import Refusal, Repetition, ResendRefusedError, Wish, recipient_of, repeat
from shared.domain.trouble import DeadAddress
from shared.ledger import Change, LedgerConflictError, StoredTicket
from shared.logs import fields, redact
from shared.registration import Bell

log = logging.getLogger(__name__)

STEP_TIME = 5.0
"""Seconds for one read or commit."""

ATTEMPTS = 5
"""Commits that are tried against others that change the same ticket."""

_PAUSE = 0.05


class SuppressionError(Exception):
    """The provider's list was not changed, and may still hold the address; says why."""


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


class Letters(Protocol):
    """What is known of letters and addresses; see `shared.store.dossier`.

    Both methods may raise `LedgerUnavailableError`.
    """

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        """Read all letters about a ticket, the oldest first."""
        ...

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        """Read what is known against an address; None when nothing is."""
        ...


class Suppressions(Protocol):
    """The provider's own list of addresses that it does not write to."""

    def lift(self, address: str) -> None:
        """Take an address off the list, if it is there.

        Raises:
            SuppressionError: See there.
        """
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter that was asked for.

    Attributes:
        suppression: Why the provider may still keep the address on its list; None when it was asked to take it off, or
            need not be asked.
    """

    letter: Notification
    suppression: str | None


@dataclass(frozen=True, slots=True)
class Resender:
    """Asks for letters once more.

    Attributes:
        suppressions: The provider's list; None where it can't be changed.
        now: Gives the time, aware and in UTC.
    """

    tickets: Tickets
    letters: Letters
    bell: Bell
    suppressions: Suppressions | None
    now: Callable[[], datetime]

    def ask(self, wish: Wish) -> Asked:
        """Ask for a letter once more, and ring for it.

        Raises:
            ResendRefusedError: See there.
            LedgerConflictError: Others kept changing the ticket; nothing was written.
            LedgerUnavailableError: It is unknown whether the letter was asked for. Asking again does no harm: if it
                was, a copy is on its way.
        """
        suppression: str | None = None
        lifted: str | None = None
        for attempt in range(ATTEMPTS):
            repetition, change = self._draft(wish)
            letter = repetition.letter
            if wish.forced and wish.kind in TO_CLIENTS and lifted != letter.recipient:
                # First: the provider would drop the letter, and the address would be known as dead again.
                suppression, lifted = self._lift(letter.recipient), letter.recipient
            try:
                self.tickets.write(change, STEP_TIME)
            except LedgerConflictError:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311  # not a secret
                continue
            self.bell.ring([letter.id])
            log.info("letter_asked_again", extra=fields(notification=letter.id, recipient=redact(letter.recipient)))
            return Asked(letter, suppression)
        raise AssertionError("the last attempt returns or raises")

    def _draft(self, wish: Wish) -> tuple[Repetition, Change]:
        stored = self.tickets.tickets([wish.ticket], STEP_TIME).get(wish.ticket)
        if stored is None:
            raise ResendRefusedError(Refusal.NO_SUCH_TICKET)
        address = recipient_of(wish, stored.ticket)
        dead = None if address is None else self.letters.dead_address(address, STEP_TIME)
        # Read after the ticket: what a copy that was asked for in between has changed, is a conflict.
        letters = self.letters.letters(wish.ticket, STEP_TIME)
        repetition = repeat(wish, stored.ticket, letters, dead, self.now())
        change = Change(
            tickets=() if repetition.ticket is None else ((stored, repetition.ticket),),
            history=tuple((wish.ticket, line) for line in repetition.history),
            letters=(repetition.letter,),
            revived=() if repetition.revived is None else (repetition.revived,),
        )
        return repetition, change

    def _lift(self, address: str) -> str | None:
        if self.suppressions is None:
            return "there is no key to change it with"
        try:
            self.suppressions.lift(address)
        except SuppressionError as error:
            log.warning("suppression_not_lifted", extra=fields(recipient=redact(address), error=str(error)))
            return str(error)
        return None
