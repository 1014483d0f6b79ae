"""SendGrid's raw-mode post: the message comes out byte for byte, and nothing that it holds is believed."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from io import BytesIO, RawIOBase

import pytest
from flask import Request
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize, NoMoreData  # type: ignore[import-untyped]  # published without types
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from functions.intake_email.webhook.body import MAX_BODY_BYTES, Body, BodyTooLargeError, IncompleteBodyError, read_body
from functions.intake_email.webhook.post import InboundPost, MalformedPostError, NotRawModeError, read_post
from local.processes import ROOT
from local.smtp.inbound import CONTENT_TYPE, CURRENT, EARLIER, Style
from tests.inbound import SENDER_IP, signed_post

MAIL = "From: ivan@example.ru\r\nSubject: Не открывается\r\n\r\nНе открывается шлагбаум\r\n".encode("windows-1251")
SAMPLES = files("sendgrid.helpers.inbound") / "sample_data"
KIB = 2**10
MIB = 2**20
LIMIT = 30 * MIB


class Blocks(RawIOBase):
    """A server's stream: gives what came, in its own blocks, and then ends or fails."""

    def __init__(self, blocks: Iterable[bytes], failure: Exception | None = None) -> None:
        self._blocks = iter(blocks)
        self._failure = failure

    def read(self, _size: int = -1, /) -> bytes:
        block = next(self._blocks, b"")
        if not block and self._failure:
            raise self._failure
        return block


def request(stream: RawIOBase | BytesIO, length: int | None, *, terminated: bool = True) -> Request:
    environ = EnvironBuilder(method="POST", content_type=CONTENT_TYPE).get_environ()
    environ["wsgi.input"] = stream
    environ["wsgi.input_terminated"] = terminated
    if not terminated:
        del environ["wsgi.input_terminated"]
    if length is None:
        environ.pop("CONTENT_LENGTH", None)
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length)
    return Request(environ)


def read(content: bytes, limit: int = LIMIT) -> tuple[Body, bytes]:
    body_hash = hashlib.sha256()
    body = read_body(request(BytesIO(content), len(content)), limit, body_hash)
    return body, body_hash.digest()


def raw_fields(mail: bytes) -> dict[str, bytes]:
    return {
        "dkim": b"none",
        "email": mail,
        "to": b"support@pass24online.ru",
        "from": "Иван <ivan@example.ru>".encode(),
        "sender_ip": SENDER_IP.encode(),
        "spam_report": b"Spam detection software has NOT identified this as spam.\n",
        "envelope": b'{"to":["support@pass24online.ru"],"from":"ivan@example.ru"}',
        "spam_score": b"0.1",
        "subject": b"",
        "charsets": b'{"to":"UTF-8","subject":"UTF-8","from":"UTF-8"}',
        "SPF": b"pass",
    }


