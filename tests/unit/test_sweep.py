"""One sweep over a ledger in memory: its log, its faults, its limits (R16)."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.sla_check.inbound_statistics import StatisticsError
from functions.sla_check.reconciling import Reconciler
from functions.sla_check.sweep import Sweep
from shared.changes import Change
from shared.domain.contact import Contact
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import NotificationKind
from shared.domain.submission import Channel, Details, Quarantine, Submission
from shared.domain.ticket import Acceptance, Handover, Ticket
from shared.domain.working_time import WorkingHours
from shared.handing_on import NotHandedOnError
from shared.ledger import LedgerUnavailableError, StoredTicket
from shared.numbering import NumberingPolicy
from shared.registration import Registrar
from tests.our_logs import our_logs
from tests.simulation.ledger import PAGE, SimulatedLedger

MONDAY_NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
DEVICE = ("4.12.1", "Samsung Galaxy A52", "Android 13")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(slots=True)
class Desk:
    """A sweep and what stands around it.

    Attributes:
        broken: Names of the ledger's methods that do not answer.
        received: What the mail provider says of each day; None: it does not answer.
        ours: How many mails we have.
        merged: What is found to be another ticket's request.
        compared: For which tickets that was asked.
        handed_on: What classification has got.
        deaf: Whether it gets nothing.
        attempts: How often it was called.
    """

    time: datetime = MONDAY_NOON
    broken: set[str] = field(default_factory=set)
    received_by_day: Mapping[date, int] | None = field(default_factory=dict)
    ours: int = 0
    counted: list[tuple[datetime, datetime]] = field(default_factory=list)
    rung: list[str] = field(default_factory=list)
    reported: list[date | None] = field(default_factory=list)
    merged: set[int] = field(default_factory=set)
    compared: list[int] = field(default_factory=list)
    handed_on: list[Ticket] = field(default_factory=list)
    deaf: bool = False
    attempts: int = 0
    ledger: SimulatedLedger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = SimulatedLedger(self._chaos)

    def now(self) -> datetime:
        return self.time

    def ring(self, notifications: Sequence[str]) -> None:
        self.rung += notifications

    def received(self, first: date, last: date) -> Mapping[date, int]:
        assert first < last
        if self.received_by_day is None:
            raise StatisticsError("no answer")
        return self.received_by_day

    def mails(self, since: datetime, until: datetime) -> int:
        self.counted.append((since, until))
        return self.ours

    def write_due(self, now: datetime, last_reported: date | None) -> date | None:
        del now
        self.reported.append(last_reported)
        return date(2026, 11, 23)

    def merge_duplicates(self, stored: Sequence[StoredTicket]) -> Collection[int]:
        self.compared += [each.ticket.number for each in stored]
        return self.merged

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        self.attempts += 1
        if self.deaf:
            raise NotHandedOnError("told to")
        self.handed_on += tickets

    def registrar(self) -> Registrar:
        return Registrar(self.ledger, self, NumberingPolicy(1, HOURS, "specialists@pass24online.ru"), self.now)

    def sweep(self, **changes: Any) -> Sweep:  # noqa: ANN401  # any of its attributes
        made: dict[str, Any] = {
            "ledger": self.ledger,
            "registrations": self.registrar(),
            "bell": self,
            "merging": self,
            "classification": self,
            "reconciler": Reconciler(self, self, ZoneInfo("UTC")),
            "reports": self,
            "hours": HOURS,
            "recipients": ("specialists@pass24online.ru", "head@pass24online.ru"),
            "warn_after": 10 * MINUTE,
            "run_time": timedelta(seconds=40),
            "now": self.now,
        }
        return Sweep(**made | changes)

    def arrive(self, key: str = "form-1", device: tuple[str, str, str] = ("", "", "")) -> None:
        details = Details("", "Приложение вылетает при входе", "", *device, urgent=False, previous_ticket=None)
        contact = Contact("Иван", "ivan@example.ru", None)
        self.registrar().register(Submission(key, Channel.FORM, self.time, contact, details))

    def _chaos(self, name: str) -> None:
        if name in self.broken:
            raise LedgerUnavailableError(name)


def logged(run: Callable[[], object]) -> list[dict[str, Any]]:
    with our_logs() as written:
        run()
    assert isinstance(written, StringIO)
    return [json.loads(line) for line in written.getvalue().splitlines()]


def named(lines: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["message"] == name]


def test_r16_the_state_of_things_is_logged_as_numbers() -> None:
    desk = Desk()
    desk.sweep().run()
    desk.time += MINUTE
    desk.arrive()
    desk.time += MINUTE
    [line] = named(logged(desk.sweep().run), "standing")
    assert {name: line[name] for name in ("registered", "accepted", "late", "received", "quarantined")} == {
        "registered": 1,
        "accepted": 0,
        "late": 0,
        "received": 0,
        "quarantined": 0,
    }
    assert (line["oldest_unregistered_s"], line["oldest_unconfirmed_s"]) == (0, 60)
    [done] = named(logged(desk.sweep().run), "sweep_done")
    assert (done["failed"], done["busy"]) == ([], False)


def test_r8_tickets_of_the_hour_whose_clients_should_have_the_number_are_counted_once_15_minutes_are_over() -> None:
    desk = Desk()
    desk.arrive("form-1")
    desk.arrive("form-2")
    [accepted, _] = desk.ledger.all_tickets.values()
    desk.ledger.all_tickets[accepted.number] = replace(accepted, acceptance=Acceptance.ACCEPTED)
    seen = []
    for later in (15, 16, 75, 76):
        desk.time = MONDAY_NOON + later * MINUTE
        [line] = named(logged(desk.sweep().run), "standing")
        seen.append((line["recent"], line["recent_unconfirmed"], line["unconfirmed_share"]))
    assert seen == [(0, 0, 0.0), (2, 1, 0.5), (2, 1, 0.5), (0, 0, 0.0)]


def test_r16_what_waits_for_a_person_does_not_look_like_what_the_system_could_not_register() -> None:
    desk = Desk()
    contact = Contact("Иван", "ivan@example.ru", None)
    details = Details("", "Выиграйте приз", "", *DEVICE, urgent=False, previous_ticket=None)
    spam = Submission("mail-1", Channel.EMAIL, desk.time, contact, details)
    desk.ledger.quarantine(spam, Quarantine.SPAM, desk.time + HOUR)
    desk.time += MINUTE
    kept = replace(spam, key="form-1", channel=Channel.FORM, received_at=desk.time)
    desk.ledger.keep(kept, desk.time + HOUR, 1.0)
    desk.time += MINUTE
    [line] = named(logged(desk.sweep().run), "standing")
    assert (line["oldest_unregistered_s"], line["oldest_quarantined_s"]) == (60, 120)


def test_r4_a_number_without_a_ticket_is_an_error_in_the_log() -> None:
    desk = Desk()
    for number in range(3):
        desk.arrive(f"form-{number}")
    del desk.ledger.all_tickets[2]
    [line] = named(logged(desk.sweep().run), "numbers_broken")
    assert {name: line[name] for name in ("severity", "first", "last", "tickets", "missing")} == {
        "severity": "ERROR",
        "first": 1,
        "last": 3,
        "tickets": 2,
        "missing": 1,
    }


def test_r4_numbers_are_counted_once_an_hour() -> None:
    desk = Desk()
    desk.arrive()
    counted = []
    for minute in range(121):
        desk.time = MONDAY_NOON + minute * MINUTE
        counted += [minute for _ in named(logged(desk.sweep().run), "numbers_whole")]
    assert counted == [0, 60, 120]


def test_r4_where_no_number_was_given_none_can_be_missing() -> None:
    lines = logged(Desk().sweep().run)
    assert not named(lines, "numbers_broken")
    assert not named(lines, "numbers_whole")


def test_a_remark_is_a_line_of_a_severity_that_cloud_logging_knows() -> None:
    desk = Desk()
    desk.arrive()
    desk.time += 16 * MINUTE
    [line] = named(logged(desk.sweep().run), "sla_remark")
    assert (line["severity"], line["remark"]) == ("WARNING", "flag")


def test_r16_what_was_counted_is_not_counted_again() -> None:
    desk = Desk()
    desk.sweep().run()
    desk.time += MINUTE
    desk.arrive()
    counts = []
    for _ in range(3):
        desk.time += MINUTE
        [line] = named(logged(desk.sweep().run), "standing")
        counts.append(line["registered"])
    assert counts == [1, 0, 0]


@pytest.mark.parametrize(
    ("later", "silent"),
    [
        (timedelta(minutes=59), False),
        (timedelta(minutes=60), True),
        (timedelta(hours=6, minutes=30), False),  # after working hours
        (timedelta(hours=20, minutes=59), True),  # in the next morning, 08:59: the evening before counts
        (timedelta(days=5, hours=1), False),  # a Saturday
    ],
)
def test_r1_a_working_hour_without_a_single_request_is_an_event(later: timedelta, silent: bool) -> None:  # noqa: FBT001  # a case
    desk = Desk()
    desk.arrive()
    if later == timedelta(hours=20, minutes=59):
        later += 2 * MINUTE  # 09:01
    desk.time += later
    assert bool(named(logged(desk.sweep().run), "no_arrivals")) == silent


def test_a_step_that_fails_is_named_and_the_others_are_done() -> None:
    desk = Desk()
    desk.arrive()
    desk.time += 16 * MINUTE
    desk.broken = {"standing"}
    summary = desk.sweep().run()
    assert (summary.failed, summary.flagged) == (["count"], 1)
    assert desk.rung, "the digest is rung all the same"


def test_a_sweep_that_failed_makes_our_side_unsound_and_the_next_whole_one_sound_again() -> None:
    desk = Desk()
    for _ in range(3):
        desk.sweep().run()
        desk.time += MINUTE
    assert desk.ledger.state.steady_since == MONDAY_NOON
    desk.broken = {"page"}
    desk.sweep().run()
    failed_at, desk.broken = desk.time, set()
    for _ in range(2):
        desk.time += MINUTE
        desk.sweep().run()
    assert desk.ledger.state.steady_since == failed_at
    desk.time += 4 * MINUTE
    desk.sweep().run()
    assert desk.ledger.state.steady_since == desk.time, "sweeps were missing"


def test_no_sweep_without_the_lease() -> None:
    desk = Desk()
    desk.broken = {"take_lease"}
    with pytest.raises(LedgerUnavailableError):
        desk.sweep().run()
    desk.broken = set()
    assert desk.ledger.take_lease(desk.time, desk.time + MINUTE) is not None
    assert desk.sweep().run().busy


def test_a_sweep_whose_time_is_over_leaves_the_rest_to_the_next() -> None:
    desk = Desk()
    for number in range(10):
        desk.arrive(f"form-{number}")
    desk.time += 16 * MINUTE
    hurried = desk.sweep(run_time=timedelta(0))
    flagged = []
    for _ in range(6):
        desk.time += MINUTE
        flagged.append(hurried.run().flagged)
    assert sum(flagged) == 10
    assert max(flagged) < 10
    flags = [ticket.flags for ticket in desk.ledger.all_tickets.values()]
    assert all(len(each) == 1 for each in flags)


def test_r16_the_longest_due_come_first() -> None:
    desk = Desk()
    for number in range(6):
        desk.arrive(f"form-{number}")
        desk.time += MINUTE
    desk.time += 16 * MINUTE
    desk.sweep(run_time=timedelta(0)).run()
    flagged = [number for number, ticket in desk.ledger.all_tickets.items() if ticket.flags]
    assert flagged == [1, 2, 3]


def test_the_last_reported_day_is_remembered() -> None:
    desk = Desk()
    desk.sweep().run()
    desk.sweep().run()
    assert desk.reported == [None, date(2026, 11, 23)]


def test_r1_the_provider_is_asked_once_an_hour_and_compared_with_an_hour_s_patience() -> None:
    desk = Desk()
    today = MONDAY_NOON.date()
    desk.received_by_day, desk.ours = {today: 5}, 3
    assert desk.sweep().run().flagged == 0, "two may still be on their way"
    desk.time += 59 * MINUTE
    assert desk.sweep().run().flagged == 0
    desk.time += MINUTE
    assert desk.sweep().run().flagged == 1
    assert max(until for _, until in desk.counted) <= MONDAY_NOON, "compared with what had arrived then"
    desk.time += HOUR
    assert desk.sweep().run().flagged == 0, "told once"
    desk.ours = 5
    desk.time += HOUR
    assert desk.sweep().run().cleared == 1
    texts = [remark.text for digest in desk.ledger.digests.values() for remark in digest.remarks]
    assert "Не хватает: 2" in texts[0]
    assert texts[1] == "Все письма за 23.11.2026, принятые SendGrid, поступили к нам."


def test_r1_more_missing_mail_is_told_again() -> None:
    desk = Desk()
    desk.received_by_day, desk.ours = {MONDAY_NOON.date(): 5}, 4
    flagged = []
    for missing_more in (0, 0, 1, 1):
        desk.ours = 4 - missing_more
        flagged.append(desk.sweep().run().flagged)
        desk.time += HOUR
    assert flagged == [0, 1, 1, 0]


def test_r1_a_provider_that_does_not_answer_is_asked_again_and_nothing_is_forgotten() -> None:
    desk = Desk()
    desk.received_by_day, desk.ours = {MONDAY_NOON.date(): 5}, 4
    desk.sweep().run()
    desk.time += HOUR
    desk.received_by_day = None
    assert desk.sweep().run().flagged == 1
    desk.time += MINUTE
    assert desk.sweep().run().flagged == 0
    desk.received_by_day = {MONDAY_NOON.date(): 5}
    desk.time += MINUTE
    assert desk.sweep().run().flagged == 0
    assert desk.ledger.state.inbound is not None
    assert desk.ledger.state.inbound.at == desk.time


def test_r16_a_commit_whose_reply_is_lost_takes_no_remark_with_it() -> None:
    desk = Desk()
    for number in range(6):
        desk.arrive(f"form-{number}")
    desk.time += 16 * MINUTE
    write, calls = desk.ledger.write, []

    def losing(change: Change, timeout: float) -> None:
        write(change, timeout)
        calls.append(change)
        # Letters take four pages of three; the next commit is the first with flags.
        if change.digest is not None and len([each for each in calls if each.digest]) == 1:
            raise LedgerUnavailableError("the reply was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimulatedLedger, "write", lambda _, change, timeout: losing(change, timeout))
        assert desk.sweep().run().failed == ["tickets"]
    desk.time += 4 * MINUTE
    desk.sweep().run()
    flagged = [remark.ticket for digest in desk.ledger.digests.values() for remark in digest.remarks]
    assert sorted(filter(None, flagged)) == [1, 2, 3, 4, 5, 6]
    letters = [name for name, each in desk.ledger.letters.items() if each.kind is NotificationKind.DIGEST]
    assert set(letters) <= set(desk.rung), "each digest is rung for in the end"


def test_r18_a_ticket_that_is_complete_is_handed_on_a_minute_after_its_registration() -> None:
    desk = Desk()
    desk.arrive(device=DEVICE)
    assert desk.sweep().run().handed_on == 0
    desk.time += MINUTE
    with our_logs() as written:
        assert desk.sweep().run().handed_on == 1
    [line] = named([json.loads(each) for each in written.getvalue().splitlines()], "ticket_handed_on")
    assert (line["ticket"], line["revision"], line["complete"]) == (1, 1, True)
    assert desk.sweep().run().handed_on == 0
    [told] = desk.handed_on
    assert told.handed_on == Handover(desk.time, 1, complete=True) == desk.ledger.all_tickets[1].handed_on
    assert desk.ledger.history == [(1, HistoryEntry(desk.time, "system", Event.HANDED_ON, "1"))]


def test_r18_what_classification_does_not_take_stays_due_and_stops_nothing_else() -> None:
    desk = Desk(deaf=True)
    for number in range(5):
        desk.arrive(f"form-{number}", device=DEVICE)
    desk.time += 16 * MINUTE
    summary = desk.sweep().run()
    assert (summary.handed_on, summary.not_handed_on, summary.flagged, summary.failed) == (0, 5, 5, [])
    assert desk.attempts == 1, "the next call would take its time, too"
    assert all(ticket.handed_on is None for ticket in desk.ledger.all_tickets.values())

    desk.time += MINUTE
    desk.deaf = False
    summary = desk.sweep().run()
    assert (summary.handed_on, summary.not_handed_on) == (5, 0)
    assert sorted(ticket.number for ticket in desk.handed_on) == [1, 2, 3, 4, 5]


def test_r18_a_page_is_handed_on_in_one_call() -> None:
    desk = Desk()
    for number in range(PAGE):
        desk.arrive(f"form-{number}", device=DEVICE)
    desk.time += MINUTE
    desk.sweep().run()
    assert (desk.attempts, len(desk.handed_on)) == (1, PAGE)


def test_r7_a_reminder_is_rung_for_once_though_classification_takes_nothing() -> None:
    desk = Desk()
    desk.arrive()
    ticket = desk.ledger.all_tickets[1]
    desk.ledger.all_tickets[1] = replace(ticket, acceptance=Acceptance.ACCEPTED, check_at=None)
    desk.time += MINUTE
    assert desk.sweep().run().reminded == 0
    assert desk.ledger.all_tickets[1].follow_up_at == MONDAY_NOON + timedelta(days=1)

    desk.time, desk.deaf = MONDAY_NOON + timedelta(days=1), True
    summary = desk.sweep().run()
    assert (summary.reminded, summary.not_handed_on) == (1, 1)
    assert desk.rung.count("1-reminder") == 1
    desk.time += MINUTE
    desk.deaf = False
    summary = desk.sweep().run()
    assert (summary.reminded, summary.handed_on) == (0, 1)
    assert desk.ledger.letters["1-reminder"].kind is NotificationKind.REMINDER


def test_r15_what_is_merged_is_left_alone_by_the_sweep_that_merged_it() -> None:
    desk = Desk(merged={2})
    for number in range(3):
        desk.arrive(f"form-{number}", device=DEVICE)
    desk.time += MINUTE
    desk.sweep().run()
    assert desk.compared == [1, 2, 3]
    assert [ticket.number for ticket in desk.handed_on] == [1, 3]
    desk.merged = set()
    desk.sweep().run()
    assert desk.compared == [1, 2, 3, 2], "once it is handed on, nobody compares it again"


def test_r16_a_ticket_whose_follow_up_is_due_is_not_looked_at_for_its_acceptance_before_that_is_due() -> None:
    desk = Desk()
    desk.arrive()
    ticket = desk.ledger.all_tickets[1]
    much_later = MONDAY_NOON + timedelta(hours=5)
    desk.ledger.all_tickets[1] = replace(ticket, check_at=much_later)
    desk.time += 16 * MINUTE
    summary = desk.sweep().run()
    assert (summary.warned, summary.flagged) == (0, 0)
    assert (desk.ledger.all_tickets[1].check_at, desk.ledger.all_tickets[1].flags) == (much_later, ())


def test_r16_a_ticket_whose_acceptance_is_due_keeps_the_time_of_its_follow_up() -> None:
    desk = Desk()
    desk.arrive()
    desk.time += MINUTE
    desk.sweep().run()
    waits = desk.ledger.all_tickets[1].follow_up_at
    desk.time += 15 * MINUTE
    assert desk.sweep().run().flagged == 1
    assert desk.ledger.all_tickets[1].follow_up_at == waits == MONDAY_NOON + timedelta(days=1)
    assert desk.compared == [1]


def test_r18_handed_on_again_where_the_process_died_before_that_was_written() -> None:
    desk = Desk()
    desk.arrive(device=DEVICE)
    desk.time += MINUTE
    desk.broken = {"write"}
    assert desk.sweep().run().failed == ["letters", "tickets"]
    desk.broken = set()
    desk.time += MINUTE
    assert desk.sweep().run().handed_on == 1
    assert [each.handed_on.revision for each in desk.handed_on if each.handed_on] == [1, 1]


def test_r7_r18_two_sweeps_at_once_remind_once_and_count_one_revision() -> None:
    desk, other = Desk(), Desk()
    other.ledger = desk.ledger
    desk.arrive()
    ticket = desk.ledger.all_tickets[1]
    desk.time = other.time = MONDAY_NOON + timedelta(days=1)
    accepted = replace(ticket, acceptance=Acceptance.ACCEPTED, check_at=None, follow_up_at=desk.time)
    desk.ledger.all_tickets[1] = accepted

    class Racing(Desk):
        def hand_on(self, tickets: Sequence[Ticket]) -> None:
            """While one sweep publishes, the other does all of it: the lease has run out."""
            desk.handed_on += tickets
            desk.ledger.state = replace(desk.ledger.state, lease_until=None)
            assert (second := other.sweep().run()).handed_on == second.reminded == 1

    racing = Racing(time=desk.time)
    racing.ledger = desk.ledger
    first = racing.sweep().run()
    assert (first.handed_on, first.reminded) == (0, 0)
    after = desk.ledger.all_tickets[1]
    assert after.handed_on is not None
    assert after.handed_on.revision == 1
    assert [line.event for _, line in desk.ledger.history] == [Event.REMINDED, Event.HANDED_ON]
    assert other.rung.count("1-reminder") + racing.rung.count("1-reminder") == 1
