"""Letters from templates: `letters/<kind>.subject.txt`, `.txt` and `.html` are what a support lead edits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from shared.domain.completeness import Detail
from shared.domain.notification import Notification, NotificationKind
from shared.domain.russian_time import format_moment
from shared.domain.submission import Channel, File, Mark, Message, Omission, Submission
from shared.domain.ticket import Ticket, tag
from shared.reply_address import ReplyAddresses

CHANNELS: Mapping[Channel, str] = {Channel.FORM: "форма на сайте", Channel.EMAIL: "электронная почта"}
MISSING: Mapping[Detail, str] = {
    Detail.STEPS: "шаги воспроизведения",
    Detail.PRODUCT_VERSION: "версия продукта",
    Detail.DEVICE_MODEL: "модель телефона",
    Detail.OS_VERSION: "версия ОС телефона",
}
MARKS: Mapping[Mark, str] = {
    Mark.CAPTCHA_UNVERIFIED: "сервис капчи был недоступен, отправитель не проверен",
    Mark.TEXT_SHORTENED: "текст сокращён, целиком он есть в исходном письме",
    Mark.MESSAGE_CUT: "письмо слишком большое, принята только его часть: вложения нужно запросить у клиента",
}
OMISSIONS: Mapping[Omission, str] = {
    Omission.NO_EMAIL: "нет адреса, на который можно написать; номер нужно сообщить иначе",
    Omission.AUTOMATIC: "письмо похоже на автоматическое",
    Omission.UNVERIFIED_SENDER: "адрес отправителя мог быть подделан (SPF и DKIM не подтвердили его)",
    Omission.TOO_MANY_LETTERS: "на этот адрес ушло слишком много автоматических писем, возможно, отвечает робот",
}
"""Why the client has no letter, for the specialist who may have to do something about it (R9)."""
AUTO_SUBMITTED: Mapping[NotificationKind, str] = {
    NotificationKind.CONFIRMATION: "auto-replied",
    NotificationKind.NEW_TICKET: "auto-generated",
    NotificationKind.NEW_MESSAGE: "auto-generated",
}
"""RFC 3834: an answer to somebody's message, or a letter that nobody's message asked for."""


_ID = re.compile(r"<[!-;=?-~]{1,200}>")
_REFERENCES = 2


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, ready for any mail provider.

    Attributes:
        id: The notification's id; the provider's events bring it back.
        reply_to: Address by which an answer finds its ticket (R5r).
        headers: Added headers, against loops among others.
    """

    id: str
    recipient: str
    reply_to: str
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


def compose(
    notification: Notification, ticket: Ticket, submission: Submission, zone: ZoneInfo, replies: ReplyAddresses
) -> Letter:
    """Write the letter that a notification stands for.

    The client's confirmation holds no word that the client typed: whoever fills in somebody else's address must not be
    able to send him a text.

    Args:
        notification: Which letter, to whom.
        ticket: What it is about.
        submission: What the letter tells of.
        zone: Zone in which times are shown.
        replies: Makes what ties an answer to the ticket.
    """
    values = _values(ticket, submission, zone)
    kind = notification.kind
    return Letter(
        id=notification.id,
        recipient=notification.recipient,
        reply_to=replies.address(ticket.number),
        subject=" ".join(_templates().get_template(f"{kind}.subject.txt").render(values).split()),
        text=_templates().get_template(f"{kind}.txt").render(values),
        html=_templates().get_template(f"{kind}.html").render(values),
        headers={
            "Auto-Submitted": AUTO_SUBMITTED[kind],
            "X-Auto-Response-Suppress": "All",
            "Message-ID": replies.message_id(notification.id),
            **_correspondence(kind, submission.message, replies.thread_id(ticket.number)),
        },
    )


def _correspondence(kind: NotificationKind, message: Message | None, thread: str) -> dict[str, str]:
    """Place a letter in its correspondence (RFC 5322, 3.6.4).

    The ticket's own id is among the references of every letter, so that mail programs show its letters together, and
    an answer names it even where the provider has given the letter another Message-ID.
    """
    if kind is not NotificationKind.CONFIRMATION or message is None or message.message_id is None:
        return {"References": thread}
    # Long lists may be shortened, the first and the last ids matter; what is no plain id would break the header.
    known = [each for each in (*message.references[:1], *message.references[-_REFERENCES:]) if _ID.fullmatch(each)]
    if not _ID.fullmatch(message.message_id):
        return {"References": " ".join(dict.fromkeys([*known, thread]))}
    references = dict.fromkeys([*known, message.message_id, thread])
    return {"In-Reply-To": message.message_id, "References": " ".join(references)}


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
        "previous_ticket": tag(ticket.previous_ticket) if ticket.previous_ticket else None,
        "missing": [MISSING[detail] for detail in ticket.missing],
        "cut": Mark.MESSAGE_CUT in submission.marks,
        "marks": [MARKS[mark] for mark in submission.marks],
        "unanswered": OMISSIONS[ticket.confirmation_omitted] if ticket.confirmation_omitted else "",
        "sender": submission.message.sender if submission.message else None,
        "authentication": _authentication(submission.message),
        "files": [{"name": file.name, "size": _size(file), "refusal": file.refusal} for file in submission.files],
    }


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
