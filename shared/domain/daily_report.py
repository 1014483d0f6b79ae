"""The day in numbers (R16): what arrived in a period, how soon it was registered, and whether the client knows of it.

Everything is counted as it stands when the report is made: what still has no number counts as late. What is learned
afterwards (a mail that its provider hands over hours later, a letter that comes back) does not change a day's report;
`python -m ops report` counts anew.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.flag import Flag
from shared.domain.report_period import Period
from shared.domain.submission import Channel, Omission, SubmissionState
from shared.domain.ticket import REGISTRATION_TIME_LIMIT, Acceptance
from shared.domain.working_time import WorkingHours

MOST_OPEN_FLAGS = 20
"""Rows of open flags in a report; the others are only counted."""

HOURS_OF_A_DAY = 24

_WITHOUT_NUMBER = frozenset({SubmissionState.RECEIVED, SubmissionState.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a report has to know of a submission.

    Attributes:
        duplicate: That it was recognised as a request that had come before through another channel (R15).
    """

    channel: Channel
    received_at: datetime
    state: SubmissionState
    duplicate: bool = False
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenedTicket:
    """What a report has to know of a ticket; the names are those of `shared.domain.ticket.Ticket`.

    Attributes:
        incomplete: That something of what R6 asks for is missing.
        merged: That it turned out to be a request that had a number already (R15), and goes on under that one.
    """

    received_at: datetime
    registered_at: datetime
    acceptance: Acceptance
    accepted_at: datetime | None = None
    confirmation_omitted: Omission | None = None
    incomplete: bool = False
    merged: bool = False
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What arrived in a period.

    Attributes:
        tickets: Those that the submissions opened.
        unreadable: Documents besides, of both kinds, that can't be read: one of them must not cost the whole report.
    """

    arrivals: Sequence[Arrival]
    tickets: Sequence[OpenedTicket]
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """A period in numbers.

    Attributes:
        channels: Arrivals by channel, every channel named: all submissions but those in `recorded`.
        hours: Arrivals by the hour of the day in the zone of the working hours, from 0 to 23.
        out_of_hours: Arrivals outside working time (R13).
        joined: Arrivals that became messages of a ticket that was there already (R5r), duplicates apart.
        duplicates: Arrivals recognised as requests that had come before (R15), before or after they got a number.
        waiting: Arrivals that have no number yet, those in quarantine apart.
        quarantined: Arrivals that wait for a person.
        recorded: What came in and is no request: bounces, our own letters, what a person has discarded.
        registered: Tickets that were opened.
        in_time: Tickets that got their number within 15 minutes of arrival (R16).
        median: Time from arrival to number, that of what has none so far included; None without requests.
        p95: The same: 95 of a hundred took no longer.
        worst: The same: the longest.
        accepted: Tickets whose number the client has got (R8).
        acceptance_median: Time from arrival to acceptance; None when nothing was accepted.
        pending: Tickets of which it is not known yet whether the client's letter has arrived.
        undeliverable: Tickets whose letter did not arrive (R9).
        revoked: Tickets whose letter came back after it had been delivered.
        awaiting_call: Tickets of clients without an e-mail address, who have not been told the number yet.
        not_awaited: Tickets that must get no letter, such as those that robots wrote.
        incomplete: Tickets that lack something of what R6 asks for, those that go on under another number apart.
        flags: Flags that were raised, on tickets and submissions of the period.
        unreadable: Documents of the period that can't be read, and are in none of the other numbers.
    """

    channels: Mapping[Channel, int]
    hours: tuple[int, ...]
    out_of_hours: int
    joined: int
    duplicates: int
    waiting: int
    quarantined: int
    recorded: int
    registered: int
    in_time: int
    median: timedelta | None
    p95: timedelta | None
    worst: timedelta | None
    accepted: int
    acceptance_median: timedelta | None
    pending: int
    undeliverable: int
    revoked: int
    awaiting_call: int
    not_awaited: int
    incomplete: int
    flags: int
    unreadable: int

    @property
    def arrivals(self) -> int:
        """All that came in and may be a request."""
        return sum(self.channels.values())

    @property
    def requests(self) -> int:
        """What has, or should have, a number of its own: the whole of which `in_time` is a part."""
        return self.registered + self.waiting + self.quarantined

    @property
    def late(self) -> int:
        """Requests that got their number too late, or have none."""
        return self.requests - self.in_time

    @property
    def in_time_share(self) -> float | None:
        """The part of the requests that got a number within 15 minutes, from 0 to 1; None without requests."""
        return self.in_time / self.requests if self.requests else None

    @property
    def accepted_share(self) -> float | None:
        """The part of the tickets to be accepted that are, from 0 to 1; None when there are none."""
        awaited = self.registered - self.not_awaited
        return self.accepted / awaited if awaited else None


@dataclass(frozen=True, slots=True)
class OpenFlag:
    """A flag whose cause is still there, on a ticket or on a submission without one.

    Attributes:
        ticket: The ticket's number; None for a submission.
        submission: The submission's key; None for a ticket.
    """

    ticket: int | None
    submission: str | None
    flag: Flag


@dataclass(frozen=True, slots=True)
class DailyReport:
    """The report of a working day.

    Attributes:
        at: When it was made; the numbers are as of this moment.
        open_flags: How many flags are open, whenever what they are about arrived.
        oldest_open: Those that have been open for longest.
    """

    period: Period
    at: datetime
    figures: Figures
    open_flags: int
    oldest_open: tuple[OpenFlag, ...]


def tally(arrived: Arrived, hours: WorkingHours, at: datetime) -> Figures:
    """Count what arrived.

    Args:
        arrived: In a period.
        hours: Which time is working time, and the zone of the hours of the day.
        at: As of when it was read.
    """
    arrivals, tickets = arrived.arrivals, arrived.tickets
    incoming = [arrival for arrival in arrivals if arrival.state is not SubmissionState.RECORDED]
    states = Counter(arrival.state for arrival in incoming)
    channels = Counter(arrival.channel for arrival in incoming)
    of_the_day = Counter(arrival.received_at.astimezone(hours.zone).hour for arrival in incoming)
    attached = [arrival for arrival in incoming if arrival.state is SubmissionState.ATTACHED]
    took = [_from(ticket.received_at, ticket.registered_at) for ticket in tickets]
    so_far = [_from(arrival.received_at, at) for arrival in incoming if arrival.state in _WITHOUT_NUMBER]
    to_number = sorted(took + so_far)
    to_acceptance = sorted(_from(each.received_at, each.accepted_at) for each in tickets if each.accepted_at)
    acceptance = Counter(ticket.acceptance for ticket in tickets)
    to_call = sum(
        ticket.acceptance is Acceptance.PENDING and ticket.confirmation_omitted is Omission.NO_EMAIL
        for ticket in tickets
    )
    return Figures(
        channels={channel: channels[channel] for channel in Channel},
        hours=tuple(of_the_day[hour] for hour in range(HOURS_OF_A_DAY)),
        out_of_hours=sum(not hours.is_working_time(arrival.received_at) for arrival in incoming),
        joined=sum(not arrival.duplicate for arrival in attached),
        duplicates=sum(arrival.duplicate for arrival in incoming) + sum(ticket.merged for ticket in tickets),
        waiting=states[SubmissionState.RECEIVED],
        quarantined=states[SubmissionState.QUARANTINED],
        recorded=len(arrivals) - len(incoming),
        registered=len(tickets),
        in_time=sum(each <= REGISTRATION_TIME_LIMIT for each in took),
        median=percentile(to_number, 50),
        p95=percentile(to_number, 95),
        worst=percentile(to_number, 100),
        accepted=acceptance[Acceptance.ACCEPTED],
        acceptance_median=percentile(to_acceptance, 50),
        pending=acceptance[Acceptance.PENDING] - to_call,
        undeliverable=acceptance[Acceptance.UNDELIVERABLE],
        revoked=acceptance[Acceptance.REVOKED],
        awaiting_call=to_call,
        not_awaited=acceptance[Acceptance.NOT_AWAITED],
        incomplete=sum(ticket.incomplete and not ticket.merged for ticket in tickets),
        flags=sum(len(each.flags) for each in arrivals) + sum(len(each.flags) for each in tickets),
        unreadable=arrived.unreadable,
    )


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """Give a percentile by the nearest-rank method: the shortest of the times that so many of a hundred don't exceed.

    It is always one of the times themselves, and the 100th is the longest.

    Args:
        ordered: The times, the shortest first.
        percent: From 1 to 100.
    """
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[rank - 1]


def _from(arrival: datetime, moment: datetime) -> timedelta:
    # A mail's arrival is told by another machine's clock, which may be ahead of ours.
    return max(moment - arrival, timedelta(0))
