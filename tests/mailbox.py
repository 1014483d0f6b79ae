"""The SendGrid stand-in, run as a process of its own for the tests that send letters."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.processes import HOST, Child, free_port
from local.smtp.inbound import Signer
from tests.event_receiver import receiving_events

_PATIENCE = 10.0  # seconds for one answer


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in."""

    url: str

    def letters(self, notification: str) -> list[dict[str, Any]]:
        """The letters that it took for one notification, oldest first."""
        listed = requests.get(f"{self.url}/api/messages", timeout=_PATIENCE).json()
        return [letter for letter in listed if letter["custom_args"] == {"notification": notification}]

    def fault(self, **fault: object) -> None:
        """Have the next calls or letters fail, as `local.sendgrid.fault_requests.parse_fault` reads it."""
        requests.post(f"{self.url}/api/faults", json=fault, timeout=_PATIENCE).raise_for_status()

    def pending_faults(self) -> list[dict[str, Any]]:
        """What the next calls and letters are still to meet."""
        pending: list[dict[str, Any]] = requests.get(f"{self.url}/api/faults", timeout=_PATIENCE).json()
        return pending

    def clear(self) -> None:
        """Empty the mailbox, and let the next calls and letters pass."""
        for name in ("messages", "faults"):
            requests.delete(f"{self.url}/api/{name}", timeout=_PATIENCE).raise_for_status()


@contextmanager
def running_stand_in(folder: Path, *options: str, **settings: str) -> Iterator[StandIn]:
    """Starts the stand-in with its log in `folder`, and stops it at the end."""
    port = free_port()
    command = (sys.executable, "-m", "local.sendgrid", "--port", str(port), *options)
    child = Child("mailbox", command, {**os.environ, **settings}, folder / "mailbox.log")
    try:
        child.wait_until_ready(port)
        yield StandIn(f"http://{HOST}:{port}")
    finally:
        child.stop()


@contextmanager
def running_stand_in_with_events(folder: Path) -> Iterator[StandIn]:
    """The same, with somebody who takes its events: only then letters are delivered, or come back."""
    key = Signer.generate().pem
    with (
        receiving_events() as receiver,
        running_stand_in(folder, "--events", receiver.url, EVENT_SIGNING_KEY=key) as running,
    ):
        yield running
