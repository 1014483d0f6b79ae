"""What can be done about a ticket: one class an action."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from functions.desk.acting import Asked, Landing, no_such_ticket
from functions.desk.not_done import NotDoneError, not_merged, not_resent, not_split, not_told
from functions.desk.offering import FORCE, Field, Look
from functions.desk.words import name_of
from shared.domain.checklist import teller
from shared.domain.concern import SETTLED_BY_WORD, Concern
from shared.domain.contact import parse_email
from shared.domain.history import Event, HistoryEntry
from shared.domain.merging import MergeRefusedError
from shared.domain.notification import TO_CLIENTS, NotificationKind
from shared.domain.repetition import KINDS, ResendRefusedError, Wish
from shared.domain.splitting import SplitRefusedError
from shared.domain.submission import Attachment
from shared.hearing import FIELDS, heard
from shared.joining import BrokenRedirectError, Joiner
from shared.merging import Merger
from shared.request_fields import LABELS, LIMITS, NOTHING_SAID, InvalidFieldsError, read_answer
from shared.resending import Resender
from shared.settling import Settling
from shared.splitting import Entries, Splitter
from shared.telling import MergedError, Telling

_LONGEST_NUMBER = 15


@dataclass(frozen=True, slots=True)
class Tell:
    """The client was told the number (R10)."""

    telling: Telling
    name: ClassVar[str] = "told"
    button: ClassVar[str] = "Номер сообщён клиенту"
    by_letters: ClassVar[bool] = True
    fields: ClassVar[Sequence[Field]] = ()

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        try:
            told = self.telling.record(asked.number, asked.person.signature)
        except MergedError as error:
            raise not_told(error) from error
        if told is None:
            raise no_such_ticket()
        if told.ticket is told.before and told.ticket.accepted_by != asked.person.signature:
            by = teller(told.ticket)
            how = f"Номер клиенту сообщил(а) {name_of(by)}." if by else "Письмо с номером доставлено."
            raise NotDoneError("Клиент уже знает номер", f"{how} Записывать ничего не нужно.", final=True)
        return Landing(asked.number, self.name)

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        return Landing(asked.number, self.name) if line.event is Event.NUMBER_TOLD else None


@dataclass(frozen=True, slots=True)
class Resend:
    """A letter goes out once more, perhaps to another address (R12)."""

    resender: Resender
    name: ClassVar[str] = "resend"
    button: ClassVar[str] = "Отправить письмо"
    by_letters: ClassVar[bool] = True
    fields: ClassVar[Sequence[Field]] = (
        Field("to", "Адрес клиента", Look.EMAIL, LIMITS["email"]),
        Field("kind"),
        Field(FORCE),
    )

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        kind, ticket = _kind(asked), asked.dossier.ticket
        to = _address(asked) if kind in TO_CLIENTS else None
        wish = Wish(
            asked.number,
            kind,
            asked.person.signature,
            None if to == ticket.contact.email else to,
            forced=bool(asked.typed[FORCE]),
            seen=ticket.confirmation or "" if kind is NotificationKind.CONFIRMATION else None,
        )
        try:
            done = self.resender.ask(wish)
        except ResendRefusedError as error:
            raise not_resent(error) from error
        return Landing(asked.number, self.name if done.suppression is None else "resend_listed")

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        letter = next((each for each in asked.dossier.letters if each.id == line.about), None)
        if line.event is not Event.LETTER_ASKED_AGAIN or letter is None or letter.kind is not _kind(asked):
            return None
        to = _address(asked) if letter.kind in TO_CLIENTS else None
        return Landing(asked.number, self.name) if to in {None, letter.recipient} else None


@dataclass(frozen=True, slots=True)
class Merge:
    """Two tickets are one request (R15)."""

    merger: Merger
    name: ClassVar[str] = "merge"
    button: ClassVar[str] = "Объединить"
    by_letters: ClassVar[bool] = False
    fields: ClassVar[Sequence[Field]] = (Field("other", "Номер другого обращения", Look.NUMBER, _LONGEST_NUMBER + 3),)

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        try:
            done = self.merger.merge(asked.number, _other(asked), asked.person.signature)
        except MergeRefusedError as error:
            raise not_merged(error) from error
        return Landing(done.into.number, self.name)

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        if line.event is not Event.MERGED or line.about != str(_other(asked)):
            return None
        return Landing(asked.dossier.ticket.merged_into or asked.number, self.name)


@dataclass(frozen=True, slots=True)
class Split:
    """A submission is a request of its own, or a merge is undone (R15)."""

    splitter: Splitter
    entries: Entries
    name: ClassVar[str] = "split"
    button: ClassVar[str] = "Сделать отдельным обращением"
    by_letters: ClassVar[bool] = False
    fields: ClassVar[Sequence[Field]] = (Field("submission"),)

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        key = asked.typed["submission"]
        if key not in asked.dossier.ticket.submissions:
            # Of a page that was shown before it was taken out, or of no page at all.
            raise NotDoneError("Этого сообщения в обращении нет", "Откройте обращение ещё раз: оно изменилось.")
        try:
            done = self.splitter.split(key, asked.person.signature)
        except SplitRefusedError as error:
            raise not_split(error) from error
        return self._landing(asked, done.number)

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        key, ticket = asked.typed["submission"], asked.dossier.ticket
        undone = line.event is Event.MERGE_UNDONE and key == ticket.submissions[0]
        if not undone and (line.event is not Event.SPLIT_OFF or line.about != key):
            return None
        entry = self.entries.submissions([key], _READ_TIME).get(key)
        return self._landing(asked, entry.ticket if entry else None)

    def _landing(self, asked: Asked, number: int | None) -> Landing:
        return Landing(asked.number, "split_soon") if number is None else Landing(number, self.name)


@dataclass(frozen=True, slots=True)
class Fill:
    """What a specialist has heard of what the ticket lacks (R6, R10).

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    joiner: Joiner
    now: Callable[[], datetime]
    name: ClassVar[str] = "fill"
    button: ClassVar[str] = "Записать"
    by_letters: ClassVar[bool] = False
    fields: ClassVar[Sequence[Field]] = tuple(
        Field(name, LABELS[name], Look.TEXT if name in {"description", "steps"} else Look.LINE, LIMITS[name])
        for name in FIELDS
    )

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        try:
            said = read_answer(asked.typed, FIELDS)
        except InvalidFieldsError as error:
            title, text = "Проверьте написанное", "Исправьте отмеченные поля и запишите ещё раз."
            raise NotDoneError(title, text, errors=error.errors) from error
        if said == NOTHING_SAID:
            raise NotDoneError("Ничего не заполнено", "Заполните хотя бы одно поле.", errors={"": ""})
        submission = heard(asked.number, said, asked.person.signature, self.now())
        try:
            # The specialists get no letter about what one of them has written.
            ticket = self.joiner.join(submission, asked.number, Attachment.ANSWER, told=False)
        except BrokenRedirectError as error:
            raise NotDoneError("Журнал в беспорядке", "Связь между обращениями ведёт в никуда.") from error
        return Landing(ticket.number, self.name)

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        try:
            said = read_answer(asked.typed, FIELDS)
        except InvalidFieldsError:
            return None
        key = heard(asked.number, said, asked.person.signature, self.now()).key
        return Landing(asked.number, self.name) if line.about == key else None


