"""The SMTP door as a process of its own: real SMTP in, SendGrid's Inbound Parse calls out."""

import base64
import json
import logging
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from local.outbox import Outbox, Patience, Waiting
from local.processes import HOST, ROOT, free_port, smtp_trouble
from local.smtp.door import PATIENCE
from local.smtp.inbound import SIGNATURE_HEADER, TIMESTAMP_HEADER, Signer
from local.time_scale import ScaledClock
from local.webhook import UnreachableError
from tests.inbound_receiver import Call, Receiver, receiving
from tests.mailbox import StandIn, running_stand_in
from tests.running_stack import wait_for

SUPPORT = "support@pass24online.ru"
CLIENT = "ivanov@example.com"
START_PATIENCE = 30.0  # seconds
STOP_PATIENCE = 10.0  # seconds
SIGNER = Signer.generate()

BODIES = {
    "plain": b"Hello\r\n",
    "nothing": b"",
    "koi8-r": "Не открываются ворота\r\n".encode("koi8-r"),
    "cp1251 without the last line end": "Не открываются ворота".encode("cp1251"),
    "every byte": bytes(byte for byte in range(256) if byte not in b"\r\n.") + b"\r\n",
    "lines that begin with dots": b".\r\n..\r\n.a\r\n...\r\n",
    "bare line feeds": b"one\ntwo\n\nthree\r\n",
    "bare carriage returns": b"one\rtwo\r\rthree\r\n",
    "a long line": b"x" * 200_000 + b"\r\n",
    "many lines": b"".join(b"%d\r\n" % number for number in range(20_000)),
}
UNREADABLE_HEADERS = {
    "unknown charset": b"Subject: =?x-nothing?B?0J/RgNC+?=\r\n",
    "broken base64": b"Subject: =?utf-8?B?0?=\r\n",
    "raw koi8-r": "Subject: Ворота\r\n".encode("koi8-r"),
    "long": b"Subject: a\r\nX-Long: " + b"y" * 2_000_000 + b"\r\n",
    "no name": b": nothing\r\n",
}


@dataclass(frozen=True, slots=True)
class Door:
    """A running door, and what it wrote."""

    process: subprocess.Popen[bytes]
    port: int
    said: Path

    def log(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.said.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line["message"] == event]


@contextmanager
def door(folder: Path, webhook: str, *options: str, **settings: str) -> Iterator[Door]:
    port = free_port()
    said = folder / "door.log"
    command = [sys.executable, "-m", "local.smtp", "--port", str(port), "--webhook", webhook, *options]
    environ = {**os.environ, "SMTP_SIGNING_KEY": SIGNER.pem, **settings}
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output)  # noqa: S603  # ours
    try:
        assert wait_for(lambda: smtp_trouble(port) is None or process.poll() is not None, START_PATIENCE)
        assert process.poll() is None, said.read_text(encoding="utf-8")
        yield Door(process, port, said)
    finally:
        process.kill()
        process.wait(STOP_PATIENCE)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def running(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("door"), receiver.url) as started:
        yield started


@pytest.fixture
def marker() -> bytes:
    return f"<{uuid.uuid4()}@example.com>".encode()


def message(marker: bytes, body: bytes = b"Hello\r\n", headers: bytes = b"") -> bytes:
    return (
        b"From: =?koi8-r?B?6dfBzs/X?= <ivanov@example.com>\r\nTo: support@pass24online.ru\r\nSubject: Gate\r\n"
        b"Message-ID: " + marker + b"\r\n" + headers + b"\r\n" + body
    )


def send(port: int, content: bytes, to: tuple[str, ...] = (SUPPORT,), sender: str = CLIENT, **options: Any) -> None:  # noqa: ANN401  # passed on to smtplib
    with smtplib.SMTP(HOST, port, local_hostname="client.example.com", timeout=30) as client:
        assert client.sendmail(sender, to, content, **options) == {}


def posted(receiver: Receiver, marker: bytes, count: int = 1) -> list[Call]:
    wait_for(lambda: len(receiver.calls_with(marker)) >= count)
    calls = receiver.calls_with(marker)
    assert len(calls) == count
    return calls


