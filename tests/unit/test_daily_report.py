"""R16: the numbers of the day's report."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.daily_report import Arrival, Arrived, Figures, OpenedTicket, percentile, tally
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import Channel, Omission, SubmissionState
from shared.domain.ticket import Acceptance
from shared.domain.working_time import WorkingHours

HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""Monday, 12:00 in Moscow."""

EVENING = NOON + timedelta(hours=6)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FLAG = Flag(FlagKind.NOT_CONFIRMED, NOON + 15 * MINUTE, "причина")


def arrival(
    state: SubmissionState = SubmissionState.REGISTERED, at: datetime = NOON, channel: Channel = Channel.EMAIL
) -> Arrival:
    return Arrival(channel, at, state)


def ticket(
    after: timedelta = SECOND,
    acceptance: Acceptance = Acceptance.ACCEPTED,
    accepted_after: timedelta | None = None,
    omitted: Omission | None = None,
) -> OpenedTicket:
    accepted_at = None if accepted_after is None else NOON + accepted_after
    return OpenedTicket(NOON, NOON + after, acceptance, accepted_at, omitted)


def figures_of(arrivals: Sequence[Arrival] = (), tickets: Sequence[OpenedTicket] = ()) -> Figures:
    return tally(Arrived(arrivals, tickets), HOURS, EVENING)


def test_r16_an_empty_day_is_all_noughts_and_no_share() -> None:
    figures = figures_of()
    assert (figures.arrivals, figures.requests, figures.late) == (0, 0, 0)
    assert (figures.in_time_share, figures.accepted_share) == (None, None)
    assert (figures.median, figures.p95, figures.worst, figures.acceptance_median) == (None, None, None, None)
    assert figures.hours == (0,) * 24
    assert figures.channels == dict.fromkeys(Channel, 0)


def test_r16_fifteen_minutes_are_in_time_and_a_moment_more_is_late() -> None:
    took = [SECOND, 15 * MINUTE, 15 * MINUTE + timedelta(microseconds=1), 20 * MINUTE]
    figures = figures_of([arrival()] * 4, [ticket(each) for each in took])
    assert (figures.in_time, figures.late, figures.in_time_share) == (2, 2, 0.5)
    assert (figures.median, figures.p95, figures.worst) == (15 * MINUTE, 20 * MINUTE, 20 * MINUTE)


def test_r16_what_has_no_number_is_late_and_as_old_as_it_is() -> None:
    arrivals = [
        *[arrival()] * 2,
        arrival(SubmissionState.RECEIVED, EVENING - MINUTE),
        arrival(SubmissionState.QUARANTINED, EVENING - 300 * MINUTE),
    ]
    figures = figures_of(arrivals, [ticket(), ticket()])
    assert (figures.waiting, figures.quarantined) == (1, 1)
    assert (figures.requests, figures.in_time, figures.late) == (4, 2, 2)
    assert (figures.median, figures.worst) == (SECOND, 300 * MINUTE)


def test_r2_arrivals_are_counted_by_channel_and_by_the_hour_in_moscow() -> None:
    arrivals = [
        arrival(channel=Channel.FORM),
        arrival(at=NOON + timedelta(minutes=59)),
        arrival(at=datetime(2026, 11, 22, 21, 0, tzinfo=UTC)),
    ]
    figures = figures_of(arrivals)
    assert figures.channels == {Channel.FORM: 1, Channel.EMAIL: 2, Channel.PHONE: 0}
    assert {hour: count for hour, count in enumerate(figures.hours) if count} == {0: 1, 12: 2}


def test_r13_arrivals_out_of_hours_are_counted_whatever_became_of_them() -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    figures = figures_of([arrival(), arrival(at=sunday), arrival(SubmissionState.QUARANTINED, sunday)])
    assert figures.out_of_hours == 2


def test_bounces_are_no_arrivals() -> None:
    figures = figures_of([arrival(SubmissionState.RECORDED)] * 2 + [arrival()], [ticket()])
    assert (figures.arrivals, figures.recorded, figures.requests, sum(figures.hours)) == (1, 2, 1, 1)


def test_r5r_answers_are_arrivals_but_neither_requests_nor_duplicates() -> None:
    figures = figures_of([arrival(), arrival(SubmissionState.ATTACHED)], [ticket()])
    assert (figures.arrivals, figures.joined, figures.duplicates, figures.requests) == (2, 1, 0, 1)


def test_r15_what_was_recognised_as_a_duplicate_is_no_answer() -> None:
    duplicate = Arrival(Channel.FORM, NOON, SubmissionState.ATTACHED, duplicate=True)
    figures = figures_of([arrival(), duplicate], [ticket()])
    assert (figures.joined, figures.duplicates) == (0, 1)


def test_r15_a_ticket_that_was_merged_is_a_duplicate_and_lacks_nothing_itself() -> None:
    merged = OpenedTicket(NOON, NOON, Acceptance.NOT_AWAITED, incomplete=True, merged=True)
    figures = figures_of([arrival(), arrival()], [ticket(), merged])
    assert (figures.registered, figures.joined, figures.duplicates, figures.incomplete) == (2, 0, 1, 0)