def multipart(fields: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> bytes:
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    parts = [
        b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in pairs
    ]
    return b"".join([*parts, b"--xYzZY--\r\n"])


def fields_with(**changed: bytes | None) -> dict[str, bytes]:
    """A good post's fields, some of them replaced, or taken away by None."""
    fields = {
        **raw_fields(MAIL),
        **{name: value for name, value in changed.items() if value is not None},
    }
    return {name: value for name, value in fields.items() if changed.get(name, b"") is not None}


def read_fields(fields: Mapping[str, bytes] | Sequence[tuple[str, bytes]]) -> InboundPost:
    return read_post(multipart(fields), CONTENT_TYPE)


# The body


@pytest.mark.parametrize("size", [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 3 * MIB + 7])
@pytest.mark.parametrize(
    ("chunked", "terminated"),
    [
        pytest.param(False, True, id="Content-Length"),
        pytest.param(True, True, id="chunks"),
        pytest.param(False, False, id="Content-Length that the server leaves to us"),
    ],
)
def test_a_body_is_read_and_hashed_whole(size: int, *, chunked: bool, terminated: bool) -> None:
    content = bytes(index % 251 for index in range(size))
    body_hash = hashlib.sha256()

    body = read_body(request(BytesIO(content), None if chunked else size, terminated=terminated), LIMIT, body_hash)

    assert body == Body(content, size, cut=False)
    assert body_hash.digest() == hashlib.sha256(content).digest()


def test_a_body_may_come_byte_by_byte() -> None:
    content = MAIL * 3
    body_hash = hashlib.sha256()

    body = read_body(request(Blocks([bytes([byte]) for byte in content]), None), LIMIT, body_hash)

    assert body.content == content
    assert body_hash.digest() == hashlib.sha256(content).digest()


def test_after_reading_the_framework_finds_an_empty_body() -> None:
    whole, broken = request(BytesIO(MAIL), len(MAIL)), request(Blocks([MAIL], NoMoreData()), None)

    read_body(whole, LIMIT, hashlib.sha256())
    with pytest.raises(IncompleteBodyError):
        read_body(broken, LIMIT, hashlib.sha256())

    assert (whole.get_data(), broken.get_data()) == (b"", b"")


@pytest.mark.parametrize("beyond", [1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 300 * KIB])
def test_of_a_body_that_is_too_long_beginning_and_end_are_kept_and_all_is_hashed(beyond: int) -> None:
    limit = 200 * KIB
    content = hashlib.shake_128(b"seed").digest(limit + beyond)

    body, digest = read(content, limit)

    assert body == Body(content[: limit - 64 * KIB] + content[-64 * KIB :], len(content), cut=True)
    assert digest == hashlib.sha256(content).digest()


def test_a_body_of_just_the_limit_is_kept_whole() -> None:
    content = bytes(200 * KIB)

    assert read(content, len(content))[0] == Body(content, len(content), cut=False)


@pytest.mark.parametrize("block", [1000, 64 * KIB])
def test_of_a_cut_post_everything_but_the_message_s_middle_is_read(block: int) -> None:
    mail = MAIL + b"x" * MIB + b"end"
    content, _ = signed_post(mail, to=["a@example.ru", "b@example.ru"], spam_score=4.5)
    blocks = [content[start : start + block] for start in range(0, len(content), block)]

    body = read_body(request(Blocks(blocks), None), 200 * KIB, hashlib.sha256())
    inbound = read_post(body.content, CONTENT_TYPE)

    assert body.cut
    assert body.size == len(content)
    assert len(body.content) == 200 * KIB
    assert inbound.email.startswith(MAIL)
    assert inbound.email.endswith(b"xend")
    assert inbound.recipients == ("a@example.ru", "b@example.ru")
    assert (inbound.spf, inbound.spam_score) == ("pass", 4.5)


def test_reading_stops_where_nobody_sends_so_much() -> None:
    block = bytes(MIB)
    given_out = 0

    def endless() -> Iterator[bytes]:
        nonlocal given_out
        while True:
            given_out += 1
            yield block

    with pytest.raises(BodyTooLargeError):
        read_body(request(Blocks(endless()), None), MIB, hashlib.sha256())

    assert given_out == MAX_BODY_BYTES // MIB + 1


@pytest.mark.parametrize(
    "failure",
    [NoMoreData(), ChunkMissingTerminator(b""), InvalidChunkSize(b"x"), ConnectionResetError(), TimeoutError()],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(failure: Exception, *, chunked: bool) -> None:
    with pytest.raises(IncompleteBodyError):
        read_body(request(Blocks([MAIL], failure), None if chunked else 10_000), LIMIT, hashlib.sha256())


@pytest.mark.parametrize("terminated", [False, True])
def test_a_body_shorter_than_announced_is_not_taken_for_a_whole_one(*, terminated: bool) -> None:
    with pytest.raises(IncompleteBodyError):
        read_body(request(BytesIO(MAIL), len(MAIL) + 1, terminated=terminated), LIMIT, hashlib.sha256())


# The fields


@pytest.mark.parametrize("style", [CURRENT, EARLIER])
@pytest.mark.parametrize("spam_score", [0.1, None])
def test_r1_a_post_as_sendgrid_makes_it(style: Style, spam_score: float | None) -> None:
    body, headers = signed_post(MAIL, spf="softfail", dkim="{@example.ru : pass}", spam_score=spam_score, style=style)

    assert read_post(body, headers["Content-Type"]) == InboundPost(
        email=MAIL,
        recipients=("support@pass24online.ru",),
        return_path="ivan@example.ru",
        sender_ip=SENDER_IP,
        spf="softfail",
        dkim="{@example.ru : pass}",
        spam_score=spam_score,
    )


def test_the_sample_of_sendgrid_s_library_with_bare_line_feeds() -> None:
    sample = (SAMPLES / "raw_data.txt").read_bytes()

    inbound = read_post(sample, CONTENT_TYPE)

    assert inbound.email.startswith(b"MIME-Version: 1.0\nReceived: by 0.0.0.0")
    assert inbound.email.endswith(b"--001a113ee97c89842f0539be8e7a--\n")
    assert inbound.recipients == ("inbound@inbound.inbound.com",)
    assert inbound.return_path == "test@example.com"
    assert inbound.sender_ip == "0.0.0.0"  # noqa: S104  # no address to bind
    assert (inbound.spf, inbound.dkim) == ("pass", "{@sendgrid.com : pass}")
    assert inbound.spam_score is None


def test_the_parsed_sample_of_sendgrid_s_library_tells_that_raw_mode_is_off() -> None:
    sample = (SAMPLES / "default_data.txt").read_bytes()

    with pytest.raises(NotRawModeError):
        read_post(sample, CONTENT_TYPE)


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(bytes(range(256)) * 1000, id="every byte value"),
        pytest.param("Тема: шлагбаум\n".encode("koi8-r"), id="KOI8-R"),
        pytest.param("Тема: шлагбаум\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\r\n", id="a line break"),
        pytest.param(b"\r", id="a carriage return"),
        pytest.param(b"\r\n\r\nbody", id="no headers"),
        pytest.param(b"\r\n" * 100_000, id="line breaks only"),
        pytest.param(b"\0" * 200_000, id="zeros"),
        pytest.param(b"x" * 200_000, id="one long line"),
        pytest.param(b"--xYzZ\r\n--xyzzy\r\n --xYzZY\r\nxYzZY\r\n--xYzZYx\r\n", id="nearly the boundary"),
        pytest.param(b"a--xYzZY\r\n" * 50_000, id="the boundary inside lines"),
        pytest.param(b"\r\n--xYzZYa" * 50_000, id="longer boundaries"),
    ],
)
def test_r17_the_message_comes_out_byte_for_byte(mail: bytes) -> None:
    assert read_fields(raw_fields(mail)).email == mail


