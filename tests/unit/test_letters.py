"""Letters as their readers get them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from functions.notify import letters
from functions.notify.letters import Letter, compose
from shared import wording
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.notification import NotificationKind
from shared.domain.submission import Channel, Details, File, Mark, Submission
from tests.sample_ticket import (
    ABOUT_TICKETS,
    FULL,
    LINKS,
    PLAIN,
    REPLIES,
    SATURDAY,
    notification_of,
    opened,
    subject_of,
    with_details,
)

MOSCOW = ZoneInfo("Europe/Moscow")
FOLDER = Path(letters.__file__).parent / "letters"
PARTS = ("subject.txt", "txt", "html")

CONFIRMATION = """\
Здравствуйте!

Ваше обращение в службу технической поддержки PASS24.online зарегистрировано.

Номер обращения: #12345

Ваш вопрос принят в обработку. Мы свяжемся с вами в ближайшее время в соответствии с уровнем обслуживания.

Пожалуйста, сохраните номер обращения #12345 и используйте его при дальнейшей переписке по данному вопросу. \
Это поможет нам быстрее найти ваше обращение и предоставить необходимую помощь.

С уважением,
Служба технической поддержки PASS24.online
"""
URGENT = "Приоритет обработки: экстренный. Специалисты рассмотрят ваше обращение в первую очередь."
OUT_OF_HOURS = (
    "Обращение поступило в нерабочее время. "
    "Время реакции отсчитывается с начала рабочего времени: 23 ноября 2026 г., 09:00 (МСК)."
)

URGENT_PLAIN = with_details(PLAIN, urgent=True)
SATURDAY_PLAIN = replace(PLAIN, received_at=SATURDAY)
ARRIVALS = {
    "plain": PLAIN,
    "urgent": URGENT_PLAIN,
    "out of hours": SATURDAY_PLAIN,
    "urgent out of hours": with_details(SATURDAY_PLAIN, urgent=True),
    "full": FULL,
    "full without steps": with_details(FULL, steps=""),
    "full within hours": replace(FULL, received_at=PLAIN.received_at),
}


def letter(
    submission: Submission, kind: NotificationKind, number: int = 12345, missing: Sequence[Detail] | None = None
) -> Letter:
    """A letter about an arrival; with `missing`, its ticket lacks that and nothing else."""
    ticket = opened(submission, number)
    if missing is not None:
        ticket = replace(ticket, missing=tuple(missing))
    return compose(notification_of(ticket, kind), subject_of(kind, ticket, submission), MOSCOW, REPLIES, LINKS)


def confirmation(submission: Submission) -> Letter:
    return letter(submission, NotificationKind.CONFIRMATION, missing=())


def notice(submission: Submission) -> Letter:
    return letter(submission, NotificationKind.NEW_TICKET)


def paragraphs(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n\n")


class Reading(HTMLParser):
    """What a mail program shows of an HTML part, and whether the markup is sound."""

    BREAKS = frozenset({"p", "br", "div", "h1", "h2", "ul", "li"})
    VOID = frozenset({"br", "img", "meta"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.tags: set[str] = set()
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return "".join(self.shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self._open.append(tag)
        if tag in self.BREAKS:
            self.shown.append("\n")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "body" in self._open:
            self.shown.append(data)


OUR_TAGS = frozenset(
    {"html", "head", "meta", "title", "body", "div", "h1", "h2", "p", "br", "strong", "span", "ul", "li", "a"}
)
TAGS_OF_THE_REPORT = frozenset({"table", "tr", "td", "img"})


def test_every_kind_of_letter_has_its_three_templates_and_no_template_is_unused() -> None:
    there = {path.name for path in FOLDER.iterdir() if path.is_file()}
    kinds = {NotificationKind(name.partition(".")[0]) for name in there}

    assert kinds == set(NotificationKind)
    assert there == {f"{kind}.{part}" for kind in kinds for part in PARTS}


@pytest.mark.parametrize("arrival", ARRIVALS.values(), ids=ARRIVALS.keys())
@pytest.mark.parametrize("kind", NotificationKind)
def test_every_letter_is_written_out_in_full(kind: NotificationKind, arrival: Submission) -> None:
    written = letter(arrival, kind)

    for part in (written.subject, written.text, written.html):
        assert part.strip()
        assert not any(sign in part for sign in ("{{", "}}", "{%", "%}", "{#", "None", "Undefined", "datetime"))
    report = kind is NotificationKind.REPORT
    assert Reading(written.html).tags <= OUR_TAGS | (TAGS_OF_THE_REPORT if report else frozenset())


@pytest.mark.parametrize("arrival", ARRIVALS.values(), ids=ARRIVALS.keys())
@pytest.mark.parametrize("kind", NotificationKind)
def test_every_text_has_single_blank_lines_and_no_trailing_ones(kind: NotificationKind, arrival: Submission) -> None:
    text = letter(arrival, kind).text

    assert text.endswith("\n")
    assert "\n\n\n" not in text
    assert all(paragraph and paragraph == paragraph.strip() for paragraph in paragraphs(text))
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_name_that_a_template_misspells_is_an_error_and_not_a_gap() -> None:
    template = letters._templates().from_string("{{ nubmer }}")  # noqa: SLF001 - all templates share this environment

    with pytest.raises(UndefinedError):
        template.render(number="#12345")


@pytest.mark.parametrize(
    ("words", "values"),
    [(wording.CHANNELS, Channel), (wording.MISSING, Detail), (wording.MARKS, Mark)],
)
def test_whatever_a_ticket_may_hold_has_a_russian_word(words: Mapping[StrEnum, str], values: type[StrEnum]) -> None:
    assert set(words) == set(values)
    assert all(any("а" <= character <= "я" for character in word) for word in words.values())


def test_r5_confirmation_is_the_rule_books_template_word_for_word() -> None:
    assert confirmation(PLAIN).text == CONFIRMATION


def test_r5_confirmation_names_the_number_of_its_own_ticket() -> None:
    text = letter(PLAIN, NotificationKind.CONFIRMATION, 12346, ()).text

    assert text == CONFIRMATION.replace("#12345", "#12346")


def test_r5u_urgent_confirmation_adds_one_paragraph_about_the_priority() -> None:
    before, after = paragraphs(CONFIRMATION)[:4], paragraphs(CONFIRMATION)[4:]

    assert paragraphs(confirmation(ARRIVALS["urgent"]).text) == [*before, URGENT, *after]


def test_r13_out_of_hours_confirmation_adds_one_paragraph_with_the_moscow_moment() -> None:
    before, after = paragraphs(CONFIRMATION)[:4], paragraphs(CONFIRMATION)[4:]

    assert paragraphs(confirmation(ARRIVALS["out of hours"]).text) == [*before, OUT_OF_HOURS, *after]


def test_r5u_r13_urgent_confirmation_out_of_hours_adds_both_paragraphs() -> None:
    before, after = paragraphs(CONFIRMATION)[:4], paragraphs(CONFIRMATION)[4:]

    text = confirmation(ARRIVALS["urgent out of hours"]).text

    assert paragraphs(text) == [*before, URGENT, OUT_OF_HOURS, *after]


@pytest.mark.parametrize("arrival", ARRIVALS.values(), ids=ARRIVALS.keys())
def test_r5_html_of_the_confirmation_says_the_same_words_as_its_text(arrival: Submission) -> None:
    written = confirmation(arrival)

    assert Reading(written.html).text.split() == written.text.split()


def test_r5_confirmation_holds_nothing_that_the_client_typed() -> None:
    arrival = replace(
        PLAIN,
        contact=Contact("МЕТКА-имя", "metka@example.ru", "+79160000001", "МЕТКА-телефон 8 916 000-00-01"),
        details=Details(
            subject="МЕТКА-тема",
            description="МЕТКА-описание",
            steps="МЕТКА-шаги",
            product_version="МЕТКА-версия",
            device_model="МЕТКА-модель",
            os_version="МЕТКА-ос",
            urgent=False,
            previous_ticket=98765,
        ),
        files=(File("МЕТКА-файл.png", "image/png", 1, "0", None, "МЕТКА-отказ"),),
    )

    written = confirmation(arrival)

    assert written.text == CONFIRMATION
    shown = "\n".join([written.subject, written.html, *written.headers, *written.headers.values()])
    assert not any(word in shown for word in ("МЕТКА", "metka", "98765", "916", "000-00-01"))
    assert "МЕТКА-описание" in notice(arrival).text


@given(typed=st.text(), topic=st.text())
def test_r5_confirmation_is_the_same_letter_whatever_the_client_typed(typed: str, topic: str) -> None:
    arrival = replace(
        with_details(PLAIN, subject=topic, description=typed, steps=typed, device_model=typed),
        contact=replace(PLAIN.contact, name=typed),
    )

    assert confirmation(arrival) == confirmation(PLAIN)


def test_r11_notice_of_a_full_ticket_tells_everything_in_a_tidy_order() -> None:
    assert (
        notice(with_details(FULL, device_model="")).text
        == """\
