"""How a ticket looks in a list: its title, who asks, and what there is to know of it at a glance."""

from collections.abc import Mapping

from shared.domain.submission import Channel, Omission
from shared.domain.ticket import Acceptance, Ticket, tag

CHANNELS: Mapping[Channel, str] = {Channel.FORM: "форма", Channel.EMAIL: "почта", Channel.PHONE: "телефон"}
"""In a word."""

STATES: Mapping[Acceptance, str] = {
    Acceptance.ACCEPTED: "номер у клиента",
    Acceptance.PENDING: "ещё не подтверждено",
    Acceptance.UNDELIVERABLE: "письмо не доставлено",
    Acceptance.REVOKED: "письмо вернулось",
    Acceptance.NOT_AWAITED: "письмо не отправлялось",
}
_LOOKS: Mapping[Acceptance, str] = {
    Acceptance.ACCEPTED: "good",
    Acceptance.PENDING: "",
    Acceptance.UNDELIVERABLE: "bad",
    Acceptance.REVOKED: "bad",
    Acceptance.NOT_AWAITED: "",
}


def tags(ticket: Ticket) -> list[tuple[str, str]]:
    """Give what a list says of a ticket, each with how it looks: a class of the style, or nothing."""
    if ticket.erased_at is not None:
        return [("данные клиента удалены", "")]
    if ticket.merged_into is not None:
        return []
    found = [("срочно", "bad")] if ticket.urgent else []
    if ticket.acceptance is Acceptance.PENDING and ticket.confirmation_omitted is Omission.NO_EMAIL:
        found.append(("сообщить номер", "bad"))
    else:
        found.append((STATES[ticket.acceptance], _LOOKS[ticket.acceptance]))
    if not ticket.complete:
        found.append(("неполное", "warn"))
    return found


def title_of(ticket: Ticket) -> str:
    """Give a ticket's title without its number."""
    return ticket.topic.strip() or f"Обращение {tag(ticket.number)}"


def client_of(ticket: Ticket) -> str:
    """Say who asks: the name, or what else there is; may be empty."""
    contact = ticket.contact
    return contact.name.strip() or contact.email or contact.phone_as_typed or contact.phone or ""
