"""One instance of `intake_form` in this process, wired by its own main.py, over the emulators; and what it leaves."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from functions.intake_form.settings import FormSettings
from local.processes import ROOT
from tests.function_instance import TOPIC, World, function_app

LINK_SECRET = "a throw-away key for links"
SOURCE = ROOT / "functions" / "intake_form" / "main.py"
LEAST = {"email": "ivan@example.ru", "description": "Не открывается шлагбаум", "consent": True}
"""The least that a program may post."""
TYPED = {"email": "ivan@example.ru", "description": "Не открывается шлагбаум", "consent": "1"}
"""The least that a person may type."""

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a browser's form."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Instance:
    """A function's process, as far as one can live inside a test's: an application with clients of its own."""

    app: Flask

    def open(self, method: str, path: str = "/", **options: Any) -> TestResponse:  # noqa: ANN401  # werkzeug's own
        """Any request; `options` are those of werkzeug's test client."""
        return self.app.test_client().open(path, method=method, **options)

    def get(self, path: str = "/", **headers: str) -> TestResponse:
        """A page."""
        return self.open("GET", path, headers=headers)

    def post_json(self, body: object, headers: Headers | None = None) -> TestResponse:
        """A program's post; bytes go as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.open("POST", data=content, content_type="application/json", headers=headers)

    def post_form(
        self, typed: Mapping[str, str], files: Sequence[Attachment] = (), headers: Headers | None = None
    ) -> TestResponse:
        """A browser's post, as multipart, just as Chromium writes it."""
        boundary = f"----WebKitFormBoundary{uuid.uuid4().hex[:16]}"
        content = multipart(boundary, typed, files)
        return self.open(
            "POST", data=content, content_type=f"multipart/form-data; boundary={boundary}", headers=headers
        )

    def token(self) -> str:
        """The token of a fresh page."""
        return token_of(self.get())


def settings_of(world: World) -> dict[str, str]:
    """The least that `intake_form` must be told, with limits that are in no test's way."""
    return {
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "FILES_BUCKET": world.bucket,
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FORM_SECRETS": "a throw-away key",
        "LINK_SECRETS": LINK_SECRET,
        "FIRST_TICKET_NUMBER": "12345",
        "MIN_FILL_TIME": "0",
        "ADDRESS_LIMIT": "10000",
        "CONTACT_LIMIT": "10000",
        # Most tests send the same words again and again; those of R15 set it.
        "DUPLICATE_WINDOW": "0",
    }


@contextmanager
def instance(settings: Mapping[str, str]) -> Iterator[Instance]:
    """An instance that has read its settings and made its clients."""
    with function_app("intake_form", FormSettings, settings) as app:
        running = Instance(app)
        assert running.get().status_code == 200
        yield running


def multipart(boundary: str, typed: Mapping[str, str], files: Sequence[Attachment] = ()) -> bytes:
    """A form as browsers send it (HTML standard, multipart/form-data encoding algorithm)."""
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode(errors="surrogatepass")
        for name, value in typed.items()
    ]
    for file in files:
        name = file.name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: {file.content_type}'
        parts.append(head.encode() + b"\r\n\r\n" + file.content)
    edge = f"--{boundary}".encode()
    return b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts) + edge + b"--\r\n"


def token_of(response: TestResponse) -> str:
    """The token of a page."""
    [token] = re.findall(r'name="page_token" value="([^"]*)"', response.get_data(as_text=True))
    return str(token)


def value_of(response: TestResponse, name: str) -> str:
    """What stands in a field of the form on a page."""
    page = response.get_data(as_text=True)
    area = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    line = re.search(rf'<input id="{name}"[^>]*? value="([^"]*)"', page)
    found = area or line
    assert found, f"the page has no field {name}"
    return unescape(found[1])


def is_ticked(response: TestResponse, name: str) -> bool:
    """Whether a box of the form on a page is ticked."""
    [box] = re.findall(rf'<input id="{name}"[^>]*>', response.get_data(as_text=True))
    return " checked" in box


def text_of(response: TestResponse) -> str:
    """A page's text, on one line, without its style."""
    page = re.sub(r"<style>.*?</style>", " ", response.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def number_of(response: TestResponse) -> int:
    """The ticket's number on the page that shows it."""
    [number] = re.findall(r'<p class="number"><strong>#(\d+)</strong>', response.get_data(as_text=True))
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


def moment(text: str) -> datetime:
    """An RFC 3339 moment in UTC."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    return datetime.fromisoformat(text)
