"""When a client is reminded (R7), and when and how often a ticket is handed on to classification (R18)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.completeness import Detail
from shared.domain.follow_up import FollowUp, follow_up, is_due, is_first_time
from shared.domain.history import Event
from shared.domain.notification import NotificationKind, NotificationState
from shared.domain.submission import Attachment, Omission
from shared.domain.ticket import Acceptance, Handover, Ticket, join
from shared.domain.working_time import WorkingHours
from tests.sample_ticket import FULL, HOURS, PLAIN, opened, with_details

MINUTE = timedelta(minutes=1)
FRIDAY_EVENING = datetime(2026, 11, 20, 16, tzinfo=UTC)
"""19:00 in Moscow."""
MONDAY_EVENING = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""18:00 in Moscow: a working day later."""


def asked(**changes: object) -> Ticket:
    """A ticket of Friday evening that lacks its versions, whose client was asked for them and has the number."""
    ticket = opened(replace(PLAIN, received_at=FRIDAY_EVENING - timedelta(seconds=1)))
    lacking = replace(
        ticket,
        missing=(Detail.PRODUCT_VERSION, Detail.OS_VERSION),
        asked_at=ticket.registered_at,
        acceptance=Acceptance.ACCEPTED,
        check_at=None,
        follow_up_at=ticket.registered_at + MINUTE,
    )
    return replace(lacking, **changes)  # type: ignore[arg-type] # any field


def whole(**changes: object) -> Ticket:
    return asked(missing=(), asked_at=None, **changes)


def look(ticket: Ticket, *, can_hand_on: bool = True) -> FollowUp:
    """Look when the ticket wants to be looked at."""
    assert ticket.follow_up_at is not None
    return follow_up(ticket, ticket.follow_up_at, HOURS, can_hand_on=can_hand_on)


def events(done: FollowUp) -> list[tuple[Event, str]]:
    return [(line.event, line.about) for line in done.history]


# --- the first look


def test_r18_a_complete_ticket_is_handed_on_a_minute_after_its_registration() -> None:
    ticket = whole()
    done = look(ticket)
    now = ticket.registered_at + MINUTE
    assert done.hands_on
    assert done.ticket == replace(ticket, handed_on=Handover(now, 1, complete=True), follow_up_at=None)
    assert events(done) == [(Event.HANDED_ON, "1")]
    assert done.reminder is None


def test_r18_steps_are_not_waited_for() -> None:
    done = look(asked(missing=(Detail.STEPS,)))
    assert done.ticket.handed_on is not None
    assert done.ticket.handed_on.complete


def test_r18_what_is_asked_for_is_waited_for() -> None:
    ticket = asked()
    done = look(ticket)
    assert done == FollowUp(replace(ticket, follow_up_at=MONDAY_EVENING))


@pytest.mark.parametrize("omitted", list(Omission))
def test_r7_r18_who_is_not_asked_is_not_waited_for_and_never_reminded(omitted: Omission) -> None:
    done = look(asked(asked_at=None, confirmation_omitted=omitted, acceptance=Acceptance.NOT_AWAITED))
    assert done.ticket.handed_on is not None
    assert (done.ticket.handed_on.complete, done.ticket.follow_up_at, done.reminder) == (False, None, None)


def test_r18_an_urgent_ticket_is_handed_on_at_once_and_its_client_is_reminded_all_the_same() -> None:
    first = look(asked(urgent=True))
    assert first.hands_on
    assert first.ticket.handed_on is not None
    assert not first.ticket.handed_on.complete
    assert first.ticket.follow_up_at == MONDAY_EVENING

    second = look(first.ticket)
    assert second.reminder is not None
    assert not second.hands_on, "nothing is new to classification"
    assert second.ticket == replace(first.ticket, reminded_at=MONDAY_EVENING, follow_up_at=None)


# --- a working day later


def test_r7_r18_asked_on_friday_evening_reminded_and_handed_on_at_the_end_of_monday() -> None:
    waiting = look(asked()).ticket
    done = look(waiting)
    assert done.reminder is not None
    assert (done.reminder.id, done.reminder.kind) == ("12345-reminder", NotificationKind.REMINDER)
    assert (done.reminder.recipient, done.reminder.state) == (waiting.contact.email, NotificationState.REQUESTED)
    handover = Handover(MONDAY_EVENING, 1, complete=False)
    assert done.ticket == replace(waiting, reminded_at=MONDAY_EVENING, handed_on=handover, follow_up_at=None)
    assert events(done) == [(Event.REMINDED, "12345-reminder"), (Event.HANDED_ON, "1")]


def test_r7_a_working_day_is_what_the_settings_say() -> None:
    short = WorkingHours.parse("10:00-12:00,13:00-14:00", "Europe/Moscow")
    ticket = asked()
    done = follow_up(ticket, ticket.registered_at + MINUTE, short)
    assert done.ticket.follow_up_at == datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.mark.parametrize("acceptance", [each for each in Acceptance if each is not Acceptance.ACCEPTED])
def test_r7_who_does_not_have_the_number_is_not_reminded_and_his_ticket_goes_on(acceptance: Acceptance) -> None:
    done = look(asked(acceptance=acceptance, follow_up_at=MONDAY_EVENING))
    assert done.reminder is None
    assert done.hands_on
    assert (done.ticket.reminded_at, done.ticket.follow_up_at) == (None, None)


def test_r7_the_time_for_a_reminder_passes() -> None:
    on = look(asked(acceptance=Acceptance.PENDING, follow_up_at=MONDAY_EVENING)).ticket
    later = replace(on, acceptance=Acceptance.ACCEPTED, urgent=True, follow_up_at=MONDAY_EVENING + timedelta(days=3))
    done = look(later)
    assert done.reminder is None
    assert done.hands_on


