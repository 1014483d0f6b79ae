"""Merging: tickets of one request become one (R15); what that means is `shared.domain.merging`.

People merge what they see. The sweep merges what two doors registered at the same moment, or while the ledger did not
say what had come before: each saw a new request, and both were right.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.bell import Bell
from shared.changes import Change
from shared.conflicts import STEP_TIME, Tickets, again_on_conflict
from shared.domain.contact import identities, may_be_same
from shared.domain.merging import Merge, MergeRefusal, MergeRefusedError, letters_about, merge
from shared.domain.similarity import Judgement, Verdict, judge
from shared.domain.ticket import Ticket
from shared.ledger import (
    Entry,
    LedgerConflictError,
    LedgerRefusedError,
    LedgerUnavailableError,
    Recent,
    StoredNotification,
    StoredTicket,
    Surroundings,
)
from shared.logs import fields
from shared.recognition import IN_DOUBT, Past, near

log = logging.getLogger(__name__)

READ_TIME = 10.0
"""Seconds for what is read of a page's other requests."""

SYSTEM = "system"
"""Who merges, in a ticket's history, where no person does."""


class Merging(Tickets, Protocol):
    """The part of the ledger that holds what is merged; see `shared.store.changes`.

    Every method may raise `LedgerUnavailableError`.
    """

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        """Read those of the notifications that exist."""
        ...


@dataclass(frozen=True, slots=True)
class _Pair:
    """A ticket that is the same request as an earlier one."""

    earlier: int
    later: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Merger:
    """Merges tickets.

    Attributes:
        past: Where the sweep looks for what is the same.
        window: How far apart two requests may be to be compared; none at all: the sweep merges nothing.
        now: Gives the time, aware and in UTC.
    """

    tickets: Merging
    past: Past
    bell: Bell
    window: timedelta
    now: Callable[[], datetime]

    def merge(self, one: int, other: int, by: str) -> Merge:
        """Merge two tickets, or those under which they go on, at a person's word.

        Raises:
            MergeRefusedError: See there.
            LedgerConflictError: Others kept changing the tickets; nothing was written.
            LedgerUnavailableError: It is unknown whether they were merged; asking again tells.
        """
        return again_on_conflict(lambda: self._merge(one, other, by))

    def merge_duplicates(self, stored: Sequence[StoredTicket]) -> Collection[int]:
        """Merge those of a page's tickets that are the same as an earlier request of their contact. Never raises.

        Each is compared with lower numbers only: of two, the later one finds the earlier. Costs one read for the page
        where no contact has had another request.

        Args:
            stored: Tickets for which nobody has looked yet.

        Returns:
            The numbers that the caller has to leave alone for now: what was changed, with what it was merged into, and
            what could not be looked at, or merged, at this time, and is looked at again when it comes again.
        """
        fresh = [each.ticket for each in stored if _is_comparable(each.ticket)]
        if not self.window or not fresh:
            return ()
        try:
            pairs = self._find(sorted(fresh, key=lambda ticket: ticket.number))
        except LedgerUnavailableError as error:
            log.warning("duplicates_not_looked_for", extra=fields(tickets=len(fresh), error=str(error)))
            return {ticket.number for ticket in fresh}
        left: set[int] = set()
        for pair in pairs:
            left |= self._merge_pair(pair)
        return left

    def _find(self, fresh: Sequence[Ticket]) -> Sequence[_Pair]:
        names = dict.fromkeys(name for ticket in fresh for name in identities(ticket.contact))
        surroundings = self.past.surroundings(list(names), (), READ_TIME)
        earlier = {ticket.number: found for ticket in fresh if (found := self._earlier(ticket, surroundings))}
        compared = [ticket for ticket in fresh if ticket.number in earlier]
        keys = {ticket.submissions[0] for ticket in compared}
        keys |= {one.submission for found in earlier.values() for one in found}
        entries = self.past.submissions(sorted(keys), READ_TIME) if keys else {}
        pairs = (_best(ticket, earlier[ticket.number], entries) for ticket in compared)
        return [pair for pair in pairs if pair is not None]

    def _earlier(self, ticket: Ticket, surroundings: Surroundings) -> Sequence[Recent]:
        return [one for one in near(ticket, surroundings, self.window) if one.ticket < ticket.number]

    def _merge_pair(self, pair: _Pair) -> set[int]:
        """Merge what was found to be the same; give what the sweep has to leave alone."""
        about = {"earlier": pair.earlier, "later": pair.later, "reasons": list(pair.judgement.reasons)}
        try:
            done = again_on_conflict(lambda: self._merge(pair.earlier, pair.later, SYSTEM))
        except MergeRefusedError as refused:
            log.info("not_merged", extra=fields(**about, refusal=refused.refusal.value))
            return set()
        except LedgerRefusedError as error:
            # It will be so the next time: what is due for the ticket must not wait for it.
            log.error("not_merged", extra=fields(**about, error=str(error)))  # noqa: TRY400  # no fault of our code
            return set()
        except (LedgerConflictError, LedgerUnavailableError) as error:
            log.warning("not_merged", extra=fields(**about, error=str(error)))
            return {pair.later}
        return {done.into.number, done.gone.number}

    def _merge(self, one: int, other: int, by: str) -> Merge:
        if one == other:
            raise MergeRefusedError(MergeRefusal.ITSELF, one)
        first, second = goes_on(self.tickets, one), goes_on(self.tickets, other)
        if first.ticket.number == second.ticket.number:
            raise MergeRefusedError(MergeRefusal.ONE_ALREADY, first.ticket.number)
        for each in (first.ticket, second.ticket):
            if each.erased_at is not None:
                raise MergeRefusedError(MergeRefusal.ERASED, each.number)
        if by == SYSTEM and are_apart(group_of(self.tickets, first.ticket), group_of(self.tickets, second.ticket)):
            raise MergeRefusedError(MergeRefusal.APART, first.ticket.number)
        letters = self.tickets.notifications(letters_about(first.ticket, second.ticket), STEP_TIME)
        written = merge(
            first.ticket, second.ticket, {each: letters[each].notification for each in letters}, by, self.now()
        )
        before = {each.ticket.number: each for each in (first, second)}
        self.tickets.write(
            Change(
                notifications=tuple((letters[each.id], each) for each in written.dropped),
                tickets=tuple((before[each.number], each) for each in (written.into, written.gone)),
                history=written.history,
                letters=written.letters,
            ),
            STEP_TIME,
        )
        if written.letters:
            self.bell.ring([letter.id for letter in written.letters])
        log.info("tickets_merged", extra=fields(into=written.into.number, gone=written.gone.number, by=by))
        return written


