"""The whole system in memory: the real use cases, a simulated ledger, bell and mail provider, and a clock to turn.

A function's call may die at every step (`DiedError`), as an instance does that is killed, or meet a ledger that does
not answer. Who calls functions in the cloud does so here: clients and SendGrid repeat, Pub/Sub repeats and forgets, the
scheduler calls each minute.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from functions.notify.sending import ComeAgainError, Sender
from functions.sla_check.reconciling import Reconciler
from functions.sla_check.sweep import Sweep
from shared.domain.contact import Contact
from shared.domain.submission import Attachment, Channel, Details, Submission
from shared.domain.ticket import Ticket
from shared.domain.working_time import WorkingHours
from shared.handing_on import NotHandedOnError
from shared.joining import Joiner
from shared.ledger import LedgerError, LedgerUnavailableError, StoredTicket
from shared.numbering import NumberingPolicy, Registered
from shared.outcomes import OutcomeRecorder
from shared.registration import Kept, Registrar
from tests.sample_ticket import LINKS, REPLIES
from tests.simulation.ledger import SenderLedger, SimulatedLedger
from tests.simulation.provider import LEASE, Post, SimulatedProvider

SPECIALISTS, HEAD = "specialists@pass24online.ru", "head@pass24online.ru"
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
FIRST = 12345
WARN_AFTER = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
START = datetime(2026, 1, 12, 6, tzinfo=UTC)
DEVICE = ("4.12.1", "Samsung Galaxy A52", "Android 13")
DEATHS_IN_A_ROW = 2
"""Of one post of events: SendGrid's repetitions reach us within minutes, unless the ledger itself is down."""


_OUTSIDE = frozenset({"send", "sent", "publish", "published"})
"""Steps that need no ledger: what can happen to a function there is that it dies."""


class DiedError(BaseException):
    """The process is gone; nothing catches that."""


class NoReports:
    """Reports have simulations of their own."""

    def write_due(self, now: datetime, last_reported: date | None) -> date | None:
        del now
        return last_reported


@dataclass(slots=True)
class Arrival:
    """Somebody's request, and whether it has been taken."""

    submission: Submission
    again_at: datetime
    repeats: bool


@dataclass(slots=True)
class Answer:
    """What a client gives for what is missing; his browser repeats it until it is taken."""

    ticket: int
    submission: Submission
    again_at: datetime


