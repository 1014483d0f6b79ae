"""R20: the rule book's seven points, each answered by what the ledger holds, both ways."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.domain.checklist import ANSWERS, Answer, Point, Record, checklist, teller
from shared.domain.completeness import Detail, Known, Source
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Mark, Omission, SubmissionState
from shared.domain.ticket import Acceptance, Handover, Ticket, confirmation_id
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
    checked = point(5, ticket=ASKED)
    assert checked == Point(RULE_BOOK[4], Answer.YES, TICKET.registered_at, "не хватает данных: 2")


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


MISSING = (Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL)
ASKED = replace(TICKET, missing=MISSING, asked_at=TICKET.registered_at, known=())
LATER = TICKET.registered_at + timedelta(hours=1)
ANSWERED = replace(
    ASKED,
    missing=(Detail.STEPS,),
    known=(Known(Detail.PRODUCT_VERSION, Source.PAGE, "answer-1"), Known(Detail.DEVICE_MODEL, Source.REPLY, "mail-2")),
)


def answered_at(*moments: datetime) -> tuple[HistoryEntry, ...]:
    """The lines of the answers, the page's first, and of a further message that brought nothing."""
    events = (Event.DETAILS_ANSWERED, Event.MESSAGE_JOINED, Event.MESSAGE_JOINED)
    keys = ("answer-1", "mail-2", "mail-3")
    return tuple(HistoryEntry(*each) for each in zip(moments, ("client",) * 3, events, keys, strict=False))


def asked(ticket: Ticket, *letters: Notification, history: Sequence[HistoryEntry] = ()) -> Point:
    return point(6, ticket=ticket, letters=letters, history=history)


@pytest.mark.parametrize("event", [Event.DUPLICATE_ATTACHED, Event.DETAILS_ANSWERED])
def test_r6_r15_point_5_whatever_joins_is_checked(event: Event) -> None:
    assert point(5, history=(HistoryEntry(LATER, "client", event, "mail-2"),)).at == LATER


@pytest.mark.parametrize(
    ("missing", "remark"),
    [
        ((), "есть всё"),
        ((Detail.STEPS,), "есть всё, кроме шагов воспроизведения"),
        (MISSING, "не хватает данных: 2"),
        ((Detail.DESCRIPTION, *MISSING), "непонятно, в чём вопрос"),
    ],
)
def test_r6_r14_point_5_says_what_the_check_came_to(missing: tuple[Detail, ...], remark: str) -> None:
    assert point(5, ticket=replace(TICKET, missing=missing)).remark == remark


@pytest.mark.parametrize("missing", [(), (Detail.STEPS,)])
def test_r7_point_6_nothing_has_to_be_asked_for_when_nothing_is_missing(missing: tuple[Detail, ...]) -> None:
    assert asked(replace(TICKET, missing=missing, asked_at=None), SENT) == Point(RULE_BOOK[5], Answer.NOT_NEEDED)


def test_r7_point_6_the_request_went_out_with_the_letter_with_the_number() -> None:
    assert asked(ASKED, SENT, NOTICE) == Point(RULE_BOOK[5], Answer.YES, SENT_AT, "ответа ещё нет")


@pytest.mark.parametrize(
    "letter",
    [LETTER, replace(LETTER, state=NotificationState.SENDING), replace(SENT, state=NotificationState.DROPPED)],
    ids=lambda letter: letter.state,
)
def test_r7_point_6_a_request_that_did_not_go_out_is_no(letter: Notification) -> None:
    assert asked(ASKED, letter) == Point(RULE_BOOK[5], Answer.NO, None, "письмо с запросом не отправлено")


def test_r7_point_6_says_what_came_of_the_request() -> None:
    history = answered_at(LATER, LATER + timedelta(hours=1))

    assert asked(replace(ASKED, reminded_at=LATER), SENT).remark == "клиенту напомнили"
    assert asked(ANSWERED, SENT, history=history) == Point(RULE_BOOK[5], Answer.YES, SENT_AT, "клиент ответил")


