"""One instance of `intake_phone` in this process, wired by its own main.py, over the emulators; and what it shows."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from functions.intake_phone.settings import PhoneSettings
from local.processes import HOST, ROOT
from tests import staff
from tests.function_instance import TOPIC, World, function_app
from tests.staff import ANNA, Issuer, staff_settings

SOURCE = ROOT / "functions" / "intake_phone" / "main.py"
DESK = "https://desk.pass24.example"
LEAST = {"phone": "8 916 123-45-67", "description": "Не открывается шлагбаум"}
"""The least that makes a call."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A function's process, as far as one can live inside a test's, asked by one person.

    Attributes:
        person: Who asks; None where no proxy has let anybody pass.
    """

    app: Flask
    issuer: Issuer
    person: str | None = ANNA

    def asked_by(self, person: str | None) -> "Instance":
        """The same instance, asked by somebody else."""
        return replace(self, person=person)

    def open(self, method: str, path: str = "/", **options: Any) -> TestResponse:  # noqa: ANN401  # werkzeug's own
        """Any request; `options` are those of werkzeug's test client."""
        proxy = {} if self.person is None else staff.headers(self.issuer, self.person)
        headers = {**proxy, **(options.pop("headers", None) or {})}
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def get(self, path: str = "/", **query: str) -> TestResponse:
        """A page, or what a page asks for."""
        return self.open("GET", path, query_string=query)

    def post_json(self, body: object, headers: Mapping[str, str] | None = None, path: str = "/") -> TestResponse:
        """A program's post; bytes go as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.open("POST", path, data=content, content_type="application/json", headers=headers)

    def post_form(
        self, typed: Mapping[str, str], headers: Mapping[str, str] | None = None, path: str = "/"
    ) -> TestResponse:
        """A browser's post, from a fresh page unless it names its token."""
        return self.open("POST", path, data={"post_token": self.token(), **typed}, headers=headers)

    def token(self) -> str:
        """The token of a fresh page."""
        return token_of(self.get())

    def saved(self, response: TestResponse) -> TestResponse:
        """The page to which a browser is sent when its call is saved."""
        assert response.status_code == 303
        return self.open("GET", response.headers["Location"])


def settings_of(world: World, issuer: Issuer) -> dict[str, str]:
    """The least that `intake_phone` must be told, and where the desk is."""
    return {
        **staff_settings(issuer),
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FIRST_TICKET_NUMBER": "12345",
        "DESK_URL": DESK,
    }


@contextmanager
def instance(settings: Mapping[str, str], issuer: Issuer) -> Iterator[Instance]:
    """An instance that has read its settings and made its clients."""
    with function_app("intake_phone", PhoneSettings, settings) as app:
        running = Instance(app, issuer)
        assert running.get().status_code == 200
        yield running


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the tests' output is pytest's."""


@contextmanager
def served(phone: Instance) -> Iterator[str]:
    """The instance behind a server, for browsers that carry the proxy's header; gives its address."""
    server = make_server(HOST, 0, phone.app, threaded=True, request_handler=_Quiet)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def token_of(response: TestResponse) -> str:
    """The token of a page."""
    [token] = re.findall(r'name="post_token" value="([^"]*)"', response.get_data(as_text=True))
    return str(token)


def value_of(response: TestResponse, name: str) -> str:
    """What stands in a field of the form on a page."""
    page = response.get_data(as_text=True)
    area = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input id="{name}"[^>]*? value="([^"]*)"', page)
    found = area or line
    assert found, f"the page has no field {name}"
    return unescape(found[1])


def text_of(response: TestResponse) -> str:
    """A page's text, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.get_data(as_text=True))).split())


def number_on(response: TestResponse) -> int:
    """The number on the page that shows it."""
    [number] = re.findall(r'<p class="number">.*?<strong>(\d+)</strong>', response.get_data(as_text=True))
    return int(number)


def problem_of(response: TestResponse) -> dict[str, Any]:
    """A problem document (RFC 9457), its shape checked."""
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = json.loads(response.get_data(as_text=True))
    assert body["status"] == response.status_code
    assert re.search("[а-яё]", body["title"] + body["detail"])
    return body


def wrong_fields(response: TestResponse) -> dict[str, str]:
    """The messages of a problem document by field."""
    return {error["field"]: error["message"] for error in problem_of(response)["errors"]}
