"""What needs a person, in the order in which it presses: who asks, since when, why, and what can be done at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.desk.moments import Clock
from functions.desk.words import SHORT_CONCERNS
from shared.domain.concern import Concern
from shared.domain.lateness import QUARANTINED
from shared.domain.notification import Notification
from shared.domain.submission import Quarantine
from shared.domain.ticket import Acceptance, Ticket, tag
from shared.domain.trouble import explain
from shared.releasing import READABLE
from shared.store.desk import Attention, WaitingSubmission
from shared.wording import MISSING, OMISSIONS

_NO_NUMBER = "Сохранено, но номера ещё нет: база данных не принимала записи. Система пробует снова каждую минуту."


@dataclass(frozen=True, slots=True)
class TicketCase:
    """A ticket that needs something.

    Attributes:
        why: What is the matter, in Russian.
        address: Where the letter that failed went; the client's address where there is no such letter; may be empty.
    """

    ticket: Ticket
    why: str
    address: str


@dataclass(frozen=True, slots=True)
class SubmissionCase:
    """A submission without a number."""

    submission: WaitingSubmission
    why: str
    releasable: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What waits for one reason.

    Attributes:
        id: Anchor on the page, and what the template tells the remedies by.
        total: How many there are, of which the cases are those that have waited for longest.
    """

    id: str
    title: str
    total: int
    tickets: tuple[TicketCase, ...] = ()
    submissions: tuple[SubmissionCase, ...] = ()

    @property
    def omitted(self) -> int:
        """How many are not shown."""
        return self.total - len(self.tickets) - len(self.submissions)


def letters_needed(attention: Attention) -> frozenset[str]:
    """Give the letters that have to be read to say why they did not arrive, by their ids."""
    undelivered = attention.tickets[Concern.UNDELIVERED].found
    return frozenset(ticket.confirmation for ticket in undelivered if ticket.confirmation)


def sections(attention: Attention, letters: Mapping[str, Notification], clock: Clock) -> tuple[Section, ...]:
    """Sort what needs a person by how it presses; sections without anything are left out.

    Args:
        attention: What was found.
        letters: Those of `letters_needed` that there are.
        clock: Writes moments.
    """
    quarantined, kept = attention.quarantined, attention.kept
    found = [
        Section("quarantine", "Карантин", quarantined.total, submissions=tuple(map(_judged, quarantined.found))),
        Section("kept", "Без номера", kept.total, submissions=tuple(map(_kept, kept.found))),
    ]
    for concern in Concern:
        waiting = attention.tickets[concern]
        cases = tuple(_case(concern, ticket, letters, clock) for ticket in waiting.found)
        found.append(Section(concern.value, SHORT_CONCERNS[concern], waiting.total, tickets=cases))
    return tuple(section for section in found if section.total)


def for_people(found: tuple[Section, ...]) -> int:
    """Count what a person has to do something about: what only waits for the client's answer is nothing of it."""
    return sum(section.total for section in found if section.id != Concern.INFORMATION)


def _judged(submission: WaitingSubmission) -> SubmissionCase:
    reason = submission.quarantine or Quarantine.FAILED
    return SubmissionCase(submission, f"Письмо ждёт решения: {QUARANTINED[reason]}.", reason in READABLE)


def _kept(submission: WaitingSubmission) -> SubmissionCase:
    return SubmissionCase(submission, _NO_NUMBER, releasable=False)


def _case(concern: Concern, ticket: Ticket, letters: Mapping[str, Notification], clock: Clock) -> TicketCase:
    letter = letters.get(ticket.confirmation or "")
    address = letter.recipient if letter else ticket.contact.email or ""
    return TicketCase(ticket, why(concern, ticket, letter, clock), address)


def why(concern: Concern, ticket: Ticket, letter: Notification | None, clock: Clock) -> str:
    """Say how it came to a concern.

    Args:
        concern: What a person has to see to.
        ticket: The ticket.
        letter: Its latest letter with the number; None where there is none, or it was not read.
        clock: Writes moments.
    """
    match concern:
        case Concern.UNDELIVERED:
            return _undelivered(ticket, letter)
        case Concern.CALL:
            return "Адреса почты нет, письмо с номером отправить некуда. Позвоните клиенту и назовите номер."
        case Concern.LATE:
            return " ".join(flag.reason for flag in ticket.flags if flag.is_open)
        case Concern.NO_LETTER:
            omitted = ticket.confirmation_omitted
            return f"Причина: {OMISSIONS[omitted]}." if omitted else "Причина неизвестна."
        case Concern.POSSIBLE_DUPLICATE:
            return f"Похоже на {tag(ticket.related or 0)} того же клиента. Одно ли это обращение, решать вам."
        case Concern.INFORMATION:
            return _incomplete(ticket, clock)


def _undelivered(ticket: Ticket, letter: Notification | None) -> str:
    what = "было доставлено, но вернулось" if ticket.acceptance is Acceptance.REVOKED else "не доставлено"
    if letter is None:
        return f"Письмо {what}."
    trouble = explain(letter.failure) if letter.failure else "причина неизвестна"
    return f"Письмо на {letter.recipient} {what}: {trouble}."


def _incomplete(ticket: Ticket, clock: Clock) -> str:
    lacks = ", ".join(MISSING[detail] for detail in ticket.missing)
    if ticket.asked_at is None:
        asked = "У клиента не запрошено: письма ему нет. Спросите сами."
    elif ticket.reminded_at is None:
        asked = f"Запрошено: {clock.moment(ticket.asked_at).short}."
    else:
        asked = (
            f"Запрошено: {clock.moment(ticket.asked_at).short}; напомнили: {clock.moment(ticket.reminded_at).short}."
        )
    return f"Не хватает: {lacks}. {asked}"
