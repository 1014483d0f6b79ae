"""Moments and sizes as people who look at a page all day want them: short."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.russian_time import format_moment

_KIBIBYTE, _MEBIBYTE = 2**10, 2**20


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as a page shows it.

    Attributes:
        short: Such as «сегодня, 14:05».
        full: Such as «23 ноября 2026 г., 14:05 (МСК)».
        machine: RFC 3339.
    """

    short: str
    full: str
    machine: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Writes moments as they look from a present.

    Attributes:
        now: The present, aware.
        zone: In which times are shown.
    """

    now: datetime
    zone: ZoneInfo

    def moment(self, at: datetime) -> Moment:
        """Write a moment."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        days = {today: "сегодня", today - timedelta(days=1): "вчера", today + timedelta(days=1): "завтра"}
        day = days.get(local.date(), f"{local:%d.%m.%Y}")
        return Moment(f"{day}, {local:%H:%M}", format_moment(at, self.zone), local.isoformat(timespec="seconds"))

    def maybe(self, at: datetime | None) -> Moment | None:
        """Write a moment that may not have come."""
        return None if at is None else self.moment(at)


def size(count: int) -> str:
    """Write a number of bytes."""
    if count < _KIBIBYTE:
        return f"{count} Б"
    if count < _MEBIBYTE:
        return f"{round(count / _KIBIBYTE)} КБ"
    return f"{count / _MEBIBYTE:.1f} МБ".replace(".", ",")
