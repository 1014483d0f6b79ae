"""Whether two requests of one contact are the same, related, or have nothing to do with each other (R15, R5r)."""

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
    said, before = (
        " ".join(f"{each.details.subject} {each.details.description}".casefold().split()) for each in (later, earlier)
    )
    if said == before:
        return Judgement(Verdict.SAME, 1.0, ("the same words",))
    return Judgement(Verdict.OTHER, 0.0, ())
