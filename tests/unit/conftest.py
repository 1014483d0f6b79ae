"""Registration over a ledger in memory."""

import pytest

from shared import numbering
from shared.registration import Registrar
from tests.unit.fake_ledger import FakeLedger, FakeTime
from tests.unit.registering import POLICY, Clock, RecordingBell


@pytest.fixture
def elapsed(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The seconds that registration and the ledger believe to have passed."""
    fake = FakeTime()
    monkeypatch.setattr(numbering, "time", fake)
    return fake


@pytest.fixture
def ledger(elapsed: FakeTime) -> FakeLedger:
    return FakeLedger(sleep=elapsed.sleep)


@pytest.fixture
def bell() -> RecordingBell:
    return RecordingBell()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registrar(ledger: FakeLedger, bell: RecordingBell, clock: Clock) -> Registrar:
    return Registrar(ledger, bell, POLICY, clock)


@pytest.fixture
def another(ledger: FakeLedger, bell: RecordingBell, clock: Clock) -> Registrar:
    """Another instance, with a memory of its own."""
    return Registrar(ledger, bell, POLICY, clock)
