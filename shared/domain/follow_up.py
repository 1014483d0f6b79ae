"""What becomes of a ticket after its registration: the client is reminded (R7), and it is handed on (R18).

The sweep looks at a ticket when its `follow_up_at` has come, and asks here what to do. Whoever changes what
classification has to know (completed, urgent, merged, split) sets `follow_up_at` to the present, and the ticket is
handed on once more.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Notification, NotificationKind, requested
from shared.domain.ticket import Acceptance, Handover, Ticket
from shared.domain.working_time import WorkingHours

_SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a look at a ticket came to.

    Attributes:
        ticket: The ticket as it shall be.
        hands_on: Whether it is handed on; `ticket.handed_on` says how.
        reminder: The letter to be written; None when there is none.
        history: Its new lines.
    """

    ticket: Ticket
    hands_on: bool = False
    reminder: Notification | None = None
    history: tuple[HistoryEntry, ...] = ()


def is_due(ticket: Ticket, now: datetime) -> bool:
    """Tell whether it is time for the next step."""
    return ticket.follow_up_at is not None and ticket.follow_up_at <= now


def is_first_time(ticket: Ticket) -> bool:
    """Tell whether nothing was done with it yet, so that it may be the same request as another (R15)."""
    return ticket.handed_on is None and ticket.reminded_at is None and ticket.merged_into is None


def follow_up(ticket: Ticket, now: datetime, hours: WorkingHours, *, can_hand_on: bool = True) -> FollowUp:
    """Take the steps that are due.

    Args:
        ticket: One whose `follow_up_at` has come.
        now: The present.
        hours: Working time.
        can_hand_on: Whether it can be handed on now; if not, it stays due for that.
    """
    remind_at = _remind_at(ticket, hours)
    done = FollowUp(ticket)
    if remind_at is not None and remind_at <= now and _may_be_reminded(ticket, remind_at):
        done = _remind(ticket, now)
    if _is_ready(ticket, now, remind_at):
        return _hand_on(done, now, remind_at) if can_hand_on else done
    return replace(done, ticket=replace(done.ticket, follow_up_at=_later(remind_at, now)))


def _remind_at(ticket: Ticket, hours: WorkingHours) -> datetime | None:
    """Give when the client's time for an answer is, or was, over: a working day after he was asked (R7)."""
    if ticket.asked_at is None or ticket.complete or ticket.merged_into is not None:
        return None
    return hours.after(ticket.asked_at, hours.day_length)


def _may_be_reminded(ticket: Ticket, remind_at: datetime) -> bool:
    return (
        ticket.reminded_at is None
        # Handed on at that time or later, it went on without a reminder.
        and (ticket.handed_on is None or ticket.handed_on.at < remind_at)
        # Who has not got the number was not asked either.
        and ticket.acceptance is Acceptance.ACCEPTED
        and ticket.contact.email is not None
    )


def _is_ready(ticket: Ticket, now: datetime, remind_at: datetime | None) -> bool:
    """Tell whether the ticket is handed on now."""
    if ticket.handed_on is None:
        return remind_at is None or remind_at <= now or ticket.urgent
    # The reminder's own look changes nothing that classification has to know; any other was asked for by a change.
    return ticket.follow_up_at != remind_at


def _remind(ticket: Ticket, now: datetime) -> FollowUp:
    kind, recipient = NotificationKind.REMINDER, ticket.contact.email or ""
    letter = requested(f"{ticket.number}-{kind}", ticket.number, kind, recipient, now)
    line = HistoryEntry(now, _SYSTEM, Event.REMINDED, letter.id)
    return FollowUp(replace(ticket, reminded_at=now), reminder=letter, history=(line,))


def _hand_on(before: FollowUp, now: datetime, remind_at: datetime | None) -> FollowUp:
    ticket = before.ticket
    revision = 1 if ticket.handed_on is None else ticket.handed_on.revision + 1
    handover = Handover(now, revision, ticket.complete)
    line = HistoryEntry(now, _SYSTEM, Event.HANDED_ON, str(revision))
    after = replace(ticket, handed_on=handover, follow_up_at=_later(remind_at, now))
    return replace(before, ticket=after, hands_on=True, history=(*before.history, line))


def _later(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None
