"""Whether two requests of one contact are the same, related, or have nothing to do with each other (R15, R5r).

How it is judged, and why, is told in docs/adr/0016-recognising-requests.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.submission import Submission


class Verdict(StrEnum):
    """What the later of two requests is to the earlier one."""

    SAME = "same"
    """The same request once more: one number is enough for both."""
    RELATED = "related"
    """A request of its own that belongs to the earlier one."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what speaks for it.

    Attributes:
        score: How alike they are, 0 to 1; of several earlier requests the most alike one counts.
        reasons: In English, for the log and the people who look at it.
    """

    verdict: Verdict
    score: float
    reasons: tuple[str, ...]


def judge(earlier: Submission, later: Submission) -> Judgement:
    """Judge a request against an earlier one of the same contact.

    A wrong `SAME` hides somebody's request, a missed one costs a letter: in doubt it is not the same.
    """
    # With its many regular expressions: only a client who has asked before has to load it.
    from shared.domain.request_pair import AT_ODDS, pair_of  # noqa: PLC0415

    pair = pair_of(earlier, later)
    if pair is None:
        return Judgement(Verdict.OTHER, 0.0, ())
    objections = pair.objections() if pair.may_be_same else ()
    if pair.may_be_same and not objections:
        if agreement := pair.agreement():
            return Judgement(Verdict.SAME, pair.score, agreement)
        if pair.is_filled_in_anew:
            objections = ("the same sentence anew",)
    if not AT_ODDS.isdisjoint(objections) and not pair.signs.belongs:
        return Judgement(Verdict.OTHER, pair.score, objections)
    if belonging := pair.belonging():
        return Judgement(Verdict.RELATED, pair.score, belonging)
    return Judgement(Verdict.OTHER, pair.score, objections)
