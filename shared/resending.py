"""Resending: a person has a letter sent once more (R12); what that means is `shared.domain.repetition`."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bell import Bell
from shared.changes import Change
from shared.conflicts import STEP_TIME, Tickets, again_on_conflict
from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.repetition import Refusal, Repetition, ResendRefusedError, Wish, recipient_of, repeat
from shared.domain.trouble import DeadAddress
from shared.logs import fields, redact

log = logging.getLogger(__name__)


class SuppressionError(Exception):
    """The provider's list was not changed, and may still hold the address; says why."""


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
        lifted: dict[str, str | None] = {}
        return again_on_conflict(lambda: self._ask(wish, lifted))

    def _ask(self, wish: Wish, lifted: dict[str, str | None]) -> Asked:
        """Try once; `lifted` holds what came of taking addresses off the provider's list, which is done once."""
        repetition, change = self._draft(wish)
        letter = repetition.letter
        if wish.forced and wish.kind in TO_CLIENTS and letter.recipient not in lifted:
            # First: the provider would drop the letter, and the address would be known as dead again.
            lifted[letter.recipient] = self._lift(letter.recipient)
        self.tickets.write(change, STEP_TIME)
        self.bell.ring([letter.id])
        log.info("letter_asked_again", extra=fields(notification=letter.id, recipient=redact(letter.recipient)))
        return Asked(letter, lifted.get(letter.recipient))

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
