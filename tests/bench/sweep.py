"""Benchmarks of the sweep: what it reads when much is settled, and how fast it does what is due."""

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from google.cloud import firestore

from local import emulators
from local.processes import HOST, Child, free_port
from shared.store.sweep import PAGE
from tests import many_due
from tests.bench.cost import counting
from tests.bench.measure import in_turns, report
from tests.bench.samples import SilentBell
from tests.many_due import NOW

FEW, MANY = 1_000, 100_000
HEAP = "3g"
SWEEPS = 3
EACH_KIND = 1_000
RUN_TIME = timedelta(minutes=5)
_ELSEWHERE = 1_000_000
"""Numbers of what is due, far from those that are given meanwhile."""


def cost() -> None:
    """The documents that an ordinary minute's sweep reads with 10 due: among 100,000 settled tickets, among 1,000.

    A settled ticket stands with its submission and its two letters. What comes once an hour or once a day, the
    comparison with SendGrid's count and the report, is done by a sweep before, which is not counted. How long a sweep
    takes says nothing here: the emulator has no indexes and goes through everything.
    """
    _be_silent()
    with roomy_emulator():
        report("sweep_cost", _reads_among(MANY), _reads_among(FEW), "documents")


@contextmanager
def roomy_emulator() -> Iterator[None]:
    """Have the ledger in an emulator of its own: in the one that all benchmarks share there is no room for so much."""
    port, emulator = free_port(), replace(emulators.FIRESTORE, heap=HEAP)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        command = emulators.command(emulator, os.environ, HOST, port)
        child = Child(emulator.name, command, os.environ, Path(folder) / "firestore.log")
        try:
            child.wait_until_ready(port)
            patch.setenv(emulator.variable, f"{HOST}:{port}")
            yield
        finally:
            child.stop()


def _reads_among(settled: int) -> float:
    client, now = _client(), many_due.ticking()
    many_due.put(client, _settled(settled), many_due.counter(settled))
    begun_at = now()
    _sweep(client, now, rung=0, registered=0, flagged=0)
    reads = 0
    for number in range(_ELSEWHERE, _ELSEWHERE + 10 * SWEEPS, 10):
        many_due.put(
            client,
            many_due.letters_to_ring([number, number + 1]),
            many_due.letters_without_outcome([number + 2], begun_at),
            many_due.kept_submissions(range(number + 3, number + 6)),
            many_due.late_tickets(range(number + 6, number + 10)),
        )
        with counting() as counted:
            _sweep(client, now, rung=2, registered=3, flagged=4)
        reads += counted["reads"]
    return reads / SWEEPS


def _settled(tickets: int) -> many_due.Documents:
    """Tickets of the months before, with no more than the fields that queries ask for."""
    for number in range(1, tickets + 1):
        at = NOW - timedelta(days=1) - number * timedelta(minutes=4)
        yield f"submissions/settled-{number}", {"state": "registered", "channel": "form", "received_at": at}
        times = dict.fromkeys(("received_at", "registered_at", "accepted_at"), at)
        yield f"tickets/{number}", {"acceptance": "accepted", "missing": [], **times}
        for kind in ("confirmation", "new-ticket"):
            yield f"notifications/{number}-{kind}", {"state": "delivered", "event_at": at}


def throughput() -> None:
    """Due tickets, letters and kept submissions done in a second, against reading and writing them, page by page.

    Each ticket is flagged and handed on, with a line in its history that the baseline does without.
    """
    _be_silent()
    in_turns("sweep_throughput", lambda: _timed(_sweep_all), lambda: _timed(_plain), "documents/s", rounds=3)


def _timed(work: Callable[[firestore.Client], None]) -> float:
    client, numbers = _client(), range(1, EACH_KIND + 1)
    many_due.put(
        client,
        many_due.late_tickets(numbers),
        many_due.letters_to_ring(numbers),
        many_due.kept_submissions(numbers),
        many_due.counter(EACH_KIND),
    )
    begun_at = time.perf_counter()
    work(client)
    return 3 * EACH_KIND / (time.perf_counter() - begun_at)


def _sweep_all(client: firestore.Client) -> None:
    _sweep(client, many_due.ticking(), rung=EACH_KIND, registered=EACH_KIND, flagged=EACH_KIND)


def _plain(client: firestore.Client) -> None:
    """Write what is due back without its `check_at`, one page after the other, whoever may have changed it."""
    for collection in ("notifications", "submissions", "tickets"):
        due = client.collection(collection).where(filter=firestore.FieldFilter("check_at", "<=", NOW))
        query = due.order_by("check_at").limit(PAGE)
        while page := list(query.stream()):
            batch = client.batch()
            for each in page:
                fields = each.to_dict() or {}
                batch.set(each.reference, {name: value for name, value in fields.items() if name != "check_at"})
            batch.commit()


def _sweep(client: firestore.Client, now: Callable[[], datetime], *, rung: int, registered: int, flagged: int) -> None:
    done = many_due.sweep_over(client, SilentBell(), RUN_TIME, now).run()
    if done.failed or (done.rung, done.registered, done.flagged, done.handed_on) != (
        rung,
        registered,
        flagged,
        flagged,
    ):
        raise RuntimeError(f"the sweep did not do what was due: {done}")


def _be_silent() -> None:
    # Python prints the warnings of a program that has not said where logs go.
    logging.getLogger().addHandler(logging.NullHandler())


def _client() -> firestore.Client:
    """Connect to a ledger of this benchmark's own."""
    return firestore.Client(project=f"bench-{uuid.uuid4().hex[:12]}")
