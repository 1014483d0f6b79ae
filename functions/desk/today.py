"""Today's picture: the figures of the day, and small charts of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.submission import Channel
from shared.store.today import Today

_HOUR = timedelta(hours=1)
_HOURS_APART = 3
"""Hours from one label of the chart to the next."""
_TOP, _BOTTOM = 12.0, 88.0
"""The chart's area for bars, in per cent of its height."""
_BAR = 0.7
"""Of an hour's width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart by the hour; measures in per cent of the chart.

    Attributes:
        hour: When it begins, by the wall clock.
        count: None for an hour that has not begun.
        label: What stands below; may be empty.
    """

    hour: str
    count: int | None
    label: str
    middle: float
    left: float
    width: float
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; the whole may be nothing."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        """In per cent, never rounded up to all nor down to nothing; None when there is no whole."""
        if not self.whole:
            return None
        rounded = round(100 * self.part / self.whole)
        if 0 < self.part < self.whole:
            return min(max(rounded, 1), 99)
        return rounded


@dataclass(frozen=True, slots=True)
class Picture:
    """The day so far.

    Attributes:
        in_time: Requests that got a number within 15 minutes, of those that have one or should (R16).
        accepted: Tickets whose clients have the number, of those that are to have it (R8).
        channels: Arrivals by channel, of all.
        bars: One for each hour of the day.
    """

    figures: Today
    in_time: Share
    accepted: Share
    channels: Mapping[Channel, Share]
    bars: tuple[Bar, ...]


def day_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the beginning and the end of the present day."""
    today = now.astimezone(zone).date()
    begin, end = (datetime.combine(day, time.min, zone) for day in (today, today + timedelta(days=1)))
    return begin.astimezone(UTC), end.astimezone(UTC)


def picture(figures: Today, now: datetime, zone: ZoneInfo) -> Picture:
    """Lay out what was counted up to a moment."""
    begin, end = day_of(now, zone)
    hours = [(begin + number * _HOUR).astimezone(zone) for number in range((end - begin) // _HOUR)]
    return Picture(
        figures=figures,
        in_time=Share(figures.in_time, figures.due),
        accepted=Share(figures.accepted, figures.awaited),
        channels={channel: Share(count, figures.arrivals) for channel, count in figures.channels.items()},
        bars=_bars(hours, figures.hours),
    )


def _bars(hours: Sequence[datetime], counts: Sequence[int]) -> tuple[Bar, ...]:
    highest, slot = max((*counts, 1)), 100 / len(hours)
    bars = []
    for number, hour in enumerate(hours):
        count = counts[number] if number < len(counts) else None
        height = (_BOTTOM - _TOP) * (count or 0) / highest
        bars.append(
            Bar(
                hour=f"{hour:%H:%M}",
                count=count,
                label=str(hour.hour) if hour.hour % _HOURS_APART == 0 else "",
                middle=round(slot * (number + 0.5), 2),
                left=round(slot * (number + (1 - _BAR) / 2), 2),
                width=round(slot * _BAR, 2),
                top=round(_BOTTOM - height, 2),
                height=round(height, 2),
            )
        )
    return tuple(bars)
