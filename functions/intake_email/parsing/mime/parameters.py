"""Parameters of Content-Type and Content-Disposition (RFC 2045, 2183, 2231), as mail programs write them."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from functions.intake_email.parsing.mime.charsets import decode_text
from functions.intake_email.parsing.mime.encoded_words import header_text, raw_bytes

_MAX_INPUT = 20_000
_MAX_PARAMETERS = 500
_FOLD = re.compile(r"[\r\n]+[ \t]*|\t")
_GAP = re.compile(r"[\s;]*")
_NAME = re.compile(r"([^\s=;\"]+)\s*=\s*")
_END = re.compile(r"\"\s*(?:;|\Z)")
_CONTINUED = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
_PERCENT_HIGH = re.compile(r"%[89A-Fa-f][0-9A-Fa-f]")


def parameter(value: str, name: str, hint: str | None) -> str | None:
    """Read one parameter in whatever way it is written; never raises.

    In the order of trust: RFC 2231's charset with percent signs, in one or many pieces; a plain value, in which encoded
    words (RFC 2047, which forbids them here), raw bytes and percent signs of UTF-8 are read too.

    Args:
        value: The header's value as the parser gives it: raw bytes stand as surrogates, lines are folded.
        name: In lower case.
        hint: Charset that other parts of the message declare.

    Returns:
        Its text, which is nothing that can be trusted; None when it is absent or empty.
    """
    if name not in value.lower():
        return None
    plain: str | None = None
    pieces: dict[int, tuple[str, bool]] = {}
    for written, text in _parameters(_FOLD.sub(" ", value[:_MAX_INPUT])):
        found = _CONTINUED.fullmatch(written)
        if found is None or found[1].lower() != name:
            continue
        if found[2] is None and found[3] is None:
            plain = plain or text
        else:
            pieces.setdefault(int(found[2] or 0), (text, found[3] is not None))
    return (_joined(pieces, hint) if pieces else None) or (_plain(plain, hint) if plain else None) or None


def _parameters(value: str) -> Iterator[tuple[str, str]]:
    """Give names and values as they are written; inner quotes that nobody escaped, and spaces, belong to the value."""
    position = value.find(";") + 1
    for _ in range(_MAX_PARAMETERS):
        gap = _GAP.match(value, position)
        position = gap.end() if gap else position
        found = _NAME.match(value, position)
        if found is None:
            position = value.find(";", position) + 1
            if not position:
                return
            continue
        start = found.end()
        if value.startswith('"', start):
            end = _END.search(value, start + 1)
            stop, position = (end.start(), end.end()) if end else (len(value), len(value))
            yield found[1], value[start + 1 : stop].replace('\\"', '"').replace("\\\\", "\\")
        else:
            stop = value.find(";", start)
            stop = position = len(value) if stop < 0 else stop
            yield found[1], value[start:stop].strip()


def _joined(pieces: dict[int, tuple[str, bool]], hint: str | None) -> str:
    """Join the pieces of RFC 2231; the first of them may begin with `charset'language'`."""
    numbers = sorted(pieces)
    charset = None
    first, extended = pieces[numbers[0]]
    if extended and first.count("'") >= 2:  # noqa: PLR2004  # the quotes around the language
        charset, _, first = first.split("'", 2)
        pieces[numbers[0]] = (first, extended)
    texts = [pieces[number] for number in numbers]
    if not any(extended for _, extended in texts):
        return _plain("".join(text for text, _ in texts), hint)
    content = b"".join(unquote_to_bytes(raw_bytes(text)) if extended else raw_bytes(text) for text, extended in texts)
    return decode_text(content, charset, hint)[0]


def _plain(text: str, hint: str | None) -> str:
    if "=?" not in text and text.isascii() and _PERCENT_HIGH.search(text):
        try:
            return unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            pass
    return header_text(text, hint)
