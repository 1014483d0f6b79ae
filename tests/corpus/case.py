"""One message of the corpus, and what must be read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """A message as it comes in, and the part of `python -m ops parse-mail --json` that the case is about.

    Attributes:
        name: Unique in the corpus; the test's id.
        raw: The message, byte for byte.
        expected: Keys of the JSON object with their values; keys that are not named are not compared.
    """

    name: str
    raw: bytes = field(repr=False)
    expected: Mapping[str, object]
