"""Days and years in memory, with everything going wrong: what must hold at the end holds (R1, R4, R8, R9, R12, R16)."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from functions.sla_check import steps
from shared import conflicts, joining, numbering
from shared.domain.delivery import FAILED, LEADS_TO, RANKS, Report
from shared.domain.flag import any_open
from shared.domain.history import Event
from shared.domain.notification import NotificationKind, NotificationState
from shared.domain.submission import Quarantine
from shared.domain.ticket import Acceptance
from tests.simulation.world import FIRST, HOURS, MINUTE, World
from tests.unit.fake_ledger import FakeTime

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DANGER = 0.02
LONGEST_WAIT = 20 * DAY
"""The New Year holidays, and a working day."""


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Pauses take no time, and registering goes one by one: the same choices give the same run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "time", FakeTime())
        patch.setattr(conflicts, "time", FakeTime())
        patch.setattr(joining, "time", FakeTime())
        patch.setattr(steps, "REGISTERING_THREADS", 1)
        yield


def settle(world: World) -> None:
    """Everything is mended; three more days pass, and as many as are needed for what is missing to be waited for."""
    world.danger = 0.0
    world.ledger_back_at = world.time
    world.provider.off = [(begin, min(end, world.time)) for begin, end in world.provider.off]
    world.provider.calm, world.provider.outage = True, False
    world.pass_time(3 * DAY)
    for _ in range(LONGEST_WAIT // DAY):
        if any(ticket.follow_up_at for ticket in world.ledger.all_tickets.values()):
            world.pass_time(DAY)


def check(world: World) -> None:
    """What must hold when all is settled."""
    _check_numbers(world)
    _check_letters(world)
    for number in world.ledger.all_tickets:
        _check_acceptance(world, number)
        _check_flags(world, number)
        _check_follow_up(world, number)


def _check_numbers(world: World) -> None:
    ledger = world.ledger
    assert world.waiting == []
    tickets = ledger.all_tickets
    assert sorted(tickets) == list(range(FIRST, FIRST + len(tickets))), "a gap"
    owners = Counter(key for ticket in tickets.values() for key in ticket.submissions)
    for key in world.answered:
        assert owners[key] == 1, f"{key} was answered, and has {owners[key]} tickets"
    for entry in ledger.entries.values():
        assert entry.ticket is not None or any_open(entry.flags), f"{entry.submission.key} is lost from sight"


def _check_letters(world: World) -> None:
    taken = Counter(letter.id for letter in world.provider.taken)
    assert [letter for letter, times in taken.items() if times > 1] == [], "the same letter twice"
    for letter in world.ledger.letters.values():
        heard = world.provider.heard.get(letter.id, set())
        if heard:
            last_word = max((LEADS_TO[report] for report in heard), key=RANKS.__getitem__)
            assert RANKS[letter.state] >= RANKS[last_word], f"{letter.id}: {letter.state} after {heard}"
        if letter.state is NotificationState.REQUESTED:
            raise AssertionError(f"{letter.id} is still to be sent")


def _check_acceptance(world: World, number: int) -> None:
    ticket = world.ledger.all_tickets[number]
    heard = world.provider.heard.get(ticket.confirmation or "", set())
    letter = world.ledger.letters.get(ticket.confirmation or "")
    failed = letter is not None and letter.state in FAILED
    if failed:
        assert ticket.acceptance in {Acceptance.UNDELIVERABLE, Acceptance.REVOKED}
        told = [each for each in world.ledger.letters.values() if each.kind is NotificationKind.UNDELIVERED]
        assert [each.about for each in told].count(ticket.confirmation) == 1, "the specialists were not told once"
    else:
        assert (ticket.acceptance is Acceptance.ACCEPTED) == (Report.DELIVERED in heard), f"{number}: {heard}"
    assert (ticket.accepted_at is None) == (ticket.acceptance is not Acceptance.ACCEPTED)


def _check_flags(world: World, number: int) -> None:
    ticket = world.ledger.all_tickets[number]
    assert any_open(ticket.flags) == (ticket.acceptance is not Acceptance.ACCEPTED), f"{number}: {ticket.flags}"
    kinds = [flag.kind for flag in ticket.flags if flag.is_open]
    assert len(kinds) == len(set(kinds)), "the same flag twice"
    for flag in ticket.flags:
        in_digest = any(remark.ticket == number for each in world.ledger.digests.values() for remark in each.remarks)
        assert in_digest, f"{flag} was told nobody"


def _check_follow_up(world: World, number: int) -> None:
    ticket = world.ledger.all_tickets[number]
    told = [each for each in world.handed_on if each.number == number]
    revisions = [each.handed_on.revision for each in told if each.handed_on]
    assert ticket.handed_on is not None, f"{number} was never handed on"
    assert set(revisions) == set(range(1, ticket.handed_on.revision + 1)), f"{number}: revisions {revisions}"
    assert ticket.follow_up_at is None
    latest = [each for each in told if each.handed_on and each.handed_on.revision == max(revisions)][-1]
    assert latest.missing == ticket.missing or not ticket.complete, f"{number} was completed, and that was not told"
    lines = [line.event for owner, line in world.ledger.history if owner == number]
    assert lines.count(Event.HANDED_ON) == ticket.handed_on.revision

    is_reminded = f"{number}-{NotificationKind.REMINDER}" in world.ledger.letters
    assert is_reminded == lines.count(Event.REMINDED) == (ticket.reminded_at is not None)
    if ticket.reminded_at is not None:
        assert ticket.asked_at is not None
        assert ticket.reminded_at >= HOURS.after(ticket.asked_at, HOURS.day_length)


class Days(RuleBasedStateMachine):
    """What can happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(random.Random(0))  # noqa: S311  # no secret
        self.arrived = 0

    @rule(seed=st.integers(0, 2**32 - 1))
    def luck_turns(self, seed: int) -> None:
        self.world.random.seed(seed)

    @rule(email=st.booleans(), keeps=st.booleans(), how_many=st.integers(1, 6))
    def requests_arrive(self, email: bool, keeps: bool, how_many: int) -> None:  # noqa: FBT001  # drawn
        for _ in range(how_many):
            self.arrived += 1
            self.world.arrive(self.arrived, email=f"ivan{self.arrived}@example.ru" if email else None, keeps=keeps)

    @rule()
    def a_mail_waits_for_a_person(self) -> None:
        self.arrived += 1
        submission_of = self.world
        submission_of.arrive(self.arrived, email=None, keeps=True)
        submission = submission_of.waiting.pop().submission
        submission_of.ledger.quarantine(submission, Quarantine.SPAM, submission.received_at + MINUTE)

    @rule(which=st.integers(0, 100))
    def a_client_answers(self, which: int) -> None:
        self.world.answer(FIRST + which % max(len(self.world.ledger.all_tickets), 1))

    @rule(minutes=st.integers(1, 30))
    def minutes_pass(self, minutes: int) -> None:
        self.world.pass_time(minutes * MINUTE)

    @rule(days=st.integers(1, 10))
    def days_pass(self, days: int) -> None:
        self.world.pass_time(days * DAY)

    @rule(danger=st.sampled_from((0.0, DANGER, 5 * DANGER)))
    def functions_begin_to_die(self, danger: float) -> None:
        self.world.danger = danger

    @rule(minutes=st.integers(1, 90))
    def the_ledger_is_down(self, minutes: int) -> None:
        self.world.break_ledger(minutes * MINUTE)

    @rule(minutes=st.integers(1, 90))
    def the_provider_is_down(self, minutes: int) -> None:
        self.world.provider.outage = True
        self.world.pass_time(minutes * MINUTE)
        self.world.provider.outage = False

    @rule(minutes=st.integers(15, 600))
    def the_webhook_is_off(self, minutes: int) -> None:
        self.world.switch_webhook_off(minutes * MINUTE)

    @rule(minutes=st.integers(1, 600))
    def the_scheduler_stands_still(self, minutes: int) -> None:
        self.world.stop_scheduler(minutes * MINUTE)

    @rule(seconds=st.integers(-120, 7200))
    def the_clock_jumps(self, seconds: int) -> None:
        self.world.jump(timedelta(seconds=seconds))

    @rule()
    def instances_are_replaced(self) -> None:
        self.world.restart()

    @rule()
    def two_sweeps_at_once(self) -> None:
        self.world.sweep()
        self.world.sweep()

    def teardown(self) -> None:
        settle(self.world)
        check(self.world)


