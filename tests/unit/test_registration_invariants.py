"""R1, R4: what holds whatever goes wrong, at whichever step, at however many instances."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared import numbering, registration
from shared.domain.contact import Contact
from shared.domain.notification import first_notifications
from shared.domain.submission import Channel, Details, Submission
from shared.domain.working_time import WorkingHours
from shared.ledger import LedgerRefusedError, LedgerUnavailableError
from shared.numbering import KeyReusedError, NumberingPolicy, Registered
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger, FakeTime, Fault

FIRST = 100
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SPECIALISTS = "specialists@pass24online.ru"
POLICY = NumberingPolicy(FIRST, WorkingHours.parse("09:00-18:00", "Europe/Moscow"), SPECIALISTS)
INSTANCES = 3
TEXTS = ("Не открывается шлагбаум", "Забыт пароль")
PATIENCE = 20.0  # seconds

READING = (Fault.UNAVAILABLE, Fault.STALLED)
WRITING = (*READING, Fault.CONFLICT, Fault.LOST_REPLY, Fault.LATE)
FAULTS = {"look": READING, "ticket": READING, "keep": WRITING, "commit": (*WRITING, Fault.REFUSED)}


class Answers:
    """What the senders were told, checked against the ledger at once and at the end."""

    def __init__(self, ledger: FakeLedger) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self.numbers: dict[str, int] = {}
        self.kept: set[str] = set()
        self.created: list[str] = []
        self.rung: set[str] = set()

    def ring(self, notifications: Sequence[str]) -> None:
        with self._lock:
            self.rung.update(notifications)

    def send(self, registrar: Registrar, sent: Submission) -> None:
        ledger = self._ledger
        try:
            outcome = registrar.register(sent)
        except KeyReusedError:
            assert ledger.entries[sent.key].submission.fingerprint != sent.fingerprint
        except (LedgerUnavailableError, LedgerRefusedError):
            pass  # nothing was promised
        else:
            assert ledger.entries[sent.key].submission.fingerprint == sent.fingerprint
            with self._lock:
                self._promised(sent, outcome)

    def _promised(self, sent: Submission, outcome: Registered | Kept) -> None:
        match outcome:
            case Registered(ticket, repeated):
                assert ticket == self._ledger.tickets[ticket.number]
                assert ticket.submissions == (sent.key,)
                assert self.numbers.setdefault(sent.key, ticket.number) == ticket.number
                assert {letter.id for letter in first_notifications(ticket, SPECIALISTS)} <= self.rung
                if not repeated:
                    self.created.append(sent.key)
            case Kept(received_at):
                assert received_at == self._ledger.entries[sent.key].submission.received_at
                self.kept.add(sent.key)

    def check(self) -> None:
        ledger = self._ledger
        assert sorted(ledger.tickets) == list(range(FIRST, FIRST + len(ledger.tickets)))
        assert ledger.last == (max(ledger.tickets) if ledger.tickets else None)
        for number, ticket in ledger.tickets.items():
            [key] = ticket.submissions
            entry = ledger.entries[key]
            assert entry.ticket == ticket.number == number
            assert (entry.submission.received_at, entry.submission.contact) == (ticket.received_at, ticket.contact)
        # One ticket a key: each entry has one number, and no two tickets have the same entry.
        assert len(ledger.tickets) == sum(entry.ticket is not None for entry in ledger.entries.values())
        expected = [each.id for ticket in ledger.tickets.values() for each in first_notifications(ticket, SPECIALISTS)]
        assert sorted(ledger.notifications) == sorted(expected)
        # What has no number yet will be looked at, and nothing else.
        assert ledger.check_at.keys() == {key for key, entry in ledger.entries.items() if entry.ticket is None}
        assert self.kept <= ledger.entries.keys()
        assert len(self.created) == len(set(self.created))
        assert {key: ledger.entries[key].ticket for key in self.numbers} == self.numbers


def arrival(key: int, text: str, at: datetime) -> Submission:
    contact = Contact("Иван", f"client-{key}@example.ru" if key % 3 else None, "+79161234567")
    details = Details("", text, "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(f"form-{key}", Channel.FORM, at, contact, details)


def clock() -> Callable[[], datetime]:
    """Every look at it is a microsecond later; one for all instances."""
    lock, ticks = threading.Lock(), iter(range(10**9))

    def now() -> datetime:
        with lock:
            return MONDAY + timedelta(microseconds=next(ticks))

    return now


MISHAPS = st.fixed_dictionaries(
    {}, optional={method: st.lists(st.sampled_from(faults), max_size=4) for method, faults in FAULTS.items()}
)
ARRIVALS = st.builds(arrival, st.integers(0, 6), st.sampled_from(TEXTS), st.just(MONDAY))


class Registering(RuleBasedStateMachine):
    """Deliveries at three instances; in any call of the ledger, something fails or somebody else is faster."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        elapsed = FakeTime()
        self.patch.setattr(numbering, "time", elapsed)
        self.ledger = FakeLedger(sleep=elapsed.sleep)
        self.answers = Answers(self.ledger)
        self.now = clock()
        self.registrars = [Registrar(self.ledger, self.answers, POLICY, self.now) for _ in range(INSTANCES)]
        self.sent: set[str] = set()

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.patch.undo()

    @rule(
        instance=st.integers(0, INSTANCES - 1),
        sent=ARRIVALS,
        mishaps=MISHAPS,
        rivals=st.lists(st.tuples(st.sampled_from(sorted(FAULTS)), ARRIVALS), max_size=2),
    )
    def deliver(
        self,
        instance: int,
        sent: Submission,
        mishaps: dict[str, list[Fault]],
        rivals: list[tuple[str, Submission]],
    ) -> None:
        for method, faults in mishaps.items():
            self.ledger.faults[method].extend(faults)
        for offset, (method, rival) in enumerate(rivals, start=1):
            # A rival in the midst of a rival's delivery needs an instance of its own: an instance makes one call.
            other = self.registrars[(instance + offset) % INSTANCES]
            self.ledger.before[method].append(partial(self.send, other, rival))
        self.send(self.registrars[instance], sent)
        self.ledger.faults.clear()
        self.ledger.before.clear()

    @rule()
    def late_writes_arrive(self) -> None:
        self.ledger.arrive()

    @rule(instance=st.integers(0, INSTANCES - 1))
    def an_instance_is_replaced(self, instance: int) -> None:
        self.registrars[instance] = Registrar(self.ledger, self.answers, POLICY, self.now)

    @invariant()
    def the_ledger_is_sound(self) -> None:
        self.answers.check()

    def send(self, registrar: Registrar, sent: Submission) -> None:
        self.sent.add(sent.key)
        self.answers.send(registrar, replace(sent, received_at=self.now()))

    def settle(self) -> None:
        """All is well again; every sender comes once more."""
        self.ledger.arrive()
        for key in sorted(self.sent):
            entry = self.ledger.entries.get(key)
            sent = entry.submission if entry else arrival(int(key.removeprefix("form-")), TEXTS[0], MONDAY)
            assert isinstance(self.registrars[0].register(sent), Registered)
        self.answers.check()
        assert {ticket.submissions[0] for ticket in self.ledger.tickets.values()} == self.sent


