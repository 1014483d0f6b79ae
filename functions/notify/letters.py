"""Letters from templates: `letters/<kind>.subject.txt`, `.txt` and `.html` are what a support lead edits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from functions.notify.digest_values import digest_values
from functions.notify.report_values import report_values
from functions.notify.ticket_values import client_values, ticket_values
from shared.domain.notification import TO_CLIENTS, Notification, NotificationKind
from shared.domain.submission import Message
from shared.information_links import InformationLinks
from shared.reply_address import ReplyAddresses
from shared.subjects import DigestSubject, ReportSubject, Subject, TicketSubject

AUTO_SUBMITTED: Mapping[NotificationKind, str] = {
    NotificationKind.CONFIRMATION: "auto-replied",
    NotificationKind.REMINDER: "auto-generated",
    NotificationKind.ALREADY_REGISTERED: "auto-replied",
    NotificationKind.MERGED: "auto-generated",
    NotificationKind.NEW_TICKET: "auto-generated",
    NotificationKind.NEW_MESSAGE: "auto-generated",
    NotificationKind.UNDELIVERED: "auto-generated",
    NotificationKind.DIGEST: "auto-generated",
    NotificationKind.REPORT: "auto-generated",
}
"""RFC 3834: an answer to somebody's message, or a letter that nobody's message asked for."""


_ANSWERS = frozenset({NotificationKind.CONFIRMATION, NotificationKind.REMINDER, NotificationKind.ALREADY_REGISTERED})
"""Letters to whoever sent what they are about."""

_ID = re.compile(r"<[!-;=?-~]{1,200}>")
_REFERENCES = 2


CHART = "arrivals@pass24-intake"
"""Content-ID (RFC 2392) of the report's picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that stands in a letter's HTML as `cid:…`.

    Attributes:
        id: Its Content-ID, without angle brackets.
        name: Under which mail programs offer to save it.
    """

    id: str
    name: str
    content_type: str
    content: bytes


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
    pictures: tuple[Picture, ...] = ()


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
    notification: Notification, subject: Subject, zone: ZoneInfo, replies: ReplyAddresses, links: InformationLinks
) -> Letter:
    """Write the letter that a notification stands for.

    Letters to clients hold no word that a client typed: whoever fills in somebody else's address must not be able to
    send him a text.

    Args:
        notification: Which letter, to whom.
        subject: What it tells of.
        zone: Zone in which times are shown.
        replies: Makes what ties an answer to the ticket.
        links: Makes what leads to the page for what is missing; it holds from the moment that the letter was asked for.
    """
    kind, number = notification.kind, notification.ticket
    values: Mapping[str, object]
    message: Message | None = None
    pictures: tuple[Picture, ...] = ()
    match subject:
        case TicketSubject(submission=submission):
            for_client = client_values(notification, subject, links) if kind in TO_CLIENTS else {}
            values = {**ticket_values(subject, zone), **for_client}
            message = submission.message
        case DigestSubject():
            values = digest_values(subject, zone)
        case ReportSubject(report=report):
            values = {**report_values(subject, zone), "chart": CHART}
            pictures = _chart(report.figures.hours)
    return Letter(
        id=notification.id,
        recipient=notification.recipient,
        reply_to=replies.mailbox if number is None else replies.address(number),
        subject=" ".join(_templates().get_template(f"{kind}.subject.txt").render(values).split()),
        text=_templates().get_template(f"{kind}.txt").render(values),
        html=_templates().get_template(f"{kind}.html").render(values),
        headers={
            "Auto-Submitted": AUTO_SUBMITTED[kind],
            "X-Auto-Response-Suppress": "All",
            "Message-ID": replies.message_id(notification.id),
            **({} if number is None else _correspondence(notification, number, message, replies)),
        },
        pictures=pictures,
    )


def _chart(hours: Sequence[int]) -> tuple[Picture, ...]:
    if not any(hours):
        return ()
    from functions.notify.chart import draw_hours  # noqa: PLC0415  # one letter a day needs Pillow

    return (Picture(CHART, "arrivals.png", "image/png", draw_hours(hours)),)


def _correspondence(
    notification: Notification, number: int, message: Message | None, replies: ReplyAddresses
) -> dict[str, str]:
    """Place a letter in its correspondence (RFC 5322, 3.6.4).

    The ticket's own id is among the references of every letter, so that mail programs show its letters together, and
    an answer names it even where the provider has given the letter another Message-ID.
    """
    thread = replies.thread_id(number)
    if notification.kind is NotificationKind.MERGED and notification.about:
        # Its reader may know only the letters of the number that goes on no more.
        return {"References": f"{thread} {replies.thread_id(int(notification.about))}"}
    if notification.kind not in _ANSWERS or message is None or message.message_id is None:
        return {"References": thread}
    # Long lists may be shortened, the first and the last ids matter; what is no plain id would break the header.
    known = [each for each in (*message.references[:1], *message.references[-_REFERENCES:]) if _ID.fullmatch(each)]
    if not _ID.fullmatch(message.message_id):
        return {"References": " ".join(dict.fromkeys([*known, thread]))}
    references = dict.fromkeys([*known, message.message_id, thread])
    return {"In-Reply-To": message.message_id, "References": " ".join(references)}
