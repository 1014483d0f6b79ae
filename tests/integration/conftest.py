"""What the tests of a function over the emulators start with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.form_instance import Instance, World, instance, make_world, settings_of

Start = Callable[..., Instance]


@pytest.fixture
def world(ledger_project: str, pubsub_emulator: str, storage_emulator: str) -> World:
    """A ledger, a topic and a bucket that no other test uses."""
    return make_world(ledger_project, pubsub_emulator, storage_emulator)


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Starts instances of `intake_form`, with settings of their own."""
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(instance({**settings_of(world), **settings}))


@pytest.fixture
def form(start: Start) -> Instance:
    """An instance of `intake_form`."""
    return start()
