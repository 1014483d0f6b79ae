"""Benchmarks of the doors under the production server: the form's against a bare function's, the mail's against it."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException

import psutil

from local.processes import HOST, ROOT, free_port
from local.smtp.inbound import Signer
from tests.bench import samples
from tests.bench.measure import in_turns, rate

CLIENTS = 32
POSTS = 1600
MEMORY_POSTS = 1000
_PATIENCE = 60.0

SIGNING_KEY = "BENCH_SIGNING_KEY"
"""Variable with the key (PEM) that signs the mails' calls: server and clients are different processes."""


Call = tuple[bytes, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Door:
    """A function, and what a client does at it.

    Attributes:
        call: Makes a new request: body and headers.
        done: The status that means that it is registered.
    """

    target: str
    source: str
    call: Callable[[], Call]
    done: int


def form_call() -> Call:
    """Make a request as a program posts it."""
    return json.dumps(samples.post()).encode(), {"Content-Type": "application/json"}


def mail_call() -> Call:
    """Make a small mail as SendGrid posts it."""
    return samples.mail_call(signer())


@cache
def signer() -> Signer:
    """Give the key that signs the mails' calls."""
    return Signer.from_pem(os.environ[SIGNING_KEY])


def post(connection: HTTPConnection, call: Call) -> int:
    """Post a request; give the answer's status."""
    body, headers = call
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


FORM = Door("intake_form", "functions/intake_form/main.py", form_call, 201)
MAIL = Door("intake_email", "functions/intake_email/main.py", mail_call, 200)
BARE = Door("bare", "tests/bench/bare/main.py", form_call, 201)
DOORS = {door.target: door for door in (FORM, MAIL, BARE)}


def _environment(project: str) -> dict[str, str]:
    # Python compiles once, as a deployed image does; this variable would have it compile at every start.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {
        "GOOGLE_CLOUD_PROJECT": project,
        "NOTIFICATIONS_TOPIC": "notifications",
        "FILES_BUCKET": "bench-files",
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FORM_SECRETS": "bench",
        "LINK_SECRETS": "bench",
        "ADDRESS_LIMIT": "1000000000",
        "INBOUND_KEYS": signer().public_key,
        "REPLY_SECRETS": "bench",
        "THREADS": str(CLIENTS),
        "WORKERS": "1",
    }


class Server:
    """A function under functions-framework's production server."""

    def __init__(self, door: Door, project: str) -> None:
        self.door = door
        self.port = free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        command = (
            *(sys.executable, "-m", "functions_framework", "--source", door.source, "--target", door.target),
            *("--signature-type", "http", "--host", HOST, "--port", str(self.port)),
        )
        self.process = subprocess.Popen(  # noqa: S603  # our own command
            command, cwd=ROOT, env=_environment(project), stdout=self._log, stderr=self._log
        )

    def wait(self) -> None:
        """Wait for the first ticket, as its client does."""
        deadline = time.monotonic() + _PATIENCE
        while self._first_answer() != self.door.done:
            if time.monotonic() > deadline or self.process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(self._log.read().decode()[-2000:])
            time.sleep(0.005)

    def _first_answer(self) -> int | None:
        try:
            return post(HTTPConnection(HOST, self.port, timeout=30), self.door.call())
        except (OSError, HTTPException):
            return None

    def processes(self) -> list[psutil.Process]:
        """Give master and worker."""
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def memory(self) -> float:
        """Give the resident memory of master and worker together, in MiB."""
        return sum(process.memory_info().rss for process in self.processes()) / 2**20

    def stop(self) -> None:
        """End it, and wait for its end."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()


@contextmanager
def serving(door: Door, project: str) -> Iterator[Server]:
    """Run a function's server until its end."""
    server = Server(door, project)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def throughput(project: str) -> None:
    """32 clients, from a process of their own, against each server."""
    _compare("door_throughput", FORM, BARE, project, prepared=False)


def mail_throughput(project: str) -> None:
    """The same with small mails, against the form."""
    _compare("mail_door", MAIL, FORM, project, prepared=True)


def _compare(name: str, our_door: Door, baseline: Door, project: str, *, prepared: bool) -> None:
    with serving(our_door, project) as ours, serving(baseline, project) as base:
        # The emulators stop for a moment now and then: a median of five rounds differs by a tenth from run to run.
        in_turns(name, lambda: _clients(ours, prepared), lambda: _clients(base, prepared), "posts/s", rounds=9)


def _clients(server: Server, prepared: bool) -> float:  # noqa: FBT001  # handed on to a command line
    command = (
        *(sys.executable, "-m", "tests.bench.clients"),
        *(server.door.target, str(server.port), str(CLIENTS), str(POSTS), str(int(prepared))),
    )
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)  # noqa: S603  # our own command
    return float(done.stdout)


def cold_start(project: str) -> None:
    """Process start to the first 201."""
    subprocess.run(  # our own command
        [sys.executable, "-m", "compileall", "-q", "functions", "shared", "tests/bench"],
        cwd=ROOT,
        check=True,
        env=_environment(project),
        timeout=120,
    )
    in_turns("cold_start", lambda: _first(FORM, project), lambda: _first(BARE, project), "s", rounds=9)


def _first(door: Door, project: str) -> float:
    begun_at = time.perf_counter()
    with serving(door, project):
        return time.perf_counter() - begun_at


def memory(project: str) -> None:
    """Resident memory after 1,000 posts."""
    in_turns("memory", lambda: _after_posts(FORM, project), lambda: _after_posts(BARE, project), "MiB", rounds=1)


def _after_posts(door: Door, project: str) -> float:
    with serving(door, project) as server:
        connection = HTTPConnection(HOST, server.port, timeout=30)
        rate(lambda: post(connection, door.call()), 1, MEMORY_POSTS)
        return server.memory()
