"""What templates of letters about one ticket are filled with."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from shared.domain.completeness import Detail
from shared.domain.notification import Notification, NotificationKind
from shared.domain.russian_time import format_moment
from shared.domain.submission import Attachment, Details, File, Mark, Message
from shared.domain.ticket import Acceptance, Ticket, tag
from shared.domain.trouble import explain
from shared.information_links import InformationLinks
from shared.subjects import TicketSubject
from shared.wording import CHANNELS, MARKS, MISSING, OMISSIONS

_ASKING = frozenset({NotificationKind.CONFIRMATION, NotificationKind.REMINDER})
"""Letters that ask the client for what is missing (R7)."""

_SHORT = (Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION)


def ticket_values(subject: TicketSubject, zone: ZoneInfo) -> Mapping[str, object]:
    """Give what the templates may use; every time is a text already.

    Args:
        subject: What the letter tells of.
        zone: Zone in which times are shown.
    """
    ticket, submission, failed = subject.ticket, subject.submission, subject.failed
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
        "message_channel": CHANNELS[submission.channel],
        "arrived_at": format_moment(submission.received_at, zone),
        "contact": contact,
        "phone_remark": contact.phone_as_typed if _says_more(contact.phone_as_typed, contact.phone) else "",
        "subject": details.subject,
        "description": details.description,
        "steps": details.steps,
        "product_version": details.product_version,
        "device_model": details.device_model,
        "os_version": details.os_version,
        "from_text": submission.from_text,
        "previous_ticket": _tag(None if ticket.previous_ticket == ticket.related else ticket.previous_ticket),
        "related": _tag(ticket.related),
        "merged_into": _tag(subject.goes_on),
        "unclear": Detail.DESCRIPTION in ticket.missing,
        "missing": [MISSING[detail] for detail in ticket.missing if detail is not Detail.DESCRIPTION],
        "asking": _asking(ticket),
        "attachment": subject.attachment,
        "given": _given(details, subject.attachment),
        "cut": Mark.MESSAGE_CUT in submission.marks,
        "marks": [MARKS[mark] for mark in submission.marks],
        "unanswered": OMISSIONS[ticket.confirmation_omitted] if ticket.confirmation_omitted else "",
        "sender": submission.message.sender if submission.message else None,
        "authentication": _authentication(submission.message),
        "failed_kind": failed.kind if failed else NotificationKind.CONFIRMATION,
        "failed_address": failed.recipient if failed else "",
        "revoked": ticket.acceptance is Acceptance.REVOKED,
        "trouble": explain(failed.failure) if failed and failed.failure else "причина неизвестна",
        "files": [{"name": file.name, "size": _size(file), "refusal": file.refusal} for file in submission.files],
    }


def client_values(notification: Notification, subject: TicketSubject, links: InformationLinks) -> Mapping[str, object]:
    """Give what the templates of letters to the client use beside, or instead: the number that goes on, what is asked.

    Args:
        notification: The letter.
        subject: What it tells of.
        links: Makes what leads to the page for what is missing.
    """
    ticket = subject.ticket
    asked = _asked(notification, subject)
    other = int(notification.about) if notification.kind is NotificationKind.MERGED and notification.about else None
    return {
        "number": tag(subject.goes_on or ticket.number),
        "gone": _tag(other or (ticket.number if subject.goes_on else None)),
        "related": _tag(None if subject.goes_on else ticket.related),
        "asked": asked,
        "link": links.link(ticket.number, asked, notification.requested_at) if asked else "",
    }


def _asked(notification: Notification, subject: TicketSubject) -> tuple[Detail, ...]:
    """Give what a letter asks for (R7): nothing where nobody is asked, or nothing is missing that is worth it."""
    ticket = subject.ticket
    if notification.kind not in _ASKING or ticket.asked_at is None or ticket.complete or subject.goes_on:
        return ()
    return tuple(detail for detail in ticket.missing if detail is not Detail.CONTACT)


def _asking(ticket: Ticket) -> str:
    """Say for specialists whether the client is asked for what is missing."""
    if ticket.complete:
        return ""
    return "запрошено у клиента" if ticket.asked_at else "у клиента не запрошено: автоматического письма ему нет"


def _given(details: Details, attachment: Attachment | None) -> list[Mapping[str, str]]:
    """Give the data that a message brings; of what stands in its text only the short ones, which are easily missed."""
    shown = (Detail.STEPS, *_SHORT) if attachment is Attachment.ANSWER else _SHORT
    values = {MISSING[detail]: str(getattr(details, detail.value)) for detail in shown}
    return [{"name": name, "value": value} for name, value in values.items() if value]


def _tag(number: int | None) -> str:
    return "" if number is None else tag(number)


def _authentication(message: Message | None) -> str:
    """Say what the provider found out about the sender."""
    if message is None:
        return ""
    return f"SPF {message.spf or 'нет'}, DKIM {message.dkim or 'нет'}"


def _says_more(typed: str, phone: str | None) -> bool:
    """Tell whether a typed phone number holds an extension or a remark that E.164 has lost."""
    digits = "".join(filter(str.isdigit, typed))
    return phone is not None and (digits[-10:] != phone[-10:] or any(map(str.isalpha, typed)))


def _size(file: File) -> str:
    return f"{max(1, round(file.size / 1024))} КБ"
