"""What the tests of registration start with: submissions, a clock, a bell, and deliveries that make one group."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from shared.domain.contact import Contact
from shared.domain.submission import Channel, Details, Submission
from shared.domain.working_time import WorkingHours
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger

FIRST = 12345
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # noon in Moscow
SPECIALISTS = "specialists@pass24online.ru"
POLICY = NumberingPolicy(FIRST, WorkingHours.parse("09:00-18:00", "Europe/Moscow"), SPECIALISTS)
IVAN = Contact("Иван Петров", "ivan@example.ru", "+79161234567", "8 916 123-45-67")
PHONE_ONLY = Contact("Анна", None, "+79161234567", "8 916 123-45-67")
PATIENCE = 10.0  # seconds


class RecordingBell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, notifications: Sequence[str]) -> None:
        self.rung.extend(notifications)


class Clock:
    """The time of day: every look at it is a microsecond later than the one before."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time


def submission(key: str = "form-1", text: str = "Не открывается шлагбаум", contact: Contact = IVAN) -> Submission:
    details = Details("", text, "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(key, Channel.FORM, MONDAY, contact, details)


def letters(number: int) -> list[str]:
    return [f"{number}-confirmation", f"{number}-new-ticket"]


def registered(outcome: Registered | Kept) -> Registered:
    assert isinstance(outcome, Registered), outcome
    return outcome


def number(outcome: Registered | Kept) -> int:
    return registered(outcome).ticket.number


def together(
    registrar: Registrar,
    ledger: FakeLedger,
    submissions: Sequence[Submission],
    then: Callable[[], object] = lambda: None,
) -> list[object]:
    """Register submissions in one group: they queue up behind a call that waits for them; give their outcomes.

    When all have queued up, `then` prepares what the group is to meet.
    """
    outcomes: dict[int, object] = {}

    def register(index: int, each: Submission) -> None:
        try:
            outcomes[index] = registrar.register(each)
        except Exception as error:  # noqa: BLE001  # the outcome, whatever it is
            outcomes[index] = error

    threads = []

    def queue_up() -> None:
        waiting = registrar._group._waiting  # noqa: SLF001  # the queue has no public face
        for index, each in enumerate(submissions):
            thread = threading.Thread(target=register, args=(index, each), daemon=True)
            threads.append(thread)
            thread.start()
            deadline = time.monotonic() + PATIENCE
            while len(waiting) <= index:
                assert time.monotonic() < deadline, "never queued up"
                time.sleep(0.001)
        then()

    ledger.before["commit"].append(queue_up)
    registrar.register(submission("holds the door"))
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return [outcomes[index] for index in range(len(submissions))]
