"""R10, R9: `python -m ops told`, over the emulators."""

from dataclasses import replace

import pytest

from shared.domain.delivery import Report
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.store.changes import FirestoreChanges
from tests.function_instance import World
from tests.operators import NO_SUCH_USER, Operators, register, report
from tests.sample_ticket import PLAIN


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Operators:
    return Operators(world, capsys)


def test_r9_a_ticket_whose_letter_failed_is_accepted_when_the_client_was_called(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=NO_SUCH_USER)
    assert ops("told", f"#{number}", "--by", "Анна Петрова") == (0, "#12345: accepted, told by Анна Петрова")
    ticket = world.documents("tickets")["12345"]
    assert (ticket["acceptance"], ticket["accepted_by"]) == ("accepted", "Анна Петрова")
    assert ticket["accepted_at"] > ticket["registered_at"]
    lines = world.documents("tickets/12345/history").values()
    [line] = [line for line in lines if line["event"] == "number_told"]
    assert (line["by"], line["about"], line["at"]) == ("Анна Петрова", "12345-confirmation", ticket["accepted_at"])


def test_r10_as_a_person_runs_it_for_a_client_without_an_address(world: World, ops: Operators) -> None:
    number = register(world.ledger, replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))
    assert ops.finish(ops.start("told", str(number), "--by", "Анна")) == (0, "#12345: accepted, told by Анна")
    assert world.documents("tickets")["12345"]["acceptance"] == "accepted"


def test_r10_an_accepted_ticket_stays_as_it_is(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.DELIVERED)
    before = world.documents("tickets"), world.documents("tickets/12345/history")
    assert ops("told", str(number), "--by", "Анна") == (
        0,
        "#12345: is accepted already, by 12345-confirmation: nothing changed",
    )
    assert (world.documents("tickets"), world.documents("tickets/12345/history")) == before


def test_r10_telling_twice_changes_nothing(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    ops("told", str(number), "--by", "Анна")
    assert ops("told", str(number), "--by", "Пётр") == (
        0,
        "#12345: is accepted already, told by Анна: nothing changed",
    )


def test_r8_a_letter_that_comes_back_later_does_not_revoke_what_a_person_told(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    ops("told", str(number), "--by", "Анна")
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=NO_SUCH_USER)
    assert world.documents("tickets")["12345"]["acceptance"] == "accepted"


def test_r15_of_a_merged_ticket_the_other_number_has_to_be_told(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    world.ledger.document(f"tickets/{number}").update({"merged_into": 12346})
    assert ops("told", str(number), "--by", "Анна") == (
        1,
        "#12345: is merged into #12346; that is the number to tell",
    )


def test_an_unknown_ticket_is_exit_code_1(ops: Operators) -> None:
    assert ops("told", "99999", "--by", "Анна") == (1, "#99999: there is no such ticket")


@pytest.mark.parametrize("arguments", [("12345",), ("12345", "--by", " "), ("x", "--by", "Анна")])
def test_who_told_which_number_has_to_be_said(ops: Operators, arguments: tuple[str, ...]) -> None:
    assert ops("told", *arguments)[0] == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LedgerConflictError("moved"), "#12345: not recorded: others keep changing this ticket; try again"),
        (
            LedgerUnavailableError("503"),
            "#12345: not known to be recorded, the ledger did not answer; say it again: that does no harm",
        ),
    ],
)
def test_what_could_not_be_recorded_is_told(
    world: World, ops: Operators, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    number = register(world.ledger, PLAIN)
    monkeypatch.setattr(FirestoreChanges, "write", failing)
    assert ops("told", str(number), "--by", "Анна") == (1, words)
    assert world.documents("tickets")["12345"]["acceptance"] == "pending"