def test_r17_no_byte_is_added_whatever_the_length_of_the_message() -> None:
    overhead = multipart({"email": b""}).index(b"\r\n--xYzZY--") - 2
    for size in range(64 * KIB - overhead - 1100, 64 * KIB - overhead + 30):
        mail = b"x" * (size - 3) + b"\r\n\r"
        for fields in ({"email": mail, **fields_with(email=None)}, {**fields_with(email=None), "email": mail}):
            assert read_fields(fields).email == mail


@given(st.binary().filter(lambda mail: b"xYzZY" not in mail), st.integers(0, 200_000))
def test_r17_any_message_without_the_boundary_comes_out_byte_for_byte(mail: bytes, filling: int) -> None:
    mail = bytes(filling) + mail

    assert read_fields(raw_fields(mail)).email == mail


@pytest.mark.parametrize(
    "content_type",
    [
        CONTENT_TYPE,
        'multipart/form-data; boundary="xYzZY"',
        "Multipart/Form-Data;boundary=xYzZY;charset=utf-8",
        'multipart/form-data; charset="utf-8"; BOUNDARY="xYzZY"',
    ],
)
def test_the_content_type_may_be_written_in_any_way(content_type: str) -> None:
    assert read_post(multipart(raw_fields(MAIL)), content_type).email == MAIL


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=xYzZY",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=другая",
        f"multipart/form-data; boundary={'x' * 71}",
        "multipart/form-data; boundary=another",
        "\0",
    ],
)
def test_what_is_not_sendgrid_s_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(MalformedPostError):
        read_post(multipart(raw_fields(MAIL)), content_type)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: b"This is a multi-part message.\r\n" + body, id="preamble"),
        pytest.param(lambda body: b"\r\n" + body, id="line break first"),
        pytest.param(lambda body: body + b"\r\n \t" * 100, id="white space at the end"),
        pytest.param(lambda body: body.rstrip(), id="no last line break"),
        pytest.param(lambda body: body.replace(b"xYzZY\r\n", b"xYzZY \t \r\n"), id="white space after the boundary"),
        pytest.param(
            lambda body: body.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n", 2), id="further headers"
        ),
        pytest.param(lambda body: body.replace(b'name="email"', b"name=email"), id="unquoted name"),
        pytest.param(
            lambda body: body.replace(b'name="email"', b'name="email"; filename="mail.eml"'), id="a file's name"
        ),
    ],
)
def test_multipart_may_be_written_in_any_way(change) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # lambdas of the table
    body = change(multipart(raw_fields(b"Subject: x")))

    assert read_post(body, CONTENT_TYPE).email == b"Subject: x"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"--xYzZY--\r\n", id="no fields"),
        pytest.param(b"{}", id="JSON"),
        pytest.param(multipart(raw_fields(MAIL)).removesuffix(b"--xYzZY--\r\n"), id="no end"),
        pytest.param(multipart(raw_fields(MAIL)).removesuffix(b"--\r\n") + b"\r\n", id="an end like a beginning"),
        pytest.param(multipart(raw_fields(MAIL))[: len(MAIL)], id="cut in the message"),
        pytest.param(b"--xYzZY\r\nContent-Type: text/plain\r\n\r\nx\r\n--xYzZY--\r\n", id="no disposition"),
        pytest.param(b"--xYzZY\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYzZY--\r\n", id="no name"),
        pytest.param(multipart({"": b"x"}), id="empty name"),
        pytest.param(b"--xYzZY\r\n\xff\xfe: x\r\n\r\nx\r\n--xYzZY--\r\n", id="headers that are no text"),
        pytest.param(b"--xYzZY\r\nX: " + b"x" * MIB, id="endless header"),
        pytest.param(b"x" * MIB + multipart(raw_fields(MAIL)), id="endless preamble"),
        pytest.param(multipart(raw_fields(MAIL)) + b"\r\n" * MIB, id="endless epilogue"),
        pytest.param(multipart(raw_fields(MAIL)) * 2, id="two posts"),
        pytest.param(multipart([(f"field{index}", b"") for index in range(101)]), id="too many fields"),
    ],
)
def test_what_is_no_post_of_sendgrid_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedPostError):
        read_post(body, CONTENT_TYPE)


