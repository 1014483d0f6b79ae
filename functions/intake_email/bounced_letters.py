"""Bounces that come as mail, recorded on the letter that came back (R9).

SendGrid takes most bounces itself and reports them as events; some mail servers write to the letter's sender instead.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.intake_email.parsing.parsed import Bounce
from shared.domain.notification import Notification, NotificationKind, NotificationState, bounced
from shared.logs import fields
from shared.reply_address import ReplyAddresses
from shared.store.notifications import Stored

log = logging.getLogger(__name__)


class Notifications(Protocol):
    """The part of the ledger that bounces need; see `shared.store.notifications`."""

    def read(self, notification_id: str) -> Stored | None:
        """Read one notification."""
        ...

    def write(self, before: Stored, after: Notification) -> Stored:
        """Replace it, if unchanged."""
        ...


@dataclass(frozen=True, slots=True)
class BouncedLetters:
    """Finds the letter that bounced, and records it.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    notifications: Notifications
    replies: ReplyAddresses
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
        stored = self._letter(bounce, recipients)
        if stored is None:
            return None
        if bounce.final and stored.notification.state is not NotificationState.BOUNCED:
            reason = " ".join(filter(None, (f"{bounce.kind} bounce", bounce.status, bounce.reason)))
            self.notifications.write(stored, bounced(stored.notification, reason, self.now()))
            log.warning("letter_bounced", extra=fields(notification=stored.notification.id, kind=bounce.kind.value))
        return stored.notification.id

    def _letter(self, bounce: Bounce, recipients: Sequence[str]) -> Stored | None:
        if bounce.original_message_id and (named := self.replies.notification_in([bounce.original_message_id])):
            return self.notifications.read(named)
        # A report that does not name the letter went to its reply address, which names the ticket: the client's
        # letter is the one that leaves our side.
        number = self.replies.number_at(recipients)
        stored = None if number is None else self.notifications.read(f"{number}-{NotificationKind.CONFIRMATION}")
        if stored is None or (bounce.recipient or "").lower() not in {"", stored.notification.recipient}:
            return None
        return stored
