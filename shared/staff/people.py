"""Who works here, and as what (role lists in the settings)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

_ADDRESS = r"[^\s<>@,]+@[^\s<>@,]+"
_ITEM = re.compile(rf"(?P<name>[^<>@]*)<(?P<address>{_ADDRESS})>|(?P<alone>{_ADDRESS})")


class Role(StrEnum):
    """What a person may do: a head may do all that a specialist may, and decides about personal data."""

    SPECIALIST = "specialist"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the staff, or a program that acts for it.

    Attributes:
        address: The account's e-mail address, in lower case.
        name: As the settings give it; empty where they give none.
    """

    address: str
    name: str
    role: Role

    @property
    def signature(self) -> str:
        """How the person stands in a ticket's history."""
        return f"{self.name} <{self.address}>" if self.name else self.address

    @property
    def is_head(self) -> bool:
        """Whether the person decides about personal data."""
        return self.role is Role.HEAD


def read_people(specialists: Iterable[str], heads: Iterable[str]) -> Mapping[str, Person]:
    """Read the role lists, such as `Anna Petrova <anna@example.ru>` or a bare address; give people by their addresses.

    Who stands in both lists is a head.

    Raises:
        ValueError: An item holds no address, or more: a comma is missing, and somebody would be left out unnoticed.
    """
    people: dict[str, Person] = {}
    for role, items in ((Role.SPECIALIST, specialists), (Role.HEAD, heads)):
        for item in items:
            found = _ITEM.fullmatch(item)
            if found is None:
                raise ValueError("an item of a role list is no e-mail address, nor a name with one")
            address = (found["address"] or found["alone"]).lower()
            people[address] = Person(address, (found["name"] or "").strip(' "'), role)
    return people
