"""Notifications in Firestore: read, claimed and recorded under optimistic locking."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.cloud import firestore

from shared.domain.notification import Notification
from shared.domain.submission import Submission
from shared.domain.ticket import Ticket
from shared.store import documents
from shared.store.errors import ledger_errors

READ_TIME = 5.0
"""Seconds for one read."""

WRITE_TIME = 15.0
"""Seconds for one write, the client library's retries included."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A notification as it stands in the ledger, and the ledger's own mark of that state."""

    notification: Notification
    version: object


class FirestoreNotifications:
    """Reads and changes notifications. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def read(self, notification_id: str) -> Stored | None:
        """Read one notification; None when there is none with this id."""
        with ledger_errors():
            snapshot = self._client.document(documents.notification_path(notification_id)).get(timeout=READ_TIME)
        fields = snapshot.to_dict()
        if fields is None:
            return None
        return Stored(documents.notification_from(notification_id, fields), snapshot.update_time)

    def subject(self, notification: Notification) -> tuple[Ticket, Submission]:
        """Read what a notification is about: its ticket, and the submission that it tells of."""
        ticket = documents.ticket_from(self._fields(documents.ticket_path(notification.ticket)))
        key = notification.submission or ticket.submissions[0]
        return ticket, documents.submission_from(key, self._fields(documents.submission_path(key)))

    def write(self, before: Stored, after: Notification) -> Stored:
        """Replace a notification, if nobody has changed it meanwhile.

        Raises:
            LedgerConflictError: Somebody has; nothing was written.
        """
        was, fields = (documents.notification_document(each) for each in (before.notification, after))
        with ledger_errors():
            result = self._client.document(documents.notification_path(after.id)).update(
                documents.changed(was, fields) or fields,
                option=self._client.write_option(last_update_time=before.version),
                timeout=WRITE_TIME,
            )
        return Stored(after, result.update_time)

    def _fields(self, path: str) -> Mapping[str, object]:
        with ledger_errors():
            fields = self._client.document(path).get(timeout=READ_TIME).to_dict()
        if fields is None:
            raise LookupError(f"{path} is not in the ledger")
        return fields
