"""What `sla_check` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret


@dataclass(frozen=True, slots=True)
class SlaSettings:
    """Settings of `sla_check`; durations are in seconds.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        ready_topic: Short name of the topic by which tickets are handed on to classification (R18).
        specialists_email: Who is told of new tickets, and of what is late.
        head_email: The head of support, who is told of what is late and gets the day's report.
        sendgrid_api_key: Key with the right to read statistics; the same as that of `notify` has to do where there is
            only one.
        firestore_database: Database of the ledger.
        sendgrid_url: The API; `https://api.eu.sendgrid.com` for an account whose data stay in the EU.
        sendgrid_timeout: For one call.
        statistics_zone: Zone in which SendGrid's account counts its days.
        first_ticket_number: The number of the very first ticket (R4).
        working_hours: Such as `09:00-18:00`, or with a break `09:00-13:00,14:00-18:00` (R13).
        time_zone: Zone of the working hours.
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); 0 switches it off.
        warn_after: From arrival to the warning; the flag follows at 15 minutes.
        run_time: For one sweep; what is left is done by the next.
    """

    google_cloud_project: str
    notifications_topic: str
    ready_topic: str
    specialists_email: str
    head_email: str
    sendgrid_api_key: Secret
    firestore_database: str = "(default)"
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_timeout: timedelta = timedelta(seconds=10)
    statistics_zone: str = "UTC"
    first_ticket_number: int = 1
    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"
    duplicate_window: timedelta = timedelta(days=3)
    warn_after: timedelta = timedelta(minutes=10)
    run_time: timedelta = timedelta(seconds=40)
