"""R9, R16: what specialists are told of letters that did not arrive, and of what is late."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.notify.digest_values import HEADINGS
from functions.notify.letters import Letter, compose
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.lateness import Digest, Remark, Severity
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Submission
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import KNOWN_DEAD_REASON
from shared.subjects import DigestSubject, TicketSubject
from tests.sample_ticket import (
    FRIDAY_NOON,
    FULL,
    LINKS,
    NO_SUCH_USER,
    PLAIN,
    REPLIES,
    SPECIALISTS,
    notification_of,
    opened,
    sent_and_bounced,
    with_details,
)
from tests.unit.test_letters import OUR_TAGS, Reading, paragraphs

MOSCOW = ZoneInfo("Europe/Moscow")
MARKUP = """<script>alert("1")</script></div><a href='x' onclick=alert(1)>&lt;{{ number }}"""


def undelivered(
    submission: Submission, failure: Failure | None = None, acceptance: Acceptance = Acceptance.UNDELIVERABLE
) -> Letter:
    ticket = opened(submission)
    failed = sent_and_bounced(ticket)[1]
    failed = failed if failure is None else replace(failed, failure=failure)
    subject = TicketSubject(replace(ticket, acceptance=acceptance), submission, failed)
    return compose(notification_of(ticket, NotificationKind.UNDELIVERED), subject, MOSCOW, REPLIES, LINKS)


def missed(kind: NotificationKind, missing: Sequence[Detail] = (), submission: Submission = FULL) -> Letter:
    """The letter about another letter that the client has not got."""
    ticket = replace(opened(submission), missing=tuple(missing))
    letter = replace(
        notification_of(ticket, kind), state=NotificationState.BOUNCED, failure=Failure(None, NO_SUCH_USER)
    )
    subject = TicketSubject(ticket, submission, letter)
    return compose(notification_of(ticket, NotificationKind.UNDELIVERED), subject, MOSCOW, REPLIES, LINKS)


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (NotificationKind.CONFIRMATION, "Клиент не получил письмо с номером обращения #12345"),
        (
            NotificationKind.ALREADY_REGISTERED,
            "Клиент не получил письмо о том, что обращение уже зарегистрировано: #12345",
        ),
        (NotificationKind.MERGED, "Клиент не получил письмо об объединении обращений: #12345"),
    ],
)
def test_r9_r15_specialists_read_which_letter_with_the_number_did_not_arrive(
    kind: NotificationKind, first: str
) -> None:
    letter = missed(kind)

    assert paragraphs(letter.text)[0] == first
    assert letter.subject.endswith(" — клиент не получил номер")
    assert "- позвоните клиенту, сообщите номер #12345 и уточните адрес почты;" in letter.text.splitlines()
    assert same_words(letter)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ((Detail.DESCRIPTION, Detail.PRODUCT_VERSION), "в чём вопрос, версия продукта"),
        ((Detail.OS_VERSION,), "версия ОС телефона"),
        ((), "ничего, данные уже есть"),
    ],
)
def test_r7_r9_specialists_read_what_a_reminder_that_did_not_arrive_had_asked_for(
    missing: Sequence[Detail], words: str
) -> None:
    letter = missed(NotificationKind.REMINDER, missing)

    assert paragraphs(letter.text)[0] == "Клиент не получил напоминание о недостающих данных: #12345"
    assert letter.subject.endswith(" — клиент не получил напоминание")
    assert f"- позвоните клиенту и узнайте, чего не хватает: {words};" in letter.text.splitlines()
    assert same_words(letter)
    assert "\n\n\n" not in letter.text


def same_words(letter: Letter) -> bool:
    """Whether both parts of a letter say the same; a list in plain text has dashes, one of rows has stars."""

    def words(text: str) -> list[str]:
        return [word for word in text.split() if word not in {"-", "*"}]

    return words(Reading(letter.html).text) == words(letter.text)


def test_r9_specialists_read_why_and_whom_to_call() -> None:
    assert (
        undelivered(FULL).text
        == """\
Клиент не получил письмо с номером обращения #12345

Причина: адрес не существует (ответ: «550 5.1.1 <ivan.petrov@example.ru>: user unknown»).
Адрес: anna@example.ru

