"""The sign-in page."""

from collections.abc import Iterable
from functools import cached_property
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from werkzeug import Response

from local.iap.accounts import Account

SIGN_IN, SIGN_OUT, STYLE = "/_sign-in", "/_sign-out", "/_sign-in/style.css"

_HERE = Path(__file__).parent
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SignInPages:
    """Renders the page."""

    def sign_in(
        self, accounts: Iterable[Account], current: Account | None, target: str, complaint: str = ""
    ) -> Response:
        """Give the page with a button for each account.

        Args:
            accounts: Who can sign in.
            current: Who has.
            target: Where the person wants to go: a local path.
            complaint: What was wrong with the attempt before, in Russian.
        """
        html = self._templates.get_template("sign_in.html").render(
            accounts=accounts, current=current, target=target, complaint=complaint
        )
        status = HTTPStatus.UNPROCESSABLE_ENTITY if complaint else HTTPStatus.OK
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["Cache-Control"] = "no-store"
        return _protected(response)

    def style(self) -> Response:
        """Give the page's style."""
        response = Response((_HERE / "static" / "sign_in.css").read_bytes(), content_type="text/css; charset=utf-8")
        response.headers["Cache-Control"] = "no-cache"
        return _protected(response)

    @cached_property
    def _templates(self) -> Environment:
        templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.globals |= {"sign_in": SIGN_IN, "sign_out": SIGN_OUT, "style": STYLE}
        return templates


def _protected(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
