"""The stand-in's own addresses: the sign-in page, the same for programs, and the keys."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from werkzeug import Request, Response
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.utils import redirect

from local.iap.accounts import Account, Sessions
from local.iap.issuer import LIFETIME, Issuer
from local.iap.pages import SIGN_IN, SIGN_OUT, STYLE, SignInPages
from shared.logs import fields, redact
from shared.staff.assertions import HEADER
from shared.staff.post_tokens import from_other_site
from shared.web import json_response, problem, rfc3339

KEYS = "/_keys"
COOKIE = "pass24_local_iap"

_MOST_BYTES = 10_000  # of a post
_LOCAL_PATH = re.compile(r"/(?!/)[^\x00-\x20\x7f\\]*")
r"""Browsers read `\` as `/`, and drop tabs and line breaks: either can make another site of a path."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Signs people in and out, and gives assertions.

    Attributes:
        accounts: Who can sign in, by address.
        sessions: Who has.
        issuer: Signs the assertions.
        pages: What people see.
        now: The time, aware.
    """

    accounts: Mapping[str, Account]
    sessions: Sessions
    issuer: Issuer
    pages: SignInPages
    now: Callable[[], datetime]

    def answer(self, request: Request, audience: str) -> Response | None:
        """Answer what is asked at one of the stand-in's own addresses; None at any other.

        Args:
            request: The request.
            audience: Of the service that it came to.

        Raises:
            HTTPException: The address takes no such method, or not so large a body.
        """
        addresses: Mapping[str, Mapping[str, Callable[[], Response]]] = {
            KEYS: {"GET": lambda: json_response(HTTPStatus.OK, self.issuer.key_set)},
            STYLE: {"GET": self.pages.style},
            SIGN_IN: {"GET": lambda: self._page(request), "POST": lambda: self._sign_in(request, audience)},
            SIGN_OUT: {"POST": lambda: self._sign_out(request)},
        }
        methods = addresses.get(request.path)
        if methods is None:
            return None
        answer = methods.get("GET" if request.method == "HEAD" else request.method)
        if answer is None:
            raise MethodNotAllowed(list(methods))
        request.max_content_length = _MOST_BYTES
        return answer()

    def account(self, request: Request) -> Account | None:
        """Give who has signed in in the browser that asks."""
        return self.sessions.account(request.cookies.get(COOKIE, ""))

    def assertion(self, account: Account, audience: str) -> str:
        """Sign that the account asks the service."""
        return self.issuer.assertion(account.address, audience, self.now())

    def _page(self, request: Request) -> Response:
        target = local_path(request.args.get("next", ""))
        return self.pages.sign_in(self.accounts.values(), self.account(request), target)

    def _sign_in(self, request: Request, audience: str) -> Response:
        if request.is_json:
            return self._for_program(request, audience)
        if from_other_site(request):
            return _from_other_site()
        target = local_path(request.form.get("next", ""))
        account = self.accounts.get(request.form.get("email", "").lower())
        if account is None:
            return self.pages.sign_in(
                self.accounts.values(), self.account(request), target, "Такой учётной записи здесь нет."
            )
        self.sessions.end(request.cookies.get(COOKIE, ""))
        response = redirect(target, HTTPStatus.SEE_OTHER)
        response.set_cookie(COOKIE, self.sessions.begin(account), httponly=True, samesite="Lax")
        log.info("signed_in", extra=fields(account=redact(account.address)))
        return response

    def _for_program(self, request: Request, audience: str) -> Response:
        posted = request.get_json(silent=True)
        email = posted.get("email") if isinstance(posted, dict) else None
        account = self.accounts.get(email.lower()) if isinstance(email, str) else None
        if account is None:
            known = ", ".join(self.accounts)
            return problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "Такой учётной записи здесь нет",
                f'Нужно {{"email": …}}, один из: {known}.',
            )
        expires_at = rfc3339(self.now() + LIFETIME)
        body = {"header": HEADER, "assertion": self.assertion(account, audience), "expires_at": expires_at}
        response = json_response(HTTPStatus.OK, body)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _sign_out(self, request: Request) -> Response:
        if from_other_site(request):
            return _from_other_site()
        self.sessions.end(request.cookies.get(COOKIE, ""))
        response = redirect(SIGN_IN, HTTPStatus.SEE_OTHER)
        response.delete_cookie(COOKIE, httponly=True, samesite="Lax")
        return response


def local_path(target: str) -> str:
    """Give where a person wants to go, if that is a path of this site; else `/`."""
    return target if _LOCAL_PATH.fullmatch(target) else "/"


def _from_other_site() -> Response:
    text = "Этот запрос отправила страница другого сайта."
    return Response(text, HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")