TestRegistering = Registering.TestCase
TestRegistering.settings = settings(
    max_examples=150, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class Weather:
    """Random faults: single ones, and now and then a while in which everything fails, so that time runs out."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # no secret: which test case
        self._lock = threading.Lock()
        self._down = False

    def __call__(self, method: str) -> Fault | None:
        with self._lock:
            if self._chance.random() < 0.005:
                self._down = not self._down
            bad = self._down or self._chance.random() < 0.15
            return self._chance.choice(FAULTS[method]) if bad else None


@pytest.mark.parametrize("seed", range(3))
def test_r1_r4_threads_at_three_instances_with_random_faults_lose_nothing_and_leave_no_gap(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"COMMIT_TIME": 0.08, "KEEP_TIME": 0.03, "_PAUSE": 0.0005, "_LONGEST_PAUSE": 0.004}
    for name, seconds in limits.items():
        monkeypatch.setattr(registration if name == "KEEP_TIME" else numbering, name, seconds)
    chance = random.Random(seed)  # noqa: S311  # no secret: which test case
    ledger = FakeLedger(choose=Weather(seed), sleep=time.sleep, latency=0.0005)
    answers = Answers(ledger)
    now = clock()
    registrars = [Registrar(ledger, answers, POLICY, now) for _ in range(INSTANCES)]
    # Most are sent twice or more, to whichever instance, and a few with other content.
    sent = [arrival(chance.randrange(120), TEXTS[chance.random() < 0.05], now()) for _ in range(240)]
    failures: list[BaseException] = []

    def deliver(registrar: Registrar, mine: Sequence[Submission]) -> None:
        for turn, each in enumerate(mine):
            if turn % 5 == 0:
                ledger.arrive()
            try:
                answers.send(registrar, each)
            except BaseException as error:  # noqa: BLE001  # shown by the test itself
                failures.append(error)

    threads = [
        threading.Thread(target=deliver, args=(registrars[index % INSTANCES], sent[index::12]), daemon=True)
        for index in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    assert failures == []
    assert answers.numbers
    # All is well again; every sender comes once more, and has all the time he needs.
    monkeypatch.setattr(numbering, "COMMIT_TIME", PATIENCE)
    ledger.choose = lambda _method: None
    ledger.arrive()
    answers.check()
    for each in {each.key: each for each in sent}.values():
        entry = ledger.entries.get(each.key)
        answers.send(registrars[0], entry.submission if entry else each)
    answers.check()
    assert ledger.entries.keys() == answers.numbers.keys() == {each.key for each in sent}
