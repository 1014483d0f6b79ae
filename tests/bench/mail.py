"""Benchmarks of the e-mail channel: what reading a message costs, in time and in memory."""

import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from http.client import HTTPConnection

from functions.intake_email.parsing.parser import parse_mail
from local.processes import HOST
from tests.bench import samples
from tests.bench.door import MAIL, Server, serving, signer
from tests.bench.measure import in_turns, report
from tests.corpus.everything import CASES

_TIMES = 3
_LARGE = 25_000_000
"""Bytes of a message; its one file is base64, and so a quarter smaller."""
_PATIENCE = 60.0


def parse() -> None:
    """The corpus, against the standard library's modern parser and its choice of the body alone."""
    in_turns("mail_parse", lambda: _rate(_ours), lambda: _rate(_standard), "messages/s")


def _ours(raw: bytes) -> None:
    parse_mail(raw)


def _standard(raw: bytes) -> None:
    try:
        message_from_bytes(raw, policy=policy.default).get_body()
    except (AttributeError, ValueError, LookupError, TypeError, IndexError):
        # It raises at some malformed messages: then it has no more work with them.
        return


def _rate(work: Callable[[bytes], None]) -> float:
    begun_at = time.perf_counter()
    for _ in range(_TIMES):
        for case in CASES:
            work(case.raw)
    return _TIMES * len(CASES) / (time.perf_counter() - begun_at)


def peak_memory(project: str) -> None:
    """The most that a message of 25 MB adds to the idle function, against its size."""
    with serving(MAIL, project) as server:
        # The first large message loads what a process loads once.
        _post_large(server, 1_000_000)
        idle = _resident(server)
        peak = _post_large(server, _LARGE * 3 // 4)
    report("mail_peak_memory", (peak - idle) / 1e6, _LARGE / 1e6, "MB")


def _post_large(server: Server, size: int) -> float:
    """Post a message with a file; give the most memory that the server had meanwhile, in bytes."""
    body, headers = samples.mail_call(signer(), size)
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            peak = max(peak, _resident(server))
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        connection = HTTPConnection(HOST, server.port, timeout=_PATIENCE)
        connection.request("POST", "/", body, headers)
        status = connection.getresponse().status
    finally:
        done.set()
        watcher.join()
    if status != MAIL.done:
        raise RuntimeError(f"answered with {status}")
    return peak


def _resident(server: Server) -> float:
    return float(sum(process.memory_info().rss for process in server.processes()))
