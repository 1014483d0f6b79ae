"""A bounce is recorded on the letter that bounced; nothing else is taken for one."""

import time
from email import message_from_bytes, message_from_string
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.origin.bounce_texts import kind_of
from functions.intake_email.parsing.origin.bounces import find_bounce
from functions.intake_email.parsing.origin.fields import origin
from functions.intake_email.parsing.origin.robots import automatic_reason
from functions.intake_email.parsing.parsed import BounceKind
from tests.corpus.bounces import CASES, OURS, TO
from tests.corpus.case import Case

BY_NAME = {case.name.removeprefix("bounces-"): case for case in CASES}


def text_of(message: Message) -> str:
    """The text of a message's own text/plain parts: enough for these messages, which were made here."""
    if message.is_multipart():
        if message.get_content_maintype() != "multipart":
            return ""
        return "\n".join(text_of(part) for part in message.get_payload() if isinstance(part, Message))
    if message.get_content_type() != "text/plain":
        return ""
    octets = message.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode(str(message.get_content_charset("utf-8")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_reports_of_the_corpus(case: Case) -> None:
    message = message_from_bytes(case.raw)
    found = find_bounce(origin(message, None), text_of(message))
    told = found and {
        "recipient": found.recipient,
        "status": found.status,
        "kind": str(found.kind),
        "original_message_id": found.original_message_id,
    }
    assert told == case.expected["bounce"]
    assert (automatic_reason(origin(message, None), "") is not None) is case.expected["auto_reply"]


def test_the_corpus_holds_reports_and_look_alikes() -> None:
    assert len(CASES) >= 35
    assert len(BY_NAME) == len(CASES)
    assert sum(case.expected["bounce"] is None for case in CASES) >= 10


@pytest.mark.parametrize("name", ["delayed", "exim-delay"])
def test_a_delay_is_not_the_end(name: str) -> None:
    message = message_from_bytes(BY_NAME[name].raw)
    found = find_bounce(origin(message, None), text_of(message))
    assert found is not None
    assert not found.final


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("postfix-unknown-user", "550 5.1.1 <ivan@example.ru>: Recipient address rejected: User unknown"),
        ("sendmail-comments", "bad address"),
        ("utf8-address", "550 Пользователь не найден"),
        ("communigate", "550 unknown user"),
    ],
)
def test_the_reason_is_the_server_s_own(name: str, reason: str) -> None:
    message = message_from_bytes(BY_NAME[name].raw)
    found = find_bounce(origin(message, None), text_of(message))
    assert found is not None
    assert found.final
    assert found.reason == reason


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        *(
            (status, "", "hard")
            for status in ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.4.310")
        ),
        *((status, "", "soft") for status in ("5.1.8", "5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.4.7", "5.6.1", "5.7.1")),
        *((status, "", "soft") for status in ("5.7.26", "4.2.2", "4.4.7", "4.1.1", "4.0.0")),
        *((status, "", "hard") for status in ("5.0.0", "5.5.0", "5.1.0")),
        (None, "", "soft"),
        ("5.0.0", "550 5.1.1 something", "hard"),
        ("5.0.0", "550 5.2.2 something", "soft"),
        ("5.0.0", "452 something", "soft"),
        ("5.0.0", "554 something", "soft"),
        (None, "550 something 5.1.1", "hard"),
        ("5.1.1", "550 5.1.1 mailbox is full", "soft"),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", "hard"),
        ("4.5.0", "450 mailbox unavailable", "soft"),
        ("5.0.0", "550 ящик переполнен", "soft"),
        ("5.0.0", "550 relay not permitted", "soft"),
        ("5.0.0", "550 Rejected by recipient's filter", "soft"),
        ("5.4.1", "550 5.4.1 All recipient addresses rejected : Access denied", "hard"),
        ("5.0.0", "550 пользователь не найден", "hard"),
        ("5.0.0", "550 почтовый ящик не существует", "hard"),
        ("5.0.0", "550 учётная запись заблокирована", "hard"),
        ("5.0.0", "550 отвергнуто как спам", "soft"),
        ("5.0.0", "550 превышен размер письма", "soft"),
        ("5.0.0", "550 Sender verify failed", "soft"),
        ("5.0.0", "550 Sender address rejected: Domain not found", "soft"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "hard"),
        ("5.7.1", "550 5.7.1 No such user!", "hard"),
        ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen", "soft"),
        ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail at a rate that", "soft"),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled.", "hard"),
        ("5.0.0", "DNS Error: DNS type 'mx' lookup of x.ru responded with code NXDOMAIN", "hard"),
        ("5.0.0", "550 This account has been disabled or discontinued", "hard"),
        ("5.0.0", "retry timeout exceeded", "soft"),
        ("5.0.0", "556 Domain does not accept mail (null MX)", "hard"),
    ],
)
def test_hard_means_never_and_soft_means_perhaps_later(status: str | None, reason: str, kind: str) -> None:
    assert kind_of(status, reason, "") == BounceKind(kind)


