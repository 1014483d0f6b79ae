"""Where a message's parts lie, and how much of a hostile one is read."""

import time
from email import message_from_bytes
from email.message import Message

import pytest

from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.structure import Part, read_structure
from functions.intake_email.parsing.parser import parse_mail
from tests.corpus.structures import APDF, CASES, FORWARDED, HEAD, HTML, PLAIN, multipart, nested, part

MIXED = b"Content-Type: multipart/mixed; boundary=b1\r\n"


def shape(message: Message) -> object:
    payload = message.get_payload()
    inside = [shape(each) for each in payload if isinstance(each, Message)] if isinstance(payload, list) else payload
    return message.get_content_type(), message.items(), inside


@pytest.mark.parametrize(
    "body",
    [
        PLAIN,
        multipart("mixed", PLAIN, APDF),
        multipart("related", multipart("alternative", PLAIN, HTML, boundary="b2"), APDF),
        multipart("mixed", PLAIN, b"Content-Type: message/rfc822\r\n\r\n" + FORWARDED),
        multipart(
            "report",
            PLAIN,
            b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
            b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\n",
            b"Content-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n",
        ),
        multipart("digest", b"\r\n" + FORWARDED, b"\r\n" + FORWARDED),
        nested(20, PLAIN),
    ],
)
@pytest.mark.parametrize("line_break", [b"\r\n", b"\n"])
def test_the_tree_is_the_one_that_the_standard_library_reads(body: bytes, line_break: bytes) -> None:
    raw = (HEAD + body).replace(b"\r\n", line_break)
    assert shape(read_structure(raw, Defects()).message) == shape(message_from_bytes(raw))


def test_the_tree_holds_no_large_bodies() -> None:
    raw = HEAD + multipart("mixed", PLAIN, part("application/x-b", bytes(10**6)))
    root = read_structure(raw, Defects())
    text, attachment = root.parts
    assert text.message.get_payload()
    assert not attachment.message.get_payload()
    assert len(attachment.encoded) > 10**6


def test_headers_beyond_the_bounds_are_cut() -> None:
    raw = b"X: " + b"y" * 300_000 + b"\r\nContent-Type: text/plain" + b"; a=b" * 10_000 + b"\r\n" + b"Z: 1\r\n" * 5_000
    defects = Defects()
    message = read_structure(raw + b"\r\ntext", defects).message
    assert len(message.items()) == 1_000
    assert len(str(message["X"])) == 100_000
    assert len(str(message["Content-Type"])) < 5_000
    assert set(defects.listed()) == {"a header is too long and was cut", "more than 1000 headers"}


def test_headers_without_end_leave_a_body() -> None:
    defects = Defects()
    root = read_structure(b"X: y\r\n" * 10**6, defects)
    assert root.body > 10**6
    assert root.end - root.body > 10**6
    assert "the headers are too long and were read in part" in defects.listed()


def test_parts_beyond_the_bound_are_kept_as_one_file() -> None:
    raw = HEAD + multipart("mixed", PLAIN, *(b"Content-Type: image/png\r\n\r\n%d" % n for n in range(5_000)))
    mail = parse_mail(raw)
    assert len(mail.attachments) < 2_001
    rest = mail.attachments[-1].content
    assert rest.startswith(b"Content-Type: image/png")
    assert rest.rstrip().endswith(b"4999\r\n--b1--")
    assert [each.content for each in mail.attachments[:-1]] == [b"%d" % n for n in range(len(mail.attachments) - 1)]
    assert "more than 2000 parts: the rest was kept as one file" in mail.defects


def test_defects_are_bounded_and_each_is_named_once() -> None:
    defects = Defects()
    for number in range(100):
        defects.note(f"defect {number // 2}")
    assert len(defects.listed()) == 30
    assert defects.listed()[-1] == "more defects"
    assert len(set(defects.listed())) == 30


HOSTILE = {
    "boundaries that are dashes": MIXED.replace(b"b1", b"-") + b"\r\n" + b"-" * 4_000_000,
    "lines that begin like a boundary": MIXED + b"\r\n" + b"--b1x\r\n" * 500_000,
    "nothing but boundaries": MIXED + b"\r\n" + b"--b1\r\n" * 600_000,
    "boundaries within each other": nested(1_000, b"\r\n--level-1 \r\n" * 100_000),
    "embedded in each other": b"Content-Type: message/rfc822\r\n\r\n" * 100_000,
    "nothing but semicolons": b"Content-Type: text/plain" + b";" * 2_000_000 + b"\r\n\r\nx",
    "an open quote": b'Content-Type: text/plain; a="' + b'\\";' * 700_000 + b"\r\n\r\nx",
    "nothing but line breaks": b"\r\n" * 2_000_000,
    "nothing but carriage returns": b"A: b\r\n\r\n" + b"\r" * 4_000_000,
    "a line without end": b"A: b\r\n\r\n" + b"x" * 4_000_000,
    "begin lines": b"A: b\r\n\r\n" + b"begin 644 x\r\n" * 300_000,
    "begin and no end": b"A: b\r\n\r\nbegin 644 x\r\n" + b"M" + b" " * 60 + b"\r\n" + b"M" * 3_000_000,
    "equals signs in base64": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==\r\n" * 600_000,
    "equals signs alone": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 4_000_000,
    "spaces in headers": b"Subject: " + b" \r\n" * 600_000 + b"\r\nx",
    "addresses": b"From: "
    + b"<" * 50_000
    + b"\r\nTo: "
    + b"a@b, " * 100_000
    + b"\r\nCc: "
    + b"(" * 90_000
    + b"\r\n\r\nx",
    "references": b"References: " + b"<a@b> " * 200_000 + b"\r\nIn-Reply-To: " + b"<" * 200_000 + b"\r\n\r\nx",
    "encoded words": b"Subject: " + b"=?utf-8?b?" * 100_000 + b"\r\n\r\nx",
    "tags": b"Content-Type: text/html\r\n\r\n" + b"<" * 2_000_000,
    "nested tags": b"Content-Type: text/html\r\n\r\n" + b"<div><blockquote>" * 200_000,
    "quotes": b"A: b\r\n\r\n" + b"> " * 500_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_message_takes_a_bounded_time(raw: bytes) -> None:
    started = time.process_time()
    parse_mail(raw)
    # Quadratic time would be minutes; the bound leaves room for a slow and busy machine.
    assert time.process_time() - started < 20


def test_a_part_knows_its_own_bytes() -> None:
    raw = HEAD + multipart("mixed", PLAIN, APDF)

    def leaves(one: Part) -> list[bytes]:
        return [leaf for child in one.parts for leaf in leaves(child)] if one.parts else [one.whole]

    assert leaves(read_structure(raw, Defects())) == [PLAIN, APDF]


def test_no_defect_quotes_a_message() -> None:
    secret = b"s3cret"
    for case in CASES:
        for defect in parse_mail(case.raw.replace(b"gate", secret).replace(b"ivan", secret)).defects:
            assert "s3cret" not in defect
