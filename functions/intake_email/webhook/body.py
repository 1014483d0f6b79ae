"""From an HTTP request to its body as bytes: hashed whole, kept within bounds."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Protocol

from flask import Request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]  # published without types
from werkzeug.exceptions import ClientDisconnected

MAX_BODY_BYTES = 64 * 2**20
"""Where reading stops. SendGrid recommends 30 MB as the largest message; Cloud Run takes 32 MiB."""

_BLOCK = 2**16
_TAIL = 2**16
"""Bytes kept of the end of a body that is too long: the fields after `email`, the envelope among them."""


class BodyTooLargeError(Exception):
    """The body is longer than `MAX_BODY_BYTES`; the rest of it was not read."""


class IncompleteBodyError(Exception):
    """The body broke off, or its chunks are malformed: what came is not what was sent."""


class Hash(Protocol):
    """A hash that is being made (`hashlib`)."""

    def update(self, block: bytes, /) -> None:
        """Add a block."""
        ...


@dataclass(frozen=True, slots=True)
class Body:
    """What is kept of a body.

    Attributes:
        content: The whole body; of one that is too long its beginning and its end.
        size: Of the whole body, in bytes.
        cut: The middle was left out.
    """

    content: bytes = field(repr=False)
    size: int
    cut: bool


def read_body(request: Request, limit: int, body_hash: Hash) -> Body:
    """Read a request's body to its end, with or without Content-Length, and leave an empty one.

    functions-framework reads the body once more before it answers; where reading failed that would fail again, with a
    status of its own.

    Args:
        request: Its body must not have been read.
        limit: Bytes to keep, more than 64 KiB. Of a longer body as much as fits of the beginning and the last 64 KiB
            are kept: joined they are multipart still, for `email` is the only field that is so long, and it is there
            that the middle is left out.
        body_hash: Gets the whole body.

    Raises:
        BodyTooLargeError: Nobody sends so much.
        IncompleteBodyError: The sender may try again.
    """
    source, request.stream = request.stream, BytesIO()
    # It gives its own buffer away in the end: the body is never in memory twice.
    kept = BytesIO()
    beyond = bytearray()
    size = 0
    try:
        while block := source.read(_BLOCK):
            size += len(block)
            if size > MAX_BODY_BYTES:
                raise BodyTooLargeError
            body_hash.update(block)
            room = limit - kept.tell()
            kept.write(block[:room])
            beyond += block[room:]
            del beyond[:-_TAIL]
    except (OSError, ParseException, ClientDisconnected) as error:
        # The server parses chunks while we read: what is wrong with them shows only here.
        raise IncompleteBodyError from error
    if request.content_length is not None and size < request.content_length:
        raise IncompleteBodyError
    if beyond:
        kept.seek(limit - _TAIL)
        end = (kept.read() + beyond)[-_TAIL:]
        kept.seek(limit - _TAIL)
        kept.write(end)
    return Body(kept.getvalue(), size, cut=bool(beyond))
