"""Letters that have to go out (R5, R11), and the states they pass through."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.ticket import Ticket

RING_AGAIN_AFTER = timedelta(minutes=1)
"""How long a requested notification may wait before somebody has to look at it again."""


class NotificationKind(StrEnum):
    """Which letter."""

    CONFIRMATION = "confirmation"
    """To the client: the number, and that work has begun (R5)."""
    NEW_TICKET = "new-ticket"
    """To the specialists: a new ticket (R11)."""
    NEW_MESSAGE = "new-message"
    """To the specialists: a message that joined a ticket (R5r)."""


class NotificationState(StrEnum):
    """How far a letter has come."""

    REQUESTED = "requested"
    SENDING = "sending"
    """Claimed by one sender; nobody else sends it until the lease runs out."""
    SENT = "sent"
    """The mail provider took it."""
    REJECTED = "rejected"
    """The mail provider refused it for good; a person has to look."""
    BOUNCED = "bounced"
    """The recipient's mail server gave it back; a person has to look."""


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
        id: `{ticket}-{kind}` or `{ticket}-{kind}-{n}`; also the document's id, and what the provider's events bring
            back.
        attempts: How often sending has begun.
        requested_at: When it was asked for.
        check_at: When somebody has to look at it again; None when nothing is left to be done.
        lease_until: While `sending`: until when it belongs to its sender. It covers the time in which the provider's
            event would arrive, so that a sender who died between sending and recording is not answered by a
            second letter.
        sent_at: When the provider took it.
        message_id: The provider's id of the letter.
        failure: Of the last attempt that failed.
        submission: Key of what it is about; None for what opened the ticket.
    """

    id: str
    ticket: int
    kind: NotificationKind
    recipient: str
    state: NotificationState
    attempts: int
    requested_at: datetime
    check_at: datetime | None
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    message_id: str | None = None
    failure: Failure | None = None
    submission: str | None = None


class Claim(StrEnum):
    """What somebody who wants to send a notification may do."""

    TAKE = "take"
    WAIT = "wait"
    """Somebody is sending it, or may have sent it: come back later."""
    DONE = "done"


def claim(notification: Notification, now: datetime) -> Claim:
    """Decide whether a notification may be sent now; one row a state."""
    match notification.state:
        case NotificationState.REQUESTED:
            return Claim.TAKE
        case NotificationState.SENDING:
            leased = notification.lease_until is not None and now < notification.lease_until
            return Claim.WAIT if leased else Claim.TAKE
        case NotificationState.SENT | NotificationState.REJECTED | NotificationState.BOUNCED:
            return Claim.DONE


def bounced(notification: Notification, reason: str, now: datetime) -> Notification:
    """Record that a letter came back for good: whatever was known before, its recipient has not got it (R9)."""
    return replace(
        notification,
        state=NotificationState.BOUNCED,
        failure=Failure(None, reason),
        lease_until=None,
        check_at=now,
    )


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
        _requested(f"{ticket.number}-{kind}", ticket, kind, recipient, ticket.registered_at)
        for kind, recipient in letters
    )


def new_message(ticket: Ticket, submission: str, specialists: str, now: datetime) -> Notification:
    """Give the letter that tells the specialists of a submission that joined a ticket, by the submission's key."""
    kind = NotificationKind.NEW_MESSAGE
    place = ticket.submissions.index(submission) + 1
    letter = _requested(f"{ticket.number}-{kind}-{place}", ticket, kind, specialists, now)
    return replace(letter, submission=submission)


def _requested(
    notification_id: str, ticket: Ticket, kind: NotificationKind, recipient: str, now: datetime
) -> Notification:
    return Notification(
        id=notification_id,
        ticket=ticket.number,
        kind=kind,
        recipient=recipient,
        state=NotificationState.REQUESTED,
        attempts=0,
        requested_at=now,
        check_at=now + RING_AGAIN_AFTER,
    )