def test_the_notice_s_explanations_do_not_outweigh_the_status() -> None:
    assert kind_of("5.1.1", "", "Возможно, ящик получателя переполнен.") == BounceKind.HARD
    assert kind_of(None, "", "Ящик получателя переполнен.") == BounceKind.SOFT


def test_the_envelope_s_sender_makes_a_report_where_the_author_does_not() -> None:
    text = f"Ваше письмо не доставлено получателю {TO}: пользователь не найден"
    message = message_from_string(f"From: robot@example.ru\n\n{text}")
    assert find_bounce(origin(message, ""), text) is not None
    assert find_bounce(origin(message, "<>"), text) is not None
    assert find_bounce(origin(message, "robot@example.ru"), text) is None
    assert find_bounce(origin(message, None), text) is None


def test_the_last_of_thousands_of_recipients_is_found() -> None:
    relayed = "Final-Recipient: rfc822; a@b.ru\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\n"
    failed = f"Final-Recipient: rfc822; {TO}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    message = message_from_string(
        "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; x\r\n\r\n{relayed * 3_000}{failed}\r\n--b--\r\n"
    )
    found = find_bounce(origin(message, ""), "")
    assert found is not None
    assert found.recipient == TO


@pytest.mark.parametrize(
    "body",
    [
        "Final-Recipient: rfc822; a@b.ru\r\nAction: failed\r\n\r\n" * 50_000,
        "Final-Recipient: " + ";" * 2_000_000,
        "Status: " + "5.1" * 500_000,
        "Diagnostic-Code: smtp; " + "user " * 500_000,
        " \r\n" * 500_000,
        f"Final-Recipient: rfc822; {TO}\r\nAction: failed\r\nDiagnostic-Code: x;" + "\r\n " * 500_000,
    ],
    ids=["recipients", "semicolons", "status", "words", "blank", "folded"],
)
def test_hostile_reports_take_no_time(body: str) -> None:
    raw = (
        f"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{body}"
    )
    message = message_from_string(raw + "\r\n--b--\r\n")
    started = time.process_time()
    find_bounce(origin(message, ""), body)
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize(
    "text",
    [
        "a" * 5_000_000,
        "a." * 1_000_000 + "@",
        "user delivery domain " * 200_000,
        "достав адрес домен " * 200_000,
        (
            "this message was created automatically by mail delivery software\nfailed addresses follow:\n"
            + "b" * 300
            + "\n"
        )
        * 99,
        "<" * 1_000_000,
        "---" * 1_000_000,
        "\n" * 1_000_000,
    ],
    ids=["letters", "address", "words", "russian words", "flufl", "angles", "dashes", "lines"],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    message = message_from_string("From: mailer-daemon@example.ru\n\n")
    started = time.process_time()
    find_bounce(origin(message, ""), text)
    assert time.process_time() - started < 1.5


@given(st.binary(max_size=300), st.text(max_size=300), st.sampled_from(["", None, "a@b.ru"]))
def test_nothing_raises(octets: bytes, text: str, return_path: str | None) -> None:
    raw = (
        b"From: mailer-daemon@x\r\nSubject: " + octets[:40] + b"\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + octets
        + b"\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: "
        + octets
        + b"\r\nAction: "
        + octets
        + b"\r\n--b--"
    )
    found = find_bounce(origin(message_from_bytes(raw), return_path), text)
    assert found is None or len(found.reason) <= 500


def test_the_original_s_id_is_found_in_a_letter_of_other_parts() -> None:
    message = message_from_bytes(BY_NAME["postfix-unknown-user"].raw)
    found = find_bounce(origin(message, ""), "Message-ID: <quoted@elsewhere.example>")
    assert found is not None
    assert found.original_message_id == OURS


def test_a_returned_letter_in_base64_is_read_also_when_it_comes_decoded() -> None:
    message = message_from_bytes(BY_NAME["postfix-unknown-user"].raw)
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            part["Content-Transfer-Encoding"] = "base64"
    found = find_bounce(origin(message, ""), "")
    assert found is not None
    assert found.original_message_id == OURS
