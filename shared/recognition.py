"""Recognition: whether a request was registered before, or belongs to one that was (R15, R5r).

Each registration leaves a trace in the entries of its contact's identities (address, phone). What comes in is compared
with the requests that left theirs within a window of time, and with those of its own group. Two that are registered at
the same moment do not see each other; the sweep finds them.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from shared.domain.contact import identities, may_be_same
from shared.domain.similarity import Judgement, Verdict, judge
from shared.domain.submission import Omission, Submission
from shared.domain.ticket import Ticket
from shared.ledger import Entry, Recent, Surroundings, Trace
from shared.logs import fields

log = logging.getLogger(__name__)

MOST_COMPARED = 20
"""Requests of one identity that are compared with, the latest ones."""

IN_DOUBT = frozenset({Omission.AUTOMATIC, Omission.UNVERIFIED_SENDER})
"""Why a sender's address says nothing of who wrote: such messages are neither recognised nor leave a trace."""


class Past(Protocol):
    """The part of the ledger that recognition needs; see `shared.ledger.Ledger`."""

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        """Read the latest requests by identities of their contacts, and tickets by their numbers."""
        ...

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """Read those of the keys' entries that exist."""
        ...


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a submission is to others.

    Attributes:
        same: Ticket of the same request; None when it is a new one.
        same_in_group: Key of the same request in the group that is being registered; None when there is none.
        related: Earlier ticket that it belongs to; None when there is none.
        traces: What its registration leaves.
    """

    same: int | None = None
    same_in_group: str | None = None
    related: int | None = None
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An earlier request; `ticket` is None for one of the same group."""

    submission: Submission
    ticket: int | None


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Recognises requests.

    Attributes:
        window: How far apart two requests may be to be compared; none at all switches recognition off.
    """

    past: Past
    window: timedelta

    def recognise(self, submissions: Sequence[Submission], timeout: float) -> Mapping[str, Recognised]:
        """Recognise the submissions of a group, by their keys; for what is left out nothing is known.

        Args:
            submissions: With different keys, in the order in which they get their numbers.
            timeout: Seconds for each of two reads; most groups need one.

        Raises:
            LedgerUnavailableError: The ledger does not say.
        """
        asked = self._comparable(submissions)
        if not asked:
            return {}
        wanted = dict.fromkeys(name for each in asked for name in identities(each.contact))
        named = {each.details.previous_ticket for each in asked if each.details.previous_ticket is not None}
        surroundings = self.past.surroundings(list(wanted), sorted(named), timeout)
        recent = {each.key: near(each, surroundings, self.window) for each in asked}
        keys = {entry.submission for entries in recent.values() for entry in entries}
        # Those that have come again are asked for as well: that costs nothing, and they are not there for long.
        entries = self.past.submissions(sorted(keys), timeout) if keys else {}
        found: dict[str, Recognised] = {}
        group: dict[str, list[Submission]] = {}
        for each in asked:
            earlier = [
                _Earlier(entries[one.submission].submission, one.ticket)
                for one in recent[each.key]
                if one.submission in entries
            ]
            if any(one.submission.key == each.key for one in earlier):
                # A repeated delivery: it has its answer already.
                continue
            names = identities(each.contact)
            earlier += [_Earlier(one, None) for name in names for one in group.get(name, ())]
            found[each.key] = self._about(each, earlier, surroundings)
            for name in names:
                group.setdefault(name, []).append(each)
        return found

    def unseen(self, submissions: Sequence[Submission]) -> Mapping[str, Recognised]:
        """Give what a group's submissions leave where the ledger did not say what came before: later ones find it."""
        nothing = Surroundings({}, {})
        return {
            each.key: Recognised(traces=tuple(self._traces(each, nothing))) for each in self._comparable(submissions)
        }

    def _comparable(self, submissions: Sequence[Submission]) -> Sequence[Submission]:
        if not self.window:
            return ()
        return [each for each in submissions if each.unanswered not in IN_DOUBT and identities(each.contact)]

    def _about(self, submission: Submission, earlier: Sequence[_Earlier], surroundings: Surroundings) -> Recognised:
        best: dict[Verdict, tuple[_Earlier, Judgement]] = {}
        for one in earlier:
            if not may_be_same(one.submission.contact, submission.contact):
                continue
            judgement = judge(one.submission, submission)
            if judgement.verdict not in best or judgement.score > best[judgement.verdict][1].score:
                best[judgement.verdict] = (one, judgement)
        named = _named(submission, surroundings.tickets)
        # What a person has called a request of its own gets a number, whatever it looks like.
        if Verdict.SAME in best and named is None and not submission.apart:
            one, judgement = best[Verdict.SAME]
            _tell(submission, one, judgement)
            return Recognised(same=one.ticket, same_in_group=None if one.ticket else one.submission.key)
        related = named
        if related is None and Verdict.RELATED in best:
            one, judgement = best[Verdict.RELATED]
            _tell(submission, one, judgement)
            related = one.ticket
        return Recognised(related=related, traces=tuple(self._traces(submission, surroundings)))

    def _traces(self, submission: Submission, surroundings: Surroundings) -> Sequence[Trace]:
        oldest = submission.received_at - self.window
        return [
            Trace(name, tuple(one.ticket for one in surroundings.recent.get(name, ()) if one.received_at < oldest))
            for name in identities(submission.contact)
        ]


def near(request: Submission | Ticket, surroundings: Surroundings, window: timedelta) -> Sequence[Recent]:
    """Give the other requests with which one is compared, by their numbers in order.

    Args:
        request: As it came in, or its ticket.
        surroundings: With the entries of its contact.
        window: How far apart they may be.
    """
    within = {
        one.ticket: one
        for name in identities(request.contact)
        for one in surroundings.recent.get(name, ())[-MOST_COMPARED:]
        if abs(request.received_at - one.received_at) <= window and one.ticket not in request.apart
    }
    return [within[number] for number in sorted(within)]


def _named(submission: Submission, tickets: Mapping[int, Ticket]) -> int | None:
    """Give the earlier ticket that a client names, if it is the client's own: of another's nothing is said (R5r)."""
    ticket = tickets.get(submission.details.previous_ticket or 0)
    if ticket is None or not may_be_same(ticket.contact, submission.contact):
        return None
    return ticket.merged_into or ticket.number


def _tell(submission: Submission, earlier: _Earlier, judgement: Judgement) -> None:
    log.info(
        "request_recognised",
        extra=fields(
            submission=submission.key,
            earlier=earlier.submission.key,
            ticket=earlier.ticket,
            verdict=judgement.verdict.value,
            score=round(judgement.score, 3),
            reasons=list(judgement.reasons),
        ),
    )
