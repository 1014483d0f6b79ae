"""The stand-in as one WSGI application: SendGrid's API, the mailbox API, the faults API, the pages."""

from __future__ import annotations

from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, json, jsonify, render_template, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from local.sendgrid.delivery import Deliveries
from local.sendgrid.errors import ApiError, error_body
from local.sendgrid.fault_requests import InvalidFaultError, fault_json, parse_fault
from local.sendgrid.faults import FaultQueue
from local.sendgrid.mail_send import mail_send_api
from local.sendgrid.mailbox import Mailbox
from local.sendgrid.pages import PAGE_POLICY, mailbox_pages
from local.sendgrid.parse_stats import Received, parse_stats_api
from local.sendgrid.suppressions import suppression_api

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from local.outbox import Outbox
    from local.sendgrid.mailbox import Kept, Letter


def create_app(
    *,
    now: Callable[[], datetime],
    new_message_id: Callable[[], str],
    events: Outbox | None = None,
) -> Flask:
    """Build the application with an empty mailbox.

    Args:
        now: see `mail_send_api`.
        new_message_id: the same.
        events: where the letters' events go; None: nothing happens to a letter that was accepted.
    """
    app = Flask(__name__)
    app.json = _readable_json(app)
    mailbox, faults = Mailbox(), FaultQueue()
    deliveries = Deliveries(mailbox, faults, events, now) if events else None

    def accept(letters: Sequence[Letter]) -> None:
        mailbox.add(letters)
        if deliveries:
            deliveries.begin(letters)

    app.register_blueprint(mail_send_api(accept, faults, now=now, new_message_id=new_message_id))
    app.register_blueprint(parse_stats_api(Received(), now))
    app.register_blueprint(suppression_api(mailbox))
    app.register_blueprint(mailbox_pages(mailbox))
    _serve_mailbox(app, mailbox)
    _serve_faults(app, faults)
    app.register_error_handler(HTTPException, _error_answer)
    app.after_request(_protected)
    return app


def _readable_json(app: Flask) -> DefaultJSONProvider:
    provider = DefaultJSONProvider(app)
    provider.ensure_ascii = False
    provider.sort_keys = False
    return provider


def _serve_mailbox(app: Flask, mailbox: Mailbox) -> None:
    @app.get("/api/messages")
    def list_messages() -> Response:
        return jsonify([_letter_json(kept) for kept in mailbox.letters(request.args.get("to"))])

    @app.delete("/api/messages")
    def delete_messages() -> Response:
        mailbox.clear()
        return Response(status=HTTPStatus.NO_CONTENT)


def _serve_faults(app: Flask, faults: FaultQueue) -> None:
    @app.get("/api/faults")
    def list_faults() -> Response:
        return jsonify([fault_json(fault) for fault in faults.pending()])

    @app.post("/api/faults")
    def add_fault() -> Response:
        try:
            fault = parse_fault(request.get_json(force=True, silent=True))
        except InvalidFaultError as error:
            reasons = [{"field": field, "detail": reason} for field, reason in error.reasons.items()]
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), errors=reasons)
        faults.add(fault)
        answer = jsonify(fault_json(fault))
        answer.status_code = HTTPStatus.CREATED
        return answer

    @app.delete("/api/faults")
    def delete_faults() -> Response:
        faults.clear()
        return Response(status=HTTPStatus.NO_CONTENT)


def _letter_json(kept: Kept) -> dict[str, object]:
    letter = kept.letter
    return {
        "id": letter.id,
        "to": list(letter.to),
        "from": letter.sender,
        "reply_to": letter.reply_to,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "headers": dict(letter.headers),
        "custom_args": dict(letter.custom_args),
        "inline": dict(letter.inline),
        "received_at": letter.received_at.astimezone(UTC).isoformat(),
        "state": kept.state,
        "events": list(kept.events),
    }


def _problem(status: HTTPStatus, detail: str, **more: object) -> Response:
    body = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, **more}
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")


def _error_answer(error: HTTPException) -> Response:
    """Speak SendGrid's way under /v3, RFC 9457 under /api, and Russian to people."""
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    if request.path.startswith("/v3/"):
        answer = jsonify(error_body([ApiError(status.phrase)]))
    elif request.path.startswith("/api/"):
        answer = _problem(status, error.description or status.phrase)
    else:
        answer = Response(render_template("error.html", status=status))
    answer.status_code = status
    for name, value in error.get_headers(request.environ):
        if name.lower() == "allow":
            answer.headers[name] = value
    return answer


def _protected(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer
