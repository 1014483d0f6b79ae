"""What a calendar part says in words (RFC 5545)."""

import re

_FOLD = re.compile(r"\n[ \t]")
_SAID = re.compile(r"^(?:SUMMARY|DESCRIPTION)(?:;[^\n:]*+)?:(.*)$", re.IGNORECASE | re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")


def invitation_text(calendar: str) -> str:
    """Give the summaries and descriptions of its events, a paragraph each."""
    unfolded = _FOLD.sub("", calendar.replace("\r\n", "\n"))
    said = (_ESCAPE.sub(_unescaped, value) for value in _SAID.findall(unfolded))
    return "\n\n".join(dict.fromkeys(text.strip() for text in said if text.strip()))


def _unescaped(escape: re.Match[str]) -> str:
    return "\n" if escape[1] in "nN" else escape[1]
