"""Submissions in Firestore: those that are known, and those that are no ticket's (yet)."""

from collections.abc import Iterator
from datetime import datetime

from google.cloud import firestore

from shared.domain.submission import Quarantine, Submission, SubmissionState
from shared.ledger import Entry
from shared.store import documents, submission_documents
from shared.store.client import patient
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors
from shared.store.registrations import write_submission

READ_TIME = 5.0
"""Seconds for one read."""

WRITE_TIME = 10.0
"""Seconds for one write, the client library's retries included."""

_PAGE = 300
"""Documents of one query: a longer stream would not outlive its deadline."""


class FirestoreSubmissions:
    """Finds submissions, and keeps those that get no number. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def find(self, key: str) -> Entry | None:
        """Read what is known under a key; None when nothing is."""
        with ledger_errors():
            snapshot = self._reference(key).get(retry=patient(READ_TIME), timeout=READ_TIME)
        fields = snapshot.to_dict()
        return None if fields is None else submission_documents.entry_from(key, fields, snapshot.update_time)

    def quarantine(self, submission: Submission, reason: Quarantine, check_at: datetime) -> None:
        """Keep a submission for a person to look at.

        Raises:
            LedgerConflictError: There is an entry with this key.
            LedgerRefusedError: It is not acceptable to the ledger.
        """
        fields = submission_documents.submission_document(
            submission, SubmissionState.QUARANTINED, reason=reason.value, check_at=check_at
        )
        with ledger_errors():
            self._reference(submission.key).create(fields, timeout=WRITE_TIME)

    def record(self, submission: Submission, about: str | None, kept: Entry | None) -> None:
        """Keep what is no request, so that nothing that came in is lost.

        Args:
            submission: A bounce, or a letter of our own.
            about: The notification that it is about, if that is known.
            kept: Its entry, if it was in quarantine.

        Raises:
            LedgerConflictError: There is an entry with this key, or it is not as it was read.
            LedgerRefusedError: It is not acceptable to the ledger.
        """
        more = {} if about is None else {"notification": about}
        batch = EncodedBatch(self._client)
        with ledger_errors():
            fields = submission_documents.submission_document(submission, SubmissionState.RECORDED, **more)
            write_submission(batch, self._client, fields, submission.key, kept)
            batch.commit(retry=None, timeout=WRITE_TIME)

    def quarantined(self) -> Iterator[tuple[Submission, Quarantine]]:
        """Give all that waits for a person, the oldest first."""
        waiting = firestore.FieldFilter("state", "==", SubmissionState.QUARANTINED.value)
        query = self._client.collection("submissions").where(filter=waiting).order_by("__name__").limit(_PAGE)
        rows: list[tuple[str, documents.Document]] = []
        with ledger_errors():
            page = list(query.stream())
            while page:
                rows += [(snapshot.id, snapshot.to_dict() or {}) for snapshot in page]
                page = list(query.start_after(page[-1]).stream())
        for key, fields in sorted(rows, key=lambda row: row[1]["received_at"]):
            yield submission_documents.submission_from(key, fields), Quarantine(fields["reason"])

    def _reference(self, key: str) -> firestore.DocumentReference:
        return self._client.document(documents.submission_path(key))
