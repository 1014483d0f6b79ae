"""R5r, R7, R15: what clients are asked for, and told of other numbers; what specialists read of all that."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from functions.notify.letters import Letter, compose
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.notification import Notification, NotificationKind, new_message
from shared.domain.submission import Attachment, Channel, Mark, Message, Submission
from shared.domain.ticket import Ticket, join
from shared.information_links import Asked
from shared.subjects import TicketSubject
from tests.sample_ticket import (
    FRIDAY_NOON,
    FULL,
    LINKS,
    PLAIN,
    REPLIES,
    SPECIALISTS,
    notification_of,
    opened,
    with_details,
)
from tests.unit.test_letters import CONFIRMATION, OUR_TAGS, Reading, paragraphs

MOSCOW = ZoneInfo("Europe/Moscow")
DESCRIPTION, STEPS, VERSION, MODEL, OS, _CONTACT = Detail
DEVICE = (VERSION, MODEL, OS)
ASKING = (NotificationKind.CONFIRMATION, NotificationKind.REMINDER)
HOW = Message("mail/raw/1.eml", message_id="<1@example.ru>", references=("<0@example.ru>",), sender="ivan@example.ru")
MAIL = replace(PLAIN, key="mail-1", channel=Channel.EMAIL, message=HOW)

UNCLEAR = (
    "Из вашего сообщения нам пока непонятно, в чём вопрос. Опишите, пожалуйста, подробнее, что именно не получается: "
    "что вы делаете, что при этом происходит и где (объект, въезд, точка прохода)."
)
PAGE = "Дополнить обращение можно на странице, пароль для неё не нужен:"
OR_REPLY = "Или просто ответьте на это письмо."
SIGNATURE = "С уважением,\nСлужба технической поддержки PASS24.online"


def lacking(*missing: Detail, submission: Submission = PLAIN) -> Ticket:
    """A ticket of which the client was asked for what is missing."""
    ticket = opened(submission)
    return replace(ticket, missing=missing, asked_at=ticket.registered_at)


def written(
    ticket: Ticket,
    kind: NotificationKind = NotificationKind.CONFIRMATION,
    submission: Submission = PLAIN,
    goes_on: int | None = None,
) -> Letter:
    subject = TicketSubject(ticket, submission, goes_on=goes_on)
    return compose(notification_of(ticket, kind), subject, MOSCOW, REPLIES, LINKS)


def link(letter: Letter) -> str:
    [line] = [line for line in letter.text.splitlines() if line.startswith("https://")]
    return line


def asked_for(letter: Letter) -> Asked:
    """What the link in a letter opens."""
    opens = LINKS.read(link(letter).partition("?t=")[2], FRIDAY_NOON)
    assert isinstance(opens, Asked)
    return opens


def same_words(letter: Letter) -> bool:
    """Whether both parts of a letter say the same: a list in plain text has dashes, and a button shows no address."""

    def words(text: str) -> list[str]:
        return [word for word in text.replace("Дополнить обращение\n", "\n").split() if word not in {"-", "—"}]

    text = letter.text if not letter.html.count("href") else letter.text.replace(link(letter), "")
    return words(Reading(letter.html).text) == words(text)


def test_r7_confirmation_of_an_incomplete_ticket_asks_for_what_is_missing_after_the_rule_books_words() -> None:
    letter = written(lacking(STEPS, *DEVICE))

    assert paragraphs(letter.text) == [
        *paragraphs(CONFIRMATION)[:-1],
        "Чтобы разобраться быстрее, нам не хватает таких данных:",
        (
            "- версия приложения PASS24. Android: «Настройки → Приложения → PASS24»; "
            "iPhone: «Настройки → Основные → Хранилище iPhone → PASS24»\n"
            "- модель телефона и версия его операционной системы. Android: «Настройки → О телефоне»; "
            "iPhone: «Настройки → Основные → Об этом устройстве»\n"
            "- если получится, как повторить проблему, по шагам: что вы открыли, что нажали, что получилось"
        ),
        f"{PAGE}\n{link(letter)}",
        OR_REPLY,
        SIGNATURE,
    ]
    assert (asked_for(letter).ticket, asked_for(letter).details) == (12345, (STEPS, *DEVICE))


def test_r14_a_client_whose_question_is_unclear_is_asked_to_say_more() -> None:
    alone = paragraphs(written(lacking(DESCRIPTION)).text)
    more = paragraphs(written(lacking(DESCRIPTION, VERSION)).text)

    assert [each.partition("\n")[0] for each in alone[len(paragraphs(CONFIRMATION)) - 1 : -1]] == [
        UNCLEAR,
        PAGE,
        OR_REPLY,
    ]
    assert UNCLEAR in more
    assert "Чтобы разобраться быстрее, нам не хватает ещё таких данных:" in more


WORDS = {
    DESCRIPTION: "в чём вопрос",
    STEPS: "по шагам",
    VERSION: "версия приложения",
    MODEL: "модель телефона",
    OS: "операционной системы",
}


@pytest.mark.parametrize("kind", ASKING)
@pytest.mark.parametrize(
    "missing", [each for size in range(1, 6) for each in combinations(WORDS, size) if each != (STEPS,)], ids=str
)
def test_r7_exactly_what_is_missing_is_asked_for(kind: NotificationKind, missing: Sequence[Detail]) -> None:
    letter = written(lacking(*missing), kind)

    assert {detail for detail, words in WORDS.items() if words in letter.text} == set(missing)
    assert asked_for(letter).details == tuple(missing)
    assert same_words(letter)
    assert f'href="{link(letter)}"' in letter.html
    assert Reading(letter.html).tags <= OUR_TAGS
    assert "\n\n\n" not in letter.text


@pytest.mark.parametrize("kind", ASKING)
def test_r7_the_link_holds_a_month_from_the_letter_on(kind: NotificationKind) -> None:
    ticket = lacking(*DEVICE)
    age = asked_for(written(ticket, kind)).expires_at - ticket.registered_at

    assert age.days in {29, 30}


@pytest.mark.parametrize(
    "ticket",
    [
        lacking(),
        lacking(STEPS),
        replace(lacking(*DEVICE), asked_at=None),
        replace(lacking(*DEVICE), merged_into=12300),
    ],
    ids=["complete", "only steps", "nobody is asked", "merged"],
)
def test_r7_nothing_is_asked_for_where_it_is_not_worth_it(ticket: Ticket) -> None:
    letter = written(ticket, goes_on=ticket.merged_into)

    assert "не хватает" not in letter.text
    assert "http" not in letter.text + letter.html.removeprefix("<!DOCTYPE html>")


def test_r7_what_came_before_the_letter_was_sent_is_not_asked_for() -> None:
    answer = with_details(replace(MAIL, key="mail-2"), product_version="4.12.1", os_version="iOS 17.2")
    ticket = join(lacking(*DEVICE), answer, Attachment.REPLY, FRIDAY_NOON)

    assert asked_for(written(ticket)).details == (MODEL,)


def test_r5u_r13_r7_all_variations_stand_together_and_the_request_comes_last() -> None:
    ticket = replace(lacking(*DEVICE), urgent=True, related=12001)
    letter = written(ticket, submission=replace(PLAIN, marks=(Mark.MESSAGE_CUT,)))
    beginnings = [each.split()[0] for each in paragraphs(letter.text)]

    assert beginnings == [
        *("Здравствуйте!", "Ваше", "Номер", "Ваш", "Приоритет", "Ваше", "Пожалуйста,", "Обращение", "Чтобы", "-"),
        *("Дополнить", "Или", "С"),
    ]
    assert same_words(letter)


def test_r5r_confirmation_names_the_earlier_ticket_that_was_found_and_not_the_one_that_was_typed() -> None:
    ticket = replace(lacking(), related=12001, previous_ticket=98765)
    letter = written(ticket, submission=with_details(PLAIN, previous_ticket=98765))

    assert "Обращение связано с вашим обращением #12001, зарегистрированным ранее." in paragraphs(letter.text)
    assert "98765" not in letter.text + letter.html
    assert same_words(letter)


def test_r15_confirmation_of_a_merged_ticket_names_the_number_that_goes_on_and_asks_nothing() -> None:
    ticket = replace(lacking(*DEVICE), merged_into=12300, related=12200)
    letter = written(ticket, goes_on=12299)
    added = (
        "Это же обращение успело получить ещё один номер, #12345. Мы объединили их: работа продолжается под номером "
        "#12299. Письма с номером #12345 тоже дойдут."
    )

    before = paragraphs(CONFIRMATION.replace("#12345", "#12299"))
    assert paragraphs(letter.text) == [*before[:-1], added, before[-1]]
    assert letter.subject.startswith("[#12299] ")
    assert same_words(letter)
    assert REPLIES.number_at([letter.reply_to]) == 12345


def test_r7_the_reminder_asks_once_more_and_promises_to_leave_it_at_that() -> None:
    letter = written(lacking(*DEVICE), NotificationKind.REMINDER)

    assert letter.subject == "[#12345] Не хватает данных по обращению"
    assert paragraphs(letter.text)[1] == "Напоминаем про обращение #12345 в службу технической поддержки PASS24.online."
    assert "Больше напоминать об этом не будем." in letter.text


def test_r15_who_asks_the_same_again_is_told_the_number_and_that_the_message_was_added() -> None:
    letter = written(lacking(*DEVICE), NotificationKind.ALREADY_REGISTERED)

    assert letter.subject == "[#12345] Обращение уже зарегистрировано"
    assert "Номер обращения: #12345" in paragraphs(letter.text)
    assert "Новое сообщение добавлено к этому обращению, отправлять его ещё раз не нужно." in paragraphs(letter.text)
    assert "не хватает" not in letter.text
    assert same_words(letter)
    moved = written(replace(lacking(), merged_into=12300), NotificationKind.ALREADY_REGISTERED, goes_on=12300)
    assert "Номер обращения: #12300" in paragraphs(moved.text)
    assert "#12345" not in moved.text


def test_r15_who_sent_a_message_that_was_cut_hears_of_it_with_the_number_too() -> None:
    cut = replace(MAIL, marks=(Mark.MESSAGE_CUT,))
    letter = written(lacking(), NotificationKind.ALREADY_REGISTERED, cut)

    assert any(each.startswith("Ваше письмо оказалось слишком большим") for each in paragraphs(letter.text))
    assert same_words(letter)


def test_r15_of_two_merged_numbers_both_are_named_and_one_goes_on() -> None:
    letter = written(lacking(), NotificationKind.MERGED)

    assert letter.subject == "[#12345] Обращения #12399 и #12345 объединены"
    assert "Номер обращения: #12345" in paragraphs(letter.text)
    assert "Ответы на письма с любым из двух номеров дойдут до нас." in letter.text
    assert same_words(letter)
    further = written(replace(lacking(), merged_into=12300), NotificationKind.MERGED, goes_on=12300)
    assert further.subject == "[#12300] Обращения #12399 и #12300 объединены"


@pytest.mark.parametrize("kind", [*ASKING, NotificationKind.ALREADY_REGISTERED, NotificationKind.MERGED])
def test_r5_letters_to_clients_hold_no_word_that_anybody_typed(kind: NotificationKind) -> None:
    typed = with_details(FULL, subject="МЕТКА", description="МЕТКА", steps="МЕТКА", os_version="", device_model="МЕТКА")
    typed = replace(typed, contact=Contact("МЕТКА", "ivan.petrov@example.ru", "+79160000001", "МЕТКА"))
    letter = written(lacking(OS, submission=typed), kind, typed)

    assert not any("МЕТКА" in part or "916000" in part for part in (letter.subject, letter.text, letter.html))


@pytest.mark.parametrize(
    "kind", [NotificationKind.CONFIRMATION, NotificationKind.REMINDER, NotificationKind.ALREADY_REGISTERED]
)
def test_r7_r15_letters_that_answer_a_mail_stand_in_its_correspondence(kind: NotificationKind) -> None:
    headers = written(lacking(*DEVICE, submission=MAIL), kind, MAIL).headers

    assert headers["In-Reply-To"] == "<1@example.ru>"
    assert headers["References"].split() == ["<0@example.ru>", "<1@example.ru>", REPLIES.thread_id(12345)]


def test_r15_the_letter_about_a_merge_stands_in_both_correspondences_and_answers_nobody() -> None:
    headers = written(lacking(submission=MAIL), NotificationKind.MERGED, MAIL).headers

    assert "In-Reply-To" not in headers
    assert headers["References"].split() == [REPLIES.thread_id(12345), REPLIES.thread_id(12399)]


def notice(ticket: Ticket, submission: Submission = PLAIN, goes_on: int | None = None) -> Letter:
    return written(ticket, NotificationKind.NEW_TICKET, submission, goes_on)


def test_r6_specialists_see_what_was_read_from_the_text_and_what_stood_in_a_field() -> None:
    submission = replace(FULL, from_text=("product_version", "steps"))
    lines = notice(lacking(submission=submission), submission).text.splitlines()

    assert "Версия продукта: 4.12.1 (из текста)" in lines
    assert "Модель телефона: Pixel 9" in lines
    assert "Шаги воспроизведения (из текста):" in lines


def test_r14_specialists_see_that_a_question_is_unclear_and_whether_the_client_was_asked() -> None:
    asked = notice(lacking(DESCRIPTION, VERSION)).text.splitlines()
    by_phone = notice(replace(lacking(DESCRIPTION), asked_at=None)).text.splitlines()

    assert "Внимание: непонятно, в чём вопрос (запрошено у клиента)" in asked
    assert "Не хватает: версия продукта (запрошено у клиента)" in asked
    assert "Внимание: непонятно, в чём вопрос (у клиента не запрошено: автоматического письма ему нет)" in by_phone
    assert not any(line.startswith("Не хватает") for line in by_phone)


def test_r5r_specialists_see_the_related_ticket_once() -> None:
    text = notice(replace(lacking(), related=12001, previous_ticket=12001)).text
    other = notice(replace(lacking(), related=12001, previous_ticket=11999)).text

    assert "Связано с прежним обращением этого клиента: #12001" in text.splitlines()
    assert "не проверено" not in text
    assert "Клиент указал номер прежнего обращения: #11999 (не проверено)" in other.splitlines()


def test_r15_specialists_see_that_a_new_number_goes_on_under_another() -> None:
    text = notice(replace(lacking(), merged_into=12300), goes_on=12300).text

    assert "Внимание: то же обращение зарегистрировано раньше, работа продолжается под номером #12300" in text


def told(attachment: Attachment, submission: Submission, ticket: Ticket | None = None) -> Letter:
    """The letter about what joined a ticket."""
    joined = join(ticket or lacking(DESCRIPTION, *DEVICE), submission, attachment, FRIDAY_NOON)
    letter: Notification = new_message(joined, submission.key, SPECIALISTS, FRIDAY_NOON)
    return compose(letter, TicketSubject(joined, submission, attachment=attachment), MOSCOW, REPLIES, LINKS)


def test_r15_specialists_see_that_the_same_request_came_again() -> None:
    letter = told(Attachment.DUPLICATE, with_details(MAIL, device_model="Pixel 9"))

    assert letter.subject == "[#12345] Не открывается шлагбаум — то же обращение ещё раз"
    assert letter.text.startswith("То же обращение пришло ещё раз: #12345\n\nОбращение: ")
    assert "Из сообщения:\n- модель телефона: Pixel 9" in letter.text
    assert "Канал: электронная почта" in letter.text


def test_r7_specialists_see_what_the_client_answered_on_the_page() -> None:
    answer = replace(
        with_details(PLAIN, description="", steps="1. Открыть\n2. Нажать", product_version="4.12.1"),
        key="answer-1",
        contact=Contact("", None, None),
    )
    letter = told(Attachment.ANSWER, answer)

    assert letter.subject == "[#12345] Не открывается шлагбаум — ответ на запрос данных"
    assert letter.text.startswith("Ответ на запрос данных по обращению #12345\n")
    assert "- шаги воспроизведения: 1. Открыть\n2. Нажать\n- версия продукта: 4.12.1" in letter.text
    assert "Всё ещё непонятно, в чём вопрос" in paragraphs(letter.text)
    assert "Всё ещё не хватает: модель телефона, версия ОС телефона" in paragraphs(letter.text)
    assert "\n\n\n" not in letter.text
    assert Reading(letter.html).tags <= OUR_TAGS


def test_r5r_specialists_see_the_phone_that_a_message_names() -> None:
    letter = told(Attachment.REPLY, replace(MAIL, contact=replace(MAIL.contact, phone="+79161234567")))

    assert letter.text.startswith("Новое сообщение по обращению #12345\n")
    assert "Телефон: +79161234567" in letter.text.splitlines()
    assert "Телефон: +79161234567" in Reading(letter.html).text.splitlines()
