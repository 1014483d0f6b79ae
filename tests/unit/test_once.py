"""What a process makes at its first request: one, however many threads come first."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest

from shared.once import once

TOGETHER = 8


def test_threads_that_come_together_get_one_and_the_same() -> None:
    barrier, second = Barrier(TOGETHER), Barrier(2)
    made: list[object] = []

    @once
    def make() -> object:
        # If there were a second one, the two would meet here.
        with suppress(BrokenBarrierError):
            second.wait(0.3)
        made.append(object())
        return made[-1]

    got: list[object] = []

    def ask() -> None:
        barrier.wait(10)
        got.append(make())

    threads = [Thread(target=ask) for _ in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(made) == 1
    assert got == made * TOGETHER


def test_what_failed_is_made_anew() -> None:
    tries: list[int] = []

    @once
    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("the settings are not there yet")
        return "made"

    with pytest.raises(ValueError, match="not there yet"):
        make()

    assert [make(), make()] == ["made", "made"]
    assert len(tries) == 2
