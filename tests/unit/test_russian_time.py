"""Moments as Russian readers see them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.russian_time import format_moment

MOSCOW = ZoneInfo("Europe/Moscow")


def test_a_stored_utc_moment_is_shown_in_moscow_time() -> None:
    assert format_moment(datetime(2026, 11, 23, 6, 0, tzinfo=UTC), MOSCOW) == "23 ноября 2026 г., 09:00 (МСК)"


def test_the_day_and_the_year_are_moscows_too() -> None:
    moment = datetime(2026, 12, 31, 21, 5, tzinfo=UTC)
    assert format_moment(moment, MOSCOW) == "1 января 2027 г., 00:05 (МСК)"


def test_seconds_are_cut_and_never_rounded_up() -> None:
    moment = datetime(2026, 5, 9, 23, 59, 59, 999_999, tzinfo=MOSCOW)
    assert format_moment(moment, MOSCOW) == "9 мая 2026 г., 23:59 (МСК)"


def test_another_zone_is_not_called_moscow_time() -> None:
    moment = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert format_moment(moment, ZoneInfo("Asia/Yekaterinburg")) == "23 ноября 2026 г., 11:00"


@pytest.mark.parametrize(
    ("month", "name"),
    [
        (1, "января"),
        (2, "февраля"),
        (3, "марта"),
        (4, "апреля"),
        (5, "мая"),
        (6, "июня"),
        (7, "июля"),
        (8, "августа"),
        (9, "сентября"),
        (10, "октября"),
        (11, "ноября"),
        (12, "декабря"),
    ],
)
def test_months_stand_in_the_genitive(month: int, name: str) -> None:
    moment = datetime(2026, month, 2, 12, 30, tzinfo=MOSCOW)
    assert format_moment(moment, MOSCOW) == f"2 {name} 2026 г., 12:30 (МСК)"


def test_a_naive_moment_is_refused() -> None:
    naive = datetime(2026, 11, 23, 6, 0)  # noqa: DTZ001 (a naive moment is what is tested)
    with pytest.raises(ValueError, match="needs a time zone"):
        format_moment(naive, MOSCOW)
