"""When the ledger is slow, or not there: nothing is lost, nobody is told that it is registered when it is not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from local.processes import HOST, free_port
from tests.form_instance import (
    LEAST,
    TYPED,
    Attachment,
    Instance,
    is_ticked,
    moment,
    number_of,
    problem_of,
    text_of,
    token_of,
    value_of,
)
from tests.function_instance import World

Start = Callable[..., Instance]


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


@pytest.fixture
def slow(form: Instance, world: World) -> Iterator[Instance]:
    """An instance whose commits hang, after a first ticket."""
    assert form.post_json({**LEAST, "description": "Первое"}).status_code == 201
    with counter_held(world):
        yield form


def test_r1_r17_what_can_not_be_numbered_in_time_is_kept_and_said_so(slow: Instance, world: World) -> None:
    person = slow.post_form({**TYPED, "page_token": slow.token()}, [Attachment("вирус.exe", b"MZ")])
    program = slow.post_json(LEAST, {"Idempotency-Key": "3f1c"})

    assert (person.status_code, program.status_code) == (202, 202)
    assert "Обращение принято" in text_of(person)
    assert "ivan@example.ru" in text_of(person)
    assert "вирус.exe" in text_of(person)
    assert "#" not in text_of(person)
    body = json.loads(program.get_data())
    assert body.keys() == {"detail", "received_at"}
    kept = [each for each in world.documents("submissions").values() if each["state"] == "received"]
    assert len(kept) == 2
    for submission in kept:
        assert "ticket" not in submission
        assert submission["check_at"] > submission["received_at"]
        assert submission["details"]["description"] == LEAST["description"]


def test_r2_what_was_kept_gets_its_number_at_the_next_delivery_and_keeps_its_arrival(
    form: Instance, world: World
) -> None:
    form.post_json({**LEAST, "description": "Первое"})
    key = {"Idempotency-Key": "3f1c"}
    with counter_held(world):
        kept = form.post_json(LEAST, key)

    numbered = form.post_json(LEAST, key)

    assert (kept.status_code, numbered.status_code) == (202, 201)
    first, second = json.loads(kept.get_data()), json.loads(numbered.get_data())
    assert second["ticket"] == 12346
    assert second["received_at"] == first["received_at"]
    assert moment(second["registered_at"]) > moment(second["received_at"])
    states = [each["state"] for each in world.documents("submissions").values()]
    assert states == ["registered", "registered"]
    assert all("check_at" not in each for each in world.documents("submissions").values())


def test_r17_what_was_kept_with_a_file_gets_its_number_at_the_next_delivery_too(form: Instance, world: World) -> None:
    form.post_json({**LEAST, "description": "Первое"})
    typed = {**TYPED, "page_token": form.token()}
    files = [Attachment("снимок.txt", "не открывается".encode())]
    with counter_held(world):
        kept = form.post_form(typed, files)

    numbered = form.post_form(typed, files)

    assert (kept.status_code, numbered.status_code) == (202, 201)
    assert number_of(numbered) == 12346
    [stored] = [each["files"] for each in world.documents("submissions").values() if each["files"]]
    assert stored[0]["name"] == "снимок.txt"
    assert "refusal" not in stored[0]


def test_a_repeat_of_what_is_kept_hears_the_same_again(slow: Instance, world: World) -> None:
    key = {"Idempotency-Key": "3f1c"}

    first, again = slow.post_json(LEAST, key), slow.post_json(LEAST, key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_data() == again.get_data()
    assert len(world.documents("submissions")) == 2


def test_without_a_ledger_nothing_is_promised_and_all_that_was_typed_comes_back(start: Start) -> None:
    form = start(FIRESTORE_EMULATOR_HOST=f"{HOST}:{free_port()}")
    typed = {**TYPED, "name": "Иван <Петров>", "description": "Строка\nи ещё", "page_token": form.token()}

    person = form.post_form({**typed, "urgent": "1"}, [Attachment("Счёт №5.pdf", b"1")])
    program = form.post_json(LEAST)

    assert (person.status_code, program.status_code) == (503, 503)
    assert int(person.headers["Retry-After"]) > 0
    assert int(program.headers["Retry-After"]) > 0
    problem_of(program)
    assert value_of(person, "description") == "Строка\nи ещё"
    assert value_of(person, "name") == "Иван <Петров>"
    assert is_ticked(person, "urgent")
    assert is_ticked(person, "consent")
    assert token_of(person) == typed["page_token"]
    assert "Счёт №5.pdf" in text_of(person)


def test_what_came_back_can_be_sent_when_the_ledger_is_there_again(start: Start, form: Instance) -> None:
    typed = {**TYPED, "page_token": form.token()}
    without = start(FIRESTORE_EMULATOR_HOST=f"{HOST}:{free_port()}")
    assert without.post_form(typed).status_code == 503

    response = form.post_form(typed)

    assert (response.status_code, number_of(response)) == (201, 12345)


def test_r1_a_bell_that_can_not_be_rung_stops_no_request(start: Start, world: World) -> None:
    form = start(PUBSUB_EMULATOR_HOST=f"{HOST}:{free_port()}")

    response = form.post_json(LEAST)

    assert response.status_code == 201
    assert {letter["state"] for letter in world.documents("notifications").values()} == {"requested"}
    assert all(letter["check_at"] for letter in world.documents("notifications").values())


def test_r4_a_counter_that_others_move_at_the_same_time_gives_every_number_once(start: Start, world: World) -> None:
    instances = [start() for _ in range(3)]
    barrier = threading.Barrier(3)
    answers: list[int] = []

    def post(form: Instance) -> None:
        barrier.wait(10)
        answers.extend(form.post_json(LEAST).status_code for _ in range(5))

    threads = [threading.Thread(target=post, args=(form,)) for form in instances]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(answers) == 15
    assert set(answers) <= {201, 202}
    numbers = sorted(map(int, world.documents("tickets")))
    assert numbers == list(range(12345, 12345 + answers.count(201)))
    assert len(world.documents("submissions")) == 15