@dataclass(frozen=True, slots=True)
class Settle:
    """A person has seen to what nothing else would show to be over (R9, R15)."""

    settling: Settling
    name: ClassVar[str] = "settle"
    button: ClassVar[str] = "Разобрано"
    by_letters: ClassVar[bool] = False
    fields: ClassVar[Sequence[Field]] = (Field("concern"),)

    def carry_out(self, asked: Asked) -> Landing:
        """See `Action.carry_out`."""
        concern = _CONCERNS.get(asked.typed["concern"])
        if concern is None:
            raise NotDoneError("Так это не разобрать", "Пока причина есть, обращение остаётся в списке.")
        if self.settling.settle(asked.number, concern, asked.person.signature) is None:
            raise no_such_ticket()
        return Landing(asked.number, self.name)

    def done_by(self, line: HistoryEntry, asked: Asked) -> Landing | None:
        """See `Action.done_by`."""
        done = line.event is Event.CONCERN_SETTLED and line.about == asked.typed["concern"]
        return Landing(asked.number, self.name) if done else None


_CONCERNS: Mapping[str, Concern] = {concern.value: concern for concern in SETTLED_BY_WORD}
_READ_TIME = 5.0
"""Seconds for one read."""


def _kind(asked: Asked) -> NotificationKind:
    named = asked.typed["kind"]
    return next((kind for kind in KINDS if kind.value == named), NotificationKind.CONFIRMATION)


def _address(asked: Asked) -> str | None:
    typed = asked.typed["to"].strip()
    if not typed:
        return None
    try:
        return parse_email(typed)
    except ValueError as error:
        message = "Проверьте адрес, например ivan@example.ru."
        raise NotDoneError("Так адрес не пишется", message, errors={"to": message}) from error


def _other(asked: Asked) -> int:
    typed = asked.typed["other"].strip().strip("[]").lstrip("#№").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_NUMBER):
        message = "Номер — это цифры, например 12345."
        raise NotDoneError("Какое обращение?", "Укажите номер другого обращения.", errors={"other": message})
    return int(typed)
