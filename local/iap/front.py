"""One protected service: its public side, as Identity-Aware Proxy shows it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from werkzeug import Request, Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.utils import redirect

from local.iap.accounts import Account
from local.iap.backend import MOST_BYTES, Backend, BackendError, end_to_end, target_of
from local.iap.pages import SIGN_IN
from local.iap.sign_in import COOKIE, SignIn
from shared.logs import fields
from shared.staff.assertions import HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """Passes requests on to a function: with an assertion when the person has signed in, else as they came.

    Who has not is led to the sign-in page, if it is a person; to a program the function itself says no.

    Attributes:
        audience: What the function wants its assertions to be made for.
        backend: The function.
        sign_in: Who has signed in; fronts share it, as browsers send a host's cookie to all its ports.
    """

    audience: str
    backend: Backend
    sign_in: SignIn

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request = Request(environ)
        try:
            response = self.sign_in.answer(request, self.audience) or self._pass_on(request)
        except HTTPException as error:
            response = _plain(HTTPStatus(error.code or HTTPStatus.BAD_REQUEST), error.description or error.name)
            for name, value in error.get_headers(environ):
                if name.lower() == "allow":
                    response.headers[name] = value
        return response(environ, start_response)

    def _pass_on(self, request: Request) -> Response:
        account = self.sign_in.account(request)
        if account is None and request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate":
            return redirect(f"{SIGN_IN}?next={quote(target_of(request), safe='')}")
        body = _body(request)
        try:
            return self.backend.pass_on(request, self._headers(request, account), body)
        except BackendError as error:
            log.warning("no_answer", extra=fields(backend=self.backend.url, error=str(error)))
            return _plain(HTTPStatus.BAD_GATEWAY, f"Функция {self.backend.url} не отвечает: {error}")

    def _headers(self, request: Request, account: Account | None) -> Headers:
        """Give the headers for the function; nobody but us can say who has signed in."""
        headers = Headers(list(end_to_end(request.headers)))
        del headers["Content-Length"]  # the body's is counted anew
        cookies = _other_cookies(headers.get("Cookie", ""))
        del headers["Cookie"]
        if cookies:
            headers["Cookie"] = cookies
        seen = headers.get("X-Forwarded-For")
        headers["X-Forwarded-For"] = f"{seen}, {request.remote_addr}" if seen else str(request.remote_addr)
        if account:
            headers[HEADER] = self.sign_in.assertion(account, self.audience)
        return headers


def _body(request: Request) -> bytes:
    # A body in chunks says no length: it is cut at the limit.
    request.max_content_length = MOST_BYTES + 1
    try:
        body = request.get_data(cache=False)
    except OSError as error:  # werkzeug's word for chunks that are none
        raise BadRequest("Тело запроса не читается.") from error
    if len(body) > MOST_BYTES:
        raise RequestEntityTooLarge
    return body


def _other_cookies(header: str) -> str:
    """Give a Cookie header without the session's: the function must not be able to play the person elsewhere."""
    cookies = [each.strip() for each in header.split(";")]
    return "; ".join(each for each in cookies if each.partition("=")[0].strip() != COOKIE)


def _plain(status: HTTPStatus, text: str) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
