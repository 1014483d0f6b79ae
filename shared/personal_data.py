"""All that the ledger holds of one client, found by his address or phone number, for giving it out and for erasing it.

What is his: the tickets whose contact he is, or that he opened by his own mail, with all that came in under them; his
messages in other clients' tickets and outside of any; the letters to him. What merely names him is somebody else's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain.erasure import Client, without
from shared.domain.history import HistoryEntry
from shared.domain.notification import TO_CLIENTS
from shared.domain.submission import Quarantine, SubmissionState
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry, Recent, StoredNotification, StoredTicket

ALL = 10_000
"""Tickets, or submissions, of one client: there are never so many."""

_MOST_HINTS = 5


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of a ticket's history as it stands in the ledger.

    Attributes:
        ticket: The ticket's number.
        path: Of its document.
        version: The ledger's own mark of this state.
    """

    ticket: int
    path: str
    line: HistoryEntry
    version: object


class PersonalData(Protocol):
    """The ledger as it is searched for one client; see `shared.store.personal_data`.

    Every method may raise `LedgerUnavailableError`.
    """

    def tickets_of(self, client: Client, most: int) -> Sequence[StoredTicket]:
        """Read the tickets whose contact the client is, or the one by which he is known."""
        ...

    def ticket(self, number: int) -> StoredTicket | None:
        """Read one ticket; None when there is none with this number."""
        ...

    def with_participant(self, address: str, most: int) -> Sequence[StoredTicket]:
        """Read the tickets in which an address takes part."""
        ...

    def naming(self, client: Client, most: int) -> Sequence[Entry]:
        """Read the submissions that name a client in their contact or in how they came."""
        ...

    def aside(self, address: str) -> Sequence[Entry]:
        """Read the submissions in quarantine, and those that are no request, that hold an address anywhere."""
        ...

    def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """Read those of the submissions that exist."""
        ...

    def letters_about(self, number: int) -> Sequence[StoredNotification]:
        """Read all letters about a ticket."""
        ...

    def letters_to(self, address: str, most: int) -> Sequence[StoredNotification]:
        """Read all letters to an address."""
        ...

    def lines_of(self, number: int) -> Sequence[StoredLine]:
        """Read a ticket's history."""
        ...

    def lines_by(self, address: str, most: int) -> Sequence[StoredLine]:
        """Read the lines of all tickets' histories that say that an address did something."""
        ...

    def recent(self, identity: str) -> Sequence[Recent]:
        """Read what an identity's entry says of its latest requests."""
        ...

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        """Read what is known against an address; None when nothing is."""
        ...

    def addresses_beside(self, phone: str) -> Collection[str]:
        """Give the addresses that stand beside a phone number in tickets."""
        ...


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """A client's ticket with all that is kept under its number.

    Attributes:
        entries: Its submissions that are there, in the order in which they came.
    """

    stored: StoredTicket
    entries: tuple[Entry, ...]
    letters: tuple[StoredNotification, ...]
    lines: tuple[StoredLine, ...]

    @property
    def number(self) -> int:
        """The ticket's number."""
        return self.stored.ticket.number


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the ledger holds of a client.

    Attributes:
        tickets: His tickets, by number.
        entries: His submissions elsewhere: in other clients' tickets, without a ticket, or no request at all.
        naming: Other people's submissions that name him.
        takes_part: Other clients' tickets in which he takes part.
        letters: Letters to him about other clients' tickets.
        lines: Lines of other tickets' histories that name him.
        recent: His latest requests, as requests are recognised by them.
        dead: That his address does not work.
    """

    tickets: tuple[HeldTicket, ...]
    entries: tuple[Entry, ...] = ()
    naming: tuple[Entry, ...] = ()
    takes_part: tuple[StoredTicket, ...] = ()
    letters: tuple[StoredNotification, ...] = ()
    lines: tuple[StoredLine, ...] = ()
    recent: tuple[Recent, ...] = ()
    dead: DeadAddress | None = None

    @property
    def submissions(self) -> tuple[Entry, ...]:
        """All submissions that are his, or came in under his tickets."""
        return (*(entry for held in self.tickets for entry in held.entries), *self.entries)


READ_TIME = 10.0
"""Seconds for one read."""


def holdings_of(data: PersonalData, client: Client, most: int = ALL) -> Holdings:
    """Find what the ledger holds of a client.

    Args:
        data: The ledger.
        client: Whose data.
        most: How many documents of each kind are looked for.

    Raises:
        LedgerUnavailableError: The ledger does not say.
    """
    owned = {each.ticket.number: each for each in data.tickets_of(client, most)}
    own: list[Entry] = []
    named: list[Entry] = []
    found = {} if client.ticket else {each.submission.key: each for each in data.naming(client, most)}
    if client.email is not None:
        found |= {each.submission.key: each for each in data.aside(client.email)}
    for entry in found.values():
        if entry.ticket in owned:
            continue
        if _opens_by_mail(client, entry):
            opened = data.ticket(entry.ticket or 0)
            if opened is not None:
                owned[opened.ticket.number] = opened
        elif _is_own(client, entry):
            own.append(entry)
        elif without(client, entry.submission) is not entry.submission:
            named.append(entry)
    tickets = tuple(_held(data, owned[number]) for number in sorted(owned))
    everything = Holdings(
        tickets=tickets,
        entries=tuple(entry for entry in own if entry.ticket not in owned),
        naming=tuple(entry for entry in named if entry.ticket not in owned),
        recent=tuple(data.recent(client.identity)) if client.identity else (),
    )
    return everything if client.email is None else _with_address(data, client.email, everything, most)


def other_contacts(data: PersonalData, client: Client, holdings: Holdings) -> Sequence[str]:
    """Give what else the client may be known by, and a person has to judge: it leads to tickets that are not his here.

    For an address the phone numbers that he has left, where tickets have nothing but these; for a phone number the
    addresses that stand beside it.
    """
    if client.phone is not None:
        return sorted(data.addresses_beside(client.phone))[:_MOST_HINTS]
    contacts = [held.stored.ticket.contact for held in holdings.tickets]
    contacts += [entry.submission.contact for entry in holdings.submissions if client.has_written(entry.submission)]
    phones = sorted({contact.phone for contact in contacts if contact.phone is not None})[:_MOST_HINTS]
    return [phone for phone in phones if data.tickets_of(Client(phone=phone), 1)]


def _with_address(data: PersonalData, address: str, found: Holdings, most: int) -> Holdings:
    owned = {held.number for held in found.tickets}
    return Holdings(
        tickets=found.tickets,
        entries=found.entries,
        naming=found.naming,
        takes_part=tuple(each for each in data.with_participant(address, most) if each.ticket.number not in owned),
        letters=tuple(
            each
            for each in data.letters_to(address, most)
            # Our own mailboxes are nobody's personal data.
            if each.notification.kind in TO_CLIENTS and each.notification.ticket not in owned
        ),
        lines=tuple(each for each in data.lines_by(address, most) if each.ticket not in owned),
        recent=found.recent,
        dead=data.dead_address(address, READ_TIME),
    )


def _held(data: PersonalData, stored: StoredTicket) -> HeldTicket:
    ticket = stored.ticket
    entries = data.entries(ticket.submissions)
    return HeldTicket(
        stored,
        tuple(entries[key] for key in ticket.submissions if key in entries),
        tuple(data.letters_about(ticket.number)),
        tuple(data.lines_of(ticket.number)),
    )


def _opens_by_mail(client: Client, entry: Entry) -> bool:
    """Tell whether a client has opened a ticket whose contact is another address by now.

    An address in a form that was corrected since was somebody's mistake, and may be a stranger's; who writes from an
    address is there.
    """
    opens = entry.state is SubmissionState.REGISTERED and entry.submission.message is not None
    return opens and client.has_written(entry.submission)


def _is_own(client: Client, entry: Entry) -> bool:
    if entry.state is SubmissionState.REGISTERED:
        # It goes with its ticket.
        return False
    nobodys = entry.state is SubmissionState.RECORDED or entry.quarantine is Quarantine.UNKNOWN_BOUNCE
    # What is nobody's request and holds his address is about him: a bounce of his letter, say.
    return client.has_written(entry.submission) or (nobodys and client.email is not None)
