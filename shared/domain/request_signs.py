"""What a request says of itself: that it comes once more, or belongs to an earlier one (R15, R5r)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.domain.request_turns import (
    DEMAND,
    DEMAND_OF_ANSWER,
    MOVES_ON,
    PLURAL_PAST,
    PROGRESS,
    REFERS,
    REPEATED,
    TO_DO,
    TOLD,
)

_SENTENCE_END = re.compile(r"[.!]")
_ASKED_WITHIN = 4000
"""Characters in which questions are looked for."""

_BELONGING = frozenset({"it came back", "it spread", "it was answered", "it is withdrawn or changed"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What a text says of itself.

    Attributes:
        repeated: That it is sent once more.
        told: That its sender has been in touch before.
        moves_on: Why it is more than a repetition, in English.
        refers: That it belongs to an earlier request.
    """

    repeated: bool
    told: bool
    moves_on: tuple[str, ...]
    refers: bool

    @property
    def says_something(self) -> bool:
        """Tell whether it says anything of itself."""
        return self.repeated or self.told or self.refers or bool(self.moves_on)

    @property
    def belongs(self) -> bool:
        """Tell whether it can't be understood but as a further word about something."""
        return self.refers or not _BELONGING.isdisjoint(self.moves_on)


def signs_of(said: str, before: str) -> Signs:
    """Read what a plain text says of itself; turns of speech that stood in the earlier text as well say nothing."""
    turns = {turn: any(found not in before for found in where) for turn, where in _turns(said).items()}
    if not turns["it was answered"]:
        wanted = TO_DO.findall(before)
        turns["it was answered"] = any(done.startswith(tuple(wanted)) for done in PLURAL_PAST.findall(said))
    return Signs(
        repeated=turns["repeated"],
        told=turns["told"],
        moves_on=tuple(turn for turn in MOVES_ON if turns[turn]),
        refers=turns["refers"],
    )


@lru_cache(maxsize=2)  # one request is compared with many
def _turns(said: str) -> Mapping[str, frozenset[str]]:
    """Find the turns of speech by what they mean."""
    new = REPEATED.sub(" ", said)
    if "раньше" in new:
        new = new.replace("теперь", " ")  # how it was before an update, and how it is now
    turns = {turn: _found(pattern, new) for turn, pattern in MOVES_ON.items()}
    for turn, pattern in (("repeated", REPEATED), ("told", TOLD), ("refers", REFERS)):
        turns[turn] = _found(pattern, said)
    return turns


def _found(pattern: re.Pattern[str], said: str) -> frozenset[str]:
    return frozenset(found[0] for found in pattern.finditer(said))


def mentions_before(said: str) -> bool:
    """Tell whether a plain sentence mentions that something was asked before."""
    return bool(TOLD.search(said))


def without_signs(said: str) -> str:
    """Blank out of a plain text what only says that it is a repetition."""
    return TOLD.sub(" ", REPEATED.sub(" ", said))


def new_questions(said: str) -> tuple[str, ...]:
    """Give the questions of a plain text, but those of how far the request has come."""
    *questions, _ = said[:_ASKED_WITHIN].split("?")
    sentences = [_SENTENCE_END.split(each)[-1].strip() for each in questions]
    return tuple(each for each in sentences if each and not PROGRESS.search(each))


def demands_more(said: str, before: str) -> bool:
    """Tell whether a plain text asks for something to be done, but for an answer, that the earlier one does not ask."""
    return any(each not in before and not DEMAND_OF_ANSWER.fullmatch(each) for each in DEMAND.findall(said))
