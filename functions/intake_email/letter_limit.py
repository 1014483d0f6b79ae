"""How many automatic letters an address gets: stops loops that no header reveals (docs/adr/0008-mail-loops.md)."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.submission import Omission, Submission
from shared.grouping import GroupTimeoutError
from shared.ledger import LedgerError
from shared.logs import fields
from shared.settings import Secret
from shared.store.limits import Hit

log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_MOST_REMEMBERED = 5_000
"""Requests that a process knows as counted; a key takes some 150 bytes."""


class Counts(Protocol):
    """Counts hits across all instances; see `shared.store.limits`."""

    def count(self, hits: list[Hit]) -> list[int]:
        """Count each hit; give for each how many there have been."""
        ...


@dataclass(frozen=True, slots=True)
class LetterLimit:
    """Limits the answers to one address in windows of fixed length.

    Attributes:
        pepper: Without it nobody can tell from a count's key whose address it counts.
        most: Letters in a window; beyond, the address gets one an hour at most.
        window: Length of a window; the count begins anew with each.
    """

    counts: Counts
    pepper: Secret
    most: int
    window: timedelta
    _answered: OrderedDict[str, None] = field(default_factory=OrderedDict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.window <= timedelta(0):
            raise ValueError("a window of time has a length")

    def allows(self, address: str, now: datetime) -> bool:
        """Count an answer; tell whether it may be sent. It may when the counts are not to be had."""
        return self._allowed([address], now)[0]

    def answered(self, submissions: Sequence[Submission], now: datetime) -> list[Submission]:
        """Count the answers to requests, all with one call; give the requests as they are answered, or not.

        A request gets one answer, however often it is delivered, and whether it gets its number at once or is kept
        first: as long as this process knows that its answer was counted, it is not counted again.
        """
        addresses = {
            each.key: each.contact.email
            for each in submissions
            if each.contact.email and not each.unanswered and each.key not in self._answered
        }
        allowed = dict(zip(addresses, self._allowed(list(addresses.values()), now), strict=True))
        self._answered.update(dict.fromkeys(key for key, is_allowed in allowed.items() if is_allowed))
        while len(self._answered) > _MOST_REMEMBERED:
            self._answered.popitem(last=False)
        return [
            each
            if each.unanswered or allowed.get(each.key, True)
            else replace(each, unanswered=Omission.TOO_MANY_LETTERS)
            for each in submissions
        ]

    def _allowed(self, addresses: Sequence[str], now: datetime) -> list[bool]:
        lengths = (("window", self.window), ("hour", _HOUR))
        hits = [self._hit(address, now, *length) for address in addresses for length in lengths]
        if not hits:
            return []
        try:
            counts = iter(self.counts.count(hits))
        except (LedgerError, GroupTimeoutError) as error:
            log.warning("letter_limit_unknown", extra=fields(error=type(error).__name__))
            return [True] * len(addresses)
        return [lately <= self.most or this_hour == 1 for lately, this_hour in zip(counts, counts, strict=True)]

    def _hit(self, address: str, now: datetime, name: str, length: timedelta) -> Hit:
        # Both are counted in one document where the longer of the two begins and ends with one of the shorter.
        longer = max(self.window, _HOUR)
        span = length if longer % length else longer
        numbers = [int(now.timestamp() // each.total_seconds()) for each in (span, length)]
        who = f"letter {address} {span.total_seconds()} {numbers[0]}"
        # Named, because a window may be an hour long, too.
        return Hit.of(who, self.pepper, now + 2 * span, f"{name}.n{numbers[1]}")
