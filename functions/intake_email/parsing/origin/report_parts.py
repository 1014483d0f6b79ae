"""The machine-readable part of a delivery report (RFC 3464, RFC 6533), however it was mangled on its way."""

import binascii
import re
from collections.abc import Mapping
from email.message import Message

from functions.intake_email.parsing.origin.fields import field, plain

_LONGEST = 256 * 1024
"""Characters of a part that are looked at: a thousand recipients and more."""

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ANGLE = re.compile(r"<([^<>]*)>")
_LAST_CHARACTER = 0x10FFFF
_LONGEST_ADDRESS = 320
"""Octets of a local part, an at sign and a domain (RFC 5321, 4.5.3.1)."""


def source(part: Message) -> str:
    """Give the text of a part as it was written, also where the parser has taken it for messages; bounded."""
    text = ""
    for block in part.get_payload() if part.is_multipart() else [part]:
        if isinstance(block, Message) and len(text) < _LONGEST:
            if block is not part:
                text += "".join(f"{name}: {value}\n" for name, value in block.raw_items()) + "\n"
            # get_payload() would lose 8-bit text, and takes a quadratic time over hostile parameters of the type.
            body = block._payload  # type: ignore[union-attr]  # noqa: SLF001
            text += (body[:_LONGEST] if isinstance(body, str) else "") + "\n"
    return _decoded(text[:_LONGEST], field(part, "content-transfer-encoding").lower()).replace("\r\n", "\n")


def blocks(text: str) -> list[Mapping[str, str]]:
    """Give the groups of fields in a text, names in lower case; the first field of a name counts."""
    found: list[Mapping[str, str]] = []
    for block in _BLANK.split(text.replace("\r\n", "\n")):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(block):
            fields.setdefault(name.lower(), plain(value))
        if fields:
            found.append(fields)
    return found


def recipient_address(value: str) -> str | None:
    r"""Give the address in a recipient field such as `rfc822; ivan@example.com`; None when it holds none.

    Internationalised ones come as UTF-8 or with escapes such as `\x{438}` (RFC 6533, 3).
    """
    address = value.partition(";")[2] if ";" in value else value
    angle = _ANGLE.search(address)
    address = (angle[1] if angle else address.partition(" (")[0]).strip()
    address = _EMBEDDED.sub(_character, address)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > _LONGEST_ADDRESS or " " in domain:
        return None
    return address


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= _LAST_CHARACTER and not 0xD800 <= code <= 0xDFFF else ""  # noqa: PLR2004  # surrogates


def _decoded(text: str, encoding: str) -> str:
    # A colon stands in no base64: then whoever took the message apart has decoded it already.
    if encoding not in {"base64", "quoted-printable"} or (encoding == "base64" and ":" in text):
        return text
    octets = text.encode("ascii", "replace")  # both encodings are plain ASCII
    try:
        octets = binascii.a2b_base64(octets) if encoding == "base64" else binascii.a2b_qp(octets)
    except binascii.Error:
        return text
    return octets.decode("utf-8", "surrogateescape")
