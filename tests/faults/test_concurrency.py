"""R1, R4: one number a request, none lost, none missing, with many threads, many processes, outages and a kill."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.cloud import firestore

from local import emulators
from local.processes import HOST, ROOT, Child, free_port
from shared import numbering, registration
from shared.ledger import LedgerUnavailableError
from shared.registration import Registrar
from shared.store.client import open_ledger
from shared.store.documents import COUNTER
from tests.faults.registering import FIRST, Answer, deliver, deliver_all, new_registrar, submission

PATIENCE = 40.0  # seconds


def stream(client: firestore.Client, collection: str) -> Mapping[str, dict[str, Any]]:
    return {snapshot.id: snapshot.to_dict() or {} for snapshot in client.collection(collection).stream()}


def registered(client: firestore.Client) -> dict[str, int]:
    """The number of every registered submission, after a look at whether the ledger is whole."""
    tickets, submissions = stream(client, "tickets"), stream(client, "submissions")
    given = sorted(map(int, tickets))
    assert given == list(range(FIRST, FIRST + len(given)))
    counter = client.document("counters/tickets").get().to_dict() or {}
    assert counter.get("last", FIRST - 1) == FIRST + len(given) - 1

    numbers: dict[str, int] = {}
    for number, ticket in tickets.items():
        [key] = ticket["submissions"]
        assert key not in numbers, f"{key} has two tickets"
        numbers[key] = int(number)
        assert submissions[key]["ticket"] == ticket["number"] == int(number)
        assert submissions[key]["state"] == "registered"
        assert submissions[key]["received_at"] == ticket["received_at"]
    assert {key for key, each in submissions.items() if "ticket" in each} == numbers.keys()
    letters = {f"{number}-{kind}" for number in tickets for kind in ("confirmation", "new-ticket")}
    assert stream(client, "notifications").keys() == letters
    return numbers


def check_promises(answers: Iterable[Answer], numbers: Mapping[str, int]) -> None:
    """Every answer with a number agrees with the ledger, and no two senders were told to be the first."""
    told = [answer for answer in answers if answer.ticket is not None]
    assert [answer for answer in told if numbers[answer.key] != answer.ticket] == []
    assert max(Counter(answer.key for answer in told if not answer.repeated).values(), default=0) <= 1


def keys(indexes: Iterable[int]) -> set[str]:
    return {submission(index).key for index in indexes}


@contextmanager
def instance(project: str, first: int, count: int, threads: int) -> Iterator[subprocess.Popen[str]]:
    """A process that registers; its answers come line by line."""
    command = (sys.executable, "-m", "tests.faults.registering", project, str(first), str(count), str(threads))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # ourselves
        try:
            yield process
        finally:
            process.kill()


def answers_of(process: subprocess.Popen[str]) -> list[Answer]:
    output, _ = process.communicate(timeout=PATIENCE)
    return parsed(output.splitlines())


def parsed(lines: Iterable[str]) -> list[Answer]:
    # A killed process may have left half a line.
    return [Answer(*json.loads(line)) for line in lines if line.rstrip().endswith("]")]


def wait_until_still(client: firestore.Client) -> None:
    """Wait for the commit that a killed process had on its way: the ledger may carry it out after the process's end."""
    seen: list[object] = []
    for _ in range(30):
        seen.append(client.document(COUNTER).get().get("last"))
        if len(seen) > 2 and seen[-1] == seen[-2] == seen[-3]:
            return
        time.sleep(0.3)
    pytest.fail("the counter goes on moving")


@pytest.fixture
def client(ledger_project: str) -> firestore.Client:
    return open_ledger(ledger_project)


def test_r4_32_threads_get_sequential_numbers_and_repetitions_get_their_first(client: firestore.Client) -> None:
    indexes = [*range(300), *range(0, 300, 2)]
    random.Random(1).shuffle(indexes)  # noqa: S311  # no secret: an order

    answers = deliver_all(new_registrar(client), indexes, threads=32)

    numbers = registered(client)
    assert numbers.keys() == keys(range(300))
    assert all(answer.ticket is not None for answer in answers)
    check_promises(answers, numbers)
    assert sum(answer.repeated for answer in answers) == 150


