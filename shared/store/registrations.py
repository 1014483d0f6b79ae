"""The registration commit in Firestore (docs/adr/0001-group-commit.md)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from google.cloud import firestore

from shared.domain.flag import any_open
from shared.domain.submission import Submission, SubmissionState
from shared.domain.ticket import Ticket
from shared.ledger import Counter, Entry, LedgerUnavailableError, Registration
from shared.store import documents
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors


class FirestoreRegistrations:
    """`shared.registration.Ledger` in Firestore.

    The client's own retries are off: registration looks at what is there before it tries again.
    """

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def look(self, keys: Collection[str], first_number: int, timeout: float) -> tuple[Counter, Mapping[str, Entry]]:
        """See `Ledger.look`."""
        counter = Counter(first_number - 1, None)
        entries: dict[str, Entry] = {}
        references = [self._client.document(documents.submission_path(key)) for key in keys]
        references.append(self._client.document(documents.COUNTER))
        with ledger_errors():
            # One BatchGetDocuments: what it read first has not changed by the time of what it read last.
            for snapshot in self._client.get_all(references, retry=None, timeout=timeout):
                if not snapshot.exists:
                    continue
                fields = snapshot.to_dict() or {}
                if snapshot.reference.path == documents.COUNTER:
                    counter = Counter(fields["last"], snapshot.update_time)
                else:
                    entries[snapshot.id] = documents.entry_from(snapshot.id, fields, snapshot.update_time)
        return counter, entries

    def commit(self, before: Counter, registrations: Sequence[Registration], timeout: float) -> Counter:
        """See `Ledger.commit`."""
        batch = EncodedBatch(self._client)
        last = registrations[-1].ticket.number
        counter = self._client.document(documents.COUNTER)
        with ledger_errors():
            if before.version is None:
                batch.create_encoded(counter, {"first": before.last + 1, "last": last})
            else:
                batch.update(counter, {"last": last}, option=self._unchanged_since(before.version))
            for registration in registrations:
                self._add(batch, registration)
            results = batch.commit(retry=None, timeout=timeout)
        return Counter(last, results[0].update_time)

    def keep(self, submission: Submission, check_at: datetime, timeout: float) -> None:
        """See `Ledger.keep`."""
        reference = self._client.document(documents.submission_path(submission.key))
        with ledger_errors():
            reference.create(
                documents.submission_document(submission, SubmissionState.RECEIVED, check_at=check_at),
                retry=None,
                timeout=timeout,
            )

    def ticket(self, number: int, timeout: float) -> Ticket:
        """See `Ledger.ticket`."""
        with ledger_errors():
            snapshot = self._client.document(documents.ticket_path(number)).get(retry=None, timeout=timeout)
        fields = snapshot.to_dict()
        if fields is None:
            raise LedgerUnavailableError(f"ticket {number} of a registered submission is not there")
        return documents.ticket_from(fields)

    def _add(self, batch: EncodedBatch, registration: Registration) -> None:
        ticket = registration.ticket
        write_submission(
            batch,
            self._client,
            documents.submission_document(registration.submission, SubmissionState.REGISTERED, ticket=ticket.number),
            registration.submission.key,
            registration.kept,
        )
        reference = self._client.document(documents.ticket_path(ticket.number))
        batch.create_encoded(reference, documents.ticket_document(ticket))
        for letter in registration.notifications:
            reference = self._client.document(documents.notification_path(letter.id))
            batch.create_encoded(reference, documents.notification_document(letter))

    def _unchanged_since(self, version: object) -> firestore.WriteOption:
        return self._client.write_option(last_update_time=version)


def write_submission(
    batch: EncodedBatch, client: firestore.Client, fields: Mapping[str, object], key: str, kept: Entry | None
) -> None:
    """Add a submission to a commit: as a new document, or over the one that is known, if nobody has changed it."""
    reference = client.document(documents.submission_path(key))
    if kept is None:
        batch.create_encoded(reference, fields)
    else:
        # A flag is the sweep's to clear, now that its cause is gone.
        check_at = kept.submission.received_at if any_open(kept.flags) else firestore.DELETE_FIELD
        changed = {"reason": firestore.DELETE_FIELD, "check_at": check_at, **fields}
        batch.update(reference, changed, option=client.write_option(last_update_time=kept.version))
