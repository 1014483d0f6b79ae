"""Group commit: who leads, what goes together, and what happens when time runs out or a call fails."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType

import pytest

from shared.grouping import Group, GroupTimeoutError

PATIENCE = 10.0  # seconds; a test that waits this long has failed
LONG = 60.0  # seconds; a caller's time-out that is not to be met


class Work:
    """What a group performs: notes its calls, answers `done <item>`; a call with a held item waits for its release."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.threads: list[int] = []
        self.errors: dict[str, Exception] = {}
        self.breakdowns: dict[str, BaseException] = {}
        self.entered = threading.Semaphore(0)
        self.overlapped = False
        self._busy = threading.Lock()
        self._held: dict[str, threading.Event] = {}

    def hold(self, item: str) -> threading.Event:
        """Hold the call with this item until the event is set."""
        return self._held.setdefault(item, threading.Event())

    def __call__(self, items: Sequence[str]) -> list[str | Exception]:
        if not self._busy.acquire(blocking=False):
            self.overlapped = True
        try:
            self.calls.append(list(items))
            self.threads.append(threading.get_ident())
            self.entered.release()
            assert all(self._held[item].wait(PATIENCE) for item in items if item in self._held)
            for item in items:
                if item in self.breakdowns:
                    raise self.breakdowns[item]
            return [self.errors.get(item, f"done {item}") for item in items]
        finally:
            self._busy.release()


class Caller(threading.Thread):
    """One call in a thread of its own; it can't keep the test run from ending."""

    def __init__(self, group: Group[str, str], item: str, timeout: float = LONG) -> None:
        super().__init__(daemon=True)
        self._group, self._item, self._timeout = group, item, timeout
        self._outcome: str | BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._outcome = self._group.call(self._item, self._timeout)
        except BaseException as error:  # noqa: BLE001  # the outcome, whatever it is
            self._outcome = error

    @property
    def outcome(self) -> str | BaseException | None:
        self.join(PATIENCE)
        assert not self.is_alive(), f"{self._item} hangs"
        return self._outcome


