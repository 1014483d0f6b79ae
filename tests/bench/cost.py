"""What a ticket costs: the documents that Firestore reads and writes for it, counted at the client's calls."""

import itertools
import math
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from functions.intake_form.rate_limit import RateLimit
from functions.notify.letters import Letter
from functions.notify.sending import Sender
from functions.sla_check.sweep import Summary
from shared.domain.delivery import DeliveryEvent, Report
from shared.merging import Merger
from shared.outcomes import OutcomeRecorder
from shared.settings import Secret
from shared.store.changes import FirestoreChanges
from shared.store.letters import FirestoreLetters
from shared.store.limits import FirestoreCounts
from shared.store.registrations import FirestoreRegistrations
from tests import many_due
from tests.bench import samples
from tests.bench.measure import rate, report

TICKETS = 320
CALLERS = 32
RUN_TIME = timedelta(minutes=5)
LATER = timedelta(minutes=2)


class Provider:
    """A mail provider that takes and delivers every letter: Firestore's part is what is counted."""

    def __init__(self) -> None:
        self._taken: list[Letter] = []

    def send(self, letter: Letter) -> str:
        """Take a letter."""
        self._taken.append(letter)
        return letter.id

    def events(self) -> Iterator[DeliveryEvent]:
        """Tell of every letter that it is on its way, and then of every one that it has arrived."""
        for told in (Report.PROCESSED, Report.DELIVERED):
            for letter in self._taken:
                yield DeliveryEvent(letter.id, letter.recipient, told, samples.now(), message_id=letter.id)


class RememberingBell:
    """Keeps what was rung, to be sent afterwards."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, notifications: Sequence[str]) -> None:
        """Remember."""
        self.rung += notifications


def per_ticket() -> None:
    """A ticket's reads and writes from the post to its handing on: with 32 callers, against one alone.

    That is: rate limit, registration, both letters sent, the provider's word on each that it took it and that it
    delivered it, as many words in one call as there are callers; and what the sweep does for it two minutes later: it
    looks for the same request under another number, and hands the ticket on. All are done by one sweep, whose own reads
    and writes they share; what comes once a day is done by a sweep before, which is not counted.
    """
    together, alone = _count(CALLERS), _count(1)
    for kind in ("writes", "reads"):
        report(f"{kind}_per_ticket", together[kind] / TICKETS, alone[kind] / TICKETS, "documents")


def _count(callers: int) -> Counter[str]:
    client = firestore.Client(project=f"bench-{uuid.uuid4().hex[:12]}")
    bell = RememberingBell()
    registrar = samples.registrar(client, bell)
    limit = RateLimit(FirestoreCounts(client), Secret("bench"), 10**9, 10**9, timedelta(hours=1))
    notifications = FirestoreLetters(client)
    outcomes = OutcomeRecorder(FirestoreChanges(client), bell, samples.POLICY.specialists, samples.now)
    lease, zone = timedelta(minutes=5), ZoneInfo("Europe/Moscow")
    provider = Provider()
    sender = Sender(notifications, outcomes, provider, lease, zone, samples.REPLIES, samples.LINKS, samples.now)

    def post() -> None:
        submission = samples.submission()
        limit.wait("192.0.2.1", submission.contact, submission.received_at)
        registrar.register(submission)

    def later() -> datetime:
        return samples.now() + LATER

    def sweep() -> Summary:
        swept = many_due.sweep_over(client, bell, RUN_TIME, later)
        window = samples.POLICY.duplicate_window
        merging = Merger(FirestoreChanges(client), FirestoreRegistrations(client), bell, window, later)
        return replace(swept, merging=merging).run()

    sweep()
    with counting() as counted:
        rate(post, callers, TICKETS)
        for notification in bell.rung:
            sender.send(notification)
        events = provider.events()
        while call := list(itertools.islice(events, callers)):
            outcomes.follow(call)
        done = sweep()
    if done.failed or done.handed_on != TICKETS:
        raise RuntimeError(f"the sweep did not do what was due: {done}")
    return counted


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count the documents that Firestore bills for; all calls go on to the emulator unchanged.

    Those of every commit, and those that are asked for by name; those that a query finds, and one for a query that
    finds none; one for 1,000 that are only counted, and one at least. https://cloud.google.com/firestore/pricing
    """
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

    def query(original: Callable[..., Any], bill: Callable[[list[Any]], int]) -> Callable[..., Any]:
        def call(self: FirestoreClient, request: Any, **options: Any) -> Any:  # noqa: ANN401  # passed on as it is
            responses = list(original(self, request=request, **options))
            with lock:
                counted["reads"] += max(bill(responses), 1)
            return iter(responses)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FirestoreClient, "run_query", query(FirestoreClient.run_query, _found))
        patch.setattr(
            FirestoreClient, "run_aggregation_query", query(FirestoreClient.run_aggregation_query, _index_entries)
        )
        patch.setattr(FirestoreClient, "commit", commit(FirestoreClient.commit))
        patch.setattr(FirestoreClient, "batch_get_documents", read(FirestoreClient.batch_get_documents))
        yield counted


def _found(responses: list[Any]) -> int:
    return sum("document" in response for response in responses)


def _index_entries(responses: list[Any]) -> int:
    counts = (value.integer_value for response in responses for value in response.result.aggregate_fields.values())
    return sum(math.ceil(count / 1000) for count in counts)