def test_r8_r9_tickets_are_counted_by_what_became_of_the_letter() -> None:
    tickets = [
        ticket(accepted_after=10 * SECOND),
        ticket(accepted_after=30 * SECOND),
        ticket(accepted_after=MINUTE),
        ticket(acceptance=Acceptance.PENDING),
        ticket(acceptance=Acceptance.PENDING, omitted=Omission.NO_EMAIL),
        ticket(acceptance=Acceptance.UNDELIVERABLE),
        ticket(acceptance=Acceptance.REVOKED),
        ticket(acceptance=Acceptance.NOT_AWAITED, omitted=Omission.AUTOMATIC),
    ]
    figures = figures_of(tickets=tickets)
    assert (figures.accepted, figures.acceptance_median) == (3, 30 * SECOND)
    assert (figures.pending, figures.awaiting_call) == (1, 1)
    assert (figures.undeliverable, figures.revoked, figures.not_awaited) == (1, 1, 1)
    # Nobody waits for a letter to a robot.
    assert figures.accepted_share == pytest.approx(3 / 7)


def test_r10_a_client_without_address_who_was_told_the_number_waits_for_no_call() -> None:
    figures = figures_of(tickets=[ticket(omitted=Omission.NO_EMAIL, accepted_after=MINUTE)])
    assert (figures.awaiting_call, figures.accepted, figures.accepted_share) == (0, 1, 1.0)


def test_r6_incomplete_tickets_and_r16_flags_are_counted() -> None:
    flagged = OpenedTicket(NOON, NOON, Acceptance.PENDING, incomplete=True, flags=(FLAG, FLAG))
    waiting = Arrival(Channel.FORM, NOON, SubmissionState.RECEIVED, flags=(FLAG,))
    figures = figures_of([arrival(), waiting], [flagged, ticket()])
    assert (figures.incomplete, figures.flags) == (1, 3)


def test_an_arrival_that_a_fast_clock_puts_into_the_future_took_no_time() -> None:
    figures = figures_of([arrival(SubmissionState.RECEIVED, EVENING + MINUTE)], [ticket(-MINUTE)])
    assert figures.worst == timedelta(0)
    assert figures.in_time == 1


@pytest.mark.parametrize(
    ("count", "percent", "rank"),
    [(1, 50, 1), (2, 50, 1), (3, 50, 2), (20, 95, 19), (21, 95, 20), (100, 95, 95), (101, 95, 96), (7, 100, 7)],
)
def test_percentiles_are_by_nearest_rank(count: int, percent: int, rank: int) -> None:
    assert percentile([SECOND * each for each in range(1, count + 1)], percent) == SECOND * rank


TIMES = st.datetimes(datetime(2026, 11, 20, 15), datetime(2026, 11, 23, 15), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis attaches the zone
DURATIONS = st.timedeltas(timedelta(0), timedelta(days=2))
ARRIVALS = st.builds(
    Arrival, st.sampled_from(Channel), TIMES, st.sampled_from(SubmissionState), st.booleans(), st.just(())
)
TICKETS = st.builds(
    lambda received, took, acceptance, accepted, omitted, incomplete: OpenedTicket(
        received,
        received + took,
        acceptance,
        received + accepted if acceptance is Acceptance.ACCEPTED else None,
        omitted,
        incomplete,
    ),
    TIMES,
    DURATIONS,
    st.sampled_from(Acceptance),
    DURATIONS,
    st.none() | st.sampled_from(Omission),
    st.booleans(),
)


@settings(deadline=None)
@given(st.lists(ARRIVALS, max_size=30), st.lists(TICKETS, max_size=30))
def test_r16_sums_match_and_shares_are_parts_of_a_whole(
    arrivals: Sequence[Arrival], tickets: Sequence[OpenedTicket]
) -> None:
    figures = figures_of(arrivals, tickets)
    counts = [getattr(figures, field.name) for field in fields(Figures)]
    assert all(count >= 0 for count in counts if isinstance(count, int))
    assert figures.arrivals + figures.recorded == len(arrivals)
    assert sum(figures.hours) == sum(figures.channels.values()) == figures.arrivals
    assert figures.out_of_hours <= figures.arrivals
    assert figures.in_time + figures.late == figures.requests
    unsettled = figures.pending + figures.awaiting_call + figures.undeliverable + figures.revoked
    assert figures.accepted + unsettled + figures.not_awaited == figures.registered == len(tickets)
    for share in (figures.in_time_share, figures.accepted_share):
        assert share is None or 0 <= share <= 1
    if figures.worst is not None:
        assert figures.median is not None
        assert figures.p95 is not None
        assert timedelta(0) <= figures.median <= figures.p95 <= figures.worst
    # What every request took decides alone whether all were in time.
    if figures.in_time == figures.requests > 0:
        assert figures.worst is not None
        assert figures.worst <= 15 * MINUTE


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=1).map(sorted), st.integers(1, 100))
def test_so_many_of_a_hundred_do_not_exceed_a_percentile(ordered: list[timedelta], percent: int) -> None:
    found = percentile(ordered, percent)
    assert found is not None
    assert sum(each <= found for each in ordered) * 100 >= percent * len(ordered)
    assert sum(each < found for each in ordered) * 100 < percent * len(ordered)
