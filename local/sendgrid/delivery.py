"""What becomes of an accepted letter, step by step, and how its events reach the Event Webhook."""

from __future__ import annotations

import heapq
import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from local.outbox import Patience, Waiting
from local.sendgrid import events
from local.sendgrid.faults import Fate
from shared.logs import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from local.outbox import Outbox
    from local.sendgrid.events import Event
    from local.sendgrid.faults import DeliveryFault, FaultQueue
    from local.sendgrid.mailbox import Letter, Mailbox

PATIENCE = Patience("events", timedelta(hours=24), survives_refusal=True)
"""https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook"""
MOST_WAITING_BYTES = 1 << 26
MOST_IN_A_BATCH = 500

# Seconds of the real clock after the letter was accepted.
_AT_ONCE, _SOON, _LATER, _LATE = 0.1, 0.5, 1.5, 3.0
_TOLD_AGAIN = 1.0  # seconds after the first time
_GATHERING = 0.1  # seconds; events that are due within this time are told together

_NO_SUCH_USER = "550 5.1.1 The email account that you tried to reach does not exist"
_REFUSED = "550 5.7.1 Message rejected due to local policy"
_COME_AGAIN = "451 4.7.1 Greylisted, please try again later"
_SUPPRESSED = "Bounced Address"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a letter.

    Attributes:
        event: What is told of it, without what every event tells.
        after: Seconds of the real clock from the letter's acceptance until it is told.
        anonymous: Whether it is told without anything that names the letter.
    """

    event: Event
    after: float
    anonymous: bool = False


_PROCESSED = Step(events.processed(), _AT_ONCE)
_DELIVERED = Step(events.delivered(), _SOON)


def course(fault: DeliveryFault | None) -> Sequence[Step]:
    """Return what happens to a letter that meets this fault, or none."""
    return _courses(fault)[fault.fate] if fault else (_PROCESSED, _DELIVERED)


def _courses(fault: DeliveryFault) -> Mapping[Fate, Sequence[Step]]:
    bounce = events.bounced("bounce", fault.reason or _NO_SUCH_USER, fault.status)
    blocked = events.bounced("blocked", fault.reason or _REFUSED, fault.status)
    first, second = (events.deferred(attempt, fault.reason or _COME_AGAIN) for attempt in (1, 2))
    dropped = events.dropped(fault.reason or _SUPPRESSED, fault.status)
    return {
        Fate.BOUNCE: (_PROCESSED, Step(bounce, _SOON)),
        Fate.BLOCKED: (_PROCESSED, Step(blocked, _SOON)),
        Fate.DEFERRED: (_PROCESSED, Step(first, _SOON), Step(second, _LATER), replace(_DELIVERED, after=_LATE)),
        Fate.DROPPED: (Step(dropped, _AT_ONCE),),
        Fate.DUPLICATE: (_PROCESSED, _DELIVERED),
        Fate.REORDERED: (_DELIVERED, replace(_PROCESSED, after=_LATER)),
        Fate.LOST: (),
        Fate.LATE_BOUNCE: (_PROCESSED, _DELIVERED, Step(bounce, _LATE)),
        Fate.ANONYMOUS_BOUNCE: (_PROCESSED, _DELIVERED, Step(bounce, _LATE, anonymous=True)),
        Fate.SPAMREPORT: (_PROCESSED, _DELIVERED, Step(events.spam_reported(), _LATE)),
    }


@dataclass(frozen=True, slots=True)
class _Due:
    letter: Letter
    recipient: str
    step: Step
    is_told_twice: bool
    repeats: Event | None = None


class Deliveries:
    """Lets letters have their fates, and hands the events to the outbox, those due together as one batch.

    Mail Send never waits for it: one daemon thread goes by a heap of what is due.

    Args:
        mailbox: Where each letter's events are written down.
        faults: What letters meet.
        outbox: Posts the batches.
        now: The time of an event, aware.
    """

    def __init__(self, mailbox: Mailbox, faults: FaultQueue, outbox: Outbox, now: Callable[[], datetime]) -> None:
        self._mailbox = mailbox
        self._faults = faults
        self._outbox = outbox
        self._now = now
        self._due: list[tuple[float, int, _Due]] = []
        self._serials = count(1)
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="delivering", daemon=True).start()

    def begin(self, letters: Iterable[Letter]) -> None:
        """Let the letters be delivered, or not."""
        with self._changed:
            for letter in letters:
                for recipient in letter.to:
                    fault = self._faults.for_letter(recipient)
                    twice = fault is not None and fault.fate is Fate.DUPLICATE
                    for step in course(fault):
                        self._put(_Due(letter, recipient, step, twice), step.after)
            self._changed.notify()

    def _put(self, due: _Due, after: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + after, next(self._serials), due))

    def _work(self) -> None:
        while True:
            told = self._next()
            for first in range(0, len(told), MOST_IN_A_BATCH):
                part = told[first : first + MOST_IN_A_BATCH]
                if not self._outbox.add(Waiting(events.batch(part), {"events": len(part)})):
                    log.error("events_lost", extra=fields(events=len(part)))

    def _next(self) -> list[Event]:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            until = time.monotonic() + _GATHERING
            told = []
            while self._due and self._due[0][0] <= until:
                told.append(self._tell(heapq.heappop(self._due)[2]))
            return told

    def _tell(self, due: _Due) -> Event:
        letter, step, serial = due.letter, due.step, next(self._serials)
        if due.repeats is not None:
            event = events.again(due.repeats, serial)
        else:
            compose = events.of_nothing if step.anonymous else events.of_letter
            # A letter is processed at once, whenever that is told.
            at = letter.received_at if step.event["event"] == "processed" else self._now()
            event = compose(step.event, letter, due.recipient, at, serial)
            if due.is_told_twice:
                self._put(replace(due, repeats=event), _TOLD_AGAIN)
        self._mailbox.record(letter, event)
        return event
