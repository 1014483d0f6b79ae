"""What `desk` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret
from shared.staff.assertions import GOOGLES_KEYS


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Settings of `desk`; durations are in seconds, lists separated by commas.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        files_bucket: Bucket of what clients attached, and of their messages as they came.
        specialists_email: Who is told of every new ticket (R11).
        specialists: Who may look and act: `Name <address>`, or addresses.
        access_contact: Whom to ask for access.
        iap_audience: What Identity-Aware Proxy's assertions must be made for: this function's backend service.
        staff_secrets: Keys that sign the pages' posts and the links to files: the first signs, all verify.
        heads: Who may decide about personal data, too; written as `specialists`.
        iap_keys_url: Where the assertions' public keys are.
        firestore_database: Database of the ledger.
        first_ticket_number: The number of the very first ticket (R4).
        working_hours: Such as `09:00-18:00`, or with a break `09:00-13:00,14:00-18:00` (R13).
        time_zone: Zone of the working hours, of the times that are shown, and of what counts as a day.
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); 0 switches it off.
        file_link_lifetime: How long a link to a file works.
        phone_url: Address of the page on which calls are registered.
        sendgrid_api_key: Key with the right to change suppressions; without it, sending to an address all the same
            leaves SendGrid's own list alone.
        sendgrid_url: SendGrid's API.
        sendgrid_timeout: For one call of it.
    """

    google_cloud_project: str
    notifications_topic: str
    files_bucket: str
    specialists_email: str
    specialists: tuple[str, ...]
    access_contact: str
    iap_audience: str
    staff_secrets: tuple[Secret, ...]
    heads: tuple[str, ...] = ()
    iap_keys_url: str = GOOGLES_KEYS
    firestore_database: str = "(default)"
    first_ticket_number: int = 1
    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"
    duplicate_window: timedelta = timedelta(days=3)
    file_link_lifetime: timedelta = timedelta(minutes=5)
    phone_url: str | None = None
    sendgrid_api_key: Secret | None = None
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_timeout: timedelta = timedelta(seconds=10)
