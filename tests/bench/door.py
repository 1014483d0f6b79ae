"""Benchmarks of the form's door under the production server, against a bare function that does one `create()`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

import psutil

from local.processes import HOST, ROOT, free_port
from tests.bench import samples
from tests.bench.measure import in_turns, rate

CLIENTS = 32
POSTS = 1600
MEMORY_POSTS = 1000
_PATIENCE = 60.0

OURS = ("functions/intake_form/main.py", "intake_form")
BARE = ("tests/bench/bare/main.py", "bare")


def _environment(project: str) -> dict[str, str]:
    # Python compiles once, as a deployed image does; this variable would have it compile at every start.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {
        "GOOGLE_CLOUD_PROJECT": project,
        "NOTIFICATIONS_TOPIC": "notifications",
        "FILES_BUCKET": "bench-files",
        "SPECIALISTS_EMAIL": "specialists@pass24online.ru",
        "FORM_SECRETS": "bench",
        "ADDRESS_LIMIT": "1000000000",
        "THREADS": str(CLIENTS),
        "WORKERS": "1",
    }


class Server:
    """A function under functions-framework's production server."""

    def __init__(self, function: tuple[str, str], project: str) -> None:
        source, target = function
        self.port = free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  # closed with the process
        command = (
            *(sys.executable, "-m", "functions_framework", "--source", source, "--target", target),
            *("--signature-type", "http", "--host", HOST, "--port", str(self.port)),
        )
        self.process = subprocess.Popen(  # noqa: S603  # our own command
            command, cwd=ROOT, env=_environment(project), stdout=self._log, stderr=self._log
        )

    def wait(self) -> None:
        """Wait for the first ticket, as its client does."""
        deadline = time.monotonic() + _PATIENCE
        while self._first_answer() != 201:  # 201 Created
            if time.monotonic() > deadline or self.process.poll() is not None:
                self._log.seek(0)
                raise RuntimeError(self._log.read().decode()[-2000:])
            time.sleep(0.005)

    def _first_answer(self) -> int | None:
        try:
            return post(HTTPConnection(HOST, self.port, timeout=30))
        except (OSError, HTTPException):
            return None

    def memory(self) -> float:
        """Give the resident memory of master and worker together, in MiB."""
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        return sum(process.memory_info().rss for process in family) / 2**20

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
def _serving(function: tuple[str, str], project: str) -> Iterator[Server]:
    server = Server(function, project)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def post(connection: HTTPConnection) -> int:
    """Post one request; give the answer's status."""
    body = json.dumps(samples.post()).encode()
    connection.request("POST", "/", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status


def throughput(project: str) -> None:
    """32 clients, from a process of their own, against each server."""
    with _serving(OURS, project) as ours, _serving(BARE, project) as bare:
        in_turns("door_throughput", lambda: _clients(ours.port), lambda: _clients(bare.port), "posts/s")


def _clients(port: int) -> float:
    command = (sys.executable, "-m", "tests.bench.clients", str(port), str(CLIENTS), str(POSTS))
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
    in_turns("cold_start", lambda: _first(OURS, project), lambda: _first(BARE, project), "s", rounds=9)


def _first(function: tuple[str, str], project: str) -> float:
    begun_at = time.perf_counter()
    with _serving(function, project):
        return time.perf_counter() - begun_at


def memory(project: str) -> None:
    """Resident memory after 1,000 posts."""
    in_turns("memory", lambda: _after_posts(OURS, project), lambda: _after_posts(BARE, project), "MiB", rounds=1)


def _after_posts(function: tuple[str, str], project: str) -> float:
    with _serving(function, project) as server:
        connection = HTTPConnection(HOST, server.port, timeout=30)
        rate(lambda: post(connection), 1, MEMORY_POSTS)
        return server.memory()
