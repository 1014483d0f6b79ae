"""`intake_form` behind the server it is deployed with, spoken to in bytes: framing that only a socket can get wrong."""

import json
import os
import socket
import sys
import uuid
from collections.abc import Iterator

import pytest

from local.processes import HOST, Child, free_port
from tests.form_instance import LEAST, SOURCE, settings_of
from tests.function_instance import World, make_world

Address = tuple[str, int]

GOOD = json.dumps(LEAST).encode()
HEAD = b"POST / HTTP/1.1\r\nHost: form\r\nContent-Type: application/json\r\nConnection: close\r\n"
MAX_REQUEST_BYTES = 3 * 2**20
MAX_JSON_BYTES = 500_000


@pytest.fixture(scope="module")
def world(firestore_emulator: str, pubsub_emulator: str, storage_emulator: str) -> World:  # noqa: ARG001  # asked for so that it runs
    return make_world(f"test-{uuid.uuid4().hex[:16]}", pubsub_emulator, storage_emulator)


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    command = (
        *(sys.executable, "-m", "functions_framework", "--source", str(SOURCE), "--target", "intake_form"),
        *("--signature-type", "http", "--host", HOST, "--port", str(port)),
    )
    own = {"MAX_REQUEST_BYTES": str(MAX_REQUEST_BYTES), "WORKERS": "1", "THREADS": "8", "XDG_RUNTIME_DIR": str(folder)}
    child = Child("intake_form", command, {**os.environ, **settings_of(world), **own}, folder / "intake_form.log")
    try:
        child.wait_until_ready(port)
        yield HOST, port
    finally:
        child.stop()


def exchange(server: Address, *parts: bytes) -> bytes:
    """Send, close our side, and read all that comes back; a reset counts as the end of it."""
    received = b""
    with socket.create_connection(server, timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        try:
            while block := connection.recv(65_536):
                received += block
        except ConnectionResetError:
            pass
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def length(number: int) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % number


def test_a_chunked_post_is_registered(server: Address) -> None:
    answer = exchange(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunked(GOOD[:10], GOOD[10:]))

    assert status_of(answer) == 201
    assert b'"ticket": ' in answer


def test_a_client_that_waits_to_be_asked_on_is_registered(server: Address) -> None:
    answer = exchange(server, HEAD + b"Expect: 100-continue\r\n" + length(len(GOOD)), GOOD)

    assert answer.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 201 " in answer


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_sender_of_too_much_hears_that_it_is_too_much(server: Address, framing: str) -> None:
    content = b"x" * (MAX_REQUEST_BYTES + 2**20)
    head = HEAD.replace(b"application/json", b"multipart/form-data; boundary=x")
    if framing == "length":
        answer = exchange(server, head + length(len(content)), content)
    else:
        answer = exchange(server, head + b"Transfer-Encoding: chunked\r\n\r\n", chunked(*[content[:65_536]] * 64))

    assert status_of(answer) == 413
    assert "Слишком большое обращение".encode() in answer


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_program_that_sends_too_much_hears_that_it_is_too_much(server: Address, framing: str) -> None:
    content = b'{"description": "' + b"x" * MAX_JSON_BYTES
    if framing == "length":
        answer = exchange(server, HEAD + length(len(content)), content)
    else:
        pieces = [content[start : start + 65_536] for start in range(0, len(content), 65_536)]
        answer = exchange(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunked(*pieces))

    assert status_of(answer) == 413


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + length(len(GOOD)) + GOOD[:-10],
        HEAD + length(len(GOOD) - 10) + GOOD,
        HEAD + b"Content-Length: -1\r\n\r\n" + GOOD,
        HEAD + b"Content-Length: 5\r\nContent-Length: 500\r\n\r\n" + GOOD,
        HEAD + b"Content-Length: abc\r\n\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + GOOD,
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunked(GOOD)[:-2],
        HEAD + b"\r\n" + GOOD,
        HEAD.replace(b"application/json", b"multipart/form-data; boundary=x") + length(900) + b"--x\r\nContent-Disp",
        HEAD.replace(b"application/json", b"multipart/form-data; boundary=x")
        + b"Transfer-Encoding: chunked\r\n\r\nq\r\n--x",
        HEAD + b"Bad Header\r\n\r\n",
        HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_framing_that_is_wrong_is_the_senders_fault_and_not_ours(server: Address, request_bytes: bytes) -> None:
    answer = exchange(server, request_bytes)

    assert not answer or 400 <= status_of(answer) < 500, answer[:200]
    assert status_of(exchange(server, HEAD + length(len(GOOD)), GOOD)) == 201


def test_nothing_that_came_in_halves_was_registered(server: Address, world: World) -> None:
    for part in (GOOD[:30], GOOD[:-1]):
        exchange(server, HEAD + length(len(GOOD)), part)

    described = {each["details"]["description"] for each in world.documents("submissions").values()}
    assert described <= {LEAST["description"]}
