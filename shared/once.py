"""What a process makes at its first request, and keeps."""

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TypeVar

Made = TypeVar("Made")


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """Call a function at the first call only, whichever threads come first; the others wait, and get the same.

    `functools.cache` alone would let each of the threads that come together make one. What failed is tried again.
    """
    making, made = Lock(), cache(make)

    def get() -> Made:
        with making:
            return made()

    return get
