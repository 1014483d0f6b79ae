"""What `intake_email` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """Settings of `intake_email`; durations are in seconds, sizes in bytes, lists separated by commas.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        files_bucket: Bucket for messages as they came, and for what is attached to them.
        specialists_email: Who is told of every new ticket and message (R11).
        reply_secrets: Keys that sign reply addresses and Message-IDs; `notify` must have the same.
        inbound_keys: SendGrid's public keys for Inbound Parse, as its console shows them; several while one replaces
            the other. The door takes nothing without; the operators' command line has no need of them.
        firestore_database: Database of the ledger.
        first_ticket_number: The number of the very first ticket (R4).
        working_hours: Such as `09:00-18:00`, or with a break `09:00-13:00,14:00-18:00` (R13).
        time_zone: Zone of the working hours.
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); 0 switches it off.
        support_address: The mailbox that clients write to, and that our letters come from (`MAIL_FROM` of `notify`).
        own_addresses: Further addresses of ours: what comes from them is never answered.
        trusted_relays: Domains whose `Received` line, on top of a message, tells when it arrived (R16).
        max_request_bytes: A post of the provider; of a larger one only the ends are read. Cloud Run takes 32 MiB.
        spam_limit: Spam score from which on a message waits for a person.
        letter_limit: Automatic letters to one address in a window; beyond, it gets one an hour.
        letter_window: Length of that window.
    """

    google_cloud_project: str
    notifications_topic: str
    files_bucket: str
    specialists_email: str
    reply_secrets: tuple[Secret, ...]
    inbound_keys: tuple[str, ...] = ()
    firestore_database: str = "(default)"
    first_ticket_number: int = 1
    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"
    duplicate_window: timedelta = timedelta(days=3)
    support_address: str = "support@pass24online.ru"
    own_addresses: tuple[str, ...] = ()
    trusted_relays: tuple[str, ...] = ("sendgrid.net",)
    max_request_bytes: int = 32 * 2**20
    spam_limit: float = 8.0
    letter_limit: int = 10
    letter_window: timedelta = timedelta(days=1)
