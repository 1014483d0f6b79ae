"""Tickets in Firestore after their registration: read, and joined by further messages."""

from google.cloud import firestore

from shared.domain.submission import SubmissionState
from shared.ledger import Joining, StoredTicket
from shared.store import documents, submission_documents
from shared.store.client import patient
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors
from shared.store.registrations import write_submission


class FirestoreTickets:
    """`shared.joining.Tickets` in Firestore."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def find(self, number: int, timeout: float) -> StoredTicket | None:
        """See `Tickets.find`."""
        with ledger_errors():
            snapshot = self._client.document(documents.ticket_path(number)).get(retry=patient(timeout), timeout=timeout)
        fields = snapshot.to_dict()
        return None if fields is None else StoredTicket(documents.ticket_from(fields), snapshot.update_time)

    def join(self, joining: Joining, timeout: float) -> None:
        """See `Tickets.join`."""
        before, after, submission = joining.before, joining.after, joining.submission
        batch = EncodedBatch(self._client)
        with ledger_errors():
            fields = submission_documents.submission_document(
                submission, SubmissionState.ATTACHED, ticket=after.number, attached_as=joining.attachment.value
            )
            write_submission(batch, self._client, fields, submission.key, joining.kept)
            batch.update(
                self._client.document(documents.ticket_path(after.number)),
                documents.changed(documents.ticket_document(before.ticket), documents.ticket_document(after)),
                option=self._client.write_option(last_update_time=before.version),
            )
            reference = self._client.document(documents.history_path(after.number, joining.history))
            batch.create_encoded(reference, documents.history_document(joining.history))
            for letter in joining.letters:
                reference = self._client.document(documents.notification_path(letter.id))
                batch.create_encoded(reference, documents.notification_document(letter))
            batch.commit(retry=None, timeout=timeout)
