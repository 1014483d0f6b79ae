"""What the tests of a function over the emulators start with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests import phone_instance
from tests.form_instance import Instance, instance, settings_of
from tests.function_instance import World
from tests.staff import Issuer

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


@pytest.fixture
def start_phone(world: World) -> Iterator[Callable[..., phone_instance.Instance]]:
    """Starts instances of `intake_phone`, with settings of their own."""
    with ExitStack() as running:
        issuer = running.enter_context(Issuer())
        usual = phone_instance.settings_of(world, issuer)
        yield lambda **settings: running.enter_context(phone_instance.instance({**usual, **settings}, issuer))


@pytest.fixture
def phone(start_phone: Callable[..., phone_instance.Instance]) -> phone_instance.Instance:
    """An instance of `intake_phone`, asked by ANNA."""
    return start_phone()
