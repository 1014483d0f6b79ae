"""Benchmark of the judge of duplicates: how right it is on labelled pairs (tests/labelled/README.md)."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from local.processes import ROOT
from shared.domain.contact import Contact
from shared.domain.extraction import extract
from shared.domain.similarity import Verdict, judge
from shared.domain.submission import Channel, Details, File, Submission

DEV = "pairs_dev.jsonl"
MORE = "pairs_more.jsonl"
HELD_OUT = "pairs_heldout.jsonl"
FRESH = "pairs_fresh.jsonl"
"""Only for measuring: see tests/labelled/README.md. Nothing here prints a single pair."""

_BEGUN_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Totals:
    """Shares of what was judged to be something that is it, and of what is something that was judged so; 0 to 1."""

    precision: float
    recall: float

    def __ge__(self, other: "Totals") -> bool:
        """Tell whether neither is worse."""
        return self.precision >= other.precision and self.recall >= other.recall


@dataclass(frozen=True, slots=True)
class Measured:
    """How many pairs with which label were judged how."""

    counts: Counter[tuple[Verdict, Verdict]]

    def of(self, verdict: Verdict) -> Totals:
        """Give the totals of a verdict; the precision of one that was never given is 1."""
        right = self.counts[verdict, verdict]
        given = sum(count for (_, judged), count in self.counts.items() if judged is verdict)
        true = sum(count for (label, _), count in self.counts.items() if label is verdict)
        return Totals(right / given if given else 1.0, right / true if true else 1.0)

    def wrong(self, verdict: Verdict) -> int:
        """Count what was wrongly judged to be something."""
        return sum(count for (label, judged), count in self.counts.items() if judged is verdict is not label)


def measure(name: str) -> Measured:
    """Judge the pairs of a file."""
    counts: Counter[tuple[Verdict, Verdict]] = Counter()
    for label, earlier, later in _pairs(name):
        counts[label, judge(earlier, later).verdict] += 1
    return Measured(counts)


def duplicate_quality() -> None:
    """Print a line for each half and verdict; of "same" a precision of at least 0.98 is asked for."""
    for half, name in (("dev", DEV), ("held_out", HELD_OUT), ("fresh", FRESH)):
        measured = measure(name)
        for verdict in (Verdict.SAME, Verdict.RELATED):
            totals = measured.of(verdict)
            print(  # noqa: T201  # that is what a benchmark is for
                f"BENCH duplicate_quality half={half} verdict={verdict} precision={totals.precision:.3f}"
                f" recall={totals.recall:.3f} wrong={measured.wrong(verdict)} pairs={measured.counts.total()}",
                flush=True,
            )


def _pairs(name: str) -> Iterator[tuple[Verdict, Submission, Submission]]:
    for line in (ROOT / "tests" / "labelled" / name).read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        later_at = _BEGUN_AT + timedelta(hours=pair["hours"])
        yield (
            Verdict(pair["verdict"]),
            _submission("earlier", pair["earlier"], _BEGUN_AT),
            _submission("later", pair["later"], later_at),
        )


def _submission(key: str, said: Mapping[str, Any], received_at: datetime) -> Submission:
    """Make a submission as the doors do: what the fields do not say is read from the text."""
    read = extract(said["text"])
    return Submission(
        key=key,
        channel=Channel(said["channel"]),
        received_at=received_at,
        contact=Contact(said["name"], said["email"] or None, said["phone"] or None),
        details=Details(
            subject=said["subject"],
            description=said["text"],
            steps=said.get("steps") or read.steps,
            product_version=said.get("product_version") or read.product_version,
            device_model=said.get("device_model") or read.device_model,
            os_version=said.get("os_version") or read.os_version,
            urgent=False,
            previous_ticket=None,
        ),
        files=tuple(
            File(each, "application/octet-stream", 1, sha256(each.encode()).hexdigest(), None)
            for each in said.get("files", ())
        ),
    )
