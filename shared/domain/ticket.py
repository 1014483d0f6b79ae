"""A ticket: a registered request with its number (R4) and its clocks (R13, R16)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

from shared.domain.completeness import Assessment, Detail, Known, assess, is_complete, learn
from shared.domain.concern import Concern
from shared.domain.contact import Contact
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import Attachment, Channel, Mark, Omission, Submission
from shared.domain.working_time import WorkingHours

REGISTRATION_TIME_LIMIT = timedelta(minutes=15)
"""From arrival to a registered and confirmed ticket (R16)."""

LOOK_AFTER = timedelta(minutes=1)
"""How long a ticket's letter may be on its way before the sweep looks after it."""

FOLLOW_UP_AFTER = timedelta(minutes=1)
"""How soon after registration the sweep looks for the same request under another number, and hands the ticket on:
registrations that were under way at the same time are there by then."""

TITLE_LENGTH = 80
"""Characters of a title that is made from the description."""


MOST_REDIRECTS = 10
"""Tickets on the way from a number to the one that goes on; more would be a circle."""

MOST_PARTICIPANTS = 50
"""Whoever comes later needs our signed reply address."""


class Acceptance(StrEnum):
    """Whether the client has the number (R8); `shared.domain.acceptance` says how it changes."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    """The letter with the number did not arrive; a person has to find another way (R9)."""
    REVOKED = "revoked"
    """The letter had been delivered, and came back later."""
    NOT_AWAITED = "not_awaited"
    """No letter was asked for, for a reason that stands in `confirmation_omitted`, and nobody waits for one."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How a ticket was handed on to classification (R18).

    Attributes:
        at: When, the last time.
        revision: How often so far; the message carries it.
        complete: Whether it lacked nothing then.
    """

    at: datetime
    revision: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """A registered request.

    Attributes:
        number: Unique and sequential, without gaps (R4).
        title: `[#12345] …`.
        received_at: Arrival of the first submission (R2).
        registered_at: When the number was given.
        response_starts_at: When the response clock starts: arrival, or the next working time (R13).
        accepted_at: When the client got the number (R8); None until then.
        accepted_by: The letter that was delivered, by its notification's id, or the person who told the number.
        missing: What is asked for and not there (R6); see `shared.domain.completeness`.
        previous_ticket: Earlier ticket as the client stated it, unchecked.
        submissions: Keys of what came in under this number; the first opened the ticket.
        participants: Normalised e-mail addresses whose messages may join it by its number alone.
        confirmation_omitted: Why no confirmation was requested; None when one was.
        check_at: When somebody has to look whether the client has the number (R16); None when that is settled.
        merged_into: The ticket that goes on in its place; None when it goes on itself.
        confirmation: The latest letter with the number, by its notification's id; None when there is none.
        flags: What was not done in time (R16), the oldest first.
        known: Which of the data are there, and where each came from (R6).
        device_data: Whether data of app and phone have a meaning for it.
        asked_at: When the client was asked for what is missing: with the letter with the number (R7); None when not.
        reminded_at: When he was reminded of it; None when he was not.
        handed_on: How it was handed on to classification (R18); None when it was not yet.
        follow_up_at: When the next step is due: to merge, to remind, or to hand it on; None when there is none.
        related: An earlier ticket of the same client that this one belongs to (R5r), checked; None when there is none.
        merged: Tickets that were merged into it (R15).
        apart: Tickets that a person has taken apart from it: no machine merges them.
        vacated: Places among its submissions, from 1 on, of those that a person has taken out of it again: letters are
            numbered by place, and none is given twice.
        settled: What a person has seen to, and said so: it needs nobody any more.
        erased_at: When the client's personal data were erased at his wish; None while they are there.
    """

    number: int
    title: str
    contact: Contact
    channels: tuple[Channel, ...]
    received_at: datetime
    registered_at: datetime
    response_starts_at: datetime
    accepted_at: datetime | None
    acceptance: Acceptance
    missing: tuple[Detail, ...]
    urgent: bool
    previous_ticket: int | None
    submissions: tuple[str, ...]
    marks: tuple[Mark, ...]
    confirmation_omitted: Omission | None
    check_at: datetime | None
    participants: tuple[str, ...] = ()
    merged_into: int | None = None
    confirmation: str | None = None
    accepted_by: str | None = None
    flags: tuple[Flag, ...] = ()
    known: tuple[Known, ...] = ()
    device_data: bool = True
    asked_at: datetime | None = None
    reminded_at: datetime | None = None
    handed_on: Handover | None = None
    follow_up_at: datetime | None = None
    related: int | None = None
    merged: tuple[int, ...] = ()
    apart: tuple[int, ...] = ()
    vacated: tuple[int, ...] = ()
    settled: tuple[Concern, ...] = ()
    erased_at: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether it lacks nothing that is worth waiting for (R6)."""
        return is_complete(self.missing)

    @property
    def assessment(self) -> Assessment:
        """What is there and what is missing (R6)."""
        return Assessment(self.known, self.missing, self.device_data)

    @property
    def out_of_hours(self) -> bool:
        """Whether the request came outside working time, so that the response clock starts later (R13)."""
        return self.response_starts_at > self.received_at

    @property
    def registered_late(self) -> bool:
        """Whether it got its number too late (R16)."""
        return self.registered_at - self.received_at > REGISTRATION_TIME_LIMIT

    @property
    def waits_for_late_flag(self) -> bool:
        """Whether it got its number too late (R16), and the sweep has not flagged that yet."""
        return self.registered_late and all(flag.kind is not FlagKind.REGISTERED_LATE for flag in self.flags)

    @property
    def topic(self) -> str:
        """Its title without the number."""
        return self.title.removeprefix(f"[{tag(self.number)}] ")


