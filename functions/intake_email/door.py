"""The door: SendGrid's Inbound Parse calls, verified, read, and answered (R1).

What the answer means to SendGrid: 2xx is done; 4xx is dropped at once, and nobody is told; 5xx comes again for 72
hours. So only a call that SendGrid did not make gets 4xx, and every fault of ours 5xx.
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from io import BytesIO

from flask import Request
from werkzeug import Response

from functions.intake_email.arrival import arrived_at
from functions.intake_email.mailroom import Mailroom, Outcome
from functions.intake_email.webhook.body import Body, BodyTooLargeError, IncompleteBodyError, read_body
from functions.intake_email.webhook.post import InboundPost, MalformedPostError, NotRawModeError, read_post
from shared.files import FileStoreError
from shared.ledger import LedgerError
from shared.logs import fields, follow_trace
from shared.web import json_response, problem
from shared.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, ForgedCallError, WebhookSignatures

log = logging.getLogger(__name__)

_RETRY_AFTER = "60"
"""Seconds."""


@dataclass(frozen=True, slots=True)
class EmailDoor:
    """Answers the function's requests.

    Attributes:
        trusted_relays: Domains whose `Received` line tells when a message arrived.
        max_request_bytes: Of a larger call only the ends are read.
        now: Gives the time, aware and in UTC.
    """

    mailroom: Mailroom
    signatures: WebhookSignatures
    trusted_relays: Collection[str]
    max_request_bytes: int
    now: Callable[[], datetime]

    def answer(self, request: Request) -> Response:
        """Answer any request."""
        follow_trace(request.headers)
        # Whatever the path: SendGrid would drop every message if its settings held a wrong one.
        if request.method != "POST":
            response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "Только POST", "Сюда SendGrid передаёт входящие письма.")
            response.headers["Allow"] = "POST"
            return response
        try:
            return _done(self._take(request))
        except ForgedCallError:
            log.warning("call_forged")
            return problem(HTTPStatus.UNAUTHORIZED, "Подпись не подтверждена", "Вызов должен быть подписан SendGrid.")
        except BodyTooLargeError:
            log.warning("call_too_large")
            title, text = "Слишком большой вызов", "Такие большие вызовы не читаются до конца."
            return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, title, text)
        except (IncompleteBodyError, NotRawModeError, FileStoreError, LedgerError) as error:
            return self.come_again(error)

    @staticmethod
    def come_again(error: Exception) -> Response:
        """Answer where nothing, or not all, is kept yet."""
        log.error("come_again", extra=fields(error=f"{type(error).__name__}: {error}"))
        title, text = "Сбой на нашей стороне", "Повторите вызов позже: повторная передача безопасна."
        response = problem(HTTPStatus.SERVICE_UNAVAILABLE, title, text)
        response.headers["Retry-After"] = _RETRY_AFTER
        return response

    def _take(self, request: Request) -> Outcome:
        received_at = self.now()
        body = self._read_signed(request)
        try:
            post, cut = read_post(body.content, request.headers.get("Content-Type", "")), body.cut
        except MalformedPostError as error:
            # SendGrid did send it: in it is somebody's message, whatever that did to the call around it.
            log.warning("call_malformed", extra=fields(reason=str(error), size=body.size))
            return self.mailroom.take_malformed(body.content, received_at, cut=body.cut)
        # The message has a copy of its own, and 30 MB need not be held twice.
        del body
        return self._take_post(post, received_at, cut=cut)

    def _take_post(self, post: InboundPost, received_at: datetime, *, cut: bool) -> Outcome:
        return self.mailroom.take(post, arrived_at(post.email, received_at, self.trusted_relays), cut=cut)

    def _read_signed(self, request: Request) -> Body:
        timestamp, signature = (request.headers.get(name) for name in (TIMESTAMP_HEADER, SIGNATURE_HEADER))
        try:
            body_hash = self.signatures.body_hash(timestamp)
        except ForgedCallError:
            # functions-framework would read whatever somebody sends into memory before it answers.
            request.stream = BytesIO()
            raise
        body = read_body(request, self.max_request_bytes, body_hash)
        self.signatures.verify(signature, body_hash.digest())
        return body


def _done(outcome: Outcome) -> Response:
    body: dict[str, object] = {"state": outcome.state.value}
    return json_response(HTTPStatus.OK, body if outcome.ticket is None else body | {"ticket": outcome.ticket})