Обращение: [#12345] Пропуск не приходит
Клиент: Анна Сергеева
Телефон: +79161234567 (клиент написал: 8 (916) 123-45-67 доб. 12)
Поступило: 21 ноября 2026 г., 11:00 (МСК)

Что сделать:
- позвоните клиенту, сообщите номер #12345 и уточните адрес почты;
- или предложите продолжить в чат-боте.

Ответ на это письмо попадёт в обращение, но клиенту отправлен не будет.
"""
    )


def test_r9_without_a_phone_specialists_read_what_can_be_done_all_the_same() -> None:
    text = undelivered(PLAIN).text

    assert "Телефон: не указан\n" in text
    assert paragraphs(text)[-2] == (
        "Что сделать:\n"
        "- телефон неизвестен: проверьте, нет ли в адресе опечатки;\n"
        "- когда клиент напишет или позвонит снова, сообщите номер #12345 и предложите звонок или чат-бот."
    )


def test_r9_a_client_without_a_name_is_called_so() -> None:
    assert "Клиент: имя не указано\n" in undelivered(replace(PLAIN, contact=Contact("", "a@example.ru", None))).text


def test_r8_a_letter_that_came_back_after_its_delivery_says_that_nothing_is_accepted_any_more() -> None:
    revoked = undelivered(FULL, acceptance=Acceptance.REVOKED)

    said = "Письмо было доставлено, но позже вернулось: обращение больше не считается принятым."
    assert paragraphs(revoked.text)[1] == said
    assert said in " ".join(Reading(revoked.html).text.split())
    assert said not in undelivered(FULL).text


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (Failure(None, "552 5.2.2 over quota"), "ящик переполнен (ответ: «552 5.2.2 over quota»)."),
        (Failure(None, KNOWN_DEAD_REASON), "прежнее письмо на этот адрес вернулось как недоставляемое."),
        (Failure(400, "bad address"), "почтовый сервис отказался отправлять письмо (ответ: «bad address»)."),
        (Failure(None, ""), "причина неизвестна."),
    ],
)
def test_r9_the_reason_is_in_plain_russian(failure: Failure, line: str) -> None:
    assert f"Причина: {line}\n" in undelivered(FULL, failure).text


def test_r9_the_subject_begins_with_the_number_and_says_what_is_wrong() -> None:
    assert undelivered(PLAIN).subject == "[#12345] Не открывается шлагбаум — клиент не получил номер"


@pytest.mark.parametrize("submission", [PLAIN, FULL], ids=["plain", "full"])
@pytest.mark.parametrize("acceptance", [Acceptance.UNDELIVERABLE, Acceptance.REVOKED])
def test_r9_html_of_the_notice_of_trouble_says_the_same_words(submission: Submission, acceptance: Acceptance) -> None:
    assert same_words(undelivered(submission, acceptance=acceptance))


HOSTILE: dict[str, Callable[[str], Letter]] = {
    "reason": lambda text: undelivered(FULL, Failure(None, text)),
    "name": lambda text: undelivered(replace(FULL, contact=replace(FULL.contact, name=text))),
    "address": lambda text: undelivered(replace(FULL, contact=replace(FULL.contact, email=text))),
    "phone remark": lambda text: undelivered(replace(FULL, contact=replace(FULL.contact, phone_as_typed=text))),
    "title": lambda text: undelivered(with_details(FULL, subject=text)),
}


@pytest.mark.parametrize("put", HOSTILE.values(), ids=HOSTILE.keys())
def test_r9_markup_in_what_others_wrote_is_shown_and_not_obeyed(put: Callable[[str], Letter]) -> None:
    written = put(MARKUP)

    reading = Reading(written.html)
    assert MARKUP in reading.text
    assert reading.tags <= OUR_TAGS
    assert MARKUP in written.text


@given(st.text(max_size=500))
def test_r9_whatever_a_mail_server_answers_the_letter_is_sound(reason: str) -> None:
    written = undelivered(FULL, Failure(None, reason))

    assert Reading(written.html).tags <= OUR_TAGS
    assert len(written.subject.splitlines()) == 1
    # The server's answer stays on its own line.
    assert len(paragraphs(written.text)) == len(paragraphs(undelivered(FULL).text))


FLAG, WARNING, CLEARED = Severity.FLAG, Severity.WARNING, Severity.CLEARED
TICKET = opened(FULL)
OTHER = opened(PLAIN, 12346)


def remark(severity: Severity, ticket: int | None = 12345, text: str = "Что случилось. Что сделать.") -> Remark:
    return Remark(severity, ticket, None if ticket else "mail-0a1b", text, FRIDAY_NOON)


def digest(remarks: Sequence[Remark], tickets: Sequence[Ticket] = (TICKET, OTHER), omitted: int = 0) -> Letter:
    letter: Notification = notification_of(TICKET, NotificationKind.DIGEST)
    subject = DigestSubject(Digest("1", FRIDAY_NOON, tuple(remarks), omitted), {each.number: each for each in tickets})
    return compose(letter, subject, MOSCOW, REPLIES, LINKS)


def test_r16_a_digest_lists_what_is_late_what_will_be_and_what_is_settled() -> None:
    remarks = [remark(CLEARED, 12346, "Клиент получил номер."), remark(WARNING, None), remark(FLAG)]

    assert (
        digest(remarks, omitted=7).text
        == """\
Контроль обращений на 20 ноября 2026 г., 12:00 (МСК)

Просрочено (15 минут)

* [#12345] Пропуск не приходит
  Поступило: 20 ноября 2026 г., 12:00 (МСК)
  Клиент: Анна Сергеева, телефон: +79161234567, e-mail: anna@example.ru
  Что случилось. Что сделать.

Срок скоро истечёт

* Без номера: mail-0a1b
  Поступило: 20 ноября 2026 г., 12:00 (МСК)
  Что случилось. Что сделать.

Улажено

* [#12346] Не открывается шлагбаум
  Поступило: 20 ноября 2026 г., 12:00 (МСК)
  Клиент: Иван Петров, телефон: не указан, e-mail: ivan.petrov@example.ru
  Клиент получил номер.

И ещё: 7. В письме только первые.

О каждом случае здесь говорится по одному разу: когда срок близок, когда он прошёл и когда дело улажено.
"""
    )


def test_r16_nothing_is_said_of_more_where_there_is_no_more() -> None:
    assert "И ещё" not in digest([remark(FLAG)]).text


@pytest.mark.parametrize(
    ("flags", "warnings", "cleared"), [each for each in product((0, 2), (0, 3), (0, 4)) if any(each)]
)
def test_r16_the_subject_counts_what_is_in_the_digest(flags: int, warnings: int, cleared: int) -> None:
    remarks = [remark(FLAG)] * flags + [remark(WARNING)] * warnings + [remark(CLEARED)] * cleared
    parts = [
        text
        for count, text in (
            (flags, "просрочено 2"),
            (warnings, "скоро срок у 3"),
            (cleared, "улажено 4"),
        )
        if count
    ]

    assert digest(remarks).subject == f"Контроль обращений: {', '.join(parts)}"


@pytest.mark.parametrize("severity", Severity)
def test_r16_a_digest_has_no_empty_sections(severity: Severity) -> None:
    text = digest([remark(severity)]).text

    assert [heading for heading in HEADINGS.values() if heading in text] == [HEADINGS[severity]]


def test_r16_remarks_keep_their_order_within_a_section() -> None:
    text = digest([remark(FLAG, 12346), remark(FLAG, 12345)]).text

    assert text.index("#12346") < text.index("#12345")


def test_r16_a_ticket_that_can_not_be_read_is_named_by_its_number() -> None:
    assert "* #777\n" in digest([remark(FLAG, 777)]).text


def test_r16_a_digest_goes_to_its_recipient_and_belongs_to_no_ticket() -> None:
    written = digest([remark(FLAG)])

    assert (written.id, written.recipient, written.reply_to) == ("digest-1", SPECIALISTS, REPLIES.mailbox)
    assert not {"In-Reply-To", "References"} & written.headers.keys()
    assert REPLIES.notification_in([written.headers["Message-ID"]]) == "digest-1"


@pytest.mark.parametrize("remarks", [[remark(FLAG)], [remark(each) for each in Severity], [remark(WARNING, None)]])
def test_r16_html_of_the_digest_says_the_same_words(remarks: list[Remark]) -> None:
    assert same_words(digest(remarks, omitted=3))


@pytest.mark.parametrize(
    "tickets",
    [
        [replace(TICKET, contact=replace(TICKET.contact, name=MARKUP))],
        [replace(TICKET, contact=replace(TICKET.contact, email=MARKUP))],
        [replace(TICKET, title=f"[#12345] {MARKUP}")],
    ],
    ids=["name", "address", "title"],
)
def test_r16_markup_in_a_client_s_name_is_shown_and_not_obeyed(tickets: list[Ticket]) -> None:
    written = digest([remark(FLAG)], tickets)

    reading = Reading(written.html)
    assert MARKUP in reading.text
    assert reading.tags <= OUR_TAGS


def test_r16_markup_in_a_remark_is_shown_and_not_obeyed() -> None:
    reading = Reading(digest([remark(FLAG, text=MARKUP)]).html)

    assert MARKUP in reading.text
    assert reading.tags <= OUR_TAGS
