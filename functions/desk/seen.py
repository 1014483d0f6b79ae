"""What a page has shown of a ticket's history, so that nobody acts on what he has not seen."""

from collections.abc import Iterable
from hashlib import blake2b

from shared.domain.history import Event, HistoryEntry

SEEN = "seen"
"""Name of a form's hidden field."""

_OF_NO_CONSEQUENCE = frozenset({Event.HANDED_ON, Event.EXPORTED})
"""Events that nobody would decide otherwise for."""


def of_consequence(history: Iterable[HistoryEntry]) -> list[HistoryEntry]:
    """Give the lines that somebody who decides has to know."""
    return [line for line in history if line.event not in _OF_NO_CONSEQUENCE]


def seen_mark(history: Iterable[HistoryEntry]) -> str:
    """Write down which lines a page shows."""
    # Not how many: a line that tells of a letter's delivery may come in between those that are there.
    return ".".join(_mark(line) for line in of_consequence(history))


def unseen(history: Iterable[HistoryEntry], mark: str) -> list[HistoryEntry]:
    """Give the lines that were not there when the page with this mark was shown."""
    known = set(mark.split("."))
    return [line for line in of_consequence(history) if _mark(line) not in known]


def _mark(line: HistoryEntry) -> str:
    return blake2b(line.id.encode(), digest_size=4).hexdigest()
