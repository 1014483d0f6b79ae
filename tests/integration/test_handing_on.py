"""R7, R15, R18: the sweep merges, reminds and hands on, over the ledger's and Pub/Sub's emulators."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from local.processes import ROOT
from shared.domain.submission import Attachment, Channel, Details, Omission, Submission
from shared.domain.ticket import Acceptance, Handover
from shared.handing_on import SCHEMA, NotHandedOnError, ReadyTopic
from shared.joining import Joiner
from shared.ledger import Surroundings
from shared.numbering import NumberingPolicy, Registered
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets
from tests.function_instance import READY_TOPIC, TOPIC, World, make_ready_topic
from tests.mailbox import StandIn, running_stand_in
from tests.registered import HOURS, IVAN, SPECIALISTS
from tests.sample_ticket import opened
from tests.sla_instance import SlaInstance, settings_of, sla_instance

CHECK = Draft202012Validator(json.loads((ROOT / "docs" / "ticket-ready.v1.schema.json").read_text(encoding="utf-8")))
DEVICE = ("4.12.1", "Samsung Galaxy A52", "Android 13")
NOTHING = ("", "", "")
LONG_AGO = timedelta(days=20)
"""There is a working day in between at any time of the year."""


@pytest.fixture(scope="module")
def sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("sendgrid")) as running:
        yield running


@pytest.fixture
def sla(world: World, sendgrid: StandIn) -> Iterator[SlaInstance]:
    with sla_instance(settings_of(world, sendgrid.url)) as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


def sent(
    key: str,
    at: datetime,
    device: tuple[str, str, str] = NOTHING,
    *,
    urgent: bool = False,
    unanswered: Omission | None = None,
) -> Submission:
    details = Details("", "Приложение вылетает при входе", "", *device, urgent=urgent, previous_ticket=None)
    return Submission(key, Channel.FORM, at, IVAN, details, unanswered=unanswered)


def register(
    world: World,
    submission: Submission,
    window: timedelta = timedelta(0),
    registrations: FirestoreRegistrations | None = None,
) -> int:
    """Register at once; give the number."""
    policy = NumberingPolicy(12345, HOURS, SPECIALISTS, window)
    bell = PubSubBell(world.project, TOPIC)
    joiner = Joiner(FirestoreTickets(world.ledger), bell, SPECIALISTS, now)
    ledger = registrations or FirestoreRegistrations(world.ledger)
    outcome = Registrar(ledger, bell, policy, lambda: submission.received_at, joiner).register(submission)
    assert isinstance(outcome, Registered)
    return outcome.ticket.number


def accepted(world: World, number: int) -> None:
    """The letter with the number was delivered."""
    world.ledger.document(f"tickets/{number}").update({"acceptance": Acceptance.ACCEPTED.value})


def ticket_in(world: World, number: int) -> dict[str, Any]:
    return world.documents("tickets")[str(number)]


def told(world: World) -> list[dict[str, Any]]:
    """What classification has got since the last call; all of it keeps to the schema."""
    messages = world.handed_on()
    for body, attributes in messages:
        CHECK.validate(body)
        assert attributes == {
            "schema": SCHEMA,
            "ticket": str(body["ticket"]),
            "revision": str(body["revision"]),
            "complete": json.dumps(body["complete"]),
        }
    return [body for body, _ in messages]


def test_r18_a_complete_ticket_is_handed_on_once_and_settled(world: World, sla: SlaInstance) -> None:
    number = register(world, sent("form-1", now() - timedelta(minutes=2), DEVICE))
    assert sla.sweep()["handed_on"] == 1
    [message] = told(world)
    assert (message["ticket"], message["revision"], message["complete"]) == (number, 1, True)
    assert {"detail": "device_model", "source": "field"} in message["known"]
    ticket = ticket_in(world, number)
    assert ticket["handed_on"] == {
        "at": datetime.fromisoformat(message["handed_on_at"]),
        "revision": 1,
        "complete": True,
    }
    assert "follow_up_at" not in ticket
    [line] = [
        each.to_dict() or {}
        for each in world.ledger.collection(f"tickets/{number}/history").stream()
        if (each.to_dict() or {})["event"] == "handed_on"
    ]
    assert (line["by"], line["about"]) == ("system", "1")
    assert (sla.sweep()["handed_on"], told(world)) == (0, [])


def test_r7_r18_an_answer_hands_a_ticket_on_that_was_waited_for(world: World, sla: SlaInstance) -> None:
    number = register(world, sent("form-1", now() - timedelta(minutes=2)))
    assert sla.sweep()["handed_on"] == 0
    assert ticket_in(world, number)["follow_up_at"] > now()
    joiner = Joiner(FirestoreTickets(world.ledger), PubSubBell(world.project, TOPIC), SPECIALISTS, now)
    joiner.join(sent("answer-1", now(), DEVICE), number, Attachment.ANSWER)
    assert sla.sweep()["handed_on"] == 1
    [message] = told(world)
    assert (message["revision"], message["complete"]) == (1, True)
    assert {"detail": "device_model", "source": "page"} in message["known"]


def test_r7_r18_who_did_not_answer_for_a_working_day_is_reminded_once_and_his_ticket_goes_on_incomplete(
    world: World, sla: SlaInstance
) -> None:
    number = register(world, sent("form-1", now() - LONG_AGO))
    accepted(world, number)
    said = sla.sweep()
    assert (said["reminded"], said["handed_on"]) == (1, 1)
    reminder = world.documents("notifications")[f"{number}-reminder"]
    assert (reminder["kind"], reminder["recipient"], reminder["state"]) == ("reminder", IVAN.email, "requested")
    assert f"{number}-reminder" in world.rings()
    [message] = told(world)
    assert (message["complete"], message["missing"]) == (
        False,
        ["steps", "product_version", "device_model", "os_version"],
    )
    said = sla.sweep()
    assert (said["reminded"], said["handed_on"], told(world)) == (0, 0, [])

    joiner = Joiner(FirestoreTickets(world.ledger), PubSubBell(world.project, TOPIC), SPECIALISTS, now)
    joiner.join(sent("reply-1", now(), DEVICE), number, Attachment.REPLY)
    assert sla.sweep()["handed_on"] == 1
    [message] = told(world)
    assert (message["revision"], message["complete"], message["missing"]) == (2, True, ["steps"])


def test_r7_a_robot_is_neither_asked_nor_reminded_and_what_it_wrote_goes_on(world: World, sla: SlaInstance) -> None:
    number = register(world, sent("mail-1", now() - LONG_AGO, unanswered=Omission.AUTOMATIC))
    said = sla.sweep()
    assert (said["reminded"], said["handed_on"]) == (0, 1)
    assert f"{number}-reminder" not in world.documents("notifications")
    [message] = told(world)
    assert (message["complete"], message["acceptance"]) == (False, "not_awaited")


def test_r18_an_urgent_ticket_does_not_wait_for_what_is_missing(world: World, sla: SlaInstance) -> None:
    register(world, sent("form-1", now() - timedelta(minutes=2), urgent=True))
    assert sla.sweep()["handed_on"] == 1
    [message] = told(world)
    assert (message["urgent"], message["complete"]) == (True, False)


def test_r18_without_the_topic_everything_else_is_done_and_nothing_is_forgotten(
    world: World, sla: SlaInstance, sendgrid: StandIn
) -> None:
    for key in ("form-1", "form-2"):
        register(world, sent(key, now() - timedelta(minutes=16), DEVICE))
    with sla_instance(settings_of(world, sendgrid.url) | {"READY_TOPIC": "not-there"}) as without:
        said = without.sweep()
    assert (said["handed_on"], said["not_handed_on"], said["flagged"], said["failed"]) == (0, 2, 2, [])
    said = sla.sweep()
    assert (said["handed_on"], said["not_handed_on"]) == (2, 0)
    assert sorted((message["ticket"], message["revision"]) for message in told(world)) == [(12345, 1), (12346, 1)]


def test_r18_a_topic_that_takes_nothing_is_an_error_of_its_own(world: World) -> None:
    make_ready_topic(world)
    ticket = replace(opened(sent("form-1", now(), DEVICE)), handed_on=Handover(now(), 1, complete=True))
    with pytest.raises(NotHandedOnError):
        ReadyTopic(world.project, "not-there").hand_on([ticket])
    ReadyTopic(world.project, READY_TOPIC).hand_on([])
    assert told(world) == []
    ReadyTopic(world.project, READY_TOPIC).hand_on([ticket] * 1001)
    # The emulator gives 100 at a time.
    assert sum(len(told(world)) for _ in range(15)) == 1001


def test_r15_r18_two_that_are_one_are_merged_before_either_is_handed_on(
    world: World, sendgrid: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = timedelta(days=3)
    at = now() - timedelta(minutes=2)
    first = register(world, sent("form-1", at, DEVICE), window)
    blind = FirestoreRegistrations(world.ledger)
    # Both were registered at the same moment: neither door saw the other's.
    monkeypatch.setattr(blind, "surroundings", lambda *_: Surroundings({}, {}))
    second = register(world, sent("form-2", at, DEVICE), window, blind)
    assert first < second
    with sla_instance(settings_of(world, sendgrid.url) | {"DUPLICATE_WINDOW": str(window.total_seconds())}) as sla:
        assert sla.sweep()["handed_on"] == 0, "what was merged is left to the next sweep"
        assert ticket_in(world, second)["merged_into"] == first
        sla.sweep()
    messages = {message["ticket"]: message for message in told(world)}
    assert messages[first]["merged"] == [second]
    assert all(message["merged_into"] == first for number, message in messages.items() if number == second)
