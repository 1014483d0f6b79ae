"""The rule book's check-list, answered for a ticket by what the ledger holds of it, and by nothing else (R20).

What is only going to be done is answered with no: nobody may take the list for more than it knows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.acceptance import is_letter_with_number
from shared.domain.completeness import DESIRED, Detail
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import WITH_NUMBER, Notification, NotificationKind, NotificationState
from shared.domain.submission import Mark, Omission, Submission, SubmissionState
from shared.domain.ticket import REGISTRATION_TIME_LIMIT, Acceptance, Ticket, tag
from shared.domain.trouble import explain


class Answer(StrEnum):
    """What a point of the list is answered with."""

    YES = "yes"
    NO = "no"
    NOT_NEEDED = "not_needed"


ANSWERS: Mapping[Answer, str] = {Answer.YES: "да", Answer.NO: "нет", Answer.NOT_NEEDED: "не требуется"}
"""The answers in Russian."""

RECEIVED = "Обращение получено из любого канала связи"
REGISTERED = "Обращение зарегистрировано в системе обработки обращений"
NUMBERED = "Присвоен уникальный идентификатор (ID)"
NOTIFIED = "Отправлено уведомление клиенту с ID обращения"
CHECKED = "Проверена полнота информации в обращении"
ASKED = "При необходимости подготовлен запрос дополнительной информации"
HANDED_ON = "Обращение передано на дальнейшую обработку (классификацию)"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the list.

    Attributes:
        text: The rule book's words.
        at: When it was done; None when it was not, or when nothing had to be done.
        remark: What else there is to know, in Russian; may be empty. It holds what a person was called, and what mail
            servers said.
    """

    text: str
    answer: Answer
    at: datetime | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What the ledger holds of a ticket, as far as the list goes.

    Attributes:
        opening: What opened the ticket; None when the ledger does not hold it.
        state: Of that submission; None with it.
        letters: All of the ticket.
        history: All of its lines.
    """

    ticket: Ticket
    opening: Submission | None
    state: SubmissionState | None
    letters: Sequence[Notification]
    history: Sequence[HistoryEntry]


def checklist(record: Record) -> tuple[Point, ...]:
    """Answer the seven points, in the rule book's order."""
    return (
        _received(record),
        _registered(record),
        _numbered(record.ticket),
        _notified(record),
        _checked(record),
        _asked(record),
        _handed_on(record.ticket),
    )


def teller(ticket: Ticket) -> str | None:
    """Give the person by whose word the client has the number (R10); None when it was a letter, or is not so."""
    by = ticket.accepted_by
    return None if by is None or is_letter_with_number(by, ticket.number) else by


_NOT_IN_THE_LEDGER = "записи о поступлении нет в журнале: сообщите администратору"


def _received(record: Record) -> Point:
    if record.opening is None:
        return Point(RECEIVED, Answer.NO, remark=_NOT_IN_THE_LEDGER)
    return Point(RECEIVED, Answer.YES, record.opening.received_at)


def _registered(record: Record) -> Point:
    ticket = record.ticket
    if record.state not in {SubmissionState.REGISTERED, SubmissionState.ATTACHED}:
        return Point(REGISTERED, Answer.NO, remark="поступившее не отмечено в журнале как обращение")
    took = ticket.registered_at - ticket.received_at
    late = f"через {took // timedelta(minutes=1)} мин. после поступления" if took > REGISTRATION_TIME_LIMIT else ""
    return Point(REGISTERED, Answer.YES, ticket.registered_at, late)


def _numbered(ticket: Ticket) -> Point:
    if not ticket.title.startswith(f"[{tag(ticket.number)}]"):
        return Point(NUMBERED, Answer.NO, remark="номера нет в заголовке обращения")
    return Point(NUMBERED, Answer.YES, ticket.registered_at, tag(ticket.number))


_NEVER_TAKEN = frozenset({NotificationState.REJECTED, NotificationState.DROPPED})
"""States of a letter that no mail server has seen, even if the provider had taken it first."""


def _notified(record: Record) -> Point:
    ticket = record.ticket
    sent_at = _sent_at(each for each in record.letters if each.kind in WITH_NUMBER)
    # Of several copies the latest is the one that the ticket waits for.
    latest = next((each for each in record.letters if each.id == ticket.confirmation), None)
    if sent_at is not None:
        return Point(NOTIFIED, Answer.YES, sent_at, _acceptance(ticket, latest))
    if ticket.acceptance is Acceptance.ACCEPTED:
        return Point(NOTIFIED, Answer.NOT_NEEDED, remark=_acceptance(ticket, latest))
    if ticket.merged_into is not None:
        return Point(NOTIFIED, Answer.NOT_NEEDED, remark=f"клиенту сообщается номер {tag(ticket.merged_into)}")
    if ticket.acceptance is Acceptance.NOT_AWAITED:
        return Point(NOTIFIED, Answer.NOT_NEEDED, remark="система решила не отвечать на это обращение автоматически")
    return Point(NOTIFIED, Answer.NO, remark=_why_not_sent(ticket, latest))


