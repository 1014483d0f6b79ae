"""The parser's composition: whatever one of its pieces does, there is a message; and what it costs."""

import base64
import os
import tracemalloc
from collections.abc import Callable
from types import ModuleType

import pytest

from functions.intake_email.parsing import parsed, parser
from functions.intake_email.parsing.mime import contents, texts
from functions.intake_email.parsing.parsed import ParsedMail
from functions.intake_email.parsing.parser import parse_mail
from tests.corpus.structures import APDF, FORWARD, FORWARDED_TEXT, HEAD, HTML, PDF, PLAIN, TEXT, multipart

WHOLE = multipart("mixed", PLAIN, APDF)


def surprise(*_: object) -> None:
    raise RuntimeError("s3cret text of the message")


def has_text(mail: ParsedMail) -> bool:
    return mail.text == TEXT


def has_file(mail: ParsedMail) -> bool:
    return PDF in [each.content for each in mail.attachments]


@pytest.mark.parametrize(
    ("module", "name", "body", "kept"),
    [
        (parser, "read_structure", WHOLE, ()),
        (parser, "charset_hint", WHOLE, (has_text, has_file)),
        (parser, "header_text", WHOLE, (has_text, has_file)),
        (parser, "addresses", WHOLE, (has_text, has_file)),
        (parser, "message_ids", WHOLE, (has_text, has_file)),
        (parser, "origin", WHOLE, (has_text, has_file)),
        (parser, "automatic_reason", WHOLE, (has_text, has_file)),
        (parser, "find_bounce", WHOLE, (has_text, has_file)),
        (contents, "decode_transfer", WHOLE, ()),
        (contents, "take_uuencoded", WHOLE, (has_file,)),
        (contents, "filename", WHOLE, ()),
        (texts, "charset", WHOLE, (has_file,)),
        (texts, "decode_text", WHOLE, (has_text, has_file)),
        (texts, "html_to_text", multipart("mixed", HTML, APDF), (has_file,)),
    ],
)
def test_a_piece_that_fails_loses_no_other(
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    body: bytes,
    kept: tuple[Callable[[ParsedMail], bool], ...],
) -> None:
    monkeypatch.setattr(module, name, surprise)
    mail = parse_mail(HEAD + body)
    assert any("could not be read (RuntimeError)" in defect for defect in mail.defects)
    assert not any("s3cret" in defect for defect in mail.defects)
    assert [check.__name__ for check in kept if not check(mail)] == []


def test_html_that_can_t_be_read_gives_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "html_to_text", surprise)
    assert "Текст из HTML" in parse_mail(HEAD + HTML).text


def test_where_the_new_part_can_t_be_told_from_the_history_all_of_the_text_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsed, "new_part", surprise)
    assert parse_mail(HEAD + PLAIN).reply == TEXT


def test_a_forward_without_words_is_new_as_a_whole() -> None:
    assert parse_mail(HEAD + FORWARD).reply == FORWARDED_TEXT


@pytest.mark.parametrize(
    ("header", "return_path", "expected"),
    [
        (b"", None, None),
        (b"Return-Path: <a@example.com>\r\n", None, "a@example.com"),
        (b"Return-Path: <>\r\n", None, ""),
        (b"Return-Path: \r\n", None, ""),
        (b"Return-Path: a@example.com\r\n", None, "a@example.com"),
        (b"Return-Path: <a@example.com>\r\n", "", ""),
        (b"Return-Path: <>\r\n", "b@example.com", "b@example.com"),
    ],
)
def test_the_envelope_s_sender_counts_before_the_header(
    monkeypatch: pytest.MonkeyPatch, header: bytes, return_path: str | None, expected: str | None
) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr(parser, "automatic_reason", lambda found, _: seen.append(found.return_path))
    parse_mail(header + HEAD + PLAIN, return_path)
    assert seen == [expected]


def test_a_text_beyond_the_bound_is_cut_and_says_so() -> None:
    mail = parse_mail(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "шлагбаум\r\n".encode() * 300_000)
    assert len(mail.text) == 1_000_000
    assert "\ufffd" not in mail.text
    assert "the text is too long and was cut" in mail.defects


@pytest.mark.parametrize("encoding", ["base64", "8bit"])
def test_a_message_of_25_megabytes_costs_little_more_than_its_attachment(encoding: str) -> None:
    content = os.urandom(18 * 2**20 if encoding == "base64" else 25 * 2**20)
    encoded = base64.encodebytes(content) if encoding == "base64" else content
    head = f"Content-Type: application/pdf\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    raw = HEAD + multipart("mixed", PLAIN, head + encoded)
    del encoded
    parse_mail(HEAD)
    tracemalloc.start()
    try:
        mail = parse_mail(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert mail.attachments[0].content[: len(content)] == content
    assert peak < 1.1 * len(raw)
