"""Structured logs, as Cloud Logging reads them."""

import json
import logging
import re
import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from shared.logs import fields, follow_trace, redact
from shared.settings import Secret
from tests.our_logs import our_logs

TRACE = "105445aa7843bc8bf206b12000100000"
log = logging.getLogger("functions.test")


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What our logs wrote, outside any trace."""
    with our_logs("pass24-test") as stream:
        follow_trace(Headers())
        yield stream
        follow_trace(Headers())


@pytest.fixture
def lines(written: StringIO) -> Lines:
    """Gives the lines written so far, each one JSON."""
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_event_is_one_json_object_with_severity_message_and_fields(lines: Lines) -> None:
    log.info("ticket_registered", extra=fields(ticket=12345, channel="form"))

    assert lines() == [
        {
            "severity": "INFO",
            "message": "ticket_registered",
            "logger": "functions.test",
            "ticket": 12345,
            "channel": "form",
        }
    ]


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.INFO, "INFO"),
        (logging.WARNING, "WARNING"),
        (logging.ERROR, "ERROR"),
        (logging.CRITICAL, "CRITICAL"),
    ],
)
def test_severity_is_one_that_cloud_logging_knows(lines: Lines, level: int, severity: str) -> None:
    log.log(level, "event")

    assert [line["severity"] for line in lines()] == [severity]


def test_debug_lines_stay_unwritten(lines: Lines) -> None:
    log.debug("event")

    assert lines() == []


def test_line_breaks_and_russian_texts_stay_on_one_readable_line(written: StringIO) -> None:
    log.info("event", extra=fields(reason="первая\nвторая\r\n"))

    text = written.getvalue()
    assert text.count("\n") == 1
    assert "первая" in text
    assert json.loads(text)["reason"] == "первая\nвторая\r\n"


def test_messages_of_libraries_are_written_the_same_way(lines: Lines) -> None:
    logging.getLogger("google.cloud").warning("retrying in %d s", 3)

    assert lines() == [{"severity": "WARNING", "message": "retrying in 3 s", "logger": "google.cloud"}]


def test_values_that_json_does_not_know_are_written_as_texts_and_secrets_hidden(lines: Lines) -> None:
    log.info("event", extra=fields(at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC), key=Secret("hidden")))

    [line] = lines()
    assert (line["at"], line["key"]) == ("2026-11-20 09:00:00+00:00", "Secret(…)")


def find_ticket() -> NoReturn:
    try:
        connect()
    except OSError as error:
        raise LookupError("tickets/12345 is not in the ledger") from error


def connect() -> NoReturn:
    raise OSError("connection reset")


def test_exception_becomes_the_message_so_that_error_reporting_finds_its_stack(lines: Lines) -> None:
    try:
        find_ticket()
    except LookupError:
        log.exception("letter_failed", extra=fields(notification="12345-confirmation"))

    [line] = lines()
    assert line["severity"] == "ERROR"
    assert line["event"] == "letter_failed"
    assert line["notification"] == "12345-confirmation"
    assert line["message"].startswith("Traceback (most recent call last):\n")
    assert line["message"].endswith("LookupError: tickets/12345 is not in the ledger")
    assert "OSError: connection reset" in line["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
        {"Traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"},
        {"X-Cloud-Trace-Context": f"{TRACE}/2450465917091935019;o=1"},
        {"X-Cloud-Trace-Context": TRACE},
        {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Cloud-Trace-Context": "ffffffff/1;o=1"},
    ],
)
def test_lines_join_the_trace_of_their_request(lines: Lines, headers: dict[str, str]) -> None:
    follow_trace(Headers(headers))
    log.info("event")

    assert [line["logging.googleapis.com/trace"] for line in lines()] == [f"projects/pass24-test/traces/{TRACE}"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"traceparent": ""},
        {"traceparent": "00"},
        {"traceparent": "00--00f067aa0ba902b7-01"},
        {"traceparent": "00-../../other-00f067aa0ba902b7-01"},
        {"X-Cloud-Trace-Context": "/1;o=1"},
        {"X-Cloud-Trace-Context": 'a b"c'},
    ],
)
def test_request_without_a_proper_trace_has_none_not_even_the_one_before(lines: Lines, headers: dict[str, str]) -> None:
    follow_trace(Headers({"X-Cloud-Trace-Context": f"{TRACE}/1"}))
    follow_trace(Headers(headers))
    log.info("event")

    assert [line.get("logging.googleapis.com/trace") for line in lines()] == [None]


def test_library_that_logs_the_api_key_at_debug_is_kept_quiet(lines: Lines) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    logging.getLogger("python_http_client.client").debug("HEADERS: Bearer SG.hidden")
    log.debug("event")

    assert [line["message"] for line in lines()] == ["event"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ivan.petrov@example.ru", "i***@example.ru"),
        ("i@example.ru", "i***@example.ru"),
        ("+79161234567", "+7***67"),
        ("", "***"),
        (None, None),
    ],
)
def test_redacted_address_can_be_recognised_and_not_used(address: str | None, shown: str | None) -> None:
    assert redact(address) == shown


@given(
    local=st.text(string.ascii_lowercase + string.digits + ".", min_size=3, max_size=60),
    domain=st.sampled_from(["example.ru", "xn--80a1acny.xn--p1ai"]),
)
def test_redacting_keeps_the_domain_and_one_letter_of_an_address(local: str, domain: str) -> None:
    assert redact(f"{local}@{domain}") == f"{local[0]}***@{domain}"


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_redacting_keeps_four_signs_of_a_phone_number(phone: str) -> None:
    assert re.fullmatch(r"\+[0-9]\*{3}[0-9]{2}", redact(phone) or "")
