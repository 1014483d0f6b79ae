"""Faults that the next calls of Mail Send and the next letters are to meet, first asked, first met."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class StatusFault:
    """The next `times` calls are answered with this HTTP status."""

    status: int
    times: int


@dataclass(frozen=True, slots=True)
class TimeoutFault:
    """The next `times` calls get no answer: the connection is closed after `timeout`."""

    timeout: timedelta
    times: int


class Fate(StrEnum):
    """What becomes of a letter that was accepted, or of its events."""

    BOUNCE = "bounce"
    """The recipient's server refuses it for good."""
    BLOCKED = "blocked"
    """The recipient's server refuses it this time: spam, policy, a full mailbox."""
    DEFERRED = "deferred"
    """It takes several attempts, and is delivered."""
    DROPPED = "dropped"
    """SendGrid does not even try: the address is on one of its suppression lists."""
    DUPLICATE = "duplicate"
    """Each event is told twice, the second time under another id."""
    REORDERED = "reordered"
    """The delivery is told before the processing."""
    LOST = "lost"
    """Nothing is told."""
    LATE_BOUNCE = "late_bounce"
    """Delivered, and given back later."""
    ANONYMOUS_BOUNCE = "anonymous_bounce"
    """The same, told without anything that names the letter: it came back to the return path."""
    SPAMREPORT = "spamreport"
    """Delivered, and reported as spam by its reader."""


@dataclass(frozen=True, slots=True)
class DeliveryFault:
    """The fate of the next `times` letters; with `to`, only of those to that address.

    `reason` and `status` (an enhanced status code, RFC 3463) are the server's words; None: the usual ones.
    """

    fate: Fate
    times: int
    to: str | None = None
    reason: str | None = None
    status: str | None = None

    def meets(self, recipient: str) -> bool:
        """Whether a letter to this address is meant (letter case aside)."""
        return self.to is None or self.to.lower() == recipient.lower()


CallFault = StatusFault | TimeoutFault
Fault = CallFault | DeliveryFault


class FaultQueue:
    """What is pending; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault behind those that are pending."""
        with self._lock:
            self._faults.append(fault)

    def for_call(self) -> CallFault | None:
        """Return the fault that the present call is to meet, and use it up by one time; None: no fault."""
        fault = self._take(lambda fault: not isinstance(fault, DeliveryFault))
        return None if isinstance(fault, DeliveryFault) else fault

    def for_letter(self, recipient: str) -> DeliveryFault | None:
        """Return what the letter to this address is to meet, and use it up by one time; None: no fault."""
        fault = self._take(lambda fault: isinstance(fault, DeliveryFault) and fault.meets(recipient))
        return fault if isinstance(fault, DeliveryFault) else None

    def _take(self, is_meant: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            for place, fault in enumerate(self._faults):
                if is_meant(fault):
                    left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._faults[place : place + 1] = left
                    return fault
        return None

    def pending(self) -> list[Fault]:
        """Return what is still to come, next one first."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Let the next calls and letters pass."""
        with self._lock:
            self._faults.clear()
