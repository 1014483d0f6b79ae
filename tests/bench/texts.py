"""How well clients' words are read: precision and recall on labelled texts (tests/labelled/README.md)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.domain.answers import answers
from shared.domain.applicability import needs_device_data
from shared.domain.clarity import is_unclear
from shared.domain.completeness import DEVICE_DATA
from shared.domain.extraction import Extracted, extract
from shared.domain.submission import Details

LABELLED = Path(__file__).parents[1] / "labelled"
DEV, HELD_OUT = "texts_dev.jsonl", "texts_heldout.jsonl"
VALUES = ("product_version", "device_model", "os_version", "phone")
FIELDS = (*VALUES, "steps", "unclear", "no_device_data")
"""`no_device_data`: what is counted is that phone and app have no meaning for a request, the rarer answer."""

_ONE_NUMBER = re.compile(r"[^\d,]+(\d[\d.]*)")

Labelled = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Score:
    """How often a field was read rightly.

    Attributes:
        right: Given as labelled.
        wrong: Given, and another value or none is labelled.
        missed: Labelled, and nothing or another value was given.
    """

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """What is right of what is given."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """What is given rightly of what is labelled."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


def labelled_texts(name: str) -> list[Labelled]:
    """Read one half of the labelled texts."""
    return [json.loads(line) for line in (LABELLED / name).read_text(encoding="utf-8").splitlines()]


def quality() -> None:
    """Print a line for each half and field."""
    for half, name in (("dev", DEV), ("held_out", HELD_OUT)):
        texts = labelled_texts(name)
        for field, score in scores(texts).items():
            print(  # noqa: T201  # that is what a benchmark is for
                f"BENCH extraction_quality half={half} field={field} precision={score.precision:.3f}"
                f" recall={score.recall:.3f} right={score.right} wrong={score.wrong} missed={score.missed}"
                f" texts={len(texts)}",
                flush=True,
            )


def scores(texts: Sequence[Labelled]) -> dict[str, Score]:
    """Score each field over some texts."""
    judged = [judge(text) for text in texts]
    return {
        field: Score(*(sum(each[field][place] for each in judged if field in each) for place in range(3)))
        for field in FIELDS
    }


def judge(text: Labelled) -> dict[str, tuple[bool, bool, bool]]:
    """Tell of each field whether it was read rightly, wrongly, and missed.

    Replies are read as answers to a request for everything; what they are about stands in the first letter.
    """
    words = str(text["text"])
    reply = text["channel"] == "reply"
    said = answers(words, DEVICE_DATA) if reply else extract(words)
    found = {field: _judge_value(getattr(said, field) or "", text[field], field) for field in VALUES}
    found["steps"] = _judge_flag(given=bool(said.steps), labelled=bool(text["steps"]))
    if not reply:
        details = _details(str(text["subject"]), words, said)
        found["unclear"] = _judge_flag(given=is_unclear(details), labelled=text["description"] == "unclear")
        found["no_device_data"] = _judge_flag(given=not needs_device_data(details), labelled=not text["device_data"])
    return found


def _details(subject: str, words: str, said: Extracted) -> Details:
    return Details(
        subject=subject,
        description=words,
        steps=said.steps,
        product_version=said.product_version,
        device_model=said.device_model,
        os_version=said.os_version,
        urgent=False,
        previous_ticket=None,
    )


def _judge_value(given: str, labelled: object, field: str) -> tuple[bool, bool, bool]:
    accepted = set(map(_normal, _strings(labelled)))
    # A bare number is labelled where a label or its place tells that it is the system's: "iOS: 17" says no more.
    bare = field == "os_version" and (number := _ONE_NUMBER.fullmatch(given)) and number[1] in accepted
    right = bool(given) and (bool(bare) or _normal(given) in accepted)
    return right, bool(given) and not right, bool(accepted) and not right


def _judge_flag(*, given: bool, labelled: bool) -> tuple[bool, bool, bool]:
    return given and labelled, given and not labelled, labelled and not given


def _strings(labelled: object) -> Iterator[str]:
    values = labelled if isinstance(labelled, list) else [labelled]
    return (str(value) for value in values if value)


def _normal(value: str) -> str:
    """Make values comparable: case, ё, colons, spaces and a v before the number mean nothing."""
    return " ".join(value.lower().replace("ё", "е").replace(":", " ").split()).removeprefix("v").strip()
