"""What letters owe to mail: their place in a correspondence, and what specialists are told of a message."""

import re
from collections.abc import Sequence
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notify.letters import Letter, compose
from functions.notify.sendgrid_mail import mail_send_body
from shared.domain.contact import Contact
from shared.domain.notification import NotificationKind, first_notifications, new_message
from shared.domain.submission import Attachment, Channel, File, Mark, Message, Omission, Submission
from shared.domain.ticket import Ticket, join
from shared.subjects import TicketSubject
from shared.wording import OMISSIONS
from tests.sample_ticket import (
    ABOUT_TICKETS,
    FULL,
    LINKS,
    PLAIN,
    REPLIES,
    SATURDAY,
    SPECIALISTS,
    notification_of,
    opened,
    subject_of,
    with_details,
)
from tests.unit.test_letters import CONFIRMATION, OUR_TAGS, OUT_OF_HOURS, Reading, paragraphs

MOSCOW = ZoneInfo("Europe/Moscow")
THREAD = REPLIES.thread_id(12345)
HOW = Message("mail/raw/1.eml", message_id="<1@example.ru>", sender="ivan.petrov@example.ru", spf="pass", dkim="none")
REQUEST = replace(PLAIN, key="mail-1", channel=Channel.EMAIL, message=HOW)
ANSWER = with_details(
    replace(REQUEST, key="mail-2", received_at=SATURDAY), subject="Re: [#12345]", description="Версия 4.12.1"
)
CUT = (
    "Ваше письмо оказалось слишком большим, поэтому вложения не приняты. "
    "Пожалуйста, пришлите их ответом на это письмо: по частям или ссылкой."
)
TO_SPECIALISTS = (NotificationKind.NEW_TICKET, NotificationKind.NEW_MESSAGE)


def letter(submission: Submission, kind: NotificationKind = NotificationKind.CONFIRMATION) -> Letter:
    ticket = opened(submission)
    if kind is NotificationKind.CONFIRMATION:
        ticket = replace(ticket, missing=())
    return compose(notification_of(ticket, kind), subject_of(kind, ticket, submission), MOSCOW, REPLIES, LINKS)


def confirmation(**how: object) -> Letter:
    return letter(replace(REQUEST, message=replace(HOW, **how)))  # type: ignore[arg-type]  # any field


def notice(submission: Submission) -> str:
    return letter(submission, NotificationKind.NEW_TICKET).text


def told_of(submission: Submission, ticket: Ticket | None = None) -> Letter:
    """The letter about a message that joined a ticket."""
    joined = join(ticket or opened(REQUEST), submission, Attachment.REPLY, submission.received_at)
    letter = new_message(joined, submission.key, SPECIALISTS, SATURDAY)
    return compose(letter, TicketSubject(joined, submission), MOSCOW, REPLIES, LINKS)


@pytest.mark.parametrize("kind", ABOUT_TICKETS)
@pytest.mark.parametrize("submission", [PLAIN, REQUEST], ids=["form", "mail"])
def test_r5r_whoever_answers_a_letter_is_led_to_its_ticket(submission: Submission, kind: NotificationKind) -> None:
    written = letter(submission, kind)
    answered = [written.headers["Message-ID"]]

    assert REPLIES.number_at([written.reply_to]) == 12345
    assert REPLIES.notification_in(answered) == written.id
    assert REPLIES.number_in(answered) == 12345
    assert REPLIES.number_in(written.headers["References"].split()) == 12345


REFERENCES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "none": ((), ["<1@example.ru>", THREAD]),
    "one": (("<0@a>",), ["<0@a>", "<1@example.ru>", THREAD]),
    "two": (("<0@a>", "<1@a>"), ["<0@a>", "<1@a>", "<1@example.ru>", THREAD]),
    "three": (("<0@a>", "<1@a>", "<2@a>"), ["<0@a>", "<1@a>", "<2@a>", "<1@example.ru>", THREAD]),
    "many": (
        tuple(f"<{index}@a>" for index in range(50)),
        ["<0@a>", "<48@a>", "<49@a>", "<1@example.ru>", THREAD],
    ),
    "the ticket's own": ((THREAD, "<2@a>"), [THREAD, "<2@a>", "<1@example.ru>"]),
    "itself": (("<1@example.ru>",), ["<1@example.ru>", THREAD]),
    "malformed": (("no brackets", "<a b@c>", "<>", "<2@a>"), ["<2@a>", "<1@example.ru>", THREAD]),
}


