"""How much two texts have in common, word by word (R15)."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.request_text import Part, weight

_MOST_WORDS = 400
_LEAST_LETTERS = 4
_SLIP = 0.88
"""Jaro-Winkler similarity from which two words are one with a slip, or with another ending."""

_FRAME = 0.5
"""Share of two sentences' words that stand in the same order, from which another word in a place was put there."""

_LEAST_WORDS = 3
_MOST_SENTENCES = 40


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two texts have in common.

    Attributes:
        of_earlier: Share of the earlier one's words that are in the later one, too, by their weight; 0 to 1.
        of_later: The same of the later one's.
        only_earlier: Stems that only the earlier one has.
        only_later: Stems that only the later one has.
        telling_in_common: Number of the words in common that are not in every other request.
    """

    of_earlier: float
    of_later: float
    only_earlier: tuple[str, ...]
    only_later: tuple[str, ...]
    telling_in_common: int

    @property
    def least(self) -> float:
        """The smaller one of the two shares."""
        return min(self.of_earlier, self.of_later)

    @property
    def most(self) -> float:
        """The greater one of the two shares."""
        return max(self.of_earlier, self.of_later)

    @property
    def score(self) -> float:
        """How alike the two are as a whole."""
        return (self.of_earlier + self.of_later) / 2


def liken(earlier: Part, later: Part) -> Likeness:
    """Compare the words of two texts; those that differ by a slip or an ending are alike."""
    of_earlier, of_later = earlier.stems, later.stems
    both = of_earlier & of_later
    only_earlier, only_later = of_earlier - both, of_later - both
    matched = _alike(only_earlier, only_later) if only_earlier and only_later else {}
    rest_earlier, rest_later = only_earlier - matched.keys(), only_later - {*matched.values()}
    return Likeness(
        of_earlier=_share(of_earlier, rest_earlier),
        of_later=_share(of_later, rest_later),
        only_earlier=tuple(sorted(rest_earlier)),
        only_later=tuple(sorted(rest_later)),
        telling_in_common=len((both & earlier.telling) | (matched.keys() & earlier.telling)),
    )


def _share(words: frozenset[str], missing: frozenset[str]) -> float:
    whole = sum(map(weight, words))
    return 1 - sum(map(weight, missing)) / whole if whole else 0.0


def _alike(some: frozenset[str], others: frozenset[str]) -> dict[str, str]:
    # Functions that only read submissions do without it.
    from rapidfuzz import process  # noqa: PLC0415
    from rapidfuzz.distance import JaroWinkler  # noqa: PLC0415

    left = {each for each in sorted(others)[:_MOST_WORDS] if len(each) >= _LEAST_LETTERS and each[0] != "#"}
    found: dict[str, str] = {}
    for each in sorted(some)[:_MOST_WORDS]:
        if len(each) < _LEAST_LETTERS or each[0] == "#" or not left:
            continue
        best = process.extractOne(each, left, scorer=JaroWinkler.similarity, score_cutoff=_SLIP)
        if best:
            found[each] = best[0]
            left.discard(best[0])
    return found


def is_filled_in_anew(earlier: Sequence[str], later: Sequence[str]) -> bool:
    """Tell whether a sentence of the later text is one of the earlier text with other words in their places.

    That is how people ask the same for another door or guest; who asks once more either uses the same words or others.

    Args:
        earlier: The earlier text's sentences.
        later: The later text's, without those that only mention the earlier request.
    """
    # Functions that only read submissions do without it.
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415

    some, others = ([Part(each) for each in sentences[:_MOST_SENTENCES]] for sentences in (earlier, later))
    said_before = frozenset[str]().union(*(each.stems for each in some))
    said_now = frozenset[str]().union(*(each.stems for each in others))
    for one in some:
        for other in others:
            if len(one.stems & other.stems) < _LEAST_WORDS - 1:
                continue
            left, right = one.sequence, other.sequence
            steps = Levenshtein.opcodes(left, right)
            kept = sum(step.src_end - step.src_start for step in steps if step.tag == "equal")
            if kept < _FRAME * max(len(left), len(right)):
                continue
            for step in steps:
                gone = one.telling.intersection(left[step.src_start : step.src_end]) - said_now
                come = other.telling.intersection(right[step.dest_start : step.dest_end]) - said_before
                if step.tag == "replace" and gone and come and not _alike(gone, come):
                    return True
    return False
