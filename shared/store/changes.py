"""Changes of letters and tickets in Firestore, each one atomic commit under optimistic locking."""

from collections.abc import Collection, Mapping, Sequence

from google.cloud import firestore

from shared.changes import Change
from shared.domain.lateness import Look
from shared.domain.notification import Notification
from shared.ledger import Entry, StoredNotification, StoredTicket
from shared.store import digests, documents, submission_documents
from shared.store.client import patient
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors
from shared.store.reading import existing

TO_ONE_ADDRESS = 50
"""Letters to one address that are read at most: of more, none can be told from the others."""


class FirestoreChanges:
    """Reads what changes and writes it; every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        """Read those of the notifications that exist."""
        found = existing(self._client, map(documents.notification_path, ids), timeout)
        letters = ((documents.notification_from(each.id, each.fields), each.version) for each in found)
        return {letter.id: StoredNotification(letter, version) for letter, version in letters}

    def tickets(self, numbers: Collection[int], timeout: float) -> Mapping[int, StoredTicket]:
        """Read those of the tickets that exist."""
        found = existing(self._client, map(documents.ticket_path, numbers), timeout)
        tickets = ((documents.ticket_from(each.fields), each.version) for each in found)
        return {ticket.number: StoredTicket(ticket, version) for ticket, version in tickets}

    def to_address(self, address: str, timeout: float) -> Sequence[Notification] | None:
        """Read the letters to an address; None when there are too many to tell one from another."""
        same = firestore.FieldFilter("recipient", "==", address)
        query = self._client.collection("notifications").where(filter=same).limit(TO_ONE_ADDRESS)
        with ledger_errors():
            found = list(query.stream(retry=patient(timeout), timeout=timeout))
        if len(found) == TO_ONE_ADDRESS:
            return None
        return [documents.notification_from(each.id, each.to_dict() or {}) for each in found]

    def write(self, change: Change, timeout: float) -> None:
        """Write a change, all or nothing.

        Raises:
            LedgerConflictError: Something is not as it was read; nothing was written.
            LedgerRefusedError: It is not acceptable to the ledger.
        """
        batch = EncodedBatch(self._client)
        for stored, letter in change.notifications:
            was, fields = map(documents.notification_document, (stored.notification, letter))
            self._update(batch, documents.notification_path(letter.id), documents.changed(was, fields), stored.version)
        for before, ticket in change.tickets:
            was, fields = map(documents.ticket_document, (before.ticket, ticket))
            self._update(batch, documents.ticket_path(ticket.number), documents.changed(was, fields), before.version)
        for entry, look in change.submissions:
            path = documents.submission_path(entry.submission.key)
            self._update(batch, path, _looked(entry, look), entry.version)
        for entry, after in change.entries:
            was, fields = map(_entry_document, (entry, after))
            path = documents.submission_path(after.submission.key)
            self._update(batch, path, documents.changed(was, fields), entry.version)
        for number, line in change.history:
            self._create(batch, documents.history_path(number, line), documents.history_document(line))
        for letter in change.letters:
            self._create(batch, documents.notification_path(letter.id), documents.notification_document(letter))
        for dead in change.dead:
            self._set(batch, digests.address_path(dead.address), digests.address_document(dead))
        for address in change.revived:
            batch.delete(self._client.document(digests.address_path(address)))
        if change.digest is not None:
            self._set(batch, digests.digest_path(change.digest.id), digests.digest_document(change.digest))
        with ledger_errors():
            # Nothing is repeated: the reader of the answer looks at what is there before it tries again.
            batch.commit(retry=None, timeout=timeout)

    def _update(self, batch: firestore.WriteBatch, path: str, fields: Mapping[str, object], version: object) -> None:
        if fields:
            option = self._client.write_option(last_update_time=version)
            batch.update(self._client.document(path), dict(fields), option=option)

    def _create(self, batch: EncodedBatch, path: str, fields: Mapping[str, object]) -> None:
        batch.create_encoded(self._client.document(path), fields)

    def _set(self, batch: firestore.WriteBatch, path: str, fields: Mapping[str, object]) -> None:
        batch.set(self._client.document(path), dict(fields))


def _looked(entry: Entry, look: Look) -> dict[str, object]:
    fields: dict[str, object] = {"check_at": look.check_at or firestore.DELETE_FIELD}
    if look.flags == entry.flags:
        return fields
    return fields | {"flagged_at": firestore.DELETE_FIELD} | documents.flag_fields(look.flags)


def _entry_document(entry: Entry) -> dict[str, object]:
    """Write an entry; what the sweep has noted about it stays as it is."""
    return submission_documents.submission_document(
        entry.submission,
        entry.state,
        ticket=entry.ticket,
        attached_as=None if entry.attachment is None else entry.attachment.value,
        reason=None if entry.quarantine is None else entry.quarantine.value,
        check_at=entry.check_at,
    )