Новое обращение #12345 — ЭКСТРЕННОЕ

Тема: Пропуск не приходит
Канал: форма на сайте
Поступило: 21 ноября 2026 г., 11:00 (МСК)
Зарегистрировано: 21 ноября 2026 г., 11:00 (МСК)
Срок ответа отсчитывается с: 23 ноября 2026 г., 09:00 (МСК) (поступило в нерабочее время)

Клиент: Анна Сергеева
E-mail: anna@example.ru
Телефон: +79161234567 (клиент написал: 8 (916) 123-45-67 доб. 12)

Клиент указал номер прежнего обращения: #12001 (не проверено)

Внимание: сервис капчи был недоступен, отправитель не проверен

Описание:
Заказала пропуск.

СМС не пришло.

Шаги воспроизведения:
1. Открыть приложение
2. Нажать «Заказать»

Версия продукта: 4.12.1
Модель телефона: —
Версия ОС: Android 16

Не хватает: модель телефона (запрошено у клиента)

Файлы:
- Снимок экрана.png (200 КБ)
- запись.exe (50 КБ) — НЕ СОХРАНЁН: такие файлы не принимаются

Ответ на это письмо попадёт в обращение, но клиенту отправлен не будет.
"""
    )


def test_r11_notice_of_a_plain_ticket_says_what_is_not_there() -> None:
    assert (
        notice(PLAIN).text
        == """\
