"""The mailbox for people: a list of letters, one letter, its HTML part in a sandbox."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template

if TYPE_CHECKING:
    from datetime import datetime

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


def mailbox_pages(mailbox: Mailbox) -> Blueprint:
    """Build the pages over `mailbox`."""
    pages = Blueprint("pages", __name__)
    pages.add_app_template_filter(moscow_time)

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
        if not letters or letters[0].html is None:
            abort(HTTPStatus.NOT_FOUND)
        return Response(letters[0].html, mimetype="text/html", headers={"Content-Security-Policy": LETTER_POLICY})

    return pages


def moscow_time(at: datetime) -> str:
    """Show an aware time as people in Moscow write it."""
    return at.astimezone(_MOSCOW).strftime("%d.%m.%Y %H:%M:%S")
