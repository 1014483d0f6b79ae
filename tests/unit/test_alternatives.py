"""Expressions that look at each first letter once match what plain alternatives match."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alternatives import by_first_letter

ALTERNATIVES = ("abc", "ab", "b", r"a\d+", "bc?", "a(?:x|y)")


@given(st.text("abcxy1", max_size=8))
def test_arranged_alternatives_match_the_same_as_plain_ones(text: str) -> None:
    plain, arranged = "|".join(ALTERNATIVES), by_first_letter(ALTERNATIVES)
    assert [found.span() for found in re.finditer(arranged, text)] == [
        found.span() for found in re.finditer(plain, text)
    ]