def test_r4_four_processes_on_one_counter_lose_nothing_and_leave_no_gap(client: firestore.Client) -> None:
    # Each shares a quarter of its submissions with the next one.
    with (
        instance(client.project, 0, 200, 8) as one,
        instance(client.project, 150, 200, 8) as two,
        instance(client.project, 300, 200, 8) as three,
        instance(client.project, 450, 200, 8) as four,
    ):
        processes = (one, two, three, four)
        answers = [answers_of(process) for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert [len({answer.key for answer in each}) for each in answers] == [200, 200, 200, 200]
    told = [answer for each in answers for answer in each]
    numbers = registered(client)
    assert numbers.keys() == keys(range(650))
    assert all(answer.ticket is not None for answer in told)
    check_promises(told, numbers)


def test_r1_a_killed_instance_leaves_whole_tickets_and_its_senders_get_one_number_each(
    client: firestore.Client,
) -> None:
    with instance(client.project, 0, 600, 8) as process:
        assert process.stdout is not None
        first_lines = [process.stdout.readline() for _ in range(100)]
        process.send_signal(signal.SIGKILL)
        promised = parsed([*first_lines, *process.stdout.readlines()])
        assert process.wait(PATIENCE) == -signal.SIGKILL

    wait_until_still(client)
    numbers = registered(client)
    assert 100 <= len(promised) <= len(numbers) < 600
    check_promises(promised, numbers)

    with instance(client.project, 0, 600, 8) as process:
        again = answers_of(process)

    assert process.returncode == 0
    after = registered(client)
    assert after.keys() == keys(range(600))
    assert numbers.items() <= after.items()
    check_promises([*promised, *again], after)
    assert {answer.key for answer in again if answer.repeated} == numbers.keys()


class OwnEmulator:
    """A Firestore emulator that a test may stop, start and freeze."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._log = folder / "firestore.log"
        self.start()

    def start(self) -> None:
        command = emulators.command(emulators.FIRESTORE, os.environ, HOST, self.port)
        self._child = Child("firestore", command, os.environ, self._log)
        self._child.wait_until_ready(self.port)

    def stop(self) -> None:
        self._child.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It answers nothing, and carries out afterwards what it was asked meanwhile."""
        [process] = [each for each in psutil.Process().children() if f"--port={self.port}" in each.cmdline()]
        process.suspend()
        try:
            yield
        finally:
            process.resume()


@pytest.fixture
def own_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnEmulator]:
    emulator = OwnEmulator(tmp_path)
    monkeypatch.setenv(emulators.FIRESTORE.variable, f"{HOST}:{emulator.port}")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "pass24-outage")
    monkeypatch.setattr(numbering, "COMMIT_TIME", 0.8)
    monkeypatch.setattr(registration, "KEEP_TIME", 0.4)
    try:
        yield emulator
    finally:
        emulator.stop()


def come_until_numbered(registrars: Sequence[Registrar], index: int) -> tuple[list[Answer], float]:
    """Deliver until there is a number, each time to the next instance; give the answers, and the longest wait for one.

    A sender who got 503 does that by himself; after a 202 it stands in for the sweep.
    """
    deadline = time.monotonic() + PATIENCE
    answers: list[Answer] = []
    longest = 0.0
    for registrar in itertools.cycle(registrars):
        before = time.monotonic()
        assert before < deadline
        with suppress(LedgerUnavailableError):
            answers.append(deliver(registrar, index))
        longest = max(longest, time.monotonic() - before)
        if answers and answers[-1].ticket is not None:
            break
    return answers, longest


def test_an_outage_is_told_in_time_and_ends_by_itself(own_emulator: OwnEmulator) -> None:
    client = open_ledger("pass24-outage")
    registrar = new_registrar(client)
    come_until_numbered([registrar], 0)  # an emulator that has just started is slow at first

    own_emulator.stop()
    before = time.monotonic()
    with pytest.raises(LedgerUnavailableError):
        deliver(registrar, 1)
    assert time.monotonic() - before < numbering.COMMIT_TIME + registration.KEEP_TIME + 1.0

    # This emulator keeps nothing: the ledger is empty now, and the registrar remembers another counter.
    own_emulator.start()
    come_until_numbered([registrar], 1)

    assert registered(client) == {"form-1": FIRST}


def test_what_a_frozen_ledger_carries_out_afterwards_makes_no_second_ticket_and_no_gap(
    own_emulator: OwnEmulator,
) -> None:
    client = open_ledger("pass24-outage")
    registrars = [new_registrar(client), new_registrar(client)]
    answers: list[Answer] = []
    waits: list[float] = []

    def send_many(first: int) -> None:
        for index in range(first, first + 40):
            told, longest = come_until_numbered(registrars, index)
            answers.extend(told)
            waits.append(longest)

    threads = [threading.Thread(target=send_many, args=(first * 40,), daemon=True) for first in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        time.sleep(0.3)
        with own_emulator.frozen():
            time.sleep(1.3)
    for thread in threads:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    numbers = registered(client)
    assert numbers.keys() == keys(range(320))
    check_promises(answers, numbers)
    # The outage was felt, and nobody was kept waiting for its end: a wait for another's commit, one's own commit with
    # the look before it, and keeping, which may have to look for the answer, twice.
    assert numbering.COMMIT_TIME < max(waits) < 3 * numbering.COMMIT_TIME + 3 * registration.KEEP_TIME + 1.0
