"""R8, R9: when a ticket counts as accepted; the whole table, and what follows from a change of its letter."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.acceptance import TRANSITIONS, Consequences, Word, accept, consequences, is_letter_with_number
from shared.domain.delivery import DeliveryEvent, Report, follow
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import Event
from shared.domain.notification import (
    TO_CLIENTS,
    WITH_NUMBER,
    Failure,
    Notification,
    NotificationKind,
    NotificationState,
)
from shared.domain.submission import Omission
from shared.domain.ticket import Acceptance, Ticket, confirmation_id
from shared.domain.trouble import KNOWN_DEAD_REASON, NOT_NEEDED
from tests.sample_ticket import FRIDAY_NOON, PLAIN, SPECIALISTS, notification_of, opened

PENDING, ACCEPTED, UNDELIVERABLE, REVOKED, NOT_AWAITED = Acceptance
COLUMNS = (Word.DELIVERED, Word.FAILED, Word.RETURNED, Word.ASKED_AGAIN, Word.TOLD)
TABLE = {
    PENDING: (ACCEPTED, UNDELIVERABLE, UNDELIVERABLE, PENDING, ACCEPTED),
    ACCEPTED: (ACCEPTED, ACCEPTED, REVOKED, ACCEPTED, ACCEPTED),
    UNDELIVERABLE: (ACCEPTED, UNDELIVERABLE, UNDELIVERABLE, PENDING, ACCEPTED),
    REVOKED: (ACCEPTED, REVOKED, REVOKED, PENDING, ACCEPTED),
    NOT_AWAITED: (ACCEPTED, NOT_AWAITED, NOT_AWAITED, PENDING, ACCEPTED),
}
"""The acceptance after a word, by the acceptance before; written out once more, so that a slip shows here."""

PAIRS = [(before, word, after) for before, row in TABLE.items() for word, after in zip(COLUMNS, row, strict=True)]
AT = FRIDAY_NOON + timedelta(minutes=3)
NOW = FRIDAY_NOON + timedelta(minutes=4)
LETTER = "12345-confirmation"
COPY = "12345-confirmation-2"
TICKET = opened(PLAIN)
REQUESTED = notification_of(TICKET, NotificationKind.CONFIRMATION)
SENT = replace(REQUESTED, state=NotificationState.SENT, sent_at=TICKET.registered_at, check_at=None)
OPEN = Flag(FlagKind.NOT_CONFIRMED, FRIDAY_NOON + timedelta(minutes=15), "Письмо с номером ещё не отправлено.")


def ticket_that_is(
    acceptance: Acceptance, by: str = LETTER, confirmation: str = LETTER, flags: tuple[Flag, ...] = ()
) -> Ticket:
    accepted = acceptance is ACCEPTED
    settled = acceptance in {ACCEPTED, NOT_AWAITED}
    return replace(
        TICKET,
        acceptance=acceptance,
        accepted_at=AT if accepted else None,
        accepted_by=by if accepted else None,
        check_at=None if settled else NOW,
        confirmation=confirmation,
        flags=flags,
    )


def copy(letter: Notification, number: int = 2) -> Notification:
    return replace(letter, id=confirmation_id(12345, number))


def heard(letter: Notification, report: Report, ticket: Ticket) -> tuple[Notification, Consequences]:
    """What an event makes of a letter, and what follows for its ticket."""
    after = follow(letter, DeliveryEvent(letter.id, letter.recipient, report, AT, "550 no such user"))
    return after, consequences(letter, after, ticket, SPECIALISTS, NOW)


def then(letter: Notification, reports: Sequence[Report], ticket: Ticket) -> tuple[Ticket, list[Notification]]:
    """The ticket after several events of one letter, and the notices that were asked for."""
    notices: list[Notification] = []
    for report in reports:
        letter, follows = heard(letter, report, ticket)
        ticket = follows.ticket or ticket
        notices += follows.letters
    return ticket, notices


def test_r8_the_table_knows_every_acceptance_and_every_word() -> None:
    assert set(TABLE) == set(TRANSITIONS) == set(Acceptance)
    assert set(COLUMNS) == set(Word)
    assert all(set(row) == set(Word) for row in TRANSITIONS.values())


@pytest.mark.parametrize(("before", "word", "after"), PAIRS)
def test_r8_every_word_about_every_ticket(before: Acceptance, word: Word, after: Acceptance) -> None:
    ticket = ticket_that_is(before)

    changed = accept(ticket, word, LETTER, AT, NOW)

    assert changed.acceptance is after
    assert (changed is ticket) is (after is before)


@pytest.mark.parametrize(("before", "word", "after"), [pair for pair in PAIRS if pair[0] is not pair[2]])
def test_r8_what_is_accepted_has_its_time_and_the_rest_is_looked_after(
    before: Acceptance, word: Word, after: Acceptance
) -> None:
    changed = accept(ticket_that_is(before), word, "specialist@pass24online.ru", AT, NOW)

    if after is ACCEPTED:
        assert (changed.accepted_at, changed.accepted_by) == (AT, "specialist@pass24online.ru")
        assert changed.check_at is None
    else:
        assert (changed.accepted_at, changed.accepted_by, changed.check_at) == (None, None, NOW)


def test_r16_a_ticket_that_is_accepted_while_flagged_is_left_to_the_sweep_to_clear() -> None:
    flagged = ticket_that_is(PENDING, flags=(OPEN,))
    cleared = ticket_that_is(PENDING, flags=(replace(OPEN, cleared_at=AT),))

    assert accept(flagged, Word.DELIVERED, LETTER, AT, NOW).check_at == NOW
    assert accept(flagged, Word.DELIVERED, LETTER, AT, NOW).flags == (OPEN,)
    assert accept(cleared, Word.DELIVERED, LETTER, AT, NOW).check_at is None


@given(st.lists(st.tuples(st.sampled_from(Word), st.sampled_from([LETTER, COPY, "anna@pass24online.ru"])), max_size=12))
def test_r8_a_ticket_is_accepted_exactly_when_it_has_the_time_and_who_saw_to_it(
    words: list[tuple[Word, str]],
) -> None:
    ticket = TICKET
    for word, by in words:
        ticket = accept(ticket, word, by, AT, NOW)
        assert (ticket.acceptance is ACCEPTED) is (ticket.accepted_at is not None)
        assert (ticket.accepted_at is None) is (ticket.accepted_by is None)
        assert ticket.acceptance is ACCEPTED or ticket.check_at is not None


def test_r8_delivered_letter_accepts_its_ticket_at_the_moment_that_the_provider_says() -> None:
    after, follows = heard(SENT, Report.DELIVERED, TICKET)

    assert follows.ticket == replace(TICKET, acceptance=ACCEPTED, accepted_at=AT, accepted_by=LETTER, check_at=None)
    assert follows.history is not None
    assert (follows.history.event, follows.history.about, follows.history.at) == (Event.ACCEPTED, LETTER, AT)
    assert follows.letters == ()
    assert after.event_at == AT


@pytest.mark.parametrize("report", [Report.BOUNCED, Report.BLOCKED, Report.DROPPED])
def test_r9_a_letter_that_failed_has_the_specialists_told(report: Report) -> None:
    after, follows = heard(SENT, report, TICKET)

    assert follows.ticket == replace(TICKET, acceptance=UNDELIVERABLE, check_at=NOW)
    assert follows.history is not None
    assert (follows.history.event, follows.history.about, follows.history.at) == (Event.UNDELIVERABLE, LETTER, AT)
    [notice] = follows.letters
    assert (notice.id, notice.kind) == (f"12345-undelivered-1-{after.state}", NotificationKind.UNDELIVERED)
    assert (notice.recipient, notice.about, notice.ticket) == (SPECIALISTS, LETTER, 12345)
    assert (notice.state, notice.requested_at) == (NotificationState.REQUESTED, NOW)


@pytest.mark.parametrize("report", [Report.PROCESSED, Report.DEFERRED])
def test_r8_a_letter_on_its_way_decides_nothing(report: Report) -> None:
    assert heard(REQUESTED, report, TICKET)[1] == Consequences()


@pytest.mark.parametrize("kind", [NotificationKind.NEW_TICKET, NotificationKind.NEW_MESSAGE])
@pytest.mark.parametrize("report", Report)
def test_r8_letters_to_specialists_decide_nothing(kind: NotificationKind, report: Report) -> None:
    letter = replace(notification_of(TICKET, kind), state=NotificationState.SENT, sent_at=AT)

    assert heard(letter, report, TICKET)[1] == Consequences()


def test_r9_the_notice_of_trouble_that_fails_itself_asks_for_no_further_notice() -> None:
    notice = notification_of(TICKET, NotificationKind.UNDELIVERED)

    assert heard(notice, Report.BOUNCED, ticket_that_is(UNDELIVERABLE))[1] == Consequences()


@pytest.mark.parametrize("reports", [[Report.DELIVERED], [Report.BOUNCED], [Report.DELIVERED, Report.BOUNCED]])
def test_r8_the_same_events_once_more_have_no_consequences(reports: list[Report]) -> None:
    once, notices = then(SENT, reports, TICKET)

    assert then(SENT, reports * 3, TICKET) == (once, notices)


def test_r8_a_late_bounce_revokes_the_acceptance_and_is_told_once() -> None:
    ticket, notices = then(SENT, [Report.DELIVERED, Report.BOUNCED, Report.BOUNCED, Report.BLOCKED], TICKET)

    assert (ticket.acceptance, ticket.accepted_at, ticket.accepted_by) == (REVOKED, None, None)
    assert ticket.check_at == NOW
    assert [notice.id for notice in notices] == ["12345-undelivered-1-bounced"]


def test_r8_the_history_of_a_revoked_ticket_says_both() -> None:
    delivered, first = heard(SENT, Report.DELIVERED, TICKET)
    assert first.ticket is not None
    _, second = heard(delivered, Report.BOUNCED, first.ticket)

    lines = [each.history.id for each in (first, second) if each.history]
    assert lines == ["accepted-12345-confirmation", "acceptance_revoked-12345-confirmation"]


def test_r8_a_letter_that_was_dropped_and_then_delivered_accepts_its_ticket_all_the_same() -> None:
    ticket, notices = then(SENT, [Report.DROPPED, Report.DELIVERED], TICKET)

    assert ticket.acceptance is ACCEPTED
    assert [notice.id for notice in notices] == ["12345-undelivered-1-dropped"]


def test_r9_a_letter_that_fails_in_two_ways_is_told_of_once() -> None:
    _, notices = then(SENT, [Report.DROPPED, Report.BOUNCED], TICKET)

    assert [notice.id for notice in notices] == ["12345-undelivered-1-dropped"]


def test_r9_a_letter_that_the_provider_refused_is_trouble_as_well() -> None:
    rejected = replace(REQUESTED, state=NotificationState.REJECTED, event_at=AT)

    follows = consequences(REQUESTED, rejected, TICKET, SPECIALISTS, NOW)

    assert follows.ticket is not None
    assert follows.ticket.acceptance is UNDELIVERABLE
    assert [notice.id for notice in follows.letters] == ["12345-undelivered-1-rejected"]


@pytest.mark.parametrize("report", [Report.BOUNCED, Report.DROPPED])
@pytest.mark.parametrize("acceptance", [PENDING, UNDELIVERABLE, REVOKED])
def test_r8_a_bounce_of_an_older_copy_says_nothing(report: Report, acceptance: Acceptance) -> None:
    ticket = ticket_that_is(acceptance, confirmation=COPY)

    assert heard(SENT, report, ticket)[1] == Consequences()


def test_r8_a_bounce_of_an_older_copy_revokes_nothing_that_the_later_one_brought() -> None:
    ticket = ticket_that_is(ACCEPTED, by=COPY, confirmation=COPY)

    assert heard(SENT, Report.BOUNCED, ticket)[1] == Consequences()


def test_r8_the_later_copy_s_own_failure_is_told_under_its_own_id() -> None:
    _, follows = heard(copy(SENT), Report.BOUNCED, ticket_that_is(PENDING, confirmation=COPY))

    assert [notice.id for notice in follows.letters] == ["12345-undelivered-2-bounced"]
    assert follows.letters[0].about == COPY


def test_r8_an_older_copy_that_is_delivered_after_all_accepts_the_ticket() -> None:
    _, follows = heard(SENT, Report.DELIVERED, ticket_that_is(PENDING, confirmation=COPY))

    assert follows.ticket is not None
    assert (follows.ticket.acceptance, follows.ticket.accepted_by) == (ACCEPTED, LETTER)


def test_r8_the_copy_by_which_it_was_accepted_revokes_even_when_there_is_a_later_one() -> None:
    delivered = replace(SENT, state=NotificationState.DELIVERED)
    ticket = ticket_that_is(ACCEPTED, by=LETTER, confirmation=COPY)

    _, follows = heard(delivered, Report.BOUNCED, ticket)

    assert follows.ticket is not None
    assert follows.ticket.acceptance is REVOKED


def test_r8_a_later_copy_that_arrives_as_well_holds_the_ticket_when_the_first_comes_back() -> None:
    ticket = ticket_that_is(ACCEPTED, by=LETTER, confirmation=COPY)

    _, both = heard(copy(SENT), Report.DELIVERED, ticket)
    assert both.ticket == replace(ticket, accepted_by=COPY)
    _, back = heard(replace(SENT, state=NotificationState.DELIVERED), Report.BOUNCED, both.ticket)

    assert back == Consequences()


@pytest.mark.parametrize("report", [Report.DELIVERED, Report.BOUNCED, Report.DROPPED])
def test_r10_nothing_that_becomes_of_a_letter_changes_what_a_person_has_told(report: Report) -> None:
    told = ticket_that_is(ACCEPTED, by="anna@pass24online.ru")

    assert heard(SENT, report, told)[1] == Consequences()


def test_r8_a_letter_to_an_address_that_turned_out_to_be_wrong_has_not_reached_the_client() -> None:
    corrected = replace(TICKET, contact=replace(TICKET.contact, email="ivan.petroff@example.ru"), confirmation=COPY)

    assert heard(SENT, Report.DELIVERED, corrected)[1] == Consequences()


@pytest.mark.parametrize("omission", Omission)
def test_r8_a_robot_is_not_waited_for_and_a_client_without_address_is(omission: Omission) -> None:
    contact = (
        replace(PLAIN.contact, email=None, phone="+79161234567") if omission is Omission.NO_EMAIL else PLAIN.contact
    )
    unanswered = None if omission is Omission.NO_EMAIL else omission
    ticket = opened(replace(PLAIN, contact=contact, unanswered=unanswered))

    assert ticket.confirmation is None
    assert ticket.acceptance is (PENDING if omission is Omission.NO_EMAIL else NOT_AWAITED)
    assert (ticket.check_at is None) is (omission is not Omission.NO_EMAIL)


OTHERS = sorted(WITH_NUMBER - {NotificationKind.CONFIRMATION})
"""What brings a number besides the letter that is waited for."""


def sent(kind: NotificationKind) -> Notification:
    return replace(notification_of(TICKET, kind), state=NotificationState.SENT, sent_at=AT, check_at=None)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("acceptance", [PENDING, UNDELIVERABLE, REVOKED, NOT_AWAITED])
def test_r8_r15_whatever_letter_brings_the_number_accepts_the_ticket(
    kind: NotificationKind, acceptance: Acceptance
) -> None:
    letter, follows = heard(sent(kind), Report.DELIVERED, ticket_that_is(acceptance))

    assert follows.ticket is not None
    assert (follows.ticket.acceptance, follows.ticket.accepted_by) == (ACCEPTED, letter.id)
    assert follows.letters == ()


@pytest.mark.parametrize("kind", OTHERS)
def test_r8_r15_a_number_that_went_to_somebody_else_s_address_is_not_with_the_client(kind: NotificationKind) -> None:
    other = replace(TICKET, contact=replace(TICKET.contact, email="other@example.ru"))
    by_phone = replace(TICKET, contact=replace(TICKET.contact, email=None, phone="+79161234567"))

    assert heard(sent(kind), Report.DELIVERED, other)[1] == Consequences()
    accepted = heard(sent(kind), Report.DELIVERED, by_phone)[1].ticket
    assert accepted is not None
    assert accepted.acceptance is ACCEPTED


@pytest.mark.parametrize("kind", sorted(TO_CLIENTS - {NotificationKind.CONFIRMATION}))
@pytest.mark.parametrize("acceptance", Acceptance)
@pytest.mark.parametrize("report", [Report.BOUNCED, Report.BLOCKED, Report.DROPPED])
def test_r9_any_other_letter_that_fails_changes_no_acceptance_and_is_told(
    kind: NotificationKind, acceptance: Acceptance, report: Report
) -> None:
    letter = sent(kind)
    after, follows = heard(letter, report, ticket_that_is(acceptance))

    assert (follows.ticket, follows.history) == (None, None)
    [notice] = follows.letters
    assert notice.id == f"12345-undelivered-{letter.id.removeprefix('12345-')}-{after.state}"
    assert (notice.recipient, notice.about) == (SPECIALISTS, letter.id)


@pytest.mark.parametrize("kind", sorted(TO_CLIENTS - {NotificationKind.CONFIRMATION}))
def test_r9_a_letter_that_fails_in_several_ways_is_told_of_once(kind: NotificationKind) -> None:
    _, notices = then(sent(kind), [Report.DROPPED, Report.BOUNCED, Report.BOUNCED], TICKET)

    assert len(notices) == 1


def test_r9_notices_of_all_letters_of_a_ticket_have_different_names() -> None:
    letters = [SENT, copy(SENT), *(replace(sent(kind), id=f"12345-{kind}-2") for kind in TO_CLIENTS - {SENT.kind})]
    notices = [then(each, [Report.BOUNCED], ticket_that_is(PENDING, confirmation=each.id))[1] for each in letters]

    assert len({notice.id for [notice] in notices}) == len(letters)


def test_r8_r15_the_letter_by_which_it_was_accepted_revokes_when_it_comes_back() -> None:
    ticket, notices = then(sent(OTHERS[0]), [Report.DELIVERED, Report.BOUNCED], TICKET)

    assert ticket.acceptance is REVOKED
    assert len(notices) == 1


def test_r8_a_confirmation_that_arrives_later_holds_what_another_letter_brought() -> None:
    other = sent(NotificationKind.ALREADY_REGISTERED)
    ticket, _ = then(other, [Report.DELIVERED], TICKET)
    ticket, _ = then(SENT, [Report.DELIVERED], ticket)

    assert ticket.accepted_by == LETTER
    [notice] = then(replace(other, state=NotificationState.DELIVERED), [Report.BOUNCED], ticket)[1]
    assert notice.about == other.id


@pytest.mark.parametrize("reason", sorted(NOT_NEEDED))
@pytest.mark.parametrize("kind", sorted(TO_CLIENTS - {NotificationKind.CONFIRMATION}))
def test_r7_r15_a_letter_that_was_not_needed_is_not_missed(kind: NotificationKind, reason: str) -> None:
    before = notification_of(TICKET, kind)
    held = replace(before, state=NotificationState.DROPPED, failure=Failure(None, reason))
    dead = replace(held, failure=Failure(None, KNOWN_DEAD_REASON))

    assert consequences(before, held, TICKET, SPECIALISTS, NOW) == Consequences()
    assert len(consequences(before, dead, TICKET, SPECIALISTS, NOW).letters) == 1


@pytest.mark.parametrize("kind", sorted(TO_CLIENTS))
@pytest.mark.parametrize("acceptance", [ACCEPTED, NOT_AWAITED])
@pytest.mark.parametrize("report", Report)
def test_r15_for_a_merged_ticket_nobody_waits_whatever_becomes_of_its_letters(
    kind: NotificationKind, acceptance: Acceptance, report: Report
) -> None:
    merged = replace(ticket_that_is(acceptance), merged_into=12300, check_at=None)

    assert heard(sent(kind), report, merged)[1] == Consequences()


@pytest.mark.parametrize(
    ("by", "letter"),
    [
        ("12345-confirmation", True),
        ("12345-confirmation-2", True),
        ("12345-already-registered-3", True),
        ("12345-merged-12346", True),
        ("12345-reminder", False),
        ("12346-confirmation", False),
        ("123456-confirmation", False),
        ("12345-confirmations", False),
        ("Анна", False),
        ("anna@pass24online.ru", False),
    ],
)
def test_r10_a_letter_and_a_person_are_told_apart(by: str, *, letter: bool) -> None:
    assert is_letter_with_number(by, 12345) is letter


WORDS = st.lists(st.tuples(st.sampled_from([1, 2]), st.sampled_from(Report)), max_size=10)


@given(WORDS, st.booleans())
def test_r8_acceptance_follows_the_letters_whatever_comes(said: list[tuple[int, Report]], copied: bool) -> None:  # noqa: FBT001  # drawn
    letters = {1: SENT, 2: copy(SENT)}
    ticket = replace(TICKET, confirmation=COPY) if copied else TICKET
    asked: list[str] = []
    for number, report in said if copied else [(1, report) for _, report in said]:
        letters[number], follows = heard(letters[number], report, ticket)
        ticket = follows.ticket or ticket
        asked += [notice.id for notice in follows.letters]

    holding = {letter.id for letter in letters.values() if letter.state is NotificationState.DELIVERED}
    # Whoever has the number by a letter that lies with him is accepted by it, and nobody else is.
    assert (ticket.accepted_by in holding) if ticket.acceptance is ACCEPTED else True
    assert ticket.acceptance is ACCEPTED or COPY not in holding
    assert len(asked) == len(set(asked))
