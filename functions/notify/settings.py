"""What `notify` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Settings of `notify`; durations are in seconds.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        firestore_database: Database of the ledger.
        notifications_topic: Short name of the topic that rings `notify`.
        specialists_email: Who is told when a client's letter can't be sent (R9).
        sendgrid_api_key: Key with the right to send mail, and no other.
        sendgrid_url: The API; `https://api.eu.sendgrid.com` for an account whose data stay in the EU.
        sendgrid_timeout: For one call.
        send_lease: How long a letter belongs to the sender that began it. It must cover the call and the time in which
            SendGrid's events for it, and for others of that time, arrive: only then does silence mean something.
        reply_secrets: Keys that sign reply addresses and Message-IDs: the first signs; `intake_email` must have the
            same.
        form_url: Public address of `intake_form`, to whose page the request for what is missing leads (R7).
        link_secrets: Keys that sign these links: the first signs; `intake_form` must have the same.
        link_lifetime: How long such a link holds.
        mail_from: Address of the sender; replies go to the same mailbox, to `support+…@` (`SUPPORT_ADDRESS` of
            `intake_email`).
        mail_from_name: Name of the sender.
        time_zone: Zone in which people are shown times.
    """

    google_cloud_project: str
    notifications_topic: str
    specialists_email: str
    sendgrid_api_key: Secret
    reply_secrets: tuple[Secret, ...]
    form_url: str
    link_secrets: tuple[Secret, ...]
    firestore_database: str = "(default)"
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_timeout: timedelta = timedelta(seconds=10)
    send_lease: timedelta = timedelta(minutes=8)
    link_lifetime: timedelta = timedelta(days=30)
    mail_from: str = "support@pass24online.ru"
    mail_from_name: str = "Служба технической поддержки PASS24.online"
    time_zone: str = "Europe/Moscow"
