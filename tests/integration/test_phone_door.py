"""The specialists' door over the emulators: calls by form and by JSON, and what becomes of them (R1, R2, R10, R15)."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.function_instance import World
from tests.phone_instance import LEAST, Instance, instance, number_on, settings_of, text_of
from tests.staff import Issuer

Start = Callable[..., Instance]


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def start_phone(world: World, issuer: Issuer) -> Iterator[Start]:
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(instance({**settings_of(world, issuer), **settings}, issuer))


@pytest.fixture
def phone(start_phone: Start) -> Instance:
    return start_phone()


def test_r10_a_call_by_form_gets_its_number(phone: Instance, world: World) -> None:
    response = phone.post_form(LEAST)
    shown = phone.saved(response)
    print(text_of(shown))
    print(text_of(phone.get()))
    assert number_on(shown) == 12345