class HeldLock:
    """A lock at which one thread is held back just before it takes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.hold_back: int | None = None
        self.arrived = threading.Event()
        self.go = threading.Event()

    def __enter__(self) -> None:
        if threading.get_ident() == self.hold_back:
            self.arrived.set()
            assert self.go.wait(PATIENCE)
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.001)


def queued(group: Group[str, str]) -> int:
    return len(group._waiting)  # noqa: SLF001  # the queue has no public face, and a test has to know when to go on


def queue_up(group: Group[str, str], *items: str) -> list[Caller]:
    """Callers that wait behind the current call, in this order."""
    callers = []
    for item in items:
        before = queued(group)
        callers.append(Caller(group, item))
        until(lambda before=before: queued(group) == before + 1)  # type: ignore[misc]  # a loop variable, bound
    return callers


def start_first(group: Group[str, str], work: Work, item: str = "first") -> tuple[Caller, threading.Event]:
    """A caller whose call is held, and what lets it go on."""
    release = work.hold(item)
    first = Caller(group, item)
    assert work.entered.acquire(timeout=PATIENCE)
    return first, release


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def group(work: Work) -> Group[str, str]:
    return Group(work, capacity=100)


def test_a_caller_that_is_alone_leads_at_once_and_in_its_own_thread(group: Group[str, str], work: Work) -> None:
    # Were it to wait for anybody, no time at all would not be enough.
    assert group.call("a", timeout=0) == "done a"
    assert group.call("b", timeout=0) == "done b"

    assert work.calls == [["a"], ["b"]]
    assert set(work.threads) == {threading.get_ident()}


def test_callers_that_arrive_during_a_call_share_the_next_one_in_their_order(
    group: Group[str, str], work: Work
) -> None:
    first, release = start_first(group, work)
    others = queue_up(group, "a", "b", "c")
    release.set()

    assert [caller.outcome for caller in (first, *others)] == ["done first", "done a", "done b", "done c"]
    assert work.calls == [["first"], ["a", "b", "c"]]
    assert queued(group) == 0


def test_the_first_who_waits_leads_the_next_call(group: Group[str, str], work: Work) -> None:
    first, release = start_first(group, work)
    others = queue_up(group, "a", "b")
    release.set()

    assert [caller.outcome for caller in (first, *others)] == ["done first", "done a", "done b"]
    assert work.threads == [first.ident, others[0].ident]


def test_a_leader_does_not_serve_those_who_came_after_it(group: Group[str, str], work: Work) -> None:
    first, release = start_first(group, work)
    [second] = queue_up(group, "second")
    release.set()
    assert first.outcome == "done first"
    assert second.outcome == "done second"

    # Nobody leads any more: the next caller does, at once.
    assert group.call("third", timeout=0) == "done third"
    assert work.calls == [["first"], ["second"], ["third"]]


def test_a_call_takes_no_more_than_the_capacity(work: Work) -> None:
    group: Group[str, str] = Group(work, capacity=3)
    first, release = start_first(group, work)
    others = queue_up(group, *"abcdefg")
    release.set()

    assert [caller.outcome for caller in others] == [f"done {item}" for item in "abcdefg"]
    assert first.outcome == "done first"
    assert work.calls == [["first"], ["a", "b", "c"], ["d", "e", "f"], ["g"]]


def test_items_are_weighed_and_one_heavier_than_the_capacity_goes_alone(work: Work) -> None:
    group: Group[str, str] = Group(work, weigh=len, capacity=5)
    first, release = start_first(group, work, "1")
    items = ["22", "333", "1", "a heavy one", "1", "22", "333"]
    others = queue_up(group, *items)
    release.set()

    assert [caller.outcome for caller in others] == [f"done {item}" for item in items]
    assert first.outcome == "done 1"
    # Nobody overtakes: the heavy one ends a group, and the light ones behind it wait for their turn.
    assert work.calls == [["1"], ["22", "333"], ["1"], ["a heavy one"], ["1", "22"], ["333"]]


def test_an_item_that_cannot_be_weighed_fails_alone(work: Work) -> None:
    def weigh(item: str) -> int:
        if item == "unweighable":
            raise ValueError(item)
        return 1

    group: Group[str, str] = Group(work, weigh=weigh, capacity=5)
    first, release = start_first(group, work)
    [a] = queue_up(group, "a")
    unweighable = Caller(group, "unweighable")
    assert isinstance(unweighable.outcome, ValueError)
    [b] = queue_up(group, "b")
    release.set()

    assert [caller.outcome for caller in (first, a, b)] == ["done first", "done a", "done b"]
    with pytest.raises(ValueError, match="unweighable"):
        group.call("unweighable", timeout=0)
    assert group.call("c", timeout=0) == "done c"


def test_an_items_exception_reaches_its_caller_alone(group: Group[str, str], work: Work) -> None:
    work.errors["b"] = KeyError("b")
    first, release = start_first(group, work)
    a, b, c = queue_up(group, "a", "b", "c")
    release.set()

    assert [caller.outcome for caller in (first, a, c)] == ["done first", "done a", "done c"]
    assert b.outcome is work.errors["b"]
    assert work.calls == [["first"], ["a", "b", "c"]]


@pytest.mark.parametrize("breakdown", [RuntimeError("broken"), SystemExit(1)])
def test_a_call_that_fails_fails_all_its_callers_and_the_group_goes_on(work: Work, breakdown: BaseException) -> None:
    work.breakdowns["b"] = breakdown
    group: Group[str, str] = Group(work, capacity=3)
    first, release = start_first(group, work)
    others = queue_up(group, *"abcd")
    release.set()

    assert first.outcome == "done first"
    assert [caller.outcome for caller in others] == [breakdown, breakdown, breakdown, "done d"]
    assert group.call("later", timeout=0) == "done later"


def test_a_caller_whose_time_runs_out_in_the_queue_is_never_performed(group: Group[str, str], work: Work) -> None:
    first, release = start_first(group, work)
    impatient = Caller(group, "impatient", timeout=0.02)
    assert isinstance(impatient.outcome, GroupTimeoutError)
    assert queued(group) == 0
    [patient] = queue_up(group, "patient")
    release.set()

    assert [first.outcome, patient.outcome] == ["done first", "done patient"]
    assert work.calls == [["first"], ["patient"]]


def test_a_caller_whose_time_runs_out_in_flight_does_not_disturb_the_others(group: Group[str, str], work: Work) -> None:
    first, release = start_first(group, work)
    release_second = work.hold("leader")
    [leader] = queue_up(group, "leader")
    impatient = Caller(group, "impatient", timeout=1)
    until(lambda: queued(group) == 2)
    [patient] = queue_up(group, "patient")
    release.set()
    assert first.outcome == "done first"
    assert isinstance(impatient.outcome, GroupTimeoutError)
    release_second.set()

    assert [leader.outcome, patient.outcome] == ["done leader", "done patient"]
    assert work.calls == [["first"], ["leader", "impatient", "patient"]]
    assert group.call("later", timeout=0) == "done later"


def timed_out_but_held_back(group: Group[str, str], lock: HeldLock, item: str) -> Caller:
    """A caller whose time is over, stopped before it can say so."""

    class Late(Caller):
        def run(self) -> None:
            lock.hold_back = threading.get_ident()
            super().run()

    # It passes the lock once to queue up; the second time is after its time-out.
    lock.go.set()
    late = Late(group, item, timeout=0.05)
    until(lambda: queued(group) > 0)
    lock.go.clear()
    lock.arrived.clear()
    assert lock.arrived.wait(PATIENCE)
    return late


def test_a_caller_made_leader_at_the_moment_of_its_time_out_leads(group: Group[str, str], work: Work) -> None:
    lock = HeldLock()
    group._lock = lock  # type: ignore[assignment]  # noqa: SLF001  # there is no other way to stop a thread right there
    first, release = start_first(group, work)
    late = timed_out_but_held_back(group, lock, "late")
    [behind] = queue_up(group, "behind")
    release.set()
    assert first.outcome == "done first"
    lock.go.set()

    assert late.outcome == "done late"
    assert behind.outcome == "done behind"
    assert work.calls == [["first"], ["late", "behind"]]
    assert work.threads[1] == late.ident


def test_a_caller_answered_at_the_moment_of_its_time_out_gets_its_answer(group: Group[str, str], work: Work) -> None:
    lock = HeldLock()
    group._lock = lock  # type: ignore[assignment]  # noqa: SLF001  # as above
    first, release = start_first(group, work)
    [leader] = queue_up(group, "leader")
    late = timed_out_but_held_back(group, lock, "late")
    release.set()
    assert [first.outcome, leader.outcome] == ["done first", "done leader"]
    lock.go.set()

    assert late.outcome == "done late"
    assert work.calls == [["first"], ["leader", "late"]]


def test_under_random_time_outs_nothing_is_performed_twice_at_once_or_lost() -> None:
    randomness = random.Random(20261123)  # noqa: S311  # no secret: which test case
    work = Work()
    performed: list[str] = []

    def perform(items: Sequence[str]) -> list[str | Exception]:
        answers = work(items)
        time.sleep(0.001)
        performed.extend(items)
        return answers

    group: Group[str, str] = Group(perform, capacity=4)
    outcomes: dict[str, str | GroupTimeoutError] = {}

    def caller(name: int, timeouts: Sequence[float]) -> None:
        for turn, timeout in enumerate(timeouts):
            item = f"{name}-{turn}"
            try:
                outcomes[item] = group.call(item, timeout)
            except GroupTimeoutError as error:
                outcomes[item] = error

    # Around the length of a call, so that time-outs meet hand-overs and answers.
    plans = [[randomness.uniform(0, 0.005) for _ in range(60)] for _ in range(12)]
    threads = [threading.Thread(target=caller, args=(name, plan), daemon=True) for name, plan in enumerate(plans)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    assert not work.overlapped
    assert len(outcomes) == 12 * 60
    assert len(performed) == len(set(performed))
    answered = {item for item, outcome in outcomes.items() if outcome == f"done {item}"}
    timed_out = {item for item, outcome in outcomes.items() if isinstance(outcome, GroupTimeoutError)}
    assert answered | timed_out == outcomes.keys()
    assert answered <= set(performed)
    assert answered
    assert timed_out
    assert all(len(call) <= 4 for call in work.calls)
    assert queued(group) == 0
    assert group.call("later", timeout=0) == "done later"
