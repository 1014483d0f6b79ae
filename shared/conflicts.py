"""Changes of tickets under optimistic locking: done again where somebody else was faster."""

import random
import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol, TypeVar

from shared.changes import Change
from shared.ledger import LedgerConflictError, StoredTicket

Result = TypeVar("Result")

STEP_TIME = 5.0
"""Seconds for one read or commit."""

ATTEMPTS = 5
"""Commits that are tried against others that change the same documents."""

_PAUSE = 0.05


class Tickets(Protocol):
    """The part of the ledger that holds tickets and takes changes; see `shared.store.changes`.

    `timeout` is in seconds. Both methods may raise `LedgerUnavailableError`.
    """

    def tickets(self, numbers: Collection[int], timeout: float) -> Mapping[int, StoredTicket]:
        """Read those of the tickets that exist."""
        ...

    def write(self, change: Change, timeout: float) -> None:
        """Write a change.

        Raises:
            LedgerConflictError: Something is not as it was read; nothing was written.
        """
        ...


def again_on_conflict(attempt: Callable[[], Result]) -> Result:
    """Read, decide and write; from the start where what was read has changed meanwhile.

    Raises:
        LedgerConflictError: Others were faster `ATTEMPTS` times; nothing was written.
    """
    for tried in range(ATTEMPTS - 1):
        try:
            return attempt()
        except LedgerConflictError:
            time.sleep(random.uniform(0, _PAUSE * 2**tried))  # noqa: S311  # not a secret
    return attempt()
