"""Flags: what was not done within the 15 minutes of the rule book, and why (R16)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class FlagKind(StrEnum):
    """What was not done in time."""

    NOT_REGISTERED = "not_registered"
    """A submission has no number."""
    REGISTERED_LATE = "registered_late"
    """A ticket got its number more than 15 minutes after its arrival; nothing can mend that, so it is never open."""
    NOT_CONFIRMED = "not_confirmed"
    """It is not known that the client has the number."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a submission or a ticket. It is written once; only its clearing is added.

    Attributes:
        reason: What happened and what to do, in Russian.
        cleared_at: When the cause was gone; None while it is not.
    """

    kind: FlagKind
    raised_at: datetime
    reason: str
    cleared_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the cause is still there."""
        return self.cleared_at is None


def cleared(flags: tuple[Flag, ...], now: datetime) -> tuple[Flag, ...]:
    """Clear all flags that are open."""
    return tuple(replace(flag, cleared_at=now) if flag.is_open else flag for flag in flags)


def any_open(flags: tuple[Flag, ...]) -> bool:
    """Tell whether one of the flags is open."""
    return any(flag.is_open for flag in flags)
