"""What the tests of a function over the emulators start with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.form_instance import Instance, instance, settings_of
from tests.function_instance import World

Start = Callable[..., Instance]


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Starts instances of `intake_form`, with settings of their own."""
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(instance({**settings_of(world), **settings}))


@pytest.fixture
def form(start: Start) -> Instance:
    """An instance of `intake_form`."""
    return start()
