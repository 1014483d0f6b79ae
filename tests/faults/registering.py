"""An instance that registers: `python -m tests.faults.registering PROJECT FIRST_KEY KEYS THREADS`.

It delivers the submissions FIRST_KEY, FIRST_KEY + 1, … in some order from several threads, and writes one JSON line for
each answer at once, so that what was promised is known even when it is killed.
"""

import json
import random
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from google.cloud import firestore

from shared.domain.contact import Contact
from shared.domain.submission import Channel, Details, Submission
from shared.domain.working_time import WorkingHours
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Registrar
from shared.store.client import open_ledger
from shared.store.registrations import FirestoreRegistrations

FIRST = 12345
POLICY = NumberingPolicy(FIRST, WorkingHours.parse("09:00-18:00", "Europe/Moscow"), "specialists@pass24online.ru")


class SilentBell:
    def ring(self, notifications: Sequence[str]) -> None:
        """Nobody listens in these tests."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender was told; `ticket` is None when the submission was only kept."""

    key: str
    ticket: int | None
    repeated: bool


def submission(index: int) -> Submission:
    contact = Contact("Иван", f"client-{index}@example.ru", "+79161234567")
    details = Details("", f"Не открывается шлагбаум {index}", "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(f"form-{index}", Channel.FORM, datetime.now(UTC), contact, details)


def new_registrar(client: firestore.Client) -> Registrar:
    return Registrar(FirestoreRegistrations(client), SilentBell(), POLICY, lambda: datetime.now(UTC))


def deliver(registrar: Registrar, index: int) -> Answer:
    sent = submission(index)
    outcome = registrar.register(sent)
    if isinstance(outcome, Registered):
        return Answer(sent.key, outcome.ticket.number, outcome.repeated)
    return Answer(sent.key, None, repeated=False)


def deliver_all(
    registrar: Registrar, indexes: Iterable[int], threads: int, tell: Callable[[Answer], None] = lambda _answer: None
) -> list[Answer]:
    """Deliver from several threads at once; an error of any delivery is raised at the end."""

    def deliver_one(index: int) -> Answer:
        answer = deliver(registrar, index)
        tell(answer)
        return answer

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(deliver_one, indexes))


def main() -> None:
    project, *numbers = sys.argv[1:]
    first, count, threads = map(int, numbers)
    indexes = list(range(first, first + count))
    random.Random(first).shuffle(indexes)  # noqa: S311  # no secret: an order
    lock = threading.Lock()

    def tell(answer: Answer) -> None:
        line = json.dumps([answer.key, answer.ticket, answer.repeated])
        with lock:
            print(line, flush=True)  # noqa: T201  # to the test that started this

    deliver_all(new_registrar(open_ledger(project)), indexes, threads, tell)


if __name__ == "__main__":
    main()
