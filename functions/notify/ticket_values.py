"""What templates of letters about one ticket are filled with."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from shared.domain.completeness import Detail
from shared.domain.notification import Notification
from shared.domain.russian_time import format_moment
from shared.domain.submission import Channel, File, Mark, Message, Omission, Submission
from shared.domain.ticket import Acceptance, Ticket, tag
from shared.domain.trouble import explain

CHANNELS: Mapping[Channel, str] = {
    Channel.FORM: "форма на сайте",
    Channel.EMAIL: "электронная почта",
    Channel.PHONE: "телефон",
}
MISSING: Mapping[Detail, str] = {
    Detail.DESCRIPTION: "понятное описание проблемы",
    Detail.STEPS: "шаги воспроизведения",
    Detail.PRODUCT_VERSION: "версия продукта",
    Detail.DEVICE_MODEL: "модель телефона",
    Detail.OS_VERSION: "версия ОС телефона",
    Detail.CONTACT: "адрес или телефон для ответа",
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


def ticket_values(
    ticket: Ticket, submission: Submission, failed: Notification | None, zone: ZoneInfo
) -> Mapping[str, object]:
    """Give what the templates may use; every time is a text already.

    Args:
        ticket: What the letter is about.
        submission: What opened the ticket, or the message that the letter tells of.
        failed: The letter that did not arrive; None when the letter is not about one.
        zone: Zone in which times are shown.
    """
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
        "failed_address": failed.recipient if failed else "",
        "revoked": ticket.acceptance is Acceptance.REVOKED,
        "trouble": explain(failed.failure) if failed and failed.failure else "причина неизвестна",
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
