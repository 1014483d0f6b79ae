"""R1: the same message again, by whatever way, has the same key; another message has another."""

import re
import time
import tracemalloc
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.keys import submission_key

HEADERS = (
    b"Message-ID: <a.1@example.ru>",
    b"Date: Mon, 23 Nov 2026 12:00:00 +0300",
    b"From: =?utf-8?B?0JjQstCw0L0=?= <ivan@example.ru>",
    b"To: support@pass24online.ru",
    b"Subject: The gate does not open",
    b"Content-Type: text/plain",
)
BODY = b"Good day!\r\n\r\nThe gate does not open.\r\n"


def mail(*headers: bytes, body: bytes = BODY, line_break: bytes = b"\r\n") -> bytes:
    return line_break.join([*headers, b"", b""]) + body


def without(name: bytes) -> tuple[bytes, ...]:
    return tuple(each for each in HEADERS if not each.startswith(name))


def changed(name: bytes, value: bytes) -> tuple[bytes, ...]:
    return tuple(name + b": " + value if each.startswith(name) else each for each in HEADERS)


MAIL = mail(*HEADERS)
KEY = submission_key(MAIL)
BARE = mail(*without(b"Message-ID")[1:])
"""Neither Message-ID nor Date."""

TRACE = (
    b"Delivered-To: support@pass24online.ru",
    b"Return-Path: <ivan@example.ru>",
    b"Received: from mx.example.ru (mx.example.ru [192.0.2.1])\r\n by mx.sendgrid.net;\r\n\t23 Nov 2026 09:00:03 +0000",
    b"DKIM-Signature: v=1; a=rsa-sha256; d=example.ru;\r\n h=from:date:message-id:subject;\r\n bh=abc=; b=def=",
    b"X-Message-ID: <another@example.ru>",
    b"Resent-From: olga@example.ru",
    b"Resent-Date: Tue, 24 Nov 2026 12:00:00 +0300",
    b"Resent-Message-ID: <resent@example.ru>",
)

SAME = {
    "again": MAIL,
    "another route": mail(*TRACE, *HEADERS),
    "a blind copy": mail(*TRACE[1:2], *without(b"To")),
    "headers in another order": mail(*reversed(HEADERS)),
    "a trace below": mail(*HEADERS, *TRACE),
    "names in capitals": mail(
        *(each.replace(b"Message-ID", b"MESSAGE-ID").replace(b"From", b"FROM") for each in HEADERS)
    ),
    "names in small letters": mail(*(each.replace(b"Message-ID", b"message-id") for each in HEADERS)),
    "no space after the colon": mail(*(each.replace(b": ", b":", 1) for each in HEADERS)),
    "space before the colon": mail(*(each.replace(b": ", b" : ", 1) for each in HEADERS)),
    "tabs and spaces": mail(*(each.replace(b": ", b":\t ", 1) + b"  " for each in HEADERS)),
    "a folded subject": mail(*changed(b"Subject", b"The gate\r\n does\r\n\t not open")),
    "a folded id": mail(*changed(b"Message-ID", b"\r\n <a.1@example.ru>")),
    "headers with bare line feeds": MAIL.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n") + b"\r\n\r\n" + BODY,
    "a second From below": mail(*HEADERS, b"From: olga@example.ru"),
}

