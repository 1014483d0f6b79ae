"""The message inside an S/MIME signature that encloses it (RFC 8551, 3.5.2): Outlook's "opaque" signed mail.

Only the content is taken out, the signature is not checked: nothing here relies on it. What is encrypted stays closed.

pyasn1-modules reads these structures, too, but not with the indefinite lengths in which mail programs stream them, and
it would take apart everything else in them, the certificates of strangers.
"""

SIGNED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNED_NAME = "smime.p7m"

_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS, _PIECES, _EXPLICIT = 0x30, 0x31, 0x02, 0x06, 0x04, 0x24, 0xA0
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_END = b"\0\0"
_LONG = 0x80
_MOST_LENGTH_BYTES = 4
_MOST_PIECES = 100_000
"""Programs write pieces of a thousand bytes and more."""


def signed_content(content: bytes) -> bytes | None:
    """Give what a SignedData (RFC 5652, 5.1) encloses, in DER or BER; None when it encloses nothing, or is none."""
    try:
        at, _ = _enter(content, 0, _SEQUENCE)
        at, end = _enter(content, at, _OID)
        if end is None or content[at:end] != _SIGNED_DATA:
            return None
        at, _ = _enter(content, end, _EXPLICIT)
        at, _ = _enter(content, at, _SEQUENCE)
        at = _behind(content, at, _INTEGER)
        at = _behind(content, at, _SET)
        at, _ = _enter(content, at, _SEQUENCE)
        at = _behind(content, at, _OID)
        at, _ = _enter(content, at, _EXPLICIT)
        if content[at] == _PIECES:
            return _joined(content, *_enter(content, at, _PIECES))
        at, end = _enter(content, at, _OCTETS)
        return content[at:end]
    except (IndexError, ValueError):
        return None


def _enter(content: bytes, at: int, tag: int) -> tuple[int, int | None]:
    """Give begin and end of an element's body; None for an end that only a mark shows."""
    if content[at] != tag:
        raise ValueError("another element")
    length, at = content[at + 1], at + 2
    if length == _LONG:
        return at, None
    if length > _LONG:
        count = length - _LONG
        if count > _MOST_LENGTH_BYTES:
            raise ValueError("too long")
        length, at = int.from_bytes(content[at : at + count], "big"), at + count
    return at, at + length


def _behind(content: bytes, at: int, tag: int) -> int:
    _, end = _enter(content, at, tag)
    if end is None:
        raise ValueError("no end")
    return end


def _joined(content: bytes, at: int, end: int | None) -> bytes:
    pieces: list[bytes] = []
    while at < (len(content) if end is None else end) and content[at : at + 2] != _END:
        start, at = at, _behind(content, at, _OCTETS)
        if len(pieces) == _MOST_PIECES:
            raise ValueError("too many pieces")
        pieces.append(content[_enter(content, start, _OCTETS)[0] : at])
    return b"".join(pieces)
