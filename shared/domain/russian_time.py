"""Moments as Russian readers expect to see them."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_MONTHS_IN_GENITIVE: Final = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)


def format_moment(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment for clients and specialists: «23 ноября 2026 г., 09:00 (МСК)».

    The time is the zone's wall time to the minute, cut and not rounded. « (МСК)» follows only in the zone
    Europe/Moscow.

    Raises:
        ValueError: The moment is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"the moment {moment.isoformat()} needs a time zone")
    local = moment.astimezone(zone)
    month = _MONTHS_IN_GENITIVE[local.month - 1]
    suffix = " (МСК)" if zone.key == "Europe/Moscow" else ""
    return f"{local.day} {month} {local.year} г., {local:%H:%M}{suffix}"
