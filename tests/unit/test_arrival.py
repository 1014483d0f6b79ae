"""R16: the 15 minutes run from the moment at which our side's mail exchanger took the message."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.arrival import arrived_at

NOW = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
TAKEN = datetime(2026, 11, 22, 20, 20, 46, tzinfo=UTC)
TRUSTED = ("sendgrid.net",)
MX = "mx0032p1las1.sendgrid.net"


@pytest.mark.parametrize(
    "received",
    [
        f"by {MX} with SMTP id zz0wGG5AT8 Sun, 22 Nov 2026 20:20:46 +0000 (UTC)",
        f"by {MX} with SMTP id zz0wGG5AT8; Sun, 22 Nov 2026 20:20:46 +0000 (UTC)",
        f"from a.ru ([192.0.2.1])\r\n\tby {MX} (Postfix) with ESMTPS;\r\n\tSun, 22 Nov 2026 20:20:46 +0000 (UTC)",
        f"by {MX} with SMTP id zz; 22 Nov 2026 20:20:46 GMT",
        f"by {MX} with SMTP id zz; Sun, 22 Nov 2026 20:20:46 -0000",
        f"by {MX} with SMTP id zz; Sun, 22 Nov 2026 23:20:46 +0300 (MSK)",
        f"BY {MX.upper()}. with SMTP id zz; sun, 22 nov 2026 20:20:46 +0000",
        f"from by.example.ru (by evil.example [192.0.2.1]) by {MX} with SMTP id zz; Sun, 22 Nov 2026 20:20:46 +0000",
        "by sendgrid.net with SMTP id zz; Sun, 22 Nov 2026 20:20:46 +0000",
        f"from a.ru (mxd [192.0.2.1]) by {MX} with ESMTP id zz for <a@b.ru>; Sun, 22 Nov 2026 20:20:46.908 +0000 (UTC)",
        f"by {MX} with ESMTP id zz; Sun, 22 Nov 2026 20:20:46.908",
    ],
)
def test_r16_the_exchanger_s_stamp_counts(received: str) -> None:
    raw = f"Return-Path: <a@example.ru>\r\nReceived: {received}\r\nReceived: by x; old\r\n\r\ntext".encode()
    assert arrived_at(raw, NOW, TRUSTED) == TAKEN


@pytest.mark.parametrize(
    "header",
    [
        "Subject: no stamp",
        "Received: by mx.example.ru with SMTP id zz; Sun, 22 Nov 2026 20:20:46 +0000",
        "Received: by filterdrecv-7c94d6 with SMTP id filter-1; Sun, 22 Nov 2026 20:20:46 +0000",
        "Received: by evilsendgrid.net with SMTP id zz; Sun, 22 Nov 2026 20:20:46 +0000",
        "Received: by sendgrid.net.example.ru with SMTP; Sun, 22 Nov 2026 20:20:46 +0000",
        "Received: from mx.sendgrid.net by mx.example.ru with SMTP; Sun, 22 Nov 2026 20:20:46 +0000",
        f"Received: by mx.example.ru; Sun, 22 Nov 2026 20:20:46 +0000\r\nReceived: by {MX}; 22 Nov 2026 20:20:46 +0000",
        f"Received: by {MX} with SMTP id zz; yesterday",
        f"Received: by {MX} with SMTP id zz; Sun, 32 Nov 2026 20:20:46 +0000",
        f"Received: by {MX} with SMTP id zz; Sun, 22 Nov 2026 20:20:46 +9999",
        f"Received: by {MX} with SMTP id zz; Sun, 01 Jan 0001 00:00:00 +2300",
        f"Received: by {MX} with SMTP id zz; Sun, 22 Nov 2026 20:32:46 +0000",
        f"Received: by {MX} with SMTP id zz; Thu, 19 Nov 2026 12:29:59 +0000",
        f"X: y\r\n\r\nReceived: by {MX}; Sun, 22 Nov 2026 20:20:46 +0000",
        "Received:",
    ],
)
def test_r16_a_stamp_that_nobody_vouches_for_is_not_believed(header: str) -> None:
    assert arrived_at(f"{header}\r\n\r\ntext".encode(), NOW, TRUSTED) == NOW


def test_r16_a_late_retry_keeps_its_arrival() -> None:
    at = NOW - timedelta(hours=79)
    raw = f"Received: by {MX}; {at:%d %b %Y %H:%M:%S} +0000\r\n\r\n".encode()
    assert arrived_at(raw, NOW, TRUSTED) == at


def test_r16_clocks_that_differ_by_seconds_do_not_put_arrival_after_now() -> None:
    raw = f"Received: by {MX}; Sun, 22 Nov 2026 20:30:30 +0000\r\n\r\n".encode()
    assert arrived_at(raw, NOW, TRUSTED) == NOW


def test_r16_no_host_is_trusted_when_none_is_named() -> None:
    raw = f"Received: by {MX}; Sun, 22 Nov 2026 20:20:46 +0000\r\n\r\n".encode()
    assert arrived_at(raw, NOW, ()) == NOW
    assert arrived_at(raw, NOW, ("", ".")) == NOW


def test_r16_the_answer_is_in_utc() -> None:
    moscow = NOW.astimezone(timezone(timedelta(hours=3)))
    assert arrived_at(b"", moscow, TRUSTED).utcoffset() == timedelta(0)


@given(st.binary(max_size=200), st.text(alphabet="0123456789 :;+-(NovSunby", max_size=80))
def test_r16_nothing_raises_and_the_answer_is_believable(octets: bytes, stamp: str) -> None:
    raw = octets + f"\r\nReceived: by {MX}; {stamp}\r\n".encode() + octets
    assert NOW - timedelta(hours=80) <= arrived_at(raw, NOW, TRUSTED) <= NOW


def test_r16_only_the_start_of_a_hostile_message_is_read() -> None:
    raw = b"X: " + b"(" * 20_000_000 + f"\r\nReceived: by {MX}; Sun, 22 Nov 2026 20:20:46 +0000\r\n\r\n".encode()
    assert arrived_at(raw, NOW, TRUSTED) == NOW
