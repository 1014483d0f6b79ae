"""`SendGridMailer` against the stand-in as a process of its own, and against servers that misbehave."""

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from functions.notify.letters import Letter, compose
from functions.notify.sendgrid_mail import SendGridMailer
from functions.notify.sending import MailError, MailOutcomeUnknownError, MailRefusedError, MailUnavailableError
from local.processes import HOST, free_port
from shared.domain.notification import NotificationKind
from shared.subjects import TicketSubject
from tests.mailbox import StandIn, running_stand_in
from tests.our_logs import our_logs
from tests.sample_ticket import FULL, LINKS, REPLIES, notification_of, opened

KEY = "SG.throw-away-key-of-a-test"
TIMEOUT = timedelta(seconds=0.5)
SENDER = ("support@pass24online.ru", "Служба технической поддержки PASS24.online")
TICKET = opened(FULL)
CONFIRMATION = notification_of(TICKET, NotificationKind.CONFIRMATION)
LETTER = compose(CONFIRMATION, TicketSubject(TICKET, FULL), ZoneInfo("Europe/Moscow"), REPLIES, LINKS)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("mailbox")) as stand_in:
        yield stand_in


@pytest.fixture
def sendgrid(running: StandIn) -> StandIn:
    running.clear()
    return running


def mailer(url: str, key: str = KEY) -> SendGridMailer:
    return SendGridMailer(key, url, TIMEOUT, SENDER)


def failure(url: str, letter: Letter = LETTER, key: str = KEY) -> MailError:
    """What sending raises."""
    with pytest.raises(MailError) as caught:
        mailer(url, key).send(letter)
    return caught.value


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that reads one request and then does as it likes with the connection."""
    with socket.create_server((HOST, 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(10)
                read_request(connection)
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            thread.join(timeout=20)
            assert not thread.is_alive()


def read_request(connection: socket.socket) -> None:
    head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
    [length] = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < length:
        body += connection.recv(65_536)


def close(_: socket.socket) -> None:
    """The connection ends without a byte."""


def reset(connection: socket.socket) -> None:
    # With SO_LINGER 0, closing sends RST instead of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def babble(connection: socket.socket) -> None:
    connection.sendall(b"this is no HTTP\r\n\r\n")


def break_off(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: m\r\nContent-Length: 100\r\n\r\nhalf")


def break_off_at_once(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1")


def test_accepted_letter_arrives_and_its_message_id_comes_back(sendgrid: StandIn) -> None:
    message_id = mailer(sendgrid.url).send(LETTER)

    [arrived] = sendgrid.letters("12345-confirmation")
    assert message_id
    assert (arrived["id"], arrived["to"], arrived["from"]) == (message_id, [LETTER.recipient], SENDER[0])
    assert (arrived["subject"], arrived["text"], arrived["html"]) == (LETTER.subject, LETTER.text, LETTER.html)
    assert arrived["headers"] == LETTER.headers


def test_letter_that_breaks_the_contract_is_refused_with_sendgrids_reason(sendgrid: StandIn) -> None:
    error = failure(sendgrid.url, replace(LETTER, recipient="no address"))

    assert isinstance(error, MailRefusedError)
    assert error.status == 400
    assert "does not contain a valid address" in error.reason.lower()


def test_missing_key_does_not_count_against_the_letter(sendgrid: StandIn) -> None:
    error = failure(sendgrid.url, key="None")

    assert isinstance(error, MailUnavailableError)
    assert error.status == 401


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, MailRefusedError),
        (401, MailUnavailableError),
        (403, MailUnavailableError),
        (408, MailUnavailableError),
        (413, MailRefusedError),
        (429, MailUnavailableError),
        (500, MailUnavailableError),
        (502, MailUnavailableError),
        (503, MailUnavailableError),
        (504, MailUnavailableError),
    ],
)
def test_every_status_says_whether_trying_again_may_help(sendgrid: StandIn, status: int, kind: type[MailError]) -> None:
    sendgrid.fault(status=status)

    error = failure(sendgrid.url)

    assert type(error) is kind
    assert error.status == status
    assert sendgrid.letters("12345-confirmation") == []
    mailer(sendgrid.url).send(LETTER)
    assert len(sendgrid.letters("12345-confirmation")) == 1


def test_long_reason_is_cut(sendgrid: StandIn) -> None:
    error = failure(sendgrid.url, replace(LETTER, headers={f"bad name {n}": "x" for n in range(50)}))

    assert isinstance(error, MailRefusedError)
    assert len(error.reason) == 500


def test_silence_leaves_the_outcome_unknown_within_the_timeout(sendgrid: StandIn) -> None:
    sendgrid.fault(timeout_s=2)
    started = time.monotonic()

    error = failure(sendgrid.url)

    waited = time.monotonic() - started
    assert isinstance(error, MailOutcomeUnknownError)
    assert error.status is None
    assert TIMEOUT.total_seconds() <= waited < TIMEOUT.total_seconds() + 1


@pytest.mark.parametrize("behave", [close, reset, babble, break_off, break_off_at_once])
def test_connection_that_ends_after_the_request_leaves_the_outcome_unknown(
    behave: Callable[[socket.socket], None],
) -> None:
    with server(behave) as url:
        error = failure(url)

    assert isinstance(error, MailOutcomeUnknownError)
    assert error.status is None
    assert error.reason


def test_closed_port_means_that_nothing_was_sent() -> None:
    error = failure(f"http://{HOST}:{free_port()}")

    assert isinstance(error, MailUnavailableError)
    assert error.status is None
    assert "refused" in error.reason


def test_key_shows_neither_in_debug_logs_nor_in_errors(sendgrid: StandIn) -> None:
    urls = [sendgrid.url] * 3 + [f"http://{HOST}:{free_port()}"]
    sendgrid.fault(status=400)
    sendgrid.fault(status=401)
    sendgrid.fault(timeout_s=1)

    with our_logs() as written:
        logging.getLogger().setLevel(logging.DEBUG)
        errors = [failure(url) for url in urls]
        mailer(sendgrid.url).send(LETTER)
        for error in errors:
            logging.getLogger("test").error("letter_not_sent", exc_info=error)

    logged = written.getvalue()
    assert logged.count("letter_not_sent") == len(urls)
    for shown in (logged, *(f"{error} {error!r}" for error in errors)):
        assert KEY not in shown
