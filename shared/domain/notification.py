"""Letters that have to go out (R5, R7, R9, R11, R15), and the states they pass through.

Until the provider has a letter, its sender moves it (`claim`, `functions.notify.sending`); from then on the provider's
events do (`shared.domain.delivery`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.ticket import Ticket, place_of

RING_AGAIN_AFTER = timedelta(minutes=1)
"""How long a requested notification may wait before somebody has to look at it again."""


_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")


def is_notification_id(text: str) -> bool:
    """Tell whether a text from outside has the shape of a notification's id; the ledger may refuse any other."""
    return _ID.fullmatch(text) is not None


class NotificationKind(StrEnum):
    """Which letter."""

    CONFIRMATION = "confirmation"
    """To the client: the number, that work has begun (R5), and what is missing (R7)."""
    REMINDER = "reminder"
    """To the client: what is still missing, a working day after it was asked for (R7)."""
    ALREADY_REGISTERED = "already-registered"
    """To the client: the number under which the same request was registered before (R15)."""
    MERGED = "merged"
    """To the client: of two numbers that one request got, the one that goes on (R15)."""
    NEW_TICKET = "new-ticket"
    """To the specialists: a new ticket (R11)."""
    NEW_MESSAGE = "new-message"
    """To the specialists: a message that joined a ticket (R5r)."""
    UNDELIVERED = "undelivered"
    """To the specialists: the client has not got the number, why, and what to do (R9)."""
    DIGEST = "digest"
    """To the specialists and the head of support: what is late, in one letter a sweep (R16)."""
    REPORT = "report"
    """To the head of support: the day in numbers (R16)."""


WITH_NUMBER = frozenset({NotificationKind.CONFIRMATION, NotificationKind.ALREADY_REGISTERED, NotificationKind.MERGED})
"""Letters that bring a ticket's number to its client (R8)."""

TO_CLIENTS = WITH_NUMBER | {NotificationKind.REMINDER}
"""Letters that leave our side."""


class NotificationState(StrEnum):
    """How far a letter has come; `shared.domain.delivery` ranks them."""

    REQUESTED = "requested"
    SENDING = "sending"
    """Claimed by one sender. Nobody else sends it: after a crash it may be on its way."""
    REJECTED = "rejected"
    """The provider's API refused it for good."""
    SENT = "sent"
    """The provider took it."""
    DEFERRED = "deferred"
    """The recipient's mail server puts it off; the provider tries again."""
    DROPPED = "dropped"
    """Never handed to the recipient's mail server: the provider, or we, know the address as one that does not work."""
    DELIVERED = "delivered"
    """The recipient's mail server took it."""
    BOUNCED = "bounced"
    """The recipient's mail server refused it, or gave it back later."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt to send did not succeed.

    Attributes:
        status: HTTP status of the provider's answer; None when there was none.
        reason: The provider's words, the bouncing server's, or the name of the network's error.
    """

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Notification:
    """One letter to one recipient.

    Attributes:
        id: `{ticket}-{kind}` or `{ticket}-{kind}-{n}`, `{kind}-{n}` for what is about no single ticket; also the
            document's id, and what the provider's events bring back.
        ticket: The ticket that it is about; None for digests and reports.
        attempts: How often sending has begun.
        requested_at: When it was asked for.
        check_at: When somebody has to look at it again; None when nothing is left to be done.
        attempted_at: When the last attempt to send began.
        lease_until: While `sending`: until when it belongs to its sender. It covers the time in which the provider's
            event would arrive, so that a sender who died between sending and recording is not answered by a
            second letter.
        sent_at: When the provider took it.
        event_at: Moment of the provider's last event that changed it.
        message_id: The provider's id of the letter.
        failure: Of the last attempt that failed.
        submission: Key of what it is about; None for what opened the ticket.
        about: What else it is about: for `undelivered` the letter that failed, for `merged` the other ticket's number,
            for digests and reports their id.
        requested_by: The person who asked for it; None when the system did.
        claim: Of the last attempt: by it a sender knows its own claim from another's of the same moment.
    """

    id: str
    ticket: int | None
    kind: NotificationKind
    recipient: str
    state: NotificationState
    attempts: int
    requested_at: datetime
    check_at: datetime | None
    attempted_at: datetime | None = None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    event_at: datetime | None = None
    message_id: str | None = None
    failure: Failure | None = None
    submission: str | None = None
    about: str | None = None
    requested_by: str | None = None
    claim: str | None = None


class Claim(StrEnum):
    """What somebody who wants to send a notification may do."""

    TAKE = "take"
    LEAVE = "leave"
    """Somebody is sending it, or may have sent it: only the sweep may ask for it again."""
    DONE = "done"


CLAIMS: Mapping[NotificationState, Claim] = {
    NotificationState.REQUESTED: Claim.TAKE,
    NotificationState.SENDING: Claim.LEAVE,
} | dict.fromkeys(set(NotificationState) - {NotificationState.REQUESTED, NotificationState.SENDING}, Claim.DONE)
"""Who may send a letter, by its state; one row a state."""


def first_notifications(ticket: Ticket, specialists: str) -> tuple[Notification, ...]:
    """Give the letters that registration calls for: to the client, if there is an address (R5), and to support (R11).

    Args:
        ticket: The new ticket.
        specialists: Address of the support specialists.
    """
    letters = [(NotificationKind.NEW_TICKET, specialists)]
    if ticket.contact.email is not None and ticket.confirmation_omitted is None:
        letters.insert(0, (NotificationKind.CONFIRMATION, ticket.contact.email))
    return tuple(
        requested(f"{ticket.number}-{kind}", ticket.number, kind, recipient, ticket.registered_at)
        for kind, recipient in letters
    )


def new_message(ticket: Ticket, submission: str, specialists: str, now: datetime) -> Notification:
    """Give the letter that tells the specialists of a submission that joined a ticket, by the submission's key."""
    kind = NotificationKind.NEW_MESSAGE
    place = place_of(ticket, submission)
    letter = requested(f"{ticket.number}-{kind}-{place}", ticket.number, kind, specialists, now)
    return replace(letter, submission=submission)


def already_registered(ticket: Ticket, submission: str, recipient: str, now: datetime) -> Notification:
    """Give the letter that tells a client under which number a submission, by its key, was registered before (R15)."""
    kind = NotificationKind.ALREADY_REGISTERED
    place = place_of(ticket, submission)
    letter = requested(f"{ticket.number}-{kind}-{place}", ticket.number, kind, recipient, now)
    return replace(letter, submission=submission)


def merged(ticket: Ticket, other: int, recipient: str, now: datetime) -> Notification:
    """Give the letter that tells a client that the ticket with another number goes on under this ticket's (R15)."""
    kind = NotificationKind.MERGED
    letter = requested(f"{ticket.number}-{kind}-{other}", ticket.number, kind, recipient, now)
    return replace(letter, about=str(other))


def requested(
    notification_id: str, ticket: int | None, kind: NotificationKind, recipient: str, now: datetime
) -> Notification:
    """Give a letter that nobody has begun to send; the sweep rings for it again when it is not sent in a minute."""
    return Notification(
        id=notification_id,
        ticket=ticket,
        kind=kind,
        recipient=recipient,
        state=NotificationState.REQUESTED,
        attempts=0,
        requested_at=now,
        check_at=now + RING_AGAIN_AFTER,
    )
