"""What the templates of the sweep's digest are filled with (R16)."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from shared.domain.lateness import Remark, Severity
from shared.domain.russian_time import format_moment
from shared.domain.ticket import Ticket
from shared.subjects import DigestSubject

HEADINGS: Mapping[Severity, str] = {
    Severity.FLAG: "Просрочено (15 минут)",
    Severity.WARNING: "Срок скоро истечёт",
    Severity.CLEARED: "Улажено",
}
"""In the order in which they stand in the letter."""


def digest_values(subject: DigestSubject, zone: ZoneInfo) -> Mapping[str, object]:
    """Give what the templates may use; every time is a text already."""
    remarks = subject.digest.remarks
    counts = {severity: sum(remark.severity is severity for remark in remarks) for severity in HEADINGS}
    return {
        "at": format_moment(subject.digest.at, zone),
        "flags": counts[Severity.FLAG],
        "warnings": counts[Severity.WARNING],
        "cleared": counts[Severity.CLEARED],
        "omitted": subject.digest.omitted,
        "sections": [
            {
                "heading": heading,
                "rows": [_row(remark, subject.tickets, zone) for remark in remarks if remark.severity is severity],
            }
            for severity, heading in HEADINGS.items()
            if counts[severity]
        ],
    }


def _row(remark: Remark, tickets: Mapping[int, Ticket], zone: ZoneInfo) -> Mapping[str, object]:
    ticket = tickets.get(remark.ticket or 0)
    return {
        "name": _name(remark, ticket),
        "received_at": format_moment(remark.received_at, zone),
        "text": remark.text,
        "client": ticket.contact.name if ticket else "",
        "phone": ticket.contact.phone if ticket else None,
        "email": ticket.contact.email if ticket else None,
    }


def _name(remark: Remark, ticket: Ticket | None) -> str:
    if ticket is not None:
        return ticket.title
    if remark.submission is not None:
        return f"Без номера: {remark.submission}"
    return "Сверка с SendGrid" if remark.ticket is None else f"#{remark.ticket}"
