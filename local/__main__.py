"""`make run`: starts everything, shows one table of addresses, and watches until it is told to stop."""

import os
import signal
import sys
import time
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from shlex import quote
from types import FrameType

from local.errors import StackError
from local.processes import ROOT, Child, is_free
from local.resources import make_bucket, make_pull, make_push
from local.services import Plan, Service, authority, plan

_LOGS = ".local/logs"
_WATCH_EVERY = 0.2  # seconds


class StopRequest:
    """Remembers that SIGINT or SIGTERM came.

    Nothing is raised from the handler: an exception between starting a child and writing it down would lose the
    child. A second Ctrl-C finds the stack stopping already, and changes nothing.
    """

    def __init__(self) -> None:
        self.made = False
        signal.signal(signal.SIGINT, self._remember)
        signal.signal(signal.SIGTERM, self._remember)

    def _remember(self, _signal: int, _frame: FrameType | None) -> None:
        self.made = True


class Supervisor:
    """Starts the services, watches them, and stops them: what started together ends together, the last first."""

    def __init__(self, logs: Path, stop: StopRequest) -> None:
        self._logs = logs
        self._stop = stop
        self._groups: list[list[Child]] = []

    def start(self, services: Iterable[Service]) -> None:
        """Starts the services side by side and waits until each one answers, or a stop is requested."""
        started = []
        group: list[Child] = []
        self._groups.append(group)
        for service in services:
            if self._stop.made:
                return
            # A runtime folder of its own (XDG Base Directory Specification): gunicorn puts its control socket
            # there, and all servers of a user would otherwise fight over one in the home folder.
            runtime = self._logs / "run" / service.name
            runtime.mkdir(parents=True, exist_ok=True)
            environment = {**service.settings, "XDG_RUNTIME_DIR": str(runtime)}
            child = Child(service.name, service.command, environment, self._logs / f"{service.name}.log")
            group.append(child)
            started.append((child, service))
        for child, service in started:
            for port in service.ports:
                child.wait_until_ready(port, lambda: self._stop.made, service.knock)

    def watch(self) -> None:
        """Returns when a stop is requested; raises ChildFailedError when a child ends before that."""
        while not self._stop.made:
            for child in chain.from_iterable(self._groups):
                child.check()
            time.sleep(_WATCH_EVERY)

    def stop(self) -> None:
        """Stops every child."""
        for group in reversed(self._groups):
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.stop()


def check_ports(services: Iterable[Service]) -> None:
    """Raises StackError that names every port which is taken."""
    taken = [(port, service.name) for service in services for port in service.ports if not is_free(port)]
    if taken:
        ports = "\n".join(f"    {port}  {name}" for port, name in taken)
        raise StackError(f"Taken by another program:\n{ports}\nPORT_BASE=18080 make run moves all ports.")


def make_resources(stack: Plan) -> None:
    """Makes what the functions expect to find: the topics with their subscriptions, the bucket."""
    settings = stack.settings
    project = settings["GOOGLE_CLOUD_PROJECT"]
    pubsub = authority(settings["PUBSUB_EMULATOR_HOST"])
    make_push(pubsub, project, settings["NOTIFICATIONS_TOPIC"], "notify", stack.push_endpoint)
    make_pull(pubsub, project, settings["READY_TOPIC"], "classification")
    make_bucket(authority(settings["STORAGE_EMULATOR_HOST"]), project, settings["FILES_BUCKET"])


def write_operators_settings(stack: Plan, folder: Path) -> Path:
    """Writes what the operators' command line needs into a file for the shell, which only its owner may read."""
    path = folder / "operators.env"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={quote(value)}\n" for name, value in stack.settings.items()))
    return path


def table(stack: Plan, logs: Path) -> str:
    """Every address, the logs' folder, and how to call the operators' command line."""
    lines = [f"{line.name:<13}{line.address:<25}{line.purpose}" for line in stack.addresses]
    operators = f". {write_operators_settings(stack, logs)}; .venv/bin/python -m ops audit"
    lines += [f"{'logs':<13}{logs}", f"{'operators':<13}{operators}"]
    return "\n".join(lines)


def main() -> int:
    """Runs the stack until SIGINT or SIGTERM (0), or until something fails (1)."""
    stop = StopRequest()
    logs = ROOT / os.environ.get("LOCAL_LOGS", _LOGS)
    supervisor = Supervisor(logs, stop)
    try:
        stack = plan(os.environ)
        check_ports(stack.foundations + stack.functions)
        supervisor.start(stack.foundations)
        if not stop.made:
            make_resources(stack)
            supervisor.start(stack.functions)
        if not stop.made:
            print(f"{table(stack, logs)}\nready", flush=True)
        supervisor.watch()
    except StackError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
