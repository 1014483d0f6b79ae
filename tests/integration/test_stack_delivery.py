"""The whole local stack: what becomes of the letters, what is late, and a time that runs faster."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.running_stack import RunningStack, running_stack, wait_for

PATIENCE = 10.0  # seconds for one answer
SPECIALISTS = "specialists@pass24online.ru"
HEAD = "head@pass24online.ru"
LIMIT = timedelta(minutes=15)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def fast_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack whose minutes are seconds."""
    with running_stack(tmp_path_factory.mktemp("fast_stack"), TIME_SCALE="60") as running:
        yield running


@pytest.fixture
def client() -> str:
    return f"client-{uuid.uuid4().hex}@example.com"


def register(stack: RunningStack, client: str) -> int:
    """The number that the client's request gets."""
    asked = {"name": "Иван", "email": client, "description": "Не открывается шлагбаум", "consent": True}
    answer = requests.post(stack.form, json=asked, headers={"Idempotency-Key": client}, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["ticket"]
    return number


def becomes(stack: RunningStack, number: int, acceptance: str, patience: float = 30.0) -> dict[str, Any]:
    """The ticket, as soon as its acceptance is this one."""
    assert wait_for(lambda: stack.ticket(number).get("acceptance") == acceptance, patience), stack.ticket(number)
    return stack.ticket(number)


def about(stack: RunningStack, to: str, words: str) -> list[dict[str, Any]]:
    return [letter for letter in stack.letters(to) if words in letter["subject"] or words in letter["text"]]


def test_r8_a_delivered_letter_makes_the_ticket_accepted(stack: RunningStack, client: str) -> None:
    number = register(stack, client)

    ticket = becomes(stack, number, "accepted")

    [letter] = stack.letters(client)
    assert letter["state"] == "delivered"
    assert abs(ticket["accepted_at"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_r9_a_refused_letter_is_told_to_the_specialists(stack: RunningStack, client: str) -> None:
    stack.fault(delivery="bounce", to=client, reason="550 5.1.1 no such user", status="5.1.1")
    number = register(stack, client)

    becomes(stack, number, "undeliverable")

    assert wait_for(lambda: about(stack, SPECIALISTS, f"[#{number}] Не открывается шлагбаум — клиент не получил номер"))
    assert stack.letters(client)[0]["state"] == "bounce"


def test_r8_a_late_bounce_revokes_the_acceptance(stack: RunningStack, client: str) -> None:
    stack.fault(delivery="late_bounce", to=client)
    number = register(stack, client)

    becomes(stack, number, "accepted")
    becomes(stack, number, "revoked")


@pytest.mark.parametrize("fate", ["duplicate", "reordered", "deferred"])
def test_r8_events_in_any_order_and_number_end_in_acceptance(stack: RunningStack, client: str, fate: str) -> None:
    stack.fault(delivery=fate, to=client)
    number = register(stack, client)

    becomes(stack, number, "accepted")

    assert len(stack.letters(client)) == 1


def test_r16_a_flag_appears_and_goes_when_the_letter_is_delivered(fast_stack: RunningStack, client: str) -> None:
    fast_stack.fault(status=503, times=1000)
    number = register(fast_stack, client)
    assert wait_for(lambda: fast_stack.ticket(number).get("flags"), 60)
    flagged = fast_stack.ticket(number)

    fast_stack.no_more_faults()
    becomes(fast_stack, number, "accepted", 60)
    assert wait_for(lambda: "cleared_at" in fast_stack.ticket(number)["flags"][0])
    healed = fast_stack.ticket(number)

    [flag] = flagged["flags"]
    assert flag["kind"] == "not_confirmed"
    assert "cleared_at" not in flag
    assert LIMIT <= flag["raised_at"] - flagged["received_at"] <= LIMIT + timedelta(minutes=5)
    assert healed["flags"] == [flag | {"cleared_at": healed["flags"][0]["cleared_at"]}]
    assert flag["raised_at"] < healed["flags"][0]["cleared_at"]
    assert len(fast_stack.letters(client)) == 1


def test_r16_the_head_of_support_is_told_of_what_is_late(fast_stack: RunningStack, client: str) -> None:
    fast_stack.fault(delivery="lost", to=client)
    number = register(fast_stack, client)

    assert wait_for(lambda: about(fast_stack, HEAD, f"#{number}"), 60)
    assert wait_for(lambda: about(fast_stack, SPECIALISTS, "Контроль обращений"), 10)


def test_where_time_runs_faster_all_processes_agree_on_it(fast_stack: RunningStack, client: str) -> None:
    before = datetime.now(UTC)
    number = register(fast_stack, client)
    ticket = becomes(fast_stack, number, "accepted")

    [letter] = fast_stack.letters(client)
    events = [datetime.fromtimestamp(event["timestamp"], UTC) for event in letter["events"]]
    # The form, the sender, the stand-in and the webhook, each after the other; events have whole seconds.
    told = [ticket["received_at"], ticket["registered_at"], datetime.fromisoformat(letter["received_at"])]
    assert told == sorted(told)
    assert told[-1] - timedelta(seconds=1) <= events[0] <= events[1] <= ticket["accepted_at"] + timedelta(seconds=1)
    assert ticket["received_at"] > before
    assert ticket["accepted_at"] - ticket["received_at"] < timedelta(minutes=30)


def test_the_stack_says_that_time_runs_faster(fast_stack: RunningStack) -> None:
    lines = [line.split() for line in fast_stack.said.splitlines()]

    assert [line[:2] for line in lines if line[0] == "time"] == [["time", "x60"]]


def test_the_clock_calls_each_minute(fast_stack: RunningStack) -> None:
    def answers() -> list[str]:
        lines = [json.loads(line) for line in fast_stack.log("clock").splitlines()]
        return [line["answer"] for line in lines if line["message"] == "clock_called"]

    before = len(answers())

    assert wait_for(lambda: len(answers()) >= before + 3)
    assert set(answers()) == {"200"}
