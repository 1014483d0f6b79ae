"""Counts of what one sender did in a window of time, shared by all instances (docs/adr/0003-rate-limit.md)."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from google.cloud import firestore

from shared.grouping import Group
from shared.settings import Secret
from shared.store.encoding import EncodedBatch, increments_of
from shared.store.errors import ledger_errors

COUNT_TIME = 2.0
"""Seconds after which a count is given up: a limit is worth less than a request."""

_KEYS_IN_A_COMMIT = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that happened once.

    Attributes:
        key: Who did it, in which window; unreadable, because an address is personal data. The document's id.
        expires_at: When the document may be forgotten (Firestore's time-to-live field).
        counter: Path of the number that goes up in the document: what is counted in one document costs one write.
    """

    key: str
    expires_at: datetime
    counter: str = "count"

    @classmethod
    def of(cls, who: str, pepper: Secret, expires_at: datetime, counter: str = "count") -> Self:
        """Make a hit of somebody in a window; without the pepper nobody can tell from the key who it was."""
        key = hashlib.blake2b(who.encode(), key=pepper.value.encode()[:64], digest_size=16).hexdigest()
        return cls(key, expires_at, counter)


class FirestoreCounts:
    """Counts hits; concurrent callers share one commit."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self._group = Group(self._count_all, weigh=len, capacity=_KEYS_IN_A_COMMIT)

    def count(self, hits: Sequence[Hit]) -> list[int]:
        """Count each hit; give for each how many there have been in its window, itself included.

        Raises:
            LedgerError, GroupTimeoutError: The counts are not known.
        """
        return self._group.call(hits, COUNT_TIME)

    def _count_all(self, callers: Sequence[Sequence[Hit]]) -> list[list[int]]:
        hits = [hit for caller in callers for hit in caller]
        added: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for hit in hits:
            added[hit.key][hit.counter] += 1
        expires_at = {hit.key: hit.expires_at for hit in hits}
        batch = EncodedBatch(self._client)
        for key, counters in added.items():
            batch.increment_encoded(self._client.document(f"limits/{key}"), counters, {"expires_at": expires_at[key]})
        with ledger_errors():
            results = batch.commit(retry=None, timeout=COUNT_TIME)
        # The commit answers each increment with its new value: counting needs no reading.
        before: dict[tuple[str, str], int] = {}
        for (key, counters), result in zip(added.items(), results, strict=True):
            for (counter, count), value in zip(counters.items(), increments_of(result), strict=True):
                before[key, counter] = value - count
        counts = []
        for caller in callers:
            row = []
            for hit in caller:
                before[hit.key, hit.counter] += 1
                row.append(before[hit.key, hit.counter])
            counts.append(row)
        return counts
