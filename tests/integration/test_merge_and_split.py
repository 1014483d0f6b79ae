"""R15, R6: `python -m ops merge`, `split` and `fill`, over the emulators; the audit looks after each."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.delivery import Report
from shared.domain.submission import Attachment, Channel, Submission
from shared.joining import Joiner
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.merging import Merger
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Registrar
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets
from tests.function_instance import World
from tests.operators import NO_SUCH_USER, Operators, SilentBell, register, report
from tests.sample_ticket import HOURS, PLAIN, SPECIALISTS, with_details

FIRST, SECOND = 12345, 12346
WINDOW = timedelta(days=3)
SETTINGS = {"SPECIALISTS_EMAIL": SPECIALISTS, "FIRST_TICKET_NUMBER": str(FIRST)}
GATE = with_details(
    PLAIN, description="Калитка у пруда не открывается с телефона, приложение пишет «нет доступа».", device_model="A52"
)
AGAIN = replace(GATE, key="arrival-2", received_at=GATE.received_at + timedelta(minutes=1))


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Operators:
    return Operators(world, capsys, SETTINGS)


@pytest.fixture
def two(world: World) -> None:
    """The same request under two numbers: nobody looked for what came before."""
    assert [register_with_traces(world, each) for each in (GATE, AGAIN)] == [FIRST, SECOND]


def register_with_traces(world: World, submission: Submission) -> int:
    """Register what is found by its contact later, and is compared with nothing now."""
    window = NumberingPolicy(FIRST, HOURS, SPECIALISTS, WINDOW)
    alone = replace(submission, apart=tuple(range(FIRST, FIRST + 10)))
    at = submission.received_at + timedelta(seconds=1)
    ledger = world.ledger
    registrar = Registrar(FirestoreRegistrations(ledger), SilentBell(), window, lambda: at, joiner(world))
    outcome = registrar.register(alone)
    assert isinstance(outcome, Registered)
    # As if it had not been told.
    number = outcome.ticket.number
    ledger.document(f"tickets/{number}").update({"apart": []})
    ledger.document(f"submissions/{submission.key}").update({"apart": []})
    return number


def joiner(world: World) -> Joiner:
    return Joiner(FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: datetime.now(UTC))


def merge_duplicates(world: World, *numbers: int) -> Collection[int]:
    """Let the sweep look at tickets once more."""
    changes = FirestoreChanges(world.ledger)
    merger = Merger(changes, FirestoreRegistrations(world.ledger), SilentBell(), WINDOW, lambda: datetime.now(UTC))
    return merger.merge_duplicates(list(changes.tickets(numbers, 10.0).values()))


def events(world: World, number: int) -> list[tuple[str, str, str]]:
    lines = world.documents(f"tickets/{number}/history").values()
    return [(line["event"], line["by"], line["about"]) for line in sorted(lines, key=lambda line: line["at"])]


def is_sound(ops: Operators) -> bool:
    code, printed = ops("audit")
    assert code == 0, printed
    return printed.endswith("all invariants hold")


@pytest.mark.usefixtures("two")
def test_r15_two_numbers_are_made_one_and_the_client_gets_one_letter_about_it(world: World, ops: Operators) -> None:
    world.rings()
    assert ops("merge", f"#{SECOND}", str(FIRST), "--by", "Анна") == (0, "#12346: goes on as #12345")
    tickets, letters = world.documents("tickets"), world.documents("notifications")
    assert (tickets["12346"]["merged_into"], tickets["12345"]["merged"]) == (FIRST, [SECOND])
    assert tickets["12346"]["acceptance"] == "not_awaited"
    assert letters["12346-confirmation"]["state"] == "dropped"
    assert letters["12345-merged-12346"]["state"] == "requested"
    assert world.rings() == ["12345-merged-12346"]
    assert events(world, FIRST) == [("merged", "Анна", "12346")]
    assert events(world, SECOND) == [("merged", "Анна", "12345")]
    assert is_sound(ops)


@pytest.mark.usefixtures("two")
def test_r15_as_a_person_runs_it_and_a_second_time_changes_nothing(world: World, ops: Operators) -> None:
    command = ("merge", str(FIRST), str(SECOND), "--by", "Анна")
    assert ops.finish(ops.start(*command)) == (0, "#12346: goes on as #12345")
    before = world.documents("tickets"), world.documents("notifications")
    assert ops(*command) == (1, "#12345: both go on under this number already")
    assert (world.documents("tickets"), world.documents("notifications")) == before


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("named", "words"),
    [
        (("12345", "#12345"), "#12345: is one ticket: name two"),
        (("12345", "99999"), "#99999: there is no such ticket"),
    ],
)
def test_what_can_not_be_merged_is_exit_code_1(ops: Operators, named: tuple[str, str], words: str) -> None:
    assert ops("merge", *named, "--by", "Анна") == (1, words)


@pytest.mark.parametrize(
    "arguments",
    [("merge", "12345", "12346"), ("merge", "12345", "--by", "Анна"), ("split", "arrival-1"), ("fill", "1")],
)
def test_who_says_what_about_which_has_to_be_said(ops: Operators, arguments: tuple[str, ...]) -> None:
    assert ops(*arguments)[0] == 2


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LedgerConflictError("moved"), "not merged: others keep changing these tickets; try again"),
        (
            LedgerUnavailableError("503"),
            "not known to be merged, the ledger did not answer; say it again: that does no harm",
        ),
    ],
)
def test_what_could_not_be_written_is_told(
    world: World, ops: Operators, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(FirestoreChanges, "write", failing)
    assert ops("merge", "12345", "12346", "--by", "Анна") == (1, words)
    assert "merged_into" not in world.documents("tickets")["12346"]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("what", "reason"), [(Report.DELIVERED, ""), (Report.BOUNCED, NO_SUCH_USER)])
def test_r8_r15_what_becomes_of_a_merged_numbers_letter_changes_nothing_that_anybody_waits_for(
    world: World, ops: Operators, what: Report, reason: str
) -> None:
    world.ledger.document("notifications/12346-confirmation").update({"state": "sent", "sent_at": GATE.received_at})
    ops("merge", "12345", "12346", "--by", "Анна")
    tickets, lines = world.documents("tickets"), events(world, SECOND)
    letters = set(world.documents("notifications"))
    report(world.ledger, "12346-confirmation", what, reason=reason)
    assert world.documents("notifications")["12346-confirmation"]["state"] == what.value
    assert world.documents("tickets") == tickets
    assert events(world, SECOND) == lines
    assert set(world.documents("notifications")) == letters
    assert is_sound(ops)


@pytest.mark.usefixtures("two")
def test_r8_r15_the_letter_about_the_merge_brings_the_number_that_goes_on(world: World, ops: Operators) -> None:
    ops("merge", "12345", "12346", "--by", "Анна")
    report(world.ledger, "12345-merged-12346", Report.DELIVERED)
    ticket = world.documents("tickets")["12345"]
    assert (ticket["acceptance"], ticket["accepted_by"]) == ("accepted", "12345-merged-12346")


@pytest.mark.usefixtures("two")
def test_r5r_r15_a_reply_to_the_merged_number_joins_the_ticket_that_goes_on(world: World, ops: Operators) -> None:
    ops("merge", "12345", "12346", "--by", "Анна")
    reply = with_details(
        replace(GATE, key="reply-1", channel=Channel.EMAIL), os_version="Android 16", product_version="4.12.1"
    )
    joined = joiner(world).join(reply, SECOND, Attachment.REPLY)
    assert (joined.number, joined.submissions) == (FIRST, ("arrival-1", "reply-1"))
    tickets = world.documents("tickets")
    assert tickets["12345"]["submissions"] == ["arrival-1", "reply-1"]
    assert tickets["12346"]["submissions"] == ["arrival-2"]
    assert world.documents("submissions")["reply-1"]["ticket"] == FIRST
    assert joined.complete
    assert is_sound(ops)


@pytest.mark.usefixtures("two")
def test_r15_a_merge_is_undone_and_stays_so(world: World, ops: Operators) -> None:
    ops("merge", "12345", "12346", "--by", "Анна")
    world.rings()
    assert ops("split", "arrival-2", "--by", "Пётр") == (0, "arrival-2: was part of #12345, is #12346 now")
    tickets = world.documents("tickets")
    assert "merged_into" not in tickets["12346"]
    assert not tickets["12345"].get("merged")
    assert (tickets["12345"]["apart"], tickets["12346"]["apart"]) == ([SECOND], [FIRST])
    copy = world.documents("notifications")["12346-confirmation-2"]
    assert (copy["state"], copy["requested_by"], copy["recipient"]) == ("requested", "Пётр", PLAIN.contact.email)
    assert "12346-confirmation-2" in world.rings()
    assert (tickets["12346"]["acceptance"], tickets["12346"]["confirmation"]) == ("pending", "12346-confirmation-2")
    assert ("merge_undone", "Пётр", "12346") in events(world, FIRST)
    assert ("merge_undone", "Пётр", "12345") in events(world, SECOND)
    assert is_sound(ops)

    assert not merge_duplicates(world, FIRST, SECOND)
    assert "merged_into" not in world.documents("tickets")["12346"]
    assert ops("split", "arrival-2", "--by", "Пётр") == (1, "arrival-2 (#12346): has a number of its own")
    assert ops("merge", "12345", "12346", "--by", "Анна") == (0, "#12346: goes on as #12345")
    assert is_sound(ops)


@pytest.mark.usefixtures("two")
def test_r15_without_a_persons_word_the_sweep_merges_the_two(world: World, ops: Operators) -> None:
    assert set(merge_duplicates(world, FIRST, SECOND)) == {FIRST, SECOND}
    assert world.documents("tickets")["12346"]["merged_into"] == FIRST
    assert is_sound(ops)


def attached(world: World) -> None:
    """One ticket, and the same request once more, as an attached duplicate."""
    assert register_with_traces(world, GATE) == FIRST
    joiner(world).join(with_details(AGAIN, os_version="Android 16"), FIRST, Attachment.DUPLICATE)


def test_r15_a_duplicate_that_was_none_gets_a_number_and_letters_of_its_own(world: World, ops: Operators) -> None:
    attached(world)
    world.rings()
    assert "os_version" not in world.documents("tickets")["12345"]["missing"]
    assert ops("split", "arrival-2", "--by", "Пётр") == (0, "arrival-2: was part of #12345, is #12346 now")
    tickets = world.documents("tickets")
    assert tickets["12345"]["submissions"] == ["arrival-1"]
    assert "os_version" in tickets["12345"]["missing"]
    assert (tickets["12346"]["submissions"], tickets["12346"]["apart"]) == (["arrival-2"], [FIRST])
    # Its clock runs from when it came, not from when somebody saw the mistake.
    assert tickets["12346"]["received_at"] == AGAIN.received_at
    submission = world.documents("submissions")["arrival-2"]
    assert (submission["state"], submission["ticket"]) == ("registered", SECOND)
    assert "attached_as" not in submission
    own = {"12346-confirmation", "12346-new-ticket"}
    assert own <= world.documents("notifications").keys()
    assert own <= set(world.rings())
    assert ("split_off", "Пётр", "arrival-2") in events(world, FIRST)
    # What comes after it is compared with it.
    assert all(entry["recent"].keys() == {"12345", "12346"} for entry in world.documents("contacts").values())
    assert is_sound(ops)

    assert ops("split", "arrival-2", "--by", "Пётр") == (1, "arrival-2 (#12346): has a number of its own")


def test_r15_only_a_persons_word_keeps_the_sweep_from_merging_what_was_split_off(world: World, ops: Operators) -> None:
    attached(world)
    ops("split", "arrival-2", "--by", "Пётр")
    assert not merge_duplicates(world, FIRST, SECOND)
    assert "merged_into" not in world.documents("tickets")["12346"]
    world.ledger.document("tickets/12346").update({"apart": []})
    assert set(merge_duplicates(world, FIRST, SECOND)) == {FIRST, SECOND}


def test_r15_as_a_person_splits_it(world: World, ops: Operators) -> None:
    attached(world)
    command = ops.start("split", "arrival-2", "--by", "Пётр")
    assert ops.finish(command) == (0, "arrival-2: was part of #12345, is #12346 now")
    assert world.documents("tickets")["12346"]["submissions"] == ["arrival-2"]


def test_r15_letters_of_what_comes_after_a_split_take_no_number_that_was_given(world: World, ops: Operators) -> None:
    attached(world)
    ops("split", "arrival-2", "--by", "Пётр")
    joiner(world).join(replace(GATE, key="arrival-3"), FIRST, Attachment.DUPLICATE)
    letters = world.documents("notifications")
    assert letters["12345-already-registered-2"]["submission"] == "arrival-2"
    assert letters["12345-already-registered-3"]["submission"] == "arrival-3"
    assert is_sound(ops)


def test_r15_what_a_death_leaves_between_the_steps_of_a_split_gets_its_number_by_the_sweep(
    world: World, ops: Operators, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    attached(world)
    with monkeypatch.context() as patch:
        patch.setattr(Registrar, "register", dying)
        with pytest.raises(KeyboardInterrupt):
            ops("split", "arrival-2", "--by", "Пётр")
    waiting = world.documents("submissions")["arrival-2"]
    assert (waiting["state"], waiting["apart"]) == ("received", [FIRST])
    assert waiting["check_at"] <= datetime.now(UTC) + timedelta(minutes=1)
    assert ops("audit")[0] == 0

    # The same message delivered once more does not go back to where it was.
    past = FirestoreRegistrations(world.ledger)
    kept = past.submissions(["arrival-2"], 10.0)["arrival-2"]
    with pytest.raises(LedgerConflictError):
        joiner(world).join(AGAIN, FIRST, Attachment.REPLY, kept)

    # As the sweep does it, which looks for what is the same.
    policy = NumberingPolicy(FIRST, HOURS, SPECIALISTS, WINDOW)
    registrar = Registrar(past, SilentBell(), policy, lambda: datetime.now(UTC), joiner(world))
    outcome = registrar.register(kept.submission)
    assert isinstance(outcome, Registered)
    assert (outcome.ticket.number, outcome.duplicate) == (SECOND, False)
    assert not merge_duplicates(world, FIRST, SECOND)
    assert is_sound(ops)


def test_r15_what_was_split_off_gets_its_number_whatever_else_it_looks_like(world: World) -> None:
    attached(world)
    assert register_with_traces(world, replace(GATE, key="arrival-3")) == SECOND
    # The sweep knows only that it was taken out of the first; what it looks like leads to the second.
    split_off = replace(AGAIN, key="arrival-4", apart=(FIRST,))
    policy = NumberingPolicy(FIRST, HOURS, SPECIALISTS, WINDOW)
    past = FirestoreRegistrations(world.ledger)
    registrar = Registrar(past, SilentBell(), policy, lambda: datetime.now(UTC), joiner(world))
    outcome = registrar.register(split_off)
    assert isinstance(outcome, Registered)
    assert (outcome.ticket.number, outcome.duplicate) == (SECOND + 1, False)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("arrival-1", "arrival-1 (#12345): has a number of its own"),
        ("unknown", "unknown: there is no such submission; `show` lists a ticket's"),
    ],
)
def test_what_can_not_be_split_off_is_exit_code_1(world: World, ops: Operators, key: str, words: str) -> None:
    attached(world)
    before = world.documents("tickets")
    assert ops("split", key, "--by", "Пётр") == (1, words)
    assert world.documents("tickets") == before


def test_r6_r10_what_a_specialist_has_heard_completes_the_ticket(world: World, ops: Operators) -> None:
    register(world.ledger, GATE)
    world.rings()
    assert ops("fill", "#12345", "--by", "Анна", "--os-version", "Android 16") == (
        0,
        "#12345: still lacks steps, product_version",
    )
    words = ("fill", "12345", "--by", "Анна", "--product-version", "4.12.1", "--steps", "Открыть приложение")
    assert ops(*words) == (0, "#12345: lacks nothing any more")
    ticket = world.documents("tickets")["12345"]
    assert ticket["missing"] == []
    heard = {known["detail"]: known["source"] for known in ticket["known"]}
    assert heard == {
        "description": "field",
        "device_model": "field",
        "contact": "field",
        "os_version": "specialist",
        "product_version": "specialist",
        "steps": "specialist",
    }
    [_, last] = events(world, FIRST)
    assert last[:2] == ("details_answered", "Анна")
    # What one of them has written is no news to the specialists, nor to the client.
    assert world.rings() == []
    # The same said again is the same.
    assert ops(*words) == (0, "#12345: lacks nothing any more")
    assert len(world.documents("submissions")) == 3
    assert is_sound(ops)
    assert ops("split", last[2], "--by", "Анна") == (
        1,
        f"{last[2]} (#12345): gives what its ticket lacked, and is no request",
    )


@pytest.mark.usefixtures("two")
def test_r6_r15_what_was_heard_about_a_merged_number_is_known_of_the_one_that_goes_on(ops: Operators) -> None:
    ops("merge", "12345", "12346", "--by", "Анна")
    words = ("--os-version", "Android 16", "--product-version", "4.12.1", "--steps", "Открыть")
    assert ops("fill", "12346", "--by", "Анна", *words) == (0, "#12345: lacks nothing any more")


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        (("12345",), "nothing is said"),
        (("12345", "--steps", " "), "nothing is said"),
        (("12345", "--device-model", "x" * 101), "too long: device_model"),
        (("99999", "--steps", "Открыть"), "#99999: ticket 99999 is not there"),
    ],
)
def test_what_can_not_be_filled_in_is_exit_code_1(
    world: World, ops: Operators, arguments: tuple[str, ...], beginning: str
) -> None:
    register(world.ledger, GATE)
    code, printed = ops("fill", *arguments, "--by", "Анна")
    assert code == 1
    assert printed.startswith(beginning)
    assert list(world.documents("submissions")) == ["arrival-1"]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("number", "changed", "found"),
    [
        ("12346", {"merged_into": 99999}, "ticket 12346 into 99999"),
        ("12346", {"merged_into": 12346}, "ticket 12346 into 12346"),
        ("12345", {"merged_into": 12346}, "ticket 12345 into 12346"),
        ("12345", {"merged": []}, "ticket 12346 into 12345"),
        ("12346", {"acceptance": "undeliverable"}, "ticket 12346 into 12345, and somebody waits for it"),
        ("12345", {"apart": [SECOND]}, "ticket 12346 into 12345, from which it was taken apart"),
    ],
)
def test_r15_the_audit_names_a_redirect_that_is_broken(
    world: World, ops: Operators, number: str, changed: dict[str, object], found: str
) -> None:
    ops("merge", "12345", "12346", "--by", "Анна")
    world.ledger.document(f"tickets/{number}").update(changed)
    code, printed = ops("audit")
    assert code == 1
    [line] = [line for line in printed.splitlines() if line.startswith("redirects that are broken")]
    assert found in line
    assert printed.endswith("BROKEN")
