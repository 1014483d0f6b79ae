"""An arrival and its ticket, as registration makes them, for tests of what comes after registration."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.contact import Contact
from shared.domain.notification import Notification, NotificationKind, first_notifications, new_message
from shared.domain.submission import Channel, Details, File, Mark, Submission
from shared.domain.ticket import Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.reply_address import ReplyAddresses
from shared.settings import Secret

REPLIES = ReplyAddresses("support@pass24online.ru", (Secret("a throw-away key"),))
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
SPECIALISTS = "specialists@pass24online.ru"

FRIDAY_NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Within working time: 12:00 in Moscow."""

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


def notification_of(ticket: Ticket, kind: NotificationKind) -> Notification:
    """The notification as registration, or a joining message, requests it."""
    if kind is NotificationKind.NEW_MESSAGE:
        return new_message(ticket, ticket.submissions[0], SPECIALISTS, ticket.registered_at)
    [found] = [each for each in first_notifications(ticket, SPECIALISTS) if each.kind is kind]
    return found
