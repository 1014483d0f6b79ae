"""What somebody looks for: the one box, and the filters beside it, from an address that may hold anything."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.domain.concern import Concern
from shared.domain.contact import parse_email, parse_phone
from shared.domain.submission import Channel
from shared.domain.ticket import Acceptance
from shared.store.desk import TextOf, Wanted
from shared.store.documents import searchable

LONGEST = 200
"""Characters of the box."""

# Alone, or at the head of a title that somebody has copied.
_NUMBER = re.compile(r"(?:\[#([0-9]{1,12})\].*|[#№]\s*([0-9]{1,12})|([0-9]{1,9}))", re.DOTALL)
_PHONE = re.compile(r"[+(]?[0-9][0-9\s()+.–-]{8,28}[0-9]")

_NO_DAY = "День к поиску по тексту не применён: найденное стоит по алфавиту. Уберите текст, чтобы смотреть по дням."
_NO_CHANNEL = "Канал не применён: вместе с причиной внимания он не ищется."
_UNKNOWN = "Не понят фильтр «{}»: он не применён."

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Attributes:
        ticket: The number that the box holds; None when it holds none.
        wanted: Which tickets.
        remarks: What was asked for and can't be done, in Russian.
        chosen: What the page's fields show, and its links carry on: by name, without what is empty.
    """

    ticket: int | None
    wanted: Wanted
    remarks: tuple[str, ...]
    chosen: Mapping[str, str]


def read_search(asked: Mapping[str, str], zone: ZoneInfo) -> Search:
    """Read an address's parameters; what makes no sense is said and left out.

    Args:
        asked: The parameters: `q` the box, `in` where a text is looked for, and the filters `state`, `channel`,
            `concern` and `day`.
        zone: Whose calendar days are meant.
    """
    remarks: list[str] = []

    def choice(name: str, title: str, read: Callable[[str], Choice]) -> Choice | None:
        text = asked.get(name, "")
        if not text:
            return None
        try:
            return read(text)
        except ValueError:
            remarks.append(_UNKNOWN.format(title))
            return None

    query = " ".join(asked.get("q", "")[:LONGEST].split())
    acceptance = choice("state", "состояние", Acceptance)
    channel = choice("channel", "канал", Channel)
    concern = choice("concern", "требует внимания", Concern)
    text_of = choice("in", "искать в", TextOf) or TextOf.TOPIC
    day = _day(asked.get("day", ""))
    if day is None and asked.get("day"):
        remarks.append(_UNKNOWN.format("день"))
    number = _NUMBER.fullmatch(query)
    email, phone = _email(query), _phone(query)
    text = "" if number or email or phone else searchable(query)
    if channel and concern:
        channel = None
        remarks.append(_NO_CHANNEL)
    if text and day:
        day = None
        remarks.append(_NO_DAY)
    since, until = (None, None) if day is None else (_midnight(day, zone), _midnight(day + timedelta(days=1), zone))
    chosen = {
        "q": query,
        "in": text_of if text_of is not TextOf.TOPIC else "",
        "state": acceptance or "",
        "channel": channel or "",
        "concern": concern or "",
        "day": "" if day is None else day.isoformat(),
    }
    return Search(
        ticket=int(number[1] or number[2] or number[3]) if number else None,
        wanted=Wanted(acceptance, channel, concern, since, until, email, phone, text, text_of),
        remarks=tuple(remarks),
        chosen={name: str(value) for name, value in chosen.items() if value},
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # A day has a next one, and both have a place in every zone.
    return day if date.min.year < day.year < date.max.year else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _email(query: str) -> str | None:
    if "@" not in query:
        return None
    try:
        return parse_email(query)
    except ValueError:
        return None


def _phone(query: str) -> str | None:
    if not _PHONE.fullmatch(query):
        return None
    try:
        return parse_phone(query)
    except ValueError:
        return None