@pytest.mark.parametrize("name", ["SPF", "spf", "Spf"])
def test_the_field_s_name_may_be_written_in_any_case(name: str) -> None:
    assert read_fields({**fields_with(SPF=None), name: b"fail"}).spf == "fail"


@pytest.mark.parametrize("missing", ["email", "envelope"])
def test_a_post_without_a_field_that_matters_is_refused(missing: str) -> None:
    with pytest.raises(MalformedPostError, match=f"there is no field {missing}"):
        read_fields(fields_with(**{missing: None}))


@pytest.mark.parametrize("missing", ["dkim", "to", "from", "sender_ip", "spam_report", "subject", "charsets", "SPF"])
def test_a_post_without_another_field_is_read(missing: str) -> None:
    inbound = read_fields(fields_with(**{missing: None}))

    assert (inbound.email, inbound.recipients) == (MAIL, ("support@pass24online.ru",))
    assert (inbound.spf == "") == (missing == "SPF")
    assert (inbound.dkim == "") == (missing == "dkim")
    assert (inbound.sender_ip == "") == (missing == "sender_ip")


def test_fields_that_are_new_are_passed_over() -> None:
    assert read_fields({**raw_fields(MAIL), "new": b"\xff" * MIB, "новое": b""}).email == MAIL


@pytest.mark.parametrize("parsed", ["headers", "text", "html"])
def test_a_parsed_message_tells_that_our_settings_are_wrong(parsed: str) -> None:
    with pytest.raises(NotRawModeError):
        read_fields({**fields_with(email=None), parsed: b"x"})


# What a message's own text could bring in: the boundary never changes.


@pytest.mark.parametrize("name", ["SPF", "spf", "envelope", "dkim", "email", "EMAIL", "from", "subject", "charsets"])
def test_a_message_that_holds_the_boundary_cannot_replace_a_field(name: str) -> None:
    injected = b'Subject: x\r\n\r\ntext\r\n--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s'
    for content in (b"pass", b'{"to":["boss@pass24online.ru"],"from":"boss@pass24online.ru"}'):
        with pytest.raises(MalformedPostError, match="twice"):
            read_fields(raw_fields(injected % (name.encode(), content)))


@pytest.mark.parametrize(
    "text",
    [
        "Hello\r\n--xYzZY",
        "Hello\r\n--xYzZY\r\n",
        "--xYzZY\r\nhow are you?",
        "\n--xYzZY \nNote: it is late\n",
        "--xYzZY\n  x",
    ],
)
@pytest.mark.parametrize("style", [CURRENT, EARLIER])
def test_r17_a_message_is_not_cut_short_at_a_line_that_looks_like_the_boundary(text: str, style: Style) -> None:
    body, headers = signed_post(f"Subject: x\r\n\r\n{text}".encode(), style=style)
    with pytest.raises(MalformedPostError):
        read_post(body, headers["Content-Type"])


