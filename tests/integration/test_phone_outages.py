"""When the ledger is slow, or not there: no call is lost, and nobody is told a number that there is not (R1, R10)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.processes import HOST, free_port
from shared.ledger import LedgerUnavailableError
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets
from tests.form_instance import moment
from tests.function_instance import World
from tests.phone_instance import LEAST, Instance, number_on, problem_of, text_of, token_of, value_of

Start = Callable[..., Instance]
FIRST = {"phone": "8 495 765-43-21", "description": "Как продлить договор на обслуживание?"}


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second instead of six for a commit, so that the tests need not wait."""
    monkeypatch.setattr("shared.numbering.COMMIT_TIME", 0.5)


@contextmanager
def counter_held(world: World) -> Iterator[None]:
    """Somebody's transaction holds the counter; single documents can be written all the while."""
    transaction = world.ledger.transaction()
    transaction._begin()  # noqa: SLF001  # the public way ends the transaction together with the call
    next(iter(world.ledger.get_all([world.ledger.document("counters/tickets")], transaction=transaction)))
    try:
        yield
    finally:
        transaction._rollback()  # noqa: SLF001  # the same


def failing(monkeypatch: pytest.MonkeyPatch, store: type, *methods: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LedgerUnavailableError("the test's own outage")

    for method in methods:
        monkeypatch.setattr(store, method, fail)


def test_r1_a_call_that_can_not_be_numbered_in_time_is_kept_and_gets_its_number_later(
    phone: Instance, world: World
) -> None:
    phone.post_json(FIRST)
    key = {"Idempotency-Key": "draft-1"}
    with counter_held(world):
        person = phone.post_form({**LEAST, "description": "Не работает калитка у третьего корпуса"})
        program = phone.post_json(LEAST, key)

    assert (person.status_code, program.status_code) == (202, 202)
    assert "номера пока нет" in text_of(person)
    body = json.loads(program.get_data())
    assert body.keys() == {"detail", "received_at"}
    numbered = phone.post_json(LEAST, key)
    assert numbered.status_code == 201
    assert moment(json.loads(numbered.get_data())["received_at"]) == moment(body["received_at"])


def test_r15_a_call_that_was_kept_can_still_join_a_ticket(phone: Instance, world: World) -> None:
    phone.post_json(FIRST)
    key = {"Idempotency-Key": "draft-1"}
    with counter_held(world):
        kept = phone.post_json(LEAST, key)

    joined = phone.post_json({**LEAST, "same_as": 12345}, key)

    assert (kept.status_code, joined.status_code) == (202, 200)
    assert json.loads(joined.get_data())["way"] == "joined"
    first = json.loads(kept.get_data())["received_at"]
    [stored] = [each for each in world.documents("submissions").values() if each["state"] == "attached"]
    assert abs(stored["received_at"] - moment(first)).total_seconds() < 0.001
    assert "check_at" not in stored
    assert list(world.documents("tickets")) == ["12345"]


def test_what_was_typed_after_a_call_was_kept_is_not_taken_for_it(phone: Instance, world: World) -> None:
    phone.post_json(FIRST)
    key = {"Idempotency-Key": "draft-1"}
    with counter_held(world):
        phone.post_json(LEAST, key)
        other = phone.post_json({**LEAST, "description": "Другое"}, key)
    assert other.status_code == 422
    assert "номера пока нет" in problem_of(other)["detail"]


def test_without_a_ledger_nothing_is_promised_and_all_that_was_typed_comes_back(start_phone: Start) -> None:
    phone = start_phone(FIRESTORE_EMULATOR_HOST=f"{HOST}:{free_port()}")
    typed = {**LEAST, "name": "Иван <Петров>", "description": "Строка\nи ещё", "post_token": phone.token()}

    person, program = phone.post_form(typed), phone.post_json(LEAST)

    assert (person.status_code, program.status_code) == (503, 503)
    assert int(person.headers["Retry-After"]) > 0
    assert int(program.headers["Retry-After"]) > 0
    problem_of(program)
    assert {name: value_of(person, name) for name in ("name", "description", "phone")} == {
        name: typed[name] for name in ("name", "description", "phone")
    }
    assert token_of(person) == typed["post_token"]


def test_without_a_ledger_the_list_says_so(phone: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, FirestoreRegistrations, "surroundings")
    response = phone.post_json({"phone": "8 916 123-45-67"}, path="/recent")
    assert problem_of(response)["status"] == 503
    assert phone.get("/", same_as="12345").status_code == 200


def test_r15_without_a_ledger_a_call_about_a_ticket_has_to_come_again(
    phone: Instance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.post_json(FIRST)
    with monkeypatch.context() as patch:
        failing(patch, FirestoreTickets, "find")
        assert phone.post_json({**LEAST, "same_as": 12345}).status_code == 503
        empty = phone.get("/", same_as="12345")
        assert (empty.status_code, value_of(empty, "same_as")) == (200, "12345")
    assert len(world.documents("submissions")) == 1


def test_r10_a_number_is_shown_even_when_nothing_else_is_known(
    phone: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.post_json(LEAST)
    failing(monkeypatch, FirestoreTickets, "find")
    page = phone.get("/saved", ticket="12345", way="new")
    assert (page.status_code, number_on(page)) == (503, 12345)
    assert "Подробности сейчас недоступны" in text_of(page)


def test_r10_a_tick_that_is_not_known_to_be_recorded_says_so(
    phone: Instance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.post_json(LEAST)
    with monkeypatch.context() as patch:
        failing(patch, FirestoreChanges, "write")
        person = phone.post_form({"ticket": "12345"}, path="/told")
        program = phone.post_json({"ticket": 12345}, path="/told")
    assert (person.status_code, number_on(person)) == (503, 12345)
    assert "возможно, не записана" in text_of(person)
    assert (problem_of(program)["status"], int(program.headers["Retry-After"]) > 0) == (503, True)
    assert world.documents("tickets")["12345"]["acceptance"] == "pending"
    assert phone.post_form({"ticket": "12345", "post_token": token_of(person)}, path="/told").status_code == 303


def test_r1_a_bell_that_can_not_be_rung_stops_no_call(start_phone: Start, world: World) -> None:
    phone = start_phone(PUBSUB_EMULATOR_HOST=f"{HOST}:{free_port()}")
    assert phone.post_json(LEAST).status_code == 201
    assert all(letter["check_at"] for letter in world.documents("notifications").values())


def test_our_own_fault_is_apologised_for(phone: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of the test's own")

    monkeypatch.setattr("functions.intake_phone.door.read_call", fail)
    person, program = phone.post_form(LEAST), phone.post_json(LEAST)
    assert (person.status_code, person.mimetype) == (500, "text/html")
    assert "второго номера не будет" in text_of(person)
    assert problem_of(program)["status"] == 500
