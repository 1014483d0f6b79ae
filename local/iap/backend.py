"""Passes a request on to the function behind the proxy, and its answer back (RFC 9110)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from string import punctuation
from urllib.parse import quote, urlsplit, urlunsplit

from werkzeug import Request, Response

MOST_BYTES = 32 * 2**20
"""Of one body; what Cloud Run takes and gives."""

_PATIENCE = 60.0  # seconds that the function may be silent
# RFC 9110, 7.6.1; and `Expect`, for the body has come already.
_HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_OURS = frozenset({"date", "server"})  # the server that answers writes its own

Headers = Iterable[tuple[str, str]]
"""Names and values."""


class BackendError(Exception):
    """The function gave no answer that can be passed back; the message says why."""


class PassedBack(Response):
    """An answer as it came: nothing is added to what has no type."""

    default_mimetype = None


@dataclass(frozen=True, slots=True)
class Backend:
    """A function's own address.

    Attributes:
        url: `http://host:port`.
    """

    url: str

    def pass_on(self, request: Request, headers: Headers, body: bytes) -> Response:
        """Send the request, with these headers instead of its own, and give the answer; redirects are not followed.

        Raises:
            BackendError: See there.
        """
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=_PATIENCE)
        try:
            connection.putrequest(request.method, target_of(request), skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body or "Content-Length" in request.headers or "Transfer-Encoding" in request.headers:
                connection.putheader("Content-Length", str(len(body)))
            # Who refuses a body without reading it hangs up in the middle; the answer may be there nevertheless.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders(body)
            return _passed_back(connection.getresponse())
        except (OSError, HTTPException, ValueError) as error:
            raise BackendError(str(error) or type(error).__name__) from error
        finally:
            connection.close()


def end_to_end(headers: Headers) -> Iterator[tuple[str, str]]:
    """Give the headers that are not for one connection alone."""
    kept = list(headers)
    nominated = [value for name, value in kept if name.lower() == "connection"]
    dropped = {name.strip().lower() for value in nominated for name in value.split(",")} | _HOP_BY_HOP
    return ((name, value) for name, value in kept if name.lower() not in dropped)


def target_of(request: Request) -> str:
    """Give path and query just as they were written: decoded and encoded again they may be others.

    Only what no address may hold is encoded: curl sends what is typed.
    """
    # `REQUEST_URI` holds the bytes as Latin-1, and that as UTF-8 in Latin-1.
    written = request.environ["REQUEST_URI"].encode("latin-1").decode().encode("latin-1")
    target = quote(written, safe=punctuation)
    if target.startswith("/"):
        return target
    parts = urlsplit(target)  # the form for proxies (RFC 9112, 3.2.2); the server has taken its host for `Host`
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))


def _passed_back(answer: HTTPResponse) -> Response:
    content = answer.read(MOST_BYTES + 1)
    if answer.length or len(content) > MOST_BYTES:
        raise BackendError("the answer is larger than 32 MiB, or broke off")
    headers = [(name, value) for name, value in end_to_end(answer.getheaders()) if name.lower() not in _OURS]
    # As a list: of plain bytes werkzeug writes the length, which is another one where only headers were asked for.
    return PassedBack([content], answer.status, headers)