def test_r1_headers_that_sendgrid_may_add_to_a_field_one_day_are_ignored() -> None:
    body, headers = signed_post(b"Subject: x\r\n\r\nHello")
    changed = body.replace(b"Content-Disposition", b"X-Field: 1\r\nContent-Disposition")
    assert changed != body
    assert read_post(changed, headers["Content-Type"]) == read_post(body, headers["Content-Type"])


def test_an_end_in_the_message_does_not_hide_the_fields_after_it() -> None:
    with pytest.raises(MalformedPostError, match="something follows the end"):
        read_fields(raw_fields(b"Subject: x\r\n\r\n--xYzZY--\r\n"))


@pytest.mark.parametrize("rest", [b"", b"x" * MIB])
def test_an_envelope_in_the_message_does_not_count_where_an_end_hides_the_real_one(rest: bytes) -> None:
    mail = (
        b'Subject: x\r\n\r\n--xYzZY\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n'
        b'{"to":["boss@pass24online.ru"],"from":"boss@pass24online.ru"}\r\n--xYzZY--\r\n'
    )
    with pytest.raises(MalformedPostError):
        read_fields(raw_fields(mail + rest))


@pytest.mark.parametrize("first", ["envelope", "SPF", "email", "new"])
def test_a_repeated_field_is_refused_wherever_it_stands(first: str) -> None:
    pairs = [(first, b"x"), *raw_fields(MAIL).items(), ("new", b"y")]
    for order in (pairs, pairs[::-1]):
        with pytest.raises(MalformedPostError, match="twice"):
            read_fields(order)


# What SendGrid says of the message


@pytest.mark.parametrize(
    ("envelope", "recipients", "return_path"),
    [
        ('{"to":["a@x.ru"],"from":"b@y.ru"}', ("a@x.ru",), "b@y.ru"),
        ('{"from":"","to":["a@x.ru","b@x.ru"]}', ("a@x.ru", "b@x.ru"), ""),
        ('{"to":["a@x.ru"],"from":null}', ("a@x.ru",), ""),
        ('{"to":["иван@почта.рф"],"from":"\\u0438@y.ru"}', ("иван@почта.рф",), "и@y.ru"),
        ('{"to":["a@x.ru"],"from":"\\ud800@y.ru","helo":"mx"}', ("a@x.ru",), "?@y.ru"),
        (' {"to":["a@x.ru"],"from":"b@y.ru"}\r\n', ("a@x.ru",), "b@y.ru"),
    ],
)
def test_the_envelope_tells_where_from_and_where_to(
    envelope: str, recipients: tuple[str, ...], return_path: str
) -> None:
    inbound = read_fields(fields_with(envelope=envelope.encode()))

    assert (inbound.recipients, inbound.return_path) == (recipients, return_path)


def test_an_envelope_with_raw_bytes_is_read_all_the_same() -> None:
    inbound = read_fields(fields_with(envelope='{"to":["a@x.ru"],"from":"иван@y.ru"}'.encode("koi8-r")))

    assert inbound.recipients == ("a@x.ru",)
    assert inbound.return_path.endswith("@y.ru")


@pytest.mark.parametrize(
    "envelope",
    [
        "",
        "null",
        "[]",
        "x",
        '{"to":["a@x.ru"]}',
        '{"from":"b@y.ru"}',
        '{"to":[],"from":"b@y.ru"}',
        '{"to":"a@x.ru","from":"b@y.ru"}',
        '{"to":[1],"from":"b@y.ru"}',
        '{"to":[""],"from":"b@y.ru"}',
        '{"to":["a@x.ru"],"from":["b@y.ru"]}',
        '{"to":["a@x.ru"],"from":"b@y.ru"',
        "[" * 60_000,
        '{"to":["a@x.ru"],"from":' + "1" * 60_000 + "}",
        json.dumps({"to": ["a@x.ru"] * 10_000, "from": "b@y.ru"}),
    ],
)
def test_a_malformed_envelope_is_refused(envelope: str) -> None:
    with pytest.raises(MalformedPostError):
        read_fields(fields_with(envelope=envelope.encode()))


@pytest.mark.parametrize(
    ("text", "score"),
    [(b"0.1", 0.1), (b"-1.9", -1.9), (b" 5\r\n", 5.0), (b"", None), (b"high", None), (b"nan", None), (b"1e999", None)],
)
def test_the_spam_score_is_a_number_or_unknown(text: bytes, score: float | None) -> None:
    assert read_fields(fields_with(spam_score=text)).spam_score == score


