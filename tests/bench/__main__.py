"""`make bench`: each line is `BENCH <name> ratio=<x> ours=<v> baseline=<v> unit=<u>`; names choose some of them."""

import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from local import emulators
from local.processes import HOST, Child, free_port
from local.resources import make_bucket, make_topic
from local.services import storage_command
from local.smtp.inbound import Signer
from tests.bench import cost, desk, door, mail, pairs, registration, sweep, texts

PROJECT = f"bench-{uuid.uuid4().hex[:12]}"
BENCHMARKS: Mapping[str, Callable[[], None]] = {
    "registration_throughput": registration.throughput,
    "registration_vs_naive": registration.versus_naive,
    "registration_4_instances": registration.four_instances,
    "door_throughput": lambda: door.throughput(PROJECT),
    "cold_start": lambda: door.cold_start(PROJECT),
    "memory": lambda: door.memory(PROJECT),
    "per_ticket": cost.per_ticket,
    "sweep_cost": sweep.cost,
    "sweep_throughput": sweep.throughput,
    "desk_reads": desk.reads,
    "mail_parse": mail.parse,
    "mail_peak_memory": lambda: mail.peak_memory(PROJECT),
    "mail_door": lambda: door.mail_throughput(PROJECT),
    "duplicate_quality": pairs.duplicate_quality,
    "extraction_quality": texts.quality,
}
WITHOUT_EMULATORS = frozenset({"duplicate_quality", "extraction_quality"})


def main(names: list[str]) -> None:
    """Run benchmarks, each on emulators of its own: what one leaves in their memory would slow down the next."""
    os.environ[door.SIGNING_KEY] = Signer.generate().pem
    for name in names or BENCHMARKS:
        with nullcontext() if name in WITHOUT_EMULATORS else _fresh_emulators():
            BENCHMARKS[name]()


@contextmanager
def _fresh_emulators() -> Iterator[None]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for emulator in (emulators.FIRESTORE, emulators.PUBSUB):
            port = free_port()
            command = emulators.command(emulator, os.environ, HOST, port)
            child = Child(emulator.name, command, os.environ, folder / f"{emulator.name}.log")
            stack.callback(child.stop)
            child.wait_until_ready(port)
            os.environ[emulator.variable] = f"{HOST}:{port}"
        port = free_port()
        child = Child("storage", storage_command(port), os.environ, folder / "storage.log")
        stack.callback(child.stop)
        child.wait_until_ready(port)
        os.environ["STORAGE_EMULATOR_HOST"] = f"http://{HOST}:{port}"
        make_bucket(f"{HOST}:{port}", PROJECT, "bench-files")
        # Without a subscription: what publishing costs is measured, and not what follows.
        make_topic(os.environ[emulators.PUBSUB.variable], PROJECT, "notifications")
        yield


if __name__ == "__main__":
    main(sys.argv[1:])
