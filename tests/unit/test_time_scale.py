"""The clock of TIME_SCALE."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from local.errors import StackError
from local.time_scale import ScaledClock


def test_without_a_scale_it_is_the_real_clock() -> None:
    clock = ScaledClock.of({})

    assert clock.is_real
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert clock.real_seconds(60) == 60


def test_it_shows_the_real_time_at_its_origin_and_runs_faster_from_then_on() -> None:
    clock = ScaledClock(600, datetime.now(UTC) - timedelta(minutes=1))

    ahead = clock.now() - datetime.now(UTC)
    before = clock.now()
    time.sleep(0.1)
    passed = clock.now() - before

    assert timedelta(minutes=599) <= ahead <= timedelta(minutes=700)
    assert timedelta(seconds=60) <= passed < timedelta(minutes=30)
    assert clock.now().tzinfo is UTC
    assert clock.real_seconds(60) == 0.1


def test_its_settings_make_the_same_clock_elsewhere() -> None:
    clock = ScaledClock.of({"TIME_SCALE": "60.5"})

    assert ScaledClock.of(clock.settings) == clock
    assert not clock.is_real


@pytest.mark.parametrize("scale", ["1", "1.0", "600", "2.5"])
def test_a_scale_at_its_bounds_is_taken(scale: str) -> None:
    assert ScaledClock.of({"TIME_SCALE": scale}).scale == float(scale)


@pytest.mark.parametrize("scale", ["", "fast", "0", "0.99", "-60", "600.1", "nan", "inf", "60x"])
def test_another_scale_is_refused_with_the_reason(scale: str) -> None:
    with pytest.raises(StackError, match="TIME_SCALE is a number from 1 to 600"):
        ScaledClock.of({"TIME_SCALE": scale})


@pytest.mark.parametrize("origin", ["yesterday", "2026-11-25T10:00:00"])
def test_an_origin_without_a_zone_is_refused(origin: str) -> None:
    with pytest.raises(StackError, match="TIME_ORIGIN"):
        ScaledClock.of({"TIME_SCALE": "60", "TIME_ORIGIN": origin})
