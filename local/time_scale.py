"""`TIME_SCALE=60 make run`: a clock that runs as many times as fast as the real one, the same in every process."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from local.errors import StackError

MOST = 600
_SCALE, _ORIGIN = "TIME_SCALE", "TIME_ORIGIN"


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Shows the real time at its origin, and from then on runs `scale` times as fast.

    Attributes:
        scale: From 1 (the real clock) to 600.
        origin: Aware; processes that share it agree on the time.
    """

    scale: float
    origin: datetime

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """The clock that TIME_SCALE asks for, with the origin that the supervisor has set; now where it has not.

        Raises:
            StackError: TIME_SCALE is no number from 1 to 600, or TIME_ORIGIN is no time with a zone.
        """
        text, origin_text = environ.get(_SCALE, "1"), environ.get(_ORIGIN)
        try:
            scale = float(text)
        except ValueError:
            scale = math.nan
        if not 1 <= scale <= MOST:
            raise StackError(f"{_SCALE} is a number from 1 to {MOST}, not {text!r}.")
        try:
            origin = datetime.fromisoformat(origin_text) if origin_text else datetime.now(UTC)
        except ValueError:
            origin = datetime.min  # noqa: DTZ901  # is refused below
        if origin.tzinfo is None:
            raise StackError(f"{_ORIGIN} is a time with a zone, not {origin_text!r}; the stack sets it by itself.")
        return cls(scale, origin)

    @property
    def is_real(self) -> bool:
        """Whether it is nothing but the real clock."""
        return self.scale == 1

    @property
    def settings(self) -> Mapping[str, str]:
        """What makes the same clock in another process."""
        return {_SCALE: f"{self.scale:g}", _ORIGIN: self.origin.isoformat()}

    def now(self) -> datetime:
        """The time, aware and in UTC."""
        real = datetime.now(UTC)
        return real if self.is_real else self.origin + (real - self.origin) * self.scale

    def real_seconds(self, seconds: float) -> float:
        """How long so many of its seconds take."""
        return seconds / self.scale