@pytest.mark.parametrize(("references", "expected"), REFERENCES.values(), ids=REFERENCES.keys())
def test_r5_confirmation_stands_in_the_clients_correspondence(references: tuple[str, ...], expected: list[str]) -> None:
    headers = confirmation(references=references).headers

    assert headers["In-Reply-To"] == "<1@example.ru>"
    assert headers["References"].split() == expected


@pytest.mark.parametrize(
    "message", [None, replace(HOW, message_id=None), replace(HOW, message_id=None, references=("<0@a>",))]
)
@pytest.mark.parametrize("kind", [kind for kind in ABOUT_TICKETS if kind is not NotificationKind.MERGED])
def test_what_answers_no_message_names_its_ticket_alone(kind: NotificationKind, message: Message | None) -> None:
    headers = letter(replace(REQUEST, message=message), kind).headers

    assert headers["References"] == THREAD
    assert "In-Reply-To" not in headers


@pytest.mark.parametrize("kind", TO_SPECIALISTS)
def test_the_specialists_letters_stand_in_the_tickets_correspondence(kind: NotificationKind) -> None:
    headers = letter(replace(REQUEST, message=replace(HOW, references=("<0@a>",))), kind).headers

    assert headers["References"] == THREAD
    assert "In-Reply-To" not in headers


