"""SendGrid's lists of addresses that do not work, as far as they follow from the letters that bounced here.

https://www.twilio.com/docs/sendgrid/api-reference/bounces-api
https://www.twilio.com/docs/sendgrid/api-reference/invalid-emails-api

The real SendGrid also drops letters to these addresses; here that is asked for (the fault "delivery": "dropped").
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from local.sendgrid.errors import ApiError, error_body
from local.sendgrid.mail_send import has_key

if TYPE_CHECKING:
    from local.sendgrid.events import Event
    from local.sendgrid.mailbox import Mailbox


def suppression_api(mailbox: Mailbox) -> Blueprint:
    """Build the endpoints that look one address up and take it off; the list of invalid addresses is always empty.

    Args:
        mailbox: knows which letters bounced.
    """
    api = Blueprint("suppressions", __name__)
    lifted: set[str] = set()
    lock = threading.Lock()

    def bounces(address: str) -> list[Event]:
        with lock:
            return [
                event
                for kept in mailbox.letters(address)
                for event in kept.events
                if event.get("type") == "bounce" and str(event["sg_event_id"]) not in lifted
            ]

    @api.before_request
    def ask_for_a_key() -> Response | None:
        return None if has_key(request) else _refusal(HTTPStatus.UNAUTHORIZED, "an API key is required")

    # The local part of an address may hold a slash.
    @api.get("/v3/suppression/bounces/<path:address>")
    def look_up(address: str) -> Response:
        return jsonify(
            [
                {"created": event["timestamp"], "email": address, "reason": event["reason"], "status": event["status"]}
                for event in bounces(address)[-1:]
            ]
        )

    @api.delete("/v3/suppression/bounces/<path:address>")
    def take_off(address: str) -> Response:
        found = bounces(address)
        if not found:
            return _refusal(HTTPStatus.NOT_FOUND, "there is no such bounce")
        with lock:
            lifted.update(str(event["sg_event_id"]) for event in found)
        return Response(status=HTTPStatus.NO_CONTENT)

    @api.delete("/v3/suppression/invalid_emails/<path:address>")
    def take_off_invalid(address: str) -> Response:  # noqa: ARG001  # no list, whatever the address
        return _refusal(HTTPStatus.NOT_FOUND, "there is no such address")

    return api


def _refusal(status: HTTPStatus, message: str) -> Response:
    answer = jsonify(error_body([ApiError(message)]))
    answer.status_code = status
    return answer
