"""The Russian production calendar: which days are working days (R13; docs/adr/0005-production-calendar.md).

The table holds what the Government's yearly decrees move. It agrees with the `holidays` library, of which a test makes
sure; the library itself would add 60 ms to every cold start. The decree for a year comes in the autumn before it: after
an update of the library the test names the year that has to be added here.

Regional holidays and days off that a President's order gives are not part of the calendar.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

_DAY = timedelta(days=1)
_SATURDAY = 5

HOLIDAYS = "01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 02-23 03-08 05-01 05-09 06-12 11-04"
"""Article 112 of the Labour Code: the holidays of every year, as month-day."""

DECREES: Mapping[int, tuple[str, str]] = {
    2024: (
        "01-01 01-02 01-03 01-04 01-05 01-08 02-23 03-08 04-29 04-30 05-01 05-09 05-10 06-12 11-04 12-30 12-31",
        "04-27 11-02 12-28",
    ),
    2025: ("01-01 01-02 01-03 01-06 01-07 01-08 05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 12-31", "11-01"),
    2026: ("01-01 01-02 01-05 01-06 01-07 01-08 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31", ""),
    2027: ("01-01 01-04 01-05 01-06 01-07 01-08 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 12-31", "02-20"),
}
"""By year: weekdays off, and weekend days on which people work, as month-day."""


@lru_cache(maxsize=64)
def days_off(year: int) -> frozenset[date]:
    """Give every day of a year on which nobody works.

    For a year without a decree the Labour Code alone holds: weekends and holidays are off, and so is the next working
    day after a holiday on a weekend, the New Year holidays excepted (article 112, part 2).
    """
    first = date(year, 1, 1)
    days = (first + number * _DAY for number in range((date(year + 1, 1, 1) - first).days))
    off = {day for day in days if day.weekday() >= _SATURDAY}
    if year in DECREES:
        weekdays_off, weekends_worked = (_dates(year, text) for text in DECREES[year])
        return frozenset((off | weekdays_off) - weekends_worked)
    holidays = _dates(year, HOLIDAYS)
    off |= holidays
    for holiday in sorted(holidays):
        if holiday.weekday() >= _SATURDAY and holiday.month > 1:
            instead = holiday
            while instead in off:
                instead += _DAY
            off.add(instead)
    return frozenset(off)


def _dates(year: int, days: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(f"{year}-{day}") for day in days.split())
