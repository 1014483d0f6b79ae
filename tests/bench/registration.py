"""Benchmarks of the ledger: how fast tickets are numbered."""

import multiprocessing
import time
import uuid

from google.cloud import firestore

from shared.domain.ticket import open_ticket
from shared.store import documents
from tests.bench import samples
from tests.bench.measure import in_turns, rate, report

CALLERS = 32
TICKETS = 3200
NAIVE_SECONDS = 8.0
INSTANCES = 4


def _client() -> firestore.Client:
    """Connect to a ledger of this benchmark's own."""
    return firestore.Client(project=f"bench-{uuid.uuid4().hex[:12]}")


def throughput() -> None:
    """32 callers of one registrar against 32 threads of plain `create()` of one equally large document."""
    client = _client()
    registrar = samples.registrar(client)
    document = samples.equally_large_document()
    in_turns(
        "registration_throughput",
        ours=lambda: rate(lambda: registrar.register(samples.submission()), CALLERS, TICKETS),
        baseline=lambda: rate(
            lambda: client.collection("plain").document(uuid.uuid4().hex).create(document), CALLERS, TICKETS
        ),
        unit="tickets/s",
    )


def versus_naive() -> None:
    """8 callers against the usual transaction per ticket, which reads the counter and writes it with the ticket."""
    client = _client()
    registrar = samples.registrar(client)
    ours = rate(lambda: registrar.register(samples.submission()), 8, 1600)
    registered = _naive_tickets(_client(), 8)
    report("registration_vs_naive", ours, max(registered, 1) / NAIVE_SECONDS, "tickets/s")


def _naive_tickets(client: firestore.Client, callers: int) -> int:
    """Give the number of tickets that transactions register in `NAIVE_SECONDS`; failed ones are begun again."""
    counter = client.document("counters/naive")
    counter.set({"last": 0})
    deadline = time.monotonic() + NAIVE_SECONDS

    @firestore.transactional
    def register(transaction: firestore.Transaction) -> None:
        number = counter.get(transaction=transaction, timeout=5).get("last") + 1
        ticket = open_ticket(samples.submission(), number, samples.now(), samples.POLICY.hours)
        transaction.update(counter, {"last": number})
        transaction.create(client.document(f"naive/{number}"), documents.ticket_document(ticket))

    def work() -> None:
        while time.monotonic() < deadline:
            try:
                register(client.transaction())
            except Exception:  # noqa: BLE001, S112  # how it fails is what is measured: it begins again
                continue

    rate(work, callers, callers)
    return int(counter.get().get("last"))


def four_instances() -> None:
    """Four processes on one counter against one process, the same number of callers in all."""
    in_turns(
        "registration_4_instances",
        ours=lambda: _processes(INSTANCES),
        baseline=lambda: _processes(1),
        unit="tickets/s",
        rounds=3,
    )


def _processes(count: int) -> float:
    """Give the tickets per second of several processes together; an error or a gap in one of them is raised."""
    project = f"bench-{uuid.uuid4().hex[:12]}"
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(count + 1), context.Queue()
    processes = [
        context.Process(target=_process, args=(project, CALLERS // count, TICKETS // count, start, done))
        for _ in range(count)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    begun_at = time.perf_counter()
    failures = [failure for failure in (done.get(timeout=120) for _ in processes) if failure]
    took = time.perf_counter() - begun_at
    for process in processes:
        process.join(30)
    if failures:
        raise RuntimeError(f"a process failed: {failures[0]}")
    last = firestore.Client(project=project).document(documents.COUNTER).get().get("last")
    expected = TICKETS + count
    if last != expected:
        raise RuntimeError(f"{expected} tickets were registered, and the counter says {last}")
    return TICKETS / took


def _process(project: str, callers: int, tickets: int, start, done) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # multiprocessing's proxies
    registrar = samples.registrar(firestore.Client(project=project))
    try:
        registrar.register(samples.submission())
        start.wait(60)
        rate(lambda: registrar.register(samples.submission()), callers, tickets)
    except Exception as error:  # noqa: BLE001  # told to the process that measures
        done.put(repr(error))
    else:
        done.put(None)
