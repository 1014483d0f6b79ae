"""A ticket's history in Russian sentences, each with who did it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.desk.words import CONCERNS, LETTERS, name_of
from shared.domain.concern import Concern
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Notification
from shared.domain.submission import Channel, Submission
from shared.domain.ticket import Ticket, tag
from shared.store.dossier import Dossier
from shared.wording import CHANNELS


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the history.

    Attributes:
        who: Who did it: a name, or an address.
        text: What was done; where another ticket stands, its number is to follow.
        ticket: That number; None where it is about no other ticket.
        submission: The submission that it is about, by its key, if the page shows it.
    """

    at: datetime
    who: str
    text: str
    ticket: int | None = None
    submission: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the sentences need to know beside the lines.

    Attributes:
        letters: Of the ticket, by id.
        submissions: Of the ticket, by key.
    """

    ticket: Ticket
    letters: Mapping[str, Notification]
    submissions: Mapping[str, Submission]

    @classmethod
    def of(cls, dossier: Dossier) -> "Told":
        """Take it from a dossier."""
        submissions = {each.submission.key: each.submission for each in dossier.entries}
        return cls(dossier.ticket, {letter.id: letter for letter in dossier.letters}, submissions)


def sentence(line: HistoryEntry, told: Told) -> Line:
    """Say what a line says."""
    text = _SENTENCES[line.event](line, told)
    other = int(line.about) if line.event in _ABOUT_TICKETS and line.about.isdecimal() else None
    key = line.about if line.about in told.submissions else None
    return Line(line.at, name_of(line.by), text, other, key)


def beginning(told: Told) -> Line:
    """Say how it began: that line is the ticket itself (ADR 7)."""
    ticket = told.ticket
    opening = told.submissions.get(ticket.submissions[0])
    number = tag(ticket.number)
    if opening is None or opening.by is None:
        return Line(ticket.registered_at, "Система", f"Зарегистрировано, номер {number}")
    text = f"Звонок записан, номер {number}" if opening.channel is Channel.PHONE else f"Взято в работу, номер {number}"
    return Line(ticket.registered_at, name_of(opening.by), text)


def story(history: Sequence[HistoryEntry], told: Told) -> list[Line]:
    """Tell the whole history, newest last."""
    return [beginning(told), *(sentence(line, told) for line in history)]


def _channel(line: HistoryEntry, told: Told) -> str:
    submission = told.submissions.get(line.about)
    return f" ({CHANNELS[submission.channel]})" if submission else ""


def _to(line: HistoryEntry, told: Told) -> str:
    letter = told.letters.get(line.about)
    return f": {letter.recipient}" if letter else ""


def _answered(line: HistoryEntry, told: Told) -> str:
    submission = told.submissions.get(line.about)
    heard = submission is not None and submission.channel is Channel.PHONE
    return "Записаны данные со слов клиента" if heard else "Получены недостающие данные"


def _merged(line: HistoryEntry, told: Told) -> str:
    if told.ticket.merged_into is not None and line.about == str(told.ticket.merged_into):
        return "Объединено: продолжается под номером"
    return "Объединено с обращением"


def _asked_again(line: HistoryEntry, told: Told) -> str:
    letter = told.letters.get(line.about)
    return (
        f"Отправлено ещё раз: «{LETTERS[letter.kind]}», {letter.recipient}" if letter else "Письмо отправлено ещё раз"
    )


def _told_number(_: HistoryEntry, told: Told) -> str:
    return f"Клиенту сообщён номер {tag(told.ticket.number)}"


def _settled(line: HistoryEntry, _: Told) -> str:
    known = line.about in {concern.value for concern in Concern}
    return f"Разобрано: «{CONCERNS[Concern(line.about)]}»" if known else "Разобрано"


def _handed_on(line: HistoryEntry, _: Told) -> str:
    return "Передано на классификацию" if line.about == "1" else "Передано на классификацию ещё раз: данные изменились"


def _always(text: str) -> Callable[[HistoryEntry, Told], str]:
    return lambda _line, _told: text


_ABOUT_TICKETS = frozenset({Event.MERGED, Event.MERGE_UNDONE})

_SENTENCES: Mapping[Event, Callable[[HistoryEntry, Told], str]] = {
    Event.MESSAGE_JOINED: lambda line, told: f"Пришло сообщение по обращению{_channel(line, told)}",
    Event.DUPLICATE_ATTACHED: lambda line, told: f"То же обращение пришло ещё раз{_channel(line, told)}",
    Event.DETAILS_ANSWERED: _answered,
    Event.MERGED: _merged,
    Event.MERGE_UNDONE: _always("Отменено объединение с обращением"),
    Event.SPLIT_OFF: _always("Сообщение выделено в отдельное обращение"),
    Event.REMINDED: _always("Клиенту отправлено напоминание о недостающих данных"),
    Event.HANDED_ON: _handed_on,
    Event.ACCEPTED: lambda line, told: f"Клиент получил номер: письмо доставлено{_to(line, told)}",
    Event.UNDELIVERABLE: lambda line, told: f"Письмо с номером не доставлено{_to(line, told)}",
    Event.ACCEPTANCE_REVOKED: lambda line, told: f"Доставленное письмо с номером вернулось{_to(line, told)}",
    Event.LETTER_ASKED_AGAIN: _asked_again,
    Event.NUMBER_TOLD: _told_number,
    Event.CONTACT_CORRECTED: lambda line, told: f"Исправлен адрес клиента{_to(line, told)}",
    Event.CONCERN_SETTLED: _settled,
    Event.ERASED: _always("Удалены персональные данные клиента"),
    Event.EXPORTED: _always("Выгружены данные клиента"),
}