def test_r7_point_6_what_came_before_the_letter_had_not_to_be_asked_for() -> None:
    before = SENT_AT - timedelta(seconds=1)
    remark = "недостающее пришло раньше, чем ушёл запрос"

    assert asked(ANSWERED, SENT, history=answered_at(before, before, LATER)) == Point(
        RULE_BOOK[5], Answer.NOT_NEEDED, None, remark
    )
    assert asked(ANSWERED, SENT, history=answered_at(before, LATER)).answer is Answer.YES
    assert asked(ANSWERED, LETTER, history=answered_at(before, before)).remark == remark


def test_r7_point_6_who_gets_no_automatic_letter_has_to_be_asked_otherwise() -> None:
    found = asked(replace(ASKED, asked_at=None), NOTICE)

    assert (found.answer, found.remark) == (Answer.NO, "клиенту не пишем автоматически: нужно уточнить иначе")


def test_r15_a_merged_ticket_leaves_its_points_to_the_one_that_goes_on() -> None:
    merged = replace(ASKED, merged_into=12300, acceptance=Acceptance.NOT_AWAITED)
    remarks = [(each.answer, each.remark) for each in checklist(replace(RECORD, ticket=merged))]

    assert remarks[3] == (Answer.NOT_NEEDED, "клиенту сообщается номер #12300")
    assert remarks[5] == (Answer.NOT_NEEDED, "запрашивается по обращению #12300")
    assert remarks[6] == (Answer.NOT_NEEDED, "передаётся обращение #12300")


@pytest.mark.parametrize("kind", [NotificationKind.ALREADY_REGISTERED, NotificationKind.MERGED])
def test_r15_point_4_any_letter_with_the_number_tells_the_client(kind: NotificationKind) -> None:
    letter = replace(notification_of(TICKET, kind), state=NotificationState.DELIVERED, sent_at=SENT_AT)
    accepted = replace(ACCEPTED, accepted_by=letter.id)

    assert notified(accepted, LETTER, letter) == Point(RULE_BOOK[3], Answer.YES, SENT_AT, "клиент получил номер")


@pytest.mark.parametrize(("complete", "remark"), [(True, ""), (False, "без недостающих данных")])
def test_r18_point_7_a_ticket_that_was_handed_on_says_when_and_how(*, complete: bool, remark: str) -> None:
    ticket = replace(ASKED, handed_on=Handover(LATER, 2, complete))

    assert point(7, ticket=ticket) == Point(RULE_BOOK[6], Answer.YES, LATER, remark)


@pytest.mark.parametrize(
    ("ticket", "remark"),
    [
        (ASKED, "ждём данных от клиента"),
        (replace(ASKED, urgent=True), "ближайшая проверка передаст его"),
        (replace(ASKED, asked_at=None), "ближайшая проверка передаст его"),
        (ANSWERED, "ближайшая проверка передаст его"),
    ],
    ids=["asked", "urgent", "not asked", "answered"],
)
def test_r18_point_7_a_ticket_that_was_not_handed_on_says_what_it_waits_for(ticket: Ticket, remark: str) -> None:
    assert point(7, ticket=ticket) == Point(RULE_BOOK[6], Answer.NO, None, remark)


@pytest.mark.parametrize(
    ("accepted_by", "person"),
    [
        (None, None),
        ("12345-confirmation", None),
        ("12345-confirmation-2", None),
        ("12345-already-registered-2", None),
        ("12345-merged-12346", None),
        ("Анна", "Анна"),
        (SPECIALISTS, SPECIALISTS),
    ],
)
def test_r10_who_told_the_number_is_a_person_and_no_letter(accepted_by: str | None, person: str | None) -> None:
    assert teller(replace(TICKET, accepted_by=accepted_by)) == person
