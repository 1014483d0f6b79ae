"""The door: lets in who may, finds what is asked for, and takes calls (R1, R2, R10, R15)."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Request
from werkzeug import Response
from werkzeug.utils import redirect

from functions.intake_phone.call import SAME_AS, read_call, read_number
from functions.intake_phone.number_door import RETRY_AFTER, SAVED_PATH, TOLD_PATH, NumberDoor, saved_url
from functions.intake_phone.page import CallPages
from functions.intake_phone.reading import FORM, Post, Reader
from functions.intake_phone.recent import RecentTickets
from functions.intake_phone.saving import Calls, KeyUsedError, Saved, Way
from shared.joining import Joiner
from shared.ledger import LedgerRefusedError, LedgerUnavailableError
from shared.logs import follow_trace
from shared.posts import Refusal, come_again
from shared.registration import Kept
from shared.request_fields import InvalidFieldsError
from shared.staff.gate import DeniedError, Gate
from shared.staff.pages import ASSETS, wants_page
from shared.staff.people import Person
from shared.web import json_response, problem, rfc3339

log = logging.getLogger(__name__)

_RECENT_PATH = "/recent"
_METHODS: Mapping[str, tuple[str, ...]] = {
    "/": ("GET", "HEAD", "POST"),
    _RECENT_PATH: ("POST",),
    SAVED_PATH: ("GET", "HEAD"),
    TOLD_PATH: ("POST",),
    ASSETS: ("GET", "HEAD"),
}
"""By path, as `Allow` names them (RFC 9110); what begins with `ASSETS` has its methods."""


@dataclass(frozen=True, slots=True)
class PhoneDoor:
    """Answers the function's requests.

    Attributes:
        gate: Lets people in; nothing at all is shown to anybody else.
        joiner: Reads tickets.
        now: Gives the time, aware and in UTC.
    """

    gate: Gate
    pages: CallPages
    reader: Reader
    calls: Calls
    recent: RecentTickets
    number: NumberDoor
    joiner: Joiner
    now: Callable[[], datetime]

    def answer(self, request: Request) -> Response:
        """Answer any request; nothing that anybody sends makes this raise."""
        now = self.now()
        follow_trace(request.headers)
        person = None
        try:
            person = self.gate.admit(request)
            return self._route(request, person, now)
        except DeniedError as error:
            return self._say(request, person, error.status, error.title, error.detail)
        except Refusal as refusal:
            return come_again(refusal, self._refuse(request, person, refusal))

    def apologise(self, request: Request) -> Response:
        """Answer where `answer` has failed: whether the call was saved is unknown, and repeating it is safe."""
        title = "Сбой на нашей стороне"
        text = "Возможно, звонок не сохранён. Вернитесь на страницу и сохраните его ещё раз: второго номера не будет."
        return self._say(request, None, HTTPStatus.INTERNAL_SERVER_ERROR, title, text)

    def _route(self, request: Request, person: Person, now: datetime) -> Response:
        path = ASSETS if request.path.startswith(ASSETS) else request.path
        allowed = _METHODS.get(path)
        if allowed is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "Такой страницы нет", "Звонок записывают по адресу «/».")
        if request.method not in allowed:
            text = f"Возможны методы {', '.join(allowed)}."
            response = self._say(request, person, HTTPStatus.METHOD_NOT_ALLOWED, "Так сюда обратиться нельзя", text)
            response.headers["Allow"] = ", ".join(allowed)
            return response
        handlers: Mapping[str, Callable[[], Response]] = {
            "/": lambda: (self._post if request.method == "POST" else self._page)(request, person, now),
            _RECENT_PATH: lambda: self._recent(request),
            SAVED_PATH: lambda: self.number.show(request, person),
            TOLD_PATH: lambda: self.number.tell(request, person),
            ASSETS: lambda: self._asset(request),
        }
        return handlers[path]()

    def _asset(self, request: Request) -> Response:
        found = self.pages.pages.asset(request.path)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "Такого файла нет", "Обновите страницу.")
        return found

    def _page(self, request: Request, person: Person, now: datetime) -> Response:
        """Give the page of a call: empty, or about the ticket that its address names."""
        number = read_number(request.args.get(SAME_AS))
        if number is None:
            return self.pages.call(person, now)
        typed: dict[str, object] = {SAME_AS: number}
        try:
            found = self.joiner.find(number)
        except LedgerUnavailableError:
            # It can be typed as well.
            found = None
        if found is not None:
            contact = found.ticket.contact
            typed |= {"name": contact.name, "email": contact.email, "phone": contact.phone_as_typed or contact.phone}
        return self.pages.call(person, now, typed=typed)

    def _recent(self, request: Request) -> Response:
        # A post, though it changes nothing: the addresses of all requests are logged (terraform/logging.tf).
        caller = self.reader.caller(request)
        try:
            found = self.recent.of(caller["phone"], caller["email"])
        except LedgerUnavailableError as error:
            text = "Недавние обращения сейчас недоступны."
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise Refusal(status, "База данных не отвечает", text, retry_after=RETRY_AFTER) from error
        response = json_response(HTTPStatus.OK, {"tickets": found})
        response.headers["Cache-Control"] = "no-store"
        return response

    def _post(self, request: Request, person: Person, now: datetime) -> Response:
        post = self.reader.read(request, person)
        by_form = request.mimetype == FORM
        try:
            return self._save(post, person, now, by_form=by_form)
        except Refusal as refusal:
            if not by_form:
                raise
            notice = None if refusal.errors else f"{refusal.title}. {refusal.detail}"
            token = post.token if post.request_id else None
            page = self.pages.call(
                person, now, refusal.status, typed=post.values, token=token, notice=notice, errors=refusal.errors
            )
            return come_again(refusal, page)

    def _save(self, post: Post, person: Person, now: datetime, *, by_form: bool) -> Response:
        try:
            call = read_call(self.reader.form(post) if by_form else self.reader.json(post), person, now)
            if by_form and post.request_id is None:
                text = "Всё, что вы ввели, осталось здесь: сохраните ещё раз."
                raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Страница устарела", text)
            saved = self.calls.save(call)
        except InvalidFieldsError as error:
            text = "Исправьте отмеченные поля и сохраните ещё раз."
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Звонок не сохранён", text, error.errors) from error
        except KeyUsedError as error:
            return self._used(post, person, now, error.ticket, by_form=by_form)
        except (LedgerUnavailableError, LedgerRefusedError) as error:
            log.exception("call_not_saved")
            text = "База данных не отвечает. Всё, что вы ввели, осталось здесь: сохраните ещё раз через минуту."
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise Refusal(status, "Звонок пока не сохранён", text, retry_after=RETRY_AFTER) from error
        if not by_form:
            return _answer(saved)
        if isinstance(saved, Kept):
            return self.pages.kept(person, HTTPStatus.ACCEPTED)
        # A page that can be loaded again without sending anything.
        return redirect(saved_url(saved.ticket.number, saved.way), HTTPStatus.SEE_OTHER)

    def _used(self, post: Post, person: Person, now: datetime, number: int | None, *, by_form: bool) -> Response:
        """Answer where something was typed after the call had been saved: it is a further word about that ticket."""
        status, title = HTTPStatus.UNPROCESSABLE_ENTITY, "Звонок уже сохранён"
        if number is None:
            text = "Его прежний текст уже сохранён, номера пока нет. Добавьте остальное, когда он появится."
            raise Refusal(status, title, text)
        text = f"Он зарегистрирован под №\u00a0{number} с прежним текстом. Сохраните ещё раз, чтобы дополнить его."
        if by_form:
            return self.pages.call(
                person, now, status, typed={**post.values, SAME_AS: number}, notice=f"{title}. {text}"
            )
        return problem(status, title, text, ticket=number)

    def _refuse(self, request: Request, person: Person | None, refusal: Refusal) -> Response:
        if _for_person(request):
            return self._say(request, person, refusal.status, refusal.title, refusal.detail)
        return problem(refusal.status, refusal.title, refusal.detail, refusal.errors)

    def _say(self, request: Request, person: Person | None, status: HTTPStatus, title: str, text: str) -> Response:
        if _for_person(request):
            return self.pages.pages.message(status, title, text, person)
        return problem(status, title, text)


def _answer(saved: Saved | Kept) -> Response:
    """Tell a program what became of its call."""
    if isinstance(saved, Kept):
        text = "Звонок сохранён, номер появится в ближайшие минуты."
        return json_response(HTTPStatus.ACCEPTED, {"detail": text, "received_at": rfc3339(saved.received_at)})
    ticket = saved.ticket
    body: dict[str, object] = {
        "ticket": ticket.number,
        "title": ticket.title,
        "received_at": rfc3339(ticket.received_at),
        "registered_at": rfc3339(ticket.registered_at),
        "response_starts_at": rfc3339(ticket.response_starts_at),
        "way": saved.way.value,
    }
    return json_response(HTTPStatus.CREATED if saved.way is Way.NEW else HTTPStatus.OK, body)


def _for_person(request: Request) -> bool:
    """Tell whether the answer is a page."""
    return request.path != _RECENT_PATH and wants_page(request)
