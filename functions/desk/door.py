"""The door: lets in who may, finds what is asked for, and says plainly what went wrong."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Request
from werkzeug import Response

from shared.ledger import LedgerUnavailableError
from shared.logs import follow_trace
from shared.posts import Refusal, come_again
from shared.staff.gate import DeniedError, Gate
from shared.staff.pages import ASSETS, StaffPages, wants_page
from shared.staff.people import Person
from shared.web import problem

log = logging.getLogger(__name__)

Handler = Callable[[Request, Person, re.Match[str]], Response]
"""Answers a request of a person who may make it; the match is that of the route's path.

It may raise `Refusal`, `DeniedError` (what only heads may) and `LedgerUnavailableError`: the door makes pages of them.
"""

_ASSET = re.compile(re.escape(ASSETS) + "[a-z_.]+")
_RETRY_AFTER = "10"
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Route:
    """Something that can be asked for.

    Attributes:
        method: `GET`, which answers `HEAD` as well, or `POST`.
        path: What the whole path must look like.
    """

    method: str
    path: re.Pattern[str]
    handle: Handler

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that it answers."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)


class DeskDoor:
    """Answers the function's requests.

    Args:
        gate: Lets people in; nothing at all is shown to anybody else.
        pages: Renders what is wrong.
        routes: What there is, beside style and scripts.
    """

    def __init__(self, gate: Gate, pages: StaffPages, routes: Sequence[Route]) -> None:
        self._gate = gate
        self._pages = pages
        self._routes = (Route("GET", _ASSET, self._asset), *routes)

    def answer(self, request: Request) -> Response:
        """Answer any request."""
        follow_trace(request.headers)
        person = None
        try:
            person = self._gate.admit(request)
            return self._route(request, person)
        except DeniedError as error:
            return self._say(request, person, error.status, error.title, error.detail)
        except Refusal as refusal:
            return come_again(refusal, self._say(request, person, refusal.status, refusal.title, refusal.detail))
        except LedgerUnavailableError:
            log.exception("ledger_unavailable")
            text = "Сейчас база данных не отвечает. Обновите страницу через минуту; ничего не потеряно."
            response = self._say(request, person, HTTPStatus.SERVICE_UNAVAILABLE, "База данных не отвечает", text)
            response.headers["Retry-After"] = _RETRY_AFTER
            return response

    def apologise(self, request: Request) -> Response:
        """Answer where `answer` has failed."""
        title = "Сбой на нашей стороне"
        text = "Страницу показать не удалось. Повторите, пожалуйста; если не поможет, сообщите администратору."
        return self._say(request, None, HTTPStatus.INTERNAL_SERVER_ERROR, title, text)

    def _route(self, request: Request, person: Person) -> Response:
        there = [(route, match) for route in self._routes if (match := route.path.fullmatch(request.path))]
        for route, match in there:
            if request.method in route.methods:
                return route.handle(request, person, match)
        if not there:
            text = "Возможно, в адресе опечатка. Обращение можно найти по номеру."
            return self._say(request, person, HTTPStatus.NOT_FOUND, "Такой страницы нет", text)
        allowed = ", ".join(dict.fromkeys(method for route, _ in there for method in route.methods))
        text = f"Возможны методы {allowed}."
        response = self._say(request, person, HTTPStatus.METHOD_NOT_ALLOWED, "Так сюда обратиться нельзя", text)
        response.headers["Allow"] = allowed
        return response

    def _asset(self, request: Request, person: Person, _: re.Match[str]) -> Response:
        found = self._pages.asset(request.path)
        if found is not None:
            return found
        return self._say(request, person, HTTPStatus.NOT_FOUND, "Такого файла нет", "Обновите страницу.")

    def _say(self, request: Request, person: Person | None, status: HTTPStatus, title: str, text: str) -> Response:
        if not wants_page(request):
            return problem(status, title, text)
        return self._pages.message(status, title, text, person)
