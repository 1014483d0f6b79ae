"""`intake_email` behind the server it is deployed with: large mails, chunks, calls that break off, many at once."""

import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from local.processes import HOST, ROOT, Child, free_port
from ops.audit import audit
from tests.email_instance import message, settings_of
from tests.function_instance import World
from tests.inbound import signed_post

PATIENCE = 60.0
BLOCK = 2**16


@pytest.fixture
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the function's server."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    source = str(ROOT / "functions" / "intake_email" / "main.py")
    command = (
        *(sys.executable, "-m", "functions_framework", "--source", source, "--target", "intake_email"),
        *("--signature-type", "http", "--host", HOST, "--port", str(port)),
    )
    own = {"WORKERS": "1", "THREADS": "16", "XDG_RUNTIME_DIR": str(folder)}
    child = Child("intake_email", command, {**os.environ, **settings_of(world), **own}, folder / "intake_email.log")
    try:
        child.wait_until_ready(port)
        yield port
    finally:
        child.stop()


def call(port: int, body: bytes, headers: Mapping[str, str], *, chunked: bool = False) -> tuple[int, dict[str, object]]:
    """The webhook's answer."""
    connection = HTTPConnection(HOST, port, timeout=PATIENCE)
    try:
        content = (body[first : first + BLOCK] for first in range(0, len(body), BLOCK)) if chunked else body
        connection.request("POST", "/", content, dict(headers), encode_chunked=chunked)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_r17_a_mail_of_30_mb_is_registered_with_its_file(server: int, world: World, *, chunked: bool) -> None:
    mail = message()
    content = os.urandom(22_000_000)
    mail.add_attachment(content, maintype="video", subtype="mp4", filename="запись.mp4")
    body, headers = signed_post(mail.as_bytes())
    assert len(body) > 29_500_000
    if chunked:
        headers = headers | {"Transfer-Encoding": "chunked"}
    assert call(server, body, headers, chunked=chunked) == (200, {"state": "registered", "ticket": 12345})
    [submission] = world.documents("submissions").values()
    [file] = submission["files"]
    assert world.objects()[file["stored_as"]] == (content, "video/mp4")


def test_r1_a_call_that_breaks_off_leaves_nothing_and_its_repetition_is_registered(server: int, world: World) -> None:
    body, headers = signed_post(message().as_bytes())
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"POST / HTTP/1.1\r\nHost: mail\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode()
    with socket.create_connection((HOST, server), timeout=PATIENCE) as connection:
        connection.sendall(start + body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(BLOCK)
    assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4"))
    assert world.documents("submissions") == {}
    assert call(server, body, headers)[0] == 200


def test_r1_r4_many_mails_at_once_each_delivered_twice_have_one_number_each(server: int, world: World) -> None:
    posts = [signed_post(message(f"Вопрос {n}", Message_ID=f"<{n}@example.ru>").as_bytes()) for n in range(40)]
    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(lambda post: call(server, *post), [*posts, *posts]))
    assert {status for status, _ in answers} == {200}
    numbers = [answer["ticket"] for _, answer in answers]
    assert numbers[:40] == numbers[40:]
    assert sorted(map(int, world.documents("tickets"))) == list(range(12345, 12385))
    assert not audit(world.ledger).broken


def test_r5r_many_answers_at_once_all_join_their_ticket(server: int, world: World) -> None:
    call(server, *signed_post(message().as_bytes()))
    posts = [
        signed_post(message(f"Ответ {n}", Message_ID=f"<{n}r@example.ru>", Subject="Re: [#12345] Шлагбаум").as_bytes())
        for n in range(6)
    ]
    left = posts
    # Those that met too many others are told to come again, as SendGrid does.
    for _ in range(5):
        with ThreadPoolExecutor(6) as clients:
            answers = list(clients.map(lambda post: call(server, *post), left))
        assert {status for status, _ in answers} <= {200, 503}
        left = [post for post, (status, _) in zip(left, answers, strict=True) if status != 200]
        if not left:
            break
    assert left == []
    assert len(world.documents("tickets")["12345"]["submissions"]) == 7
    joined = [each for each in world.documents("submissions").values() if each["state"] == "attached"]
    assert len(joined) == 6
    assert len({name for name in world.documents("notifications") if "new-message" in name}) == 6
    assert not audit(world.ledger).broken
