"""What a page has shown of a ticket's history, so that nobody acts on what he has not seen."""

from collections.abc import Iterable
from hashlib import blake2b

from shared.domain.history import Event, HistoryEntry

SEEN = "seen"
"""Name of a form's hidden field."""

_OF_NO_CONSEQUENCE = frozenset({Event.HANDED_ON, Event.EXPORTED})
"""Events that nobody would decide otherwise for."""

_OF_LETTERS = frozenset({Event.ACCEPTED, Event.UNDELIVERABLE, Event.ACCEPTANCE_REVOKED, Event.REMINDED})
"""What becomes of letters by itself: it bears on who writes or calls, and on nothing else."""


def of_consequence(history: Iterable[HistoryEntry], *, letters: bool = True) -> list[HistoryEntry]:
    """Give the lines that somebody who decides has to know.

    Args:
        history: All lines.
        letters: Whether what became of letters bears on the decision.
    """
    left_out = _OF_NO_CONSEQUENCE if letters else _OF_NO_CONSEQUENCE | _OF_LETTERS
    return [line for line in history if line.event not in left_out]


def seen_mark(history: Iterable[HistoryEntry]) -> str:
    """Write down which lines a page shows."""
    # Not how many: a line that tells of a letter's delivery may come in between those that are there.
    return ".".join(_mark(line) for line in of_consequence(history))


def unseen(history: Iterable[HistoryEntry], mark: str, *, letters: bool = True) -> list[HistoryEntry]:
    """Give the lines that were not there when the page with this mark was shown; `letters`: see `of_consequence`."""
    known = set(mark.split("."))
    return [line for line in of_consequence(history, letters=letters) if _mark(line) not in known]


def _mark(line: HistoryEntry) -> str:
    return blake2b(line.id.encode(), digest_size=4).hexdigest()
