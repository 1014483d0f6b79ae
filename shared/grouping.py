"""Group commit: callers that arrive together share one call (docs/adr/0001-group-commit.md)."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupTimeoutError(TimeoutError):
    """The item was not answered in time. If it had been taken by a leader, its outcome is unknown."""


@dataclass(slots=True, eq=False)
class _Caller(Generic[Item, Result]):
    item: Item
    weight: int
    # A bare lock: waking with `threading.Event` takes a tenth of a leader's time.
    gate: threading.Lock = field(default_factory=threading.Lock)
    woken: bool = False
    leads: bool = False
    result: Result | BaseException | None = None

    def __post_init__(self) -> None:
        self.gate.acquire()

    def wake(self) -> None:
        self.woken = True
        self.gate.release()


class Group(Generic[Item, Result]):
    """Lets one of several concurrent callers, the leader, make one call for all that wait.

    Nobody waits for company: a caller that finds no leader leads at once. While it works, others queue up; when it is
    done, the first of them leads everything that is queued by then.

    Args:
        perform: Takes the items and gives one result for each, in order; a result that is an exception is raised to
            that item's caller alone. If it raises, every caller of the group gets that exception. It is never run by
            two threads at once.
        weigh: Size of an item, in whatever unit `capacity` is.
        capacity: The most that one call takes; a single heavier item goes alone.
        finish: Takes the results before any caller of the group gets its own, while the next group is performed
            already; it must not raise.
    """

    def __init__(
        self,
        perform: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        weigh: Callable[[Item], int] = lambda _item: 1,
        capacity: int,
        finish: Callable[[Sequence[Result | BaseException]], None] = lambda _results: None,
    ) -> None:
        self._perform = perform
        self._finish = finish
        self._weigh = weigh
        self._capacity = capacity
        self._lock = threading.Lock()
        self._waiting: deque[_Caller[Item, Result]] = deque()
        self._led = False

    def call(self, item: Item, timeout: float) -> Result:
        """Have one item performed.

        Args:
            item: What to perform.
            timeout: Seconds to wait for other people's calls. The caller's own call, once it leads, is bounded by
                `perform` itself.

        Raises:
            GroupTimeoutError: No answer in time.
        """
        # Weighed here: an item that can't be weighed must not stop a leader.
        caller = _Caller[Item, Result](item, self._weigh(item))
        with self._lock:
            self._waiting.append(caller)
            if not self._led:
                self._led = caller.leads = True
        if not caller.leads and not caller.gate.acquire(timeout=timeout):
            with self._lock:
                # Between the time-out and this lock somebody may have made us leader, or answered.
                if not caller.woken:
                    if caller in self._waiting:
                        self._waiting.remove(caller)
                    raise GroupTimeoutError("no answer from the group's leader in time")
        if caller.leads:
            self._lead()
        if isinstance(caller.result, BaseException):
            raise caller.result
        return caller.result  # type: ignore[return-value]  # woken or led: the result is there

    def _lead(self) -> None:
        with self._lock:
            group = self._take()
        try:
            results: Sequence[Result | BaseException] = self._perform([caller.item for caller in group])
        except BaseException as error:  # noqa: BLE001  # handed on to every caller, which raises it
            results = [error] * len(group)
        with self._lock:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].wake()
            else:
                self._led = False
        try:
            self._finish(results)
        finally:
            for caller, result in zip(group, results, strict=True):
                caller.result = result
                if not caller.leads:
                    caller.wake()

    def _take(self) -> list[_Caller[Item, Result]]:
        """Take from the queue what fits into one call; the leader is its first."""
        group = [self._waiting.popleft()]
        weight = group[0].weight
        while self._waiting:
            weight += self._waiting[0].weight
            if weight > self._capacity:
                break
            group.append(self._waiting.popleft())
        return group
