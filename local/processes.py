"""Starts, watches and stops child processes that leave nothing behind, even when their starter is killed."""

import os
import secrets
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from local.errors import StackError

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_TETHER = ROOT / "local" / "tether.py"
_START_PATIENCE = 60.0  # seconds; a cold start without .pyc files on a busy machine takes several
_STOP_PATIENCE = 10.0  # seconds; what Cloud Run gives an instance between SIGTERM and SIGKILL
_POLL_EVERY = 0.05  # seconds
_KNOCK_PATIENCE = 5.0  # seconds
_TAIL_LINES = 20
PORTS = range(20_000, 32_000)
"""Below those that the system gives away: the emulator's WebSocket server once got the one meant for the emulator."""
_MOST_PORTS_TRIED = 100


class ChildFailedError(StackError):
    """A child ended that should not have, or never became ready."""


Knock = Callable[[int], str | None]
"""Says why the server on a port is not ready; None when it is."""


def http_trouble(port: int) -> str | None:
    """Why the HTTP server on the port is not ready: its server error, or what happened; None when it is."""
    connection = HTTPConnection(HOST, port, timeout=_KNOCK_PATIENCE)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return str(status) if status >= 500 else None  # noqa: PLR2004 - RFC 9110: 5xx is the server's error


def smtp_trouble(port: int) -> str | None:
    """Why the SMTP server on the port is not ready; None when it is."""
    try:
        with smtplib.SMTP(HOST, port, local_hostname="localhost", timeout=_KNOCK_PATIENCE):
            return None
    except OSError as error:  # smtplib's own errors are of this kind
        return str(error) or type(error).__name__


class Child:
    """One running program in its own session, with its output in a file.

    The session keeps a terminal's Ctrl-C from the child (its starter stops it, in order), and its process group
    is what `stop` clears at the end, so that no grandchild stays. Start it from a main thread (see tether.py).
    """

    def __init__(self, name: str, command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        self._is_asked_to_stop = False
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raises ChildFailedError, with the end of the log, when the child is no longer running."""
        code = self._process.poll()
        if code is not None:
            ending = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
            raise ChildFailedError(f"{self.name} ended ({ending}). {self._last_words()}")

    def wait_until_ready(
        self,
        port: int,
        interrupted: Callable[[], bool] = lambda: False,
        knock: Knock = http_trouble,
    ) -> None:
        """Returns when the child answers on its port (`knock`; HTTP by default), or on interruption.

        Raises:
            ChildFailedError: the child ended, or is still not ready after a minute.
        """
        deadline = time.monotonic() + _START_PATIENCE
        while not interrupted():
            self.check()
            trouble = knock(port)
            if trouble is None:
                return
            if time.monotonic() > deadline:
                raise ChildFailedError(
                    f"{self.name} is not ready after {_START_PATIENCE:.0f} s: port {port} answers {trouble}. "
                    f"{self._last_words()}"
                )
            time.sleep(_POLL_EVERY)

    def ask_to_stop(self) -> None:
        """SIGTERM to the child, once, without waiting."""
        if self._process.poll() is None and not self._is_asked_to_stop:
            self._is_asked_to_stop = True
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM to the child, a bounded wait, then SIGKILL to whatever is left of its process group."""
        self.ask_to_stop()
        if self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_PATIENCE)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        return "\n".join([f"The end of {self._log}:", *(f"    {line}" for line in lines)])


def is_free(port: int) -> bool:
    """Whether a server can listen on the port now. A connection that is only winding down does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free at this moment, and that no program gets that leaves the choice to the system.

    Raises:
        StackError: None was found.
    """
    for _ in range(_MOST_PORTS_TRIED):
        port = secrets.choice(PORTS)
        if is_free(port):
            return port
    raise StackError(f"none of {_MOST_PORTS_TRIED} ports that were tried is free")
