"""Uploads to Cloud Storage as they go over the wire, to a small server that fails in the ways of a real one."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.processes import HOST
from shared import files
from shared.files import CloudStorageFiles, FileStoreError

NAME = "form/1/Тайный счёт.pdf"
PATIENCE = 5.0


@dataclass
class Store:
    """What the server gets, and what it does about it.

    Attributes:
        statuses: Of its next answers; 200 when there are no more.
        silence: Seconds after which it hangs up instead of answering.
        hangs_up: It ends each connection after its answer, without saying so.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    silence: float = 0.0
    hangs_up: bool = False
    contents: list[bytes] = field(default_factory=list)
    permits: list[str | None] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    tokens: int = 0
    deleted: list[str] = field(default_factory=list)


def handler_of(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                store.tokens += 1
                self.reply(200, json.dumps({"access_token": "permit", "expires_in": 3600, "token_type": "Bearer"}))
                return
            store.contents.append(content)
            store.permits.append(self.headers["Authorization"])
            store.connections.add(self.client_address)
            if store.silence:
                time.sleep(store.silence)
                self.close_connection = True
                return
            self.reply(store.statuses.pop(0) if store.statuses else 200, "{}")
            self.close_connection = store.hangs_up

        def do_DELETE(self) -> None:
            store.deleted.append(unquote(self.path))
            status = store.statuses.pop(0) if store.statuses else 204
            self.reply(status, "" if status == 204 else "{}")

        def reply(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving(store: Store) -> Iterator[None]:
    server = ThreadingHTTPServer((HOST, 0), handler_of(store))
    server.daemon_threads = True
    server.block_on_close = False
    store.url = f"http://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store()
    with serving(store):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", store.url)
        yield store


def put(content: bytes = b"content", timeout: float = PATIENCE, into: CloudStorageFiles | None = None) -> None:
    (into or CloudStorageFiles("bucket")).put(NAME, BytesIO(content), len(content), "application/pdf", timeout)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("content", [b"short", b"long" * 2**16], ids=["one piece", "several pieces"])
def test_r17_an_upload_that_fails_for_a_moment_is_tried_again_whole(store: Store, status: int, content: bytes) -> None:
    store.statuses = [status]

    put(content)

    assert store.contents == [content, content]


def test_an_upload_that_keeps_failing_is_given_up(store: Store) -> None:
    store.statuses = [503] * 9

    with pytest.raises(FileStoreError, match="503"):
        put()

    assert len(store.contents) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 412])
def test_an_upload_that_is_refused_is_not_tried_again(store: Store, status: int) -> None:
    store.statuses = [status]

    with pytest.raises(FileStoreError, match=str(status)):
        put()

    assert len(store.contents) == 1


def test_a_store_that_is_silent_is_given_up_after_twice_the_time(store: Store) -> None:
    store.silence = 3.0
    begun_at = time.monotonic()

    with pytest.raises(FileStoreError) as raised:
        put(timeout=0.2)

    assert time.monotonic() - begun_at < 2.0
    assert "Тайный" not in str(raised.value)
    assert len(store.contents) == 2


@pytest.mark.parametrize("statuses", [[204], [404], [503, 204], [500, 404]])
def test_a_file_is_deleted_once_it_is_not_there_any_more(store: Store, statuses: list[int]) -> None:
    store.statuses = list(statuses)

    CloudStorageFiles("bucket").delete(NAME)

    assert store.deleted == [f"/storage/v1/b/bucket/o/{NAME}"] * len(statuses)


@pytest.mark.parametrize(("status", "tries"), [(403, 1), (412, 1), (503, 3)])
def test_a_file_that_may_still_be_there_is_not_called_deleted(store: Store, status: int, tries: int) -> None:
    store.statuses = [status] * tries

    with pytest.raises(FileStoreError, match=str(status)):
        CloudStorageFiles("bucket").delete(NAME)

    assert len(store.deleted) == tries


def test_uploads_share_a_connection(store: Store) -> None:
    kept = CloudStorageFiles("bucket")

    for number in range(5):
        put(bytes([number]), into=kept)

    assert store.contents == [bytes([number]) for number in range(5)]
    assert len(store.connections) == 1


def test_r17_connections_that_the_store_has_ended_are_replaced_at_once(store: Store) -> None:
    store.hangs_up = True
    kept = CloudStorageFiles("bucket")
    together = threading.Barrier(4)

    def work() -> None:
        together.wait(PATIENCE)
        put(into=kept)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    store.hangs_up = False
    begun_at = time.monotonic()

    put(into=kept)

    assert len(store.contents) == 5
    assert time.monotonic() - begun_at < files._PAUSE  # noqa: SLF001  # it was no failure to wait after


def test_the_cloud_is_asked_with_a_permit_that_is_fetched_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    account = {"type": "service_account", "client_email": "intake@example.iam.gserviceaccount.com"}
    (tmp_path / "key.json").write_text(
        json.dumps({**account, "private_key": key.decode(), "token_uri": f"{store.url}/token", "project_id": "p"})
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    monkeypatch.setattr(files, "_API", store.url)
    kept = CloudStorageFiles("bucket")

    put(into=kept)
    put(into=kept)

    assert store.permits == ["Bearer permit", "Bearer permit"]
    assert store.tokens == 1


@pytest.mark.parametrize("spoil", [str.upper, lambda _: "no JSON"], ids=["wrong", "broken"])
def test_r17_without_credentials_a_file_is_not_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    (tmp_path / "key.json").write_text(spoil(json.dumps({"type": "service_account"})))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    monkeypatch.setattr(files, "_API", store.url)

    with pytest.raises(FileStoreError):
        put()

    assert store.contents == []
