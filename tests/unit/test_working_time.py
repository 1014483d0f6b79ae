"""R13: the response clock of a request out of hours starts with the next working time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from shared.domain import working_time
from shared.domain.production_calendar import DECREES, days_off
from shared.domain.working_time import WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
WITH_LUNCH = WorkingHours.parse("09:00-13:00,14:00-18:00", "Europe/Moscow")
MICROSECOND = timedelta(microseconds=1)


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]


# --- the start of the response clock


@pytest.mark.parametrize(
    ("arrival", "clock_starts"),
    [
        pytest.param("2026-11-22 15:20", "2026-11-23 09:00", id="sunday"),
        pytest.param("2026-11-21 00:00", "2026-11-23 09:00", id="saturday"),
        pytest.param("2026-11-20 18:01", "2026-11-23 09:00", id="friday evening"),
        pytest.param("2026-11-23 03:00", "2026-11-23 09:00", id="working day, before opening"),
        pytest.param("2026-11-23 23:30", "2026-11-24 09:00", id="working day, after closing"),
    ],
)
def test_r13_request_out_of_hours_starts_its_response_clock_with_the_next_working_time(
    arrival: str, clock_starts: str
) -> None:
    assert HOURS.next_working_time(moscow(arrival)) == moscow(clock_starts)


def test_r13_request_on_sunday_starts_its_response_clock_on_monday() -> None:
    sunday = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert HOURS.next_working_time(sunday) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_r13_sunday_evening_in_utc_is_monday_night_in_moscow() -> None:
    assert HOURS.next_working_time(datetime(2026, 11, 22, 22, 0, tzinfo=UTC)) == moscow("2026-11-23 09:00")


def test_r13_request_in_hours_starts_its_response_clock_at_once() -> None:
    arrival = moscow("2026-11-23 11:22:33.000044")
    clock_starts = HOURS.next_working_time(arrival)
    assert clock_starts == arrival
    assert clock_starts.tzinfo is UTC


def test_r13_start_of_the_next_working_time_is_given_in_utc() -> None:
    clock_starts = HOURS.next_working_time(moscow("2026-11-22 15:20"))
    assert clock_starts.isoformat() == "2026-11-23T06:00:00+00:00"


def test_r13_opening_belongs_to_working_time_and_the_microsecond_before_does_not() -> None:
    opening = moscow("2026-11-23 09:00")
    assert HOURS.is_working_time(opening)
    assert HOURS.next_working_time(opening) == opening
    assert not HOURS.is_working_time(opening - MICROSECOND)
    assert HOURS.next_working_time(opening - MICROSECOND) == opening


def test_r13_closing_does_not_belong_to_working_time_and_the_microsecond_before_does() -> None:
    closing = moscow("2026-11-23 18:00")
    assert not HOURS.is_working_time(closing)
    assert HOURS.next_working_time(closing) == moscow("2026-11-24 09:00")
    assert HOURS.is_working_time(closing - MICROSECOND)
    assert HOURS.next_working_time(closing - MICROSECOND) == closing - MICROSECOND


def test_r13_request_in_the_lunch_break_starts_its_response_clock_after_it() -> None:
    assert WITH_LUNCH.is_working_time(moscow("2026-11-23 12:59:59.999999"))
    assert not WITH_LUNCH.is_working_time(moscow("2026-11-23 13:00"))
    assert WITH_LUNCH.next_working_time(moscow("2026-11-23 13:00")) == moscow("2026-11-23 14:00")
    assert WITH_LUNCH.next_working_time(moscow("2026-11-23 13:59:59.999999")) == moscow("2026-11-23 14:00")
    assert WITH_LUNCH.is_working_time(moscow("2026-11-23 14:00"))
    assert WITH_LUNCH.next_working_time(moscow("2026-11-23 18:00")) == moscow("2026-11-24 09:00")


@pytest.mark.parametrize(
    ("arrival", "clock_starts"),
    [
        pytest.param("2024-12-28 18:00", "2025-01-09 09:00", id="New Year 2025, from a working Saturday on"),
        pytest.param("2025-12-30 18:00", "2026-01-12 09:00", id="New Year 2026, 12 days"),
        pytest.param("2026-12-30 18:00", "2027-01-11 09:00", id="New Year 2027"),
        pytest.param("2025-04-30 18:00", "2025-05-05 09:00", id="1 to 4 May 2025"),
        pytest.param("2025-05-07 18:00", "2025-05-12 09:00", id="8 to 11 May 2025"),
        pytest.param("2025-06-11 18:00", "2025-06-16 09:00", id="12 to 15 June 2025"),
        pytest.param("2025-10-31 18:00", "2025-11-01 09:00", id="working Saturday, 1 November 2025"),
        pytest.param("2025-11-01 18:00", "2025-11-05 09:00", id="2 to 4 November 2025"),
        pytest.param("2026-02-20 18:00", "2026-02-24 09:00", id="21 to 23 February 2026"),
        pytest.param("2026-03-06 18:00", "2026-03-10 09:00", id="7 to 9 March 2026"),
        pytest.param("2026-04-30 18:00", "2026-05-04 09:00", id="1 to 3 May 2026"),
        pytest.param("2026-05-08 18:00", "2026-05-12 09:00", id="9 to 11 May 2026"),
    ],
)
def test_r13_response_clock_waits_for_the_end_of_the_holidays(arrival: str, clock_starts: str) -> None:
    assert HOURS.next_working_time(moscow(arrival)) == moscow(clock_starts)


# --- the production calendar


@pytest.mark.parametrize(
    ("year", "weekdays_off", "working_weekends"),
    [
        # Government decree of 4 October 2024 No. 1335.
        (2025, "05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 12-31", "11-01"),
        # Government decree of 24 September 2025 No. 1466; 9 March and 11 May by the Labour Code.
        (2026, "01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31", ""),
    ],
)
def test_r13_days_off_are_those_of_the_years_decree(year: int, weekdays_off: str, working_weekends: str) -> None:
    new_year = {date(year, 1, day) for day in range(1, 9)}
    off = {date.fromisoformat(f"{year}-{day}") for day in weekdays_off.split()}
    on = {date.fromisoformat(f"{year}-{day}") for day in working_weekends.split()}
    for day in days_of(year):
        expected = day in on or (day.weekday() < 5 and day not in off | new_year)
        assert HOURS.is_working_day(day) is expected, day


@pytest.mark.parametrize(("year", "working_days"), [(2024, 248), (2025, 247), (2026, 247)])
def test_r13_a_year_has_as_many_working_days_as_the_published_calendar(year: int, working_days: int) -> None:
    assert sum(HOURS.is_working_day(day) for day in days_of(year)) == working_days


def test_r13_the_table_agrees_with_the_library_for_every_decree_that_the_library_knows() -> None:
    known = holidays.country_holidays("RU", years=range(2024, 2045), expand=True)
    decreed = [year for year in known.special_public_holidays if year >= 2024]
    assert set(decreed) <= set(DECREES), "a new decree: add its year to shared/domain/production_calendar.py"
    for year in decreed:
        assert days_off(year) == {day for day in days_of(year) if not known.is_working_day(day)}, year


# Years far ahead, whose decrees are not known for long.
@pytest.mark.parametrize(
    ("holiday", "in_lieu"),
    [
        pytest.param("2042-03-08", "2042-03-10", id="on a Saturday"),
        pytest.param("2040-11-04", "2040-11-05", id="on a Sunday"),
    ],
)
def test_r13_labour_code_alone_gives_the_next_working_day_in_lieu_of_a_weekend_holiday(
    holiday: str, in_lieu: str
) -> None:
    assert HOURS.next_working_time(moscow(f"{holiday} 12:00")) > moscow(f"{in_lieu} 23:59")
    assert not HOURS.is_working_day(date.fromisoformat(in_lieu))
    assert HOURS.is_working_day(date.fromisoformat(in_lieu) + timedelta(days=1))


def test_r13_labour_code_alone_gives_nothing_in_lieu_of_a_holiday_on_a_working_day() -> None:
    assert not HOURS.is_working_day(date(2039, 2, 23))
    assert HOURS.is_working_day(date(2039, 2, 24))


def test_r13_labour_code_alone_gives_nothing_in_lieu_of_the_new_year_holidays() -> None:
    # 2 and 3 January 2044 are a Saturday and a Sunday, and only a decree could move them.
    january = [day.day for day in days_of(2044)[:31] if not HOURS.is_working_day(day)]
    assert january == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 17, 23, 24, 30, 31]


def test_r13_a_moment_is_not_taken_for_a_calendar_day() -> None:
    with pytest.raises(TypeError, match="calendar day"):
        HOURS.is_working_day(moscow("2026-11-22 15:20"))


def test_r13_a_calendar_without_working_days_is_an_error_and_not_an_endless_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(working_time, "days_off", lambda year: frozenset(days_of(year)))
    with pytest.raises(RuntimeError, match="no working time within 31 days"):
        HOURS.next_working_time(moscow("2026-11-23 11:00"))


# --- moments and zones


@pytest.mark.parametrize("ask", [HOURS.is_working_time, HOURS.next_working_time])
def test_r13_naive_moment_is_refused(ask: object) -> None:
    naive = datetime(2026, 11, 23, 11, 0)  # noqa: DTZ001 (a naive moment is what is tested)
    assert callable(ask)
    with pytest.raises(ValueError, match="needs a time zone"):
        ask(naive)


@pytest.mark.parametrize(
    ("arrival", "clock_starts"),
    [
        # Put forward on Sunday 29 March 2026, back on Sunday 25 October 2026.
        ("2026-03-27T18:00:00+00:00", "2026-03-30T07:00:00+00:00"),
        ("2026-10-23T18:00:00+00:00", "2026-10-26T08:00:00+00:00"),
    ],
)
def test_opening_keeps_its_wall_time_when_the_zone_changes_its_clock(arrival: str, clock_starts: str) -> None:
    berlin = WorkingHours.parse("09:00-18:00", "Europe/Berlin")
    assert berlin.next_working_time(datetime.fromisoformat(arrival)).isoformat() == clock_starts


def test_intervals_of_skipped_wall_time_stay_in_order() -> None:
    # In Cairo 00:00 to 00:59 of Friday 24 April 2026 do not exist; 21:59:59 UTC is followed by 01:00.
    cairo = WorkingHours.parse("00:10-00:20,00:30-01:00,01:00-02:00", "Africa/Cairo")
    opening = datetime(2026, 4, 23, 22, 0, tzinfo=UTC)
    assert cairo.next_working_time(opening - timedelta(hours=1)) == opening
    assert cairo.is_working_time(opening)


def test_an_interval_of_which_no_wall_time_exists_that_day_is_left_out() -> None:
    # The same morning in Cairo; the next working day is Monday 27 April, by then on summer time.
    cairo = WorkingHours.parse("00:30-01:00", "Africa/Cairo")
    arrival = datetime(2026, 4, 23, 21, 30, tzinfo=UTC)
    assert cairo.next_working_time(arrival) == datetime(2026, 4, 26, 21, 30, tzinfo=UTC)


# --- so much working time later


@pytest.mark.parametrize(
    ("since", "until"),
    [
        pytest.param("2026-11-20 19:00", "2026-11-23 18:00", id="friday evening: monday counts, the weekend does not"),
        pytest.param("2026-11-20 17:00", "2026-11-23 17:00", id="friday's last hour counts"),
        pytest.param("2026-11-23 09:00", "2026-11-23 18:00", id="a whole day ends with it"),
        pytest.param("2026-11-23 18:00", "2026-11-24 18:00", id="at closing time nothing of the day is left"),
        pytest.param("2026-11-21 12:00", "2026-11-23 18:00", id="saturday"),
        pytest.param("2026-11-03 12:00", "2026-11-05 12:00", id="unity day lies between"),
        pytest.param("2026-12-30 17:30", "2027-01-11 17:30", id="new year"),
    ],
)
def test_r7_a_working_day_later_skips_what_is_no_working_time(since: str, until: str) -> None:
    assert HOURS.after(moscow(since), HOURS.day_length) == moscow(until)


def test_r7_breaks_are_no_working_time() -> None:
    assert WITH_LUNCH.day_length == timedelta(hours=8)
    assert WITH_LUNCH.after(moscow("2026-11-23 12:00"), timedelta(hours=1)) == moscow("2026-11-23 13:00")
    assert WITH_LUNCH.after(moscow("2026-11-23 12:00"), timedelta(hours=1, minutes=1)) == moscow("2026-11-23 14:01")
    assert WITH_LUNCH.after(moscow("2026-11-23 12:00"), WITH_LUNCH.day_length) == moscow("2026-11-24 12:00")


def test_r7_more_working_time_than_the_calendar_has_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(RuntimeError, match="less working time than"):
        HOURS.after(moscow("2026-11-23 12:00"), timedelta(hours=1000))


# --- how hours are written


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("09:00-18:00", ((time(9), time(18)),)),
        ("09:00-13:00,14:00-18:00", ((time(9), time(13)), (time(14), time(18)))),
        (" 09:00-13:00, 14:00-18:00 ", ((time(9), time(13)), (time(14), time(18)))),
        ("09:00-13:00,13:00-18:00", ((time(9), time(13)), (time(13), time(18)))),
        ("00:00-23:59", ((time(0), time(23, 59)),)),
    ],
)
def test_hours_are_read_from_the_settings(text: str, intervals: tuple[tuple[time, time], ...]) -> None:
    assert WorkingHours.parse(text, "Europe/Moscow") == WorkingHours(intervals, MOSCOW)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "working hours are empty"),
        ("  ", "working hours are empty"),
        ("18:00-09:00", "18:00-09:00: the end must be after the start"),
        ("09:00-09:00", "09:00-09:00: the end must be after the start"),
        ("09:00-14:00,13:00-18:00", "13:00-18:00 start before 14:00"),
        ("14:00-18:00,09:00-13:00", "09:00-13:00 start before 18:00"),
        ("09:00-18:00,", "'' are not of the form HH:MM-HH:MM"),
        ("9:00-18:00", "'9:00-18:00' are not of the form"),
        ("09:00–18:00", "are not of the form"),
        ("09:00:00-18:00", "are not of the form"),
        ("09:00-18:00+03:00", "are not of the form"),
        ("٠٩:٠٠-18:00", "are not of the form"),
        ("с 9 до 18", "are not of the form"),
        ("09:00-24:00", "'09:00-24:00': a time must be between 00:00 and 23:59"),
        ("09:60-18:00", "'09:60-18:00': a time must be between 00:00 and 23:59"),
    ],
)
def test_hours_that_make_no_sense_are_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r"^working hours ") as refusal:
        WorkingHours.parse(text, "Europe/Moscow")
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("zone", ["", "Moscow", "Europe", "../Europe/Moscow", "/etc/passwd", "МСК", "x" * 300])
def test_unknown_zone_is_refused_by_its_name(zone: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as refusal:
        WorkingHours.parse("09:00-18:00", zone)
    assert repr(zone) in str(refusal.value)


def test_hours_without_intervals_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least one interval"):
        WorkingHours((), MOSCOW)
