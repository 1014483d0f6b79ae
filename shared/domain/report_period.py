"""Which time the report of a working day covers, and when it is due (R16).

A report covers all that arrived since the working day before it ended, so that a weekend's requests are in Monday's.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.domain.working_time import WorkingHours

_DAY = timedelta(days=1)
_SEARCH_DAYS = 31
"""No break of the production calendar is as long; see `shared.domain.working_time`."""


@dataclass(frozen=True, slots=True)
class Period:
    """What the report of a working day covers.

    Attributes:
        day: The working day, by the zone of the working hours.
        since: End of the working day before it, in UTC.
        until: Its own end, in UTC, which is the next period's `since`.
    """

    day: date
    since: datetime
    until: datetime


def period_of(day: date, hours: WorkingHours) -> Period | None:
    """Give the period of a working day's report; None on a day off.

    Raises:
        RuntimeError: The calendar has no working day within a month before it.
    """
    until = hours.end_of_day(day)
    if until is None:
        return None
    for days_ago in range(1, _SEARCH_DAYS + 1):
        since = hours.end_of_day(day - days_ago * _DAY)
        if since is not None:
            return Period(day, since, until)
    raise RuntimeError(f"no working day within {_SEARCH_DAYS} days before {day.isoformat()}")


def periods_between(first: date, last: date, hours: WorkingHours) -> tuple[Period, ...]:
    """Give the periods of all working days from the first day to the last, both included."""
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return tuple(filter(None, (period_of(day, hours) for day in days)))


def due_report(now: datetime, hours: WorkingHours, last_reported: date | None) -> Period | None:
    """Give the period that has to be reported now; None when all is reported.

    It is that of the latest working day that has ended. Earlier days for which no report was made are not made up for:
    `python -m ops report` computes them from the ledger.

    Args:
        now: The present.
        hours: The working hours.
        last_reported: The working day of the latest report; None when that is not known.

    Raises:
        RuntimeError: The calendar has no working day within a month.
    """
    today = hours.day_of(now)
    for days_ago in range(_SEARCH_DAYS + 1):
        day = today - days_ago * _DAY
        if last_reported is not None and day <= last_reported:
            return None
        end = hours.end_of_day(day)
        if end is not None and end <= now:
            return period_of(day, hours)
    raise RuntimeError(f"no working day within {_SEARCH_DAYS} days before {now.isoformat()}")
