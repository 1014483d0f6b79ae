"""Faults as they are asked for, in JSON."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, TypeGuard

from local.sendgrid.faults import DeliveryFault, Fate, StatusFault, TimeoutFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.sendgrid.faults import CallFault, Fault

MIN_STATUS, MAX_STATUS = 400, 599
MAX_TIMEOUT_S = 300
MAX_TIMES = 1_000
MAX_REASON = 1_000  # characters

_KINDS = ("status", "timeout_s", "delivery")
_CALL_FIELDS = frozenset({"status", "timeout_s", "times"})
_DELIVERY_FIELDS = frozenset({"delivery", "times", "to", "reason", "status"})
_ENHANCED_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)  # RFC 3463, section 2
_WITH_REASON = frozenset(
    {Fate.BOUNCE, Fate.BLOCKED, Fate.DEFERRED, Fate.DROPPED, Fate.LATE_BOUNCE, Fate.ANONYMOUS_BOUNCE}
)


class InvalidFaultError(ValueError):
    """A fault was described wrongly; `reasons` maps each wrong field to what is wrong with it."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field} {reason}" for field, reason in reasons.items()))
        self.reasons = reasons


def parse_fault(body: object) -> Fault:
    """Read a fault of calls or of deliveries, each with an optional `times` (1..1000).

    Calls: `{"status": 400..599}` or `{"timeout_s": 0 < s <= 300}`. Deliveries: `{"delivery": …}`, a `Fate`, with an
    optional `to`, and with `reason` and `status` (`5.1.1`) where a server gives one.

    Raises:
        InvalidFaultError: with every wrong field named.
    """
    if not isinstance(body, dict):
        raise InvalidFaultError({"body": "must be a JSON object"})
    reasons: dict[str, str] = {}
    times = body.get("times", 1)
    if not _is_int(times) or not 1 <= times <= MAX_TIMES:
        reasons["times"] = f"must be an integer from 1 to {MAX_TIMES}"
    is_delivery = "delivery" in body
    known = _DELIVERY_FIELDS if is_delivery else _CALL_FIELDS
    reasons |= {str(name): "is unknown" for name in body if name not in known}
    fault = _delivery_fault(body, times, reasons) if is_delivery else _call_fault(body, times, reasons)
    if reasons or fault is None:
        raise InvalidFaultError(reasons)
    return fault


def _call_fault(body: Mapping[str, object], times: int, reasons: dict[str, str]) -> CallFault | None:
    status, timeout_s = body.get("status"), body.get("timeout_s")
    if ("status" in body) == ("timeout_s" in body):
        reasons[", ".join(_KINDS)] = "exactly one of the three is required"
    fault: CallFault | None = None
    if _is_int(status) and MIN_STATUS <= status <= MAX_STATUS:
        fault = StatusFault(status, times)
    elif "status" in body:
        reasons["status"] = f"must be an integer from {MIN_STATUS} to {MAX_STATUS}"
    if _is_number(timeout_s) and 0 < timeout_s <= MAX_TIMEOUT_S:
        fault = TimeoutFault(timedelta(seconds=timeout_s), times)
    elif "timeout_s" in body:
        reasons["timeout_s"] = f"must be a number of seconds above 0 and up to {MAX_TIMEOUT_S}"
    return fault


def _delivery_fault(body: Mapping[str, object], times: int, reasons: dict[str, str]) -> DeliveryFault | None:
    to, reason, status = (_text(body, name, reasons) for name in ("to", "reason", "status"))
    if to is not None and "@" not in to:
        reasons["to"] = "must be an address"
    if status is not None and not _ENHANCED_STATUS.fullmatch(status):
        reasons["status"] = "must be an enhanced status code such as 5.1.1"
    try:
        fate = Fate(str(body["delivery"]))
    except ValueError:
        reasons["delivery"] = f"must be one of: {', '.join(Fate)}"
        return None
    if fate not in _WITH_REASON:
        reasons |= {name: f"does not go with {fate}" for name in ("reason", "status") if name in body}
    return DeliveryFault(fate, times, to, reason, status)


def _text(body: Mapping[str, object], name: str, reasons: dict[str, str]) -> str | None:
    value = body.get(name)
    if isinstance(value, str) and 1 <= len(value) <= MAX_REASON:
        return value
    if name in body:
        reasons[name] = f"must be a text of 1 to {MAX_REASON} characters"
    return None


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def fault_json(fault: Fault) -> dict[str, object]:
    """Return a fault in the form in which it is asked for."""
    match fault:
        case StatusFault(status, times):
            return {"status": status, "times": times}
        case TimeoutFault(timeout, times):
            return {"timeout_s": timeout.total_seconds(), "times": times}
        case DeliveryFault(fate, times):
            said = {"to": fault.to, "reason": fault.reason, "status": fault.status}
            return {"delivery": fate, "times": times, **{name: value for name, value in said.items() if value}}
