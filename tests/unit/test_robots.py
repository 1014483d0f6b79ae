"""Loops: what must not be answered is told from what people write, also about robots."""

import time
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.origin.fields import origin
from functions.intake_email.parsing.origin.robots import automatic_reason
from tests.corpus.case import Case
from tests.corpus.robots import CASES


def mail(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_robots_and_people_of_the_corpus(case: Case) -> None:
    message = message_from_bytes(case.raw)
    subject = str(make_header(decode_header(str(message["Subject"]))))
    assert (automatic_reason(origin(message, None), subject) is not None) is case.expected["auto_reply"]


def test_the_corpus_holds_robots_and_people() -> None:
    automatic = [bool(case.expected["auto_reply"]) for case in CASES]
    assert len(automatic) >= 30
    assert min(automatic.count(True), automatic.count(False)) >= 10


@pytest.mark.parametrize(
    "subject",
    [
        *(
            "Автоответ",
            "автоответ.",
            "Автоответ: Re: заявка",
            "Авто-ответ: заявка",
            "Автоответчик",
            "Автоматический ответ",
        ),
        *("Автоматический ответ: Не работает приложение", "АВТОМАТИЧЕСКИЙ ОТВЕТ: x"),
        *(
            "Automatic reply: Re: [#1] x",
            "Autoreply",
            "Auto-Reply: x",
            "Auto Reply",
            "Auto response: x",
            "[Auto-Reply] Thanks",
        ),
        *("Auto: Re: [#12345] x", "AUTO: Ivan Petrov is out of the office (returning 11/30/2026)"),
        *(
            "Out of office",
            "Out of Office: x",
            "Out of the office until 5 December",
            "I am out of the office",
            "On vacation",
        ),
        *("Out of Office AutoReply: x", "Ivan Petrov is on annual leave until 05.12", "I'm currently out of office"),
        *(
            "Вне офиса: Re: x",
            "Я в отпуске",
            "Нахожусь в отпуске до 15.12",
            "В отпуске с 1 по 14 декабря",
            "В командировке",
        ),
        *(
            "АВТО: Иван Петров в отпуске (вернусь 30.11.2026)",
            "Петров Иван отсутствует на рабочем месте",
            "На больничном",
        ),
        *("Уведомление о прочтении", "Отчёт о прочтении: x", "Прочтено: [#1] x", "Read receipt: x", "Not read: x"),
        *("Return Receipt (displayed) - x", "Уведомление о прочтении (показано) - x"),
        *("[EXTERNAL] Automatic reply: x", "***SPAM*** Автоматический ответ: x", "  Автоответ :  x "),
        *("Undelivered Mail Returned to Sender", "failure notice", "Недоставлено: [#1] x", "Undeliverable: x"),
        *("Delivery Status Notification (Failure)", "Abwesenheitsnotiz: x", "Réponse automatique : x"),
    ],
)
def test_a_robot_s_formula_is_known(subject: str) -> None:
    assert automatic_reason(origin(mail(From="a@example.ru"), "a@example.ru"), subject)


@pytest.mark.parametrize(
    "subject",
    [
        *("", "Re:", "Автоответ не приходит", "Автоответ?", "Re: Автоответ", "Fwd: Автоответ: x", "Нет автоответа"),
        *("Автоответ: не приходит", "Автоответ: почему так долго", "Автоматический ответ: как отключить", "Автоответы"),
        *(
            "Автоматический ответ не пришёл",
            "Автоматический ответ на заявку не получен",
            "Не приходит автоматический ответ",
        ),
        *(
            "Проблема: письмо «вне офиса» уходит всем",
            "«Вне офиса» в приложении",
            "Вне офиса не работает",
            "вне офиса: не работает",
        ),
        *(
            "Не могу открыть дверь вне офиса",
            "Я в отпуске, а пропуск не работает",
            "Я в отпуске и не могу открыть шлагбаум",
        ),
        *("Как поставить статус в отпуске", "Пропуск на время, пока я в отпуске", "Сосед в отпуске, нужен пропуск"),
        *("Уведомление о прочтении не приходит", "Уведомление о прочтении: не работает", "Уведомления не приходят"),
        *(
            "Автомобиль не пускают",
            "Авто: А123ВС77",
            "Auto: A123BC77",
            "Автоматические ворота: ошибка",
            "Auto gate is broken",
        ),
        *("Automatic reply is not working", "Automatic reply: is not working", "Out of office status is wrong"),
        *(
            "Autoreply does not come",
            "I was out of office and lost the pass",
            "How to set Out of Office?",
            "Out of office?",
        ),
        *(
            "Прочтено, но не отвечено",
            "Read this",
            "Read: my request",
            "Undeliverable parcels at the gate",
            "[#12345] Автоответ",
        ),
        *("Недоставленный курьером заказ", "Возврат: не доставлено письмо", "Отпуск", "ООО: Ромашка, новый пропуск"),
    ],
)
def test_people_who_write_about_robots_are_answered(subject: str) -> None:
    assert automatic_reason(origin(mail(From="a@example.ru"), "a@example.ru"), subject) is None


@pytest.mark.parametrize(
    ("return_path", "field", "automatic"),
    [
        ("", None, True),
        ("<>", None, True),
        ("a@example.ru", "<>", False),
        (None, "<>", True),
        (None, "<a@example.ru>", False),
        (None, None, False),
        ("MAILER-DAEMON", None, True),
        ("Postmaster@example.ru", None, True),
        ("SRS0=ab=cd=example.ru=noreply@forward.example", None, True),
        ("list-bounces@example.ru", None, True),
        ("prvs=123456=ivan@example.ru", None, False),
        ("master@example.ru", None, False),
        ("noreplyov@example.ru", None, False),
    ],
)
def test_the_envelope_s_sender_counts_before_the_field(
    return_path: str | None,
    field: str | None,
    automatic: bool,  # noqa: FBT001  # a table's column
) -> None:
    message = mail(From="a@example.ru") if field is None else mail(From="a@example.ru", Return_Path=field)
    assert (automatic_reason(origin(message, return_path), "Вопрос") is not None) is automatic


@pytest.mark.parametrize(
    "address",
    [
        *(
            "MAILER-DAEMON (Mail Delivery System)",
            "Mail <Mailer-Daemon@mx.example.ru>",
            "postmaster@example.ru",
            "<donotreply@x.ru>",
        ),
        *(
            "No Reply <no.reply@x.ru>",
            "do-not-reply@x.ru",
            "noreply2@x.ru",
            "x-noreply+tag@x.ru",
            "autoresponder@x.ru",
            "bounce@x.ru",
        ),
    ],
)
def test_robots_mailboxes_are_known(address: str) -> None:
    assert automatic_reason(origin(mail(From=address), "a@example.ru"), "Вопрос")


def test_the_reason_holds_no_text_of_the_message() -> None:
    message = mail(From="a@example.ru")
    message["List-SECRET"] = "SECRET"
    assert automatic_reason(origin(message, "a@example.ru"), "SECRET") == "mailing list"


def test_fields_in_raw_octets_and_of_any_length_are_read() -> None:
    raw = b"From: \xcf\xe8\xf2\xf0 <a@example.ru>\r\nX-Loop: \xff\xfe\r\n" + b"X-Long: " + b";x" * 500_000 + b"\r\n\r\n"
    assert automatic_reason(origin(message_from_bytes(raw), None), "Вопрос") == "X-Loop"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed" + b";a=b" * 250_000 + b"\r\n\r\n",
        b"Auto-Submitted: " + b"(" * 500_000 + b"\r\n\r\n",
        b"From: " + b"noreply-" * 100_000 + b"\r\n\r\n",
        b"X-A: b\r\n" * 50_000 + b"\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
    ],
    ids=["parameters", "comments", "mailbox", "fields", "parts"],
)
def test_hostile_headers_take_no_time(raw: bytes) -> None:
    message = message_from_bytes(raw)
    started = time.process_time()
    automatic_reason(origin(message, None), "В отпуске " + "1 " * 100_000)
    assert time.process_time() - started < 1


@given(
    st.dictionaries(
        st.sampled_from(["From", "Auto-Submitted", "Precedence", "Content-Type", "Return-Path"]), st.binary()
    ),
    st.text(),
)
def test_nothing_in_a_header_raises(fields: dict[str, bytes], subject: str) -> None:
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields.items()) + b"\r\n"
    reason = automatic_reason(origin(message_from_bytes(raw), None), subject)
    assert reason is None or reason.isascii()
