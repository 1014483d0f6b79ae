"""The 15 minutes of the rule book: what is warned of, what is flagged, and what a person reads about it (R16).

The sweep looks at a document when its `check_at` has come, and asks here what to do. Nothing here knows of other
documents than the one that is looked at and the letter that belongs to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.flag import Flag, FlagKind, any_open, cleared
from shared.domain.notification import Notification, NotificationState
from shared.domain.submission import Omission, Quarantine, SubmissionState
from shared.domain.ticket import LOOK_AFTER, REGISTRATION_TIME_LIMIT, Acceptance, Ticket, confirmation_id
from shared.domain.trouble import explain_in_short

TRY_AGAIN_AFTER = timedelta(minutes=1)
"""How soon the sweep tries again to register what has no number."""


class Severity(StrEnum):
    """How bad a remark is."""

    WARNING = "warning"
    """The time is not over yet."""
    FLAG = "flag"
    CLEARED = "cleared"
    """The cause of an earlier flag is gone."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One row of the digest.

    Attributes:
        ticket: The ticket that it is about; None for a submission without one.
        submission: The submission's key; None for a ticket.
        text: What happened and what to do, in Russian; without personal data.
        received_at: When the request arrived.
    """

    severity: Severity
    ticket: int | None
    submission: str | None
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What one sweep found, in one letter.

    Attributes:
        remarks: The first of them; the letter would grow beyond reading.
        omitted: How many more there are.
    """

    id: str
    at: datetime
    remarks: tuple[Remark, ...] = ()
    omitted: int = 0

    def with_remarks(self, more: tuple[Remark, ...]) -> "Digest":
        """Add remarks, as far as there is room."""
        room = MOST_REMARKS - len(self.remarks)
        return replace(self, remarks=self.remarks + more[:room], omitted=self.omitted + len(more[room:]))


MOST_REMARKS = 100


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a document came to.

    Attributes:
        flags: Its flags from now on.
        check_at: When to look again; None when there is no need.
    """

    flags: tuple[Flag, ...]
    check_at: datetime | None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """A document, as far as lateness goes.

    Attributes:
        warned: Whether the warning has been given, if it is time for it.
        why: Why it is not settled, in Russian; None when it is.
        again_after: How soon to look again at what is flagged already; None when a change brings the next look.
        since: From when the time runs: the arrival, or the moment at which a person had the letter sent once more.
    """

    kind: FlagKind
    ticket: int | None
    submission: str | None
    received_at: datetime
    since: datetime
    warned: bool
    flags: tuple[Flag, ...]
    why: str | None
    again_after: timedelta | None

    def look(self, now: datetime, warn_after: timedelta) -> Look:
        if self.why is None:
            remarks = (self._remark(Severity.CLEARED, _GONE[self.kind]),) if any_open(self.flags) else ()
            return Look(cleared(self.flags, now), None, remarks)
        again_at = None if self.again_after is None else now + self.again_after
        if any_open(self.flags):
            return Look(self.flags, again_at)
        warn_at, flag_at = self.since + warn_after, self.since + REGISTRATION_TIME_LIMIT
        if now >= flag_at:
            flags = (*self.flags, Flag(self.kind, now, self.why))
            return Look(flags, again_at, (self._remark(Severity.FLAG, self.why),))
        if now < warn_at:
            return Look(self.flags, min(filter(None, (again_at, warn_at))))
        remarks = () if self.warned else (self._remark(Severity.WARNING, self.why),)
        return Look(self.flags, min(filter(None, (again_at, flag_at))), remarks)

    def _remark(self, severity: Severity, text: str) -> Remark:
        return Remark(severity, self.ticket, self.submission, text, self.received_at)


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A submission that has no ticket, or had none when it was flagged.

    Attributes:
        quarantine: Why it waits for a person; None when it does not.
        check_at: When this look was due.
    """

    key: str
    received_at: datetime
    state: SubmissionState
    quarantine: Quarantine | None
    flags: tuple[Flag, ...]
    check_at: datetime | None


def look_at_submission(submission: Unregistered, now: datetime, warn_after: timedelta) -> Look:
    """Tell what is late about a submission; see `look_at_ticket` for the arguments."""
    state, why = submission.state, None
    if state is SubmissionState.RECEIVED:
        why = _NO_NUMBER
    elif state is SubmissionState.QUARANTINED:
        why = _IN_QUARANTINE.format(QUARANTINED[submission.quarantine or Quarantine.FAILED])
    tried_again = state is SubmissionState.RECEIVED
    # Only what is tried again is looked at between its warning and its flag.
    next_look = submission.received_at + warn_after + TRY_AGAIN_AFTER
    case = _Case(
        kind=FlagKind.NOT_REGISTERED,
        ticket=None,
        submission=submission.key,
        received_at=submission.received_at,
        since=submission.received_at,
        warned=tried_again and submission.check_at is not None and submission.check_at >= next_look,
        flags=submission.flags,
        why=why,
        again_after=TRY_AGAIN_AFTER if tried_again else None,
    )
    return case.look(now, warn_after)


