"""Firestore's errors, told apart by what a caller can do about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core.exceptions import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    GoogleAPIError,
    InvalidArgument,
)

from shared.ledger import LedgerConflictError, LedgerRefusedError, LedgerUnavailableError


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turn what Firestore's client raises into the ledger's errors.

    A failed precondition and an existing document are conflicts; an invalid argument (a document over 1 MiB, say) will
    never be taken; all else, time-outs included, leaves the outcome unknown. Values that cannot be encoded are refused
    by the client itself with `ValueError` or `TypeError`.
    """
    try:
        yield
    except (AlreadyExists, FailedPrecondition, Aborted) as error:
        raise LedgerConflictError(str(error)) from error
    except (InvalidArgument, ValueError, TypeError) as error:
        raise LedgerRefusedError(str(error)) from error
    except GoogleAPIError as error:
        raise LedgerUnavailableError(str(error)) from error
