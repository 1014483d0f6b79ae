"""SendGrid's events at the door of `delivery`: what the ledger says afterwards, and who is told (R8, R9)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.delivery.settings import DeliverySettings
from local.smtp.inbound import Signer
from shared.domain.notification import NotificationState
from shared.domain.ticket import Ticket
from tests.delivery_instance import DeliveryInstance, delivery_instance, event, settings_of, signed
from tests.function_instance import World, function_app
from tests.registered import mark, register

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, 12:00 in Moscow."""
LATER = NOON + timedelta(seconds=7)
LETTER = "12345-confirmation"
NO_SUCH_USER = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user here"}
FULL = {"type": "bounce", "status": "5.2.2", "reason": "552 5.2.2 mailbox full"}


@pytest.fixture
def door(world: World) -> Iterator[DeliveryInstance]:
    with delivery_instance(settings_of(world)) as running:
        yield running


@pytest.fixture
def ticket(world: World) -> Ticket:
    registered = register(world, NOON)
    mark(world, LETTER, NotificationState.SENT, NOON + timedelta(seconds=2))
    return registered


def ticket_in(world: World, number: int = 12345) -> dict[str, Any]:
    return world.documents("tickets")[str(number)]


def letter_in(world: World, letter: str = LETTER) -> dict[str, Any]:
    return world.documents("notifications")[letter]


def history_in(world: World, number: int = 12345) -> list[dict[str, Any]]:
    lines = world.ledger.collection(f"tickets/{number}/history").stream()
    return [line.to_dict() or {} for line in lines]


@pytest.mark.usefixtures("ticket")
def test_r8_a_delivered_letter_makes_its_ticket_accepted_at_the_moment_of_delivery(
    world: World, door: DeliveryInstance
) -> None:
    answer = door.events(event("processed", LETTER, NOON), event("delivered", LETTER, LATER, response="250 OK"))
    assert (answer.status_code, answer.json) == (200, {"events": 2})
    ticket = ticket_in(world)
    assert (ticket["acceptance"], ticket["accepted_at"], ticket["accepted_by"]) == ("accepted", LATER, LETTER)
    assert "confirmation_check_at" not in ticket
    assert letter_in(world)["state"] == "delivered"
    assert [(line["event"], line["at"]) for line in history_in(world)] == [("accepted", LATER)]
    assert world.rings() == []


@pytest.mark.usefixtures("ticket")
def test_r8_a_letter_that_was_merely_processed_or_put_off_is_not_accepted(world: World, door: DeliveryInstance) -> None:
    door.events(event("processed", LETTER, NOON))
    door.events(event("deferred", LETTER, LATER, response="450 4.2.1 try again later", attempt="1"))
    assert ticket_in(world)["acceptance"] == "pending"
    letter = letter_in(world)
    assert (letter["state"], letter["failure"]["reason"]) == ("deferred", "450 4.2.1 try again later")


@pytest.mark.usefixtures("ticket")
def test_r9_a_bounce_tells_the_specialists_once_however_often_it_is_reported(
    world: World, door: DeliveryInstance
) -> None:
    for _ in range(3):
        assert door.events(event("bounce", LETTER, LATER, **NO_SUCH_USER)).status_code == 200
    ticket, notice = ticket_in(world), letter_in(world, "12345-undelivered-1-bounced")
    assert (ticket["acceptance"], ticket.get("accepted_at")) == ("undeliverable", None)
    assert (notice["kind"], notice["recipient"], notice["about"]) == (
        "undelivered",
        "specialists@pass24online.ru",
        LETTER,
    )
    assert world.rings() == ["12345-undelivered-1-bounced"]
    assert [line["event"] for line in history_in(world)] == ["undeliverable"]


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize(("said", "dead"), [(NO_SUCH_USER, ["ivan@example.ru"]), (FULL, [])])
def test_r9_only_an_address_that_never_will_work_gets_no_more_letters(
    world: World, door: DeliveryInstance, said: dict[str, str], dead: list[str]
) -> None:
    door.events(event("bounce", LETTER, LATER, **said))
    assert [each["address"] for each in world.documents("addresses").values()] == dead


