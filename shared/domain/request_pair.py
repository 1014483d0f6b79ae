"""Two requests side by side: what speaks for and against their being the same (R15, R5r)."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from shared.domain.differences import adds_nothing, denies, differences
from shared.domain.likeness import Likeness, is_filled_in_anew, liken
from shared.domain.request_signs import Signs, demands_more, mentions_before, new_questions, signs_of, without_signs
from shared.domain.request_text import Part, RequestText, read_text
from shared.domain.submission import Submission

_TWICE_AT_ONCE = timedelta(minutes=10)
"""Within this time even a text that says nothing is sent twice by mistake rather than about two things."""

_TELLING_WORDS = 3
"""Fewer words than these, numbers and those of every other request aside, may be said of many things."""

_ALIKE = 0.9
_NEARLY = 0.8
_MOSTLY = 0.6
_RATHER = 0.4
_PARTLY = 0.35
_LITTLE_OF_IT = 0.25
_HARDLY = 0.2

_LITTLE = 4
"""A fewer part of the shorter text's words than one in so many is nothing in common."""

_ABOVE_A_QUOTATION = 6
"""Words that may stand above a quoted request without saying anything new."""


AT_ODDS = frozenset(
    {"other numbers", "other names", "another place", "another sender", "for another one", "the same sentence anew"}
)
"""Objections because of which a request does not even belong to the earlier one that it may mention."""

_NAME_BEGINS = 4

_SENTENCE_END = re.compile(r"[.!?;](?= |$)")


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
        earlier, later = (_SENTENCE_END.split(each.body.plain) for each in (self.before, self.said))
        return is_filled_in_anew(earlier, [each for each in later if not mentions_before(each)])

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
        if self.before.own.words == self.said.own.words and self.likeness.least == 1:
            at_once = abs(self.later.received_at - self.earlier.received_at) <= _TWICE_AT_ONCE
            return ("the same words",) if at_once or tells >= _TELLING_WORDS else ()
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
        return len(new) <= (_ABOVE_A_QUOTATION if self.signs.repeated or self.signs.told else 1)

    def _told_again(self) -> tuple[str, ...]:
        if self.likeness.telling_in_common < _TELLING_WORDS or self.likeness.least < _LITTLE_OF_IT:
            return ()
        share = f"{self.likeness.most:.0%} of the words in common"
        if self.signs.repeated and (self.likeness.least >= _PARTLY or self.likeness.most >= _MOSTLY):
            return ("it says that it is sent again", share)
        if self.signs.told and (self.likeness.least >= _RATHER or self.likeness.most >= _MOSTLY):
            return ("it tells of an earlier message", share)
        return ()

    def _said_alike(self) -> tuple[str, ...]:
        before, said = self.before.own, self.said.own
        if denies(before.plain) != denies(said.plain):
            return ()
        if before.numbers.strong & said.numbers.strong and self.likeness.least >= _MOSTLY:
            return ("the same numbers", f"{self.likeness.most:.0%} of the words in common")
        shorter, longer = sorted((before, said), key=lambda part: len(part.words))
        if shorter.words <= longer.words and self.likeness.least >= _NEARLY and adds_nothing(shorter, longer):
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
