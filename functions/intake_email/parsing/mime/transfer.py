"""Content-Transfer-Encoding (RFC 2045, 6), decoded from a slice of the message without copies in between."""

import binascii
import re
from email.message import Message

from functions.intake_email.parsing.mime.head import header

_TOKEN = re.compile(r"[\w-]+", re.ASCII)
_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_BREAKS = b"=\r\n\t"
_AFTER_PADDING = re.compile(rb"=[^A-Za-z0-9+/]*[A-Za-z0-9+/]")
_HEAD = re.compile(rb"(?:[A-Za-z0-9+/]{40,1000}\r?\n)*+(?:[A-Za-z0-9+/]{2,1000}={0,2}\r?\n)?+")
_SHORTEST_HEAD = 40
_SAMPLE = 64 * 2**10
_FOREIGN_SHARE = 10


def transfer_encoding(message: Message) -> str:
    """Name the transfer encoding, in lower case; empty when there is none."""
    token = _TOKEN.search(header(message, "content-transfer-encoding")[:200])
    return token[0].lower() if token else ""


def decode_transfer(encoded: memoryview, encoding: str) -> tuple[bytes, str | None]:
    """Decode a body; what is not encoded as it says is given as it came.

    Returns:
        The content, and a defect or None.
    """
    if encoding == "base64":
        return _decode_base64(encoded)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(encoded), None
    if encoding in _IDENTITY or encoding in _UUENCODE:  # uuencode is found by its own first line
        return bytes(encoded), None
    return bytes(encoded), "an unknown transfer encoding"


def _decode_base64(encoded: memoryview) -> tuple[bytes, str | None]:
    sample = bytes(encoded[:_SAMPLE])
    foreign = len(sample.translate(None, _BASE64 + _BREAKS))
    if foreign and (decoded := _decode_before_text(encoded)) is not None:
        return decoded, "plain text behind base64"
    if foreign * _FOREIGN_SHARE > len(sample):
        return bytes(encoded), "not base64 as declared"
    padding = _first_padding(encoded)
    try:
        if padding is None or not _AFTER_PADDING.match(encoded, padding):
            return binascii.a2b_base64(encoded), "foreign characters in base64" if foreign else None
    except binascii.Error:
        pass
    # Several encoded pieces behind one another, or a piece cut off.
    pieces = bytes(encoded).split(b"=")
    return b"".join(map(_decode_piece, pieces)), "broken base64"


def _decode_before_text(encoded: memoryview) -> bytes | None:
    """Decode what stands before the text that a mail server or a list appended as it was; None when none did."""
    head = _HEAD.match(encoded)
    end = head.end() if head else 0
    digits, rest = bytes(encoded[:end]).translate(None, b"\r\n"), bytes(encoded[end : end + _SAMPLE])
    foreign = len(rest.translate(None, _BASE64 + _BREAKS))
    if len(digits) < _SHORTEST_HEAD or len(digits) % 4 or foreign * _FOREIGN_SHARE < len(rest):
        return None
    return binascii.a2b_base64(digits) + b"\n\n" + bytes(encoded[end:])


def _decode_piece(piece: bytes) -> bytes:
    digits = piece.translate(None, _NOT_BASE64)
    if len(digits) % 4 == 1:  # six bits are no byte
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _first_padding(encoded: memoryview) -> int | None:
    # Regular expressions search a view; it has no `find`.
    found = re.search(b"=", encoded)
    return found.start() if found else None
