"""The mailbox for people: a list of letters, one letter, its HTML part in a sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template

if TYPE_CHECKING:
    from local.sendgrid.events import Event
    from local.sendgrid.mailbox import Mailbox

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Letters carry their styles with them; nothing else of theirs may act, and nothing may be fetched.
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)

_MOSCOW = ZoneInfo("Europe/Moscow")
_STATES = {
    "accepted": "принято к отправке",
    "processed": "отправляется",
    "delivered": "доставлено",
    "deferred": "отложено, будет ещё попытка",
    "bounce": "не доставлено: письмо вернулось",
    "blocked": "не доставлено: сервер получателя не принял письмо",
    "dropped": "не отправлено: SendGrid отказался",
    "spamreport": "получатель пожаловался на спам",
}


def mailbox_pages(mailbox: Mailbox) -> Blueprint:
    """Build the pages over `mailbox`."""
    pages = Blueprint("pages", __name__)
    pages.add_app_template_filter(moscow_time)
    pages.add_app_template_filter(happened)
    pages.add_app_template_filter(state_in_russian)

    @pages.get("/")
    def index() -> str:
        return render_template("mailbox.html", letters=mailbox.letters()[::-1])

    @pages.get("/messages/<message_id>")
    def message(message_id: str) -> str:
        letters = mailbox.with_id(message_id)
        if not letters:
            abort(HTTPStatus.NOT_FOUND)
        return render_template("letter.html", letters=letters)

    @pages.get("/messages/<message_id>/html")
    def html_part(message_id: str) -> Response:
        letters = mailbox.with_id(message_id)
        if not letters or letters[0].letter.html is None:
            abort(HTTPStatus.NOT_FOUND)
        html = letters[0].letter.html
        for content_id, url in letters[0].letter.inline.items():
            html = html.replace(f'"cid:{content_id}"', f'"{url}"')
        return Response(html, mimetype="text/html", headers={"Content-Security-Policy": LETTER_POLICY})

    return pages


def moscow_time(at: datetime) -> str:
    """Show an aware time as people in Moscow write it."""
    return at.astimezone(_MOSCOW).strftime("%d.%m.%Y %H:%M:%S")


def happened(event: Event) -> datetime:
    """Give the time of an event."""
    return datetime.fromtimestamp(int(str(event["timestamp"])), UTC)


def state_in_russian(state: str) -> str:
    """Say what became of a letter, or what an event means."""
    return _STATES.get(state, state)
