"""Mail that was accepted and waits to be posted: several workers, growing pauses, nothing blocks the rest."""

import heapq
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Protocol

from local.smtp.webhook import UnreachableError
from shared.logs import fields, redact

LONGEST_WAIT = timedelta(hours=72)
"""After this SendGrid gives a mail up (https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email)."""
MOST_BYTES = 1 << 29  # wait at the same time, in memory
_WORKERS = 16
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds; each pause is twice the one before
_GRACE = 3.0  # seconds, for the calls that are under way when the process is told to stop
_MOST_SHOWN = 10  # recipients in a log line
_OK, _REDIRECT, _SERVER_ERROR = 200, 300, 500

log = logging.getLogger(__name__)


class Target(Protocol):
    """Where mail goes."""

    def post(self, body: bytes) -> int:
        """The status of the answer, or UnreachableError."""


@dataclass(slots=True, eq=False)
class Waiting:
    """One accepted mail, and how far it came."""

    id: str
    sender: str
    recipients: Sequence[str]
    body: bytes = field(repr=False)
    since: float = field(default_factory=time.monotonic)
    attempts: int = 0

    def pause(self) -> float:
        """Seconds until the next attempt."""
        return min(_FIRST_PAUSE * 2.0 ** min(self.attempts - 1, 20), _LONGEST_PAUSE)

    def shown(self) -> dict[str, object]:
        """The fields of its log line."""
        return {
            "id": self.id,
            "sender": redact(self.sender),
            "recipients": [redact(recipient) for recipient in self.recipients[:_MOST_SHOWN]],
            "bytes": len(self.body),
            "attempts": self.attempts,
            "seconds": round(time.monotonic() - self.since, 3),
        }


class Outbox:
    """Posts mail in the background: 2xx is the end, 3xx and 4xx lose the mail, all else is tried again.

    It holds everything in memory, so what still waits when the process ends is lost; the log names it.
    The workers are daemon threads: a call that hangs does not keep the process from ending.

    Args:
        target: Where mail goes.
        longest_wait: From acceptance; a mail that can't be posted for so long is given up.
        most_bytes: More is not accepted for waiting.
    """

    def __init__(self, target: Target, longest_wait: timedelta = LONGEST_WAIT, most_bytes: int = MOST_BYTES) -> None:
        self._target = target
        self._longest_wait = longest_wait.total_seconds()
        self._room = most_bytes
        self._due: list[tuple[float, int, Waiting]] = []
        self._order = count()
        self._held: set[Waiting] = set()
        self._changed = threading.Condition()
        self._closed = False
        self._workers = [threading.Thread(target=self._work, name="posting", daemon=True) for _ in range(_WORKERS)]
        for worker in self._workers:
            worker.start()

    def add(self, mail: Waiting) -> bool:
        """Takes a mail in; False when there is no room for it now, or the outbox is closed."""
        with self._changed:
            if self._closed or len(mail.body) > self._room:
                return False
            self._room -= len(mail.body)
            self._held.add(mail)
            self._put(mail, time.monotonic())
        return True

    def close(self) -> None:
        """Starts no further call, lets those under way finish for a moment, and logs the mail that is lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + _GRACE
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        with self._changed:
            for mail in self._held:
                log.error("mail_lost_by_stopping", extra=fields(**mail.shown()))

    def _put(self, mail: Waiting, due: float) -> None:
        heapq.heappush(self._due, (due, next(self._order), mail))
        self._changed.notify()

    def _work(self) -> None:
        while mail := self._next():
            if self._attempt(mail):
                with self._changed:
                    self._room += len(mail.body)
                    self._held.remove(mail)
            else:
                with self._changed:
                    self._put(mail, time.monotonic() + mail.pause())

    def _next(self) -> Waiting | None:
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _attempt(self, mail: Waiting) -> bool:
        """Whether the mail is done with."""
        mail.attempts += 1
        try:
            status = self._target.post(mail.body)
        except UnreachableError as error:
            answer, status = str(error), _SERVER_ERROR
        else:
            answer = str(status)
        late = time.monotonic() - mail.since + mail.pause() > self._longest_wait
        write, event, done = _outcome(status, late=late)
        write(event, extra=fields(answer=answer, **mail.shown()))
        return done


def _outcome(status: int, *, late: bool) -> tuple[Callable[..., None], str, bool]:
    if _OK <= status < _REDIRECT:
        return log.info, "mail_posted", True
    if _REDIRECT <= status < _SERVER_ERROR:
        return log.error, "mail_dropped", True
    if late:
        return log.error, "mail_given_up", True
    return log.warning, "mail_will_be_posted_again", False
