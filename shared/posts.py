"""From an HTTP request to what was posted, within bounds, and not yet trusted: what the doors for people share."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from math import ceil
from typing import IO

from flask import Request
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]  # published without types
from werkzeug import Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
"""Content types of a browser's form."""

_KEY_LENGTH = 255
_FORM_PARTS = 100
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


def come_again(refusal: Refusal, response: Response) -> Response:
    """Say in the answer to a refusal when to come again, if it does (RFC 9110, `Retry-After`)."""
    if refusal.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, ceil(refusal.retry_after.total_seconds())))
    return response


@contextmanager
def refusals(request: Request, too_large: Refusal) -> Iterator[None]:
    """Turn what reading a body raises into a `Refusal`: 400, or the one that is given for a body that is too large."""
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


def idempotency_key(request: Request) -> str:
    """Give the header `Idempotency-Key`; empty where there is none.

    Raises:
        Refusal: It is too long: 400.
    """
    header = request.headers.get("Idempotency-Key", "").strip()
    if len(header) > _KEY_LENGTH:
        title, text = "Недопустимый Idempotency-Key", f"Ключ может иметь не больше {_KEY_LENGTH} знаков."
        raise Refusal(HTTPStatus.BAD_REQUEST, title, text)
    return header


def read_form(request: Request, max_bytes: int, max_text_bytes: int) -> MultiDict[str, str]:
    """Read a browser's form; call it within `refusals`.

    Args:
        request: The request.
        max_bytes: The whole body, files included.
        max_text_bytes: Its texts.
    """
    request.max_content_length = max_bytes
    request.max_form_memory_size = max_text_bytes
    request.max_form_parts = _FORM_PARTS
    return request.form


def read_json_object(request: Request, max_bytes: int, names: str) -> dict[str, object]:
    """Read a program's object; call it within `refusals`.

    Args:
        request: The request.
        max_bytes: The whole body.
        names: The members that it may have, as a text for the answer to what is no object.

    Raises:
        Refusal: It is no JSON (400), or no object (422).
    """
    # Of a body without a stated length werkzeug reads as much as it may, and leaves the rest aside in silence.
    request.max_content_length = max_bytes + 1
    body = request.get_data()
    if len(body) > max_bytes:
        raise RequestEntityTooLarge
    try:
        # Python reads NaN and Infinity, which are no JSON.
        raw = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        title, text = "Повреждённый JSON", "Тело запроса должно быть объектом JSON в кодировке UTF-8."
        raise Refusal(HTTPStatus.BAD_REQUEST, title, text) from error
    if not isinstance(raw, dict):
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Нужен объект JSON", f"Возможны поля: {names}.")
    return raw


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
