"""The ledger as registration sees it: what it holds, what can go wrong with it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.flag import Flag
from shared.domain.history import HistoryEntry
from shared.domain.notification import Notification
from shared.domain.submission import Attachment, Quarantine, Submission, SubmissionState
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
        flags: What was not done with it in time (R16), the oldest first.
        quarantine: Why it waits for a person; None when it does not.
        check_at: When the sweep has to look at it; None when it need not.
        attachment: As what it joined its ticket; None for what has not.
    """

    submission: Submission
    state: SubmissionState
    ticket: int | None
    version: object
    flags: tuple[Flag, ...] = ()
    quarantine: Quarantine | None = None
    check_at: datetime | None = None
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it stands in the ledger, and the ledger's own mark of that state."""

    ticket: Ticket
    version: object


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """A notification as it stands in the ledger, and the ledger's own mark of that state."""

    notification: Notification
    version: object


@dataclass(frozen=True, slots=True)
class Recent:
    """What a contact's entry says of one of its requests.

    Attributes:
        ticket: The number that it got.
        submission: Key of what opened it.
        received_at: When that arrived.
    """

    ticket: int
    submission: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Trace:
    """What a registration leaves in the entry of one of its contact's identities.

    Attributes:
        identity: See `shared.domain.contact.identities`.
        outdated: Tickets that nobody compares with any more: they may go from the entry.
    """

    identity: str
    outdated: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What registration has to know of other requests (R15, R5r).

    Attributes:
        recent: By identity of a contact: its latest requests, the oldest first.
        tickets: Those of the tickets asked for that exist.
    """

    recent: Mapping[str, Sequence[Recent]]
    tickets: Mapping[int, Ticket]


@dataclass(frozen=True, slots=True)
class Registration:
    """What one arrival adds to the ledger, all or nothing.

    Attributes:
        kept: The entry that is already there, if the submission was only kept, or in quarantine, before.
        traces: By which it is found later; none where nobody looks.
    """

    submission: Submission
    ticket: Ticket
    notifications: tuple[Notification, ...]
    kept: Entry | None
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """What a submission that joins a ticket changes in the ledger, all or nothing.

    Attributes:
        before: The ticket as it was read.
        after: As it shall be.
        attachment: As what it joins.
        kept: The submission's entry, if it was only kept, or in quarantine, before.
        letters: Who is told.
    """

    before: StoredTicket
    after: Ticket
    submission: Submission
    attachment: Attachment
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

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        """Read the latest requests by identities of their contacts, and tickets by their numbers."""
        ...

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """Read those of the keys' entries that exist."""
        ...
