"""R8, R9: what became of letters is recorded once, with all that follows, whatever goes wrong on the way."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import conflicts
from shared.conflicts import ATTEMPTS
from shared.domain.delivery import DeliveryEvent, Report, follow
from shared.domain.notification import Notification, NotificationKind, NotificationState
from shared.domain.ticket import Acceptance, confirmation_id
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.outcomes import LATE_BOUNCE_TIME, LETTERS_IN_A_COMMIT, OutcomeRecorder
from tests.sample_ticket import FRIDAY_NOON, PLAIN, SPECIALISTS, notification_of, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeTime
from tests.unit.registering import RecordingBell

NOW = FRIDAY_NOON + timedelta(minutes=5)
AT = FRIDAY_NOON + timedelta(minutes=3)
IVAN = "ivan.petrov@example.ru"
TICKET = opened(PLAIN)
LETTER, COPY, NOTICE = "12345-confirmation", "12345-confirmation-2", "12345-new-ticket"
UNDELIVERED = "12345-undelivered-1-bounced"
NO_SUCH_USER = "550 5.1.1 no such user"


def sent(letter: Notification) -> Notification:
    return replace(letter, state=NotificationState.SENT, attempts=1, sent_at=TICKET.registered_at, check_at=None)


SENT = sent(notification_of(TICKET, NotificationKind.CONFIRMATION))


@dataclass
class Office:
    """A recorder and its surroundings: one ticket, its letter to the client, its letter to the specialists."""

    changes: FakeChanges = field(default_factory=FakeChanges)
    bell: RecordingBell = field(default_factory=RecordingBell)

    def __post_init__(self) -> None:
        self.changes.hold(TICKET, SENT, sent(notification_of(TICKET, NotificationKind.NEW_TICKET)))

    @property
    def recorder(self) -> OutcomeRecorder:
        return OutcomeRecorder(self.changes, self.bell, SPECIALISTS, lambda: NOW)

    @property
    def acceptance(self) -> Acceptance:
        return self.changes.ticket(12345).acceptance

    @property
    def notices(self) -> list[str]:
        """The ids of the letters that tell of trouble."""
        return [each for each in self.changes.letters if "undelivered" in each]

    def state(self, letter: str = LETTER) -> NotificationState:
        return self.changes.letter(letter).state

    def hear(self, *events: DeliveryEvent) -> None:
        self.recorder.follow(events)


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(conflicts, "time", fake)
    return fake


@pytest.fixture
def office() -> Office:
    return Office()


def event(
    report: Report, letter: str | None = LETTER, *, reason: str = "", at: datetime = AT, recipient: str = IVAN
) -> DeliveryEvent:
    return DeliveryEvent(letter, recipient, report, at, reason)


def bounce(letter: str | None = LETTER, recipient: str = IVAN, at: datetime = AT) -> DeliveryEvent:
    return event(Report.BOUNCED, letter, reason=NO_SUCH_USER, recipient=recipient, at=at)


def test_r8_a_delivered_letter_accepts_its_ticket_in_one_commit(office: Office) -> None:
    office.hear(event(Report.DELIVERED))

    [change] = office.changes.commits
    assert office.state() is NotificationState.DELIVERED
    ticket = office.changes.ticket(12345)
    assert (ticket.acceptance, ticket.accepted_at, ticket.accepted_by) == (Acceptance.ACCEPTED, AT, LETTER)
    assert [line.id for _, line in change.history] == ["accepted-12345-confirmation"]
    assert (change.letters, change.dead, office.bell.rung) == ((), (), [])


def test_r9_a_bounced_letter_tells_the_specialists_and_its_address_is_dead_in_one_commit(office: Office) -> None:
    office.hear(bounce())

    [change] = office.changes.commits
    assert (office.state(), office.acceptance) == (NotificationState.BOUNCED, Acceptance.UNDELIVERABLE)
    assert [letter.id for letter in change.letters] == office.bell.rung == [UNDELIVERED]
    [dead] = change.dead
    assert (dead.address, dead.since, dead.reason, dead.notification) == (IVAN, AT, NO_SUCH_USER, LETTER)


def test_r8_an_event_for_another_recipient_is_not_of_our_letter(office: Office) -> None:
    office.recorder.follow([DeliveryEvent(LETTER, "stranger@example.org", Report.DELIVERED, NOW)])
    assert office.acceptance is Acceptance.PENDING
    assert office.changes.letter(LETTER) == SENT


def test_r9_the_bell_rings_only_for_what_is_written(office: Office) -> None:
    office.changes.faults = deque([LedgerUnavailableError("away")])

    with pytest.raises(LedgerUnavailableError):
        office.hear(bounce())

    assert office.bell.rung == []
    assert (office.state(), office.acceptance, office.notices) == (NotificationState.SENT, Acceptance.PENDING, [])


def test_r9_a_reminder_that_failed_is_told_and_changes_no_ticket(office: Office) -> None:
    reminder = sent(notification_of(TICKET, NotificationKind.REMINDER))
    office.changes.hold(reminder)

    office.hear(bounce(reminder.id))

    [change] = office.changes.commits
    assert (change.tickets, change.history) == ((), ())
    assert [letter.id for letter in change.letters] == office.bell.rung == ["12345-undelivered-reminder-bounced"]
    assert IVAN in office.changes.dead


def test_r15_two_letters_of_one_ticket_in_one_call_accept_it_and_tell_of_the_other(office: Office) -> None:
    duplicate = sent(notification_of(TICKET, NotificationKind.ALREADY_REGISTERED))
    office.changes.hold(duplicate)

    office.hear(event(Report.BLOCKED, duplicate.id, reason="552 5.2.2 mailbox full"), event(Report.DELIVERED))

    assert office.acceptance is Acceptance.ACCEPTED
    assert office.notices == ["12345-undelivered-already-registered-1-bounced"]
    assert len(office.changes.commits) == 1


@pytest.mark.parametrize("report", [Report.BLOCKED, Report.DROPPED])
def test_r9_an_address_that_may_work_again_is_not_dead(office: Office, report: Report) -> None:
    office.hear(event(report, reason="552 5.2.2 mailbox full"))

    assert office.acceptance is Acceptance.UNDELIVERABLE
    assert office.changes.dead == {}


def test_r9_our_own_mailboxes_are_never_dead(office: Office) -> None:
    office.hear(bounce(NOTICE, SPECIALISTS))

    assert office.state(NOTICE) is NotificationState.BOUNCED
    assert (office.changes.dead, office.acceptance, office.notices) == ({}, Acceptance.PENDING, [])


def test_r9_our_own_mailbox_is_not_dead_by_a_bounce_without_a_name_either(office: Office) -> None:
    office.changes.to_one_address = 1

    office.hear(bounce(None, SPECIALISTS))

    assert office.changes.dead == {}


def test_r8_the_same_events_once_more_write_nothing(office: Office) -> None:
    events = [event(Report.PROCESSED), event(Report.DELIVERED), bounce()]
    office.hear(*events)
    commits = len(office.changes.commits)

    office.hear(*events, *events)

    assert len(office.changes.commits) == commits == 1
    assert office.bell.rung == [UNDELIVERED]


def test_r8_events_of_one_letter_in_one_call_count_by_their_end(office: Office) -> None:
    office.hear(event(Report.DEFERRED, reason="try again"), event(Report.DELIVERED), event(Report.PROCESSED))

    assert office.acceptance is Acceptance.ACCEPTED
    [change] = office.changes.commits
    assert len(change.history) == 1


def test_r8_delivered_and_bounced_in_one_call_is_undeliverable_and_told_once(office: Office) -> None:
    office.hear(event(Report.DELIVERED), bounce())

    assert office.acceptance is Acceptance.UNDELIVERABLE
    assert office.notices == [UNDELIVERED]


def test_r8_delivered_and_bounced_in_two_calls_is_revoked_and_told_once(office: Office) -> None:
    office.hear(event(Report.DELIVERED))
    office.hear(bounce())
    office.hear(bounce())

    assert office.acceptance is Acceptance.REVOKED
    assert office.notices == office.bell.rung == [UNDELIVERED]
    assert [line.id for _, line in office.changes.history] == [
        "accepted-12345-confirmation",
        "acceptance_revoked-12345-confirmation",
    ]


def test_an_event_of_a_letter_that_we_do_not_know_stops_no_other(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.hear(bounce("99999-confirmation", "other@example.ru"), event(Report.DELIVERED))

    assert office.acceptance is Acceptance.ACCEPTED
    assert office.changes.dead == {}
    assert "letter_unknown" in caplog.messages


def test_a_letter_whose_ticket_is_not_there_is_recorded_all_the_same(office: Office) -> None:
    office.changes.hold(replace(SENT, id="777-confirmation", ticket=777))

    office.hear(event(Report.DELIVERED, "777-confirmation"))

    assert office.state("777-confirmation") is NotificationState.DELIVERED


def test_r16_a_digest_is_a_letter_about_no_ticket(office: Office) -> None:
    office.changes.hold(replace(SENT, id="digest-1", ticket=None, kind=NotificationKind.DIGEST, recipient=SPECIALISTS))

    office.hear(bounce("digest-1", SPECIALISTS))

    assert office.state("digest-1") is NotificationState.BOUNCED
    assert office.notices == []


def with_copy(office: Office) -> None:
    office.changes.hold(replace(TICKET, confirmation=COPY), replace(SENT, id=COPY))


def test_r8_several_copies_of_one_ticket_in_one_call(office: Office) -> None:
    with_copy(office)

    office.hear(event(Report.DELIVERED, COPY), bounce(LETTER))

    assert (office.acceptance, office.changes.ticket(12345).accepted_by) == (Acceptance.ACCEPTED, COPY)
    assert office.notices == []
    assert len(office.changes.commits) == 1


@pytest.mark.parametrize("order", [(LETTER, COPY), (COPY, LETTER)])
def test_r9_all_copies_that_fail_in_one_call_are_told_of_once(office: Office, order: Sequence[str]) -> None:
    with_copy(office)

    office.hear(*(bounce(each) for each in order))

    assert office.acceptance is Acceptance.UNDELIVERABLE
    assert office.notices == ["12345-undelivered-2-bounced"]
    assert list(office.changes.dead) == [IVAN]


def test_r8_a_thousand_events_are_written_a_hundred_letters_at_a_time() -> None:
    office = Office()
    tickets = [opened(replace(PLAIN, key=f"arrival-{number}"), number) for number in range(20_001, 21_001)]
    office.changes.hold(
        *tickets, *(replace(SENT, id=confirmation_id(each.number), ticket=each.number) for each in tickets)
    )

    office.hear(*(event(Report.DELIVERED, confirmation_id(each.number)) for each in tickets))

    assert [len(change.notifications) for change in office.changes.commits] == [LETTERS_IN_A_COMMIT] * 10
    assert {office.changes.ticket(each.number).acceptance for each in tickets} == {Acceptance.ACCEPTED}


def test_r8_what_was_recorded_before_the_ledger_went_away_stays_and_the_rest_comes_again() -> None:
    office = Office()
    letters = [replace(SENT, id=f"{number}-confirmation", ticket=number) for number in range(1, 301)]
    office.changes.hold(*letters, *(opened(PLAIN, number) for number in range(1, 301)))
    events = [event(Report.DELIVERED, each.id) for each in letters]
    office.changes.faults = deque([None, LedgerUnavailableError("away")])

    with pytest.raises(LedgerUnavailableError):
        office.hear(*events)
    assert sum(office.state(each.id) is NotificationState.DELIVERED for each in letters) == LETTERS_IN_A_COMMIT
    office.hear(*events)

    assert all(office.state(each.id) is NotificationState.DELIVERED for each in letters)
    assert [len(change.notifications) for change in office.changes.commits] == [100, 100, 100]


def test_a_commit_that_meets_others_is_tried_again_on_what_is_there_now(office: Office) -> None:
    joined = replace(TICKET, submissions=(*TICKET.submissions, "mail-1"))
    office.changes.before.append(lambda: office.changes.hold(joined))

    office.hear(event(Report.DELIVERED))

    ticket = office.changes.ticket(12345)
    assert (ticket.acceptance, ticket.submissions) == (Acceptance.ACCEPTED, joined.submissions)


def test_r9_two_who_hear_of_the_same_bounce_tell_of_it_once(office: Office) -> None:
    other = OutcomeRecorder(office.changes, office.bell, SPECIALISTS, lambda: NOW)
    office.changes.before.append(lambda: other.follow([bounce()]))

    office.hear(bounce())

    assert len(office.changes.commits) == 1
    assert office.bell.rung == [UNDELIVERED]


def test_one_letter_that_others_are_at_does_not_hold_up_its_batch(office: Office) -> None:
    office.changes.hold(replace(SENT, id="2-confirmation", ticket=2), opened(PLAIN, 2))
    office.changes.before.append(lambda: office.changes.hold(SENT))

    office.hear(event(Report.DELIVERED), event(Report.DELIVERED, "2-confirmation"))

    assert (office.acceptance, office.changes.ticket(2).acceptance) == (Acceptance.ACCEPTED, Acceptance.ACCEPTED)
    assert [len(change.notifications) for change in office.changes.commits] == [1, 1]


def test_endless_conflicts_are_given_up_after_some_time_and_come_again(office: Office, elapsed: FakeTime) -> None:
    office.changes.faults = deque([LedgerConflictError("others")] * ATTEMPTS)

    with pytest.raises(LedgerConflictError):
        office.hear(event(Report.DELIVERED))

    assert office.state() is NotificationState.SENT
    assert elapsed.elapsed < 5
    office.hear(event(Report.DELIVERED))
    assert office.acceptance is Acceptance.ACCEPTED


def test_a_read_that_fails_has_the_provider_come_again(office: Office) -> None:
    office.changes.blind = 1

    with pytest.raises(LedgerUnavailableError):
        office.hear(event(Report.DELIVERED))


def test_r9_a_commit_whose_answer_was_lost_is_not_told_of_twice(office: Office) -> None:
    office.changes.faults = deque([LedgerUnavailableError("no answer")])
    office.changes.loses_answers = True

    with pytest.raises(LedgerUnavailableError):
        office.hear(bounce())
    office.hear(bounce())

    assert len(office.changes.commits) == 1
    # Nobody rang for it: the sweep will, by its `check_at`.
    assert office.changes.letter(UNDELIVERED).check_at is not None


def test_r9_a_late_bounce_without_a_name_is_matched_by_address_and_time(office: Office) -> None:
    office.hear(event(Report.DELIVERED))

    office.hear(bounce(None, at=TICKET.registered_at + LATE_BOUNCE_TIME))

    assert (office.state(), office.acceptance) == (NotificationState.BOUNCED, Acceptance.REVOKED)
    assert office.changes.dead[IVAN].notification == LETTER


@pytest.mark.parametrize(
    "at",
    [
        TICKET.registered_at - timedelta(seconds=1),
        TICKET.registered_at + LATE_BOUNCE_TIME + timedelta(seconds=1),
    ],
    ids=["before it was sent", "too late"],
)
def test_r9_a_bounce_without_a_name_outside_the_time_is_of_no_letter(office: Office, at: datetime) -> None:
    office.hear(bounce(None, at=at))

    assert (office.state(), office.acceptance, office.notices) == (NotificationState.SENT, Acceptance.PENDING, [])


@pytest.mark.parametrize("other", [COPY, "12399-confirmation"])
def test_r9_a_bounce_without_a_name_that_two_letters_may_have_is_of_neither(office: Office, other: str) -> None:
    office.changes.hold(replace(SENT, id=other))

    office.hear(bounce(None))

    assert {office.state(), office.state(other)} == {NotificationState.SENT}
    assert (office.acceptance, office.notices) == (Acceptance.PENDING, [])
    # That the address does not work is known all the same.
    assert (office.changes.dead[IVAN].notification, office.changes.dead[IVAN].reason) == (None, NO_SUCH_USER)


def test_r9_a_letter_that_was_never_sent_is_no_candidate(office: Office) -> None:
    office.changes.hold(replace(SENT, id=COPY, state=NotificationState.REQUESTED, sent_at=None))

    office.hear(bounce(None))

    assert office.state() is NotificationState.BOUNCED


def test_r9_too_many_letters_to_one_address_are_not_told_apart(office: Office) -> None:
    office.changes.to_one_address = 1

    office.hear(bounce(None))

    assert office.state() is NotificationState.SENT


def test_r9_a_block_without_a_name_that_nobody_can_place_writes_nothing(office: Office) -> None:
    office.hear(event(Report.BLOCKED, None, reason="try again later", recipient="stranger@example.ru"))

    assert office.changes.commits == []


def test_logs_show_no_readable_address(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    office.hear(bounce(None, "stranger.person@example.ru"), bounce(), bounce("99999-confirmation"))

    said = repr([(record.getMessage(), vars(record).get("fields")) for record in caplog.records])
    assert "event_ambiguous" in said
    assert "stranger.person" not in said
    assert "ivan.petrov" not in said


def test_r8_a_step_that_changes_nothing_writes_nothing(office: Office) -> None:
    office.recorder.change(LETTER, lambda letter: letter)

    assert office.changes.commits == []


def test_r9_a_step_is_taken_on_the_letter_as_it_is_now(office: Office) -> None:
    moved = follow(SENT, event(Report.DELIVERED))
    office.changes.before.append(lambda: office.changes.hold(moved))
    seen: list[NotificationState] = []

    def step(letter: Notification) -> Notification:
        seen.append(letter.state)
        return (
            letter if letter.state is NotificationState.DELIVERED else replace(letter, state=NotificationState.DROPPED)
        )

    office.recorder.change(LETTER, step)

    assert seen == [NotificationState.SENT, NotificationState.DELIVERED]
    assert office.state() is NotificationState.DELIVERED


LETTERS = (LETTER, COPY)
HEARD = st.lists(st.tuples(st.sampled_from(LETTERS), st.sampled_from(Report)), min_size=1, max_size=10)
TROUBLE = st.lists(st.sampled_from([None, LedgerUnavailableError("away"), LedgerConflictError("others")]), max_size=8)


@settings(deadline=None)
@given(said=HEARD, cut=st.integers(1, 10), faults=TROUBLE, loses_answers=st.booleans())
def test_r8_whatever_the_order_the_calls_and_the_faults_the_end_is_the_provider_s_last_word(
    said: list[tuple[str, Report]],
    cut: int,
    faults: list[Exception | None],
    loses_answers: bool,  # noqa: FBT001  # drawn
) -> None:
    office = Office()
    with_copy(office)
    office.changes.faults, office.changes.loses_answers = deque(faults), loses_answers
    events = [event(report, letter, reason=NO_SUCH_USER) for letter, report in said]
    for part in (events[:cut], events[cut:]):
        for _ in range(len(faults) * ATTEMPTS + 1):
            try:
                office.hear(*part)
                break
            except (LedgerUnavailableError, LedgerConflictError):
                continue
    office.changes.faults.clear()
    office.hear(*events)

    for letter in LETTERS:
        expected = replace(SENT, id=letter)
        for each in events:
            expected = follow(expected, each) if each.notification == letter else expected
        assert office.state(letter) is expected.state
    ticket = office.changes.ticket(12345)
    assert (ticket.accepted_at is not None) is (ticket.acceptance is Acceptance.ACCEPTED)
    if ticket.accepted_by is not None:
        assert office.state(ticket.accepted_by) is NotificationState.DELIVERED
    assert office.state(COPY) is not NotificationState.DELIVERED or ticket.acceptance is Acceptance.ACCEPTED
    assert office.notices or ticket.acceptance not in {Acceptance.UNDELIVERABLE, Acceptance.REVOKED}
