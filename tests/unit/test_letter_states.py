"""R8, R9: what the provider's events make of a letter, every state with every event, in whatever order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import FAILED, LEADS_TO, DeliveryEvent, Report, follow
from shared.domain.notification import CLAIMS, Claim, Failure, Notification, NotificationKind, NotificationState
from tests.sample_ticket import FRIDAY_NOON, PLAIN, notification_of, opened

REQUESTED, SENDING, REJECTED, SENT, DEFERRED, DROPPED, DELIVERED, BOUNCED = NotificationState
COLUMNS = (
    Report.PROCESSED,
    Report.DEFERRED,
    Report.DROPPED,
    Report.DELIVERED,
    Report.BLOCKED,
    Report.BOUNCED,
)
TABLE = {
    REQUESTED: (SENT, DEFERRED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    SENDING: (SENT, DEFERRED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    REJECTED: (SENT, DEFERRED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    SENT: (SENT, DEFERRED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    DEFERRED: (DEFERRED, DEFERRED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    DROPPED: (DROPPED, DROPPED, DROPPED, DELIVERED, BOUNCED, BOUNCED),
    DELIVERED: (DELIVERED, DELIVERED, DELIVERED, DELIVERED, BOUNCED, BOUNCED),
    BOUNCED: (BOUNCED, BOUNCED, BOUNCED, BOUNCED, BOUNCED, BOUNCED),
}
"""The state after a report, by the state before; written out, so that a change of ranks shows here."""

PAIRS = [(before, report, after) for before, row in TABLE.items() for report, after in zip(COLUMNS, row, strict=True)]
AT = FRIDAY_NOON + timedelta(minutes=3)
LETTER = replace(
    notification_of(opened(PLAIN), NotificationKind.CONFIRMATION),
    attempts=2,
    attempted_at=FRIDAY_NOON + timedelta(minutes=1),
    lease_until=FRIDAY_NOON + timedelta(minutes=6),
)


def event(report: Report, at: datetime = AT, reason: str = "", status: str = "") -> DeliveryEvent:
    return DeliveryEvent(LETTER.id, LETTER.recipient, report, at, reason, status, "provider-1.filter")


def in_state(state: NotificationState) -> Notification:
    """The letter as our side leaves it in a state, before or after the provider took it."""
    if state in {REQUESTED, SENDING, REJECTED}:
        return replace(LETTER, state=state)
    sent_at = FRIDAY_NOON + timedelta(minutes=2)
    return replace(LETTER, state=state, sent_at=sent_at, message_id="provider-1", lease_until=None, check_at=None)


def test_r8_the_table_knows_every_state_and_every_report() -> None:
    assert set(TABLE) == set(NotificationState)
    assert set(COLUMNS) == set(Report) == set(LEADS_TO)


@pytest.mark.parametrize(("before", "report", "after"), PAIRS)
def test_r8_r9_every_report_in_every_state(before: NotificationState, report: Report, after: NotificationState) -> None:
    letter = in_state(before)

    followed = follow(letter, event(report))

    assert followed.state is after
    assert (followed is letter) is (after is before)


@pytest.mark.parametrize(("before", "report", "after"), [pair for pair in PAIRS if pair[0] is not pair[2]])
def test_r8_a_letter_that_the_provider_speaks_of_is_nobody_s_to_send_or_to_look_after(
    before: NotificationState, report: Report, after: NotificationState
) -> None:
    followed = follow(in_state(before), event(report))

    assert (followed.check_at, followed.lease_until, followed.event_at) == (None, None, AT)
    assert CLAIMS[after] is Claim.DONE


@pytest.mark.parametrize("before", [REQUESTED, SENDING, REJECTED])
@pytest.mark.parametrize("report", Report)
def test_r8_an_event_says_that_a_letter_went_out_whose_sender_died(before: NotificationState, report: Report) -> None:
    followed = follow(in_state(before), event(report))

    assert (followed.sent_at, followed.message_id) == (AT, "provider-1.filter")


@pytest.mark.parametrize("report", [Report.DEFERRED, Report.DROPPED, Report.DELIVERED, Report.BLOCKED, Report.BOUNCED])
def test_what_is_known_of_the_sending_stays(report: Report) -> None:
    sent = in_state(SENT)

    followed = follow(sent, event(report))

    assert (followed.sent_at, followed.message_id, followed.attempts) == (sent.sent_at, "provider-1", 2)
    assert (followed.id, followed.ticket, followed.recipient, followed.kind, followed.requested_at) == (
        sent.id,
        sent.ticket,
        sent.recipient,
        sent.kind,
        sent.requested_at,
    )


def test_an_event_without_an_id_of_the_provider_leaves_none() -> None:
    nameless = replace(event(Report.BOUNCED), message_id="")

    assert follow(in_state(SENDING), nameless).message_id is None


@pytest.mark.parametrize("report", [Report.DEFERRED, Report.DROPPED, Report.BLOCKED, Report.BOUNCED])
@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("5.1.1", "no such user", "5.1.1 no such user"),
        ("", "no such user", "no such user"),
        ("5.1.1", "", "5.1.1"),
        ("", "", ""),
    ],
)
def test_r9_what_the_mail_server_said_is_kept(report: Report, status: str, reason: str, said: str) -> None:
    assert follow(in_state(SENT), event(report, AT, reason, status)).failure == Failure(None, said)


@pytest.mark.parametrize("report", [Report.PROCESSED, Report.DELIVERED])
def test_a_letter_that_goes_well_has_no_failure_left(report: Report) -> None:
    troubled = replace(in_state(SENDING), failure=Failure(None, "timed out"))

    assert follow(troubled, event(report, reason="250 OK")).failure is None


def test_r9_the_first_bounce_that_was_heard_of_stays() -> None:
    first = follow(in_state(SENT), event(Report.BOUNCED, AT, "no such user"))

    assert follow(first, event(Report.BLOCKED, AT + timedelta(days=1), "spam")) is first


def test_r9_exactly_the_three_failed_states_mean_that_the_client_has_no_letter() -> None:
    assert {REJECTED, DROPPED, BOUNCED} == FAILED


EVENTS = st.lists(
    st.builds(
        event,
        report=st.sampled_from(Report),
        at=st.integers(0, 10**6).map(lambda seconds: FRIDAY_NOON + timedelta(seconds=seconds)),
        reason=st.sampled_from(["", "550 5.1.1 no such user", "mailbox full"]),
        status=st.sampled_from(["", "5.1.1", "4.2.2"]),
    ),
    min_size=1,
    max_size=8,
)


def followed(letter: Notification, events: Sequence[DeliveryEvent]) -> Notification:
    return reduce(follow, events, letter)


@given(events=EVENTS, before=st.sampled_from(NotificationState), data=st.data())
def test_r8_any_order_and_any_repetition_of_events_ends_in_the_same_state(
    events: list[DeliveryEvent], before: NotificationState, data: st.DataObject
) -> None:
    letter = in_state(before)
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=8))
    shuffled = data.draw(st.permutations(repeated))

    assert followed(letter, shuffled).state is followed(letter, events).state


@given(events=EVENTS, before=st.sampled_from(NotificationState))
def test_r8_the_same_events_once_more_change_nothing(events: list[DeliveryEvent], before: NotificationState) -> None:
    once = followed(in_state(before), events)

    assert followed(once, events) is once


@given(events=EVENTS, before=st.sampled_from(NotificationState))
def test_r8_a_letter_never_falls_back(events: list[DeliveryEvent], before: NotificationState) -> None:
    order = list(NotificationState)
    letter = in_state(before)
    for each in events:
        after = follow(letter, each)
        assert order.index(after.state) >= order.index(letter.state)
        letter = after


@given(events=EVENTS, before=st.sampled_from(NotificationState))
def test_r9_whatever_comes_a_bounce_is_the_last_word(events: list[DeliveryEvent], before: NotificationState) -> None:
    with_bounce = [*events, event(Report.BOUNCED)]

    assert followed(in_state(before), with_bounce).state is BOUNCED
    assert followed(in_state(before), with_bounce[::-1]).state is BOUNCED
