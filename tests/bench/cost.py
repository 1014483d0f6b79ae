"""What a ticket costs: the documents that Firestore reads and writes for it, counted at the client's calls."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from functions.intake_form.rate_limit import RateLimit
from functions.notify.letters import Letter
from functions.notify.sending import Sender
from shared.outcomes import OutcomeRecorder
from shared.settings import Secret
from shared.store.changes import FirestoreChanges
from shared.store.limits import FirestoreCounts
from shared.store.notifications import FirestoreNotifications
from tests.bench import samples
from tests.bench.measure import rate, report

TICKETS = 320
CALLERS = 32


class Provider:
    """A mail provider that takes every letter: Firestore's part is what is counted."""

    def send(self, letter: Letter) -> str:
        """Take a letter."""
        return letter.id


class RememberingBell:
    """Keeps what was rung, to be sent afterwards."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, notifications: Sequence[str]) -> None:
        """Remember."""
        self.rung += notifications


def per_ticket() -> None:
    """A ticket's reads and writes from the post to the sent letters: with 32 callers, against one alone."""
    together, alone = _count(CALLERS), _count(1)
    for kind in ("writes", "reads"):
        report(f"{kind}_per_ticket", together[kind] / TICKETS, alone[kind] / TICKETS, "documents")


def _count(callers: int) -> Counter[str]:
    client = firestore.Client(project=f"bench-{uuid.uuid4().hex[:12]}")
    bell = RememberingBell()
    registrar = samples.registrar(client, bell)
    limit = RateLimit(FirestoreCounts(client), Secret("bench"), 10**9, 10**9, timedelta(hours=1))
    notifications = FirestoreNotifications(client)
    outcomes = OutcomeRecorder(FirestoreChanges(client), bell, samples.POLICY.specialists, samples.now)
    lease, zone = timedelta(minutes=5), ZoneInfo("Europe/Moscow")
    sender = Sender(notifications, outcomes, Provider(), lease, zone, samples.REPLIES, samples.now)

    def post() -> None:
        submission = samples.submission()
        limit.wait("192.0.2.1", submission.contact, submission.received_at)
        registrar.register(submission)

    with _counting() as counted:
        rate(post, callers, TICKETS)
        for notification in bell.rung:
            sender.send(notification)
    return counted


@contextmanager
def _counting() -> Iterator[Counter[str]]:
    """Count the documents of every commit and of every batch of reads, which go on to the emulator unchanged."""
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def commit(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: FirestoreClient, request: Any, **options: Any) -> Any:  # noqa: ANN401  # passed on as it is
            with lock:
                counted["writes"] += len(request["writes"])
            return original(self, request=request, **options)

        return call

    def read(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: FirestoreClient, request: Any, **options: Any) -> Any:  # noqa: ANN401  # passed on as it is
            with lock:
                counted["reads"] += len(request["documents"])
            return original(self, request=request, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FirestoreClient, "commit", commit(FirestoreClient.commit))
        patch.setattr(FirestoreClient, "batch_get_documents", read(FirestoreClient.batch_get_documents))
        yield counted
