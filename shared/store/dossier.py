"""All that Firestore holds of one ticket, for the people who look at it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from google.cloud import firestore

from shared.domain.checklist import Record
from shared.domain.history import HistoryEntry
from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry
from shared.store import digests, documents, submission_documents
from shared.store.client import patient
from shared.store.errors import ledger_errors
from shared.store.reading import existing

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
        known_from: What else its known details came with: it stays with the ticket that was merged into this one.
    """

    ticket: Ticket
    entries: tuple[Entry, ...]
    letters: tuple[Notification, ...]
    history: tuple[HistoryEntry, ...]
    dead: tuple[DeadAddress, ...]
    known_from: tuple[Entry, ...] = ()

    @property
    def record(self) -> Record:
        """What the rule book's check-list is answered from (R20)."""
        opening = next((each for each in self.entries if each.submission.key == self.ticket.submissions[0]), None)
        return Record(
            self.ticket,
            opening.submission if opening else None,
            opening.state if opening else None,
            self.letters,
            self.history,
        )


class FirestoreDossiers:
    """Reads everything about a ticket. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def read(self, number: int) -> Dossier | None:
        """Read a ticket's dossier; None when there is no such ticket. A read for each document."""
        ticket_path = documents.ticket_path(number)
        found = existing(self._client, [ticket_path], READ_TIME)
        if not found:
            return None
        ticket = documents.ticket_from(found[0].fields)
        letters = self.letters(number, READ_TIME)
        with ledger_errors():
            lines = list(
                self._client.collection(f"{ticket_path}/history").stream(retry=patient(READ_TIME), timeout=READ_TIME)
            )
        history = sorted((documents.history_from(line.to_dict() or {}) for line in lines), key=lambda line: line.at)
        to_client = {letter.recipient for letter in letters if letter.kind in TO_CLIENTS}
        addresses = sorted(to_client | ({ticket.contact.email} if ticket.contact.email else set()))
        entries = self._entries({*ticket.submissions, *(known.submission for known in ticket.known)})
        return Dossier(
            ticket,
            tuple(entries[key] for key in ticket.submissions if key in entries),
            tuple(letters),
            tuple(history),
            self._dead(addresses),
            tuple(entry for key, entry in entries.items() if key not in ticket.submissions),
        )

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        """Read all letters about a ticket, the oldest first."""
        # By their ids, which begin with the ticket's number: no field has to be indexed for it. «.» follows «-».
        collection = self._client.collection("notifications")
        first, beyond = (collection.document(f"{number}{end}") for end in "-.")
        query = collection.order_by("__name__").start_at({"__name__": first}).end_before({"__name__": beyond})
        with ledger_errors():
            found = list(query.stream(retry=patient(timeout), timeout=timeout))
        letters = [documents.notification_from(each.id, each.to_dict() or {}) for each in found]
        return sorted(letters, key=lambda letter: letter.requested_at)

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        """Read what is known against an address; None when nothing is."""
        with ledger_errors():
            fields = (
                self._client.document(digests.address_path(address))
                .get(retry=patient(timeout), timeout=timeout)
                .to_dict()
            )
        return None if fields is None else digests.address_from(fields)

    def _entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        found = existing(self._client, map(documents.submission_path, sorted(keys)), READ_TIME)
        return {each.id: submission_documents.entry_from(each.id, each.fields, each.version) for each in found}

    def _dead(self, addresses: Collection[str]) -> tuple[DeadAddress, ...]:
        found = existing(self._client, map(digests.address_path, addresses), READ_TIME)
        return tuple(sorted((digests.address_from(each.fields) for each in found), key=lambda dead: dead.since))
