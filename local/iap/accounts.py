"""Who can sign in at the stand-in, and who has."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock

from shared.staff.people import Person, read_people


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in; not all who can may also do something.

    Attributes:
        address: In lower case.
        name: As the settings give it; empty where they give none.
        standing: What the functions take the account for, in Russian.
    """

    address: str
    name: str
    standing: str


def read_accounts(specialists: Iterable[str], heads: Iterable[str], strangers: Iterable[str]) -> Mapping[str, Account]:
    """Give the accounts by their addresses: the functions' own role lists, and people who stand in none of these.

    Raises:
        ValueError: An item holds no address.
    """
    staff = read_people(specialists, heads)
    people = {**staff, **read_people(strangers, ())}
    return {address: Account(address, person.name, _standing(staff.get(address))) for address, person in people.items()}


def _standing(person: Person | None) -> str:
    if person is None:
        return "нет в списке сотрудников"
    return "руководитель" if person.is_head else "специалист"


class Sessions:
    """Who has signed in; a restart signs all out. Several threads may use it."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._lock = Lock()

    def begin(self, account: Account) -> str:
        """Sign in; gives the session's random id."""
        session = secrets.token_urlsafe(32)
        with self._lock:
            self._accounts[session] = account
        return session

    def account(self, session: str) -> Account | None:
        """Give whose session it is; None when there is none of that id."""
        with self._lock:
            return self._accounts.get(session)

    def end(self, session: str) -> None:
        """Sign out."""
        with self._lock:
            self._accounts.pop(session, None)
