import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from functions.desk.today import Share, day_of, picture
from shared.domain.submission import Channel
from shared.store.today import Today

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
"""12:30 in Moscow."""

FIGURES = Today(
    channels={Channel.FORM: 6, Channel.EMAIL: 3, Channel.PHONE: 1},
    hours=(0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 1, 1),
    registered=9,
    registered_late=2,
    overdue=1,
    unregistered=1,
    accepted=4,
    pending=2,
    undelivered=1,
    not_awaited=1,
    for_people=3,
)


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(0, 0, None), (0, 5, 0), (5, 5, 100), (1, 2, 50), (999, 1000, 99), (1, 1000, 1), (2, 3, 67)],
)
def test_a_share_is_all_only_when_nothing_is_missing_and_none_only_when_nothing_is_there(
    part: int, whole: int, percent: int | None
) -> None:
    assert Share(part, whole).percent == percent


def test_r16_what_has_no_number_after_15_minutes_counts_as_not_in_time() -> None:
    drawn = picture(FIGURES, NOW, MOSCOW)

    assert drawn.in_time == Share(7, 10)


def test_r8_only_tickets_that_are_to_be_accepted_count_for_acceptance() -> None:
    assert picture(FIGURES, NOW, MOSCOW).accepted == Share(4, 8)


def test_the_channels_shares_are_of_all_that_came() -> None:
    channels = picture(FIGURES, NOW, MOSCOW).channels

    assert channels == {Channel.FORM: Share(6, 10), Channel.EMAIL: Share(3, 10), Channel.PHONE: Share(1, 10)}


def test_a_day_goes_from_midnight_to_midnight_of_the_zone() -> None:
    begin, end = day_of(NOW, MOSCOW)

    assert begin == datetime(2026, 11, 19, 21, tzinfo=UTC)
    assert end == datetime(2026, 11, 20, 21, tzinfo=UTC)


def test_every_hour_of_the_day_has_a_bar_as_high_as_its_share_of_the_highest() -> None:
    bars = picture(FIGURES, NOW, MOSCOW).bars

    assert [bar.hour for bar in bars] == [f"{hour:02}:00" for hour in range(24)]
    assert [bar.count for bar in bars] == [*FIGURES.hours, *(None for _ in range(11))]
    highest = bars[10]
    assert bars[9].height == pytest.approx(highest.height / 3, abs=0.01)
    assert all(bar.top + bar.height == pytest.approx(highest.top + highest.height, abs=0.02) for bar in bars)
    assert all(0 <= bar.left < bar.left + bar.width <= 100 and bar.top >= 0 for bar in bars)
    assert all(one.left + one.width < other.left for one, other in itertools.pairwise(bars))


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, 9, tzinfo=UTC), 23), (datetime(2026, 10, 25, 9, tzinfo=UTC), 25)]
)
def test_a_day_on_which_the_clock_is_changed_has_all_its_hours(day: datetime, hours: int) -> None:
    assert len(picture(FIGURES, day, BERLIN).bars) == hours


def test_a_day_without_arrivals_has_bars_without_height() -> None:
    empty = Today(dict.fromkeys(Channel, 0), (0,) * 13, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    drawn = picture(empty, NOW, MOSCOW)

    assert {bar.height for bar in drawn.bars} == {0}
    assert (drawn.in_time.percent, drawn.accepted.percent) == (None, None)