def look_at_ticket(ticket: Ticket, letter: Notification | None, now: datetime, warn_after: timedelta) -> Look:
    """Tell what is late about a ticket.

    Args:
        ticket: The ticket.
        letter: Its latest letter with the number; None when there is none.
        now: The present.
        warn_after: From arrival to the warning.
    """
    settled = ticket.acceptance in {Acceptance.ACCEPTED, Acceptance.NOT_AWAITED}
    why = None if settled else _why_not_confirmed(ticket, letter)
    asked_again = letter is not None and letter.id != confirmation_id(ticket.number)
    since = letter.requested_at if letter is not None and asked_again else ticket.received_at
    first_look = max(since + warn_after, ticket.registered_at + LOOK_AFTER)
    case = _Case(
        kind=FlagKind.NOT_CONFIRMED,
        ticket=ticket.number,
        submission=None,
        received_at=ticket.received_at,
        since=since,
        # A look that was due later comes from a change of the letter between warning and flag.
        warned=ticket.check_at is not None and ticket.check_at > first_look,
        flags=ticket.flags,
        why=why,
        again_after=None,
    )
    look = case.look(now, warn_after)
    return replace(look, flags=(*_late(ticket), *look.flags), remarks=(*_late_remarks(ticket), *look.remarks))


def _late(ticket: Ticket) -> Iterator[Flag]:
    if ticket.waits_for_late_flag:
        minutes = (ticket.registered_at - ticket.received_at) // timedelta(minutes=1)
        text = f"Номер присвоен через {minutes} мин. после поступления. Клиент ждал: ответьте ему в первую очередь."
        yield Flag(FlagKind.REGISTERED_LATE, ticket.registered_at, text, ticket.registered_at)


def _late_remarks(ticket: Ticket) -> Iterator[Remark]:
    for flag in _late(ticket):
        yield Remark(Severity.FLAG, ticket.number, None, flag.reason, ticket.received_at)


_NO_NUMBER = (
    "Обращение сохранено, но номера у него ещё нет: база данных не принимает записи. Система пробует снова каждую"
    " минуту; сообщите администратору."
)
QUARANTINED: Mapping[Quarantine, str] = {
    Quarantine.SPAM: "оно похоже на спам",
    Quarantine.NO_CONTACT: "в нём нет ни адреса, ни телефона для ответа",
    Quarantine.UNKNOWN_BOUNCE: "это отчёт о недоставке неизвестного письма",
    Quarantine.MALFORMED: "почтовый сервис передал его в испорченном виде",
    Quarantine.FAILED: "программа не смогла его разобрать",
    Quarantine.REFUSED: "база данных не принимает его",
}
"""Why a message waits for a person, in Russian."""

_IN_QUARANTINE = "Письмо ждёт решения специалиста в карантине: {}. Зарегистрируйте его или закройте."
_GONE: Mapping[FlagKind, str] = {
    FlagKind.NOT_REGISTERED: "Обращение зарегистрировано или закрыто.",
    FlagKind.NOT_CONFIRMED: "Клиент получил номер.",
}
_CALL = " Позвоните клиенту и сообщите номер или предложите чат-бот."
_NO_PHONE = " Телефон клиента неизвестен: когда клиент напишет снова, предложите звонок или чат-бот."


def _why_not_confirmed(ticket: Ticket, letter: Notification | None) -> str:
    advice = _CALL if ticket.contact.phone else _NO_PHONE
    if letter is None:
        if ticket.confirmation_omitted is Omission.NO_EMAIL:
            return f"У клиента нет адреса электронной почты.{advice}"
        return f"Письма с номером нет в журнале: сообщите администратору.{advice}"
    return f"{_state_of(letter)}{advice}"


def _state_of(letter: Notification) -> str:
    failure = letter.failure
    match letter.state:
        case NotificationState.REQUESTED:
            said = f": почтовый сервис отвечает ошибкой {failure.status}" if failure and failure.status else ""
            return f"Письмо с номером ещё не отправлено{said}."
        case NotificationState.SENDING:
            return (
                "Неизвестно, ушло ли письмо с номером: связь с почтовым сервисом прервалась. Пока это не"
                " выяснится, система не пишет второй раз, чтобы клиент не получил два письма."
            )
        case NotificationState.SENT:
            return "Письмо с номером отправлено, но почтовый сервер клиента не подтвердил получение."
        case NotificationState.DEFERRED:
            said = f": {explain_in_short(failure)}" if failure else ""
            return f"Письмо с номером пока не доставлено{said}."
        case NotificationState.DELIVERED:
            return "Письмо с номером доставлено, но обращение не отмечено принятым: сообщите администратору."
        case NotificationState.REJECTED | NotificationState.DROPPED | NotificationState.BOUNCED:
            said = f": {explain_in_short(failure)}" if failure else ""
            return f"Письмо с номером не доставлено{said}."
