"""Send one notification, once (R5, R9, R11; docs/adr/0002-one-letter.md).

The order of steps is what keeps the promise "nobody gets the same letter twice":

1. compose the letter: a fault here costs nothing;
2. claim the notification with a lease: of two senders one wins;
3. send;
4. record what became of it. Who dies between 3 and 4, or gets no answer, leaves a letter behind that may be on its way.
   Nobody here sends it again: the provider's events tell, and the sweep asks for it once more when they show that it
   was never sent.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from functions.notify.letters import Letter, compose
from shared.domain.notification import (
    CLAIMS,
    RING_AGAIN_AFTER,
    Claim,
    Failure,
    Notification,
    NotificationKind,
    NotificationState,
)
from shared.domain.ticket import Ticket
from shared.domain.trouble import ERASED_REASON, KNOWN_DEAD_REASON, OVERTAKEN_REASON, SUPERSEDED_REASON
from shared.information_links import InformationLinks
from shared.ledger import LedgerConflictError, StoredNotification
from shared.logs import fields, redact
from shared.outcomes import Step
from shared.reply_address import ReplyAddresses
from shared.subjects import Subject, TicketSubject

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
    """The part of the ledger that sending needs; see `shared.store.letters`."""

    def read(self, notification_id: str) -> StoredNotification | None:
        """Read one notification."""
        ...

    def subject(self, notification: Notification) -> Subject:
        """Read what it is about; LookupError when that is not there."""
        ...

    def write(self, before: StoredNotification, after: Notification) -> StoredNotification:
        """Replace it, if unchanged."""
        ...


class Outcomes(Protocol):
    """Records what became of a letter, with what follows from it; see `shared.outcomes`."""

    def change(self, notification: str, step: Step) -> None:
        """Take a step of one letter."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends notifications.

    Attributes:
        lease: How long a claimed notification belongs to its sender.
        zone: Zone in which letters show times.
        replies: Makes what ties an answer to its ticket.
        links: Makes what leads to the page for what is missing.
        now: Gives the time, aware and in UTC.
    """

    notifications: Notifications
    outcomes: Outcomes
    mailer: Mailer
    lease: timedelta
    zone: ZoneInfo
    replies: ReplyAddresses
    links: InformationLinks
    now: Callable[[], datetime]

    def send(self, notification_id: str) -> None:
        """Bring a notification one step further: sent, failed for good, or requested again.

        Returns normally when nothing is left for Pub/Sub to do.

        Raises:
            ComeAgainError: It has to be tried again later.
        """
        stored = self.notifications.read(notification_id)
        if stored is None:
            # Notifications are written before the bell is rung, so waiting would not help.
            log.error("notification_unknown", extra=fields(notification=notification_id))
            return
        match CLAIMS[stored.notification.state]:
            case Claim.TAKE:
                self._compose_and_send(stored)
            case Claim.LEAVE | Claim.DONE:
                state = stored.notification.state.value
                log.info("notification_left", extra=fields(notification=notification_id, state=state))

    def _compose_and_send(self, stored: StoredNotification) -> None:
        notification = stored.notification
        try:
            subject = self.notifications.subject(notification)
        except LookupError as error:
            # The ledger is broken, and repeating would not mend it: a person has to look.
            self._fail(notification, NotificationState.REJECTED, Failure(None, str(error)))
            return
        held_back = _why_held_back(notification, subject) if isinstance(subject, TicketSubject) else None
        if held_back is not None:
            self._fail(notification, NotificationState.DROPPED, Failure(None, held_back))
            return
        letter = compose(notification, subject, self.zone, self.replies, self.links)
        claimed = self._claim(stored)
        if claimed is not None:
            self._send(claimed, letter)

    def _claim(self, stored: StoredNotification) -> StoredNotification | None:
        """Claim a notification; None when somebody else was faster."""
        now = self.now()
        claimed = replace(
            stored.notification,
            state=NotificationState.SENDING,
            attempts=stored.notification.attempts + 1,
            attempted_at=now,
            lease_until=now + self.lease,
            check_at=now + self.lease,
            claim=uuid.uuid4().hex,
        )
        try:
            return self.notifications.write(stored, claimed)
        except LedgerConflictError:
            # The client library repeats a write whose answer was lost, and the repetition finds its own work.
            there = self.notifications.read(claimed.id)
            if there is not None and there.notification == claimed:
                return there
            log.info("notification_left", extra=fields(notification=claimed.id, state="claimed by another"))
            return None

    def _send(self, claimed: StoredNotification, letter: Letter) -> None:
        notification = claimed.notification
        try:
            message_id = self.mailer.send(letter)
        except MailRefusedError as error:
            self._fail(notification, NotificationState.REJECTED, Failure(error.status, error.reason))
        except MailUnavailableError as error:
            check_at = self.now() + RING_AGAIN_AFTER
            self._record(claimed, error, state=NotificationState.REQUESTED, check_at=check_at)
            raise ComeAgainError(f"{notification.id}: {type(error).__name__}, status {error.status}") from error
        except MailOutcomeUnknownError as error:
            # Coming again would not tell whether it went out; the provider's event, or the sweep, will.
            self._record(claimed, error, state=NotificationState.SENDING, check_at=notification.lease_until)
        else:
            self._record_sent(claimed, message_id)

    def _record_sent(self, claimed: StoredNotification, message_id: str) -> None:
        sent = replace(
            claimed.notification,
            state=NotificationState.SENT,
            sent_at=self.now(),
            message_id=message_id,
            failure=None,
            lease_until=None,
            # Whether it is delivered (R8) is looked after by its ticket's own `check_at`.
            check_at=None,
        )
        self._write(claimed, sent)
        log.info(
            "letter_sent",
            extra=fields(notification=sent.id, recipient=redact(sent.recipient), attempts=sent.attempts),
        )

    def _record(
        self, claimed: StoredNotification, error: MailError, *, state: NotificationState, check_at: datetime | None
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
        _log_not_sent(failed, error.status)

    def _fail(self, notification: Notification, state: NotificationState, failure: Failure) -> None:
        """Record that a letter will not go out: for good, unless a person asks for it again."""

        def step(there: Notification) -> Notification:
            if there.state not in {NotificationState.REQUESTED, NotificationState.SENDING}:
                # The provider's event was faster, and knows better.
                return there
            # No `event_at`: only the provider's events show that they reach us.
            return replace(there, state=state, failure=failure, lease_until=None, check_at=None)

        self.outcomes.change(notification.id, step)
        _log_not_sent(replace(notification, state=state), failure.status)

    def _write(self, before: StoredNotification, after: Notification) -> None:
        try:
            self.notifications.write(before, after)
        except LedgerConflictError:
            # The provider's event was faster, or the client library repeated a write whose answer was lost.
            log.info("notification_moved", extra=fields(notification=after.id, state=after.state.value))


def _why_held_back(notification: Notification, subject: TicketSubject) -> str | None:
    """Give the reason for which a letter about a ticket must not go out; None when it may."""
    if subject.ticket.erased_at is not None:
        return ERASED_REASON
    if notification.kind is NotificationKind.CONFIRMATION and subject.ticket.confirmation not in {
        None,
        notification.id,
    }:
        # A person has had it sent to another address since: this one may be a stranger's.
        return SUPERSEDED_REASON
    if _is_overtaken(notification, subject.ticket):
        return OVERTAKEN_REASON
    return None if subject.dead is None else KNOWN_DEAD_REASON


def _is_overtaken(notification: Notification, ticket: Ticket) -> bool:
    """Tell whether what a letter was to say is so no longer (R7, R15)."""
    match notification.kind:
        case NotificationKind.REMINDER:
            return ticket.complete or ticket.merged_into is not None
        case NotificationKind.ALREADY_REGISTERED:
            # A person has made a request of its own of it.
            return notification.submission not in ticket.submissions
        case NotificationKind.MERGED:
            return notification.about not in {str(number) for number in ticket.merged}
        case _:
            return False


def _log_not_sent(notification: Notification, status: int | None) -> None:
    log.warning(
        "letter_not_sent",
        extra=fields(notification=notification.id, state=notification.state.value, status=status),
    )
