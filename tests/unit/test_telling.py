"""R10, R9: a specialist has told the client the number."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared import conflicts
from shared.conflicts import ATTEMPTS
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import Attachment
from shared.domain.ticket import Acceptance, Ticket, join
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.telling import MergedError, Telling
from tests.sample_ticket import PLAIN, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeTime

TICKET = opened(PLAIN)
NOW = TICKET.registered_at + timedelta(minutes=5)
WITHOUT_ADDRESS = opened(replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(conflicts, "time", fake)
    return fake


@pytest.fixture
def ledger() -> FakeChanges:
    fake = FakeChanges()
    fake.hold(TICKET)
    return fake


@pytest.fixture
def tell(ledger: FakeChanges) -> Telling:
    return Telling(ledger, lambda: NOW)


@pytest.mark.parametrize(
    "acceptance", [Acceptance.PENDING, Acceptance.UNDELIVERABLE, Acceptance.REVOKED, Acceptance.NOT_AWAITED]
)
def test_r10_a_ticket_whose_number_was_told_is_accepted(
    ledger: FakeChanges, tell: Telling, acceptance: Acceptance
) -> None:
    ledger.hold(replace(TICKET, acceptance=acceptance))
    told = tell.record(12345, "Анна")
    ticket = ledger.ticket(12345)
    assert told is not None
    assert told.ticket == ticket
    assert told.before.acceptance is acceptance
    assert (ticket.acceptance, ticket.accepted_at, ticket.accepted_by) == (Acceptance.ACCEPTED, NOW, "Анна")
    assert ticket.check_at is None
    assert [(number, line.at, line.by, line.id) for number, line in ledger.history] == [
        (12345, NOW, "Анна", "number_told-12345-confirmation")
    ]


def test_r10_a_client_without_an_address_can_be_told(ledger: FakeChanges, tell: Telling) -> None:
    ledger.hold(WITHOUT_ADDRESS)
    tell.record(12345, "Анна")
    assert ledger.ticket(12345).acceptance is Acceptance.ACCEPTED
    assert [line.id for _, line in ledger.history] == ["number_told-arrival-1"]


def test_r16_the_sweep_looks_at_an_open_flag_again(ledger: FakeChanges, tell: Telling) -> None:
    ledger.hold(replace(TICKET, check_at=None, flags=(Flag(FlagKind.NOT_CONFIRMED, NOW, "не доставлено"),)))
    tell.record(12345, "Анна")
    assert ledger.ticket(12345).check_at == NOW


def accepted() -> Ticket:
    at = TICKET.registered_at
    return replace(TICKET, acceptance=Acceptance.ACCEPTED, accepted_at=at, accepted_by=TICKET.confirmation)


def test_r10_a_ticket_that_is_accepted_already_stays_as_it_is(ledger: FakeChanges, tell: Telling) -> None:
    ledger.hold(accepted())
    told = tell.record(12345, "Анна")
    assert told is not None
    assert told.ticket is told.before
    assert ledger.ticket(12345) == accepted()
    assert ledger.commits == []


def test_r10_saying_it_again_after_a_lost_answer_does_no_harm(ledger: FakeChanges, tell: Telling) -> None:
    ledger.faults.append(LedgerUnavailableError("told to"))
    ledger.loses_answers = True
    with pytest.raises(LedgerUnavailableError):
        tell.record(12345, "Анна")
    told = tell.record(12345, "Анна")
    assert told is not None
    assert told.ticket.accepted_by == "Анна"
    assert len(ledger.history) == 1


def test_an_unknown_ticket_is_none(tell: Telling) -> None:
    assert tell.record(99999, "Анна") is None


def test_r15_of_a_merged_ticket_the_other_number_has_to_be_told(ledger: FakeChanges, tell: Telling) -> None:
    ledger.hold(replace(TICKET, merged_into=12346))
    with pytest.raises(MergedError) as error:
        tell.record(12345, "Анна")
    assert error.value.into == 12346
    assert ledger.commits == []


def test_a_ticket_that_was_changed_meanwhile_is_read_again(ledger: FakeChanges, tell: Telling) -> None:
    ledger.before.append(lambda: ledger.hold(join(TICKET, replace(PLAIN, key="mail-2"), Attachment.REPLY, NOW)))
    tell.record(12345, "Анна")
    assert ledger.ticket(12345).submissions == ("arrival-1", "mail-2")
    assert ledger.ticket(12345).acceptance is Acceptance.ACCEPTED


def test_a_ticket_that_a_letter_reaches_meanwhile_is_accepted_by_that(ledger: FakeChanges, tell: Telling) -> None:
    ledger.before.append(lambda: ledger.hold(accepted()))
    tell.record(12345, "Анна")
    assert ledger.ticket(12345) == accepted()
    assert ledger.history == []


def test_a_ticket_that_keeps_changing_is_given_up(ledger: FakeChanges, tell: Telling) -> None:
    ledger.before.extend([lambda: ledger.hold(TICKET)] * ATTEMPTS)
    with pytest.raises(LedgerConflictError):
        tell.record(12345, "Анна")
    assert not ledger.before
    assert ledger.commits == []
