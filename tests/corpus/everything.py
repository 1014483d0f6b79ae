"""The whole corpus."""

from collections.abc import Sequence

from tests.corpus import bounces, charsets, replies, robots, structures
from tests.corpus.case import Case

CASES: Sequence[Case] = (
    *structures.CASES,
    *charsets.CASES,
    *replies.CASES,
    *robots.CASES,
    *bounces.CASES,
)
