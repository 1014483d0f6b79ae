"""R13: what holds for the start of the response clock whatever the moment, the hours and the zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.working_time import WorkingHours

MOSCOW = ZoneInfo("Europe/Moscow")
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
MICROSECOND = timedelta(microseconds=1)
UNTIMED = settings(deadline=None)  # the first example also pays for the calendar's import
WORKING_SATURDAYS = (  # 2015 to 2026, by the Government's decrees
    *("2016-02-20", "2018-04-28", "2018-06-09", "2018-12-29", "2021-02-20", "2022-03-05"),
    *("2024-04-27", "2024-11-02", "2024-12-28", "2025-11-01"),
)

ZONES = st.sampled_from(
    ["Europe/Moscow", "UTC", "Asia/Kamchatka", "Europe/Berlin", "America/New_York", "Africa/Cairo"]
).map(ZoneInfo)


def moments(last_year: int = 2035) -> st.SearchStrategy[datetime]:
    # The limits are naive by hypothesis' interface: it attaches the zones itself.
    first, last = datetime(2015, 1, 1), datetime(last_year, 12, 1)  # noqa: DTZ001 (see above)
    return st.datetimes(first, last, timezones=ZONES)


@st.composite
def working_hours(draw: st.DrawFn) -> WorkingHours:
    minutes = draw(st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=6, unique=True).map(sorted))
    times = [time(*divmod(minute, 60)) for minute in minutes]
    return WorkingHours(tuple(zip(times[::2], times[1::2], strict=False)), draw(ZONES))


@UNTIMED
@given(hours=working_hours(), moment=moments())
def test_r13_response_clock_starts_in_working_time_and_never_before_the_arrival(
    hours: WorkingHours, moment: datetime
) -> None:
    clock_starts = hours.next_working_time(moment)
    assert clock_starts >= moment.astimezone(UTC)
    assert hours.is_working_time(clock_starts)
    assert clock_starts.tzinfo is UTC


@UNTIMED
@given(hours=working_hours(), moment=moments())
def test_r13_next_working_time_of_a_working_moment_is_that_moment(hours: WorkingHours, moment: datetime) -> None:
    clock_starts = hours.next_working_time(moment)
    assert hours.next_working_time(clock_starts) == clock_starts
    assert hours.is_working_time(moment) is (clock_starts == moment.astimezone(UTC))


@UNTIMED
@given(hours=working_hours(), moment=moments(), later=st.timedeltas(timedelta(0), timedelta(days=40)))
def test_r13_first_come_is_never_served_after_a_later_one(
    hours: WorkingHours, moment: datetime, later: timedelta
) -> None:
    first = moment.astimezone(UTC)
    assert hours.next_working_time(first) <= hours.next_working_time(first + later)


@UNTIMED
@given(hours=working_hours(), moment=moments(), part=st.floats(0, 1, exclude_max=True))
def test_r13_no_working_time_lies_between_the_arrival_and_the_start_of_the_clock(
    hours: WorkingHours, moment: datetime, part: float
) -> None:
    arrival = moment.astimezone(UTC)
    wait = hours.next_working_time(arrival) - arrival
    if wait:
        assert not hours.is_working_time(arrival + min(wait * part, wait - MICROSECOND))


@UNTIMED
@given(moment=moments(last_year=2026))
def test_r13_response_clock_never_starts_on_a_holiday_or_a_weekend_that_is_not_worked(
    moment: datetime,
) -> None:
    day = HOURS.next_working_time(moment).astimezone(MOSCOW).date()
    assert (day.month, day.day) not in {
        *((1, number) for number in range(1, 9)),
        *((2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)),
    }
    assert day.weekday() < 5 or day.isoformat() in WORKING_SATURDAYS


@UNTIMED
@given(hours=working_hours(), moment=moments(), zone=ZONES)
def test_r13_answer_does_not_depend_on_the_zone_in_which_the_moment_is_written(
    hours: WorkingHours, moment: datetime, zone: ZoneInfo
) -> None:
    elsewhere = moment.astimezone(UTC).astimezone(zone)
    assert hours.next_working_time(elsewhere) == hours.next_working_time(moment)
    assert hours.is_working_time(elsewhere) is hours.is_working_time(moment)


@UNTIMED
@given(moment=moments())
def test_r13_moscow_opens_at_six_utc_all_year_round(moment: datetime) -> None:
    clock_starts = HOURS.next_working_time(moment)
    assert time(6) <= clock_starts.time() < time(15)
    if not HOURS.is_working_time(moment):
        assert clock_starts.time() == time(6)


@UNTIMED
@given(hours=working_hours(), moment=moments(), minutes=st.integers(1, 600))
def test_r7_until_then_exactly_so_much_is_worked_and_a_moment_before_less(
    hours: WorkingHours, moment: datetime, minutes: int
) -> None:
    span = min(timedelta(minutes=minutes), hours.day_length)
    until = hours.after(moment, span)
    assume(until - moment <= timedelta(days=7))  # further back `worked` does not look
    assert hours.worked(moment, until) == span
    assert hours.worked(moment, until - MICROSECOND) == span - MICROSECOND
