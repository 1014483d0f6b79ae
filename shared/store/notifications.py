"""Notifications in Firestore: read, claimed and recorded under optimistic locking."""

from google.cloud import firestore

from shared.domain.notification import Notification
from shared.ledger import StoredNotification
from shared.store import documents
from shared.store.client import patient
from shared.store.errors import ledger_errors

READ_TIME = 5.0
"""Seconds for one read."""

WRITE_TIME = 15.0
"""Seconds for one write, the client library's retries included."""


class FirestoreNotifications:
    """Reads and changes notifications. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def read(self, notification_id: str) -> StoredNotification | None:
        """Read one notification; None when there is none with this id."""
        with ledger_errors():
            snapshot = self._client.document(documents.notification_path(notification_id)).get(
                retry=patient(READ_TIME), timeout=READ_TIME
            )
        fields = snapshot.to_dict()
        if fields is None:
            return None
        return StoredNotification(documents.notification_from(notification_id, fields), snapshot.update_time)

    def write(self, before: StoredNotification, after: Notification) -> StoredNotification:
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
        return StoredNotification(after, result.update_time)
