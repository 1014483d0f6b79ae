"""The connection to the ledger."""

from google.api_core.retry import Retry
from google.cloud import firestore

DEFAULT_DATABASE = "(default)"


def open_ledger(project: str, database: str = DEFAULT_DATABASE) -> firestore.Client:
    """Connect to a project's ledger; `FIRESTORE_EMULATOR_HOST` in the environment leads to an emulator instead."""
    return firestore.Client(project=project, database=database)


def patient(seconds: float) -> Retry:
    """Give a policy that repeats what fails for a moment, for so long at most.

    The client's own policy goes on for five minutes, whatever time-out a call is given.
    """
    return Retry(initial=0.1, maximum=1.0, timeout=seconds)