@pytest.mark.usefixtures("ticket")
def test_r9_a_blocked_letter_says_nothing_against_its_address(world: World, door: DeliveryInstance) -> None:
    door.events(event("bounce", LETTER, LATER, **NO_SUCH_USER | {"type": "blocked"}))
    assert ticket_in(world)["acceptance"] == "undeliverable"
    assert world.documents("addresses") == {}


@pytest.mark.usefixtures("ticket")
def test_r8_a_bounce_after_the_delivery_revokes_the_acceptance_and_tells_the_specialists(
    world: World, door: DeliveryInstance
) -> None:
    door.events(event("delivered", LETTER, LATER))
    door.events(event("bounce", LETTER, LATER + timedelta(hours=1), **FULL))
    ticket = ticket_in(world)
    assert (ticket["acceptance"], ticket.get("accepted_at")) == ("revoked", None)
    assert "confirmation_check_at" in ticket
    assert world.rings() == ["12345-undelivered-1-bounced"]


@pytest.mark.usefixtures("ticket")
def test_r8_events_in_the_wrong_order_and_twice_end_as_in_the_right_one(world: World, door: DeliveryInstance) -> None:
    delivered, processed = event("delivered", LETTER, LATER), event("processed", LETTER, NOON)
    door.events(delivered, delivered | {"sg_event_id": "another"}, processed)
    door.events(processed, delivered)
    assert (letter_in(world)["state"], ticket_in(world)["acceptance"]) == ("delivered", "accepted")
    assert len(history_in(world)) == 1


def test_r8_an_event_settles_a_letter_whose_sender_died_before_it_recorded_it(
    world: World, door: DeliveryInstance
) -> None:
    register(world, NOON)
    mark(world, LETTER, NotificationState.SENDING, NOON, timedelta(minutes=5))
    door.events(event("processed", LETTER, LATER))
    letter = letter_in(world)
    assert (letter["state"], letter["sent_at"]) == ("sent", LATER)
    assert not {"lease_until", "check_at"} & letter.keys()


@pytest.mark.usefixtures("ticket")
def test_a_letter_to_the_specialists_moves_nothing_but_itself(world: World, door: DeliveryInstance) -> None:
    ours = {"email": "specialists@pass24online.ru"}
    door.events(event("bounce", "12345-new-ticket", LATER, **NO_SUCH_USER) | ours)
    assert letter_in(world, "12345-new-ticket")["state"] == "bounced"
    assert ticket_in(world)["acceptance"] == "pending"
    # Their mailbox must go on getting letters.
    assert world.documents("addresses") == {}


@pytest.mark.usefixtures("ticket")
def test_r9_a_late_bounce_without_a_name_finds_the_only_letter_that_it_can_be_about(
    world: World, door: DeliveryInstance
) -> None:
    door.events(event("delivered", LETTER, LATER))
    door.events(event("bounce", None, LATER + timedelta(hours=2), message_id=None, **NO_SUCH_USER))
    assert (letter_in(world)["state"], ticket_in(world)["acceptance"]) == ("bounced", "revoked")


@pytest.mark.usefixtures("ticket")
def test_r9_a_late_bounce_that_may_be_about_several_letters_is_no_letter_s_but_the_address_is_known_as_dead(
    world: World, door: DeliveryInstance
) -> None:
    register(world, NOON, "form-2")
    mark(world, "12346-confirmation", NotificationState.SENT, NOON)
    door.events(event("bounce", None, LATER, message_id=None, **NO_SUCH_USER))
    assert {letter_in(world, f"{number}-confirmation")["state"] for number in (12345, 12346)} == {"sent"}
    assert [each["address"] for each in world.documents("addresses").values()] == ["ivan@example.ru"]


