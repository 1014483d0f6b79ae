"""Working time of the support desk by the Russian production calendar (clause R13)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.production_calendar import days_off

_INTERVAL: Final = re.compile(r"([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})")
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)

# The New Year holidays, the longest break of the calendar, take 12 days at most: a month without a working
# day is a fault in the calendar, and an error is better than a search without end.
_SEARCH_DAYS: Final = 31


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Support's working hours: intervals of a working day, in a zone.

    A request that arrives out of hours is registered at once, and its response clock starts with the next
    working time (clause R13).

    Which days are working days is told by `shared.domain.production_calendar`.

    Attributes:
        intervals: Start and end of each stretch of work by the zone's wall clock, in order; the end does not
            belong to the stretch. The gap between two of them is a break. A stretch never crosses midnight.
        zone: The zone of the wall clock, which also decides where a calendar day begins.

    Raises:
        ValueError: There is no interval, or one is empty, reversed, overlapping or out of order.
    """

    intervals: tuple[tuple[time, time], ...]
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not self.intervals:
            raise ValueError("working hours need at least one interval, such as 09:00-18:00")
        previous_end = time.min
        for start, end in self.intervals:
            if start >= end:
                raise ValueError(f"working hours {start:%H:%M}-{end:%H:%M}: the end must be after the start")
            if start < previous_end:
                raise ValueError(
                    f"working hours {start:%H:%M}-{end:%H:%M} start before {previous_end:%H:%M}, where the"
                    " interval before ends: they must be in order and not overlap"
                )
            previous_end = end

    @classmethod
    def parse(cls, text: str, zone: str) -> "WorkingHours":
        """Read working hours as an operator writes them in the settings.

        Args:
            text: "09:00-18:00", or with breaks "09:00-13:00,14:00-18:00"; spaces around an interval are fine.
                Times are 00:00 to 23:59: "24:00" is refused, for it is not a time of day.
            zone: The zone's IANA name, such as "Europe/Moscow".

        Raises:
            ValueError: The text is empty or malformed, the intervals contradict each other, or there is no
                such zone. The message names what is wrong and is meant for the operator.
        """
        if not text.strip():
            raise ValueError("working hours are empty, write them as 09:00-18:00 or 09:00-13:00,14:00-18:00")
        return cls(tuple(_parse_interval(part.strip()) for part in text.split(",")), _parse_zone(zone))

    def is_working_day(self, day: date) -> bool:
        """Whether the production calendar has this day as a working one.

        Raises:
            TypeError: `day` is a `datetime`, whose day depends on the zone.
        """
        # A datetime is a date to the type checker, but never equal to one: it would be a working day always.
        if isinstance(day, datetime):
            raise TypeError(f"a calendar day is needed, not the moment {day.isoformat()}")
        return day not in days_off(day.year)

    def is_working_time(self, moment: datetime) -> bool:
        """Whether the desk works at this moment: from an interval's start on, up to but not at its end.

        Raises:
            ValueError: The moment is naive.
        """
        moment = _to_utc(moment)
        return any(start <= moment < end for start, end in self._stretches(self.day_of(moment)))

    def next_working_time(self, moment: datetime) -> datetime:
        """When the response clock starts for a request that arrived at this moment (clause R13).

        Returns:
            In UTC, the moment itself when the desk works then, else the start of the next interval.

        Raises:
            ValueError: The moment is naive.
            RuntimeError: The calendar has no working time within a month of the moment.
        """
        moment = _to_utc(moment)
        today = self.day_of(moment)
        for days_ahead in range(_SEARCH_DAYS + 1):
            for start, end in self._stretches(today + days_ahead * _DAY):
                if moment < end:
                    return max(moment, start)
        raise RuntimeError(f"no working time within {_SEARCH_DAYS} days after {moment.isoformat()}")

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two moments, a week apart at most: earlier than that is not looked at.

        Raises:
            ValueError: A moment is naive.
        """
        until = _to_utc(until)
        since = max(_to_utc(since), until - _WEEK)
        day, total = self.day_of(since), timedelta(0)
        while day <= self.day_of(until):
            for start, end in self._stretches(day):
                total += max(min(end, until) - max(start, since), timedelta(0))
            day += _DAY
        return total

    @property
    def day_length(self) -> timedelta:
        """How much of a working day is worked, breaks left out, by the wall clock."""
        some_day = date.min
        spans = (datetime.combine(some_day, end) - datetime.combine(some_day, start) for start, end in self.intervals)
        return sum(spans, timedelta(0))

    def after(self, moment: datetime, span: timedelta) -> datetime:
        """When so much working time will have passed since a moment: the first moment of which that is true, in UTC.

        Raises:
            ValueError: The moment is naive.
            RuntimeError: The calendar has less working time than that within a month of the moment.
        """
        moment, left = _to_utc(moment), span
        today = self.day_of(moment)
        for days_ahead in range(_SEARCH_DAYS + 1):
            for start, end in self._stretches(today + days_ahead * _DAY):
                begin = max(moment, start)
                if left <= end - begin:
                    return begin + left
                left -= max(end - begin, timedelta(0))
        raise RuntimeError(f"less working time than {span} within {_SEARCH_DAYS} days after {moment.isoformat()}")

    def day_of(self, moment: datetime) -> date:
        """The calendar day of a moment, by the zone's wall clock."""
        return moment.astimezone(self.zone).date()

    def end_of_day(self, day: date) -> datetime | None:
        """When a day's last stretch of work ends, in UTC; None on a day off."""
        return max((end for _, end in self._stretches(day)), default=None)

    def _stretches(self, day: date) -> list[tuple[datetime, datetime]]:
        """The day's intervals in UTC, in order; none on a day off."""
        if not self.is_working_day(day):
            return []
        stretches = ((self._at(day, start), self._at(day, end)) for start, end in self.intervals)
        # When the clock is put forward, an interval of skipped wall time may come out reversed, or after its
        # successor.
        return sorted((start, end) for start, end in stretches if start < end)

    def _at(self, day: date, wall_time: time) -> datetime:
        return datetime.combine(day, wall_time, self.zone).astimezone(UTC)


def _parse_interval(text: str) -> tuple[time, time]:
    written = _INTERVAL.fullmatch(text)
    if written is None:
        raise ValueError(f"working hours {text!r} are not of the form HH:MM-HH:MM, such as 09:00-18:00")
    try:
        return time.fromisoformat(written[1]), time.fromisoformat(written[2])
    except ValueError:
        raise ValueError(f"working hours {text!r}: a time must be between 00:00 and 23:59") from None


def _parse_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    # KeyError is an unknown name; the others are names that are no file of the zone database: "", "../x"
    # (ValueError), "Europe" (OSError: a folder).
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}, an IANA name such as Europe/Moscow is needed") from None


def _to_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"the moment {moment.isoformat()} needs a time zone")
    return moment.astimezone(UTC)
