"""Splitting: what was taken for one request is two (R15): a submission is taken out, or a merge is undone.

A person says so, and no machine puts together again what a person has taken apart.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.completeness import Detail
from shared.domain.merging import assessment
from shared.domain.ticket import Ticket, place_of


class SplitRefusal(StrEnum):
    """Why a submission is not split off."""

    NO_SUCH_SUBMISSION = "no_such_submission"
    OPENS_ITS_TICKET = "opens_its_ticket"
    """It has a number of its own already, and that goes on."""
    ANSWER = "answer"
    """It gives what its ticket lacked, and is no request."""
    NO_REQUEST = "no_request"
    """It is in quarantine, or was recorded as no request."""
    BROKEN = "broken"
    """Its ticket is not there, or redirects lead nowhere: the ledger is not as it should be."""


@dataclass(eq=False)
class SplitRefusedError(Exception):
    """Nothing is split off, and nothing is changed.

    Attributes:
        ticket: The submission's ticket, if it has one.
    """

    refusal: SplitRefusal
    ticket: int | None = None


def take_out(ticket: Ticket, submission: str, now: datetime) -> Ticket:
    """Give a ticket without one of its submissions, by that one's key; its place stays empty for ever."""
    place = place_of(ticket, submission)
    left = tuple(key for key in ticket.submissions if key != submission)
    return replace(forget(ticket, {submission}, now), submissions=left, vacated=(*ticket.vacated, place))


def forget(ticket: Ticket, submissions: Collection[str], now: datetime) -> Ticket:
    """Give a ticket that does not know any more what only came with some submissions."""
    known = tuple(each for each in ticket.known if each.submission not in submissions)
    if known == ticket.known:
        return ticket
    # Without a word of what the matter is, it can't be told that data of a phone have no meaning for it.
    unclear = all(each.detail is not Detail.DESCRIPTION for each in known)
    left = assessment(known, device_data=ticket.device_data or unclear)
    # Whoever has got it for classification has to hear of it.
    follow_up_at = ticket.follow_up_at if ticket.handed_on is None else now
    return replace(
        ticket, known=left.known, missing=left.missing, device_data=left.device_data, follow_up_at=follow_up_at
    )


def undo_merge(lineage: Sequence[Ticket], submissions: Collection[str], now: datetime) -> tuple[Ticket, ...]:
    """Undo a merge.

    Args:
        lineage: The ticket that was merged, the one that it was merged into, and so on to the one that goes on.
        submissions: All of the first one, and of what was merged into that.
        now: The present.

    Returns:
        The same tickets as they shall be; the first goes on by itself.
    """
    gone, into, *further = lineage
    return (
        replace(gone, merged_into=None, follow_up_at=now, apart=_with(gone.apart, into.number)),
        replace(
            forget(into, submissions, now),
            merged=tuple(number for number in into.merged if number != gone.number),
            apart=_with(into.apart, gone.number),
            follow_up_at=into.follow_up_at if into.handed_on is None else now,
        ),
        *(forget(each, submissions, now) for each in further),
    )


def _with(numbers: tuple[int, ...], number: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*numbers, number)))
