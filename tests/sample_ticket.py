"""An arrival and its ticket, as registration makes them, for tests of what comes after registration."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from shared.domain.acceptance import consequences
from shared.domain.contact import Contact
from shared.domain.daily_report import Arrival, Arrived, DailyReport, OpenedTicket, OpenFlag, tally
from shared.domain.delivery import DeliveryEvent, Report, follow
from shared.domain.flag import Flag, FlagKind
from shared.domain.lateness import Digest, Remark, Severity
from shared.domain.notification import (
    Notification,
    NotificationKind,
    NotificationState,
    already_registered,
    first_notifications,
    merged,
    new_message,
    requested,
)
from shared.domain.report_period import periods_between
from shared.domain.submission import Channel, Details, File, Mark, Submission, SubmissionState
from shared.domain.ticket import Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.information_links import InformationLinks
from shared.reply_address import ReplyAddresses
from shared.reporting import report_letter
from shared.settings import Secret
from shared.subjects import DigestSubject, ReportSubject, Subject, TicketSubject

REPLIES = ReplyAddresses("support@pass24online.ru", (Secret("a throw-away key"),))
LINKS = InformationLinks("https://form.example", (Secret("another throw-away key"),), timedelta(days=30))
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
SPECIALISTS = "specialists@pass24online.ru"

FRIDAY_NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Within working time: 12:00 in Moscow."""

WEEK = periods_between(date(2026, 11, 16), date(2026, 11, 23), HOURS)
"""What the reports of these working days cover."""

SATURDAY = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
"""Out of hours: the response clock starts on Monday 2026-11-23 at 09:00 in Moscow."""

PLAIN = Submission(
    key="arrival-1",
    channel=Channel.FORM,
    received_at=FRIDAY_NOON,
    contact=Contact("Иван Петров", "ivan.petrov@example.ru", None),
    details=Details(
        subject="",
        description="Не открывается шлагбаум",
        steps="",
        product_version="",
        device_model="",
        os_version="",
        urgent=False,
        previous_ticket=None,
    ),
)
"""No more than what is mandatory (R3)."""

FULL = Submission(
    key="arrival-2",
    channel=Channel.FORM,
    received_at=SATURDAY,
    contact=Contact("Анна Сергеева", "anna@example.ru", "+79161234567", "8 (916) 123-45-67 доб. 12"),
    details=Details(
        subject="Пропуск не приходит",
        description="Заказала пропуск.\n\nСМС не пришло.",
        steps="1. Открыть приложение\n2. Нажать «Заказать»",
        product_version="4.12.1",
        device_model="Pixel 9",
        os_version="Android 16",
        urgent=True,
        previous_ticket=12001,
    ),
    files=(
        File("Снимок экрана.png", "image/png", 204_800, "0" * 64, "form/arrival-2/0/Снимок экрана.png"),
        File("запись.exe", "application/x-msdownload", 51_200, "1" * 64, None, "такие файлы не принимаются"),
    ),
    marks=(Mark.CAPTCHA_UNVERIFIED,),
    consented_at=SATURDAY,
)
"""With everything that an arrival may have, out of hours."""


def with_details(submission: Submission, **changes: object) -> Submission:
    """The arrival with other details."""
    return replace(submission, details=replace(submission.details, **changes))  # type: ignore[arg-type] # any field


def opened(submission: Submission, number: int = 12345) -> Ticket:
    """The ticket of an arrival, registered a second later."""
    return open_ticket(submission, number, submission.received_at + timedelta(seconds=1), HOURS)


ABOUT_TICKETS = tuple(
    kind for kind in NotificationKind if kind not in {NotificationKind.DIGEST, NotificationKind.REPORT}
)
"""Letters about one ticket."""

NO_SUCH_USER = "550 5.1.1 <ivan.petrov@example.ru>: user unknown"
NO_NUMBER = "Обращение сохранено, но номера у него ещё нет."


def notification_of(ticket: Ticket, kind: NotificationKind) -> Notification:
    """The notification as registration, a joining message, a bounce or the sweep requests it."""
    first, at, client = ticket.submissions[0], ticket.registered_at, "ivan.petrov@example.ru"
    match kind:
        case NotificationKind.NEW_MESSAGE:
            letter = new_message(ticket, first, SPECIALISTS, at)
        case NotificationKind.ALREADY_REGISTERED:
            letter = already_registered(ticket, first, client, at)
        case NotificationKind.MERGED:
            letter = merged(ticket, 12399, client, at)
        case NotificationKind.REMINDER:
            letter = requested(f"{ticket.number}-{kind}", ticket.number, kind, client, at)
        case NotificationKind.UNDELIVERED:
            sent, failed = sent_and_bounced(ticket)
            [letter] = consequences(sent, failed, ticket, SPECIALISTS, ticket.registered_at).letters
        case NotificationKind.DIGEST:
            letter = replace(requested("digest-1", None, kind, SPECIALISTS, ticket.registered_at), about="1")
        case NotificationKind.REPORT:
            letter = report_letter(report_of(ticket), SPECIALISTS)
        case NotificationKind.CONFIRMATION | NotificationKind.NEW_TICKET:
            [letter] = [each for each in first_notifications(ticket, SPECIALISTS) if each.kind is kind]
    return letter


def sent_and_bounced(ticket: Ticket) -> tuple[Notification, Notification]:
    """The letter with a ticket's number as it was sent, and as it came back."""
    letter = notification_of(ticket, NotificationKind.CONFIRMATION)
    sent = replace(letter, state=NotificationState.SENT, attempts=1, sent_at=ticket.registered_at, check_at=None)
    at = ticket.registered_at + timedelta(seconds=5)
    return sent, follow(sent, DeliveryEvent(sent.id, sent.recipient, Report.BOUNCED, at, NO_SUCH_USER))


def subject_of(kind: NotificationKind, ticket: Ticket, submission: Submission) -> Subject:
    """What a letter of a kind tells of."""
    if kind is NotificationKind.DIGEST:
        remarks = (
            Remark(Severity.FLAG, ticket.number, None, "Письмо с номером не доставлено.", ticket.received_at),
            Remark(Severity.WARNING, None, submission.key, NO_NUMBER, submission.received_at),
        )
        return DigestSubject(Digest("1", ticket.registered_at, remarks), {ticket.number: ticket})
    if kind is NotificationKind.REPORT:
        return ReportSubject(report_of(ticket), {ticket.number: ticket})
    failed = sent_and_bounced(ticket)[1] if kind is NotificationKind.UNDELIVERED else None
    return TicketSubject(ticket, submission, failed)


def report_of(ticket: Ticket) -> DailyReport:
    """The report of the day on which a ticket and nothing else arrived, whose letter did not."""
    [period] = [each for each in WEEK if each.since <= ticket.received_at < each.until]
    arrival = Arrival(ticket.channels[0], ticket.received_at, SubmissionState.REGISTERED)
    flag = Flag(FlagKind.NOT_CONFIRMED, period.until, "Письмо с номером не доставлено.")
    opened_ticket = OpenedTicket(
        ticket.received_at, ticket.registered_at, ticket.acceptance, incomplete=bool(ticket.missing), flags=(flag,)
    )
    figures = tally(Arrived([arrival], [opened_ticket]), HOURS, period.until)
    return DailyReport(period, period.until, figures, 1, (OpenFlag(ticket.number, None, flag),))
