"""Emulators for every test that asks for one: started once a session, at the first use, and stopped at its end."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local import emulators
from local.processes import HOST, Child, free_port
from local.services import storage_command
from tests.function_instance import World, make_world
from tests.staff import Issuer


@pytest.fixture(scope="session")
def session_environment() -> Iterator[pytest.MonkeyPatch]:
    """The environment that Google's clients read; put back at the end of the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_CLOUD_PROJECT", os.environ.get("GOOGLE_CLOUD_PROJECT", "pass24-test"))
        yield patch


@pytest.fixture(scope="session")
def firestore_emulator(
    session_environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The Firestore emulator's address, `host:port`."""
    with _google_emulator(emulators.FIRESTORE, session_environment, tmp_path_factory) as address:
        yield address


@pytest.fixture(scope="session")
def pubsub_emulator(session_environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Pub/Sub emulator's address, `host:port`; it has no topics."""
    with _google_emulator(emulators.PUBSUB, session_environment, tmp_path_factory) as address:
        yield address


@pytest.fixture(scope="session")
def storage_emulator(
    session_environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The Cloud Storage emulator's URL; it has no buckets."""
    running = os.environ.get("STORAGE_EMULATOR_HOST")
    if running:
        yield running
        return
    port = free_port()
    with _running("storage", storage_command(port), port, tmp_path_factory):
        url = f"http://{HOST}:{port}"
        session_environment.setenv("STORAGE_EMULATOR_HOST", url)
        yield url


@pytest.fixture
def ledger_project(firestore_emulator: str) -> str:  # noqa: ARG001 - asked for so that it runs
    """A project id of this test's own, so that it shares no document with another; cheaper than a reset."""
    return f"test-{uuid.uuid4().hex[:16]}"


@contextmanager
def _google_emulator(
    emulator: emulators.Emulator, environment: pytest.MonkeyPatch, folders: pytest.TempPathFactory
) -> Iterator[str]:
    running = os.environ.get(emulator.variable)
    if running:
        yield running
        return
    port = free_port()
    with _running(emulator.name, emulators.command(emulator, os.environ, HOST, port), port, folders):
        environment.setenv(emulator.variable, f"{HOST}:{port}")
        yield f"{HOST}:{port}"


@contextmanager
def _running(name: str, command: tuple[str, ...], port: int, folders: pytest.TempPathFactory) -> Iterator[None]:
    child = Child(name, command, os.environ, folders.mktemp(name) / f"{name}.log")
    try:
        child.wait_until_ready(port)
        yield
    finally:
        child.stop()


@pytest.fixture
def world(ledger_project: str, pubsub_emulator: str, storage_emulator: str) -> World:
    """A ledger, a topic and a bucket that no other test uses."""
    return make_world(ledger_project, pubsub_emulator, storage_emulator)


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """An issuer of assertions, for the functions for specialists; a test that changes it takes one of its own."""
    with Issuer() as running:
        yield running
