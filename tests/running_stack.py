"""The whole local stack, as `make run` starts it, for tests that stand outside of it."""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import requests

from local.processes import HOST, PORTS, Child, is_free
from local.services import OFFSETS

_START_PATIENCE = 90.0  # seconds
_PATIENCE = 10.0  # seconds for one answer

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that has said that it is ready."""

    base: int
    folder: Path

    @property
    def said(self) -> str:
        """What it has told the person who started it."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    def log(self, service: str) -> str:
        """What a service has logged."""
        return (self.folder / "logs" / f"{service}.log").read_text(encoding="utf-8")

    def url(self, service: str) -> str:
        """The address of a service of `local.services.OFFSETS`."""
        return f"http://{HOST}:{self.base + OFFSETS[service]}"

    @property
    def form(self) -> str:
        """The form's address."""
        return f"{self.url('intake_form')}/"

    def letters(self, to: str) -> list[dict[str, Any]]:
        """The letters in the mailbox to one address, oldest first."""
        answer = requests.get(f"{self.url('mailbox')}/api/messages", params={"to": to}, timeout=_PATIENCE)
        letters: list[dict[str, Any]] = answer.json()
        return letters

    def fault(self, **fault: object) -> None:
        """Have SendGrid's next calls or letters fail, as `local.sendgrid.fault_requests.parse_fault` reads it."""
        requests.post(f"{self.url('mailbox')}/api/faults", json=fault, timeout=_PATIENCE).raise_for_status()

    def no_more_faults(self) -> None:
        """Let SendGrid's next calls and letters pass."""
        requests.delete(f"{self.url('mailbox')}/api/faults", timeout=_PATIENCE).raise_for_status()

    def ticket(self, number: int) -> dict[str, Any]:
        """A ticket's document in the ledger; empty when there is none."""
        path = f"/v1/projects/pass24-local/databases/(default)/documents/tickets/{number}"
        # The emulator's own word for somebody who may read everything.
        owner = {"Authorization": "Bearer owner"}
        found = requests.get(f"{self.url('firestore')}{path}", headers=owner, timeout=_PATIENCE).json()
        return {name: _plain(value) for name, value in found.get("fields", {}).items()}

    def objects(self) -> dict[str, bytes]:
        """The stored files, by their objects' names."""
        base = f"{self.url('storage')}/storage/v1/b/pass24-local-files/o"
        items = requests.get(base, timeout=_PATIENCE).json().get("items", [])
        links = {item["name"]: f"{base}/{quote(item['name'], safe='')}?alt=media" for item in items}
        return {name: requests.get(link, timeout=_PATIENCE).content for name, link in links.items()}


def _plain(value: dict[str, Any]) -> Any:  # noqa: ANN401  # whatever a document holds
    """A value of Firestore's REST interface: `{"stringValue": "…"}`."""
    [(kind, held)] = value.items()
    match kind:
        case "mapValue":
            return {name: _plain(inner) for name, inner in held.get("fields", {}).items()}
        case "arrayValue":
            return [_plain(inner) for inner in held.get("values", [])]
        case "integerValue":
            return int(held)
        case "timestampValue":
            return datetime.fromisoformat(held)
        case _:
            return held


def wait_for(what: Callable[[], Found], patience: float = 20.0) -> Found:
    """What is asked for, as soon as it is there and not empty; what there is after `patience` seconds otherwise."""
    deadline = time.monotonic() + patience
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@contextmanager
def running_stack(folder: Path, **settings: str) -> Iterator[RunningStack]:
    """Starts a stack of its own on free ports, with its logs in `folder`, and stops it at the end.

    Emulators that other tests run are left to them.
    """
    base = _free_base()
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")}
    environment.pop("GOOGLE_CLOUD_PROJECT", None)
    environment |= {"PORT_BASE": str(base), "LOCAL_LOGS": str(folder / "logs"), **settings}
    said = folder / "said.txt"
    child = Child("stack", (sys.executable, "-m", "local"), environment, said)
    try:
        deadline = time.monotonic() + _START_PATIENCE
        while "ready" not in said.read_text(encoding="utf-8").splitlines():
            child.check()
            assert time.monotonic() < deadline, "the stack is not ready"
            time.sleep(0.1)
        yield RunningStack(base, folder)
    finally:
        child.stop()


def _free_base() -> int:
    for base in random.sample(PORTS, 100):
        if all(is_free(base + offset) for offset in OFFSETS.values()):
            return base
    raise AssertionError("no free ports")
