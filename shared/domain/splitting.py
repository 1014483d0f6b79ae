"""Splitting: what was taken for one request is two (R15): a submission is taken out, or a merge is undone.

A person says so, and no machine puts together again what a person has taken apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.completeness import Assessment, Detail, learn
from shared.domain.merging import assessment
from shared.domain.submission import Attachment, Submission
from shared.domain.ticket import Ticket, makes_urgent, place_of


class SplitRefusal(StrEnum):
    """Why a submission is not split off."""

    NO_SUCH_SUBMISSION = "no_such_submission"
    OPENS_ITS_TICKET = "opens_its_ticket"
    """It has a number of its own already, and that goes on."""
    ANSWER = "answer"
    """It gives what its ticket lacked, and is no request."""
    NO_REQUEST = "no_request"
    """It is in quarantine, or was recorded as no request, or nothing is left of it since its data were erased."""
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


@dataclass(frozen=True, slots=True)
class Part:
    """A submission as part of a ticket.

    Attributes:
        attachment: As what it joined; None for what opened its ticket.
    """

    submission: Submission
    attachment: Attachment | None


@dataclass(frozen=True, slots=True)
class Group:
    """What goes on under one number.

    Attributes:
        tickets: The one that goes on and all that were merged into it, by their numbers.
        parts: Their submissions by key, as far as they are there.
    """

    tickets: Mapping[int, Ticket]
    parts: Mapping[str, Part]

    def keys(self, ticket: Ticket) -> frozenset[str]:
        """Give the keys of what came in under a ticket's number, and under those merged into it."""
        # The lower number goes on: so it ends.
        higher = [number for number in ticket.merged if number in self.tickets and number > ticket.number]
        merged = (self.keys(self.tickets[number]) for number in higher)
        return frozenset(ticket.submissions).union(*merged)


def take_out(lineage: Sequence[Ticket], submission: str, group: Group, now: datetime) -> tuple[Ticket, ...]:
    """Take a submission out of its ticket; its place there stays empty for ever.

    Args:
        lineage: Its ticket, the one that was merged into, and so on to the one that goes on.
        submission: The submission's key.
        group: Of the last of them.
        now: The present.

    Returns:
        The same tickets as they shall be: those that stay as they are, as the same objects.
    """
    owner, *further = (_forget(each, frozenset({submission}), group, now) for each in lineage)
    left = tuple(key for key in owner.submissions if key != submission)
    return replace(owner, submissions=left, vacated=(*owner.vacated, place_of(owner, submission))), *further


def undo_merge(lineage: Sequence[Ticket], group: Group, now: datetime) -> tuple[Ticket, ...]:
    """Undo the merge of the first ticket of a lineage: it goes on by itself, with what was merged into it.

    The arguments and what is given are those of `take_out`.
    """
    gone, into, *further = lineage
    taken = group.keys(gone)
    return (
        replace(gone, merged_into=None, follow_up_at=now, apart=_with(gone.apart, into.number)),
        replace(
            _forget(into, taken, group, now),
            merged=tuple(number for number in into.merged if number != gone.number),
            apart=_with(into.apart, gone.number),
            follow_up_at=into.follow_up_at if into.handed_on is None else now,
        ),
        *(_forget(each, taken, group, now) for each in further),
    )


def _forget(ticket: Ticket, submissions: frozenset[str], group: Group, now: datetime) -> Ticket:
    """Give a ticket without what it has only from some submissions: the same object when that is nothing."""
    there = {key: group.parts[key] for key in group.keys(ticket) if key in group.parts}
    taken = [part for key, part in there.items() if key in submissions]
    left = [part for key, part in there.items() if key not in submissions]
    after = _knowledge(ticket, submissions, left)
    channels = {each.submission.channel for each in taken} - {each.submission.channel for each in left}
    people = _people(taken) - _people(left)
    changed = replace(
        ticket,
        known=after.known,
        missing=after.missing,
        device_data=after.device_data,
        channels=tuple(each for each in ticket.channels if each not in channels),
        participants=tuple(each for each in ticket.participants if each not in people),
        urgent=ticket.urgent and (not any(map(_makes_urgent, taken)) or any(map(_makes_urgent, left))),
    )
    if changed == ticket:
        return ticket
    # Whoever has got it for classification has to hear of it.
    return changed if ticket.handed_on is None else replace(changed, follow_up_at=now)


def _knowledge(ticket: Ticket, submissions: frozenset[str], left: Sequence[Part]) -> Assessment:
    known = tuple(each for each in ticket.known if each.submission not in submissions)
    if known == ticket.known:
        return ticket.assessment
    # Without a word of what the matter is, it can't be told that data of a phone have no meaning for it.
    unclear = all(each.detail is not Detail.DESCRIPTION for each in known)
    after = assessment(known, device_data=ticket.device_data or unclear)
    # What was known already when it came again, was not noted then.
    for part in sorted(left, key=lambda part: part.submission.received_at):
        after = learn(after, part.submission, part.attachment or Attachment.DUPLICATE)
    return after


def _people(parts: Sequence[Part]) -> set[str]:
    messages = (part.submission.message for part in parts)
    return {each for message in messages if message and message.automatic is None for each in message.participants}


def _makes_urgent(part: Part) -> bool:
    return makes_urgent(part.submission, part.attachment)


def _with(numbers: tuple[int, ...], number: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys((*numbers, number)))
