"""What `intake_phone` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret
from shared.staff.assertions import GOOGLES_KEYS


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Settings of `intake_phone`; durations are in seconds, lists separated by commas.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        specialists_email: Who is told of every new ticket (R11).
        specialists: Who may register calls: `Name <address>`, or addresses; the telephone system's account as well.
        access_contact: Whom to ask for access.
        iap_audience: What Identity-Aware Proxy's assertions must be made for: this function's backend service.
        staff_secrets: Keys that sign the pages' posts: the first signs, all verify.
        heads: Who may do the same here; written as `specialists`.
        iap_keys_url: Where the assertions' public keys are.
        firestore_database: Database of the ledger.
        first_ticket_number: The number of the very first ticket (R4).
        working_hours: Such as `09:00-18:00`, or with a break `09:00-13:00,14:00-18:00` (R13).
        time_zone: Zone of the working hours, and of the times that are shown and typed.
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); 0 switches it off,
            and a caller's recent tickets with it.
        desk_url: Address of the specialists' desk; without it nothing leads there.
    """

    google_cloud_project: str
    notifications_topic: str
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
    desk_url: str | None = None
