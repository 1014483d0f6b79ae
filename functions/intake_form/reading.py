"""From an HTTP request to what was posted, within bounds, and not yet trusted."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from typing import IO

from flask import Request
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]  # published without types
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from functions.intake_form.fields import FLAGS, LIMITS
from functions.intake_form.page_token import PageToken, PageTokens
from shared.information_links import TOKEN_PARAMETER

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""Content types of a browser's form."""

_KEY_LENGTH = 255
_TICKED = frozenset({"1", "on", "true", "yes"})
_FORM_PARTS = 100
_CAPTCHA_FIELD = "smart-token"
_BLOCK = 2**16
_DISCARDED_BYTES = 64 * 2**20
"""What is read of a body that is too large; Cloud Run itself takes 32 MiB."""


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818  # an answer, not a fault
    """A post that is not registered, and why.

    Attributes:
        status: The answer's status.
        title: What is wrong, in Russian.
        detail: What to do, in Russian.
        errors: Messages by field.
        retry_after: When to come again.
        new_page: The page's token is of no more use: give a new one.
    """

    status: HTTPStatus
    title: str
    detail: str
    errors: Mapping[str, str] | None = None
    retry_after: timedelta | None = None
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """What was posted, before anything in it is trusted.

    Attributes:
        raw: Values by field name.
        key: The idempotency key's source: the header, or the page's request id; None when there is neither.
        page: The page that a browser filled in; None for a program's post.
    """

    raw: Mapping[str, object]
    key: str | None
    captcha_token: str
    page: PageToken | None = None
    token: str = ""
    trap: str = ""
    uploads: Sequence[FileStorage] = field(default=())


@dataclass(frozen=True, slots=True)
class Answer:
    """What was posted from the page for what is missing, before anything in it is trusted.

    Attributes:
        token: The link's.
        raw: Values by field name.
    """

    token: str
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts.

    Attributes:
        max_request_bytes: A whole form with its files.
        max_json_bytes: A JSON post; also the texts of a form.
    """

    tokens: PageTokens
    max_request_bytes: int
    max_json_bytes: int

    def read(self, request: Request) -> Post:
        """Read what was posted.

        Raises:
            Refusal: It can't be read at all: 400, 413, 415, or 422 for JSON that is no object.
        """
        header = request.headers.get("Idempotency-Key", "").strip()
        if len(header) > _KEY_LENGTH:
            title, text = "Недопустимый Idempotency-Key", f"Ключ может иметь не больше {_KEY_LENGTH} знаков."
            raise Refusal(HTTPStatus.BAD_REQUEST, title, text)
        whole, texts = f"{self.max_request_bytes // 2**20} МБ", f"{self.max_json_bytes // 1000} КБ"
        text = f"Обращение с файлами может занимать не больше {whole}, его тексты не больше {texts}."
        with _refusals(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком большое обращение", text)):
            if request.mimetype in FORMS:
                return self._read_form(request, header)
            if request.mimetype == "application/json":
                return self._read_json(request, header)
        title = "Неподходящий вид данных"
        text = "Возможны application/json, application/x-www-form-urlencoded и multipart/form-data."
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, title, text)

    def read_answer(self, request: Request) -> Answer:
        """Read what was posted from the page for what is missing.

        Raises:
            Refusal: It can't be read at all: 400, 413 or 415.
        """
        text = f"Всё вместе может занимать не больше {self.max_json_bytes // 1000} КБ."
        with _refusals(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком длинный ответ", text)):
            if request.mimetype in FORMS:
                request.max_content_length = request.max_form_memory_size = self.max_json_bytes
                request.max_form_parts = _FORM_PARTS
                raw = {name: request.form[name] for name in LIMITS if name in request.form}
                return Answer(request.form.get(TOKEN_PARAMETER, ""), raw)
        title, text = "Неподходящий вид данных", f"Возможны {' и '.join(sorted(FORMS))}."
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, title, text)

    def _read_form(self, request: Request, header: str) -> Post:
        request.max_content_length = self.max_request_bytes
        request.max_form_memory_size = self.max_json_bytes
        request.max_form_parts = _FORM_PARTS
        form = request.form
        raw: dict[str, object] = {name: form[name] for name in LIMITS if name in form}
        raw |= {name: form.get(name, "").strip().lower() in _TICKED for name in FLAGS}
        token = form.get("page_token", "")
        page = self.tokens.read(token)
        return Post(
            raw=raw,
            key=_key(header, page),
            captcha_token=form.get(_CAPTCHA_FIELD, ""),
            page=page,
            token=token,
            trap=form.get("website", ""),
            uploads=request.files.getlist("files"),
        )

    def _read_json(self, request: Request, header: str) -> Post:
        request.max_content_length = self.max_json_bytes
        try:
            # Python reads NaN and Infinity, which are no JSON.
            raw = json.loads(request.get_data().decode("utf-8-sig"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            title, text = "Повреждённый JSON", "Тело запроса должно быть объектом JSON в кодировке UTF-8."
            raise Refusal(HTTPStatus.BAD_REQUEST, title, text) from error
        if not isinstance(raw, dict):
            title, text = "Нужен объект JSON", f"Возможны поля: {', '.join((*LIMITS, *FLAGS))}."
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, title, text)
        captcha_token = raw.pop(_CAPTCHA_FIELD, "")
        return Post(
            raw=raw,
            key=_key(header, None),
            captcha_token=captcha_token if isinstance(captcha_token, str) else "",
        )


@contextmanager
def _refusals(request: Request, too_large: Refusal) -> Iterator[None]:
    """Turn what reading a body raises into a `Refusal`."""
    try:
        yield
    except RequestEntityTooLarge as error:
        _discard_body(request)
        raise too_large from error
    except (HTTPException, ParseException, NoMoreData) as error:
        # The server parses chunks while we read: what is wrong with them shows only here.
        request.stream = BytesIO()  # see `_discard_body`
        title, text = "Обращение не удалось прочитать", "Отправьте его, пожалуйста, ещё раз."
        raise Refusal(HTTPStatus.BAD_REQUEST, title, text) from error


def _discard_body(request: Request) -> None:
    """Read what is left of a body that is too large, and leave an empty one.

    A client that is still sending would not see an early answer; and functions-framework reads the body once more
    before it answers, which would fail as the first time, with status 500.
    """
    rest: IO[bytes] = request.environ["wsgi.input"]
    for _ in range(_DISCARDED_BYTES // _BLOCK):
        if not rest.read(_BLOCK):
            break
    request.stream = BytesIO()


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _key(header: str, page: PageToken | None) -> str | None:
    if header:
        return f"header {header}"
    return None if page is None else f"page {page.request_id}"
