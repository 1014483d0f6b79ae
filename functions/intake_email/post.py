"""SendGrid Inbound Parse in raw mode: from the body of a call to the message and what SendGrid says of it.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import chain
from math import isfinite

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

_ENVELOPE_BYTES = 2**16
_SHORT_BYTES = 1000
_KEPT = {
    "envelope": _ENVELOPE_BYTES,
    "sender_ip": _SHORT_BYTES,
    "spf": _SHORT_BYTES,
    "dkim": _SHORT_BYTES,
    "spam_score": _SHORT_BYTES,
}
"""Fields that are read besides `email`, in lower case (SendGrid writes `SPF`), and how much of each, in bytes."""

_PARSED_MODE = frozenset({"headers", "html", "text"})
"""Fields that SendGrid posts instead of `email` when raw mode is switched off."""

_BOUNDARY_LENGTH = 70
_MAX_PARTS = 100
_BLOCK = 2**14
_MARGIN = 2**10
"""Bytes; longer than any line with a boundary, the white space that may follow it included (RFC 2046, 5.1.1)."""
_BUFFER = 2 * _BLOCK
"""Bytes that the decoder may hold back: a part's headers, say, or what follows the last boundary."""


class MalformedPostError(Exception):
    """The body is no raw-mode post. The text says why, in English, without anything of the body."""


class NotRawModeError(Exception):
    """SendGrid parses messages instead of passing them on: "POST the raw, full MIME message" is off in its settings."""


@dataclass(frozen=True, slots=True)
class InboundPost:
    """A message, and what SendGrid says of it.

    Attributes:
        email: The message byte for byte, 8-bit text untouched.
        recipients: Where it was delivered to (RCPT TO); one that got a blind copy is named nowhere else. Not empty.
        return_path: Where bounces go (MAIL FROM); empty for a message that must not be answered (RFC 5321, 4.5.5).
        sender_ip: Who handed it to SendGrid; empty when SendGrid does not say.
        spf: Result such as `pass` or `softfail` (RFC 7208); empty when SendGrid does not say.
        dkim: Results by domain, such as `{@example.ru : pass}` or `none`; empty when SendGrid does not say.
        spam_score: SpamAssassin's; None when the spam check is off.
    """

    email: bytes = field(repr=False)
    recipients: tuple[str, ...]
    return_path: str
    sender_ip: str
    spf: str
    dkim: str
    spam_score: float | None


def read_post(body: bytes, content_type: str) -> InboundPost:
    """Read a verified call's body; takes one copy of the message in memory.

    The boundary that SendGrid uses never changes, so a message that contains it adds fields of its own, before or
    after the real ones, or ends the body early: which of two fields is real cannot be told, and neither is believed.

    Args:
        body: As it came, or cut by `read_body`.
        content_type: The header, with its boundary.

    Raises:
        MalformedPostError: It is not multipart, a field is missing or stands there twice, something follows the end, or
            the envelope is malformed.
        NotRawModeError: Our account at SendGrid is set up wrongly.
    """
    mimetype, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if mimetype.lower() != "multipart/form-data" or not boundary.isascii() or not 0 < len(boundary) <= _BOUNDARY_LENGTH:
        raise MalformedPostError("the content type is not multipart/form-data with a boundary")
    fields = _read_fields(body, boundary.encode())
    if "email" not in fields:
        if _PARSED_MODE & fields.keys():
            raise NotRawModeError
        raise MalformedPostError("there is no field email")
    recipients, return_path = _read_envelope(fields.get("envelope"))
    return InboundPost(
        email=fields["email"],
        recipients=recipients,
        return_path=return_path,
        sender_ip=_text(fields.get("sender_ip")),
        spf=_text(fields.get("spf")),
        dkim=_text(fields.get("dkim")),
        spam_score=_number(fields.get("spam_score")),
    )


def _read_fields(body: bytes, boundary: bytes) -> dict[str, bytes]:
    """Give the fields by name in lower case; the content only of those that are read, up to their bounds."""
    fields: dict[str, BytesIO] = {}
    name = ""
    room = 0
    try:
        for event in _events(body, boundary):
            match event:
                case Field(name=given) | File(name=given):
                    name = (given or "").lower()
                    if not name:
                        raise MalformedPostError("a field has no name")
                    if name in fields:
                        raise MalformedPostError("a field stands there twice")
                    fields[name] = BytesIO()
                    room = len(body) if name == "email" else _KEPT.get(name, 0)
                case Data(data=block):
                    fields[name].write(block[:room])
                    room = max(0, room - len(block))
    except RequestEntityTooLarge as error:
        raise MalformedPostError("there are too many parts, or a part's headers are too long") from error
    except ValueError as error:
        raise MalformedPostError("it is not multipart") from error
    # Its own buffer, not a copy.
    return {name: content.getvalue() for name, content in fields.items()}


def _events(body: bytes, boundary: bytes) -> Iterator[object]:
    """Decode a body (RFC 7578) up to the boundary that ends it.

    Raises:
        MalformedPostError: Something follows the end.
        ValueError: It is malformed, or has no end.
        RequestEntityTooLarge: It would take too much memory.
    """
    decoder = MultipartDecoder(boundary, _BUFFER, max_parts=_MAX_PARTS)
    for block in chain(_blocks(body, b"--" + boundary), (None,)):
        decoder.receive_data(block)
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, Epilogue):
                if event.data.strip():
                    # An end in the message's text would hide the real fields behind those that it adds.
                    raise MalformedPostError("something follows the end")
                return
            yield event


def _blocks(body: bytes, delimiter: bytes) -> Iterator[bytes]:
    """Split a body so that no line with a boundary, nor the end of the line before it, is split.

    Werkzeug 3.1 adds a byte to a part, or does not see the boundary, where that is done.
    """
    start = 0
    while start < len(body):
        end = start + _BLOCK
        near = body.rfind(delimiter, end - _MARGIN, end + len(delimiter))
        if near >= 0:
            end = near - len(b"\r\n\r\n")
        yield body[start:end]
        start = end


def _read_envelope(content: bytes | None) -> tuple[tuple[str, ...], str]:
    if content is None:
        raise MalformedPostError("there is no field envelope")
    try:
        envelope = json.loads(_text(content))
    except (ValueError, RecursionError) as error:
        raise MalformedPostError("the envelope is no JSON") from error
    match envelope:
        case {"to": [*recipients], "from": str() | None as return_path} if recipients:
            if all(isinstance(each, str) and each for each in recipients):
                return tuple(_encodable(each) for each in recipients), _encodable(return_path or "")
    raise MalformedPostError("the envelope does not name its sender and its recipients")


def _text(content: bytes | None) -> str:
    return (content or b"").decode(errors="replace").strip()


def _encodable(text: str) -> str:
    r"""Replace halves of surrogate pairs, which JSON can hold (`"\ud800"`) and UTF-8 can not."""
    return text.encode(errors="replace").decode()


def _number(content: bytes | None) -> float | None:
    try:
        number = float(_text(content))
    except ValueError:
        return None
    return number if isfinite(number) else None
