"""`python -m ops erase` and `export`, over the emulators."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.domain.submission import Channel, Submission
from shared.files import CloudStorageFiles, FileStoreError
from shared.ledger import LedgerUnavailableError
from shared.store.personal_data import FirestorePersonalData
from tests.client_data import (
    HER_CONTACT,
    OLGA,
    PHONE,
    XENIA,
    YURI,
    Left,
    details,
    documents,
    everything,
    holding,
    leave_traces,
    register,
)
from tests.function_instance import World
from tests.operators import Operators

NOBODY = "nobody@klient.example"


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Operators:
    return Operators(world, capsys, {"FILES_BUCKET": world.bucket})


@pytest.fixture
def left(world: World) -> Left:
    return leave_traces(world)


@pytest.fixture
def hers(world: World) -> int:
    now = datetime.now(UTC)
    return register(world, Submission("hers", Channel.FORM, now, HER_CONTACT, details("Маркер: лифт \x9b[2J\u202e")))


def test_without_yes_it_says_what_would_go_and_changes_nothing(world: World, ops: Operators, left: Left) -> None:
    before, files = documents(world), world.objects()
    code, printed = ops("erase", XENIA.upper(), "--by", "Вера")
    assert code == 0
    hers = ", ".join(f"#{number}" for number in sorted(left.hers))
    assert printed.splitlines() == [
        f"would erase tickets: {hers}",
        "submissions: 13, of which outside of these tickets: 5",
        # All but Yuri's message, and nobody's.
        f"files and messages as they came: {len(files) - 2}",
        # Those about her tickets, and the one that told her that hers went on as Yuri's.
        f"letters: {sum(each.get('ticket') in left.hers for each in world.documents('notifications').values()) + 1}",
        f"would be named no longer in: #{left.yuris}",
        "nothing was changed; --yes does it",
    ]
    assert (documents(world), world.objects()) == (before, files)


def test_with_yes_it_is_done_and_a_second_time_finds_nothing(world: World, ops: Operators, left: Left) -> None:
    code, printed = ops("erase", XENIA, "--by", "Вера", "--yes")
    assert code == 0
    assert printed.splitlines()[0] == "tickets erased: " + ", ".join(f"#{number}" for number in sorted(left.hers))
    assert holding(everything(world), "marker", "маркер") == []
    line = documents(world)[f"tickets/{left.bounced}/history/erased-{left.bounced}"]
    assert line["by"] == "Вера"
    assert ops("erase", XENIA, "--by", "Вера", "--yes") == (0, "nothing is held of this client")
    assert ops("export", XENIA)[1].endswith("nothing is held of this client")
    assert ops("audit")[1].endswith("all invariants hold")
    for number in left.hers:
        code, shown = ops("show", str(number))
        assert code == 0
        assert f"[#{number}] Данные удалены по запросу клиента" in shown
        assert "erased the client's personal data" in shown


def test_as_a_person_runs_it_by_phone_number(world: World, ops: Operators) -> None:
    contact = HER_CONTACT.__class__("Маркер", None, PHONE, PHONE)
    register(world, Submission("call", Channel.PHONE, datetime.now(UTC), contact, details("Маркер")))
    code, printed = ops.finish(ops.start("erase", "8 916 999-00-11", "--by", "Вера", "--yes"))
    assert (code, printed.splitlines()[0]) == (0, "tickets erased: #12345")


@pytest.mark.usefixtures("hers")
@pytest.mark.parametrize(
    ("method", "error"),
    [("tickets_of", LedgerUnavailableError), ("write", LedgerUnavailableError), ("delete_of", FileStoreError)],
)
def test_what_broke_off_is_said_without_a_word_of_the_client(
    world: World, ops: Operators, monkeypatch: pytest.MonkeyPatch, method: str, error: type[Exception]
) -> None:
    def broken(*_: object) -> None:
        raise error(f"no {XENIA}")

    owner = CloudStorageFiles if method == "delete_of" else FirestorePersonalData
    with monkeypatch.context() as patch:
        patch.setattr(owner, method, broken)
        code, printed = ops("erase", XENIA, "--by", "Вера", "--yes")
        assert (code, "say it again" in printed, XENIA in printed) == (1, True, False)
        if method == "tickets_of":
            code, printed = ops("erase", XENIA, "--by", "Вера")
            assert (code, "nothing was changed" in printed) == (1, True)
    assert ops("erase", XENIA, "--by", "Вера", "--yes")[0] == 0
    assert holding(everything(world), "marker", "маркер") == []


@pytest.mark.parametrize("contact", ["", "Иван", "12345", "a@b@c"])
@pytest.mark.parametrize("command", [("erase", "--by", "Вера"), ("export",)])
def test_what_is_no_contact_is_exit_code_2(ops: Operators, command: tuple[str, ...], contact: str) -> None:
    assert ops(*command, contact)[0] == 2


@pytest.mark.parametrize("arguments", [("erase", XENIA), ("erase", XENIA, "--by", " "), ("erase", "--by", "Вера")])
def test_who_decides_about_whom_has_to_be_said(ops: Operators, arguments: tuple[str, ...]) -> None:
    assert ops(*arguments)[0] == 2


def test_nothing_is_held_of_somebody_unknown(world: World, ops: Operators) -> None:
    assert ops("erase", NOBODY, "--by", "Вера") == (0, "nothing is held of this client")
    code, printed = ops("export", NOBODY)
    assert (code, printed.endswith("nothing is held of this client")) == (0, True)
    assert documents(world) == {}


# Export


def exported(ops: Operators, *arguments: str) -> dict[str, Any]:
    code, printed = ops("export", *arguments)
    assert code == 0
    found: dict[str, Any] = json.loads(printed)
    return found


def test_all_that_is_held_of_the_client_is_given_and_nothing_of_others_requests(
    world: World, ops: Operators, left: Left
) -> None:
    before = documents(world)
    given = exported(ops, XENIA)
    assert (given["schema"], given["client"]) == ("personal-data/1", {"email": XENIA})
    assert [ticket["number"] for ticket in given["tickets"]] == sorted(left.hers)
    text = json.dumps(given, ensure_ascii=False).lower()
    # Every text of hers in the ledger is in it.
    for path, fields in before.items():
        if path.startswith(("tickets/", "submissions/", "notifications/", "addresses/")):
            for each in texts_in(fields):
                if "marker" in each.lower() or "маркер" in each.lower():
                    assert json.dumps(each, ensure_ascii=False).lower()[1:-1] in text, (path, each)
    # What Olga wrote in her ticket is her correspondence; of Yuri's there is the number, and her own words.
    assert OLGA in text
    assert YURI not in text
    assert "калитка чужого двора" not in text
    assert given["takes_part_in"] == [left.yuris]
    into_his = [each for each in given["submissions_elsewhere"] if each.get("ticket") == left.yuris]
    assert [each["details"]["description"] for each in into_his] == ["Маркер: у меня то же."]
    assert given["address"]["address"] == XENIA


def texts_in(value: Any) -> list[str]:  # noqa: ANN401  # whatever stands in a document
    match value:
        case str():
            return [value]
        case dict():
            return [text for each in value.values() for text in texts_in(each)]
        case list():
            return [text for each in value for text in texts_in(each)]
    return []


def test_times_files_letters_and_history_are_told_in_full(world: World, ops: Operators, left: Left) -> None:
    by_number = {ticket["number"]: ticket for ticket in exported(ops, XENIA)["tickets"]}
    ticket, stored = by_number[left.hers[0]], documents(world)[f"tickets/{left.hers[0]}"]
    assert datetime.fromisoformat(ticket["received_at"]) == stored["received_at"]
    assert ticket["received_at"].endswith("Z")
    [file] = ticket["submissions"][0]["files"]
    assert (file["name"], file["size"], len(file["sha256"])) == ("снимок маркера.png", 11, 64)
    assert file["stored_as"] in world.objects()
    assert [letter["kind"] for letter in ticket["letters"]] == ["confirmation"]
    events = [(line["event"], line["by"]) for line in ticket["history"]]
    assert ("details_answered", "client") in events
    mailed = [(line["event"], line["by"]) for line in by_number[left.hers[1]]["history"]]
    assert [by for event, by in mailed if event == "message_joined"] == ["client", OLGA]
    assert [by for event, by in mailed if event == "merged"] == ["support"]
    calls = by_number[left.hers[3]]["submissions"]
    # Our people's names are theirs.
    assert [each["by"] for each in calls] == ["support"]
    assert by_number[left.bounced]["letters"][0]["failure"]["reason"] == f"550 5.1.1 <{XENIA}>: user unknown"


def test_that_it_was_given_out_stands_in_the_history_and_nothing_else_changes(
    world: World, ops: Operators, left: Left
) -> None:
    before = documents(world)
    exported(ops, XENIA, "--by", "Вера")
    exported(ops, XENIA)
    new = {path: each for path, each in documents(world).items() if before.get(path) != each}
    assert {path.split("/")[1] for path in new} == {str(number) for number in left.hers}
    assert {(each["event"], each["by"]) for each in new.values()} == {("exported", "Вера"), ("exported", "support")}


def test_a_file_is_for_its_maker_alone_and_none_is_overwritten(ops: Operators, hers: int, tmp_path: Path) -> None:
    file = tmp_path / "данные.json"
    assert ops("export", XENIA, "--file", str(file)) == (0, f"{file}: written")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_text(encoding="utf-8")
    assert [ticket["number"] for ticket in json.loads(content)["tickets"]] == [hers]
    code, printed = ops("export", XENIA, "--file", str(file))
    assert (code, "can't be written" in printed) == (1, True)
    assert file.read_text(encoding="utf-8") == content
    assert ops("export", XENIA, "--file", str(tmp_path / "no" / "folder"))[0] == 1


@pytest.mark.usefixtures("hers")
def test_nothing_in_it_moves_the_terminals_cursor(ops: Operators) -> None:
    code, printed = ops("export", XENIA)
    assert code == 0
    assert all(character.isprintable() or character == "\n" for character in printed)
    [ticket] = json.loads(printed)["tickets"]
    assert ticket["submissions"][0]["details"]["description"] == "Маркер: лифт \x9b[2J\u202e"


def test_a_ledger_that_does_not_answer_gives_nothing(ops: Operators, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise LedgerUnavailableError("503")

    monkeypatch.setattr(FirestorePersonalData, "naming", silent)
    code, printed = ops("export", XENIA)
    assert (code, printed) == (1, "python -m ops export: the ledger did not answer; try again")
