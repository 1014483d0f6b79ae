"""Letters from templates: `letters/<kind>.subject.txt`, `.txt` and `.html` are what a support lead edits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.domain.completeness import Detail
from shared.domain.notification import Notification, NotificationKind
from shared.domain.russian_time import format_moment
from shared.domain.submission import Channel, File, Mark, Submission
from shared.domain.ticket import Ticket, tag

CHANNELS: Mapping[Channel, str] = {Channel.FORM: "форма на сайте"}
MISSING: Mapping[Detail, str] = {
    Detail.STEPS: "шаги воспроизведения",
    Detail.PRODUCT_VERSION: "версия продукта",
    Detail.DEVICE_MODEL: "модель телефона",
    Detail.OS_VERSION: "версия ОС телефона",
}
MARKS: Mapping[Mark, str] = {
    Mark.CAPTCHA_UNVERIFIED: "сервис капчи был недоступен, отправитель не проверен",
}
AUTO_SUBMITTED: Mapping[NotificationKind, str] = {
    NotificationKind.CONFIRMATION: "auto-replied",
    NotificationKind.NEW_TICKET: "auto-generated",
}
"""RFC 3834: an answer to somebody's message, or a letter that nobody's message asked for."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready for any mail provider.

    Attributes:
        id: The notification's id; the provider's events bring it back.
        headers: Added headers, against loops among others.
    """

    id: str
    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "letters"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def compose(notification: Notification, ticket: Ticket, submission: Submission, zone: ZoneInfo) -> Letter:
    """Write the letter that a notification stands for.

    The client's confirmation holds no word that the client typed: whoever fills in somebody else's address must not be
    able to send him a text.

    Args:
        notification: Which letter, to whom.
        ticket: What it is about.
        submission: What opened the ticket.
        zone: Zone in which times are shown.
    """
    values = _values(ticket, submission, zone)
    kind = notification.kind
    return Letter(
        id=notification.id,
        recipient=notification.recipient,
        subject=" ".join(_templates().get_template(f"{kind}.subject.txt").render(values).split()),
        text=_templates().get_template(f"{kind}.txt").render(values),
        html=_templates().get_template(f"{kind}.html").render(values),
        headers={"Auto-Submitted": AUTO_SUBMITTED[kind], "X-Auto-Response-Suppress": "All"},
    )


def _values(ticket: Ticket, submission: Submission, zone: ZoneInfo) -> dict[str, object]:
    """Give what templates may use; every time is a text already."""
    details, contact = submission.details, submission.contact
    return {
        "number": tag(ticket.number),
        "title": ticket.title,
        "urgent": ticket.urgent,
        "out_of_hours": ticket.out_of_hours,
        "received_at": format_moment(ticket.received_at, zone),
        "registered_at": format_moment(ticket.registered_at, zone),
        "response_starts_at": format_moment(ticket.response_starts_at, zone),
        "channel": ", ".join(CHANNELS[channel] for channel in ticket.channels),
        "contact": contact,
        "phone_remark": contact.phone_as_typed if _says_more(contact.phone_as_typed, contact.phone) else "",
        "subject": details.subject,
        "description": details.description,
        "steps": details.steps,
        "product_version": details.product_version,
        "device_model": details.device_model,
        "os_version": details.os_version,
        "previous_ticket": tag(ticket.previous_ticket) if ticket.previous_ticket else None,
        "missing": [MISSING[detail] for detail in ticket.missing],
        "marks": [MARKS[mark] for mark in ticket.marks],
        "files": [{"name": file.name, "size": _size(file), "refusal": file.refusal} for file in submission.files],
    }


def _says_more(typed: str, phone: str | None) -> bool:
    """Tell whether a typed phone number holds an extension or a remark that E.164 has lost."""
    digits = "".join(filter(str.isdigit, typed))
    return phone is not None and (digits[-10:] != phone[-10:] or any(map(str.isalpha, typed)))


def _size(file: File) -> str:
    return f"{max(1, round(file.size / 1024))} КБ"