def test_what_is_said_of_a_message_is_bounded() -> None:
    inbound = read_fields(fields_with(SPF=b"p" * MIB, dkim="й".encode() * MIB, sender_ip=b"1" * MIB, to=b"x" * MIB))

    assert [len(text) for text in (inbound.spf, inbound.dkim, inbound.sender_ip)] == [1000, 500, 1000]
    assert inbound.email == MAIL


# 30 MB

MEASURED = """
import hashlib, json, resource, sys
from flask import Request
from functions.intake_email.webhook.body import read_body
from functions.intake_email.webhook.post import read_post
from tests.unit.test_inbound_post import Blocks, request, thirty_megabytes

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 2**10)

def read(blocks, announced):
    body_hash = hashlib.sha256()
    body = read_body(request(Blocks(blocks), announced), 31 * 2**20, body_hash)
    after_reading = peak()
    post = read_post(body.content, "multipart/form-data; boundary=xYzZY")
    return after_reading, len(post.email)

read(thirty_megabytes(1), None)  # what the first call costs besides its size
idle = peak()
size = sum(len(block) for block in thirty_megabytes(480))
after_reading, email = read(thirty_megabytes(480), size if sys.argv[1] == "length" else None)
print(json.dumps({"email": email, "reading": after_reading - idle, "all": peak() - idle}))
"""


def thirty_megabytes(blocks: int) -> Iterator[bytes]:
    """A post with a message of 64 KiB blocks, made while it is read."""
    post = multipart(fields_with(email=b"here"))
    before, _, after = post.partition(b"here")
    yield before
    for _ in range(blocks):
        yield bytes(range(128, 190)) * 1057 + b"\r\n"
    yield after


@pytest.mark.parametrize("announced", ["length", "chunks"])
def test_r17_a_message_of_30_mb_is_held_once_in_the_body_and_once_as_itself(announced: str) -> None:
    command = [sys.executable, "-c", MEASURED, announced]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603  # constant

    measured = json.loads(done.stdout)

    assert measured["email"] == 480 * 65536 == 30 * MIB
    assert measured["reading"] < 1.2 * measured["email"]
    assert measured["all"] < 2.3 * measured["email"]


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(b"\r\n", id="line breaks"),
        pytest.param(b"\r ", id="carriage returns"),
        pytest.param(b"\n--xYzZYa", id="longer boundaries"),
        pytest.param(b"\r\n--xYzZY" + b" " * 60_000 + b"a", id="boundaries with padding"),
        pytest.param(b'\r\n--xYzZY\r\nContent-Disposition: form-data; name="' + b"\\" * 15_000, id="long names"),
        pytest.param(b"\r\n--xYzZY\r\nContent-Disposition: form-data" + b"; a*0=" * 2500, id="many parameters"),
    ],
)
def test_no_message_keeps_the_reader_busy(piece: bytes) -> None:
    body = multipart(raw_fields(piece * (30 * MIB // len(piece))))

    began = time.process_time()
    with suppress(MalformedPostError):
        read_post(body, CONTENT_TYPE)
    assert time.process_time() - began < 5


# Whatever comes


@given(st.binary())
@example(b'--xYzZY\r\nContent-Disposition: form-data; name="\xd0\r\n\r\n--xYzZY--')
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        inbound = read_post(body, CONTENT_TYPE)
    except (MalformedPostError, NotRawModeError):
        return
    assert inbound.recipients


PIECES = (b"--xYzZY", b"\r\n", b"\n", b"--", b"\r", b"Content-Disposition: form-data", b"; ", b'name="email"', b"name=")
FIELDS = [multipart({name: content}).removesuffix(b"--xYzZY--\r\n") for name, content in fields_with().items()]


@given(st.lists(st.one_of(st.sampled_from(FIELDS), st.sampled_from(PIECES), st.binary(max_size=8))).map(b"".join))
def test_whatever_looks_like_a_post_is_read_or_refused(body: bytes) -> None:
    for content in (body, body + b"--xYzZY--\r\n"):
        try:
            inbound = read_post(content, CONTENT_TYPE)
        except (MalformedPostError, NotRawModeError):
            continue
        assert inbound.recipients == ("support@pass24online.ru",)


@given(st.text())
def test_whatever_the_content_type_is_the_post_is_read_or_refused(content_type: str) -> None:
    with pytest.raises(MalformedPostError):
        read_post(multipart(raw_fields(MAIL)), content_type)
