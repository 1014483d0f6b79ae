"""The ledger as registration sees it: what it holds, what can go wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.history import HistoryEntry
from shared.domain.notification import Notification
from shared.domain.submission import Submission, SubmissionState
from shared.domain.ticket import Ticket


class LedgerError(Exception):
    """The ledger did not do what it was asked."""


class LedgerUnavailableError(LedgerError):
    """The ledger gave no answer, or none in time; whether it did what it was asked is unknown."""


class LedgerConflictError(LedgerError):
    """A document was not as expected, and nothing was written: another instance was faster, or the key is known."""


class LedgerRefusedError(LedgerError):
    """The ledger will never take this commit, and nothing was written."""


@dataclass(frozen=True, slots=True)
class Counter:
    """State of the counter of ticket numbers.

    Attributes:
        last: The last number given.
        version: The ledger's own mark of this state; None when there is no counter yet.
    """

    last: int
    version: object | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission as it stands in the ledger.

    Attributes:
        submission: What came in first under this key.
        ticket: Its number, or None when it has none.
        version: The ledger's own mark of this state.
    """

    submission: Submission
    state: SubmissionState
    ticket: int | None
    version: object


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it stands in the ledger, and the ledger's own mark of that state."""

    ticket: Ticket
    version: object


@dataclass(frozen=True, slots=True)
class Registration:
    """What one arrival adds to the ledger, all or nothing.

    Attributes:
        kept: The entry that is already there, if the submission was only kept, or in quarantine, before.
    """

    submission: Submission
    ticket: Ticket
    notifications: tuple[Notification, ...]
    kept: Entry | None


@dataclass(frozen=True, slots=True)
class Joining:
    """What a submission that joins a ticket changes in the ledger, all or nothing.

    Attributes:
        before: The ticket as it was read.
        after: As it shall be.
        kept: The submission's entry, if it was only kept, or in quarantine, before.
        letters: Who is told.
    """

    before: StoredTicket
    after: Ticket
    submission: Submission
    kept: Entry | None
    history: HistoryEntry
    letters: tuple[Notification, ...]


class Ledger(Protocol):
    """The part of the ledger that registration needs; `timeout` is in seconds.

    Every method may raise `LedgerUnavailableError`.
    """

    def look(self, keys: Collection[str], first_number: int, timeout: float) -> tuple[Counter, Mapping[str, Entry]]:
        """Read the counter and those of the keys' entries that exist, all as of one moment."""
        ...

    def commit(self, before: Counter, registrations: Sequence[Registration], timeout: float) -> Counter:
        """Write the registrations and move the counter from `before` to their last number, all or nothing.

        Raises:
            LedgerConflictError: The counter has moved, or something that should be new exists.
            LedgerRefusedError: What is written is not acceptable to the ledger.
        """
        ...

    def keep(self, submission: Submission, check_at: datetime, timeout: float) -> None:
        """Write the submission alone, without a number.

        Raises:
            LedgerConflictError: There is an entry with this key.
            LedgerRefusedError: What is written is not acceptable to the ledger.
        """
        ...

    def ticket(self, number: int, timeout: float) -> Ticket:
        """Read one ticket that exists."""
        ...