def test_r7_nobody_is_reminded_twice() -> None:
    reminded = look(asked(follow_up_at=MONDAY_EVENING)).ticket
    again = look(replace(reminded, follow_up_at=MONDAY_EVENING + timedelta(days=1)))
    assert again.reminder is None


def test_r7_who_has_no_address_any_more_is_not_reminded() -> None:
    contact = replace(PLAIN.contact, email=None)
    assert look(asked(contact=contact, follow_up_at=MONDAY_EVENING)).reminder is None


# --- changes


def answer(ticket: Ticket, now: datetime) -> Ticket:
    """The client gives on the page what was missing."""
    given = with_details(replace(PLAIN, key="answer-1"), product_version="4.12", device_model="A52", os_version="13")
    return join(ticket, given, Attachment.ANSWER, now)


def test_r7_r18_who_answers_in_time_is_not_reminded_and_his_ticket_is_handed_on_at_once() -> None:
    now = FRIDAY_EVENING + timedelta(hours=1)
    done = look(answer(look(asked()).ticket, now))
    assert done.reminder is None
    assert done.ticket.handed_on == Handover(now, 1, complete=True)
    assert done.ticket.follow_up_at is None


def test_r18_what_is_completed_later_is_handed_on_again() -> None:
    on = look(asked(follow_up_at=MONDAY_EVENING)).ticket
    done = look(answer(on, MONDAY_EVENING + timedelta(hours=1)))
    assert done.ticket.handed_on == Handover(MONDAY_EVENING + timedelta(hours=1), 2, complete=True)
    assert events(done) == [(Event.HANDED_ON, "2")]


def test_r18_half_an_answer_changes_nothing_about_the_time() -> None:
    waiting = look(asked()).ticket
    given = with_details(replace(PLAIN, key="reply-1"), product_version="4.12.1")
    half = join(waiting, given, Attachment.REPLY, FRIDAY_EVENING + timedelta(hours=1))
    assert half.follow_up_at == MONDAY_EVENING
    done = look(half)
    assert done.ticket.missing == (Detail.OS_VERSION,)
    assert done.reminder is not None


def test_r18_a_change_before_the_reminder_s_time_is_handed_on_and_the_reminder_keeps_its_time() -> None:
    first = look(asked(urgent=True)).ticket
    done = look(replace(first, merged=(12399,), follow_up_at=FRIDAY_EVENING + timedelta(hours=2)))
    assert done.ticket.handed_on is not None
    assert (done.ticket.handed_on.revision, done.ticket.follow_up_at) == (2, MONDAY_EVENING)
    assert done.reminder is None


def test_r15_r18_a_ticket_that_turns_out_to_be_urgent_is_handed_on_at_once_and_again() -> None:
    now = FRIDAY_EVENING + timedelta(hours=1)
    again = with_details(replace(PLAIN, key="arrival-3"), urgent=True)
    done = look(join(look(asked()).ticket, again, Attachment.DUPLICATE, now))
    assert done.ticket.handed_on == Handover(now, 1, complete=False)
    assert done.ticket.follow_up_at == MONDAY_EVENING

    reminded = look(asked(follow_up_at=MONDAY_EVENING)).ticket
    done = look(join(reminded, again, Attachment.DUPLICATE, MONDAY_EVENING + MINUTE))
    assert done.ticket.handed_on == Handover(MONDAY_EVENING + MINUTE, 2, complete=False)


@pytest.mark.parametrize("before", [None, Handover(FRIDAY_EVENING, 1, complete=False)])
def test_r15_r18_a_merged_ticket_is_handed_on_as_merged_and_nobody_is_reminded_of_it(before: Handover | None) -> None:
    at = MONDAY_EVENING + MINUTE
    done = look(asked(merged_into=12001, handed_on=before, follow_up_at=at))
    revision = 1 if before is None else 2
    assert done.ticket.handed_on == Handover(at, revision, complete=False)
    assert (done.reminder, done.ticket.follow_up_at) == (None, None)


# --- when it can't be handed on


def test_r18_what_cannot_be_handed_on_stays_due() -> None:
    ticket = whole()
    assert look(ticket, can_hand_on=False) == FollowUp(ticket)


def test_r7_a_reminder_does_not_wait_for_classification() -> None:
    waiting = look(asked()).ticket
    done = look(waiting, can_hand_on=False)
    assert done.reminder is not None
    assert done.ticket == replace(waiting, reminded_at=MONDAY_EVENING)
    assert events(done) == [(Event.REMINDED, "12345-reminder")]

    later = follow_up(done.ticket, MONDAY_EVENING + timedelta(hours=1), HOURS)
    assert later.reminder is None
    assert later.ticket.handed_on == Handover(MONDAY_EVENING + timedelta(hours=1), 1, complete=False)
    assert later.ticket.follow_up_at is None


def test_r7_what_is_only_waited_for_does_not_need_classification() -> None:
    assert look(asked(), can_hand_on=False).ticket.follow_up_at == MONDAY_EVENING


# --- what the sweep asks before


def test_what_is_due() -> None:
    ticket = whole()
    assert ticket.follow_up_at is not None
    assert is_due(ticket, ticket.follow_up_at)
    assert not is_due(ticket, ticket.follow_up_at - timedelta(microseconds=1))
    assert not is_due(replace(ticket, follow_up_at=None), ticket.follow_up_at)


def test_r15_what_was_handed_on_reminded_of_or_merged_is_not_looked_at_for_the_first_time() -> None:
    assert is_first_time(opened(FULL))
    assert is_first_time(look(asked()).ticket)
    assert not is_first_time(look(whole()).ticket)
    assert not is_first_time(asked(reminded_at=MONDAY_EVENING))
    assert not is_first_time(asked(merged_into=12001))
