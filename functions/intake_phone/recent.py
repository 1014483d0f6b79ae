"""A caller's recent tickets, so that a repeat is seen while the caller is still speaking (R15)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.domain.contact import Contact, identities, parse_email, parse_phone
from shared.domain.submission import Omission
from shared.domain.ticket import MOST_REDIRECTS, Acceptance, Ticket
from shared.ledger import Surroundings
from shared.request_fields import LIMITS
from shared.web import rfc3339

MOST_SHOWN = 5

_READ_TIME = 3.0
"""Seconds for one read."""

_ACCEPTANCE: Mapping[Acceptance, str] = {
    Acceptance.PENDING: "письмо с номером ещё не доставлено",
    Acceptance.ACCEPTED: "принято, номер у клиента",
    Acceptance.UNDELIVERABLE: "письмо с номером не доставлено",
    Acceptance.REVOKED: "письмо с номером вернулось",
    Acceptance.NOT_AWAITED: "письма с номером не было",
}


class Past(Protocol):
    """The part of the ledger that is needed; see `shared.ledger.Ledger`."""

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        """Read the latest requests by identities of their contacts, and tickets by their numbers."""
        ...


@dataclass(frozen=True, slots=True)
class RecentTickets:
    """Finds them by the entries of the caller's phone number and address: a few reads, however many tickets there are.

    Attributes:
        desk_url: Address of the specialists' desk, without a slash at its end; None where nothing leads there.
    """

    past: Past
    desk_url: str | None

    def of(self, phone: str, email: str) -> list[dict[str, object]]:
        """Give the latest tickets of a caller for a program, the newest first; nothing for what is no contact (yet).

        Raises:
            LedgerUnavailableError: The ledger does not say.
        """
        contact = Contact("", _read("email", email, parse_email), _read("phone", phone, parse_phone))
        names = identities(contact)
        if not names:
            return []
        recent = self.past.surroundings(names, (), _READ_TIME).recent.values()
        latest = {one.ticket: one.received_at for entries in recent for one in entries}
        numbers = sorted(latest, key=lambda number: (latest[number], number), reverse=True)[:MOST_SHOWN]
        return [self._shown(ticket) for ticket in self._that_go_on(numbers) if ticket.erased_at is None]

    def _that_go_on(self, numbers: Iterable[int]) -> list[Ticket]:
        """Give tickets in order; in place of those that were merged the ones that go on."""
        found: dict[int, Ticket] = {}
        wanted = set(numbers)
        for _ in range(MOST_REDIRECTS):
            if not wanted:
                break
            read = self.past.surroundings((), sorted(wanted), _READ_TIME).tickets
            found |= read
            wanted = {ticket.merged_into for ticket in read.values() if ticket.merged_into} - found.keys()
        shown: dict[int, Ticket] = {}
        for number in numbers:
            ticket = found.get(number)
            for _ in range(MOST_REDIRECTS):
                if ticket is None or ticket.merged_into is None:
                    break
                ticket = found.get(ticket.merged_into)
            if ticket is not None and ticket.merged_into is None:
                shown.setdefault(ticket.number, ticket)
        return list(shown.values())

    def _shown(self, ticket: Ticket) -> dict[str, object]:
        shown: dict[str, object] = {
            "ticket": ticket.number,
            "title": ticket.title,
            "received_at": rfc3339(ticket.received_at),
            "state": state_of(ticket),
        }
        return shown | ({"url": f"{self.desk_url}/tickets/{ticket.number}"} if self.desk_url else {})


def state_of(ticket: Ticket) -> str:
    """Say in a few words what became of a ticket."""
    told = ticket.acceptance is Acceptance.PENDING and ticket.confirmation_omitted is Omission.NO_EMAIL
    said = ["номер клиенту ещё не сообщён" if told else _ACCEPTANCE[ticket.acceptance]]
    if ticket.urgent:
        said.insert(0, "экстренное")
    if not ticket.complete:
        said.append("не хватает данных")
    return ", ".join(said)


def _read(field: str, text: str, parse: Callable[[str], str]) -> str | None:
    """Read what is still being typed."""
    if not text.strip() or len(text) > LIMITS[field]:
        return None
    try:
        return parse(text)
    except ValueError:
        return None
