"""One signed call of a webhook of ours, as SendGrid makes it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from local.smtp.inbound import Signer

_CHUNK = 1 << 16  # bytes


class UnreachableError(Exception):
    """The webhook gave no answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where something is posted, and how.

    Attributes:
        url: `http://…`.
        signer: Signs each call anew.
        content_type: Of the bodies.
        user_agent: What the caller says that it is.
        timeout: The longest silence of the other side.
        now: The time of signing, aware.
        chunked: `Transfer-Encoding: chunked` instead of a `Content-Length`.
    """

    url: str
    signer: Signer
    content_type: str
    user_agent: str
    timeout: timedelta
    now: Callable[[], datetime]
    chunked: bool = False

    def post(self, body: bytes) -> int:
        """Posts one body and gives the status of the answer; redirects are not followed (nor does SendGrid).

        Raises:
            UnreachableError: there was no answer.
        """
        url = urlsplit(self.url)
        headers = {
            "User-Agent": self.user_agent,
            "Content-Type": self.content_type,
            **self.signer.headers(body, self.now()),
        }
        content: bytes | Iterator[bytes] = body
        if self.chunked:
            headers["Transfer-Encoding"] = "chunked"
            content = (body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK))
        connection = HTTPConnection(url.hostname or "", url.port, timeout=self.timeout.total_seconds())
        target = f"{url.path or '/'}{f'?{url.query}' if url.query else ''}"
        try:
            # Who refuses a body without reading it hangs up in the middle; the answer may be there nevertheless.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request("POST", target, content, headers, encode_chunked=self.chunked)
            return connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise UnreachableError(str(error) or type(error).__name__) from error
        finally:
            connection.close()


def is_http(url: str) -> bool:
    """Whether `Webhook` can post there."""
    parts = urlsplit(url)
    return parts.scheme == "http" and bool(parts.hostname)
