"""A message's parts as ranges of its bytes: nothing is copied but headers, so 25 MB of attachment cost nothing here.

The standard library reads the headers (`head`). Its own reading of bodies is not used: it holds every line as a string
of its own, takes memory of many times a message's size, recurses as deep as a message wants, and gives an embedded
message not as it came, but written anew.
"""

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.head import read_head
from functions.intake_email.parsing.mime.transfer import decode_transfer, transfer_encoding

EMBEDDED = frozenset({"message/rfc822", "message/global", "message/news"})
"""Types of a whole message within a message."""

_MOST_DEPTH = 50
_MOST_PARTS = 2_000
_MOST_LOOKALIKES = 200_000
_PAYLOAD_BYTES = 64 * 2**10

_WHOLE_ENCODINGS = frozenset({"base64", "quoted-printable"})
"""Not allowed for what has an inside (RFC 2045, 6.4), and met."""

_MARK = b"\xef\xbb\xbf"
_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,80}/[\w!#$&^.+-]{1,100}", re.ASCII)
_BOUNDARY_END = re.compile(rb"(--)?[ \t]*(?:\r\n|\n|\r|\Z)")
_GUESSED_BOUNDARY = re.compile(
    rb"(?:\A|(?<=[\r\n]))--([^\s-][^\r\n]{0,200}|-[^\r\n]{1,200}?)[ \t]*(?:\r\n|\n|\r)Content-", re.IGNORECASE
)
_LEADING_LINES = re.compile(rb"(?:[\r\n]+|>From [^\r\n]{1,300}(?:\r\n|\n))(?=[!-9;-~]+:)")
_BROKEN_BREAK = b"\r\r\n"
_GUESSED_WITHIN = 64 * 2**10


@dataclass(slots=True)
class Part:
    """A part of a message, or the message itself.

    Attributes:
        message: Its headers, raw. As a tree for readers of `email.message`: payloads above 64 KB are left out of it.
        source: The bytes that it lies in.
        start: Where its headers begin.
        body: Where its body begins.
        end: Where it ends.
        content_type: In lower case; `text/plain` where none can be read.
        parts: Of a multipart; the one message of an embedded message.
        unread: It has an inside that was not read: too deep, or too many parts.
    """

    message: Message
    source: bytes = field(repr=False)
    start: int
    body: int
    end: int
    content_type: str
    parts: list["Part"] = field(default_factory=list)
    unread: bool = False

    @property
    def whole(self) -> bytes:
        """Headers and body as they came."""
        return self.source[self.start : self.end]

    @property
    def encoded(self) -> memoryview:
        """The body as it came."""
        return memoryview(self.source)[self.body : self.end]


def read_structure(raw: bytes, defects: Defects) -> Part:
    """Find a message's parts, in time that grows with its size and no faster."""
    if _BROKEN_BREAK in raw[: 2 * 2**10]:
        defects.note("lines end in CR CR LF")
        raw = raw.replace(_BROKEN_BREAK, b"\r\n")
    start = 0
    if raw.startswith(_MARK):
        defects.note("a byte order mark before the headers")
        start = len(_MARK)
    if leading := _LEADING_LINES.match(raw, start, start + 1_000):
        defects.note("lines before the headers that are none")
        start = leading.end()
    return _Reader(defects).read(raw, start, len(raw), 0)


@dataclass(slots=True)
class _Reader:
    defects: Defects
    count: int = 0
    lookalikes: int = 0

    def read(self, source: bytes, start: int, end: int, depth: int, default_type: str = "text/plain") -> Part:
        self.count += 1
        message, body = read_head(source, start, end, self.defects)
        message.set_default_type(default_type)
        part = Part(message, source, start, body, end, _content_type(message))
        if part.content_type.startswith("multipart/"):
            self._read_multipart(part, depth)
        elif part.content_type in EMBEDDED:
            self._read_embedded(part, depth)
        if not part.parts:
            _fill(part)
        return part

    def _read_multipart(self, part: Part, depth: int) -> None:
        if self._is_too_deep(part, depth):
            return
        source, body, end = part.source, part.body, part.end
        boundary = _boundary(part.message)
        ranges = self._split(source, body, end, boundary)
        if ranges is None and (encoding := transfer_encoding(part.message)) in _WHOLE_ENCODINGS:
            self.defects.note("a multipart is encoded as a whole")
            source, defect = decode_transfer(part.encoded, encoding)
            self.defects.note(defect)
            body, end = 0, len(source)
            ranges = self._split(source, body, end, boundary)
        if ranges is None and (guess := _GUESSED_BOUNDARY.search(source, body, min(end, body + _GUESSED_WITHIN))):
            self.defects.note("a multipart's boundary is missing or wrong, and was guessed")
            ranges = self._split(source, body, end, guess[1].rstrip())
        if ranges is None:
            self.defects.note("a multipart without parts was read as text")
            part.content_type = "text/plain"
            return
        default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for start, stop in ranges:
            if self.count >= _MOST_PARTS:
                self.defects.note(f"more than {_MOST_PARTS} parts: the rest was kept as one file")
                part.parts.append(Part(Message(), source, start, start, end, "application/octet-stream", unread=True))
                break
            child = self.read(source, start, stop, depth + 1, default_type)
            part.parts.append(child)
            part.message.attach(child.message)

    def _read_embedded(self, part: Part, depth: int) -> None:
        if self._is_too_deep(part, depth) or self.count >= _MOST_PARTS:
            part.unread = True
            return
        source, start, end = part.source, part.body, part.end
        if (encoding := transfer_encoding(part.message)) in _WHOLE_ENCODINGS:
            source, defect = decode_transfer(part.encoded, encoding)
            self.defects.note("an embedded message is encoded as a whole")
            self.defects.note(defect)
            start, end = 0, len(source)
        embedded = self.read(source, start, end, depth + 1)
        part.parts.append(embedded)
        part.message.attach(embedded.message)

    def _is_too_deep(self, part: Part, depth: int) -> bool:
        if depth >= _MOST_DEPTH:
            self.defects.note(f"nested deeper than {_MOST_DEPTH} levels: the rest was kept as a file")
            part.unread = True
        return part.unread

    def _split(self, source: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]] | None:
        """Find the parts between lines that are boundaries (RFC 2046, 5.1.1), those after a closing one included.

        Returns:
            Begin and end of each; None when there is no boundary.
        """
        delimiter = b"--" + boundary
        ranges: list[tuple[int, int]] = []
        opened = closed = None
        at = source.find(delimiter, start, end) if boundary else -1
        seen = False
        while at >= 0:
            tail = None
            if at == start or source[at - 1] in b"\r\n":
                tail = _BOUNDARY_END.match(source, at + len(delimiter), end)
            if tail is None:
                self.lookalikes += 1
                if self.lookalikes > _MOST_LOOKALIKES:
                    self.defects.note("too many lines that look like boundaries")
                    break
                at = source.find(delimiter, at + 1, end)
                continue
            seen = True
            if opened is not None and opened < at:
                ranges.append((opened, _without_line_break(source, opened, at)))
            if closed and not tail[1]:
                self.defects.note("parts behind the closing boundary")
            closed = tail[1] or closed
            opened = None if tail[1] else tail.end()
            at = source.find(delimiter, tail.end(), end)
            if len(ranges) > _MOST_PARTS:
                break
        if opened is not None and opened < end and len(ranges) <= _MOST_PARTS:
            ranges.append((opened, end))
        if seen and not closed:
            self.defects.note("a multipart without closing boundary")
        return ranges if seen else None


def _without_line_break(source: bytes, start: int, end: int) -> int:
    """Leave out the line break that belongs to the boundary after it."""
    if end - start >= 2 and source[end - 2 : end] == b"\r\n":  # noqa: PLR2004  # its length
        return end - 2
    return end - 1


def _content_type(message: Message) -> str:
    named = message.get_content_type()
    if _TYPE.fullmatch(named):
        return named
    if (commented := _TYPE.match(named)) and named.startswith((" ", "("), commented.end()):
        return commented[0]
    return "text/plain" if named == "text/" else "application/octet-stream"


def _boundary(message: Message) -> bytes:
    try:
        return (message.get_boundary() or "").encode("utf-8", "surrogateescape")
    except (ValueError, LookupError):  # a boundary in RFC 2231's encoding that can't be decoded
        return b""


def _fill(part: Part) -> None:
    """Give the tree of `email.message` what its readers look at: short bodies; those of reports as header blocks."""
    if part.end - part.body > _PAYLOAD_BYTES or part.unread:
        return
    if part.content_type.startswith("message/"):
        part.message.set_payload(message_from_bytes(part.whole).get_payload())
    else:
        part.message.set_payload(part.source[part.body : part.end].decode("ascii", "surrogateescape"))
