"""The page with the number, to be read aloud, and the tick that the client has been told it (R10)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Request
from werkzeug import Response
from werkzeug.utils import redirect

from functions.intake_phone.call import read_number
from functions.intake_phone.page import CallPages, Shown
from functions.intake_phone.reading import FORM, Reader
from functions.intake_phone.saving import Way
from shared.domain.ticket import Ticket
from shared.joining import BrokenRedirectError, Joiner, redirects
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.logs import fields
from shared.posts import Refusal
from shared.staff.people import Person
from shared.telling import MergedError, Telling, Told
from shared.web import json_response, problem, rfc3339

log = logging.getLogger(__name__)

SAVED_PATH, TOLD_PATH = "/saved", "/told"

RETRY_AFTER = timedelta(seconds=5)
"""Somebody is on the phone, and waits."""

NUMBER = "ticket"
"""Name of the number in addresses, forms and JSON."""

_WAY = "way"
_WAYS: Mapping[str, Way] = {way.value: way for way in Way}


@dataclass(frozen=True, slots=True)
class NumberDoor:
    """Shows a number, and records that it was told."""

    pages: CallPages
    reader: Reader
    joiner: Joiner
    telling: Telling

    def show(self, request: Request, person: Person) -> Response:
        """Show a number; without one the page says that it will come.

        Raises:
            Refusal: There is no such ticket: 404.
        """
        said = request.args.get(NUMBER)
        if said is None:
            return self.pages.kept(person, HTTPStatus.OK)
        number = _read(said, HTTPStatus.NOT_FOUND)
        return self._page(person, number, HTTPStatus.OK, way=_WAYS.get(request.args.get(_WAY, "")))

    def tell(self, request: Request, person: Person) -> Response:
        """Record that the client was told.

        Raises:
            Refusal: The post can't be read (see `Reader.read`), names no ticket (404, 422), or it is not known to be
                recorded (503).
        """
        post = self.reader.read(request, person)
        number = _read(post.values.get(NUMBER), HTTPStatus.UNPROCESSABLE_ENTITY)
        by_form = request.mimetype == FORM
        if by_form and post.request_id is None:
            notice = "Страница устарела: отметка не записана. Нажмите кнопку ещё раз."
            return self._page(person, number, HTTPStatus.UNPROCESSABLE_ENTITY, notice=notice)
        try:
            told = self.telling.record(number, person.signature)
        except MergedError as error:
            return self._merged(person, number, error.into, by_form=by_form)
        except (LedgerConflictError, LedgerUnavailableError) as error:
            log.exception("telling_not_known", extra=fields(ticket=number))
            text = "Отметка, возможно, не записана. Повторите: это ничему не повредит."
            status = HTTPStatus.SERVICE_UNAVAILABLE
            if by_form:
                return self._page(person, number, status, notice=text)
            raise Refusal(status, "База данных не отвечает", text, retry_after=RETRY_AFTER) from error
        if told is None:
            raise _no_such(number, HTTPStatus.NOT_FOUND)
        return redirect(saved_url(number), HTTPStatus.SEE_OTHER) if by_form else _answer(told)

    def _merged(self, person: Person, number: int, into: int, *, by_form: bool) -> Response:
        if by_form:
            return self._page(person, number, HTTPStatus.CONFLICT)
        found = self._find(number)
        last = found[-1].number if found else into
        text = f"Обращение №\u00a0{number} объединено с №\u00a0{last}: сообщите клиенту этот номер."
        return problem(HTTPStatus.CONFLICT, "Обращение объединено с другим", text, ticket=last)

    def _page(
        self, person: Person, number: int, status: HTTPStatus, *, way: Way | None = None, notice: str | None = None
    ) -> Response:
        found = self._find(number)
        if found is None:
            # What is known is the number, and that is what somebody on the phone is waiting for.
            status, notice = HTTPStatus.SERVICE_UNAVAILABLE, notice or "Подробности сейчас недоступны: нет ответа базы."
        elif not found:
            raise _no_such(number, HTTPStatus.NOT_FOUND)
        return self.pages.saved(person, Shown(number, found or (), way), status, notice=notice)

    def _find(self, number: int) -> tuple[Ticket, ...] | None:
        """Find a ticket and those that it was merged into; empty when there is none, None without an answer."""
        try:
            first = self.joiner.find(number)
            return () if first is None else tuple(each.ticket for each in redirects(self.joiner.find, first))
        except (LedgerUnavailableError, BrokenRedirectError):
            log.exception("ticket_not_shown", extra=fields(ticket=number))
            return None


def saved_url(number: int, way: Way | None = None) -> str:
    """Give the address of the page with a number."""
    return f"{SAVED_PATH}?{urlencode({NUMBER: number} | ({_WAY: way.value} if way else {}))}"


def _answer(told: Told) -> Response:
    accepted_at = told.ticket.accepted_at
    body = {NUMBER: told.ticket.number, "accepted_at": rfc3339(accepted_at) if accepted_at else None}
    return json_response(HTTPStatus.OK, body)


def _read(said: object, otherwise: HTTPStatus) -> int:
    number = read_number(said)
    if number is None:
        errors = {NUMBER: "Номер обращения: нужны только цифры, например 12345."}
        title = "Такого номера не бывает"
        raise Refusal(otherwise, title, errors[NUMBER], None if otherwise is HTTPStatus.NOT_FOUND else errors)
    return number


def _no_such(number: int, status: HTTPStatus) -> Refusal:
    return Refusal(status, "Такого обращения нет", f"Обращения №\u00a0{number} нет. Проверьте номер.")
