"""What was wrong with a message: a bounded list in English, which never quotes the message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

_MOST = 30

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Defects:
    """Collects defects, each once, in the order in which they were met; beyond 30 only that there were more."""

    _noted: dict[str, None] = field(default_factory=dict)

    def note(self, defect: str | None) -> None:
        """Add a defect; None is none."""
        if defect is not None and len(self._noted) < _MOST:
            self._noted[defect if len(self._noted) < _MOST - 1 else "more defects"] = None

    def attempt(self, what: str, read: Callable[[], T], otherwise: T) -> T:
        """Read a piece of the message; if that fails, note it and go on with something else."""
        try:
            return read()
        except Exception as error:  # noqa: BLE001  # one surprising piece may not lose the rest, nor stop the mailbox
            self.note(f"{what} could not be read ({type(error).__name__})")
            return otherwise

    def listed(self) -> tuple[str, ...]:
        """Give what was noted."""
        return tuple(self._noted)
