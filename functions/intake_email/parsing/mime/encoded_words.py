"""The text of a header: encoded words (RFC 2047), raw bytes in any charset, folding."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from functions.intake_email.parsing.mime.charsets import decode_text

MAX_TEXT = 2000
"""Characters of a header's text that are kept."""

_MAX_INPUT = 20_000
_WORD_START = re.compile(r"=\?([^?\s]{1,100})\?([^?\s]{1,20})\?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_QUOTED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029][\s\x85]*")
_RAW_BYTE = re.compile("[\udc80-\udcff]")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters, marks and overrides of writing direction, and what can't be seen at all."""


@dataclass(slots=True)
class _Word:
    """An encoded word, or several that follow each other: a character may begin in one and end in the next."""

    charset: str
    encoding: str
    content: bytes
    rest: str = ""
    """Digits of base64 that make no whole bytes until the next word."""

    def append(self, text: str) -> None:
        if self.encoding != "B":
            self.content += _QUOTED_BYTE.sub(_byte, raw_bytes(text.replace("_", " ")))
            return
        chunks = text.split("=")
        for number, chunk in enumerate(chunks, 1):
            digits = self.rest + _NOT_BASE64.sub("", chunk)
            whole = len(digits) // 4 * 4
            self.content += binascii.a2b_base64(digits[:whole])
            self.rest = digits[whole:]
            if number < len(chunks):
                self.end()

    def end(self) -> None:
        """Give up waiting for more of `rest`."""
        if len(self.rest) > 1:
            self.content += binascii.a2b_base64(self.rest + "==")
        self.rest = ""


def header_text(value: str, hint: str | None = None) -> str:
    """Read a header's text; never raises.

    Args:
        value: As the parser gives it: raw bytes stand as surrogates, lines are folded.
        hint: Charset that other parts of the message declare.

    Returns:
        One line of up to `MAX_TEXT` characters, without control characters and overrides of writing direction.
    """
    value = _without_breaks(value[:_MAX_INPUT])
    if "=?" in value:
        value = "".join(
            part if isinstance(part, str) else decode_text(part.content, part.charset, hint)[0]
            for part in _parts(value, hint)
        )
    return one_line(raw_text(value, hint))[:MAX_TEXT].rstrip()


def raw_text(value: str, hint: str | None) -> str:
    """Read raw bytes, which stand as surrogates."""
    # Raw bytes are not printable.
    raw = not value.isprintable() and _RAW_BYTE.search(value)
    return decode_text(raw_bytes(value), None, hint)[0] if raw else value


def raw_bytes(value: str) -> bytes:
    """Give the bytes that the parser made a string of; characters that can't come from it are replaced."""
    if value.isascii():
        return value.encode()
    return b"".join(
        bytes((ord(char) - 0xDC00,)) if "\udc80" <= char <= "\udcff" else char.encode("utf-8", "replace")
        for char in value
    )


def one_line(text: str) -> str:
    """Remove line breaks, control characters, and what would turn the direction of writing."""
    return (text if text.isprintable() else _INVISIBLE.sub("", _without_breaks(text))).strip()


def _without_breaks(text: str) -> str:
    return text if text.isprintable() else _BREAKS.sub(" ", text)


def _parts(value: str, hint: str | None) -> Iterator[str | _Word]:
    """Split into decoded words and what stands between them; white space between two words is none of the text."""
    current: _Word | None = None
    position = 0
    while found := _WORD_START.search(value, position):
        end = value.find("?=", found.end())
        if end < 0:
            break
        charset, encoding = found[1].split("*", 1)[0], found[2].upper()
        between = value[position : found.start()]
        follows = current is not None and not between.strip()
        if current is None or not follows or (current.charset, current.encoding) != (charset.lower(), encoding):
            if current is not None:
                current.end()
                yield current
            if not follows:
                yield raw_text(between, hint)
            current = _Word(charset.lower(), encoding, b"")
        current.append(value[found.end() : end])
        position = end + 2
    if current is not None:
        current.end()
        yield current
    yield raw_text(value[position:], hint)


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),))
