"""What the parser reads from headers. Values are as `compat32` gives them: raw bytes as surrogates, lines folded."""

import re
from collections.abc import Sequence
from email.message import Message
from functools import lru_cache

from functions.intake_email.parsing.mime.charset_names import clean_name
from functions.intake_email.parsing.mime.encoded_words import header_text, one_line
from functions.intake_email.parsing.mime.head import header
from functions.intake_email.parsing.mime.mailboxes import addresses
from functions.intake_email.parsing.mime.parameters import parameter

__all__ = ["addresses", "charset", "filename", "header_text", "message_ids"]

_MAX_IDS = 100
_MAX_ID = 998
"""A line's length (RFC 5322, 2.1.1), the angle brackets included."""
_MAX_INPUT = 200_000
_ID_OR_COMMENT = re.compile(
    r"<([^<>]{1,1200})>|\([^()<>]{0,500}(?:<[^<>]{0,500}>[^()<>]{0,500}){0,5}\)|\"[^\"<>]{0,500}\""
)
_SPACE = re.compile(r"\s+")
_PRINTABLE = re.compile(r"[!-~]+")
_MAX_NAME = 200
_MAX_ENDING = 20


def message_ids(values: Sequence[str]) -> tuple[str, ...]:
    """Read Message-IDs (RFC 5322, 3.6.4), each once, in their order; never raises.

    Args:
        values: The headers of one name. One that is a single word is an id without its brackets.

    Returns:
        Up to 100, the last ones, in angle brackets: those of printable ASCII with up to 998 characters.
    """
    ids: dict[str, None] = {}
    for value in values[-_MAX_IDS:]:
        for found in _ids(value[-_MAX_INPUT:]):
            if _PRINTABLE.fullmatch(found) and len(found) + 2 <= _MAX_ID:
                ids[f"<{found}>"] = None
    return tuple(ids)[-_MAX_IDS:]


def _ids(value: str) -> list[str]:
    bracketed = [found for found in _ID_OR_COMMENT.findall(value) if found]
    # A folded id has lost no sign but the white space; words in brackets are none.
    joined = [_SPACE.sub("", found) for found in bracketed if "@" in found or not _SPACE.search(found.strip())]
    if joined:
        return joined
    words = value.split(maxsplit=1)
    return [words[0].strip("<>")] if len(words) == 1 and "@" in words[0] else []


def filename(part: Message, hint: str | None = None) -> str | None:
    """Give the name of a part's file, without folders, control characters and overrides of writing direction.

    Args:
        part: Content-Disposition's `filename` counts before Content-Type's `name`.
        hint: Charset that other parts of the message declare.

    Returns:
        Up to 200 characters with the ending kept; None when the part gives no name.
    """
    for field, name in (("content-disposition", "filename"), ("content-type", "name")):
        named = parameter(header(part, field), name, hint)
        if named and (text := _safe_name(named)):
            return text
    return None


def charset(part: Message) -> str | None:
    """Give the charset that a part declares, in lower case without quotes and garbage; None when it declares none."""
    return _charset(header(part, "content-type"))


@lru_cache(maxsize=64)
def _charset(content_type: str) -> str | None:
    return clean_name(parameter(content_type, "charset", None) or "")


def _safe_name(name: str) -> str:
    name = one_line(name).replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip(". "):
        return ""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) >= _MAX_ENDING:
        return name[:_MAX_NAME].strip()
    return f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}"
