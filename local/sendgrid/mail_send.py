"""`POST /v3/mail/send` as the live API answers it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Blueprint, Response, jsonify, request

from local.sendgrid.contract import validate
from local.sendgrid.errors import ApiError, error_body
from local.sendgrid.faults import FaultQueue, StatusFault, TimeoutFault
from local.sendgrid.mailbox import letters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from flask import Request

    from local.sendgrid.mailbox import Letter

MAX_BODY_BYTES = 30_000_000
RATE_LIMIT_RESET_S = 1

_NO_KEY = {"", "None"}  # the second is what the Python SDK sends when it was given no key


def mail_send_api(
    accept: Callable[[Sequence[Letter]], None],
    faults: FaultQueue,
    *,
    now: Callable[[], datetime],
    new_message_id: Callable[[], str],
) -> Blueprint:
    """Build the endpoint.

    Args:
        accept: takes the letters of a call that was right.
        faults: what the next calls meet instead of an answer, be the calls right or wrong.
        now: the time of arrival, aware.
        new_message_id: makes X-Message-Id.
    """
    api = Blueprint("mail_send", __name__)

    @api.post("/v3/mail/send")
    def send() -> Response:
        request.max_content_length = MAX_BODY_BYTES
        raw = request.get_data(cache=False)
        match faults.for_call():
            case TimeoutFault(timeout=timeout):
                return Response(_Silence(request.environ["werkzeug.socket"], timeout))
            case StatusFault(status=status):
                return _fault_answer(status, now())
        try:
            body = _accepted_body(request, raw)
        except _RefusalError as refusal:
            return _error_answer(refusal.status, refusal.errors)
        if body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable"):
            return Response(status=HTTPStatus.OK)
        message_id = new_message_id()
        accept(letters_of(body, message_id, now()))
        return Response(status=HTTPStatus.ACCEPTED, headers={"X-Message-Id": message_id})

    return api


class _RefusalError(Exception):
    def __init__(self, status: HTTPStatus, *errors: ApiError) -> None:
        super().__init__(status, errors)
        self.status = status
        self.errors = errors


def has_key(call: Request) -> bool:
    """Whether a call carries an API key; any will do."""
    scheme, _, key = call.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and key.strip() not in _NO_KEY


def _accepted_body(call: Request, raw: bytes) -> dict[str, Any]:
    if not has_key(call):
        raise _RefusalError(HTTPStatus.UNAUTHORIZED, ApiError("an API key is required as a bearer token"))
    if call.mimetype != "application/json":
        raise _RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ApiError("Content-Type must be application/json"))
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # an escaped lone surrogate is no text either
    except UnicodeError as error:
        raise _RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, ApiError("the body is not UTF-8")) from error
    except (ValueError, RecursionError) as error:
        raise _RefusalError(HTTPStatus.BAD_REQUEST, ApiError("the body is not JSON")) from error
    errors = validate(body)
    if errors:
        raise _RefusalError(HTTPStatus.BAD_REQUEST, *errors)
    accepted: dict[str, Any] = body
    return accepted


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _error_answer(status: int, errors: Iterable[ApiError]) -> Response:
    answer = jsonify(error_body(errors))
    answer.status_code = status
    return answer


def _fault_answer(status: int, at: datetime) -> Response:
    try:
        message = HTTPStatus(status).phrase
    except ValueError:
        message = f"status {status}"
    answer = _error_answer(status, [ApiError(message)])
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        # Unix time in whole seconds: https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
        answer.headers["X-RateLimit-Reset"] = str(int(at.timestamp()) + RATE_LIMIT_RESET_S)
    return answer


class _Silence(Iterator[bytes]):
    """A WSGI body that never comes: it waits, then cuts the connection before a status line was sent.

    The exception is one that werkzeug takes for a dropped connection, so it writes nothing. Shutting the
    socket down is what the client sees: a keep-alive connection would otherwise stay open.
    """

    def __init__(self, connection: socket.socket, timeout: timedelta) -> None:
        self._connection = connection
        self._timeout = timeout

    def __next__(self) -> bytes:
        time.sleep(self._timeout.total_seconds())
        with suppress(OSError):  # the client may have gone first
            self._connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("no answer, as asked")
