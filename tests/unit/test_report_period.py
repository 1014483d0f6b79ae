"""R16: which working day's report is due, and what it covers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import working_time
from shared.domain.report_period import Period, due_report, period_of, periods_between
from shared.domain.working_time import WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")
HOURS = WorkingHours.parse("09:00-13:00,14:00-18:00", "Europe/Moscow")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def due_day(now: str, last_reported: str | None = None) -> str | None:
    due = due_report(moscow(now), HOURS, None if last_reported is None else date.fromisoformat(last_reported))
    return None if due is None else due.day.isoformat()


@pytest.mark.parametrize(
    ("day", "since", "until"),
    [
        pytest.param("2026-11-24", "2026-11-23 18:00", "2026-11-24 18:00", id="an ordinary day"),
        pytest.param("2026-11-23", "2026-11-20 18:00", "2026-11-23 18:00", id="monday has the weekend's"),
        pytest.param("2026-11-05", "2026-11-03 18:00", "2026-11-05 18:00", id="after a holiday"),
        pytest.param("2026-01-12", "2025-12-30 18:00", "2026-01-12 18:00", id="after the new year holidays"),
        pytest.param("2025-11-01", "2025-10-31 18:00", "2025-11-01 18:00", id="a saturday on which people work"),
    ],
)
def test_r16_a_report_covers_all_since_the_working_day_before_ended(day: str, since: str, until: str) -> None:
    period = period_of(date.fromisoformat(day), HOURS)
    assert period == Period(date.fromisoformat(day), moscow(since), moscow(until))
    assert period.since.tzinfo is period.until.tzinfo is UTC


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11-22", "2026-11-04", "2026-01-09"])
def test_r16_a_day_off_has_no_report(day: str) -> None:
    assert period_of(date.fromisoformat(day), HOURS) is None


@pytest.mark.parametrize(
    ("now", "last_reported", "due"),
    [
        pytest.param("2026-11-24 17:59:59.999999", "2026-11-23", None, id="the day has not ended"),
        pytest.param("2026-11-24 13:30", "2026-11-23", None, id="a break is no end"),
        pytest.param("2026-11-24 18:00", "2026-11-23", "2026-11-24", id="it has"),
        pytest.param("2026-11-24 18:01", "2026-11-24", None, id="it is reported"),
        pytest.param("2026-11-25 08:00", "2026-11-23", "2026-11-24", id="a night late"),
        pytest.param("2026-11-21 12:00", "2026-11-20", None, id="saturday"),
        pytest.param("2026-11-22 12:00", "2026-11-19", "2026-11-20", id="friday's, on sunday"),
        pytest.param("2026-11-26 19:00", "2026-11-20", "2026-11-26", id="only the latest of several"),
        pytest.param("2026-01-11 12:00", None, "2025-12-30", id="nothing known, in the longest holidays"),
        pytest.param("2026-11-24 18:00", "2026-11-30", None, id="a clock that was ahead"),
    ],
)
def test_r16_due_is_the_latest_working_day_that_has_ended(now: str, last_reported: str | None, due: str | None) -> None:
    assert due_day(now, last_reported) == due


def test_r16_the_day_is_that_of_moscow_and_not_of_utc() -> None:
    late = WorkingHours.parse("09:00-23:59", "Europe/Moscow")
    due = due_report(datetime(2026, 11, 24, 21, 30, tzinfo=UTC), late, None)
    assert due is not None
    assert due.day == date(2026, 11, 24)


def test_a_calendar_without_working_days_is_an_error_and_no_endless_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_time.WorkingHours, "end_of_day", lambda *_: None)
    with pytest.raises(RuntimeError, match="no working day"):
        due_report(moscow("2026-11-24 18:00"), HOURS, None)


@settings(deadline=None)
@given(first=st.dates(date(2024, 1, 1), date(2027, 11, 1)), length=st.integers(0, 60))
def test_r16_the_periods_of_a_range_follow_each_other_without_gap_or_overlap(first: date, length: int) -> None:
    periods = periods_between(first, first + timedelta(days=length), HOURS)
    assert all(HOURS.is_working_day(period.day) for period in periods)
    assert all(period.since < period.until for period in periods)
    assert [period.until for period in periods[:-1]] == [period.since for period in periods[1:]]


@settings(deadline=None)
@given(now=st.datetimes(datetime(2024, 2, 1), datetime(2027, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001  # hypothesis attaches the zone
def test_r16_what_is_due_has_ended_and_is_due_once(now: datetime) -> None:
    due = due_report(now, HOURS, None)
    assert due is not None
    assert due.until <= now
    assert now - due.until < timedelta(days=14)
    assert due_report(now, HOURS, due.day) is None
    assert due_report(now, HOURS, due.day - timedelta(days=1)) == due
