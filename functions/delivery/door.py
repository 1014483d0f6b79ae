"""The door: SendGrid's Event Webhook calls, verified, read, and recorded.

SendGrid repeats whatever is not answered with 2xx for 24 hours; recording an event twice changes nothing.
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO

from flask import Request
from werkzeug import Response
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from functions.delivery.events import read_events
from shared.ledger import LedgerError
from shared.logs import fields, follow_trace
from shared.outcomes import OutcomeRecorder
from shared.web import json_response, problem
from shared.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, ForgedCallError, WebhookSignatures

log = logging.getLogger(__name__)


class MalformedBatchError(Exception):
    """The body is no JSON array."""


@dataclass(frozen=True, slots=True)
class DeliveryDoor:
    """Answers the function's requests.

    Attributes:
        max_request_bytes: Nothing larger is read.
        now: Gives the time, aware and in UTC.
    """

    recorder: OutcomeRecorder
    signatures: WebhookSignatures
    max_request_bytes: int
    now: Callable[[], datetime]

    def answer(self, request: Request) -> Response:
        """Answer any request."""
        follow_trace(request.headers)
        if request.method != "POST":
            response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "Только POST", "Сюда SendGrid сообщает о доставке писем.")
            response.headers["Allow"] = "POST"
            return response
        request.max_content_length = self.max_request_bytes
        try:
            posted = self._read_signed(request)
            events = read_events(posted, self.now())
            self.recorder.follow(events)
        except ForgedCallError:
            log.warning("call_forged")
            return problem(HTTPStatus.UNAUTHORIZED, "Подпись не подтверждена", "Вызов должен быть подписан SendGrid.")
        except RequestEntityTooLarge:
            log.warning("call_too_large")
            limit = f"Принимается не больше {self.max_request_bytes} байт."
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком большой вызов", limit)
        except MalformedBatchError:
            log.exception("batch_malformed")
            return problem(HTTPStatus.BAD_REQUEST, "Это не список событий", "Тело вызова — массив JSON.")
        except (LedgerError, ClientDisconnected) as error:
            return self.come_again(error)
        finally:
            # functions-framework reads the body once more before it answers, and would fail as we did.
            request.stream = BytesIO()
        log.info("events_recorded", extra=fields(posted=len(posted), ours=len(events)))
        return json_response(HTTPStatus.OK, {"events": len(events)})

    @staticmethod
    def come_again(error: Exception) -> Response:
        """Answer where not everything is recorded."""
        log.error("come_again", extra=fields(error=f"{type(error).__name__}: {error}"))
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "Сбой на нашей стороне", "Повторите вызов позже: повтор безопасен."
        )

    def _read_signed(self, request: Request) -> Sequence[object]:
        timestamp, signature = (request.headers.get(name) for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER))
        body_hash = self.signatures.body_hash(timestamp)
        # The raw bytes: parsing and writing JSON again would not give what was signed.
        body = request.stream.read()
        body_hash.update(body)
        self.signatures.verify(signature, body_hash.digest())
        try:
            posted = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise MalformedBatchError from error
        if not isinstance(posted, list):
            raise MalformedBatchError
        return posted
