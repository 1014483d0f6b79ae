"""Texts of which nobody can tell what the matter is (R14)."""

import re

from shared.domain.submission import Details

_WORDS = re.compile(r"\w{3,}")


def is_unclear(details: Details) -> bool:
    """Tell whether subject and description say nothing that somebody could work on."""
    return not _WORDS.search(f"{details.subject} {details.description}")