def is_signed(call: Call, public_key: str, body: bytes | None = None) -> bool:
    key = load_der_public_key(base64.b64decode(public_key, validate=True))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    signed = call.headers[TIMESTAMP_HEADER].encode() + (call.body if body is None else body)
    try:
        key.verify(base64.b64decode(call.headers[SIGNATURE_HEADER], validate=True), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_message_arrives_byte_for_byte_under_the_trace(
    running: Door, receiver: Receiver, marker: bytes, body: bytes
) -> None:
    content = message(marker, body)

    send(running.port, content, mail_options=["BODY=8BITMIME"])

    [call] = posted(receiver, marker)
    trace, line_end, rest = call["email"].partition(b"\r\n")
    assert trace.startswith(b"Received: from client.example.com (mxd [127.0.0.1]) by mx-local.sendgrid.net ")
    assert line_end
    # The end of DATA begins with a line end, which the last line of the message can't lack.
    assert rest == (content if content.endswith(b"\r\n") else content + b"\r\n")


def test_the_trace_tells_the_recipient_and_the_time_with_milliseconds(
    running: Door, receiver: Receiver, marker: bytes
) -> None:
    send(running.port, message(marker))

    [call] = posted(receiver, marker)
    trace = call["email"].partition(b"\r\n")[0].decode()
    found = re.fullmatch(
        r"Received: from \S+ \(mxd \[127\.0\.0\.1\]\) by mx-local\.sendgrid\.net with ESMTP id ([\w-]{22}) "
        r"for <support@pass24online\.ru>; (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d)\.\d{3} \+0000 \(UTC\)",
        trace,
    )
    assert found, trace
    assert abs(parsedate_to_datetime(f"{found[2]} +0000") - datetime.now(UTC)) < timedelta(minutes=1)


def test_where_time_runs_faster_mail_arrives_in_that_time(tmp_path: Path, marker: bytes) -> None:
    clock = ScaledClock(600, datetime.now(UTC) - timedelta(minutes=1))
    with receiving() as receiver, door(tmp_path, receiver.url, **clock.settings) as started:
        before = clock.now().replace(microsecond=0)
        send(started.port, message(marker))
        [call] = posted(receiver, marker)

    trace = call["email"].partition(b"\r\n")[0].decode()
    arrived_at = parsedate_to_datetime(re.sub(r"\.\d{3}", "", trace.partition("; ")[2]))
    signed_at = datetime.fromtimestamp(int(call.headers[TIMESTAMP_HEADER]), UTC)
    assert datetime.now(UTC) + timedelta(hours=1) < before <= arrived_at <= signed_at <= clock.now()


def test_the_fields_are_those_of_sendgrid_in_raw_mode(running: Door, receiver: Receiver, marker: bytes) -> None:
    send(running.port, message(marker, headers=b"Cc: boss@example.com\r\n"))

    [call] = posted(receiver, marker)
    fields = dict(call.fields)
    assert fields.pop("email")
    assert b"(0.1 points, 5.0 required)" in fields.pop("spam_report")
    assert {name: value.decode() for name, value in fields.items()} == {
        "to": "support@pass24online.ru",
        "cc": "boss@example.com",
        "from": "Иванов <ivanov@example.com>",
        "subject": "Gate",
        "sender_ip": "127.0.0.1",
        "envelope": '{"to":["support@pass24online.ru"],"from":"ivanov@example.com"}',
        "charsets": '{"to":"UTF-8","cc":"UTF-8","from":"UTF-8","subject":"UTF-8"}',
        "SPF": "pass",
        "dkim": "none",
        "spam_score": "0.1",
    }
    assert call.headers["Content-Type"] == "multipart/form-data; boundary=xYzZY"
    assert call.headers["User-Agent"] == "Sendlib/1.0"
    assert call.headers["Content-Length"] == str(len(call.body))


def test_the_earlier_style_is_chunked_folded_and_has_no_semicolon(tmp_path: Path, marker: bytes) -> None:
    content = message(marker, BODIES["koi8-r"] * 10_000)
    with receiving() as receiver, door(tmp_path, receiver.url, "--style", "earlier") as started:
        send(started.port, content)
        [call] = posted(receiver, marker)

    assert call.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in call.headers
    assert call.headers["User-Agent"] == "Sendlib/1.0 mx-local.sendgrid.net"
    assert [name for name, _ in call.fields] == [
        *("dkim", "email", "to", "from", "sender_ip", "spam_report", "envelope", "subject", "spam_score", "charsets"),
        "SPF",
    ]
    assert is_signed(call, SIGNER.public_key)
    assert call["email"].endswith(content)
    trace = call["email"].removesuffix(content).decode()
    assert re.fullmatch(
        r"Received: from client\.example\.com \(unknown \[127\.0\.0\.1\]\)\r\n"
        r"\tby mx-local\.sendgrid\.net with SMTP id [\w-]{22}\r\n"
        r"\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000 \(UTC\)\r\n",
        trace,
    ), trace


def test_the_envelope_names_every_recipient_hidden_ones_too(running: Door, receiver: Receiver, marker: bytes) -> None:
    recipients = (SUPPORT, "hidden@example.org", "third@пример.рф")

    send(running.port, message(marker), recipients, mail_options=["SMTPUTF8"])

    [call] = posted(receiver, marker)
    assert json.loads(call["envelope"]) == {"to": list(recipients), "from": CLIENT}
    assert b"hidden@" not in call["email"]
    assert call["to"] == SUPPORT.encode()


@pytest.mark.parametrize("sender", ["", "иванов@пример.рф"])
def test_the_return_path_is_kept(running: Door, receiver: Receiver, marker: bytes, sender: str) -> None:
    send(running.port, message(marker), sender=sender, mail_options=["SMTPUTF8"])

    [call] = posted(receiver, marker)
    assert json.loads(call["envelope"])["from"] == sender


@pytest.mark.parametrize("headers", UNREADABLE_HEADERS.values(), ids=UNREADABLE_HEADERS)
def test_unreadable_headers_keep_no_mail_back(running: Door, receiver: Receiver, marker: bytes, headers: bytes) -> None:
    content = headers + b"Message-ID: " + marker + b"\r\n\r\nHello\r\n"

    send(running.port, content)

    [call] = posted(receiver, marker)
    assert call["email"].endswith(content)


def test_a_body_that_holds_the_boundary_breaks_the_call_open_as_at_sendgrid(
    running: Door, receiver: Receiver, marker: bytes
) -> None:
    forged = b'\r\n--xYzZY\r\nContent-Disposition: form-data; name="SPF"\r\n\r\nfail\r\n'

    send(running.port, message(marker, forged))

    [call] = posted(receiver, marker)
    assert [value for name, value in call.fields if name == "SPF"] == [b"fail\r\n", b"pass"]


def test_a_mail_says_itself_how_it_is_judged(running: Door, receiver: Receiver, marker: bytes) -> None:
    headers = b"X-Local-SPF: softfail\r\nX-Local-DKIM: {@example.com : fail}\r\nX-Local-Spam-Score: 7.5\r\n"

    send(running.port, message(marker, headers=headers))

    [call] = posted(receiver, marker)
    assert (call["SPF"], call["dkim"], call["spam_score"]) == (b"softfail", b"{@example.com : fail}", b"7.5")
    assert headers in call["email"]


def test_a_call_is_signed_over_its_timestamp_and_body(running: Door, receiver: Receiver, marker: bytes) -> None:
    send(running.port, message(marker, BODIES["koi8-r"]))

    [call] = posted(receiver, marker)
    assert abs(int(call.headers[TIMESTAMP_HEADER]) - time.time()) < 60
    assert is_signed(call, SIGNER.public_key)
    assert not is_signed(call, SIGNER.public_key, call.body[:-1])
    assert not is_signed(call, Signer.generate().public_key)


def test_a_signer_comes_back_from_its_pem() -> None:
    assert Signer.from_pem(SIGNER.pem).public_key == SIGNER.public_key
    assert SIGNER.pem not in repr(SIGNER)


def test_a_server_error_is_tried_again_until_it_is_over(running: Door, receiver: Receiver, marker: bytes) -> None:
    send(running.port, message(marker, headers=b"X-Answers: 500 503 200\r\n"))

    first, second, third = posted(receiver, marker, 3)
    assert first.body == second.body == third.body
    assert is_signed(third, SIGNER.public_key)
    assert wait_for(lambda: [line for line in running.log("mail_posted") if line["attempts"] == 3])


def test_redirects_and_client_errors_lose_the_mail_and_say_so(running: Door, receiver: Receiver, marker: bytes) -> None:
    statuses = (302, 400, 413)
    for status in statuses:
        send(running.port, message(marker, headers=b"X-Answers: %d 200\r\n" % status))

    assert wait_for(lambda: len(running.log("mail_dropped")) == len(statuses))
    assert {(line["answer"], line["severity"]) for line in running.log("mail_dropped")} == {
        (str(status), "ERROR") for status in statuses
    }
    time.sleep(1.5)  # longer than the first pause of what is tried again
    posted(receiver, marker, len(statuses))


def test_hanging_and_failing_mail_holds_no_other_up(running: Door, receiver: Receiver, marker: bytes) -> None:
    stuck = f"<{uuid.uuid4()}@example.com>".encode()
    for answers in (b"hang", b"hang", b"hang", b"500"):
        send(running.port, message(stuck, headers=b"X-Answers: " + answers + b" 200\r\n"))
    assert wait_for(lambda: len(receiver.calls_with(stuck)) >= 4)

    started = time.monotonic()
    for _ in range(20):
        send(running.port, message(marker))
    posted(receiver, marker, 20)

    assert time.monotonic() - started < 10
    assert len([line for line in running.log("mail_posted") if line["seconds"] > 10]) == 0
    receiver.released.set()


def test_a_receiver_that_comes_up_later_gets_the_mail(tmp_path: Path, marker: bytes) -> None:
    port = free_port()
    with door(tmp_path, f"http://{HOST}:{port}/") as started:
        send(started.port, message(marker))
        assert wait_for(lambda: started.log("mail_will_be_posted_again"))
        assert "refused" in started.log("mail_will_be_posted_again")[0]["answer"]
        with receiving(port) as receiver:
            posted(receiver, marker)


def test_thirty_megabytes_pass_and_more_is_refused(running: Door, receiver: Receiver, marker: bytes) -> None:
    line = b"y" * 76 + b"\r\n"
    allowed = message(marker, line * (30_000_000 // len(line)))
    excess = message(b"<excess@example.com>", line * ((31 << 20) // len(line)))

    send(running.port, allowed)
    with smtplib.SMTP(HOST, running.port, timeout=30) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(30 << 20)
        with pytest.raises(smtplib.SMTPSenderRefused) as announced:
            client.sendmail(CLIENT, [SUPPORT], excess)
        client.mail(CLIENT)  # without telling the size
        client.rcpt(SUPPORT)
        unannounced = client.data(excess)[0]

    assert announced.value.smtp_code == 552
    assert unannounced == 552
    [call] = posted(receiver, marker)
    assert call["email"].endswith(allowed)
    assert receiver.calls_with(b"<excess@example.com>") == []


def test_one_log_line_a_mail_without_readable_addresses(tmp_path: Path, marker: bytes) -> None:
    with receiving() as receiver, door(tmp_path, receiver.url) as started:
        send(started.port, message(marker))
        assert wait_for(lambda: started.log("mail_posted"))
        said = started.said.read_text(encoding="utf-8")

    [line] = [json.loads(line) for line in said.splitlines()]
    assert (line["sender"], line["recipients"]) == ("i***@example.com", ["s***@pass24online.ru"])
    assert (line["answer"], line["attempts"]) == ("200", 1)
    assert "BEGIN" not in said


def test_sigterm_ends_it_within_seconds_and_names_what_is_lost(tmp_path: Path, marker: bytes) -> None:
    with receiving() as receiver, door(tmp_path, receiver.url) as started:
        send(started.port, message(marker, headers=b"X-Answers: hang\r\n"))
        send(started.port, message(marker, headers=b"X-Answers: 500\r\n"))
        send(started.port, message(marker))
        assert wait_for(lambda: started.log("mail_posted") and started.log("mail_will_be_posted_again"))
        assert wait_for(lambda: len(receiver.calls_with(marker)) >= 3)
        idle = smtplib.SMTP(HOST, started.port, timeout=10)

        started.process.send_signal(signal.SIGTERM)
        code = started.process.wait(STOP_PATIENCE)
        idle.close()

        assert code == 0
        assert len(started.log("mail_lost_by_stopping")) == 2
        assert "Traceback" not in started.said.read_text(encoding="utf-8")


def test_each_mail_that_is_taken_is_counted_once(tmp_path: Path, marker: bytes) -> None:
    with (
        receiving() as receiver,
        running_stand_in(tmp_path) as sendgrid,
        door(tmp_path, receiver.url, "--sendgrid", sendgrid.url) as started,
    ):
        for answers in (b"200", b"500 200", b"400"):
            send(started.port, message(marker, headers=b"X-Answers: " + answers + b"\r\n"))
        posted(receiver, marker, 4)

        assert wait_for(lambda: received(sendgrid) == 3)
        time.sleep(0.5)
        assert received(sendgrid) == 3


def received(sendgrid: StandIn) -> int:
    """How much mail the stand-in's statistics know of, since yesterday."""
    query = {"start_date": (datetime.now(UTC) - timedelta(days=1)).date().isoformat()}
    url, key = f"{sendgrid.url}/v3/user/webhooks/parse/stats", {"Authorization": "Bearer SG.test"}
    days = requests.get(url, params=query, headers=key, timeout=10).json()
    return sum(each["stats"][0]["metrics"]["received"] for each in days)


@pytest.mark.parametrize("hangs", [True, False])
def test_counting_that_fails_holds_no_mail_up(tmp_path: Path, marker: bytes, hangs: bool) -> None:  # noqa: FBT001  # a case
    with socket.create_server((HOST, 0)) as silent, receiving() as receiver:
        counter = f"http://{HOST}:{silent.getsockname()[1]}"
        if not hangs:
            silent.close()
        with door(tmp_path, receiver.url, "--sendgrid", counter) as started:
            began = time.monotonic()
            for _ in range(10):
                send(started.port, message(marker))
            posted(receiver, marker, 10)

            assert time.monotonic() - began < 4  # seconds; one call that hangs takes 5
            if not hangs:
                assert wait_for(lambda: len(started.log("mail_not_counted")) == 10)


@pytest.mark.parametrize(
    ("webhook", "key", "complaint", "options"),
    [
        ("http://127.0.0.1:1/", "", "SMTP_SIGNING_KEY", ()),
        ("http://127.0.0.1:1/", "topsecret", "SMTP_SIGNING_KEY", ()),
        ("https://example.com/", SIGNER.pem, "--webhook", ()),
        ("http://127.0.0.1:1/", SIGNER.pem, "--sendgrid", ("--sendgrid", "127.0.0.1:2")),
    ],
)
def test_wrong_settings_are_named_without_showing_the_key(
    webhook: str, key: str, complaint: str, options: tuple[str, ...]
) -> None:
    command = [sys.executable, "-m", "local.smtp", "--port", "1", "--webhook", webhook, *options]
    environ = {**os.environ, "SMTP_SIGNING_KEY": key}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  # ours

    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "topsecret" not in ended.stderr


class Unreachable:
    """A webhook that nobody answers at, until it is there."""

    def __init__(self) -> None:
        self.there = threading.Event()

    def post(self, _body: bytes) -> int:
        if self.there.is_set():
            return 200
        raise UnreachableError("refused")


def test_what_waits_too_long_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(Unreachable(), Patience("mail", timedelta(seconds=2.5), survives_refusal=False))

    assert outbox.add(Waiting(b"body", {}))
    assert wait_for(lambda: "mail_given_up" in caplog.messages)
    outbox.close()

    # At 0 s and 1 s; the third would be at 3 s.
    assert caplog.messages == ["mail_will_be_posted_again", "mail_given_up"]
    assert caplog.records[-1].levelno == logging.ERROR


def test_a_full_outbox_takes_no_more_until_there_is_room() -> None:
    webhook = Unreachable()
    outbox = Outbox(webhook, PATIENCE, most_bytes=5)

    first = outbox.add(Waiting(b"body", {}))
    second = outbox.add(Waiting(b"body", {}))
    webhook.there.set()
    third = wait_for(lambda: outbox.add(Waiting(b"body", {})))
    outbox.close()

    assert (first, second, third) == (True, False, True)
    assert not outbox.add(Waiting(b"", {}))


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (100_000, 300)])
def test_pauses_grow_up_to_five_minutes(attempts: int, seconds: float) -> None:
    assert Waiting(b"", {}, attempts=attempts).pause() == seconds
