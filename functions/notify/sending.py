"""Send one notification, once (R5, R11; docs/adr/0002-one-letter.md).

The order of steps is what keeps the promise "nobody gets the same letter twice":

1. compose the letter: a fault here costs nothing;
2. claim the notification with a lease: of two senders one wins;
3. send;
4. record what became of it. Who dies between 3 and 4 leaves a lease behind: until it ends nobody sends again. The lease
   leaves time for SendGrid's event to tell whether the letter went out; as long as nothing takes in those events, a
   letter that went out without being recorded is sent once more when the lease ends.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from functions.notify.letters import Letter, compose
from shared.domain.notification import (
    RING_AGAIN_AFTER,
    Claim,
    Failure,
    Notification,
    NotificationState,
    claim,
)
from shared.domain.submission import Submission
from shared.domain.ticket import Ticket
from shared.ledger import LedgerConflictError
from shared.logs import fields, redact
from shared.reply_address import ReplyAddresses
from shared.store.notifications import Stored

log = logging.getLogger(__name__)


@dataclass(eq=False)
class MailError(Exception):
    """A letter was not sent, or may not have been.

    Attributes:
        status: HTTP status of the provider's answer; None when there was none.
        reason: The provider's words, or the network error's.
    """

    status: int | None
    reason: str


class MailRefusedError(MailError):
    """The provider will never take this letter."""


class MailUnavailableError(MailError):
    """The provider did not take the letter now; it was not sent."""


class MailOutcomeUnknownError(MailError):
    """No answer came: the letter may have been sent."""


class ComeAgainError(Exception):
    """The notification is not settled; Pub/Sub must deliver it again."""


class Mailer(Protocol):
    """A mail provider."""

    def send(self, letter: Letter) -> str:
        """Hand a letter over; give the provider's id of it.

        Raises:
            MailRefusedError, MailUnavailableError, MailOutcomeUnknownError: See there.
        """
        ...


class Notifications(Protocol):
    """The part of the ledger that sending needs; see `shared.store.notifications`."""

    def read(self, notification_id: str) -> Stored | None:
        """Read one notification."""
        ...

    def subject(self, notification: Notification) -> tuple[Ticket, Submission]:
        """Read what it is about."""
        ...

    def write(self, before: Stored, after: Notification) -> Stored:
        """Replace it, if unchanged."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends notifications.

    Attributes:
        lease: How long a claimed notification belongs to its sender.
        zone: Zone in which letters show times.
        replies: Makes what ties an answer to its ticket.
        now: Gives the time, aware and in UTC.
    """

    notifications: Notifications
    mailer: Mailer
    lease: timedelta
    zone: ZoneInfo
    replies: ReplyAddresses
    now: Callable[[], datetime]

    def send(self, notification_id: str) -> None:
        """Bring a notification one step further: sent, rejected for good, or requested again.

        Returns normally when nothing is left for Pub/Sub to do.

        Raises:
            ComeAgainError: It has to be tried again later.
        """
        stored = self.notifications.read(notification_id)
        if stored is None:
            # Notifications are written before the bell is rung, so waiting would not help.
            log.error("notification_unknown", extra=fields(notification=notification_id))
            return
        match claim(stored.notification, self.now()):
            case Claim.DONE:
                log.info("notification_settled_before", extra=fields(notification=notification_id))
            case Claim.WAIT:
                raise ComeAgainError(f"{notification_id} is being sent, or may have been")
            case Claim.TAKE:
                self._compose_and_send(stored)

    def _compose_and_send(self, stored: Stored) -> None:
        try:
            ticket, submission = self.notifications.subject(stored.notification)
        except LookupError as error:
            # The ledger is broken, and repeating would not mend it: a person has to look.
            self._record(stored, MailError(None, str(error)), state=NotificationState.REJECTED, check_at=self.now())
            return
        letter = compose(stored.notification, ticket, submission, self.zone, self.replies)
        self._send(self._claim(stored), letter)

    def _claim(self, stored: Stored) -> Stored:
        lease_until = self.now() + self.lease
        claimed = replace(
            stored.notification,
            state=NotificationState.SENDING,
            attempts=stored.notification.attempts + 1,
            lease_until=lease_until,
            check_at=lease_until,
        )
        try:
            return self.notifications.write(stored, claimed)
        except LedgerConflictError as error:
            raise ComeAgainError(f"{claimed.id} was claimed by somebody else") from error

    def _send(self, claimed: Stored, letter: Letter) -> None:
        notification = claimed.notification
        try:
            message_id = self.mailer.send(letter)
        except MailRefusedError as error:
            # Settled for Pub/Sub, not for people: `check_at` has somebody look at it.
            self._record(claimed, error, state=NotificationState.REJECTED, check_at=self.now())
        except MailUnavailableError as error:
            self._record(claimed, error, state=NotificationState.REQUESTED, check_at=self.now() + RING_AGAIN_AFTER)
            raise ComeAgainError(f"{notification.id}: {type(error).__name__}, status {error.status}") from error
        except MailOutcomeUnknownError as error:
            self._record(claimed, error, state=NotificationState.SENDING, check_at=notification.lease_until)
            raise ComeAgainError(f"{notification.id}: {type(error).__name__}, status {error.status}") from error
        else:
            self._record_sent(claimed, message_id)

    def _record_sent(self, claimed: Stored, message_id: str) -> None:
        sent_at = self.now()
        sent = replace(
            claimed.notification,
            state=NotificationState.SENT,
            sent_at=sent_at,
            message_id=message_id,
            failure=None,
            lease_until=None,
            # A letter that was taken is not yet a letter that was delivered (R8).
            check_at=sent_at + self.lease,
        )
        self._write(claimed, sent)
        log.info(
            "letter_sent",
            extra=fields(notification=sent.id, recipient=redact(sent.recipient), attempts=sent.attempts),
        )

    def _record(
        self, claimed: Stored, error: MailError, *, state: NotificationState, check_at: datetime | None
    ) -> None:
        notification = claimed.notification
        failed = replace(
            notification,
            state=state,
            check_at=check_at,
            failure=Failure(error.status, error.reason),
            lease_until=notification.lease_until if state is NotificationState.SENDING else None,
        )
        self._write(claimed, failed)
        log.warning(
            "letter_not_sent",
            extra=fields(notification=failed.id, state=state.value, status=error.status, error=type(error).__name__),
        )

    def _write(self, before: Stored, after: Notification) -> None:
        try:
            self.notifications.write(before, after)
        except LedgerConflictError:
            # The client library repeats a write whose answer was lost, and the repetition finds its own work.
            log.warning("notification_moved", extra=fields(notification=after.id, state=after.state.value))
