"""Two requests side by side: what speaks for and against their being the same (R15, R5r)."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from shared.domain.differences import adds_nothing, denies, differences
from shared.domain.likeness import Likeness, is_filled_in_anew, liken
from shared.domain.request_facts import plain
from shared.domain.request_signs import Signs, demands_more, mentions_before, new_questions, signs_of, without_signs
from shared.domain.request_text import Part, RequestText, read_text
from shared.domain.submission import Submission

_UNMISTAKABLE = 5
"""So many words, of the same kind as below, are hardly said of two things."""

_ENOUGH = 6
"""So many in common say that two texts in other words are about one thing."""

_TELLING_WORDS = 3
"""Fewer words than these, numbers and those of every other request aside, may be said of many things."""

_WORDS_NEEDED = (
    (timedelta(minutes=10), 0),
    (timedelta(hours=1), _TELLING_WORDS),
    (timedelta(hours=24), _UNMISTAKABLE),
    (timedelta.max, 8),
)
"""Words of that kind which the very same text must have, by the time after which it came again: pressed twice, sent
twice, or the same trouble on another day."""

# Shares of a text's words, by weight, that are in the other one.
_ALIKE = 0.9
_MOSTLY = 0.6
_HALF = 0.5
_PARTLY = 0.35
_HARDLY = 0.2

_LITTLE = 4
"""A fewer part of the shorter text's words than one in so many is nothing in common."""

_FEW = 2
"""New words that even a short retelling may have."""

_PREFACE = 4
"""Words beside those about the correspondence that may introduce a request that is sent again."""

_TODAY = re.compile(r"\b(?:сегодня|сейчас|today|now)\b")

AT_ODDS = frozenset(
    {"other numbers", "other names", "another place", "another sender", "for another one", "the same sentence anew"}
)
"""Objections because of which a request does not even belong to the earlier one that it may mention."""

_NAME_BEGINS = 4
"""Letters by which a word is taken for the sender's name, whatever its ending."""


def pair_of(earlier: Submission, later: Submission) -> "Pair | None":
    """Read two requests; None when a glance shows that they have nothing to do with each other."""
    before, said = (read_text(each.details.subject, each.details.description) for each in (earlier, later))
    signs = signs_of(said.own.plain, before.own.plain)
    if not signs.says_something and not said.quote.text:
        in_common = len(before.own.words & said.own.words)
        if in_common * _LITTLE < min(len(before.own.words), len(said.own.words)):
            return None
    return Pair(earlier, later, before, said, signs)


