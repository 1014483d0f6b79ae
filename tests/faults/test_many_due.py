"""R1, R12, R16: 10,000 due documents are done page by page, the longest due first, each once, whoever else sweeps."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.cloud import firestore

from functions.sla_check.steps import REGISTERING_THREADS
from functions.sla_check.sweep import Summary
from shared.domain.lateness import MOST_REMARKS
from shared.domain.ticket import Ticket
from shared.store.client import open_ledger
from shared.store.sweep import PAGE, STATE
from tests import many_due
from tests.many_due import kept_key, ring_id

LATE, TO_RING, KEPT = 5_000, 4_000, 1_000
NO_TIME, LONG_TIME = timedelta(0), timedelta(minutes=5)
PATIENCE = 120.0  # seconds
COLLECTIONS = ("notifications", "submissions", "tickets")


class CountingBell:
    """Remembers how often it was rung for each letter."""

    def __init__(self) -> None:
        self.rung: Counter[str] = Counter()
        self._lock = threading.Lock()

    def ring(self, notifications: Sequence[str]) -> None:
        with self._lock:
            self.rung.update(notifications)


class CountingClassification:
    """Remembers which tickets it got, and how often."""

    def __init__(self) -> None:
        self.told: Counter[int] = Counter()
        self._lock = threading.Lock()

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        with self._lock:
            self.told.update(ticket.number for ticket in tickets)


class Ledger:
    """10,000 due documents, with the bell and the clock of all sweeps over them."""

    def __init__(self, client: firestore.Client) -> None:
        self.client = client
        self.bell = CountingBell()
        self.classification = CountingClassification()
        self._now = many_due.ticking()
        many_due.put(
            client,
            many_due.late_tickets(range(1, LATE + 1)),
            many_due.letters_to_ring(range(1, TO_RING + 1)),
            many_due.kept_submissions(range(1, KEPT + 1)),
            many_due.counter(LATE),
        )

    def sweep(self, run_time: timedelta) -> Summary:
        sweep = many_due.sweep_over(self.client, self.bell, run_time, self._now)
        summary = replace(sweep, classification=self.classification).run()
        assert (summary.busy, summary.failed) == (False, [])
        return summary

    def due(self, collection: str) -> set[str]:
        """What is still due, by id."""
        until = firestore.FieldFilter("check_at", "<=", many_due.NOW)
        query = self.client.collection(collection).where(filter=until).select([])
        return {snapshot.id for snapshot in query.stream()}

    def documents(self, collection: str, *fields: str) -> dict[str, dict[str, Any]]:
        """Those fields of all documents."""
        found = self.client.collection(collection).select(fields).stream()
        return {each.id: each.to_dict() or {} for each in found}

    def let_lease_end(self) -> None:
        """Wait until a sweep has begun, and take its lease away."""
        state = self.client.document(STATE)
        wait_until(lambda: state.get().exists)
        state.update({"lease_until": many_due.NOW - timedelta(days=1)})


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def ledger(ledger_project: str) -> Ledger:
    return Ledger(open_ledger(ledger_project))


def check_everything_is_done_once(ledger: Ledger, runs: Iterable[Summary]) -> None:
    assert [ledger.due(collection) for collection in COLLECTIONS] == [set(), set(), set()]
    tickets = ledger.documents("tickets", "flags", "submissions", "handed_on")
    submissions, runs = ledger.documents("submissions", "state", "check_at", "ticket"), list(runs)

    flags = {number: [flag["kind"] for flag in tickets[str(number)]["flags"]] for number in range(1, LATE + 1)}
    assert [number for number, kinds in flags.items() if kinds != ["not_confirmed"]] == []
    assert sum(run.flagged for run in runs) == LATE

    # Two sweeps may both tell of a ticket; the ledger counts one revision.
    assert set(ledger.classification.told) == set(range(1, LATE + 1))
    assert {tickets[str(number)]["handed_on"]["revision"] for number in range(1, LATE + 1)} == {1}
    assert sum(run.handed_on for run in runs) == LATE

    assert [n for n in range(1, TO_RING + 1) if ledger.bell.rung[ring_id(n)] != 1] == []
    assert sum(run.rung for run in runs) == TO_RING

    assert sorted(map(int, tickets)) == list(range(1, LATE + KEPT + 1))
    keys = {kept_key(number) for number in range(1, KEPT + 1)}
    assert {key: (each["state"], "check_at" in each) for key, each in submissions.items()} == dict.fromkeys(
        keys, ("registered", False)
    )
    owners = {str(submissions[key]["ticket"]): [key] for key in keys}
    new = {number: ticket["submissions"] for number, ticket in tickets.items() if int(number) > LATE}
    assert owners == new
    letters = {f"{number}-{kind}" for number in new for kind in ("confirmation", "new-ticket")}
    assert [letter for letter in letters if ledger.bell.rung[letter] == 0] == []

    check_digests(ledger, runs)


def check_digests(ledger: Ledger, runs: Iterable[Summary]) -> None:
    """One for each run that has something to tell, with all of it or with how much more there is."""
    digests = ledger.documents("digests", "remarks", "omitted")
    told = Counter((len(each["remarks"]), each["omitted"]) for each in digests.values())
    flagged = [run.flagged for run in runs if run.flagged]
    assert told == Counter((min(count, MOST_REMARKS), max(count - MOST_REMARKS, 0)) for count in flagged)
    named = Counter(remark["ticket"] for each in digests.values() for remark in each["remarks"])
    assert max(named.values()) == 1
    letters = {f"digest-{digest}-{place}" for digest in digests for place in (1, 2)}
    assert {name: times for name, times in ledger.bell.rung.items() if name.startswith("digest-")} == dict.fromkeys(
        letters, 1
    )
    asked = ledger.client.get_all([ledger.client.document(f"notifications/{letter}") for letter in letters])
    assert [letter.id for letter in asked if not letter.exists] == []


def longest_due_done(count: int, name: Callable[[int], str], done: int) -> set[str]:
    """What is left when so many are done, the longest due first."""
    return {name(number) for number in range(1, count - done + 1)}


def test_r16_10000_due_documents_are_done_by_one_sweep_after_the_other(ledger: Ledger) -> None:
    runs = []
    # Without any time a sweep does one page of each kind, and registers one group.
    for sweeps in (1, 2):
        runs.append(ledger.sweep(NO_TIME))
        assert (runs[-1].rung, runs[-1].registered, runs[-1].flagged) == (PAGE, REGISTERING_THREADS, PAGE)
        assert ledger.due("notifications") == longest_due_done(TO_RING, ring_id, sweeps * PAGE)
        assert ledger.due("submissions") == longest_due_done(KEPT, kept_key, sweeps * REGISTERING_THREADS)
        assert ledger.due("tickets") == longest_due_done(LATE, str, sweeps * PAGE)

    runs.append(ledger.sweep(LONG_TIME))

    check_everything_is_done_once(ledger, runs)
    after = ledger.sweep(LONG_TIME)
    assert (after.rung, after.registered, after.flagged) == (0, 0, 0)


def test_r12_r16_two_sweeps_that_both_run_do_each_of_10000_due_documents_once(ledger: Ledger) -> None:
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(ledger.sweep, LONG_TIME)
        ledger.let_lease_end()
        second = callers.submit(ledger.sweep, LONG_TIME)
        runs = [first.result(PATIENCE), second.result(PATIENCE)]
    assert all(run.rung + run.registered + run.flagged > 0 for run in runs)

    # What one of them found changed by the other was left to the next one.
    runs.append(ledger.sweep(LONG_TIME))

    check_everything_is_done_once(ledger, runs)
