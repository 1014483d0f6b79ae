"""What `intake_form` takes from its environment."""

from dataclasses import dataclass
from datetime import timedelta

from shared.settings import Secret


@dataclass(frozen=True, slots=True)
class FormSettings:
    """Settings of `intake_form`; durations are in seconds, sizes in bytes, lists separated by commas.

    Attributes:
        google_cloud_project: Project of the ledger and of the topic.
        notifications_topic: Short name of the topic that rings `notify`.
        files_bucket: Bucket for what clients attach.
        specialists_email: Who is told of every new ticket (R11).
        form_secrets: Keys that sign the page's token and hide addresses in rate counts: the first signs, all verify.
        link_secrets: Keys that sign the links to the page for what is missing; `notify` must have the same (R7).
        firestore_database: Database of the ledger.
        first_ticket_number: The number of the very first ticket (R4).
        working_hours: Such as `09:00-18:00`, or with a break `09:00-13:00,14:00-18:00` (R13).
        time_zone: Zone of the working hours, and of the times that people are shown.
        duplicate_window: How far apart two requests of a contact may be to be taken for one (R15); 0 switches it off.
        min_fill_time: A form that comes back sooner was not filled in by a person.
        address_limit: Posts from one address in a window; many people may share one.
        contact_limit: Posts naming one e-mail address or phone in a window: the letters go there.
        limit_window: Length of that window.
        trusted_proxies: How many proxies of ours stand before the function; each adds one `X-Forwarded-For` entry.
        max_request_bytes: A whole form with its files; Cloud Run itself takes 32 MiB.
        max_json_bytes: A JSON post.
        max_file_bytes: One file.
        max_files: Files in a post.
        cors_allowed_origins: Sites whose scripts may post here; `*` for all.
        frame_ancestors: Sites that may show the form in a frame.
        smartcaptcha_client_key: Public key of Yandex SmartCaptcha.
        smartcaptcha_server_key: Its secret key; the captcha is on when this is set.
        smartcaptcha_url: Where tokens are verified.
        privacy_url: The personal-data policy that the consent refers to.
        support_email: Address shown to clients.
        support_phone: Phone number shown to clients.
    """

    google_cloud_project: str
    notifications_topic: str
    files_bucket: str
    specialists_email: str
    form_secrets: tuple[Secret, ...]
    link_secrets: tuple[Secret, ...]
    firestore_database: str = "(default)"
    first_ticket_number: int = 1
    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"
    duplicate_window: timedelta = timedelta(days=3)
    min_fill_time: timedelta = timedelta(seconds=3)
    address_limit: int = 60
    contact_limit: int = 10
    limit_window: timedelta = timedelta(hours=1)
    trusted_proxies: int = 1
    max_request_bytes: int = 30 * 2**20
    max_json_bytes: int = 500_000
    max_file_bytes: int = 20 * 2**20
    max_files: int = 10
    cors_allowed_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    smartcaptcha_client_key: str | None = None
    smartcaptcha_server_key: Secret | None = None
    smartcaptcha_url: str = "https://smartcaptcha.yandexcloud.net/validate"
    privacy_url: str | None = None
    support_email: str = "support@pass24online.ru"
    support_phone: str = "+7 (495) 324-24-42"
