"""Where the emulators come from: the environment, gcloud, the cache, and last the pinned download."""

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from local import emulators
from local.emulators import Download, Emulator
from local.services import plan

JAR = b"a jar" * 100_000  # more than one read of the network


class Publisher(http.server.BaseHTTPRequestHandler):
    """Serves `files`; a path in `cut_short` loses its second half on the way."""

    files: ClassVar[dict[str, bytes]]
    cut_short: ClassVar[set[str]]
    requests: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        body = self.files.get(self.path)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path in self.cut_short else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keeps the tests' output clean."""


@contextmanager
def publisher(files: dict[str, bytes], cut_short: set[str]) -> Iterator[tuple[str, list[str]]]:
    """A web server with `files`: its URL, and the list of paths that were asked for."""
    requests: list[str] = []
    names = {"files": files, "cut_short": cut_short, "requests": requests}
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Handler", (Publisher,), names))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(url: str, content: bytes, member: str | None = None) -> Emulator:
    """The Firestore emulator, as if it were published at `url` with this content."""
    download = Download(url=url, size=len(content), sha256=hashlib.sha256(content).hexdigest(), member=member)
    return replace(emulators.FIRESTORE, download=download)


def install_gcloud(home: Path, *files: str) -> dict[str, str]:
    """Lays out a gcloud with these files in its platform folder, reached through a link; returns the environment."""
    program = home / "google-cloud-sdk" / "bin" / "gcloud"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for file in files:
        jar = home / "google-cloud-sdk" / "platform" / file
        jar.parent.mkdir(parents=True, exist_ok=True)
        jar.write_bytes(JAR)
    links = home / "bin"
    links.mkdir()
    (links / "gcloud").symlink_to(program)
    return {"PATH": str(links)}


def test_gclouds_emulator_is_found_behind_the_link_on_the_path(tmp_path: Path) -> None:
    environ = install_gcloud(tmp_path, "pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar")

    found = emulators.locate(emulators.PUBSUB, environ, tmp_path / "cache")

    assert found is not None
    assert found.name == "cloud-pubsub-emulator-0.8.20-all.jar"
    assert found.read_bytes() == JAR


def test_gclouds_emulator_comes_before_the_cached_one(tmp_path: Path) -> None:
    environ = install_gcloud(tmp_path, emulators.FIRESTORE.installed)
    cached = tmp_path / emulators.FIRESTORE.download.jar_name
    cached.write_bytes(JAR)

    assert emulators.locate(emulators.FIRESTORE, environ, tmp_path) != cached
    assert emulators.locate(emulators.FIRESTORE, {"PATH": ""}, tmp_path) == cached


def test_gcloud_without_the_emulator_leaves_it_to_the_cache(tmp_path: Path) -> None:
    environ = install_gcloud(tmp_path, emulators.PUBSUB.installed)

    assert emulators.locate(emulators.FIRESTORE, environ, tmp_path / "cache") is None


def test_an_address_in_the_environment_means_that_nothing_is_started_there(tmp_path: Path) -> None:
    running = {
        "PATH": str(tmp_path),  # neither Java nor gcloud
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:2",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:3",
    }

    stack = plan(running)

    assert [service.name for service in stack.foundations] == ["mailbox"]
    intake_form = next(service for service in stack.functions if service.name == "intake_form")
    assert {name: intake_form.settings[name] for name in running} == running


def test_a_fetched_emulator_is_the_pinned_file_and_is_found_from_then_on(tmp_path: Path) -> None:
    with publisher({"/emulator-v1.jar": JAR}, cut_short=set()) as (url, _):
        emulator = published(f"{url}/emulator-v1.jar", JAR)
        jar = emulators.fetch(emulator, tmp_path)

    assert jar.read_bytes() == JAR
    assert emulators.locate(emulator, {"PATH": ""}, tmp_path) == jar
    assert list(tmp_path.iterdir()) == [jar]


def test_the_jar_is_taken_out_of_a_published_archive(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("pubsub-emulator/bin/cloud-pubsub-emulator", "a script")
        zipped.writestr("pubsub-emulator/lib/cloud-pubsub-emulator-0.9-all.jar", JAR)
    content = archive.getvalue()

    with publisher({"/pubsub-0.9.zip": content}, cut_short=set()) as (url, _):
        jar = emulators.fetch(
            published(f"{url}/pubsub-0.9.zip", content, member=emulators.PUBSUB.download.member), tmp_path
        )

    assert jar.read_bytes() == JAR
    assert list(tmp_path.iterdir()) == [jar]


@pytest.mark.parametrize("fault", ["altered", "cut short"])
def test_a_file_that_is_not_the_pinned_one_is_refused_and_leaves_nothing(tmp_path: Path, fault: str) -> None:
    sent = JAR + b"!" if fault == "altered" else JAR
    cut_short = {"/emulator.jar"} if fault == "cut short" else set()
    with publisher({"/emulator.jar": sent}, cut_short) as (url, _):
        emulator = published(f"{url}/emulator.jar", JAR)
        with pytest.raises(emulators.FetchError, match="not the pinned file"):
            emulators.fetch(emulator, tmp_path)

    assert list(tmp_path.iterdir()) == []
    assert emulators.locate(emulator, {"PATH": ""}, tmp_path) is None


def test_an_unreachable_publisher_is_explained_with_the_ways_out(tmp_path: Path) -> None:
    with publisher({}, cut_short=set()) as (url, _):
        missing = f"{url}/emulator.jar"
        with pytest.raises(emulators.FetchError) as caught:
            emulators.fetch(published(missing, JAR), tmp_path)

    message = str(caught.value)
    assert missing in message
    assert "gcloud components install cloud-firestore-emulator" in message
    assert "FIRESTORE_EMULATOR_HOST" in message
    assert list(tmp_path.iterdir()) == []


def test_what_is_already_here_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = install_gcloud(tmp_path, emulators.FIRESTORE.installed)
    java = tmp_path / "bin" / "java"
    java.write_text("#!/bin/sh\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", environ["PATH"])
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    with publisher({}, cut_short=set()) as (url, requests):
        monkeypatch.setattr(emulators, "FIRESTORE", published(f"{url}/emulator.jar", JAR))

        assert emulators.main() == 0

    assert requests == []
    said = capsys.readouterr().out
    assert str(tmp_path / "google-cloud-sdk" / "platform" / emulators.FIRESTORE.installed) in said
    assert "127.0.0.1:1 (PUBSUB_EMULATOR_HOST)" in said


def test_without_java_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(emulators.JavaMissingError, match="apt-get install -y default-jre-headless"):
        emulators.java({"PATH": str(tmp_path)})


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    for folder in ("home/bin", "path"):
        program = tmp_path / folder / "java"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    environ = {"PATH": str(tmp_path / "path"), "JAVA_HOME": str(tmp_path / "home")}

    assert emulators.java(environ) == str(tmp_path / "home" / "bin" / "java")


@pytest.mark.parametrize("emulator", [emulators.FIRESTORE, emulators.PUBSUB], ids=lambda emulator: emulator.name)
def test_the_downloads_are_pinned_over_https(emulator: Emulator) -> None:
    assert emulator.download.url.startswith("https://storage.googleapis.com/")
    assert len(bytes.fromhex(emulator.download.sha256)) == hashlib.sha256().digest_size
