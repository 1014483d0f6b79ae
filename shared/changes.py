"""The ledger as those see it who change what was registered, and what a sweep leaves in it."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.domain.history import HistoryEntry
from shared.domain.inbound import InboundCount
from shared.domain.lateness import Digest, Look
from shared.domain.notification import Notification
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry, StoredNotification, StoredTicket


@dataclass(frozen=True, slots=True)
class Change:
    """What is written together, all or nothing; what was read must still be so.

    Attributes:
        notifications: Each as it was read and as it shall be.
        tickets: The same.
        submissions: Entries as they were read, and what the sweep changes about them.
        entries: Entries as they were read and as they shall be, to be registered anew.
        history: New lines, with the ticket's number.
        letters: New notifications.
        dead: Addresses that get no more letters.
        revived: Addresses that may get letters again.
        digest: What is added to the sweep's digest.
    """

    notifications: tuple[tuple[StoredNotification, Notification], ...] = ()
    tickets: tuple[tuple[StoredTicket, Ticket], ...] = ()
    submissions: tuple[tuple[Entry, Look], ...] = ()
    entries: tuple[tuple[Entry, Entry], ...] = ()
    history: tuple[tuple[int, HistoryEntry], ...] = ()
    letters: tuple[Notification, ...] = ()
    dead: tuple[DeadAddress, ...] = ()
    revived: tuple[str, ...] = ()
    digest: Digest | None = None

    def __add__(self, other: "Change") -> "Change":
        """Give both changes as one."""
        return Change(
            notifications=self.notifications + other.notifications,
            tickets=self.tickets + other.tickets,
            submissions=self.submissions + other.submissions,
            entries=self.entries + other.entries,
            history=self.history + other.history,
            letters=self.letters + other.letters,
            dead=self.dead + other.dead,
            revived=self.revived + other.revived,
            digest=other.digest or self.digest,
        )


@dataclass(frozen=True, slots=True)
class SweepState:
    """What one sweep leaves to the next.

    Attributes:
        lease_until: Until when a sweep is at work; in the past when none is.
        counted_until: Up to where registrations and acceptances have been counted: begin of the last whole sweep.
        steady_since: Since when every sweep has come in time and done all: our side was sound from then on.
        reported: The last working day that has its report.
        inbound: What the mail provider said last of the mail that it took in; None when it has not been asked.
        version: The ledger's own mark of this state; None when there is none yet.
    """

    lease_until: datetime | None = None
    counted_until: datetime | None = None
    steady_since: datetime | None = None
    reported: date | None = None
    inbound: InboundCount | None = None
    version: object | None = None
