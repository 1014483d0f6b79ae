"""Where a text names something."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a text names something.

    Attributes:
        start: Position of its first character.
        end: Position after its last.
        same_as: Two places with the same text here name the same thing.
    """

    start: int
    end: int
    same_as: str
