"""The staff's pages: templates, style, scripts, and the headers that keep them safe."""

import hashlib
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from werkzeug import Request, Response

from shared.domain.russian_time import format_moment
from shared.staff.gate import DeniedError
from shared.staff.people import Person

ASSETS = "/assets/"
"""Where style and scripts are served."""

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def wants_page(request: Request) -> bool:
    """Tell whether the answer to somebody of the staff is a page; a program gets JSON."""
    if request.mimetype == "application/json":
        return False
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "text/html"


class StaffPages:
    """Renders pages.

    Args:
        folder: The function's own folder, with `templates/` and `assets/`; what is not there is taken from here.
        zone: In which times are shown.
        support_name: What the pages' head says.
        values: What every template may use beside what it is rendered with.
    """

    def __init__(self, folder: Path, zone: ZoneInfo, support_name: str, **values: object) -> None:
        self._folders = (folder, _HERE)
        self._zone = zone
        self._values = {"support_name": support_name, **values}

    def render(self, status: HTTPStatus, template: str, person: Person | None, /, **values: object) -> Response:
        """Give the page of a template.

        Args:
            status: The answer's status.
            template: Its file's name.
            person: Who looks at it; None where nobody was let in.
            values: What the template is filled with.
        """
        html = self._templates.get_template(template).render(values, person=person)
        response = Response(html, status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        # Request logs hold the address that a request came from, and the desk's may be a search for a client. Without
        # any (`no-referrer`) browsers would say `Origin: null` of our own posts.
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        # A client's data, and a token for one person.
        response.headers["Cache-Control"] = "no-store"
        return response

    def message(self, status: HTTPStatus, title: str, text: str, person: Person | None) -> Response:
        """Give a page that says why there is nothing else."""
        return self.render(status, "message.html", person, heading=title, text=text)

    def denied(self, error: DeniedError) -> Response:
        """Give the page for somebody who is not let in."""
        return self.message(error.status, error.title, error.detail, None)

    def asset(self, path: str) -> Response | None:
        """Give a style or a script by its path; None when there is none. They hold nothing that is secret."""
        name = path.removeprefix(ASSETS)
        content = self._assets.get(name)
        if content is None or not path.startswith(ASSETS):
            return None
        response = Response(content, content_type=_TYPES[Path(name).suffix])
        response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def moment(self, at: datetime) -> str:
        """Write a moment for people."""
        return format_moment(at, self._zone)

    def _asset_url(self, name: str) -> str:
        """Give an asset's address; it changes with the content, so that browsers may keep it."""
        digest = hashlib.sha256(self._assets[name]).hexdigest()[:12]
        return f"{ASSETS}{name}?{digest}"

    @cached_property
    def _assets(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for folder in reversed(self._folders):
            for path in sorted((folder / "assets").glob("*")):
                if path.suffix in _TYPES:
                    found[path.name] = path.read_bytes()
        return found

    @cached_property
    def _templates(self) -> Environment:
        templates = Environment(
            loader=FileSystemLoader([folder / "templates" for folder in self._folders]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters["moment"] = self.moment
        templates.globals |= {"asset": self._asset_url, **self._values}
        return templates
