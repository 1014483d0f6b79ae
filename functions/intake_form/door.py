"""The door: what comes in over HTTP, what becomes of it, and what the sender hears (R1, R2, R17)."""

import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil

from flask import Request
from werkzeug import Response

from functions.intake_form.captcha import SmartCaptcha, Verdict
from functions.intake_form.details_door import RETRY_AFTER, DetailsDoor
from functions.intake_form.page import SCRIPT_PATH, Pages, Typed
from functions.intake_form.page_token import PageTokens
from functions.intake_form.rate_limit import RateLimit
from functions.intake_form.reading import Post, Reader
from functions.intake_form.settings import FormSettings
from functions.intake_form.uploads import Uploads
from shared.domain.submission import Channel, Mark, Submission
from shared.filling import fill_from_text
from shared.information_links import DETAILS_PATH
from shared.ledger import LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields, follow_trace
from shared.numbering import KeyReusedError, Registered
from shared.posts import FORMS, Refusal, come_again
from shared.registration import Kept, Registrar
from shared.request_fields import InvalidFieldsError, read_fields
from shared.web import json_response, problem, rfc3339, sender_address

log = logging.getLogger(__name__)

_METHODS = {"/": "GET, HEAD, POST, OPTIONS", DETAILS_PATH: "GET, HEAD, POST", SCRIPT_PATH: "GET, HEAD"}
"""By path, as `Allow` names them (RFC 9110)."""