@pytest.mark.usefixtures("ticket")
def test_what_is_unknown_is_passed_over_and_the_rest_of_the_batch_counts(world: World, door: DeliveryInstance) -> None:
    answer = door.events(
        event("delivered", LETTER, LATER) | {"brand_new_field": {"deep": [1]}},
        event("account_status_change", None, LATER),
        event("open", LETTER, LATER),
        event("delivered", "99999-confirmation", LATER),
        event("delivered", "no id of ours", LATER),
        event("delivered", None, LATER),
        {"event": "delivered"},
        {},
    )
    assert answer.status_code == 200
    assert ticket_in(world)["acceptance"] == "accepted"


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize("timestamp", [None, "soon", 1e300, -1e300, True, 4102444800])
def test_r8_an_event_without_a_usable_time_counts_from_now(
    world: World, door: DeliveryInstance, timestamp: object
) -> None:
    door.events(event("delivered", LETTER, LATER) | {"timestamp": timestamp})
    accepted_at = ticket_in(world)["accepted_at"]
    assert accepted_at <= datetime.now(UTC)


def test_a_thousand_letters_in_one_batch(world: World, door: DeliveryInstance) -> None:
    numbers = range(12345, 12345 + 40)
    for number in numbers:
        register(world, NOON, f"form-{number}")
    batch = [
        event(name, f"{number}-{kind}", LATER, email=email)
        for number in numbers
        for kind, email in (("confirmation", "ivan@example.ru"), ("new-ticket", "specialists@pass24online.ru"))
        for name in ("processed", "delivered", "delivered")
    ] * 4
    assert door.events(*batch).json == {"events": 960}
    tickets = world.documents("tickets").values()
    assert [ticket["acceptance"] for ticket in tickets] == ["accepted"] * 40


@pytest.mark.usefixtures("ticket")
def test_a_forged_call_changes_nothing(world: World, door: DeliveryInstance) -> None:
    body, headers = signed(json.dumps([event("delivered", LETTER, LATER)]).encode())
    stranger = Signer.generate()
    for bad in (
        {},
        {name: value for name, value in headers.items() if "Signature" not in name},
        {name: value for name, value in headers.items() if "Timestamp" not in name},
        headers | {name: "" for name in headers if "Signature" in name},
        headers | {name: "not base64!" for name in headers if "Signature" in name},
        headers | {name: "1700000000" for name in headers if "Timestamp" in name},
        signed(body, stranger)[1],
    ):
        answer = door.call(body, bad)
        assert answer.status_code == 401, bad
    assert door.call(body + b" ", headers).status_code == 401
    assert ticket_in(world)["acceptance"] == "pending"


def test_each_of_several_keys_is_believed(world: World) -> None:
    old, new = Signer.generate(), Signer.generate()
    with delivery_instance(settings_of(world, (old, new))) as door:
        assert [door.events(key=key).status_code for key in (old, new, Signer.generate())] == [200, 200, 401]


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_signed_body_that_is_no_list_is_refused_with_a_reason(door: DeliveryInstance, body: bytes) -> None:
    answer = door.call(*signed(body))
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")


def test_a_body_beyond_the_limit_is_not_read(world: World) -> None:
    with delivery_instance(settings_of(world) | {"MAX_REQUEST_BYTES": "1000"}) as door:
        assert door.call(*signed(b" " * 2000)).status_code == 413


def test_other_methods_are_refused(door: DeliveryInstance) -> None:
    answer = door.app.test_client().get("/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("wrong", [{"EVENT_KEYS": ""}, {"EVENT_KEYS": "no key"}, {"SPECIALISTS_EMAIL": ""}])
def test_without_proper_settings_everything_is_to_come_again(world: World, wrong: dict[str, str]) -> None:
    with function_app("delivery", DeliverySettings, settings_of(world) | wrong) as app:
        assert app.test_client().post("/", data=b"[]").status_code == 503


@pytest.mark.usefixtures("ticket")
def test_when_the_ledger_fails_sendgrid_is_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(world)
    monkeypatch.setattr("shared.outcomes.STEP_TIME", 0.5)
    with monkeypatch.context() as patch, delivery_instance(settings) as door:
        patch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
        assert door.events(event("delivered", LETTER, LATER)).status_code == 503
    with delivery_instance(settings) as door:
        assert door.events(event("delivered", LETTER, LATER)).status_code == 200
    assert ticket_in(world)["acceptance"] == "accepted"
