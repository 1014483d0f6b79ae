"""R9, R15: what is over when a person says so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared import conflicts
from shared.domain.attention import concerns
from shared.domain.concern import SETTLED_BY_WORD, Concern
from shared.domain.submission import Omission
from shared.domain.ticket import Acceptance
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.settling import NotByWordError, Settling
from tests.sample_ticket import PLAIN, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeTime

TICKET = replace(
    opened(replace(PLAIN, unanswered=Omission.TOO_MANY_LETTERS)), related=12001, acceptance=Acceptance.NOT_AWAITED
)
NOW = TICKET.registered_at + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts, "time", FakeTime())


@pytest.fixture
def ledger() -> FakeChanges:
    fake = FakeChanges()
    fake.hold(TICKET)
    return fake


@pytest.fixture
def settling(ledger: FakeChanges) -> Settling:
    return Settling(ledger, lambda: NOW)


@pytest.mark.parametrize("concern", sorted(SETTLED_BY_WORD))
def test_r9_r15_what_somebody_has_seen_to_needs_nobody_any_more(
    ledger: FakeChanges, settling: Settling, concern: Concern
) -> None:
    assert concern in concerns(ledger.ticket(12345))
    settled = settling.settle(12345, concern, "Анна")
    assert settled == ledger.ticket(12345)
    left = set(concerns(TICKET)) - {concern}
    assert set(concerns(ledger.ticket(12345))) == left
    [(number, line)] = ledger.history
    assert (number, line.at, line.by, line.id) == (12345, NOW, "Анна", f"concern_settled-{concern}")


def test_saying_it_again_after_a_lost_answer_does_no_harm(ledger: FakeChanges, settling: Settling) -> None:
    ledger.faults.append(LedgerUnavailableError("told to"))
    ledger.loses_answers = True
    with pytest.raises(LedgerUnavailableError):
        settling.settle(12345, Concern.NO_LETTER, "Анна")
    settling.settle(12345, Concern.NO_LETTER, "Анна")
    assert ledger.ticket(12345).settled == (Concern.NO_LETTER,)
    assert len(ledger.history) == 1


def test_of_two_people_the_first_stands_in_the_history(ledger: FakeChanges, settling: Settling) -> None:
    ledger.before.append(lambda: settling.settle(12345, Concern.NO_LETTER, "Борис"))
    settling.settle(12345, Concern.NO_LETTER, "Анна")
    assert [line.by for _, line in ledger.history] == ["Борис"]


@pytest.mark.parametrize("concern", sorted(set(Concern) - SETTLED_BY_WORD))
def test_what_a_word_does_not_end_is_refused(ledger: FakeChanges, settling: Settling, concern: Concern) -> None:
    with pytest.raises(NotByWordError):
        settling.settle(12345, concern, "Анна")
    assert ledger.commits == []


@pytest.mark.parametrize("change", [{"merged_into": 12001}, {"settled": (Concern.NO_LETTER,)}, {"erased_at": NOW}])
def test_what_it_does_not_need_a_person_for_is_left_as_it_is(
    ledger: FakeChanges, settling: Settling, change: dict[str, object]
) -> None:
    before = replace(TICKET, **change)  # type: ignore[arg-type]  # any field
    ledger.hold(before)
    assert settling.settle(12345, Concern.NO_LETTER, "Анна") == before
    assert ledger.commits == []


def test_an_unknown_ticket_is_none(settling: Settling) -> None:
    assert settling.settle(99999, Concern.NO_LETTER, "Анна") is None


def test_a_ticket_that_keeps_changing_is_given_up(ledger: FakeChanges, settling: Settling) -> None:
    ledger.before.extend([lambda: ledger.hold(TICKET)] * conflicts.ATTEMPTS)
    with pytest.raises(LedgerConflictError):
        settling.settle(12345, Concern.NO_LETTER, "Анна")
    assert ledger.commits == []