OTHERS = {
    "a reused id with other words": mail(*HEADERS, body=BODY + b"More.\r\n"),
    "a reused id with one sign less": mail(*HEADERS, body=BODY[:-3] + b"\r\n"),
    "a reused id from another sender": mail(*changed(b"From", b"olga@example.ru")),
    "a reused id with another subject": mail(*changed(b"Subject", b"The other gate")),
    "a reused id with another date": mail(*changed(b"Date", b"Mon, 23 Nov 2026 12:00:01 +0300")),
    "another id": mail(*changed(b"Message-ID", b"<a.2@example.ru>")),
    "no id": mail(*without(b"Message-ID")),
    "no date": mail(*without(b"Date")),
    "no From": mail(*without(b"From")),
    "no subject": mail(*without(b"Subject")),
    "neither id nor date": BARE,
    "no body": mail(*HEADERS, body=b""),
    "nothing but headers": b"\r\n".join(HEADERS),
    "another From on top": mail(b"From: peter@example.ru", *HEADERS),
    "headers in the body": mail(HEADERS[2], body=mail(*HEADERS)),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", SAME.values(), ids=SAME.keys())
def test_r1_the_same_message_by_another_way_has_the_same_key(raw: bytes) -> None:
    assert submission_key(raw) == KEY


def test_r1_other_messages_have_other_keys() -> None:
    keys = {name: submission_key(raw) for name, raw in OTHERS.items()} | {"the first": KEY}

    assert [pair for pair in combinations(keys, 2) if keys[pair[0]] == keys[pair[1]]] == []


@pytest.mark.parametrize("line_break", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
@pytest.mark.parametrize("missing", [b"Message-ID", b"Date", b"Subject", b"From"])
def test_r1_either_a_message_id_or_a_date_is_enough_for_two_ways(missing: bytes, line_break: bytes) -> None:
    headers = [each.replace(b"\r\n", line_break) for each in without(missing)]
    trace = [each.replace(b"\r\n", line_break) for each in TRACE]

    keys = {
        submission_key(mail(*more, *headers, line_break=line_break, body=BODY.replace(b"\r\n", line_break)))
        for more in ((), trace[:1], trace)
    }

    assert len(keys) == 1
    assert KEY not in keys


def test_a_message_without_id_and_date_is_the_same_only_byte_for_byte() -> None:
    assert submission_key(BARE[:9] + BARE[9:]) == submission_key(BARE)
    assert submission_key(mail(*TRACE[:1], *without(b"Message-ID")[1:])) != submission_key(BARE)


WITH_TEXT: dict[str, Callable[[bytes], bytes]] = {
    "a blank line with another line break": lambda text: b"\n".join(HEADERS) + b"\n\r\n" + text + b"\r\n\r\nBye.",
    "a blank line with another line break still": lambda text: (
        b"\r\n".join(HEADERS) + b"\r\n\n" + text + b"\r\n\r\nBye."
    ),
    "no blank line": lambda text: b"\r\n".join(HEADERS) + b"\r\n" + text + b"\r\n\r\nBye.",
    "no blank line at all": lambda text: b"\r\n".join(HEADERS) + b"\r\n" + text,
    "a line among the headers that is none": lambda text: mail(*HEADERS[:2], text, *HEADERS[2:]),
    "a blank line on top": lambda text: b"\r\n" + mail(*HEADERS, b"X-Text: " + text),
    "an mbox line on top": lambda text: b"From ivan\r\n" + mail(*HEADERS, body=text),
    "carriage returns only": lambda text: mail(*HEADERS, line_break=b"\r", body=text + b"\r\rBye."),
    "headers longer than a mebibyte": lambda text: mail(b"X: " + b"x" * 2**20, *HEADERS, body=text + b"\r\n\r\nBye."),
    "a long line of headers": lambda text: mail(*HEADERS, b"X: " + b"x" * (2**20), text, body=b"Bye."),
    "a text of one letter": lambda text: mail(*HEADERS, body=text[:1]),
}


@pytest.mark.parametrize("form", WITH_TEXT)
def test_r1_whatever_is_wrong_with_the_headers_another_text_is_another_message(form: str) -> None:
    make = WITH_TEXT[form]

    assert submission_key(make(b"Gate 5 does not open")) == submission_key(make(b"Gate 5 does not open"))
    assert submission_key(make(b"Gate 5 does not open")) != submission_key(make(b"My pass does not come"))


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([*HEADERS, *TRACE, b"", b" ", b":"]), max_size=12).map(b"\n".join)
)
def test_every_message_has_a_key_fit_to_be_a_documents_id(raw: bytes) -> None:
    key = submission_key(raw)

    assert re.fullmatch(r"mail-[0-9a-f]{32}", key)
    assert submission_key(raw) == key


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_r1_any_two_texts_under_one_message_id_are_two_messages(one: bytes, other: bytes) -> None:
    assert (submission_key(mail(*HEADERS, body=one)) == submission_key(mail(*HEADERS, body=other))) == (one == other)


values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12).map(str.encode)


@given(st.tuples(values, values, values), st.tuples(values, values, values))
def test_r1_what_stands_in_one_header_never_counts_as_anothers(
    one: tuple[bytes, bytes, bytes], other: tuple[bytes, bytes, bytes]
) -> None:
    def made(parts: tuple[bytes, bytes, bytes]) -> str:
        author, subject, body = parts
        return submission_key(mail(HEADERS[0], b"From: " + author, b"Subject: " + subject, body=body))

    assert (made(one) == made(other)) == (one == other)


def test_r1_what_moves_from_one_header_to_the_next_makes_another_message() -> None:
    pairs = [(b"a", b"b"), (b"ab", b""), (b"", b"ab"), (b"a b", b""), (b"", b"a b")]

    keys = [submission_key(mail(HEADERS[0], b"From: " + author, b"Subject: " + subject)) for author, subject in pairs]

    assert len(set(keys)) == len(pairs)


MIB = 2**20
LONG = 1_000_000
HOSTILE = {
    "a long value": b"From: " + b"a" * LONG,
    "a value of spaces": b"From: " + b" " * LONG,
    "a name and spaces": b"From" + b" " * LONG,
    "a long name": b"a" * LONG,
    "names and spaces": (b"From" + b" " * 1000 + b"\n") * 1000,
    "folds": b"Subject: " + b"a\r\n " * (LONG // 4),
    "empty folds": b"Subject: x" + b"\r\n\t" * (LONG // 3),
    "many headers": b"From:\n" * (LONG // 6),
    "carriage returns": b"From: " + b"\r" * LONG,
    "line feeds": b"\n" * LONG,
    "colons": b":" * LONG,
    "NUL": b"From: " + b"\x00" * LONG,
}


@pytest.mark.parametrize("head", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_headers_take_bounded_time_and_memory(head: bytes) -> None:
    raw = HEADERS[0] + b"\r\n" + head + b"\r\n\r\nText"
    began = time.process_time()
    submission_key(raw)
    took = time.process_time() - began
    tracemalloc.start()
    try:
        submission_key(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert took < 2
    assert peak < 40 * MIB


def test_a_large_message_is_not_copied() -> None:
    raw = mail(*HEADERS, body=b"x" * (20 * MIB))
    tracemalloc.start()
    try:
        submission_key(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MIB