def _sent_at(letters: Iterable[Notification]) -> datetime | None:
    """Give when the first of some letters left our side; None when none did."""
    return min((each.sent_at for each in letters if each.sent_at and each.state not in _NEVER_TAKEN), default=None)


def _acceptance(ticket: Ticket, latest: Notification | None) -> str:
    match ticket.acceptance:
        case Acceptance.ACCEPTED if told_by := teller(ticket):
            return f"номер клиенту сообщил специалист: {told_by}"
        case Acceptance.ACCEPTED:
            return "клиент получил номер"
        case Acceptance.REVOKED:
            return f"письмо было доставлено, но вернулось{_trouble(latest)}"
        case Acceptance.UNDELIVERABLE:
            return f"письмо не доставлено{_trouble(latest)}"
        case Acceptance.PENDING | Acceptance.NOT_AWAITED:
            return f"получение ещё не подтверждено{_trouble(latest)}"


def _why_not_sent(ticket: Ticket, latest: Notification | None) -> str:
    if latest is None:
        if ticket.confirmation_omitted is Omission.NO_EMAIL:
            return "у клиента нет адреса электронной почты: номер нужно сообщить иначе"
        return "письма с номером нет в журнале: сообщите администратору"
    if latest.state is NotificationState.SENDING:
        return "неизвестно, ушло ли письмо: связь с почтовым сервисом прервалась"
    return f"письмо не отправлено{_trouble(latest)}"


def _trouble(latest: Notification | None) -> str:
    return f": {explain(latest.failure)}" if latest and latest.failure else ""


_ASKING = frozenset({NotificationKind.CONFIRMATION, NotificationKind.REMINDER})
"""Letters that ask for what is missing at their sending (R7)."""

_JOINED = frozenset({Event.MESSAGE_JOINED, Event.DUPLICATE_ATTACHED, Event.DETAILS_ANSWERED})
_READ_IN_PART = frozenset({Mark.MESSAGE_CUT, Mark.TEXT_SHORTENED})


def _checked(record: Record) -> Point:
    ticket = record.ticket
    if record.opening is None:
        return Point(CHECKED, Answer.NO, remark=_NOT_IN_THE_LEDGER)
    if ticket.missing and _READ_IN_PART.intersection(ticket.marks):
        return Point(CHECKED, Answer.NO, remark="письмо прочитано не целиком: недостающее может быть в нём")
    # Whatever joins a ticket is looked through for what is missing.
    joined = [line.at for line in record.history if line.event in _JOINED]
    return Point(CHECKED, Answer.YES, max(joined, default=ticket.registered_at), _completeness(ticket))


def _completeness(ticket: Ticket) -> str:
    if Detail.DESCRIPTION in ticket.missing:
        return "непонятно, в чём вопрос"
    if not ticket.complete:
        return f"не хватает данных: {len(ticket.missing)}"
    return "есть всё" if not ticket.missing else "есть всё, кроме шагов воспроизведения"


def _asked(record: Record) -> Point:
    ticket = record.ticket
    asks = ticket.asked_at is not None
    asked_at = _sent_at(each for each in record.letters if each.kind in _ASKING) if asks else None
    if ticket.complete and (asked_at is None or _completed_at(record) <= asked_at):
        return Point(ASKED, Answer.NOT_NEEDED, remark="недостающее пришло раньше, чем ушёл запрос" if asks else "")
    if asked_at is not None:
        return Point(ASKED, Answer.YES, asked_at, _answered(ticket))
    if ticket.merged_into is not None:
        return Point(ASKED, Answer.NOT_NEEDED, remark=f"запрашивается по обращению {tag(ticket.merged_into)}")
    reason = "письмо с запросом не отправлено" if asks else "клиенту не пишем автоматически: нужно уточнить иначе"
    return Point(ASKED, Answer.NO, remark=reason)


def _answered(ticket: Ticket) -> str:
    if ticket.complete:
        return "клиент ответил"
    return "клиенту напомнили" if ticket.reminded_at else "ответа ещё нет"


def _completed_at(record: Record) -> datetime:
    """Give when the last of what is waited for came."""
    came_at = {line.about: line.at for line in record.history if line.event in _JOINED}
    known = (each.submission for each in record.ticket.known if each.detail not in DESIRED)
    return max((came_at[key] for key in known if key in came_at), default=record.ticket.registered_at)


def _handed_on(ticket: Ticket) -> Point:
    if ticket.handed_on is not None:
        remark = "" if ticket.handed_on.complete else "без недостающих данных"
        return Point(HANDED_ON, Answer.YES, ticket.handed_on.at, remark)
    if ticket.merged_into is not None:
        return Point(HANDED_ON, Answer.NOT_NEEDED, remark=f"передаётся обращение {tag(ticket.merged_into)}")
    waits = ticket.asked_at is not None and not ticket.complete and not ticket.urgent
    return Point(HANDED_ON, Answer.NO, remark="ждём данных от клиента" if waits else "ближайшая проверка передаст его")
