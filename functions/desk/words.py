"""What the desk calls things that have names in the domain."""

from collections.abc import Mapping

from shared.domain.completeness import Source
from shared.domain.concern import Concern
from shared.domain.notification import NotificationKind, NotificationState
from shared.domain.submission import Attachment, Omission, SubmissionState
from shared.domain.ticket import Acceptance, Ticket

LETTERS: Mapping[NotificationKind, str] = {
    NotificationKind.CONFIRMATION: "Клиенту: номер обращения",
    NotificationKind.REMINDER: "Клиенту: напоминание о недостающих данных",
    NotificationKind.ALREADY_REGISTERED: "Клиенту: обращение уже зарегистрировано",
    NotificationKind.MERGED: "Клиенту: обращения объединены",
    NotificationKind.NEW_TICKET: "Специалистам: новое обращение",
    NotificationKind.NEW_MESSAGE: "Специалистам: новое сообщение",
    NotificationKind.UNDELIVERED: "Специалистам: письмо не доставлено",
    NotificationKind.DIGEST: "Специалистам: сводка",
    NotificationKind.REPORT: "Руководителю: отчёт за день",
}
LETTER_STATES: Mapping[NotificationState, tuple[str, str]] = {
    NotificationState.REQUESTED: ("ждёт отправки", ""),
    NotificationState.SENDING: ("отправляется", ""),
    NotificationState.REJECTED: ("почтовый сервис не взял", "bad"),
    NotificationState.SENT: ("отправлено, доставка не подтверждена", ""),
    NotificationState.DEFERRED: ("сервер получателя откладывает приём", "warn"),
    NotificationState.DROPPED: ("не отправлено", "bad"),
    NotificationState.DELIVERED: ("доставлено", "good"),
    NotificationState.BOUNCED: ("вернулось", "bad"),
}
"""In words, and how the page colours it."""

SHORT_CONCERNS: Mapping[Concern, str] = {
    Concern.UNDELIVERED: "Письмо не дошло",
    Concern.CALL: "Сообщить номер",
    Concern.LATE: "Дольше 15 минут",
    Concern.NO_LETTER: "Письмо не отправлялось",
    Concern.POSSIBLE_DUPLICATE: "Возможные повторы",
    Concern.INFORMATION: "Ждём сведений",
}
"""Of many tickets."""

CONCERNS: Mapping[Concern, str] = {
    Concern.UNDELIVERED: "Клиент не получил номер",
    Concern.CALL: "Нужно позвонить и сообщить номер",
    Concern.LATE: "Не уложились в 15 минут",
    Concern.NO_LETTER: "Клиенту не ушло письмо",
    Concern.POSSIBLE_DUPLICATE: "Возможно, это повтор",
    Concern.INFORMATION: "Не хватает данных",
}
"""Of one ticket."""

SOURCES: Mapping[Source, str] = {
    Source.FIELD: "поле формы",
    Source.TEXT: "из текста обращения",
    Source.REPLY: "из сообщения клиента",
    Source.PAGE: "со страницы уточнения",
    Source.SPECIALIST: "со слов клиента, записал специалист",
}
ATTACHMENTS: Mapping[Attachment, str] = {
    Attachment.REPLY: "сообщение по обращению",
    Attachment.DUPLICATE: "то же обращение ещё раз",
    Attachment.ANSWER: "недостающие данные",
}
SUBMISSION_STATES: Mapping[SubmissionState, str] = {
    SubmissionState.RECEIVED: "сохранено, номера ещё нет",
    SubmissionState.REGISTERED: "зарегистрировано",
    SubmissionState.ATTACHED: "присоединено к обращению",
    SubmissionState.QUARANTINED: "ждёт решения в карантине",
    SubmissionState.RECORDED: "закрыто: не обращение",
}
_ACCEPTANCES: Mapping[Acceptance, tuple[str, str]] = {
    Acceptance.PENDING: ("ждём доставки письма с номером", "warn"),
    Acceptance.ACCEPTED: ("принято: клиент знает номер", "good"),
    Acceptance.UNDELIVERABLE: ("письмо с номером не доставлено", "bad"),
    Acceptance.REVOKED: ("письмо с номером вернулось", "bad"),
    Acceptance.NOT_AWAITED: ("письмо клиенту не отправлялось", ""),
}


def acceptance_of(ticket: Ticket) -> tuple[str, str]:
    """Say whether a ticket's client has the number (R8), and how the page colours it."""
    if ticket.merged_into is not None and ticket.acceptance is Acceptance.NOT_AWAITED:
        return "клиенту сообщается другой номер", ""
    if ticket.acceptance is Acceptance.PENDING and ticket.confirmation_omitted is Omission.NO_EMAIL:
        return "номер нужно сообщить клиенту", "warn"
    return _ACCEPTANCES[ticket.acceptance]


def name_of(signature: str) -> str:
    """Give a person's name from how he stands in a ticket's history; parts of this system and clients have one, too."""
    name = signature.partition(" <")[0]
    return {"system": "Система", "client": "Клиент"}.get(name, name)
