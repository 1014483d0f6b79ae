"""Faults that the next calls of Mail Send are to meet, in the order in which they were asked for."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeGuard

MIN_STATUS, MAX_STATUS = 400, 599
MAX_TIMEOUT_S = 300
MAX_TIMES = 1_000


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


Fault = StatusFault | TimeoutFault


class InvalidFaultError(ValueError):
    """A fault was described wrongly; `reasons` maps each wrong field to what is wrong with it."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field} {reason}" for field, reason in reasons.items()))
        self.reasons = reasons


def parse_fault(body: object) -> Fault:
    """Read `{"status": 400..599}` or `{"timeout_s": 0 < s <= 300}`, each with an optional `times` (1..1000).

    Raises:
        InvalidFaultError: with every wrong field named.
    """
    if not isinstance(body, dict):
        raise InvalidFaultError({"body": "must be a JSON object"})
    known = {"status", "timeout_s", "times"}
    reasons = {str(name): "is unknown" for name in body if name not in known}
    status, timeout_s, times = body.get("status"), body.get("timeout_s"), body.get("times", 1)
    if not _is_int(times) or not 1 <= times <= MAX_TIMES:
        reasons["times"] = f"must be an integer from 1 to {MAX_TIMES}"
    if ("status" in body) == ("timeout_s" in body):
        reasons["status, timeout_s"] = "exactly one of the two is required"
    fault: Fault | None = None
    if _is_int(status) and MIN_STATUS <= status <= MAX_STATUS:
        fault = StatusFault(status, times)
    elif "status" in body:
        reasons["status"] = f"must be an integer from {MIN_STATUS} to {MAX_STATUS}"
    if _is_number(timeout_s) and 0 < timeout_s <= MAX_TIMEOUT_S:
        fault = TimeoutFault(timedelta(seconds=timeout_s), times)
    elif "timeout_s" in body:
        reasons["timeout_s"] = f"must be a number of seconds above 0 and up to {MAX_TIMEOUT_S}"
    if reasons or fault is None:
        raise InvalidFaultError(reasons)
    return fault


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def fault_json(fault: Fault) -> dict[str, float]:
    """Return a fault in the form in which it is asked for."""
    if isinstance(fault, StatusFault):
        return {"status": fault.status, "times": fault.times}
    return {"timeout_s": fault.timeout.total_seconds(), "times": fault.times}


class FaultQueue:
    """First asked, first met; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault behind those that are pending."""
        with self._lock:
            self._faults.append(fault)

    def take(self) -> Fault | None:
        """Return the fault that the present call is to meet, and use it up by one time; None: no fault."""
        with self._lock:
            if not self._faults:
                return None
            fault = self._faults.popleft()
            if fault.times > 1:
                self._faults.appendleft(replace(fault, times=fault.times - 1))
            return fault

    def pending(self) -> list[Fault]:
        """Return what is still to come, next one first."""
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        """Let the next calls pass."""
        with self._lock:
            self._faults.clear()
