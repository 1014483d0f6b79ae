"""Bounces that come as mail, recorded on the letter that came back (R9).

SendGrid takes most bounces itself and reports them as events; some mail servers write to the letter's sender instead.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.intake_email.parsing.parsed import Bounce, BounceKind
from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.notification import Notification
from shared.ledger import StoredNotification, StoredTicket
from shared.logs import fields
from shared.reply_address import ReplyAddresses

log = logging.getLogger(__name__)


class Notifications(Protocol):
    """The part of the ledger that bounces need; see `shared.store.notifications`."""

    def read(self, notification_id: str) -> StoredNotification | None:
        """Read one notification."""
        ...


class Recorder(Protocol):
    """Records what became of letters; see `shared.outcomes`."""

    def follow(self, events: Sequence[DeliveryEvent]) -> None:
        """Record events."""
        ...


@dataclass(frozen=True, slots=True)
class BouncedLetters:
    """Finds the letter that bounced, and records it.

    Attributes:
        ticket: Reads a ticket by its number; None when there is none.
        now: Gives the time, aware and in UTC.
    """

    notifications: Notifications
    recorder: Recorder
    replies: ReplyAddresses
    ticket: Callable[[int], StoredTicket | None]
    now: Callable[[], datetime]

    def record(self, bounce: Bounce, recipients: Sequence[str]) -> str | None:
        """Record a bounce; give the notification that it is about, or None when no letter of ours is.

        Only what is signed by us is believed: anybody can write a bounce. A report that delivery is merely delayed
        changes nothing.

        Args:
            bounce: What is reported.
            recipients: Where the report was sent to.

        Raises:
            LedgerUnavailableError, LedgerConflictError: It was not recorded; come again.
        """
        letter = self._letter(bounce, recipients)
        if letter is None:
            return None
        if bounce.final:
            self.recorder.follow([self._event(bounce, letter)])
            log.warning("letter_bounced", extra=fields(notification=letter.id, kind=bounce.kind.value))
        return letter.id

    def _event(self, bounce: Bounce, letter: Notification) -> DeliveryEvent:
        # Where the letter was forwarded to may be gone for good; that says nothing of the address that we wrote to.
        of_the_address = _names(bounce, letter)
        return DeliveryEvent(
            notification=letter.id,
            recipient=letter.recipient.lower(),
            report=Report.BOUNCED if bounce.kind is BounceKind.HARD and of_the_address else Report.BLOCKED,
            at=self.now(),
            reason=bounce.reason,
            status=bounce.status or "",
        )

    def _letter(self, bounce: Bounce, recipients: Sequence[str]) -> Notification | None:
        if bounce.original_message_id and (named := self.replies.notification_in([bounce.original_message_id])):
            return self._read(named)
        # A report that does not name the letter went to its reply address, which names the ticket: the client's
        # letter is the one that leaves our side, and its latest copy the one that is awaited.
        number = self.replies.number_at(recipients)
        stored = None if number is None else self.ticket(number)
        letter = self._read(stored.ticket.confirmation) if stored and stored.ticket.confirmation else None
        return letter if letter is not None and _names(bounce, letter) else None

    def _read(self, notification: str) -> Notification | None:
        stored = self.notifications.read(notification)
        return None if stored is None else stored.notification


def _names(bounce: Bounce, letter: Notification) -> bool:
    """Tell whether a report is about the address that a letter went to, as far as it says."""
    return (bounce.recipient or "").lower() in {"", letter.recipient.lower()}
