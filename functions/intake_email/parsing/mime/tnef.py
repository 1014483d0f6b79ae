"""winmail.dat: Outlook's own format of a message (MS-OXTNEF), read with bounds.

tnefparse was tried: it copies the rest of the file for every object in it (quadratic), and repeats an empty value as
often as a 32-bit number in the file says, so that 100 bytes keep it busy for hours.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from functions.intake_email.parsing.mime.rtf import RtfError, decompress_rtf, rtf_to_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
_OBJECTS_AT = 6
_OBJECT = struct.Struct("<BHHI")
_CHECKSUM_BYTES = 2
_MOST_OBJECTS = 20_000
_MOST_PROPERTIES = 5_000
_MOST_NESTING = 3
_PROPERTY = struct.Struct("<HH")
_LONG = struct.Struct("<I")
_NAMED = 0x8000
_NAME_BYTES = 20
_MULTIPLE = 0x1000
_SIZES = {0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8, 0x48: 16}
"""Bytes of a value by its type; those of other types say it themselves."""
_STRING, _UNICODE, _OBJECT_VALUE, _BINARY = 0x1E, 0x1F, 0xD, 0x102
_LONG_TYPES = frozenset({_STRING, _UNICODE, _OBJECT_VALUE, _BINARY})

# Numbers of attributes: MS-OXTNEF, 2.1.3.3
_BODY, _DATA, _TITLE, _NEW_ATTACHMENT, _MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES, _CODEPAGE = (
    *(0x800C, 0x800F, 0x8010, 0x9002, 0x9003, 0x9005, 0x9007),
)
# Numbers of properties: MS-OXPROPS
_PR_BODY, _PR_HTML, _PR_RTF, _PR_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
_PR_DATA, _PR_NAME, _PR_LONG_NAME, _PR_TYPE, _PR_DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x370E, 0x3001
_MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")
_CODEPAGES = {20127: "ascii", 20866: "koi8-r", 21866: "koi8-u", 28591: "latin-1", 28595: "iso-8859-5", 65001: "utf-8"}


class TnefError(ValueError):
    """It can't be unpacked."""


@dataclass(slots=True)
class TnefFile:
    """A file in it; without a name, if it has none, and without a type."""

    filename: str = ""
    content_type: str = ""
    content: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Tnef:
    """What it holds.

    Attributes:
        text: Plain text of the body, or of its RTF.
        html: The body's HTML.
    """

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: str = ""


def read_tnef(content: bytes, nesting: int = 0) -> Tnef:
    """Unpack.

    Raises:
        TnefError: It is not in this format, or is cut off or broken.
    """
    try:
        return _read(content, nesting)
    except (struct.error, RtfError, LookupError) as error:
        raise TnefError("cut off or broken") from error


def _read(content: bytes, nesting: int) -> Tnef:
    tnef = Tnef()
    charset = "cp1252"
    for name, value in _objects(content):
        if name == _CODEPAGE:
            charset = _charset(_LONG.unpack_from(value)[0])
        elif name == _BODY:
            tnef.text = _text(value, charset)
        elif name == _MESSAGE_PROPERTIES:
            _read_body(tnef, dict(_properties(value)), charset)
        elif name == _NEW_ATTACHMENT:
            tnef.files.append(TnefFile())
        elif name in {_TITLE, _DATA, _ATTACHMENT_PROPERTIES} and not tnef.files:
            raise TnefError("a file that was not announced")
        elif name == _TITLE:
            tnef.files[-1].filename = _text(value, charset)
        elif name == _DATA:
            tnef.files[-1].content = bytes(value)
        elif name == _ATTACHMENT_PROPERTIES:
            _read_file(tnef, dict(_properties(value)), charset, nesting)
    return tnef


def _objects(content: bytes) -> Iterator[tuple[int, memoryview]]:
    if not content.startswith(_SIGNATURE):
        raise TnefError("no TNEF")
    view, at = memoryview(content), _OBJECTS_AT
    for _ in range(_MOST_OBJECTS):
        if at >= len(view):
            return
        _, name, _, size = _OBJECT.unpack_from(view, at)
        at += _OBJECT.size
        if at + size > len(view):
            raise TnefError("cut off")
        yield name, view[at : at + size]
        at += size + _CHECKSUM_BYTES
    raise TnefError("too many objects")


