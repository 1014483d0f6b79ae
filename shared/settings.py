"""Settings from the environment: named, typed, checked once, secrets kept out of sight.

A function declares its settings as a frozen dataclass; the field `files_bucket` is the variable `FILES_BUCKET`. A field
without a default must be set. `SettingsError` names every variable that is missing or malformed at once.
"""

import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import timedelta
from math import isfinite
from typing import Any, TypeVar

Settings = TypeVar("Settings")


class SettingsError(Exception):
    """The environment does not hold what the function needs; says which variables, never their values."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that must not be seen: it does not show in logs, tracebacks or `repr`."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"


def _printable(text: str) -> str:
    """Refuse a value with a line break inside: a key pasted so would end up in the error of whatever sends it."""
    if not text.isprintable():
        raise ValueError("control characters")
    return text


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("not a finite number")
    return number


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))


def _items(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _secrets(text: str) -> tuple[Secret, ...]:
    return tuple(Secret(part) for part in _items(text))


_READERS: Mapping[Any, Callable[[str], object]] = {
    str: str,
    str | None: str,
    int: int,
    float: _finite,
    timedelta: _seconds,
    tuple[str, ...]: _items,
    Secret: Secret,
    Secret | None: Secret,
    tuple[Secret, ...]: _secrets,
}
"""How a field's type is written in a variable: `timedelta` in seconds, tuples separated by commas."""


def read_settings(cls: type[Settings], environment: Mapping[str, str]) -> Settings:
    """Read the settings that a dataclass declares. An empty variable, or list, counts as not set.

    Raises:
        SettingsError: Variables are missing or malformed.
    """
    types = typing.get_type_hints(cls)
    values: dict[str, object] = {}
    wrong: list[str] = []
    for field in fields(cls):  # type: ignore[arg-type]  # a dataclass, as the docstring asks
        variable = field.name.upper()
        text = environment.get(variable, "").strip()
        if text.strip(" ,"):
            try:
                values[field.name] = _READERS[types[field.name]](_printable(text))
            except (ValueError, OverflowError):
                wrong.append(f"{variable} is malformed")
        elif field.default is MISSING:
            wrong.append(f"{variable} is missing")
    if wrong:
        raise SettingsError("; ".join(wrong))
    return cls(**values)
