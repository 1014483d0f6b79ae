"""The form's pages: templates, style and script, and the headers that keep them safe."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from werkzeug import Response

from functions.intake_form.settings import FormSettings
from functions.intake_form.uploads import ACCEPTED
from shared.domain.russian_time import format_moment
from shared.domain.submission import File
from shared.numbering import Registered
from shared.registration import Kept
from shared.request_fields import FLAGS, LIMITS

SCRIPT_PATH = "/form.js"
_CAPTCHA_HOST = "https://smartcaptcha.yandexcloud.net"
_MEBIBYTE = 2**20
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the form; given back with every answer that asks to send it again.

    Attributes:
        token: The page's token.
        values: By field name: texts, and truth values for `FLAGS`.
        files: Names of the files that were chosen: a browser can't choose them again by itself.
    """

    token: str
    values: Mapping[str, object]
    files: Sequence[str] = ()


class Pages:
    """Renders the form's pages."""

    def __init__(self, settings: FormSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)
        self._captcha_key = settings.smartcaptcha_client_key if settings.smartcaptcha_server_key else None

    def form(
        self, status: HTTPStatus, typed: Typed, *, notice: str | None = None, errors: Mapping[str, str] | None = None
    ) -> Response:
        """Give the form, with everything that was typed.

        Args:
            status: The answer's status.
            typed: What to fill in.
            notice: What is wrong, where it is not about one field.
            errors: What is wrong, by field.
        """
        settings = self._settings
        return self.render(
            status,
            "form.html",
            values={
                **{name: str(typed.values.get(name) or "") for name in LIMITS},
                **{name: bool(typed.values.get(name)) for name in FLAGS},
            },
            errors=errors or {},
            notice=notice,
            token=typed.token,
            limits=LIMITS,
            max_files=settings.max_files,
            max_file_mb=settings.max_file_bytes // _MEBIBYTE,
            max_request_mb=settings.max_request_bytes // _MEBIBYTE,
            accept=",".join(sorted(ACCEPTED)),
            lost_files=typed.files,
            captcha_client_key=self._captcha_key,
            privacy_url=settings.privacy_url,
        )

    def registered(self, status: HTTPStatus, outcome: Registered, files: Sequence[File]) -> Response:
        """Give the page with the number."""
        ticket = outcome.ticket
        return self.render(
            status,
            "registered.html",
            ticket=ticket.number,
            title=ticket.title,
            received_at=self._moment(ticket.received_at),
            registered_at=self._moment(ticket.registered_at),
            response_starts_at=self._moment(ticket.response_starts_at),
            out_of_hours=ticket.out_of_hours,
            urgent=ticket.urgent,
            repeated=outcome.repeated,
            email=ticket.contact.email,
            refused_files=_refused(files),
        )

    def duplicate(self, ticket: int, email: str | None, files: Sequence[File]) -> Response:
        """Give the page that names the number which the same request has already, and nothing else of it (R15).

        Args:
            ticket: That number.
            email: The address that was typed this time; the letter about it goes there.
            files: What came with it this time.
        """
        return self.render(HTTPStatus.OK, "duplicate.html", ticket=ticket, email=email, refused_files=_refused(files))

    def kept(self, outcome: Kept, email: str | None, files: Sequence[File]) -> Response:
        """Give the page that promises the number for later."""
        return self.render(
            HTTPStatus.ACCEPTED,
            "kept.html",
            email=email,
            received_at=self._moment(outcome.received_at),
            refused_files=_refused(files),
        )

    def message(self, status: HTTPStatus, heading: str, text: str) -> Response:
        """Give a page that says why there is nothing else, and how to reach support."""
        return self.render(status, "message.html", heading=heading, text=text)

    def script(self) -> Response:
        """Give the pages' script; its address changes with its content."""
        response = Response(self._script, content_type="text/javascript; charset=utf-8")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def render(self, status: HTTPStatus, template: str, /, **values: object) -> Response:
        """Give the page of one of our templates."""
        html = self._templates.get_template(
            template
        ).render(
            values,
            status=status.value,
            style=Markup(self._style),  # noqa: S704  # our own file
            script_url=f"{SCRIPT_PATH}?v={hashlib.sha256(self._script).hexdigest()[:12]}",
            support_email=self._settings.support_email,
            phone_number=self._settings.support_phone,
        )
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        # A page carries the token of one request: no two people may get the same copy.
        response.headers["Cache-Control"] = "no-store"
        return response

    def _moment(self, moment: datetime) -> str:
        return format_moment(moment, self._zone)

    @cached_property
    def _templates(self) -> Environment:
        return Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    @cached_property
    def _style(self) -> str:
        return (_HERE / "assets" / "form.css").read_text(encoding="utf-8")

    @cached_property
    def _script(self) -> bytes:
        return (_HERE / "assets" / "form.js").read_bytes()

    @cached_property
    def _policy(self) -> str:
        style = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        captcha = f" {_CAPTCHA_HOST}" if self._captcha_key else ""
        rules = [
            "default-src 'none'",
            # The widget of the captcha sets its own styles.
            f"style-src 'sha256-{style}'" + (" 'unsafe-hashes'" if captcha else ""),
            f"script-src 'self'{captcha}",
            "img-src data:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors " + (" ".join(self._settings.frame_ancestors) or "'none'"),
        ]
        if captcha:
            rules.append(f"frame-src{captcha}")
            rules.append(f"connect-src{captcha}")
        return "; ".join(rules)


def _refused(files: Sequence[File]) -> list[dict[str, str]]:
    return [{"name": file.name, "reason": file.refusal} for file in files if file.refusal]
