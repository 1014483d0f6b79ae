"""Whom registration answers: asked once for a group, and what was decided holds whatever becomes of a request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from shared.domain.submission import Omission, Submission
from shared.numbering import Registered
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger, Fault
from tests.unit.registering import FIRST, MONDAY, POLICY, Clock, RecordingBell, registered, submission, together
from tests.unit.test_letter_limit import FakeCounts, limit
from tests.unit.test_recognition import RecordingJoiner, mailed


@dataclass(slots=True)
class NoMoreLetters:
    """Lets the named submissions go without an answer, and remembers what it was asked for."""

    unanswered: frozenset[str]
    asked: list[list[str]] = field(default_factory=list)

    def answered(self, submissions: Sequence[Submission], now: datetime) -> Sequence[Submission]:
        assert now >= MONDAY
        self.asked.append([each.key for each in submissions])
        return [
            replace(each, unanswered=Omission.TOO_MANY_LETTERS) if each.key in self.unanswered else each
            for each in submissions
        ]


@pytest.fixture
def answering() -> NoMoreLetters:
    return NoMoreLetters(frozenset({"mail-2"}))


@pytest.fixture
def registrar(ledger: FakeLedger, bell: RecordingBell, clock: Clock, answering: NoMoreLetters) -> Registrar:
    policy = replace(POLICY, duplicate_window=timedelta(days=3))
    return Registrar(ledger, bell, policy, clock, RecordingJoiner(ledger), answering=answering)


def test_what_is_not_answered_is_registered_and_only_the_specialists_hear_of_it(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    outcome = registered(registrar.register(submission("mail-2")))

    assert outcome.ticket.confirmation_omitted is Omission.TOO_MANY_LETTERS
    assert ledger.entries["mail-2"].submission.unanswered is Omission.TOO_MANY_LETTERS
    assert bell.rung == [f"{FIRST}-new-ticket"]


def test_one_question_is_asked_for_a_group(registrar: Registrar, ledger: FakeLedger, answering: NoMoreLetters) -> None:
    texts = {"mail-1": "Не открывается шлагбаум", "mail-2": "Пришёл неверный счёт за май", "mail-3": "Пропал звук"}

    outcomes = together(registrar, ledger, [submission(key, text) for key, text in texts.items()])

    tickets = [each.ticket for each in outcomes if isinstance(each, Registered)]
    assert [each.confirmation_omitted for each in tickets] == [None, Omission.TOO_MANY_LETTERS, None]
    assert answering.asked[-1] == list(texts)


def test_r15_what_is_not_answered_joins_its_ticket_unanswered(registrar: Registrar, ledger: FakeLedger) -> None:
    registrar.register(mailed("mail-1"))

    outcome = registered(registrar.register(mailed("mail-2", hours=1)))

    assert (outcome.ticket.number, outcome.duplicate) == (FIRST, True)
    assert ledger.entries["mail-2"].submission.unanswered is Omission.TOO_MANY_LETTERS


def test_r15_the_same_request_twice_in_a_group_is_answered_once(registrar: Registrar, ledger: FakeLedger) -> None:
    together(registrar, ledger, [mailed("mail-1"), mailed("mail-2")])

    unanswered = {key: ledger.entries[key].submission.unanswered for key in ("mail-1", "mail-2")}
    assert unanswered == {"mail-1": None, "mail-2": Omission.TOO_MANY_LETTERS}


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.STALLED])
def test_r1_what_is_only_kept_stays_unanswered_when_it_gets_its_number(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell, fault: Fault
) -> None:
    ledger.always["commit"] = fault
    assert registrar.register(submission("mail-2")) == Kept(MONDAY)
    ledger.always.clear()

    # The sweep decides nothing anew.
    sweep = Registrar(ledger, bell, POLICY, Clock())
    outcome = registered(sweep.register(ledger.entries["mail-2"].submission))

    assert outcome.ticket.confirmation_omitted is Omission.TOO_MANY_LETTERS


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.STALLED])
def test_r5_what_is_kept_in_the_end_uses_up_one_letter(
    ledger: FakeLedger, bell: RecordingBell, clock: Clock, fault: Fault
) -> None:
    limits = limit(FakeCounts(), most=1)
    ledger.always["commit"] = fault
    Registrar(ledger, bell, POLICY, clock, answering=limits).register(submission("mail-1"))

    assert ledger.entries["mail-1"].submission.unanswered is None
    assert limits.answered([submission("mail-2")], MONDAY)[0].unanswered is Omission.TOO_MANY_LETTERS
