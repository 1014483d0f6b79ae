"""A part's headers, read by the standard library within bounds."""

import re
from email import errors
from email.feedparser import FeedParser
from email.message import Message

from functions.intake_email.parsing.mime.defects import Defects

_HEADER_BYTES = 2 * 2**20
_MOST_HEADERS = 1_000
_MOST_CHARACTERS = 100_000
_SHORT_HEAD = 1_000
"""Below it nothing can take long."""
_STRUCTURAL = frozenset({"content-type", "content-disposition"})
_STRUCTURAL_CHARACTERS = 4_096
_MOST_PARAMETERS = 64
"""The standard library's reader of parameters takes quadratic time."""
_REPAIRS = 20

_BLANK_LINE = re.compile(rb"\n(?:\r?\n|\r)|\r\r")
_LINE_BREAK = re.compile(rb"\r\n|\n|\r")
_FIRST_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)")
_KNOWN_HEADER = re.compile(
    r"(?:\A|[\r\n])(?:from|to|cc|subject|date|message-id|reply-to|mime-version|received|content-[a-z-]+):",
    re.IGNORECASE,
)
_WELL_FORMED = re.compile(r"(?:[!-9;-~]++:[^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+\r?\n)++(?:\r?\n)?+")
"""Nothing but headers (RFC 5322, 2.2), with the empty line that ends them or without."""
_FIELD = re.compile(r"([!-9;-~]++):[ \t]*+([^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+)\r?\n")

_DEFECTS = {
    errors.FirstHeaderLineIsContinuationDefect: "the headers begin with a continuation line",
    errors.InvalidHeaderDefect: "a header without a name",
    errors.MisplacedEnvelopeHeaderDefect: "an mbox line among the headers",
    errors.MissingHeaderBodySeparatorDefect: "no empty line between headers and body",
}


def read_head(source: bytes, start: int, end: int, defects: Defects) -> tuple[Message, int]:
    """Read the headers of the part that is `source[start:end]`.

    A line that is no header, among headers, is left out rather than taken for the beginning of the body.

    Returns:
        The headers, with values as raw text (what is not ASCII as surrogates), and where the body begins.
    """
    if empty := _LINE_BREAK.match(source, start, end):
        return Message(), empty.end()
    limit = min(end, start + _HEADER_BYTES)
    blank = _BLANK_LINE.search(source, start, limit)
    head_end = blank.end() if blank else limit
    message, rest = _parse(source[start:head_end].decode("ascii", "surrogateescape"))
    for defect in message.defects:
        defects.note(_DEFECTS.get(type(defect), "a malformed header"))
    if rest and len(message):
        message, rest = _repaired(message, rest, defects)
    if limit < end and not blank and not rest:
        defects.note("the headers are too long and were read in part")
    if head_end - start > _SHORT_HEAD:
        message = _bounded(message, defects)
    return message, head_end - len(rest)


def header(message: Message, name: str) -> str:
    """Give the first header of a name (in lower case) as it came; empty when there is none."""
    # `raw_items` gives the strings; item access would make a `Header` of each that has raw bytes.
    for each, value in message.raw_items():
        if each.lower() == name:
            return str(value)
    return ""


def _parse(text: str) -> tuple[Message, str]:
    if _WELL_FORMED.fullmatch(text):
        # The same that the parser makes of it, in a fifth of its time.
        message = Message()
        for name, value in _FIELD.findall(text):
            message.set_raw(name, value)
        return message, ""
    parser = FeedParser()
    # The only way to stop at the body; `email.parser` does the same with its `headersonly`.
    parser._set_headersonly()  # type: ignore[attr-defined]  # noqa: SLF001  # see above
    parser.feed(text)
    message = parser.close()
    # `get_payload` would decode it by the charset that the header block declares.
    rest = message._payload  # type: ignore[attr-defined]  # noqa: SLF001  # see above
    message.set_payload(None)  # type: ignore[call-overload]  # as in a new message: parts can be attached
    return message, rest if isinstance(rest, str) else ""


def _repaired(message: Message, rest: str, defects: Defects) -> tuple[Message, str]:
    """Go on behind lines that are no headers, as long as known headers follow."""
    for _ in range(_REPAIRS):
        line = _FIRST_LINE.match(rest)
        if line is None or not _KNOWN_HEADER.search(rest, line.end() - 1):
            break
        defects.note("a line among the headers is no header")
        more, rest = _parse(rest[line.end() :])
        for name, value in more.raw_items():
            message.set_raw(name, value)
    return message, rest


def _bounded(message: Message, defects: Defects) -> Message:
    bounded = Message()
    for index, (name, value) in enumerate(message.raw_items()):
        if index == _MOST_HEADERS:
            defects.note(f"more than {_MOST_HEADERS} headers")
            break
        text = str(value)
        short = text[:_MOST_CHARACTERS]
        if name.lower() in _STRUCTURAL:
            short = ";".join(text[:_STRUCTURAL_CHARACTERS].split(";", _MOST_PARAMETERS)[:_MOST_PARAMETERS])
        if len(short) < len(text):
            defects.note("a header is too long and was cut")
        bounded.set_raw(name, short)
    if unix_from := message.get_unixfrom():
        bounded.set_unixfrom(unix_from)
    return bounded
