"""A ledger in memory that behaves as Firestore's does, and goes wrong when it is told to."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from shared.domain.notification import Notification
from shared.domain.submission import Submission, SubmissionState
from shared.domain.ticket import Ticket
from shared.ledger import (
    Counter,
    Entry,
    LedgerConflictError,
    LedgerRefusedError,
    LedgerUnavailableError,
    Recent,
    Registration,
    Surroundings,
)

Answer = TypeVar("Answer")


class Fault(StrEnum):
    """What can go wrong with one call."""

    CONFLICT = "conflict"
    """Somebody else was faster: nothing is written."""
    REFUSED = "refused"
    """Not acceptable: nothing is written."""
    UNAVAILABLE = "unavailable"
    """Fails at once: nothing is written."""
    STALLED = "stalled"
    """No answer until the time-out: nothing is written."""
    LOST_REPLY = "lost reply"
    """Written, and then fails."""
    LATE = "late"
    """Fails at once, and is written after that (`arrive`)."""


class FakeTime:
    """Stands in for the module `time`: sleeping takes no time, and the clock goes on."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.elapsed += seconds


@dataclass(slots=True)
class FakeLedger:
    """`shared.ledger.Ledger` in memory; one object is the server, shared by as many registrars as a test has.

    Attributes:
        faults: What the next calls of a method (`look`, `commit`, `keep`, `ticket`) meet, in order.
        always: What every further call of a method meets.
        choose: Asked for a fault at every call for which neither of these has one.
        before: What happens at the server just before a method's next calls: a list of things to do.
        poison: Keys of submissions that are refused.
        sleep: How a call waits; seconds.
        latency: Seconds that every call takes.
    """

    last: int | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    check_at: dict[str, datetime] = field(default_factory=dict)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    notifications: dict[str, Notification] = field(default_factory=dict)
    commits: list[tuple[str, ...]] = field(default_factory=list)
    recent: dict[str, tuple[Recent, ...]] = field(default_factory=dict)

    faults: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, Fault] = field(default_factory=dict)
    choose: Callable[[str], Fault | None] = lambda _method: None
    before: defaultdict[str, deque[Callable[[], object]]] = field(default_factory=lambda: defaultdict(deque))
    poison: set[str] = field(default_factory=set)
    sleep: Callable[[float], None] = lambda _seconds: None
    latency: float = 0.0

    _late: list[Callable[[], object]] = field(default_factory=list)
    _counter_version: int | None = None
    _writes: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def look(self, keys: Collection[str], first_number: int, timeout: float) -> tuple[Counter, Mapping[str, Entry]]:
        def read() -> tuple[Counter, Mapping[str, Entry]]:
            last = first_number - 1 if self.last is None else self.last
            return Counter(last, self._counter_version), {key: self.entries[key] for key in keys if key in self.entries}

        return self._serve("look", read, timeout)

    def commit(self, before: Counter, registrations: Sequence[Registration], timeout: float) -> Counter:
        assert registrations, "an empty commit"
        assert len({each.submission.key for each in registrations}) == len(registrations), "one document, two writes"

        def write() -> Counter:
            if any(each.submission.key in self.poison for each in registrations):
                raise LedgerRefusedError("poison")
            if before.version != self._counter_version:
                raise LedgerConflictError("the counter has moved")
            for each in registrations:
                there = self.entries.get(each.submission.key)
                if (there and there.version) != (each.kept and each.kept.version):
                    raise LedgerConflictError(f"submission {each.submission.key} has changed")
                if each.ticket.number in self.tickets:
                    raise LedgerConflictError(f"ticket {each.ticket.number} exists")
                if any(letter.id in self.notifications for letter in each.notifications):
                    raise LedgerConflictError(f"letters of ticket {each.ticket.number} exist")
            self._writes += 1
            self.last, self._counter_version = registrations[-1].ticket.number, self._writes
            for each in registrations:
                # Nothing here minds if it had a number: that is what registration itself has to see to.
                self.entries[each.submission.key] = Entry(
                    each.submission, SubmissionState.REGISTERED, each.ticket.number, self._writes
                )
                self.check_at.pop(each.submission.key, None)
                self.tickets[each.ticket.number] = each.ticket
                self.notifications |= {letter.id: letter for letter in each.notifications}
                for trace in each.traces:
                    recent = (one for one in self.recent.get(trace.identity, ()) if one.ticket not in trace.outdated)
                    left = Recent(each.ticket.number, each.submission.key, each.submission.received_at)
                    self.recent[trace.identity] = (*recent, left)
            self.commits.append(tuple(each.submission.key for each in registrations))
            return Counter(self.last, self._counter_version)

        return self._serve("commit", write, timeout)

    def keep(self, submission: Submission, check_at: datetime, timeout: float) -> None:
        def write() -> None:
            if submission.key in self.poison:
                raise LedgerRefusedError("poison")
            if submission.key in self.entries:
                raise LedgerConflictError(f"submission {submission.key} exists")
            self._writes += 1
            self.entries[submission.key] = Entry(submission, SubmissionState.RECEIVED, None, self._writes)
            self.check_at[submission.key] = check_at

        self._serve("keep", write, timeout)

    def ticket(self, number: int, timeout: float) -> Ticket:
        return self._serve("ticket", lambda: self.tickets[number], timeout)

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        def read() -> Surroundings:
            recent = {identity: self.recent.get(identity, ()) for identity in identities}
            return Surroundings(recent, {number: self.tickets[number] for number in numbers if number in self.tickets})

        return self._serve("surroundings", read, timeout)

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        return self._serve(
            "submissions", lambda: {key: self.entries[key] for key in keys if key in self.entries}, timeout
        )

    def arrive(self) -> None:
        """Carry out the writes that are late; those that have been overtaken fail, and nobody hears of it."""
        with self._lock:
            late, self._late = self._late, []
            for write in late:
                try:
                    write()
                except (LedgerConflictError, LedgerRefusedError):
                    continue

    def _serve(self, method: str, act: Callable[[], Answer], timeout: float) -> Answer:
        with self._lock:
            due = self.before[method].popleft() if self.before[method] else None
            queue = self.faults[method]
            fault = queue.popleft() if queue else self.always.get(method) or self.choose(method)
        if due:
            due()
        if timeout <= 0:
            raise LedgerUnavailableError("no time left")
        if fault is None and self.latency > timeout:
            fault = Fault.STALLED
        self.sleep(timeout if fault is Fault.STALLED else self.latency)
        with self._lock:
            match fault:
                case None:
                    return act()
                case Fault.CONFLICT:
                    raise LedgerConflictError("told to")
                case Fault.REFUSED:
                    raise LedgerRefusedError("told to")
                case Fault.LOST_REPLY:
                    act()
                case Fault.LATE:
                    self._late.append(act)
        raise LedgerUnavailableError(f"told to: {fault}")