@dataclass(slots=True)
class World:
    """Everything, with its time.

    Attributes:
        danger: How likely it is that one step of a function meets a fault.
        handed_on: What classification has got, each as it was then.
    """

    random: Random
    time: datetime = START
    danger: float = 0.0
    ledger_back_at: datetime = START
    ledger: SimulatedLedger = field(init=False)
    provider: SimulatedProvider = field(init=False)
    recorder: OutcomeRecorder = field(init=False)
    sender: Sender = field(init=False)
    registrar: Registrar = field(init=False)
    waiting: list[Arrival] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    handed_on: list[Ticket] = field(default_factory=list)
    bells: list[tuple[datetime, str]] = field(default_factory=list)
    sweep_at: datetime = START
    _sound: bool = True
    _safe: bool = False

    def __post_init__(self) -> None:
        self.ledger = SimulatedLedger(self._chaos)
        self.provider = SimulatedProvider(self.now, self.random, self._chaos)
        self.recorder = OutcomeRecorder(self.ledger, self, SPECIALISTS, self.now)
        self.sender = Sender(
            SenderLedger(self.ledger),
            self.recorder,
            self.provider,
            LEASE,
            ZoneInfo("Europe/Moscow"),
            REPLIES,
            LINKS,
            self.now,
        )
        self.restart()

    def now(self) -> datetime:
        """Every look at the clock is a moment later."""
        self.time += timedelta(microseconds=100)
        return self.time

    def restart(self) -> None:
        """A new instance of the registering functions, without the old one's memory."""
        policy = NumberingPolicy(FIRST, HOURS, SPECIALISTS)
        self.registrar = Registrar(self.ledger, self, policy, self.now)

    def ring(self, notifications: Sequence[str]) -> None:
        """Pub/Sub: at least once, sometimes twice, and sometimes, when it is down, not at all."""
        for each in notifications:
            copies = 1 if not self.danger else self.random.choice((0, 1, 1, 1, 1, 2))
            self.bells += [(self.time + timedelta(seconds=self.random.uniform(0, 5)), each)] * copies

    def merge_duplicates(self, stored: Sequence[StoredTicket]) -> Collection[int]:
        """Everybody here asks for something of his own; merging has tests of its own."""
        del stored
        return ()

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        """Pub/Sub: takes it, or does not, or takes it and does not say so."""
        luck = self.random.random() if self.danger else 1.0
        if luck < self.danger:
            raise NotHandedOnError("nothing was taken")
        self._chaos("publish")
        self.handed_on += tickets
        self._chaos("published")
        if luck < 2 * self.danger:
            raise NotHandedOnError("the answer was lost")

    def received(self, first: date, last: date) -> Mapping[date, int]:
        """The provider's count of mail: none of these requests come by mail."""
        del first, last
        return {}

    def mails(self, since: datetime, until: datetime) -> int:
        del since, until
        return 0

    # What happens from outside.

    def break_ledger(self, span: timedelta) -> None:
        """It answers nobody for a while."""
        self.ledger_back_at, self._sound = self.time + span, False

    def switch_webhook_off(self, span: timedelta) -> None:
        """Somebody does, for a while; nobody dies in the minutes before, see `SimulatedProvider`."""
        danger, self.danger = self.danger, 0.0
        self.provider.calm = True
        self.pass_time(2 * MINUTE)
        self.provider.calm, self.danger = False, danger
        self.provider.off.append((self.time, self.time + span))

    def stop_scheduler(self, span: timedelta) -> None:
        """Nobody calls the sweep for a while."""
        self.sweep_at, self._sound = max(self.sweep_at, self.time + span), False

    def jump(self, span: timedelta) -> None:
        """All clocks are put forward, or back."""
        self.time += span

    def arrive(self, number: int, *, email: str | None, keeps: bool) -> None:
        """A request; `keeps`: its sender is content with being kept, as a form's is, and does not repeat then.

        One of three has all data, one of five is urgent.
        """
        contact = Contact("Иван", email, None if email else "+79161234567")
        text, device = f"Приложение вылетает при входе, вопрос {number}", ("", "", "") if number % 3 else DEVICE
        details = Details("", text, "", *device, urgent=number % 5 == 0, previous_ticket=None)
        submission = Submission(f"arrival-{number}", Channel.FORM, self.now(), contact, details)
        self.waiting.append(Arrival(submission, self.time, repeats=not keeps))

    def answer(self, ticket: int) -> None:
        """The client gives what is missing, once."""
        key = f"answer-{ticket}"
        if ticket in self.ledger.all_tickets and all(each.submission.key != key for each in self.answers):
            contact = self.ledger.all_tickets[ticket].contact
            details = Details("", "", "", *DEVICE, urgent=False, previous_ticket=None)
            submission = Submission(key, Channel.FORM, self.now(), contact, details)
            self.answers.append(Answer(ticket, submission, self.time))

    def pass_time(self, span: timedelta) -> None:
        """Let time pass, and everybody do his part when it is his turn."""
        end = self.time + span
        while (turn := self._next_turn(end)) is not None:
            self.time = max(self.time, turn)
            self._act()
        self.time = max(self.time, end)

    def sweep(self) -> object:
        """What the scheduler calls; None when it died."""
        sweep = Sweep(
            ledger=self.ledger,
            registrations=self.registrar,
            bell=self,
            merging=self,
            classification=self,
            reconciler=Reconciler(self, self, ZoneInfo("UTC")),
            reports=NoReports(),
            hours=HOURS,
            recipients=(SPECIALISTS, HEAD),
            warn_after=WARN_AFTER,
            run_time=timedelta(seconds=40),
            now=self.now,
        )
        return self._survive(sweep.run)

    # Inside.

    def _next_turn(self, end: datetime) -> datetime | None:
        turns = [arrival.again_at for arrival in self.waiting]
        turns += [answer.again_at for answer in self.answers]
        turns += [at for at, _ in self.bells]
        turns += [post.due_at for post in self.provider.posts]
        # Sweeps with nothing to do are left out, all but one in a while.
        turns.append(max(self.sweep_at, min(self.ledger.next_due() or self._idle_until, self._idle_until)))
        turn = min(turns)
        return turn if turn <= end else None

    @property
    def _idle_until(self) -> datetime:
        return self.sweep_at + timedelta(hours=8)

    def _act(self) -> None:
        now = self.time
        for arrival in [each for each in self.waiting if each.again_at <= now]:
            self._take(arrival)
        for answer in [each for each in self.answers if each.again_at <= now]:
            self._take_answer(answer)
        for bell in [each for each in self.bells if each[0] <= now]:
            self.bells.remove(bell)
            self._answer(bell[1])
        for post in self.provider.due():
            self._safe = post.attempts >= DEATHS_IN_A_ROW
            done = self._survive(partial(self._record, post))
            self._safe = False
            (self.provider.answered if done else self.provider.refused)(post)
        due = self.ledger.next_due()
        if now >= self.sweep_at and ((due and due <= now) or now >= self._idle_until):
            self._count_quiet_sweeps()
            if self.sweep() is None:
                self.restart()
            self.sweep_at = self.time + MINUTE

    def _count_quiet_sweeps(self) -> None:
        """The sweeps that had nothing to do were left out; where all was well, they would have been counted."""
        state = self.ledger.state
        if self._sound and state.counted_until is not None:
            self.ledger.state = replace(state, counted_until=self.time - MINUTE)
        self._sound = self.time >= self.ledger_back_at

    def _take(self, arrival: Arrival) -> None:
        outcome = self._survive(lambda: self.registrar.register(arrival.submission))
        if outcome is None:
            self.restart()
        if isinstance(outcome, Registered) or (isinstance(outcome, Kept) and not arrival.repeats):
            self.waiting.remove(arrival)
            self.answered.append(arrival.submission.key)
        else:
            arrival.again_at = self.time + timedelta(minutes=self.random.uniform(1, 10))

    def _take_answer(self, answer: Answer) -> None:
        joiner = Joiner(self.ledger, self, SPECIALISTS, self.now)
        if self._survive(lambda: joiner.join(answer.submission, answer.ticket, Attachment.ANSWER)):
            self.answers.remove(answer)
        else:
            answer.again_at = self.time + timedelta(minutes=self.random.uniform(1, 10))

    def _answer(self, notification: str) -> None:
        if not self._survive(partial(self._send, notification)):
            # Pub/Sub repeats what was not acknowledged.
            self.bells.append((self.time + timedelta(seconds=self.random.uniform(1, 60)), notification))

    def _record(self, post: Post) -> bool:
        self.recorder.follow(post.events)
        return True

    def _send(self, notification: str) -> bool:
        self.sender.send(notification)
        return True

    def _survive(self, call: Callable[[], object]) -> object:
        try:
            return call()
        except (DiedError, LedgerError, ComeAgainError):
            return None

    def _chaos(self, name: str) -> None:
        if self.time < self.ledger_back_at and name not in _OUTSIDE:
            raise LedgerUnavailableError("down")
        if self._safe or self.random.random() >= self.danger:
            return
        luck = self.random.random()
        if luck < 0.2:
            # It goes down right now, between two steps of somebody.
            self.break_ledger(timedelta(minutes=self.random.uniform(1, 60)))
        if name in _OUTSIDE or luck < 0.5:
            raise DiedError(name)
        raise LedgerUnavailableError(name)