HOSTILE = [
    "<1@a>\r\nBcc: victim@example.com",
    "<1@a>\nBcc: victim@example.com",
    "<1@a>\n",
    "<1@a\r\n>",
    "<1@a\x00>",
    "<1@a\u2028b>",
    "<1@a\x85b>",
    "<1@а.рф>",
    "<1@a> <2@a>",
    "<1@a",
    "1@a",
    "<<1@a>>",
    "<>",
    "",
    "<" + "a" * 1_000_000 + ">",
    "\ud800",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_no_message_id_of_a_hostile_mail_gets_into_a_header(hostile: str) -> None:
    named = confirmation(message_id=hostile, references=("<0@a>",)).headers
    referred = confirmation(references=(hostile, "<2@a>", hostile)).headers

    assert named["References"] == f"<0@a> {THREAD}"
    assert "In-Reply-To" not in named
    assert referred["References"] == f"<2@a> <1@example.ru> {THREAD}"


@given(
    st.text(st.characters(codec=None), max_size=40).map("<{}>".format) | st.sampled_from(HOSTILE),
    st.lists(st.text(max_size=20).map("<{}@a>".format) | st.sampled_from(HOSTILE), max_size=5),
)
def test_headers_are_plain_lines_whatever_came(message_id: str, references: Sequence[str]) -> None:
    headers = confirmation(message_id=message_id, references=tuple(references)).headers

    written = EmailMessage(policy=policy.SMTP)
    for name, value in headers.items():
        assert re.fullmatch(r"[!-~]+(?: [!-~]+)*", value)
        assert len(f"{name}: {value}") <= 998  # RFC 5322, 2.1.1
        written[name] = value
    assert set(BytesParser(policy=policy.default).parsebytes(bytes(written)).keys()) == set(headers)


def test_the_longest_ids_fit_on_a_headers_line() -> None:
    longest = tuple(f"<{index}{'a' * 197}@b>"[:201] + ">" for index in range(3))

    headers = confirmation(message_id=longest[0].replace("0", "9"), references=longest).headers

    assert len(headers["References"].split()) == 5
    assert len(f"References: {headers['References']}") <= 998


def test_the_provider_is_told_to_lead_answers_to_the_ticket() -> None:
    body = mail_send_body(confirmation(), "support@pass24online.ru", "Поддержка")

    assert body["reply_to"] == {"email": REPLIES.address(12345), "name": "Поддержка"}
    assert isinstance(body["headers"], dict)
    refused = {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to"}
    refused |= {"from", "subject", "reply-to", "cc", "bcc"}
    assert not refused & {name.lower() for name in body["headers"]}


def test_r5_confirmation_of_a_message_is_the_rule_books_template_word_for_word() -> None:
    assert letter(REQUEST).text == CONFIRMATION


@pytest.mark.parametrize(
    ("submission", "added"),
    [(REQUEST, [CUT]), (replace(REQUEST, received_at=SATURDAY), [OUT_OF_HOURS, CUT])],
    ids=["in hours", "out of hours"],
)
def test_r17_whose_message_was_too_large_is_told_what_to_do(submission: Submission, added: list[str]) -> None:
    written = letter(replace(submission, marks=(Mark.MESSAGE_CUT, Mark.TEXT_SHORTENED)))
    before, after = paragraphs(CONFIRMATION)[:4], paragraphs(CONFIRMATION)[4:]

    assert paragraphs(written.text) == [*before, *added, *after]
    assert Reading(written.html).text.split() == written.text.split()


@pytest.mark.parametrize("marks", [(), (Mark.TEXT_SHORTENED,), (Mark.CAPTCHA_UNVERIFIED,)])
def test_nobody_else_is_told_that_his_message_was_too_large(marks: tuple[Mark, ...]) -> None:
    assert letter(replace(REQUEST, marks=marks)).text == CONFIRMATION


def test_every_reason_for_sending_no_letter_has_russian_words() -> None:
    assert set(OMISSIONS) == set(Omission)
    assert all(any("а" <= character <= "я" for character in word) for word in OMISSIONS.values())


@pytest.mark.parametrize("omission", Omission)
def test_r9_specialists_are_told_why_the_client_has_no_letter(omission: Omission) -> None:
    contact = replace(REQUEST.contact, email=None) if omission is Omission.NO_EMAIL else REQUEST.contact
    unanswered = None if omission is Omission.NO_EMAIL else omission
    submission = replace(REQUEST, unanswered=unanswered, contact=contact)
    written = letter(submission, NotificationKind.NEW_TICKET)

    line = f"Внимание: клиенту не отправлено письмо с номером — {OMISSIONS[omission]}"
    assert line in written.text.splitlines()
    assert line in Reading(written.html).text
    assert [each.kind for each in first_notifications(opened(submission), SPECIALISTS)] == [NotificationKind.NEW_TICKET]


def test_r9_nothing_is_said_of_a_letter_that_is_sent() -> None:
    assert "не отправлено" not in notice(REQUEST)
    assert [each.kind for each in first_notifications(opened(REQUEST), SPECIALISTS)] == [
        NotificationKind.CONFIRMATION,
        NotificationKind.NEW_TICKET,
    ]


@pytest.mark.parametrize(
    ("spf", "dkim", "line"),
    [
        ("pass", "{@example.ru : pass}", "Проверка отправителя: SPF pass, DKIM {@example.ru : pass}"),
        ("softfail", "none", "Проверка отправителя: SPF softfail, DKIM none"),
        ("", "", "Проверка отправителя: SPF нет, DKIM нет"),
    ],
)
@pytest.mark.parametrize("kind", TO_SPECIALISTS)
def test_specialists_see_what_is_known_of_the_sender(kind: NotificationKind, spf: str, dkim: str, line: str) -> None:
    written = letter(replace(REQUEST, message=replace(HOW, spf=spf, dkim=dkim)), kind)

    assert written.text.splitlines().count(line) == 1
    assert line in Reading(written.html).text.splitlines()


@pytest.mark.parametrize("kind", ABOUT_TICKETS)
def test_of_a_form_nothing_is_said_about_its_sender(kind: NotificationKind) -> None:
    assert "Проверка отправителя" not in letter(PLAIN, kind).text + letter(PLAIN, kind).html


def test_the_client_is_told_nothing_of_these_checks() -> None:
    assert "SPF" not in confirmation(spf="fail").text + confirmation(spf="fail").html


def test_r5r_specialists_are_told_of_a_message_all_that_is_in_it() -> None:
    files = (
        File("Снимок.png", "image/png", 204_800, "0" * 64, "mail/mail-2/0/Снимок.png"),
        File("видео.mp4", "video/mp4", 51_200, "1" * 64, None, "есть в исходном письме."),
    )
    submission = replace(ANSWER, files=files, marks=(Mark.TEXT_SHORTENED,))

    written = told_of(with_details(submission, product_version="4.12.1"))

    assert written.text == (
        """\
Новое сообщение по обращению #12345

Обращение: [#12345] Не открывается шлагбаум
Канал: электронная почта
Поступило: 21 ноября 2026 г., 11:00 (МСК)
От: Иван Петров <ivan.petrov@example.ru>
Проверка отправителя: SPF pass, DKIM none

Внимание: текст сокращён, целиком он есть в исходном письме

Версия 4.12.1

Из сообщения:
- версия продукта: 4.12.1

Файлы:
- Снимок.png (200 КБ)
- видео.mp4 (50 КБ) — НЕ СОХРАНЁН: есть в исходном письме.

Всё ещё не хватает: шаги воспроизведения, модель телефона, версия ОС телефона

Ответ на это письмо попадёт в обращение, но клиенту отправлен не будет.
"""
    )
    assert (written.subject, written.recipient) == ("[#12345] Не открывается шлагбаум — новое сообщение", SPECIALISTS)


JOINING = {
    "plain": ANSWER,
    "from the form": replace(PLAIN, key="form-2"),
    "full from the form": replace(FULL, key="form-2"),
    "with nothing known": replace(ANSWER, contact=Contact("", None, None), message=replace(HOW, sender=None)),
    "cut": replace(ANSWER, marks=(Mark.MESSAGE_CUT, Mark.TEXT_SHORTENED)),
    "complete": with_details(ANSWER, steps="1", product_version="4", device_model="Pixel", os_version="16"),
}


@pytest.mark.parametrize("submission", JOINING.values(), ids=JOINING.keys())
def test_r5r_the_letter_about_a_message_is_tidy_and_its_html_says_the_same(submission: Submission) -> None:
    written = told_of(submission)

    def words(text: str) -> list[str]:
        return [word for word in text.lower().split() if word != "-"]

    assert words(Reading(written.html).text) == words(written.text)
    assert written.text.endswith("\n")
    assert "\n\n\n" not in written.text
    assert all(paragraph == paragraph.strip() != "" for paragraph in paragraphs(written.text))
    assert not any(sign in written.text for sign in ("None", "Undefined", "{{", "{%"))


def test_r6_a_complete_ticket_lacks_nothing_in_the_letter() -> None:
    assert "не хватает" not in told_of(JOINING["complete"]).text
    assert "не хватает" not in told_of(ANSWER, opened(FULL)).text


@pytest.mark.parametrize("place", ["name", "sender", "spf", "dkim", "text", "file", "title"])
def test_markup_in_a_message_is_shown_and_not_obeyed(place: str) -> None:
    markup = """<script>alert("1")</script></div><img src='x' onerror=alert(1)>&lt;{{ number }}"""
    hostile = {
        "name": replace(ANSWER, contact=replace(ANSWER.contact, name=markup)),
        "sender": replace(ANSWER, message=replace(HOW, sender=markup)),
        "spf": replace(ANSWER, message=replace(HOW, spf=markup)),
        "dkim": replace(ANSWER, message=replace(HOW, dkim=markup)),
        "text": with_details(ANSWER, description=markup),
        "file": replace(ANSWER, files=(File(markup, "image/png", 1, "0", None, markup),)),
        "title": ANSWER,
    }[place]
    ticket = opened(with_details(REQUEST, subject=markup) if place == "title" else REQUEST)

    written = told_of(hostile, ticket)

    reading = Reading(written.html)
    assert markup in reading.text
    assert reading.tags <= OUR_TAGS
    assert markup in written.text


@given(st.text(), st.text(max_size=40))
def test_r5_confirmation_of_a_message_shows_nothing_of_it(text: str, name: str) -> None:
    message = replace(HOW, sender="metka@example.ru", automatic=text, defects=(text,), recipients=(name,))
    submission = replace(
        with_details(REQUEST, subject=text, description=text, steps=name),
        contact=replace(REQUEST.contact, name=name),
        message=message,
        files=(File(name, "image/png", 1, "0", None, text),),
    )

    assert letter(submission) == letter(REQUEST)