def goes_on(tickets: Tickets, number: int) -> StoredTicket:
    """Read the ticket under which a number goes on: its own, or the one that it was merged into.

    Raises:
        MergeRefusedError: There is no such ticket, or its redirects lead nowhere.
        LedgerUnavailableError: The ledger does not say.
    """
    return lineage(tickets, number)[-1]


def lineage(tickets: Tickets, number: int) -> Sequence[StoredTicket]:
    """Read a ticket, the one that it was merged into, and so on to the one that goes on.

    Raises:
        MergeRefusedError, LedgerUnavailableError: See `goes_on`.
    """
    found: list[StoredTicket] = []
    following: int | None = number
    while following is not None:
        stored = tickets.tickets([following], STEP_TIME).get(following)
        if stored is None:
            raise MergeRefusedError(MergeRefusal.BROKEN if found else MergeRefusal.NO_SUCH_TICKET, following)
        found.append(stored)
        following = stored.ticket.merged_into
        # The lower number goes on: so it ends.
        if following is not None and following >= stored.ticket.number:
            raise MergeRefusedError(MergeRefusal.BROKEN, stored.ticket.number)
    return found


def group_of(tickets: Tickets, ticket: Ticket) -> Sequence[Ticket]:
    """Read all that was merged into a ticket, and into that; the ticket itself comes first."""
    found = {ticket.number: ticket}
    following = set(ticket.merged)
    while following:
        # What is there twice, or not at all, the audit finds.
        read = [stored.ticket for stored in tickets.tickets(following, STEP_TIME).values()]
        found |= {each.number: each for each in read}
        following = {number for each in read for number in each.merged} - found.keys()
    return list(found.values())


def are_apart(one: Sequence[Ticket], other: Sequence[Ticket]) -> bool:
    """Tell whether a person has taken a ticket of one group apart from one of the other."""
    numbers, others = ({ticket.number for ticket in group} for group in (one, other))
    return any(not others.isdisjoint(ticket.apart) for ticket in one) or any(
        not numbers.isdisjoint(ticket.apart) for ticket in other
    )


def _is_comparable(ticket: Ticket) -> bool:
    # Who names an earlier ticket of his says that this is another request.
    named = ticket.previous_ticket is not None and ticket.related is not None
    known = bool(identities(ticket.contact)) and ticket.confirmation_omitted not in IN_DOUBT
    return known and not named and ticket.merged_into is None


def _best(ticket: Ticket, others: Sequence[Recent], entries: Mapping[str, Entry]) -> _Pair | None:
    """Give the earlier request that a ticket is the most alike of those that are the same; None when none is."""
    own = entries.get(ticket.submissions[0])
    if own is None:
        return None
    there = ((one.ticket, earlier.submission) for one in others if (earlier := entries.get(one.submission)) is not None)
    same = [
        _Pair(number, ticket.number, judgement)
        for number, earlier in there
        if may_be_same(earlier.contact, own.submission.contact)
        and (judgement := judge(earlier, own.submission)).verdict is Verdict.SAME
    ]
    return max(same, key=lambda pair: pair.judgement.score, default=None)
