"""Saving a call: it gets its number, or becomes part of the ticket that its specialist names (R1, R10, R15)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from functions.intake_phone.call import SAME_AS, Call
from shared.domain.submission import Attachment, Submission
from shared.domain.ticket import Ticket
from shared.joining import STEP_TIME, BrokenRedirectError, Joiner
from shared.ledger import Entry, LedgerConflictError, LedgerUnavailableError
from shared.numbering import KeyReusedError, first_arrival
from shared.registration import Kept, Registrar
from shared.request_fields import InvalidFieldsError


class Way(StrEnum):
    """How a call came by its number."""

    NEW = "new"
    REPEATED = "repeated"
    """It was saved before."""
    DUPLICATE = "duplicate"
    """The same request had the number already (R15)."""
    JOINED = "joined"
    """Its specialist has named the ticket."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A call and its ticket."""

    ticket: Ticket
    way: Way


class KeyUsedError(Exception):
    """The page, or the idempotency key, has saved another call.

    Attributes:
        ticket: That one's number; None where it has none yet.
    """

    def __init__(self, ticket: int | None) -> None:
        super().__init__(ticket)
        self.ticket = ticket


class Entries(Protocol):
    """The part of the ledger that holds submissions; see `shared.ledger.Ledger`."""

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """Read those of the keys' entries that exist."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """Saves calls."""

    registrar: Registrar
    joiner: Joiner
    entries: Entries

    def save(self, call: Call) -> Saved | Kept:
        """Save a call.

        Raises:
            KeyUsedError: See there.
            InvalidFieldsError: The ticket that it belongs to is not there.
            LedgerUnavailableError: Nothing is known to be saved; come again with the same key.
            LedgerRefusedError: The ledger will not take it.
        """
        submission = call.submission
        try:
            return self._register(submission) if call.same_as is None else self._join(submission, call.same_as)
        except KeyReusedError as error:
            entry = self._entry(submission)
            raise KeyUsedError(entry.ticket if entry else None) from error
        except LedgerConflictError as error:
            raise LedgerUnavailableError("others keep changing the ticket") from error

    def _register(self, submission: Submission) -> Saved | Kept:
        outcome = self.registrar.register(submission)
        if isinstance(outcome, Kept):
            return outcome
        if outcome.duplicate:
            return Saved(outcome.ticket, Way.DUPLICATE)
        return Saved(outcome.ticket, Way.REPEATED if outcome.repeated else Way.NEW)

    def _join(self, submission: Submission, number: int) -> Saved | Kept:
        kept = self._entry(submission)
        if kept is not None and (kept.ticket is not None or kept.submission.fingerprint != submission.fingerprint):
            # It has its answer, whatever ticket is named now.
            return self._register(submission)
        arrival = submission if kept is None else first_arrival(submission, kept)
        first = self.joiner.find(number)
        if first is None or first.ticket.erased_at is not None:
            raise _wrong(f"обращения №\u00a0{number} нет")
        try:
            # A further word of the client, of which whoever works on the ticket has to hear.
            return Saved(self.joiner.join(arrival, number, Attachment.REPLY, kept), Way.JOINED)
        except BrokenRedirectError as error:
            raise _wrong(f"обращение №\u00a0{number} повреждено, сообщите администратору") from error

    def _entry(self, submission: Submission) -> Entry | None:
        return self.entries.submissions([submission.key], STEP_TIME).get(submission.key)


def _wrong(what: str) -> InvalidFieldsError:
    return InvalidFieldsError({SAME_AS: f"Номер обращения: {what}. Без номера звонок будет новым обращением."})
