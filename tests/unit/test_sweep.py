"""One sweep over a ledger in memory: its log, its faults, its limits (R16)."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.sla_check.inbound_statistics import StatisticsError
from functions.sla_check.reconciling import Reconciler
from functions.sla_check.sweep import Sweep
from shared.domain.contact import Contact
from shared.domain.notification import NotificationKind
from shared.domain.submission import Channel, Details, Submission
from shared.domain.ticket import Ticket
from shared.domain.working_time import WorkingHours
from shared.handing_on import NotHandedOnError
from shared.ledger import Change, LedgerUnavailableError, StoredTicket
from shared.numbering import NumberingPolicy
from shared.registration import Registrar
from tests.our_logs import our_logs
from tests.simulation.ledger import SimulatedLedger

MONDAY_NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
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

    def arrive(self, key: str = "form-1") -> None:
        details = Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)
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