@dataclass(frozen=True)  # no slots: of most pairs little is looked at
class Pair:
    """Two requests with what was read from them; `said` and `signs` are the later one's."""

    earlier: Submission
    later: Submission
    before: RequestText
    said: RequestText
    signs: Signs

    @cached_property
    def likeness(self) -> Likeness:
        """How much their words have in common."""
        return liken(self.before.own, self.said.own)

    @cached_property
    def is_quoted(self) -> bool:
        """Whether the later request holds the earlier one, whole, as a quotation."""
        return bool(self.said.quote.text) and liken(self.before.body, self.said.quote).of_earlier >= _ALIKE

    @cached_property
    def is_filled_in_anew(self) -> bool:
        """Whether a sentence came again with other words in it."""
        later = [each for each in self.said.sentences if not mentions_before(plain(each))]
        return is_filled_in_anew(self.before.sentences, later)

    @property
    def may_be_same(self) -> bool:
        """Whether it is worth asking what speaks against it."""
        return self.is_quoted or self.likeness.most >= _PARTLY

    @property
    def score(self) -> float:
        """How alike they are, 0 to 1."""
        return 1.0 if self.is_quoted else round(self.likeness.score, 3)

    def objections(self) -> tuple[str, ...]:
        """Give what forbids to take the two for the same."""
        objections = [*self.signs.moves_on]
        if self.signs.refers:
            objections.append("it refers to a request")
        objections += differences(self.earlier, self.later, self.before, self.said)
        if self.signs.told and _TODAY.search(self.said.news.plain) and not _TODAY.search(self.before.own.plain):
            objections.append("what is today")
        if any(map(self._is_new, new_questions(self.said.own.plain))):
            objections.append("another question")
        return tuple(dict.fromkeys(objections))

    def _is_new(self, question: str) -> bool:
        stems = Part(without_signs(question)).stems
        return len(stems & self.before.own.stems) < _MOSTLY * len(stems)

    def agreement(self) -> tuple[str, ...]:
        """Give what makes the two the same if nothing forbids it; nothing when that is not enough."""
        if self.is_quoted:
            nothing_new = ("it is quoted whole", "nothing new above the quotation")
            return nothing_new if self._says_nothing_above_the_quotation() else ()
        if not (self.before.is_whole and self.said.is_whole):
            return ("the same text",) if self.earlier.details == self.later.details else ()
        tells = min(len(self.before.own.telling), len(self.said.own.telling))
        if self.before.own.tokens == self.said.own.tokens:
            apart = abs(self.later.received_at - self.earlier.received_at)
            needed = next(words for within, words in _WORDS_NEEDED if apart <= within)
            return ("the same words",) if tells >= needed else ()
        if tells < _TELLING_WORDS or self.is_filled_in_anew:
            return ()
        return self._told_again() or self._said_alike()

    def _says_nothing_above_the_quotation(self) -> bool:
        above = Part(without_signs(self.said.own.plain))
        name = self.earlier.contact.name.lower().replace("ё", "е")
        new = [
            each
            for each in above.stems - self.said.quote.stems - self.before.own.stems
            if each[:_NAME_BEGINS] not in name
        ]
        if any(each.startswith("#") for each in new) or above.facts.kinds.keys() - self.said.quote.facts.kinds.keys():
            return False
        if demands_more(above.plain, self.said.quote.plain):
            return False
        return self._may_add(new)

    def _may_add(self, new: Collection[str]) -> bool:
        """Tell whether some stems may be no more than words about sending it again."""
        return not new or (len(new) <= _PREFACE and (self.signs.repeated or self.signs.told))

    def _told_again(self) -> tuple[str, ...]:
        """Told once more in other words: it says so, most of it was said, and little else is."""
        if not (self.signs.repeated or self.signs.told) or self.likeness.least < _HARDLY:
            return ()
        in_common = self.likeness.telling_in_common
        if self.likeness.score < _HALF or in_common < (_UNMISTAKABLE if self.likeness.least >= _MOSTLY else _ENOUGH):
            return ()
        news = self.said.news
        new = news.telling - self.before.own.stems
        if len(new) > _FEW and len(new) > len(news.telling) * _MOSTLY:
            return ()
        says = "it says that it is sent again" if self.signs.repeated else "it tells of an earlier message"
        return (says, f"{self.likeness.most:.0%} of the words in common")

    def _said_alike(self) -> tuple[str, ...]:
        before, said = self.before.own, self.said.own
        if denies(before.plain) != denies(said.plain):
            return ()
        if before.numbers.strong & said.numbers.strong and self.likeness.least >= _MOSTLY:
            return ("the same numbers", f"{self.likeness.most:.0%} of the words in common")
        tells = min(len(before.telling), len(said.telling))
        if tells < _UNMISTAKABLE or self.likeness.most < _ALIKE or not self._may_add(said.telling - before.telling):
            return ()
        shorter, longer = sorted((before, said), key=lambda part: len(part.stems))
        if (
            shorter.named_words <= longer.words
            and adds_nothing(shorter, longer)
            and not demands_more(said.plain, before.plain)
        ):
            return ("nearly the same words",)
        return ()

    def belonging(self) -> tuple[str, ...]:
        """Give what makes the later request belong to the earlier one; nothing when it does not."""
        if self.signs.refers:
            return ("it refers to a request",)
        if not self.likeness.telling_in_common or self.likeness.most < _HARDLY:
            return ()
        if self.signs.belongs:
            return self.signs.moves_on
        if (self.signs.repeated or self.signs.told) and self.likeness.score >= _PARTLY:
            return ("it tells of an earlier message",)
        return ()
