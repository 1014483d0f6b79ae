"""What the mail provider says of a letter (R8, R9): one table of events and states.

Events come late, twice, and in any order. So a state is never "the next one" but the highest that was heard of: taking
the maximum of ranks gives the same end whatever the order and the repetitions. The highest rank is a bounce, which
revokes a delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.notification import Failure, Notification, NotificationState

LETTER_ARGUMENT = "notification"
"""Name of the custom argument by which the provider's events say which letter they are about."""


class Report(StrEnum):
    """What the provider reports of a letter."""

    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    BLOCKED = "blocked"
    """Refused because of something other than the address: the next letter may pass."""
    BOUNCED = "bounced"


RANKS: Mapping[NotificationState, int] = {state: rank for rank, state in enumerate(NotificationState)}
"""The states are declared in this order; a letter only rises, but for a sender's own retries below `SENT`."""

LEADS_TO: Mapping[Report, NotificationState] = {
    Report.PROCESSED: NotificationState.SENT,
    Report.DEFERRED: NotificationState.DEFERRED,
    Report.DROPPED: NotificationState.DROPPED,
    Report.DELIVERED: NotificationState.DELIVERED,
    Report.BLOCKED: NotificationState.BOUNCED,
    Report.BOUNCED: NotificationState.BOUNCED,
}

FAILED = frozenset({NotificationState.REJECTED, NotificationState.DROPPED, NotificationState.BOUNCED})
"""States in which the recipient has not got the letter, and will not get it."""


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One report about one letter.

    Attributes:
        notification: The letter; None when the provider does not say which.
        recipient: Its address, in lower case.
        at: When it happened, by the provider's clock, to the second.
        reason: The mail server's words, or the provider's.
        status: Enhanced status code (RFC 3463) such as `5.1.1`; empty when there is none.
        message_id: The provider's id of the letter; empty when it gives none.
    """

    notification: str | None
    recipient: str
    report: Report
    at: datetime
    reason: str = ""
    status: str = ""
    message_id: str = ""


def follow(letter: Notification, event: DeliveryEvent) -> Notification:
    """Give the letter as it is after an event: the same object when the event says nothing new."""
    state = LEADS_TO[event.report]
    if RANKS[state] <= RANKS[letter.state]:
        return letter
    told = state in FAILED or state is NotificationState.DEFERRED
    return replace(
        letter,
        state=state,
        # Whatever the event is, it says that the provider has the letter, even if its sender died before saying so.
        sent_at=letter.sent_at or event.at,
        message_id=letter.message_id or event.message_id or None,
        event_at=event.at,
        failure=Failure(None, " ".join(filter(None, (event.status, event.reason)))) if told else None,
        lease_until=None,
        check_at=None,
    )
