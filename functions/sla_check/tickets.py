"""What a sweep does about a page of tickets that are due: flags (R16), merges (R15), reminders (R7), handing on (R18).

A ticket's acceptance and its follow-up are due at times of their own; what is done about both is one write.
Classification is told before that is written: who dies in between leaves the tickets due, and they are handed on again.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from functions.sla_check.notebook import Note, Notebook
from shared.bell import Bell
from shared.changes import Change
from shared.domain.follow_up import FollowUp, follow_up, is_due, is_first_time
from shared.domain.lateness import Remark, look_at_ticket
from shared.domain.ticket import Ticket
from shared.domain.working_time import WorkingHours
from shared.handing_on import Classification, NotHandedOnError
from shared.ledger import StoredNotification, StoredTicket
from shared.logs import fields

log = logging.getLogger(__name__)

READ_TIME = 10.0
"""Seconds for one page of letters."""


class Letters(Protocol):
    """The part of the ledger that holds letters; may raise `LedgerUnavailableError`."""

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        """Read those of the notifications that exist."""
        ...


class Merging(Protocol):
    """Merges tickets of one request (R15)."""

    def merge_duplicates(self, stored: Sequence[StoredTicket]) -> Collection[int]:
        """Merge those of the tickets that are the same as an earlier one; give the numbers to be left alone for now."""
        ...


@dataclass(frozen=True, slots=True)
class _Look:
    """What is to be done about one ticket.

    Attributes:
        flagged: The ticket after the look at its acceptance.
        is_followed: Whether its next step is due as well.
    """

    stored: StoredTicket
    flagged: Ticket
    remarks: tuple[Remark, ...]
    is_followed: bool


@dataclass(slots=True)
class TicketStep:
    """Does it, page by page.

    Attributes:
        warn_after: From arrival to the warning.
        hours: Working time.
        now: The run's time.
        handed_on: How many tickets were handed on so far.
        not_handed_on: How many could not be, and stay due.
        reminded: How many clients were reminded.
    """

    letters: Letters
    merging: Merging
    classification: Classification
    bell: Bell
    notebook: Notebook
    warn_after: timedelta
    hours: WorkingHours
    now: datetime
    handed_on: int = 0
    not_handed_on: int = 0
    reminded: int = 0

    def do(self, page: Sequence[StoredTicket]) -> None:
        """Do what is due for a page of tickets."""
        fresh = [each for each in page if is_due(each.ticket, self.now) and is_first_time(each.ticket)]
        others = self.merging.merge_duplicates(fresh) if fresh else ()
        looks = self._looks([each for each in page if each.ticket.number not in others])
        followed = self._followed(looks, can_hand_on=True)
        if not self._hand_on([each.ticket for each in followed.values() if each.hands_on]):
            followed = self._followed(looks, can_hand_on=False)
        notes = [_note(look, followed.get(look.flagged.number)) for look in looks]
        written = self.notebook.write([note for note in notes if note.change != Change()])
        self._tell([ticket.number for note in written for _, ticket in note.change.tickets], followed)

    def _looks(self, page: Sequence[StoredTicket]) -> Sequence[_Look]:
        awaited = {each.ticket.number for each in page if _is_awaited(each.ticket, self.now)}
        wanted = [
            each.ticket.confirmation
            for each in page
            if each.ticket.number in awaited and each.ticket.confirmation is not None
        ]
        letters = self.letters.notifications(wanted, READ_TIME) if wanted else {}
        return [self._look(each, letters, awaited=each.ticket.number in awaited) for each in page]

    def _look(self, stored: StoredTicket, letters: Mapping[str, StoredNotification], *, awaited: bool) -> _Look:
        ticket = stored.ticket
        followed = is_due(ticket, self.now)
        if not awaited:
            return _Look(stored, ticket, (), followed)
        found = letters.get(ticket.confirmation or "")
        look = look_at_ticket(ticket, None if found is None else found.notification, self.now, self.warn_after)
        return _Look(stored, replace(ticket, flags=look.flags, check_at=look.check_at), look.remarks, followed)

    def _followed(self, looks: Sequence[_Look], *, can_hand_on: bool) -> Mapping[int, FollowUp]:
        return {
            look.flagged.number: follow_up(look.flagged, self.now, self.hours, can_hand_on=can_hand_on)
            for look in looks
            if look.is_followed
        }

    def _hand_on(self, tickets: Sequence[Ticket]) -> bool:
        """Hand tickets on; tell whether that was done."""
        if not tickets:
            return True
        # Where one call failed the next would take its time, too, and what is late has to be flagged.
        if not self.not_handed_on:
            try:
                self.classification.hand_on(tickets)
            except NotHandedOnError as error:
                log.exception("not_handed_on", extra=fields(tickets=len(tickets), error=str(error)))
            else:
                return True
        self.not_handed_on += len(tickets)
        return False

    def _tell(self, written: Sequence[int], followed: Mapping[int, FollowUp]) -> None:
        done = [followed[number] for number in written if number in followed]
        reminders = [each.reminder.id for each in done if each.reminder is not None]
        if reminders:
            self.bell.ring(reminders)
        self.reminded += len(reminders)
        for each in done:
            handover = each.ticket.handed_on
            if each.hands_on and handover is not None:
                self.handed_on += 1
                about = fields(ticket=each.ticket.number, revision=handover.revision, complete=handover.complete)
                log.info("ticket_handed_on", extra=about)


def _is_awaited(ticket: Ticket, now: datetime) -> bool:
    """Tell whether it is time to look whether the client has the number."""
    return ticket.check_at is not None and ticket.check_at <= now


def _note(look: _Look, follow: FollowUp | None) -> Note:
    after = look.flagged if follow is None else follow.ticket
    if after == look.stored.ticket:
        return Note(Change(), look.remarks)
    number = after.number
    return Note(
        Change(
            tickets=((look.stored, after),),
            history=() if follow is None else tuple((number, line) for line in follow.history),
            letters=() if follow is None or follow.reminder is None else (follow.reminder,),
        ),
        look.remarks,
    )