_Value = tuple[int, memoryview]
"""A property's type and its (first) value."""


def _properties(view: memoryview) -> Iterator[tuple[int, _Value]]:
    (count,), at = _LONG.unpack_from(view), _LONG.size
    if count > _MOST_PROPERTIES:
        raise TnefError("too many properties")
    for _ in range(count):
        kind, name = _PROPERTY.unpack_from(view, at)
        at += _PROPERTY.size
        if name >= _NAMED:
            at = _after_name(view, at)
        number, basic = 1, kind & ~_MULTIPLE
        if kind & _MULTIPLE or basic in _LONG_TYPES:
            (number,) = _LONG.unpack_from(view, at)
            at += _LONG.size
        if number * 2 > len(view) - at:
            raise TnefError("more values than bytes")
        value, at = _value(view, at, basic, number)
        yield name, (basic, value)


def _value(view: memoryview, at: int, kind: int, number: int) -> tuple[memoryview, int]:
    """Give the first of a property's values, and where the next property begins."""
    if kind in _SIZES:
        size = _SIZES[kind]
        return view[at : at + size], at + _padded(size * number)
    if kind not in _LONG_TYPES:
        raise TnefError("an unknown type of value")
    first = view[:0]
    for index in range(number):
        (size,) = _LONG.unpack_from(view, at)
        at += _LONG.size
        if size > len(view) - at:
            raise TnefError("a value beyond the end")
        first = first if index else view[at : at + size]
        at += _padded(size)
    return first, at


def _after_name(view: memoryview, at: int) -> int:
    (kind,) = _LONG.unpack_from(view, at + _NAME_BYTES - _LONG.size)
    (value,) = _LONG.unpack_from(view, at + _NAME_BYTES)
    return at + _NAME_BYTES + _LONG.size + (_padded(value) if kind else 0)


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4


def _read_body(tnef: Tnef, properties: Mapping[int, _Value], charset: str) -> None:
    if _PR_CODEPAGE in properties:
        charset = _charset(_LONG.unpack_from(properties[_PR_CODEPAGE][1])[0])
    if _PR_BODY in properties:
        tnef.text = _string(properties[_PR_BODY], charset)
    if _PR_HTML in properties:
        tnef.html = _string(properties[_PR_HTML], charset)
    if _PR_RTF in properties and not tnef.text and not tnef.html:
        tnef.text = rtf_to_text(decompress_rtf(bytes(properties[_PR_RTF][1])))


def _read_file(tnef: Tnef, properties: Mapping[int, _Value], charset: str, nesting: int) -> None:
    file = tnef.files[-1]
    for name in (_PR_LONG_NAME, _PR_NAME, _PR_DISPLAY_NAME):
        if name in properties and (text := _string(properties[name], charset)):
            if name != _PR_DISPLAY_NAME or not file.filename:
                file.filename = text
            break
    if _PR_TYPE in properties:
        file.content_type = _string(properties[_PR_TYPE], charset)
    if _PR_DATA in properties:
        value = bytes(properties[_PR_DATA][1])
        if not value.startswith(_MESSAGE_OBJECT):
            file.content = value
        elif nesting < _MOST_NESTING:
            # A message in the message: its files, as it can't be written as a file that others read.
            tnef.files.pop()
            inner = read_tnef(value[len(_MESSAGE_OBJECT) :], nesting + 1)
            text = inner.html or inner.text
            if text:
                ending, kind = (".html", "text/html") if inner.html else (".txt", "text/plain")
                title = f"{file.filename or 'message'}{ending}"
                tnef.files.append(TnefFile(title, kind, text.encode("utf-8", "replace")))
            tnef.files += inner.files
        else:
            raise TnefError("nested too deep")


def _string(value: _Value, charset: str) -> str:
    kind, content = value
    return _text(content, "utf-16-le" if kind == _UNICODE else charset)


def _text(content: memoryview, charset: str) -> str:
    return str(content, charset, "replace").rstrip("\0").replace("\r\n", "\n")


def _charset(codepage: int) -> str:
    charset = _CODEPAGES.get(codepage, f"cp{codepage}")
    try:
        "".encode(charset)
    except LookupError:
        return "cp1252"
    return charset
