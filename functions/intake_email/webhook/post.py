"""SendGrid Inbound Parse in raw mode: from the body of a call to the message and what SendGrid says of it.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite

from werkzeug.http import parse_options_header

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
_BESIDES_BYTES = 2**15
"""Of what stands before the first boundary or after the last one, and of a part's headers."""
_BLANK_LINE = re.compile(rb"(?:\r\n(?=\r\n)|\n(?=\n)|\r(?=\r))(?:\r\n|\n|\r)")
_CONTINUATION = re.compile(rb"(?:\r\n|\n|\r)[ \t]")


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
    fields: dict[str, bytes] = {}
    for head, start, end in _parts(body, re.escape(boundary)):
        try:
            name = _field_name(head)
        except ValueError as error:
            raise MalformedPostError("a part's headers are no text") from error
        if not name:
            raise MalformedPostError("a field has no name")
        if name in fields:
            raise MalformedPostError("a field stands there twice")
        room = len(body) if name == "email" else _KEPT.get(name, 0)
        fields[name] = body[start : min(end, start + room)]
    return fields


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Split a body (RFC 7578) up to the boundary that ends it.

    Any line break counts as one (RFC 7578, 4.1, wants CRLF), and white space may follow a boundary (RFC 2046, 5.1.1).

    Args:
        body: All of it.
        boundary: As a regular expression.

    Returns:
        Each part's headers, and begin and end of its content.

    Raises:
        MalformedPostError: It is not multipart, has no end, or something follows the end.
    """
    first, following = _delimiters(boundary)
    found = first.search(body, 0, _BESIDES_BYTES)
    for _ in range(_MAX_PARTS + 1):
        if found is None:
            raise MalformedPostError("it is not multipart, or has no end")
        begin = found.end()
        if found[1]:
            if len(body) - begin > _BESIDES_BYTES or body[begin:].strip():
                # An end in the message's text would hide the real fields behind those that it adds.
                raise MalformedPostError("something follows the end")
            return
        blank = _BLANK_LINE.search(body, begin, begin + _BESIDES_BYTES)
        if blank is None:
            raise MalformedPostError("a part's headers do not end, or are too long")
        head_end, start = blank.span()
        if following.search(body, begin, start):
            # The first of two was a line of the message, which would lose all that stands between them.
            raise MalformedPostError("a boundary stands among a part's headers")
        found = following.search(body, start)
        if found is not None:
            end = found.start()
            yield body[begin:head_end], start, end - (2 if body.endswith(b"\r\n", start, end) else 1)
    raise MalformedPostError("there are too many parts")


@lru_cache(maxsize=8)  # SendGrid's is always the same
def _delimiters(boundary: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Give what finds the first delimiter of a body, and what finds the others; the end has a group."""
    # A literal beginning makes the search fast.
    delimiter, line_end = rb"--%b" % boundary, rb"(?:(--)|[^\S\r\n]*+(?:\r\n|\n|\r))"
    following = rb"%b(?<=[\r\n]%b)%b" % (delimiter, delimiter, line_end)
    return re.compile(delimiter + line_end), re.compile(following)


@lru_cache(maxsize=64)
def _field_name(head: bytes) -> str:
    """Give the name in a part's headers, in lower case; empty when there is none.

    Raises:
        ValueError: They are no UTF-8.
    """
    lines = [line.decode() for line in _CONTINUATION.sub(b" ", head).splitlines()]
    fields = (line.partition(":") for line in lines)
    disposition = next((value for name, _, value in fields if name.strip(" \t").lower() == "content-disposition"), "")
    return parse_options_header(disposition)[1].get("name", "").lower()


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
