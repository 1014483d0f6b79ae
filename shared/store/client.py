"""The connection to the ledger."""

from google.cloud import firestore

DEFAULT_DATABASE = "(default)"


def open_ledger(project: str, database: str = DEFAULT_DATABASE) -> firestore.Client:
    """Connect to a project's ledger; `FIRESTORE_EMULATOR_HOST` in the environment leads to an emulator instead."""
    return firestore.Client(project=project, database=database)