def confirmation_id(number: int, copy: int = 1) -> str:
    """Give the id of the notification that brings a ticket's number to the client: of the first, or of a later copy."""
    return f"{number}-confirmation" if copy == 1 else f"{number}-confirmation-{copy}"


def tag(number: int) -> str:
    """Write the number as clients see it: `#12345` (R4)."""
    return f"#{number}"


def open_ticket(
    submission: Submission, number: int, registered_at: datetime, hours: WorkingHours, related: int | None = None
) -> Ticket:
    """Register a submission under a number (R2, R3, R4, R6, R13).

    Args:
        submission: What came in.
        number: The number.
        registered_at: The present.
        hours: Working time.
        related: An earlier ticket of the same client that it belongs to (R5r).
    """
    assessment = assess(submission)
    omitted = submission.unanswered or (None if submission.contact.email else Omission.NO_EMAIL)
    awaited = omitted in {None, Omission.NO_EMAIL}
    late = registered_at - submission.received_at > REGISTRATION_TIME_LIMIT
    return Ticket(
        number=number,
        title=f"[{tag(number)}] {_topic(submission)}",
        contact=submission.contact,
        channels=(submission.channel,),
        received_at=submission.received_at,
        registered_at=registered_at,
        response_starts_at=hours.next_working_time(submission.received_at),
        accepted_at=None,
        acceptance=Acceptance.PENDING if awaited else Acceptance.NOT_AWAITED,
        missing=assessment.missing,
        urgent=submission.details.urgent,
        previous_ticket=submission.details.previous_ticket,
        submissions=(submission.key,),
        marks=submission.marks,
        confirmation_omitted=omitted,
        check_at=registered_at + LOOK_AFTER if awaited or late else None,
        participants=_participants((), submission),
        confirmation=confirmation_id(number) if omitted is None else None,
        known=assessment.known,
        device_data=assessment.device_data,
        asked_at=registered_at if omitted is None and not is_complete(assessment.missing) else None,
        follow_up_at=registered_at + FOLLOW_UP_AFTER,
        related=related,
        apart=submission.apart,
    )


def join(ticket: Ticket, submission: Submission, attachment: Attachment, now: datetime) -> Ticket:
    """Make a submission part of a ticket; what was missing and is in it, is no longer missing (R5r, R6, R15)."""
    after = learn(ticket.assessment, submission, attachment)
    completed = is_complete(after.missing) and not ticket.complete
    urgent = ticket.urgent or makes_urgent(submission, attachment)
    return replace(
        ticket,
        submissions=(*ticket.submissions, submission.key),
        channels=tuple(dict.fromkeys((*ticket.channels, submission.channel))),
        urgent=urgent,
        known=after.known,
        missing=after.missing,
        device_data=after.device_data,
        # What waited for that goes on now.
        follow_up_at=now if completed or urgent is not ticket.urgent else ticket.follow_up_at,
        participants=_participants(ticket.participants, submission),
    )


def makes_urgent(submission: Submission, attachment: Attachment | None) -> bool:
    """Tell whether a part of a ticket makes it urgent: a request that is, or what a specialist has heard (R5u).

    Args:
        submission: The part.
        attachment: As what it joined; None for what opened the ticket.
    """
    heard = submission.channel is Channel.PHONE
    return submission.details.urgent and (heard or attachment in {None, Attachment.DUPLICATE})


def may_join(ticket: Ticket, address: str) -> bool:
    """Tell whether a sender's message may join a ticket of which it names just the number, which anybody may know."""
    return address == ticket.contact.email or address in ticket.participants


def place_of(ticket: Ticket, submission: str) -> int:
    """Give the place, from 1 on, that a submission has in its ticket for ever, by the submission's key."""
    places = (place for place in count(1) if place not in ticket.vacated)
    return dict(zip(ticket.submissions, places, strict=False))[submission]


def _participants(before: tuple[str, ...], submission: Submission) -> tuple[str, ...]:
    message = submission.message
    # Whom a robot names takes no part.
    added = message.participants if message and message.automatic is None else ()
    return tuple(dict.fromkeys((*before, *added)))[:MOST_PARTICIPANTS]


def _topic(submission: Submission) -> str:
    """Give the client's subject, or the beginning of the description on one line."""
    if submission.details.subject:
        return submission.details.subject
    text = " ".join(submission.details.description.split())
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1].rstrip() + "…"
