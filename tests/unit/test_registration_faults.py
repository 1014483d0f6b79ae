"""Registration over a ledger that goes wrong: what is tried again, what is kept, what is refused (R1, R4)."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from shared import numbering, registration
from shared.domain.submission import Mark
from shared.ledger import LedgerRefusedError, LedgerUnavailableError
from shared.numbering import KeyReusedError, Registered
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger, FakeTime, Fault
from tests.unit.registering import (
    FIRST,
    MONDAY,
    PATIENCE,
    Clock,
    RecordingBell,
    letters,
    number,
    registered,
    submission,
    together,
)


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.UNAVAILABLE])
def test_a_commit_that_fails_for_a_moment_is_tried_again(
    registrar: Registrar, ledger: FakeLedger, fault: Fault
) -> None:
    ledger.faults["commit"].extend([fault] * 3)

    assert registrar.register(submission()) == Registered(ledger.tickets[FIRST], repeated=False)
    assert list(ledger.tickets) == [FIRST]


def test_a_reading_that_fails_for_a_moment_is_tried_again(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.faults["look"].extend([Fault.UNAVAILABLE] * 3)

    assert number(registrar.register(submission())) == FIRST


def test_instances_that_meet_pause_ever_longer_and_never_past_the_deadline(
    registrar: Registrar, ledger: FakeLedger, elapsed: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def longest(_low: float, high: float) -> float:
        pauses.append(high)
        return high

    monkeypatch.setattr("random.uniform", longest)
    ledger.always["commit"] = Fault.CONFLICT

    assert isinstance(registrar.register(submission()), Kept)
    assert pauses[:7] == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0])
    assert max(pauses) == 1.0
    assert elapsed.elapsed == pytest.approx(numbering.COMMIT_TIME)


def test_a_commit_whose_reply_is_lost_is_no_repetition_and_makes_one_ticket(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    ledger.faults["commit"].append(Fault.LOST_REPLY)

    assert registrar.register(submission()) == Registered(ledger.tickets[FIRST], repeated=False)
    assert list(ledger.tickets) == [FIRST]
    assert list(ledger.notifications) == letters(FIRST)
    assert bell.rung == letters(FIRST)


def test_a_lost_reply_for_a_group_is_no_repetition_for_any_of_it(registrar: Registrar, ledger: FakeLedger) -> None:
    outcomes = together(
        registrar,
        ledger,
        [submission(f"form-{index}") for index in range(3)],
        then=lambda: ledger.faults["commit"].append(Fault.LOST_REPLY),
    )

    assert outcomes == [Registered(ledger.tickets[FIRST + 1 + index], repeated=False) for index in range(3)]
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3]


def test_somebody_elses_ticket_with_the_number_that_was_tried_is_a_repetition(
    registrar: Registrar, another: Registrar, ledger: FakeLedger
) -> None:
    # Both instances got the same delivery and went for the same number; the other one was faster.
    registrar.register(submission("form-0"))
    ledger.before["commit"].append(lambda: another.register(submission()))

    outcome = registered(registrar.register(submission()))

    assert outcome == Registered(ledger.tickets[FIRST + 1], repeated=True)
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1]


def test_a_write_that_arrives_after_its_time_out_does_not_make_a_second_ticket(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    ledger.faults["commit"].append(Fault.LATE)
    # Between the second look, which saw nothing, and the second attempt.
    ledger.before["commit"].extend([lambda: None, ledger.arrive])

    outcome = registered(registrar.register(submission()))

    assert list(ledger.tickets) == [FIRST]
    assert outcome.ticket == ledger.tickets[FIRST]


def test_a_counter_that_moved_is_read_again(registrar: Registrar, another: Registrar, ledger: FakeLedger) -> None:
    registrar.register(submission("form-1"))
    ledger.before["commit"].extend([lambda: another.register(submission("form-2"))])

    assert number(registrar.register(submission("form-3"))) == FIRST + 2
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1, FIRST + 2]


# Kept for later


def test_what_cannot_be_registered_in_time_is_kept_and_will_be_looked_at_again(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell, elapsed: FakeTime, clock: Clock
) -> None:
    ledger.always["commit"] = Fault.CONFLICT

    assert registrar.register(submission()) == Kept(MONDAY)

    assert ledger.entries["form-1"].submission == submission()
    assert ledger.entries["form-1"].ticket is None
    assert ledger.check_at["form-1"] == clock.time + timedelta(minutes=1)
    assert not ledger.tickets
    assert not bell.rung
    assert elapsed.elapsed <= numbering.COMMIT_TIME + registration.KEEP_TIME


@pytest.mark.parametrize("down", [["look"], ["commit"], ["look", "commit"]])
@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.STALLED])
def test_whatever_of_the_commit_is_down_the_submission_is_kept(
    registrar: Registrar, ledger: FakeLedger, down: list[str], fault: Fault
) -> None:
    ledger.always.update(dict.fromkeys(down, fault))

    assert registrar.register(submission()) == Kept(MONDAY)
    assert ledger.entries["form-1"].submission == submission()


def test_what_was_kept_is_registered_by_its_repetition_as_it_came_first(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    sent = replace(submission(), marks=(Mark.CAPTCHA_UNVERIFIED,))
    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(sent)
    ledger.always.clear()

    outcome = registered(registrar.register(replace(sent, received_at=MONDAY + timedelta(minutes=5), marks=())))

    assert outcome.ticket.number == FIRST
    assert outcome.ticket.received_at == MONDAY
    assert outcome.ticket.marks == (Mark.CAPTCHA_UNVERIFIED,)
    assert not outcome.repeated
    assert (ledger.entries["form-1"].submission, ledger.entries["form-1"].ticket) == (sent, FIRST)
    assert "form-1" not in ledger.check_at
    assert bell.rung == letters(FIRST)


def test_what_was_kept_is_registered_once_by_two_repetitions_at_two_instances(
    registrar: Registrar, another: Registrar, ledger: FakeLedger
) -> None:
    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(submission())
    ledger.always.clear()
    ledger.before["commit"].append(lambda: another.register(submission()))

    assert registered(registrar.register(submission())).repeated
    assert list(ledger.tickets) == [FIRST]


def test_a_repetition_that_cannot_be_registered_either_hears_of_the_first_arrival(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(submission())

    assert registrar.register(replace(submission(), received_at=MONDAY + timedelta(minutes=5))) == Kept(MONDAY)
    assert ledger.entries["form-1"].submission.received_at == MONDAY


def test_a_key_that_was_kept_for_other_content_is_refused(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(submission())

    with pytest.raises(KeyReusedError):
        registrar.register(submission(text="Другой вопрос"))
    ledger.always.clear()
    with pytest.raises(KeyReusedError):
        registrar.register(submission(text="Другой вопрос"))
    assert ledger.entries["form-1"].submission == submission()


def test_a_kept_submission_goes_into_one_commit_with_new_ones(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(submission("form-1"))
    ledger.always.clear()

    outcomes = together(registrar, ledger, [submission("form-0"), submission("form-1"), submission("form-2")])

    assert outcomes == [Registered(ledger.tickets[FIRST + 1 + index], repeated=False) for index in range(3)]
    assert ledger.commits[-1] == ("form-0", "form-1", "form-2")


def test_keeping_finds_what_was_registered_meanwhile_and_rings_for_it(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    registrar.register(submission("form-0"))
    # The commit comes through after all, when nobody waits for it any more: nobody has rung for its letters.
    ledger.faults["commit"].append(Fault.LATE)
    ledger.faults["look"].append(Fault.STALLED)
    ledger.before["keep"].append(ledger.arrive)

    outcome = registered(registrar.register(submission()))

    assert outcome == Registered(ledger.tickets[FIRST + 1], repeated=False), "its own commit is no repetition"
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1]
    assert bell.rung == letters(FIRST) + letters(FIRST + 1)


def test_keeping_finds_what_was_kept_meanwhile(registrar: Registrar, another: Registrar, ledger: FakeLedger) -> None:
    ledger.always["commit"] = Fault.UNAVAILABLE
    sent_again = replace(submission(), received_at=MONDAY + timedelta(seconds=1))
    ledger.before["keep"].append(lambda: another.register(submission()))

    assert registrar.register(sent_again) == Kept(MONDAY)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.STALLED, Fault.LOST_REPLY])
def test_what_cannot_even_be_kept_is_left_to_the_sender(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell, elapsed: FakeTime, fault: Fault
) -> None:
    ledger.always["commit"] = Fault.STALLED
    ledger.always["keep"] = fault

    with pytest.raises(LedgerUnavailableError):
        registrar.register(submission())

    assert not bell.rung
    assert elapsed.elapsed <= numbering.COMMIT_TIME + registration.KEEP_TIME


def test_after_all_failed_the_sender_who_comes_again_gets_one_ticket(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.always |= {"commit": Fault.LOST_REPLY, "look": Fault.STALLED, "keep": Fault.LOST_REPLY}
    with pytest.raises(LedgerUnavailableError):
        registrar.register(submission())
    ledger.always.clear()

    assert number(registrar.register(submission())) == FIRST
    assert list(ledger.tickets) == [FIRST]


def test_after_an_outage_the_numbers_go_on_without_a_gap(registrar: Registrar, ledger: FakeLedger) -> None:
    registrar.register(submission("form-1"))
    ledger.always |= {"commit": Fault.UNAVAILABLE, "keep": Fault.UNAVAILABLE}
    for _ in range(3):
        with pytest.raises(LedgerUnavailableError):
            registrar.register(submission("form-2"))
    ledger.always.clear()

    assert number(registrar.register(submission("form-3"))) == FIRST + 1
    assert number(registrar.register(submission("form-2"))) == FIRST + 2


def test_a_slow_ledger_is_waited_for_no_longer_than_said(
    registrar: Registrar, ledger: FakeLedger, elapsed: FakeTime
) -> None:
    ledger.latency = 0.4 * numbering.COMMIT_TIME

    assert number(registrar.register(submission())) == FIRST
    assert elapsed.elapsed <= numbering.COMMIT_TIME


def test_a_ledger_slower_than_the_time_there_is_counts_as_down(
    registrar: Registrar, ledger: FakeLedger, elapsed: FakeTime
) -> None:
    ledger.latency = 2 * numbering.COMMIT_TIME

    with pytest.raises(LedgerUnavailableError):
        registrar.register(submission())
    assert elapsed.elapsed <= numbering.COMMIT_TIME + registration.KEEP_TIME


def test_those_who_wait_behind_a_stalled_commit_are_kept_in_their_own_time(
    registrar: Registrar, ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "COMMIT_TIME", 0.05)
    stalled, go_on = threading.Event(), threading.Event()

    def stall() -> None:
        stalled.set()
        assert go_on.wait(PATIENCE)

    ledger.before["commit"].append(stall)
    first = threading.Thread(target=registrar.register, args=(submission("form-1"),), daemon=True)
    first.start()
    assert stalled.wait(PATIENCE)

    outcome = registrar.register(submission("form-2"))
    go_on.set()
    first.join(PATIENCE)

    assert outcome == Kept(MONDAY)
    assert ledger.entries["form-2"].submission == submission("form-2")
    assert ledger.entries["form-1"].ticket == FIRST


# Poison


def test_a_refused_submission_fails_alone_and_leaves_no_gap(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.poison = {"form-2", "form-5"}

    outcomes = together(registrar, ledger, [submission(f"form-{index}") for index in range(7)])

    assert [isinstance(outcome, LedgerRefusedError) for outcome in outcomes] == [index in {2, 5} for index in range(7)]
    numbers = [outcome.ticket.number for outcome in outcomes if isinstance(outcome, Registered)]
    assert numbers == list(range(FIRST + 1, FIRST + 6))
    assert sorted(ledger.tickets) == [FIRST, *numbers]
    assert not {"form-2", "form-5"} & ledger.entries.keys()


def test_a_refused_submission_that_is_alone_is_told_so_and_not_kept(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    ledger.poison = {"form-1"}

    with pytest.raises(LedgerRefusedError):
        registrar.register(submission())

    assert not ledger.entries
    assert not bell.rung
    assert number(registrar.register(submission("form-2"))) == FIRST


def test_a_refused_submission_beside_a_repeated_one_spoils_neither_its_answer_nor_its_ticket(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    first = registered(registrar.register(submission("form-1")))
    ledger.poison = {"form-2"}

    outcomes = together(registrar, ledger, [submission(f"form-{index}") for index in range(4)])

    assert outcomes[1] == Registered(first.ticket, repeated=True)
    assert isinstance(outcomes[2], LedgerRefusedError)
    assert [outcome.ticket.number for outcome in (outcomes[0], outcomes[3]) if isinstance(outcome, Registered)] == [
        FIRST + 2,
        FIRST + 3,
    ]
