"""Lists of phrases in a notation that people can read, looked for in clients' texts.

Phrases are parted by commas. `*` ends a word whose ending does not matter ("договор*"), `(один|два)` gives a choice,
`..` stands for whatever comes between two words of a sentence, 60 characters at most. Letter case, ё, and Latin letters
that look like Russian ones do not matter.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from shared.domain.free_text import fold

_BEGINNING = re.compile(r"\b\w{1,3}")
_FIRST_WORDS = re.compile(r"\(([^()]+)\)|(\w+\*?)")
_BETWEEN = r"\b[^.!?\n]{0,60}?\b"
_LENGTH = 3


@dataclass(frozen=True)
class Words:
    """A text in which phrases are looked for.

    Attributes:
        folded: See `fold`.
    """

    folded: str

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The first three letters of all its words."""
        return frozenset(_BEGINNING.findall(self.folded))


class Phrases:
    """Some phrases; each is compiled when a text first has its first word's beginning, which is seldom."""

    def __init__(self, *lists: str) -> None:
        phrases = [phrase.strip() for each in lists for phrase in each.split(",") if phrase.strip()]
        self._by_beginning: dict[str, list[str]] = {}
        for phrase in phrases:
            folded = fold(phrase)
            for beginning in _beginnings(folded):
                self._by_beginning.setdefault(beginning, []).append(folded)
        self._compiled: dict[str, re.Pattern[str]] = {}

    def are_in(self, text: Words) -> bool:
        """Tell whether one of them stands in a text."""
        return any(
            self._pattern(beginning).search(text.folded) for beginning in self._by_beginning.keys() & text.beginnings
        )

    def _pattern(self, beginning: str) -> re.Pattern[str]:
        if (pattern := self._compiled.get(beginning)) is None:
            pattern = re.compile("|".join(map(_expression, self._by_beginning[beginning])))
            self._compiled[beginning] = pattern
        return pattern


def _beginnings(phrase: str) -> set[str]:
    first = _FIRST_WORDS.match(phrase)
    if first is None:
        raise ValueError(f"a phrase begins with no word: {phrase}")
    words = first[1].split("|") if first[1] else [first[2]]
    beginnings = set[str]()
    for word in words:
        letters = word.strip().partition(" ")[0].partition("-")[0]
        if letters.endswith("*") and len(letters) <= _LENGTH:
            raise ValueError(f"too short a beginning: {word}")
        beginnings.add(letters.rstrip("*")[:_LENGTH])
    return beginnings


def _expression(phrase: str) -> str:
    escaped = re.escape(phrase)
    for written, meant in (
        (r"\ \.\.\ ", _BETWEEN),
        (r"\*", r"\w*"),
        (r"\(", "(?:"),
        (r"\)", ")"),
        (r"\|", "|"),
        (r"\ ", r"\s+"),
    ):
        escaped = escaped.replace(written, meant)
    return rf"\b(?:{escaped})\b"
