"""Whether all mail that the provider took in has reached us: what it dropped on the way left no other trace (R1)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

RETRY_TIME = timedelta(hours=1)
"""How long a message may be on its way from the provider to us before it is missed."""

DAYS = 4
"""Days that are compared: the provider repeats a call for 72 hours, so messages of the first of them still arrive."""


@dataclass(frozen=True, slots=True)
class InboundDay:
    """One day's mail as the provider counted it.

    Attributes:
        day: In the provider's zone.
        received: Messages that it took in until `at`.
        at: When it said so.
        missed: How many of them were missing with us at the last comparison.
    """

    day: date
    received: int
    at: datetime
    missed: int = 0


@dataclass(frozen=True, slots=True)
class InboundCount:
    """What the provider said at one moment.

    Attributes:
        at: When it was asked.
        days: The latest days, the oldest first.
    """

    at: datetime
    days: tuple[InboundDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A day whose missing messages are more, or fewer, than at the comparison before.

    Attributes:
        missed: How many are missing now; 0 when all have come.
    """

    day: date
    missed: int
    before: int


def compare(day: InboundDay, ours: int) -> tuple[InboundDay, Difference | None]:
    """Compare a day's count, as the provider gave it a while ago, with ours of now.

    Args:
        day: The provider's count; `RETRY_TIME` old, so that retries in flight have had their time.
        ours: Messages with an arrival until `day.at` that we have by now.
    """
    missed = max(0, day.received - ours)
    if missed == day.missed:
        return day, None
    return replace(day, missed=missed), Difference(day.day, missed, day.missed)
