"""Writes winmail.dat files (MS-OXTNEF)."""

import struct
from collections.abc import Sequence

MESSAGE, ATTACHMENT = 1, 2
BODY, DATA, TITLE, RENDERING, MESSAGE_PROPERTIES, ATTACHMENT_PROPERTIES, CODEPAGE = (
    *(0x0002800C, 0x0006800F, 0x00018010, 0x00069002, 0x00069003, 0x00069005, 0x00069007),
)
UNICODE, BINARY, OBJECT = 0x1F, 0x102, 0xD
PR_BODY, PR_RTF, PR_HTML, PR_DATA, PR_LONG_NAME = 0x1000, 0x1009, 0x1013, 0x3701, 0x3707
MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, number: int, value: bytes) -> bytes:
    checksum = struct.pack("<H", sum(value) & 0xFFFF)
    return struct.pack("<BII", level, number, len(value)) + value + checksum


def properties(*values: tuple[int, int, bytes]) -> bytes:
    """Properties of one value each: type, number, value."""
    out = struct.pack("<I", len(values))
    for kind, number, value in values:
        out += struct.pack("<HHII", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def unicode_value(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


def tnef(files: Sequence[tuple[str, bytes]], body: str = "", more: bytes = b"") -> bytes:
    """A winmail.dat with files and a text, in windows-1251 where it is not Unicode."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += attribute(MESSAGE, CODEPAGE, struct.pack("<II", 1251, 0))
    if body:
        out += attribute(MESSAGE, BODY, body.encode("cp1251") + b"\0")
    out += more
    for name, content in files:
        out += attribute(ATTACHMENT, RENDERING, bytes(14))
        out += attribute(ATTACHMENT, TITLE, b"SHORT~1.BIN\0")
        out += attribute(ATTACHMENT, DATA, content)
        out += attribute(ATTACHMENT, ATTACHMENT_PROPERTIES, properties((UNICODE, PR_LONG_NAME, unicode_value(name))))
    return out
