"""What the specialists' desk finds in Firestore."""

from google.cloud import firestore


class FirestoreDesk:
    """Finds tickets and submissions for people. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
