"""R20: the rule book's seven points, each answered by what the ledger holds, both ways."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.checklist import ANSWERS, Answer, Point, Record, checklist, teller
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Mark, Omission, SubmissionState
from shared.domain.ticket import Acceptance, Ticket, confirmation_id
from tests.sample_ticket import FULL, PLAIN, SPECIALISTS, notification_of, opened

TICKET = opened(PLAIN)
LETTER = notification_of(TICKET, NotificationKind.CONFIRMATION)
NOTICE = notification_of(TICKET, NotificationKind.NEW_TICKET)
SENT_AT = TICKET.registered_at + timedelta(seconds=3)
SENT = replace(LETTER, state=NotificationState.SENT, sent_at=SENT_AT, attempts=1)
ACCEPTED_AT = SENT_AT + timedelta(seconds=2)
ACCEPTED = replace(TICKET, acceptance=Acceptance.ACCEPTED, accepted_at=ACCEPTED_AT, accepted_by=LETTER.id)
RECORD = Record(TICKET, PLAIN, SubmissionState.REGISTERED, (LETTER, NOTICE), ())

RULE_BOOK = (
    "Обращение получено из любого канала связи",
    "Обращение зарегистрировано в системе обработки обращений",
    "Присвоен уникальный идентификатор (ID)",
    "Отправлено уведомление клиенту с ID обращения",
    "Проверена полнота информации в обращении",
    "При необходимости подготовлен запрос дополнительной информации",
    "Обращение передано на дальнейшую обработку (классификацию)",
)


def point(number: int, record: Record = RECORD, **changes: object) -> Point:
    """One point, counted from 1 as in the rule book."""
    return checklist(replace(record, **changes))[number - 1]  # type: ignore[arg-type]  # any field


def notified(ticket: Ticket, *letters: Notification) -> Point:
    return point(4, ticket=ticket, letters=letters)


def test_r20_the_list_has_the_rule_book_s_points_word_for_word_and_in_its_order() -> None:
    assert tuple(each.text for each in checklist(RECORD)) == RULE_BOOK
    assert set(ANSWERS) == set(Answer)


def test_r20_point_1_received_is_the_arrival() -> None:
    assert point(1) == Point(RULE_BOOK[0], Answer.YES, PLAIN.received_at)


def test_r20_point_1_what_the_ledger_does_not_hold_was_not_received() -> None:
    found = point(1, opening=None, state=None)
    assert (found.answer, found.at) == (Answer.NO, None)
    assert "нет в журнале" in found.remark


@pytest.mark.parametrize("state", [SubmissionState.REGISTERED, SubmissionState.ATTACHED])
def test_r20_point_2_registered(state: SubmissionState) -> None:
    assert point(2, state=state) == Point(RULE_BOOK[1], Answer.YES, TICKET.registered_at)


def test_r16_point_2_says_how_late_it_was() -> None:
    late = replace(TICKET, registered_at=TICKET.received_at + timedelta(minutes=27, seconds=59))
    found = point(2, ticket=late)
    assert (found.answer, found.remark) == (Answer.YES, "через 27 мин. после поступления")


@pytest.mark.parametrize("state", [None, SubmissionState.RECEIVED, SubmissionState.QUARANTINED])
def test_r20_point_2_what_the_ledger_holds_otherwise_is_not_registered(state: SubmissionState | None) -> None:
    found = point(2, state=state)
    assert (found.answer, found.at) == (Answer.NO, None)


def test_r20_point_3_the_number_stands_in_the_title() -> None:
    assert point(3) == Point(RULE_BOOK[2], Answer.YES, TICKET.registered_at, "#12345")


@pytest.mark.parametrize("title", ["Не открывается шлагбаум", "[#1234] Не открывается шлагбаум"])
def test_r20_point_3_a_title_without_its_number_is_no(title: str) -> None:
    assert point(3, ticket=replace(TICKET, title=title)).answer is Answer.NO


def test_r20_point_4_sent_is_what_the_provider_took_and_acceptance_stands_beside_it() -> None:
    assert notified(TICKET, SENT, NOTICE) == Point(RULE_BOOK[3], Answer.YES, SENT_AT, "получение ещё не подтверждено")
    delivered = replace(SENT, state=NotificationState.DELIVERED)
    assert notified(ACCEPTED, delivered).remark == "клиент получил номер"


def test_r8_point_4_a_letter_that_came_back_was_sent_and_the_remark_says_why() -> None:
    failure = Failure(None, "552 5.2.2 mailbox full")
    bounced = replace(SENT, state=NotificationState.BOUNCED, failure=failure)
    undeliverable = replace(TICKET, acceptance=Acceptance.UNDELIVERABLE)
    found = notified(undeliverable, bounced)
    assert (found.answer, found.at) == (Answer.YES, SENT_AT)
    assert found.remark.startswith("письмо не доставлено: ящик переполнен")
    revoked = replace(TICKET, acceptance=Acceptance.REVOKED)
    assert notified(revoked, bounced).remark.startswith("письмо было доставлено, но вернулось: ящик переполнен")


def test_r12_point_4_of_several_copies_the_first_that_was_sent_gives_the_time() -> None:
    again = replace(SENT, id=confirmation_id(12345, 3), sent_at=SENT_AT + timedelta(hours=2))
    between = replace(SENT, id=confirmation_id(12345, 2), sent_at=SENT_AT + timedelta(hours=1))
    rejected = replace(LETTER, state=NotificationState.REJECTED, failure=Failure(400, "bad"))
    ticket = replace(TICKET, confirmation=again.id)
    assert notified(ticket, rejected, between, again).at == between.sent_at


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        (LETTER, "письмо не отправлено"),
        (replace(LETTER, failure=Failure(503, "try later")), "письмо не отправлено: "),
        (replace(LETTER, state=NotificationState.SENDING), "неизвестно, ушло ли письмо"),
        (replace(LETTER, state=NotificationState.REJECTED, failure=Failure(400, "bad")), "письмо не отправлено: "),
        (
            replace(SENT, state=NotificationState.DROPPED, failure=Failure(None, "Bounced Address")),
            "письмо не отправлено: почтовый сервис не пишет на этот адрес",
        ),
    ],
)
def test_r20_point_4_what_no_mail_server_has_seen_was_not_sent(letter: Notification, words: str) -> None:
    found = notified(TICKET, letter, NOTICE)
    assert (found.answer, found.at) == (Answer.NO, None)
    assert found.remark.startswith(words)


def test_r20_point_4_a_letter_to_the_specialists_is_none_to_the_client() -> None:
    found = notified(TICKET, replace(NOTICE, state=NotificationState.DELIVERED, sent_at=SENT_AT))
    assert found.answer is Answer.NO
    assert "нет в журнале" in found.remark


def test_r10_point_4_a_client_without_an_address_has_to_be_told() -> None:
    ticket = opened(replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))
    found = notified(ticket, NOTICE)
    assert found.answer is Answer.NO
    assert "нет адреса" in found.remark


@pytest.mark.parametrize("letters", [(), (replace(LETTER, state=NotificationState.REJECTED),)])
def test_r10_point_4_a_letter_is_not_needed_where_a_person_told_the_number(letters: Sequence[Notification]) -> None:
    told = replace(ACCEPTED, accepted_by="Анна")
    assert notified(told, *letters) == Point(
        RULE_BOOK[3], Answer.NOT_NEEDED, None, "номер клиенту сообщил специалист: Анна"
    )


def test_r20_point_4_what_is_not_answered_needs_no_letter() -> None:
    ticket = opened(replace(PLAIN, unanswered=Omission.AUTOMATIC))
    assert notified(ticket, NOTICE).answer is Answer.NOT_NEEDED


def test_r6_point_5_completeness_was_checked_at_registration() -> None:
    assert point(5) == Point(RULE_BOOK[4], Answer.YES, TICKET.registered_at, "не хватает данных: 4")
    full = opened(FULL)
    assert point(5, ticket=full).remark == "есть всё"


def test_r6_point_5_each_message_that_joins_is_checked_too() -> None:
    later = TICKET.registered_at + timedelta(hours=1)
    lines = (
        HistoryEntry(later, "ivan@example.ru", Event.MESSAGE_JOINED, "mail-2"),
        HistoryEntry(later + timedelta(hours=1), "system", Event.ACCEPTED, LETTER.id),
    )
    assert point(5, history=lines).at == later


@pytest.mark.parametrize("mark", [Mark.MESSAGE_CUT, Mark.TEXT_SHORTENED])
def test_r6_point_5_what_was_read_in_part_is_not_checked_if_something_is_missing(mark: Mark) -> None:
    assert point(5, ticket=replace(TICKET, marks=(mark,))).answer is Answer.NO
    assert point(5, ticket=replace(opened(FULL), marks=(mark,))).answer is Answer.YES


def test_r6_point_5_what_the_ledger_does_not_hold_was_not_checked() -> None:
    assert point(5, opening=None, state=None).answer is Answer.NO


def test_r7_point_6_nothing_has_to_be_asked_for_when_nothing_is_missing() -> None:
    assert point(6, ticket=opened(FULL)) == Point(RULE_BOOK[5], Answer.NOT_NEEDED)


def test_r7_point_6_a_request_that_nobody_prepares_is_no() -> None:
    assert (point(6).answer, point(6).at) == (Answer.NO, None)


def test_r18_point_7_nothing_hands_a_ticket_on_yet() -> None:
    assert (point(7).answer, point(7).at) == (Answer.NO, None)


@pytest.mark.parametrize(
    ("accepted_by", "person"),
    [
        (None, None),
        ("12345-confirmation", None),
        ("12345-confirmation-2", None),
        ("Анна", "Анна"),
        (SPECIALISTS, SPECIALISTS),
    ],
)
def test_r10_who_told_the_number_is_a_person_and_no_letter(accepted_by: str | None, person: str | None) -> None:
    assert teller(replace(TICKET, accepted_by=accepted_by)) == person
