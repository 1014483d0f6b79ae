"""Merging: one request got two numbers, and goes on under the lower one (R15).

Nothing is lost by it: what came in under the other number stays there, and what reaches that number from now on is
passed on. How it is undone: `shared.domain.splitting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.completeness import DEVICE_DATA, Assessment, Detail, Known, is_complete
from shared.domain.flag import cleared
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState, merged
from shared.domain.ticket import MOST_PARTICIPANTS, Acceptance, Ticket
from shared.domain.trouble import OVERTAKEN_REASON

AWAITED = frozenset({Acceptance.PENDING, Acceptance.UNDELIVERABLE, Acceptance.REVOKED})
"""Acceptances that somebody still waits for."""

_ORDER = {detail: place for place, detail in enumerate(Detail)}


class MergeRefusal(StrEnum):
    """Why two tickets are not merged."""

    ITSELF = "itself"
    """A number was named twice."""
    NO_SUCH_TICKET = "no_such_ticket"
    ONE_ALREADY = "one_already"
    APART = "apart"
    """A person has taken them apart: no machine merges them again."""
    ERASED = "erased"
    """The data of one of the clients were erased: that ticket is closed."""
    BROKEN = "broken"
    """A redirect leads nowhere: the ledger is not as it should be."""


@dataclass(eq=False)
class MergeRefusedError(Exception):
    """Two tickets are not merged, and nothing is changed.

    Attributes:
        ticket: The number that it is about: the one that is not there, or the one under which both go on already.
    """

    refusal: MergeRefusal
    ticket: int


@dataclass(frozen=True, slots=True)
class Merge:
    """What is written together when two tickets become one.

    Attributes:
        into: The ticket that goes on, as it shall be.
        gone: The one that is merged into it, as it shall be.
        history: New lines, with their tickets' numbers.
        letters: Who is told.
        dropped: Letters that are not sent any more, as they shall be.
    """

    into: Ticket
    gone: Ticket
    history: tuple[tuple[int, HistoryEntry], ...]
    letters: tuple[Notification, ...]
    dropped: tuple[Notification, ...]


def letters_about(one: Ticket, other: Ticket) -> tuple[str, ...]:
    """Give the ids of the letters that decide what a merge writes: see `merge`."""
    into, gone = _in_order(one, other)
    return tuple(filter(None, (gone.confirmation, _letter_id(into, gone))))


def merge(one: Ticket, other: Ticket, letters: Mapping[str, Notification], by: str, now: datetime) -> Merge:
    """Merge two tickets, the higher number into the lower one, so that redirects never form a circle.

    Args:
        one: A ticket that goes on.
        other: Another one.
        letters: Those of `letters_about` that exist, by their ids.
        by: Who does it; a person's word outweighs that they were taken apart before.
        now: The present.

    Raises:
        ValueError: They are one already, or not both go on.
    """
    into, gone = _in_order(one, other)
    if into.number == gone.number or into.merged_into is not None or gone.merged_into is not None:
        raise ValueError("two different tickets that go on are merged")
    history = (
        (into.number, HistoryEntry(now, by, Event.MERGED, str(gone.number))),
        (gone.number, HistoryEntry(now, by, Event.MERGED, str(into.number))),
    )
    confirmation = letters.get(gone.confirmation or "")
    return Merge(
        into=_richer(into, gone, now),
        gone=_redirecting(gone, into, now),
        history=history,
        letters=_told(into, gone, letters, now),
        dropped=() if confirmation is None else unsent((confirmation,)),
    )


def unsent(letters: tuple[Notification, ...]) -> tuple[Notification, ...]:
    """Give those of the letters that nobody has begun to send as letters that nobody sends any more."""
    failure = Failure(None, OVERTAKEN_REASON)
    return tuple(
        replace(letter, state=NotificationState.DROPPED, failure=failure, check_at=None)
        for letter in letters
        if letter.state is NotificationState.REQUESTED
    )


def together(goes_on: Assessment, other: Assessment) -> Assessment:
    """Give what is known and missing when what is known of two tickets is known of one."""
    known = {each.detail: each for each in (*other.known, *goes_on.known)}
    told_now = Detail.DESCRIPTION in known and Detail.DESCRIPTION in goes_on.missing
    # Only now it can be told what the matter is.
    device_data = other.device_data if told_now else goes_on.device_data
    return assessment(tuple(known.values()), device_data=device_data)


def assessment(known: tuple[Known, ...], *, device_data: bool) -> Assessment:
    """Give an assessment from what is known, each detail once: all else that has a meaning is missing."""
    there = {each.detail for each in known}
    missing = (each for each in Detail if each not in there and (device_data or each not in DEVICE_DATA))
    return Assessment(tuple(sorted(known, key=lambda each: _ORDER[each.detail])), tuple(missing), device_data)


def _in_order(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    return (one, other) if one.number < other.number else (other, one)


def _richer(into: Ticket, gone: Ticket, now: datetime) -> Ticket:
    after = together(into.assessment, gone.assessment)
    urgent = into.urgent or gone.urgent
    # Whoever has got it for classification has to hear of it, and what waited for it goes on.
    completed = is_complete(after.missing) and not into.complete
    goes_on_now = into.handed_on is not None or completed or urgent is not into.urgent
    return replace(
        into,
        merged=(*into.merged, gone.number),
        channels=tuple(dict.fromkeys((*into.channels, *gone.channels))),
        participants=tuple(dict.fromkeys((*into.participants, *gone.participants)))[:MOST_PARTICIPANTS],
        urgent=urgent,
        known=after.known,
        missing=after.missing,
        device_data=after.device_data,
        follow_up_at=now if goes_on_now else into.follow_up_at,
        apart=tuple(each for each in into.apart if each != gone.number),
    )


def _redirecting(gone: Ticket, into: Ticket, now: datetime) -> Ticket:
    return replace(
        gone,
        merged_into=into.number,
        acceptance=Acceptance.NOT_AWAITED if gone.acceptance in AWAITED else gone.acceptance,
        flags=cleared(gone.flags, now),
        # That it got its number too late has happened, merged or not, and the sweep has yet to say so.
        check_at=now if gone.waits_for_late_flag else None,
        # The sweep may be handing it on at this moment: then classification has to hear of the merge.
        follow_up_at=now,
        apart=tuple(each for each in gone.apart if each != into.number),
    )


def _told(into: Ticket, gone: Ticket, letters: Mapping[str, Notification], now: datetime) -> tuple[Notification, ...]:
    if gone.contact.email is None or gone.confirmation_omitted is not None:
        return ()
    letter = merged(into, gone.number, gone.contact.email, now)
    # They may have been merged before, and taken apart again.
    return (replace(letter, id=f"{letter.id}-{now:%Y%m%d%H%M%S}") if letter.id in letters else letter,)


def _letter_id(into: Ticket, gone: Ticket) -> str:
    return f"{into.number}-{NotificationKind.MERGED}-{gone.number}"
