"""One instance of `intake_form` in this process, wired by its own main.py, over the emulators; and what it leaves."""

import json
import logging
import re
import uuid
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from html import unescape
from typing import Any

import pytest
import requests
from flask import Flask
from functions_framework import create_app
from google.cloud import firestore
from google.cloud.storage import Client as StorageClient
from werkzeug.test import TestResponse

from functions.intake_form.settings import FormSettings
from local.processes import ROOT
from local.resources import make_bucket
from local.services import authority

SOURCE = ROOT / "functions" / "intake_form" / "main.py"
TOPIC = "notifications"
LEAST = {"email": "ivan@example.ru", "description": "Не открывается шлагбаум", "consent": True}
"""The least that a program may post."""
TYPED = {"email": "ivan@example.ru", "description": "Не открывается шлагбаум", "consent": "1"}
"""The least that a person may type."""
_PATIENCE = 10.0  # seconds for one answer of an emulator

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


@dataclass(frozen=True, slots=True)
class World:
    """The emulators' part that belongs to one test: project, bucket, subscription."""

    project: str
    bucket: str
    pubsub: str
    ledger: firestore.Client
    files: StorageClient

    def documents(self, collection: str) -> dict[str, dict[str, Any]]:
        """What stands in a collection of the ledger, by id."""
        return {snapshot.id: snapshot.to_dict() or {} for snapshot in self.ledger.collection(collection).stream()}

    def objects(self) -> dict[str, tuple[bytes, str]]:
        """Content and type of each stored file, by the object's name."""
        blobs = self.files.list_blobs(self.bucket)
        return {blob.name: (blob.download_as_bytes(), blob.content_type) for blob in blobs}

    def rings(self) -> list[str]:
        """The notifications that were announced since the last call."""
        url = f"http://{self.pubsub}/v1/projects/{self.project}/subscriptions/test:pull"
        question = {"maxMessages": 1000, "returnImmediately": True}
        answer = requests.post(url, json=question, timeout=_PATIENCE).json()
        received = answer.get("receivedMessages", [])
        if received:
            ids = [each["ackId"] for each in received]
            requests.post(url.replace(":pull", ":acknowledge"), json={"ackIds": ids}, timeout=_PATIENCE)
        return sorted(json.loads(b64decode(each["message"]["data"]))["notification"] for each in received)


def make_world(project: str, pubsub: str, storage_url: str) -> World:
    """Makes topic, subscription and bucket for one test."""
    base = f"http://{pubsub}/v1/projects/{project}"
    topic = {"topic": f"projects/{project}/topics/{TOPIC}"}
    requests.put(f"{base}/topics/{TOPIC}", json={}, timeout=_PATIENCE).raise_for_status()
    requests.put(f"{base}/subscriptions/test", json=topic, timeout=_PATIENCE).raise_for_status()
    bucket = f"files-{project}"
    make_bucket(authority(storage_url), project, bucket)
    return World(project, bucket, pubsub, firestore.Client(project=project), StorageClient(project=project))


def settings_of(world: World) -> dict[str, str]:
    """The least that `intake_form` must be told, with limits that are in no test's way."""
    return {
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "FILES_BUCKET": world.bucket,
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FORM_SECRETS": "a throw-away key",
        "FIRST_TICKET_NUMBER": "12345",
        "MIN_FILL_TIME": "0",
        "ADDRESS_LIMIT": "10000",
        "CONTACT_LIMIT": "10000",
    }


@contextmanager
def instance(settings: Mapping[str, str]) -> Iterator[Instance]:
    """An instance that has read its settings and made its clients.

    Every one executes main.py anew, so each has a door and clients of its own. What main.py does to this process's
    logging is undone at the end.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    app = create_app(target="intake_form", source=str(SOURCE), signature_type="http")  # type: ignore[no-untyped-call]  # published without types
    running = Instance(app)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for field in fields(FormSettings):
                patch.delenv(field.name.upper(), raising=False)
            for name, value in settings.items():
                patch.setenv(name, value)
            assert running.get().status_code == 200
            yield running
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


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
