"""Files that old mail programs write into the text itself: `begin 644 name … end` (POSIX uuencode)."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))begin [0-7]{3,4} ([^\r\n]{1,255}?)[ \t]*(?:\r\n|\n|\r)")
_LINE = re.compile(rb"([ -`]*)(?:\r\n|\n|\r|\Z)")
_END = re.compile(rb"end[ \t]*(?:\r\n|\n|\r|\Z)")
_EMPTY = frozenset({b"", b"`", b" "})


@dataclass(frozen=True, slots=True)
class UuencodedFile:
    """A file out of a text; its name as raw bytes."""

    name: bytes
    content: bytes = field(repr=False)


def take_uuencoded(text: bytes) -> tuple[bytes, tuple[UuencodedFile, ...]]:
    """Separate a text from the files in it; what only looks like a file stays text."""
    if b"begin " not in text:
        return text, ()
    kept, files, at = [], [], 0
    for begin, end, file in _files(text):
        kept.append(text[at:begin])
        files.append(file)
        at = end
    kept.append(text[at:])
    return b"".join(kept), tuple(files)


def _files(text: bytes) -> Iterator[tuple[int, int, UuencodedFile]]:
    at = 0
    while begin := _BEGIN.search(text, at):
        content = bytearray()
        at = begin.end()
        while (line := _LINE.match(text, at)) and line[1] not in _EMPTY and (piece := _decode(line[1])):
            content += piece
            at = line.end()
        while (line := _LINE.match(text, at)) and line.end() > at and line[1] in _EMPTY:
            at = line.end()
        if end := _END.match(text, at):
            at = end.end()
            yield begin.start(), at, UuencodedFile(begin[1], bytes(content))


def _decode(line: bytes) -> bytes:
    """Decode a line; empty when it is none: its first character says how long it must be."""
    size = (line[0] - 32) & 63
    # Some programs leave out the spaces at a line's end, some add a checksum.
    if not size or len(line) > 1 + (size + 2) // 3 * 4 + 2:
        return b""
    try:
        return binascii.a2b_uu(line[: 1 + (size + 2) // 3 * 4])
    except binascii.Error:
        return b""