@dataclass(frozen=True, slots=True)
class FormDoor:
    """Answers the function's requests.

    Attributes:
        details: Takes what is missing in a request.
        captcha: None where it is switched off.
        now: Gives the time, aware and in UTC.
    """

    settings: FormSettings
    pages: Pages
    tokens: PageTokens
    reader: Reader
    registrar: Registrar
    rate_limit: RateLimit
    uploads: Uploads
    captcha: SmartCaptcha | None
    details: DetailsDoor
    now: Callable[[], datetime]

    def answer(self, request: Request) -> Response:
        """Answer any request; nothing that a client sends makes this raise."""
        received_at = self.now()
        follow_trace(request.headers)
        return self._allow_origin(request, self._route(request, received_at))

    def apologise(self, request: Request) -> Response:
        """Answer where `answer` has failed: whether the request was registered is unknown, and repeating it is safe."""
        title = "Сбой на нашей стороне"
        text = "Возможно, обращение не зарегистрировано. Отправьте его, пожалуйста, ещё раз или обратитесь иначе."
        response = self._message(request, HTTPStatus.INTERNAL_SERVER_ERROR, title, text)
        return self._allow_origin(request, response)

    def _route(self, request: Request, received_at: datetime) -> Response:
        match request.method, request.path:
            case (("GET" | "HEAD"), "/"):
                return self.pages.form(HTTPStatus.OK, Typed(self.tokens.issue(), {}))
            case (("GET" | "HEAD"), path) if path == SCRIPT_PATH:
                return self.pages.script()
            case "POST", "/":
                return self._post(request, received_at)
            case (("GET" | "HEAD" | "POST"), path) if path == DETAILS_PATH:
                return self._details(request, received_at)
            case "OPTIONS", "/":
                return Response(status=HTTPStatus.NO_CONTENT, headers={"Allow": _METHODS["/"]})
        return self._no_such(request)

    def _no_such(self, request: Request) -> Response:
        """Answer a path that is not there, or a method that it has not."""
        if request.path in _METHODS:
            title, text = "Так сюда обратиться нельзя", f"Возможны методы {_METHODS[request.path]}."
            response = self._message(request, HTTPStatus.METHOD_NOT_ALLOWED, title, text)
            response.headers["Allow"] = _METHODS[request.path]
            return response
        title, text = "Такой страницы нет", "Форма обращения находится по адресу «/»."
        return self._message(request, HTTPStatus.NOT_FOUND, title, text)

    def _details(self, request: Request, received_at: datetime) -> Response:
        if request.method != "POST":
            return self.details.show(request, received_at)
        try:
            return self.details.take(request, received_at)
        except Refusal as refusal:
            return self._message(request, refusal.status, refusal.title, refusal.detail)

    def _post(self, request: Request, received_at: datetime) -> Response:
        try:
            post = self.reader.read(request)
        except Refusal as refusal:
            return self._message(request, refusal.status, refusal.title, refusal.detail)
        try:
            return self._register(request, post, received_at)
        except Refusal as refusal:
            return come_again(refusal, self._refuse(request, post, refusal))

    def _register(self, request: Request, post: Post, received_at: datetime) -> Response:
        try:
            contact, details = read_fields(post.raw)
        except InvalidFieldsError as error:
            text = "Исправьте отмеченные поля и отправьте обращение ещё раз."
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Проверьте обращение", text, error.errors) from error
        if request.mimetype in FORMS:
            self._check_page(post, received_at)
        key = _submission_key(post.key or secrets.token_hex(16))
        submission = Submission(
            key=key,
            channel=Channel.FORM,
            received_at=received_at,
            contact=contact,
            details=details,
            files=self.uploads.examine(key, post.uploads),
            consented_at=received_at,
        )
        try:
            return self._admit_and_register(request, post, submission)
        except KeyReusedError as error:
            text = (
                "С этой страницы уже отправлено другое обращение. Если это новое обращение, отправьте его ещё раз."
                if post.page
                else "Этот Idempotency-Key уже использован с другим содержанием. Для нового обращения нужен новый ключ."
            )
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Это другое обращение", text, new_page=True) from error
        except (LedgerUnavailableError, LedgerRefusedError) as error:
            log.exception("submission_not_kept", extra=fields(submission=submission.key))
            text = "Сейчас зарегистрировать обращение не удалось. Отправьте его, пожалуйста, ещё раз через минуту."
            status = HTTPStatus.SERVICE_UNAVAILABLE
            raise Refusal(status, "Сбой на нашей стороне", text, retry_after=RETRY_AFTER) from error

    def _admit_and_register(self, request: Request, post: Post, submission: Submission) -> Response:
        try:
            marks = self._admit(request, post, submission)
        except Refusal:
            # The same request again gets its first answer, whatever the sender's limits: it makes no ticket and no
            # letter, and a captcha's token can be verified only once.
            earlier = self.registrar.earlier(submission) if post.key else None
            if earlier is None:
                raise
            return self._tell(request, earlier, submission)
        if submission.files and post.key:
            # Before files are stored: a repeated post needs no second upload, and a reused key must not leave any.
            earlier = self.registrar.earlier(submission)
            if isinstance(earlier, Registered):
                return self._tell(request, earlier, submission)
        files = self.uploads.store(submission.files, post.uploads)
        details, from_text = fill_from_text(submission.details)
        submission = replace(submission, details=details, files=files, marks=marks, from_text=from_text)
        return self._tell(request, self.registrar.register(submission), submission)

    def _check_page(self, post: Post, received_at: datetime) -> None:
        """Refuse what no person has typed; a person who is refused all the same only has to press the button again."""
        title = "Отправьте, пожалуйста, ещё раз"
        if post.page is None:
            text = "Страница устарела. Всё, что вы ввели, сохранилось: нажмите «Отправить» ещё раз."
        elif post.trap:
            text = "Было заполнено скрытое поле, которого люди не видят. Мы его очистили: нажмите «Отправить» ещё раз."
        elif received_at - post.page.issued_at < self.settings.min_fill_time:
            text = "Форма отправлена слишком быстро. Всё, что вы ввели, сохранилось: нажмите «Отправить» ещё раз."
        else:
            return
        log.info("form_page_refused", extra=fields(token=post.page is not None, trap=bool(post.trap)))
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, title, text)

    def _admit(self, request: Request, post: Post, submission: Submission) -> tuple[Mark, ...]:
        """Let a sender pass; give what should be known of him."""
        address = sender_address(request, self.settings.trusted_proxies)
        wait = self.rate_limit.wait(address, submission.contact, submission.received_at)
        if wait is not None:
            minutes = ceil(wait / timedelta(minutes=1))
            title = "Слишком много обращений подряд"
            text = f"Отправьте это обращение через {minutes} мин. или, если оно срочное, обратитесь иначе."
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, title, text, retry_after=wait)
        if self.captcha is None:
            return ()
        match self.captcha.verify(post.captcha_token, address):
            case Verdict.PERSON:
                return ()
            case Verdict.UNKNOWN:
                return (Mark.CAPTCHA_UNVERIFIED,)
            case Verdict.ROBOT:
                errors = {"captcha": "Проверка: подтвердите, что вы не робот."}
                title, text = "Подтвердите, что вы не робот", "Пройдите проверку и отправьте обращение ещё раз."
                raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, title, text, errors)

    def _tell(self, request: Request, outcome: Registered | Kept, submission: Submission) -> Response:
        person = _for_person(request)
        match outcome:
            case Registered(ticket=ticket, duplicate=True):
                # Whoever names somebody's address and guesses his request may learn its number, and nothing else of it.
                status = HTTPStatus.OK
                if person:
                    return self.pages.duplicate(ticket.number, submission.contact.email, submission.files)
                body: dict[str, object] = {
                    "ticket": ticket.number,
                    "duplicate": True,
                    "received_at": rfc3339(submission.received_at),
                }
            case Registered(ticket=ticket, repeated=repeated):
                status = HTTPStatus.OK if repeated else HTTPStatus.CREATED
                if person:
                    return self.pages.registered(status, outcome, submission.files)
                body = {
                    "ticket": ticket.number,
                    "title": ticket.title,
                    "received_at": rfc3339(ticket.received_at),
                    "registered_at": rfc3339(ticket.registered_at),
                    "response_starts_at": rfc3339(ticket.response_starts_at),
                }
            case Kept(received_at=received_at):
                if person:
                    return self.pages.kept(outcome, submission.contact.email, submission.files)
                status = HTTPStatus.ACCEPTED
                body = {"detail": "Обращение принято, номер придёт письмом.", "received_at": rfc3339(received_at)}
        refused = [{"name": file.name, "reason": file.refusal} for file in submission.files if file.refusal]
        return json_response(status, body | ({"refused_files": refused} if refused else {}))

    def _refuse(self, request: Request, post: Post, refusal: Refusal) -> Response:
        """Answer with what is wrong; a person gets the form back with everything typed."""
        if not _for_person(request):
            return problem(refusal.status, refusal.title, refusal.detail, refusal.errors)
        token = post.token if post.page and not refusal.new_page else self.tokens.issue()
        names = [upload.filename for upload in post.uploads if upload.filename]
        notice = None if refusal.errors else f"{refusal.title}. {refusal.detail}"
        return self.pages.form(refusal.status, Typed(token, post.raw, names), notice=notice, errors=refusal.errors)

    def _message(self, request: Request, status: HTTPStatus, title: str, detail: str) -> Response:
        """Answer where there is no form to give back."""
        if _for_person(request):
            return self.pages.message(status, title, detail)
        return problem(status, title, detail)

    def _allow_origin(self, request: Request, response: Response) -> Response:
        """Let the scripts of allowed sites post here and read the answer (Fetch standard, CORS protocol)."""
        allowed = self.settings.cors_allowed_origins
        if not allowed:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin and (origin in allowed or "*" in allowed):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "POST"
                response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
                response.headers["Access-Control-Max-Age"] = "3600"
        return response


def _submission_key(source: str) -> str:
    """Give the submission's key for a header or a page: a digest, for a header may hold anything."""
    return f"form-{hashlib.blake2b(source.encode(), digest_size=16).hexdigest()}"


def _for_person(request: Request) -> bool:
    """Tell whether the answer is a page: for a browser's form, unless JSON is preferred, and for who asks for HTML."""
    if request.mimetype == "application/json":
        return False
    if request.mimetype in FORMS:
        return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "text/html"
    return any(accepted == "text/html" for accepted, _ in request.accept_mimetypes)
