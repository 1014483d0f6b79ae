"""Several documents in one read, counts, and documents that can't be read."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from google.cloud import firestore

from shared.logs import fields
from shared.store.client import patient
from shared.store.documents import Document
from shared.store.errors import ledger_errors

log = logging.getLogger(__name__)

Read = TypeVar("Read")
Stored = TypeVar("Stored")
"""A document as the client, or we, have it in memory."""


@dataclass(frozen=True, slots=True)
class Found:
    """A document as it stands in the ledger.

    Attributes:
        version: The ledger's own mark of this state.
    """

    path: str
    id: str
    fields: Document
    version: object


def existing(client: firestore.Client, paths: Iterable[str], timeout: float, *, once: bool = False) -> list[Found]:
    """Read those of the documents that exist, all as of one moment, in any order.

    Args:
        client: The ledger.
        paths: Of the documents.
        timeout: Seconds, repetitions included.
        once: Whether a failure is told at once, instead of repeating the call.

    Raises:
        LedgerUnavailableError: There is no answer.
    """
    references = [client.document(path) for path in paths]
    if not references:
        return []
    with ledger_errors():
        snapshots = list(client.get_all(references, retry=None if once else patient(timeout), timeout=timeout))
    return [
        Found(each.reference.path, each.id, each.to_dict() or {}, each.update_time) for each in snapshots if each.exists
    ]


def count(query: Any, timeout: float) -> int:  # noqa: ANN401  # the client's queries are generic in no useful way
    """Count what a query finds: a read for each 1,000 of it.

    Raises:
        LedgerUnavailableError: There is no answer.
    """
    with ledger_errors():
        return int(query.count(alias="n").get(retry=patient(timeout), timeout=timeout)[0][0].value)


def having(query: Any, field: str, value: object) -> Any:  # noqa: ANN401  # as above
    """Narrow a query to the documents whose field has a value."""
    return query.where(filter=firestore.FieldFilter(field, "==", value))


def readable(read: Callable[[Stored], Read], stored: Stored, path: str) -> Read | None:
    """Read a document; None when it can't be read: one of them must not stop all that come after it."""
    try:
        return read(stored)
    except (KeyError, TypeError, ValueError):
        log.exception("document_unreadable", extra=fields(path=path))
        return None