def test_r1_r4_r8_whatever_happens_every_request_ends_registered_once_and_confirmed_or_flagged() -> None:
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=40,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("seed", range(2))
def test_r16_a_year_with_faults_every_day(seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311  # no secret
    world = World(random.Random(seed + 1000))  # noqa: S311  # the same
    arrived = 0
    for _ in range(365):
        world.danger = luck.choice((0.0, 0.0, DANGER / 4, DANGER))
        for _ in range(luck.randint(0, 2)):
            for _ in range(luck.randint(1, 5)):
                arrived += 1
                email = f"ivan{arrived}@example.ru" if luck.random() < 0.9 else None
                world.arrive(arrived, email=email, keeps=luck.random() < 0.5)
                world.pass_time(timedelta(seconds=luck.uniform(0, 30)))
            world.pass_time(timedelta(minutes=luck.uniform(0, 120)))
        if luck.random() < 0.5:
            world.answer(FIRST + arrived - 1 - luck.randint(0, 5))
        match luck.randint(0, 25):
            case 0:
                world.break_ledger(timedelta(minutes=luck.uniform(1, 60)))
            case 1:
                world.provider.outage = True
                world.pass_time(timedelta(minutes=luck.uniform(1, 60)))
                world.provider.outage = False
            case 2:
                world.switch_webhook_off(timedelta(minutes=luck.uniform(15, 600)))
            case 3:
                world.stop_scheduler(timedelta(hours=luck.uniform(0, 5)))
        world.pass_time(timedelta(hours=luck.uniform(1, 12)))
    settle(world)
    assert len(world.ledger.all_tickets) == arrived > 900
    check(world)


def test_r16_without_faults_nothing_is_late_and_nobody_hears_of_anything() -> None:
    world = World(random.Random(7))  # noqa: S311  # no secret
    world.provider.calm = True
    fates = dict.fromkeys(Acceptance, 0)
    for number in range(1, 200):
        world.arrive(number, email=f"ivan{number}@example.ru", keeps=False)
        world.pass_time(timedelta(minutes=30))
    for ticket in world.ledger.all_tickets.values():
        fates[ticket.acceptance] += 1
        in_time = ticket.acceptance is Acceptance.ACCEPTED
        assert in_time or ticket.flags, ticket
    settle(world)
    check(world)
    assert fates[Acceptance.ACCEPTED] > 130


def test_r16_a_flag_is_raised_in_the_minute_after_the_fifteenth() -> None:
    world = World(random.Random(3))  # noqa: S311  # no secret
    world.provider.calm = True
    world.provider.outage = True
    world.arrive(1, email="ivan@example.ru", keeps=False)
    world.pass_time(HOUR)
    [ticket] = world.ledger.all_tickets.values()
    [flag] = ticket.flags
    assert timedelta(minutes=15) <= flag.raised_at - ticket.received_at <= timedelta(minutes=16, seconds=5)
    world.provider.outage = False
    world.pass_time(HOUR)
    [ticket] = world.ledger.all_tickets.values()
    assert [each.is_open for each in ticket.flags] == [ticket.acceptance is not Acceptance.ACCEPTED]


def test_r18_without_faults_a_ticket_is_handed_on_within_two_minutes_of_being_due() -> None:
    world = World(random.Random(11))  # noqa: S311  # no secret
    world.provider.calm = True
    answered_at: dict[int, datetime] = {}
    for number in range(1, 200):
        world.arrive(number, email=f"ivan{number}@example.ru" if number % 7 else None, keeps=False)
        world.pass_time(timedelta(minutes=45))
        if number % 4 == 0:
            answering = FIRST + number - 1 - number % 20
            world.answer(answering)
            answered_at.setdefault(answering, world.time)
            world.pass_time(timedelta(minutes=1))
    settle(world)
    check(world)
    late = []
    for ticket in world.ledger.all_tickets.values():
        [first, *again] = [each for each in world.handed_on if each.number == ticket.number]
        assert first.handed_on is not None
        assert len(again) <= 1
        due = ticket.registered_at + MINUTE
        if not (first.asked_at is None or first.urgent or first.complete):
            due = HOURS.after(first.asked_at, HOURS.day_length)
        elif not first.urgent and len(first.submissions) > 1:
            due = max(due, answered_at[ticket.number])
        late.append(first.handed_on.at - due)
    assert timedelta(0) <= min(late)
    assert max(late) <= timedelta(minutes=2)
    assert any(ticket.reminded_at for ticket in world.ledger.all_tickets.values())


def test_r7_a_reminder_goes_to_whom_was_asked_and_did_not_answer_and_to_nobody_else() -> None:
    world = World(random.Random(12))  # noqa: S311  # no secret
    world.provider.calm = True
    for number in range(1, 60):
        world.arrive(number, email=f"ivan{number}@example.ru" if number % 2 else None, keeps=False)
        world.pass_time(timedelta(minutes=5))
        if number % 4 == 1:
            world.answer(FIRST + number - 1)
    settle(world)
    check(world)
    reminded = {ticket.number for ticket in world.ledger.all_tickets.values() if ticket.reminded_at}
    for ticket in world.ledger.all_tickets.values():
        waits = ticket.asked_at is not None and not ticket.complete and ticket.acceptance is Acceptance.ACCEPTED
        assert (ticket.number in reminded) == waits, ticket
    taken = Counter(letter.id for letter in world.provider.taken if letter.id.endswith("-reminder"))
    assert taken == {f"{number}-reminder": 1 for number in reminded}
    assert reminded
