"""What waits to be posted to a webhook: several workers, growing pauses, nothing blocks the rest."""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Protocol

from local.webhook import UnreachableError
from shared.logs import fields

MOST_BYTES = 1 << 29  # wait at the same time, in memory
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds; each pause is twice the one before
_GRACE = 3.0  # seconds, for the calls that are under way when the process is told to stop
_OK, _REDIRECT, _SERVER_ERROR = 200, 300, 500

log = logging.getLogger(__name__)


class Target(Protocol):
    """Where things are posted."""

    def post(self, body: bytes) -> int:
        """The status of the answer, or UnreachableError."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One thing to be posted, and how far it came; `about` are fields of its log lines."""

    body: bytes = field(repr=False)
    about: Mapping[str, object]
    since: float = field(default_factory=time.monotonic)
    attempts: int = 0

    def pause(self) -> float:
        """Seconds until the next attempt."""
        return min(_FIRST_PAUSE * 2.0 ** min(self.attempts - 1, 20), _LONGEST_PAUSE)

    def shown(self) -> dict[str, object]:
        """The fields of its log line."""
        return {
            **self.about,
            "bytes": len(self.body),
            "attempts": self.attempts,
            "seconds": round(time.monotonic() - self.since, 3),
        }


@dataclass(frozen=True, slots=True)
class Patience:
    """How long something is tried; each of SendGrid's webhooks has rules of its own.

    Attributes:
        what: Is posted; log events begin with it.
        longest_wait: From acceptance; what can't be posted for so long is given up.
        survives_refusal: Whether it is tried again after 3xx and 4xx; if not, these lose it at once.
    """

    what: str
    longest_wait: timedelta
    survives_refusal: bool


class Outbox:
    """Posts in the background: 2xx is the end, all else is tried again as far as the patience goes.

    It holds everything in memory, so what still waits when the process ends is lost; the log names it.
    The workers are daemon threads: a call that hangs does not keep the process from ending.

    Args:
        target: Where things are posted.
        patience: How long.
        workers: Calls that may be under way at the same time.
        most_bytes: More is not accepted for waiting.
    """

    def __init__(self, target: Target, patience: Patience, workers: int = 16, most_bytes: int = MOST_BYTES) -> None:
        self._target = target
        self._patience = patience
        self._room = most_bytes
        self._due: list[tuple[float, int, Waiting]] = []
        self._order = count()
        self._held: set[Waiting] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._workers = [threading.Thread(target=self._work, name="posting", daemon=True) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def add(self, waiting: Waiting) -> bool:
        """Takes something in; False when there is no room for it now, or the outbox is closed."""
        with self._changed:
            if self._closed or len(waiting.body) > self._room:
                return False
            self._room -= len(waiting.body)
            self._held.add(waiting)
            self._put(waiting, time.monotonic())
        return True

    def close(self) -> None:
        """Starts no further call, lets those under way finish for a moment, and logs what is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + _GRACE
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        with self._changed:
            for waiting in self._held:
                log.error(f"{self._patience.what}_lost_by_stopping", extra=fields(**waiting.shown()))  # noqa: G004  # an event's name

    def _put(self, waiting: Waiting, due: float) -> None:
        heapq.heappush(self._due, (due, next(self._order), waiting))
        self._changed.notify()

    def _work(self) -> None:
        while waiting := self._next():
            if self._attempt(waiting):
                with self._changed:
                    self._room += len(waiting.body)
                    self._held.remove(waiting)
            else:
                with self._changed:
                    self._put(waiting, time.monotonic() + waiting.pause())

    def _next(self) -> Waiting | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _attempt(self, waiting: Waiting) -> bool:
        """Whether it is done with."""
        waiting.attempts += 1
        try:
            status = self._target.post(waiting.body)
        except UnreachableError as error:
            answer, status = str(error), _SERVER_ERROR
        else:
            answer = str(status)
        late = time.monotonic() - waiting.since + waiting.pause() > self._patience.longest_wait.total_seconds()
        write, outcome, done = self._outcome(status, late=late)
        write(f"{self._patience.what}_{outcome}", extra=fields(answer=answer, **waiting.shown()))
        return done

    def _outcome(self, status: int, *, late: bool) -> tuple[Callable[..., None], str, bool]:
        if _OK <= status < _REDIRECT:
            return log.info, "posted", True
        if _REDIRECT <= status < _SERVER_ERROR and not self._patience.survives_refusal:
            return log.error, "dropped", True
        if late:
            return log.error, "given_up", True
        return log.warning, "will_be_posted_again", False
