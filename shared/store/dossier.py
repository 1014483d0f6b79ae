"""All that Firestore holds of one ticket, for the people who look at it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from google.cloud import firestore

from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry
from shared.store import digests, documents
from shared.store.errors import ledger_errors

READ_TIME = 5.0
"""Seconds for one read."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A ticket with everything about it.

    Attributes:
        entries: Its submissions as they stand in the ledger, in the order in which they came; one that the ledger does
            not hold is left out.
        letters: All that were asked for, the oldest first.
        history: Its lines, the oldest first; the first line of all is the ticket itself (ADR 7).
        dead: Of the addresses that its client's letters went or go to: those that get no more.
    """

    ticket: Ticket
    entries: tuple[Entry, ...]
    letters: tuple[Notification, ...]
    history: tuple[HistoryEntry, ...]
    dead: tuple[DeadAddress, ...]


class FirestoreDossiers:
    """Reads everything about a ticket. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def read(self, number: int) -> Dossier | None:
        """Read a ticket's dossier; None when there is no such ticket. A read for each document."""
        ticket_path = documents.ticket_path(number)
        with ledger_errors():
            fields = self._client.document(ticket_path).get(timeout=READ_TIME).to_dict()
        if fields is None:
            return None
        ticket = documents.ticket_from(fields)
        letters = self.letters(number, READ_TIME)
        with ledger_errors():
            lines = list(self._client.collection(f"{ticket_path}/history").stream(timeout=READ_TIME))
        history = sorted((_line(line.to_dict() or {}) for line in lines), key=lambda line: line.at)
        to_client = {letter.recipient for letter in letters if letter.kind in TO_CLIENTS}
        addresses = sorted(to_client | ({ticket.contact.email} if ticket.contact.email else set()))
        return Dossier(ticket, self._entries(ticket), tuple(letters), tuple(history), self._dead(addresses))

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        """Read all letters about a ticket, the oldest first."""
        # By their ids, which begin with the ticket's number: no field has to be indexed for it. «.» follows «-».
        collection = self._client.collection("notifications")
        query = collection.order_by("__name__").start_at({"__name__": collection.document(f"{number}-")})
        with ledger_errors():
            found = list(query.end_before({"__name__": collection.document(f"{number}.")}).stream(timeout=timeout))
        letters = [documents.notification_from(each.id, each.to_dict() or {}) for each in found]
        return sorted(letters, key=lambda letter: letter.requested_at)

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        """Read what is known against an address; None when nothing is."""
        with ledger_errors():
            fields = self._client.document(digests.address_path(address)).get(timeout=timeout).to_dict()
        return None if fields is None else digests.address_from(fields)

    def _entries(self, ticket: Ticket) -> tuple[Entry, ...]:
        found = self._existing(map(documents.submission_path, ticket.submissions))
        entries = {key: documents.entry_from(key, fields, version) for key, fields, version in found}
        return tuple(entries[key] for key in ticket.submissions if key in entries)

    def _dead(self, addresses: Collection[str]) -> tuple[DeadAddress, ...]:
        found = self._existing(map(digests.address_path, addresses))
        return tuple(sorted((digests.address_from(fields) for _, fields, _ in found), key=lambda dead: dead.since))

    def _existing(self, paths: Iterable[str]) -> list[tuple[str, documents.Document, object]]:
        """Read those of the documents that exist: id, fields, version."""
        references = [self._client.document(path) for path in paths]
        if not references:
            return []
        with ledger_errors():
            found = list(self._client.get_all(references, timeout=READ_TIME))
        return [(each.id, each.to_dict() or {}, each.update_time) for each in found if each.exists]


def _line(document: documents.Document) -> HistoryEntry:
    return HistoryEntry(document["at"], document["by"], Event(document["event"]), document["about"])