Новое обращение #12345

Тема: не указана
Канал: форма на сайте
Поступило: 20 ноября 2026 г., 12:00 (МСК)
Зарегистрировано: 20 ноября 2026 г., 12:00 (МСК)
Срок ответа отсчитывается с: 20 ноября 2026 г., 12:00 (МСК)

Клиент: Иван Петров
E-mail: ivan.petrov@example.ru
Телефон: не указан

Описание:
Не открывается шлагбаум

Версия продукта: —
Модель телефона: —
Версия ОС: —

Не хватает: шаги воспроизведения, версия продукта, модель телефона, версия ОС телефона (запрошено у клиента)

Ответ на это письмо попадёт в обращение, но клиенту отправлен не будет.
"""
    )


def test_r11_notice_of_a_client_without_address_asks_to_tell_the_number_by_phone() -> None:
    arrival = replace(PLAIN, contact=Contact("", None, "+79161234567", "+7 916 123-45-67"))

    assert paragraphs(notice(arrival).text)[2] == ("Клиент: имя не указано\nE-mail: не указан\nТелефон: +79161234567")


@pytest.mark.parametrize(
    ("typed", "remark"),
    [
        ("+7 916 123-45-67", False),
        ("8 (916) 123-45-67", False),
        ("9161234567", False),
        ("8 916 123-45-67 доб. 12", True),
        ("+7 916 123-45-67 #12", True),
        ("+7 916 123-45-67, спросить Ольгу", True),
    ],
)
def test_r11_notice_repeats_the_typed_phone_only_where_it_says_more(typed: str, *, remark: bool) -> None:
    arrival = replace(PLAIN, contact=Contact("Иван", None, "+79161234567", typed))

    line = f"Телефон: +79161234567 (клиент написал: {typed})" if remark else "Телефон: +79161234567"

    assert line in notice(arrival).text.splitlines()


@pytest.mark.parametrize("arrival", ARRIVALS.values(), ids=ARRIVALS.keys())
def test_r11_html_of_the_notice_says_the_same_words_as_its_text(arrival: Submission) -> None:
    written = notice(arrival)

    def words(text: str) -> list[str]:
        return [word for word in text.lower().split() if word != "-"]

    assert words(Reading(written.html).text) == words(written.text)


FIELDS: dict[str, Callable[[str], Submission]] = {
    "name": lambda text: replace(FULL, contact=replace(FULL.contact, name=text)),
    "email": lambda text: replace(FULL, contact=replace(FULL.contact, email=text)),
    "phone remark": lambda text: replace(FULL, contact=replace(FULL.contact, phone_as_typed=text)),
    "subject": lambda text: with_details(FULL, subject=text),
    "description": lambda text: with_details(FULL, description=text),
    "steps": lambda text: with_details(FULL, steps=text),
    "product version": lambda text: with_details(FULL, product_version=text),
    "device model": lambda text: with_details(FULL, device_model=text),
    "os version": lambda text: with_details(FULL, os_version=text),
    "file name": lambda text: replace(FULL, files=(replace(FULL.files[0], name=text),)),
    "file refusal": lambda text: replace(FULL, files=(replace(FULL.files[1], refusal=text),)),
}


@pytest.mark.parametrize("put", FIELDS.values(), ids=FIELDS.keys())
def test_markup_in_a_clients_field_is_shown_and_not_obeyed(put: Callable[[str], Submission]) -> None:
    markup = """<script>alert("1")</script></div><img src='x' onerror=alert(1)>&lt;{{ number }}"""

    written = notice(put(markup))

    reading = Reading(written.html)
    assert markup in reading.text
    assert reading.tags <= OUR_TAGS
    assert markup in written.text


@pytest.mark.parametrize("kind", ABOUT_TICKETS)
def test_r4_subject_begins_with_the_number(kind: NotificationKind) -> None:
    assert letter(FULL, kind).subject.startswith("[#12345] ")


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"])
@pytest.mark.parametrize("kind", NotificationKind)
def test_subject_stays_one_line_when_the_clients_has_line_breaks(kind: NotificationKind, line_break: str) -> None:
    arrival = with_details(FULL, subject=f"Пропуск{line_break}Bcc: thief@example.com{line_break}")

    subject = letter(arrival, kind).subject

    assert len(subject.splitlines()) == 1
    assert subject == subject.strip()


def test_r11_subject_of_the_notice_is_the_tickets_title_and_tells_what_is_urgent() -> None:
    assert notice(FULL).subject == "[#12345] Пропуск не приходит — ЭКСТРЕННОЕ"
    assert notice(PLAIN).subject == "[#12345] Не открывается шлагбаум"


@pytest.mark.parametrize(
    ("kind", "origin"),
    [
        (NotificationKind.CONFIRMATION, "auto-replied"),
        (NotificationKind.NEW_TICKET, "auto-generated"),
        (NotificationKind.NEW_MESSAGE, "auto-generated"),
        (NotificationKind.UNDELIVERED, "auto-generated"),
        (NotificationKind.DIGEST, "auto-generated"),
    ],
)
def test_letters_ask_mail_programs_for_no_automatic_answer(kind: NotificationKind, origin: str) -> None:
    headers = letter(PLAIN, kind).headers
    assert (headers["Auto-Submitted"], headers["X-Auto-Response-Suppress"]) == (origin, "All")


def test_letters_go_to_the_notifications_recipient_under_its_id() -> None:
    assert [(each.id, each.recipient) for each in (confirmation(PLAIN), notice(PLAIN))] == [
        ("12345-confirmation", "ivan.petrov@example.ru"),
        ("12345-new-ticket", "specialists@pass24online.ru"),
    ]
