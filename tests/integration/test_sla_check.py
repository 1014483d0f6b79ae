"""The minute's sweep over a real ledger: what it heals, flags, tells and leaves alone (R1, R8, R12, R16)."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests

from functions.sla_check.settings import SlaSettings
from shared.domain.notification import NotificationState
from shared.domain.submission import Quarantine
from shared.standing import Numbers
from shared.store.registrations import FirestoreRegistrations
from shared.store.submissions import FirestoreSubmissions
from shared.store.sweep import STATE, FirestoreSweep
from tests.delivery_instance import delivery_instance, event
from tests.delivery_instance import settings_of as delivery_settings
from tests.function_instance import World, function_app
from tests.mailbox import StandIn, running_stand_in
from tests.registered import PHONE_ONLY, mark, register, submission
from tests.sla_instance import HEAD, SPECIALISTS, SlaInstance, settings_of, sla_instance

MINUTE = timedelta(minutes=1)
LETTER = "12345-confirmation"


@pytest.fixture(scope="module")
def sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("sendgrid")) as running:
        yield running


@pytest.fixture
def sla(world: World, sendgrid: StandIn) -> Iterator[SlaInstance]:
    with sla_instance(settings_of(world, sendgrid.url)) as running:
        yield running


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def ticket_in(world: World, number: int = 12345) -> dict[str, Any]:
    return world.documents("tickets")[str(number)]


def digests_in(world: World) -> list[dict[str, Any]]:
    return list(world.documents("digests").values())


def digest_letters(world: World) -> list[str]:
    return [name for name in world.rings() if name.startswith("digest-")]


def keep(world: World, key: str, at: datetime) -> None:
    """A submission without a number, as an outage leaves it."""
    FirestoreRegistrations(world.ledger).keep(submission(key, at), at + MINUTE, 5.0)


def quarantine(world: World, key: str, at: datetime, reason: Quarantine = Quarantine.SPAM) -> None:
    FirestoreSubmissions(world.ledger).quarantine(submission(key, at), reason, at + MINUTE)


def test_r1_what_was_only_kept_gets_its_number_and_its_letters(world: World, sla: SlaInstance) -> None:
    register(world, ago(3))
    arrived = ago(2)
    keep(world, "kept-1", arrived)
    keep(world, "kept-2", ago(1.5))
    assert sla.sweep()["registered"] == 2
    kept = world.documents("submissions")["kept-1"]
    assert (kept["state"], "check_at" in kept) == ("registered", False)
    assert ticket_in(world, kept["ticket"])["received_at"] == arrived
    assert {f"{kept['ticket']}-confirmation", f"{kept['ticket']}-new-ticket"} <= set(world.rings())
    assert sorted(map(int, world.documents("tickets"))) == [12345, 12346, 12347]
    assert sla.sweep()["registered"] == 0


def test_r12_a_letter_whose_bell_was_lost_is_rung_again_less_and_less_often(world: World, sla: SlaInstance) -> None:
    register(world, ago(9))
    assert sla.sweep()["rung"] == 2
    assert {LETTER, "12345-new-ticket"} <= set(world.rings())
    waits = world.documents("notifications")[LETTER]["check_at"] - datetime.now(UTC)
    assert 3 * MINUTE < waits < 5 * MINUTE
    assert sla.sweep()["rung"] == 0


def steady(world: World, since: datetime) -> None:
    """The sweeps so far were in time and whole."""
    now = datetime.now(UTC)
    world.ledger.document(STATE).set({"lease_until": now, "counted_until": now, "steady_since": since})


@pytest.mark.parametrize(
    ("sound_for", "neighbour_heard", "sent_again"), [(20, True, True), (5, True, False), (20, False, False)]
)
def test_r12_a_letter_whose_sender_died_is_sent_again_only_where_silence_means_something(
    world: World, sla: SlaInstance, sound_for: int, neighbour_heard: object, sent_again: object
) -> None:
    register(world, ago(10))
    mark(world, LETTER, NotificationState.SENDING, ago(10), 8 * MINUTE)
    mark(world, "12345-new-ticket", NotificationState.SENT, ago(10))
    steady(world, ago(sound_for))
    if neighbour_heard:
        with delivery_instance(delivery_settings(world)) as delivery:
            delivery.events(event("delivered", "12345-new-ticket", ago(9), email=SPECIALISTS))
    sla.sweep()
    assert (world.documents("notifications")[LETTER]["state"] == "requested") == sent_again
    assert (LETTER in world.rings()) == sent_again


def test_r12_the_event_of_a_letter_whose_sender_died_settles_it(world: World, sla: SlaInstance) -> None:
    register(world, ago(10))
    mark(world, LETTER, NotificationState.SENDING, ago(10), 8 * MINUTE)
    mark(world, "12345-new-ticket", NotificationState.SENT, ago(10))
    steady(world, ago(20))
    with delivery_instance(delivery_settings(world)) as delivery:
        delivery.events(event("delivered", LETTER, ago(9)))
    assert sla.sweep()["rung"] == 0
    assert world.documents("notifications")[LETTER]["state"] == "delivered"


def test_r16_warned_at_ten_minutes_flagged_at_fifteen_cleared_when_delivered(world: World, sla: SlaInstance) -> None:
    ticket = register(world, ago(11))
    mark(world, LETTER, NotificationState.SENT, ago(10.9))
    assert (sla.sweep()["warned"], sla.sweep()["warned"]) == (1, 0)
    check_at = ticket_in(world)["confirmation_check_at"]
    assert check_at == ticket.received_at + 15 * MINUTE

    # Four minutes later.
    for path, field in (("tickets/12345", "received_at"), ("tickets/12345", "registered_at")):
        world.ledger.document(path).update({field: ago(16), "check_at": ago(1), "confirmation_check_at": ago(1)})
    assert (sla.sweep()["flagged"], sla.sweep()["flagged"]) == (1, 0)
    late = ticket_in(world)
    [flag] = late["flags"]
    assert (flag["kind"], late["flagged_at"]) == ("not_confirmed", flag["raised_at"])
    assert "confirmation_check_at" not in late
    assert "не подтвердил получение" in flag["reason"]
    assert "Позвоните клиенту" in flag["reason"]

    with delivery_instance(delivery_settings(world)) as delivery:
        delivery.events(event("delivered", LETTER, ago(0)))
    assert (sla.sweep()["cleared"], sla.sweep()["cleared"]) == (1, 0)
    settled = ticket_in(world)
    assert settled["acceptance"] == "accepted"
    assert settled["flags"][0]["cleared_at"] > flag["raised_at"]
    assert not {"confirmation_check_at", "flagged_at"} & settled.keys()

    remarks = [remark for digest in digests_in(world) for remark in digest["remarks"]]
    assert sorted(remark["severity"] for remark in remarks) == ["cleared", "flag", "warning"]


def test_r16_what_is_flagged_counts_as_late_until_it_is_cleared(world: World, sla: SlaInstance) -> None:
    register(world, ago(20))
    quarantine(world, "mail-1", ago(20))
    sweep = FirestoreSweep(world.ledger)
    assert sweep.standing(ago(1), ago(0)).late == 0
    sla.sweep()
    assert sweep.standing(ago(1), ago(0)).late == 2
    with delivery_instance(delivery_settings(world)) as delivery:
        delivery.events(event("delivered", LETTER, ago(0)))
    sla.sweep()
    assert sweep.standing(ago(1), ago(0)).late == 1


def test_r16_one_digest_a_run_to_the_specialists_and_the_head(world: World, sla: SlaInstance) -> None:
    for number in range(5):
        register(world, ago(20), f"form-{number}")
    quarantine(world, "mail-1", ago(20))
    assert sla.sweep()["flagged"] == 6
    [digest] = digests_in(world)
    assert len(digest["remarks"]) == 6
    letters = {name: each for name, each in world.documents("notifications").items() if each["kind"] == "digest"}
    assert sorted(each["recipient"] for each in letters.values()) == [HEAD, SPECIALISTS]
    assert sorted(digest_letters(world)) == sorted(letters)


def test_r16_a_quarantined_mail_is_flagged_and_cleared_when_a_person_has_decided(
    world: World, sla: SlaInstance
) -> None:
    quarantine(world, "mail-1", ago(16))
    assert sla.sweep()["flagged"] == 1
    flagged = world.documents("submissions")["mail-1"]
    assert "похоже на спам" in flagged["flags"][0]["reason"]
    assert "check_at" not in flagged
    submissions = FirestoreSubmissions(world.ledger)
    entry = submissions.find("mail-1")
    assert entry is not None
    submissions.record(entry.submission, None, entry)
    assert sla.sweep()["cleared"] == 1
    closed = world.documents("submissions")["mail-1"]
    assert (closed["state"], "cleared_at" in closed["flags"][0]) == ("recorded", True)
    assert not {"check_at", "flagged_at"} & closed.keys()


def test_r16_a_number_that_came_late_is_told_and_counts_from_the_arrival(world: World, sla: SlaInstance) -> None:
    register(world, ago(30), late=20 * MINUTE)
    mark(world, LETTER, NotificationState.SENT, ago(9))
    assert sla.sweep()["flagged"] == 2
    kinds = {flag["kind"]: "cleared_at" in flag for flag in ticket_in(world)["flags"]}
    assert kinds == {"registered_late": True, "not_confirmed": False}


def test_r10_a_client_without_an_address_has_to_be_called(world: World, sla: SlaInstance) -> None:
    register(world, ago(16), contact=PHONE_ONLY)
    sla.sweep()
    [flag] = ticket_in(world)["flags"]
    assert flag["reason"].startswith("У клиента нет адреса электронной почты. Позвоните клиенту")


def test_two_sweeps_at_once_do_everything_once(world: World, sendgrid: StandIn) -> None:
    for number in range(20):
        register(world, ago(20), f"form-{number}")
    settings = settings_of(world, sendgrid.url)
    with sla_instance(settings) as one, sla_instance(settings) as other:
        FirestoreSweep(world.ledger).take_lease(datetime.now(UTC), datetime.now(UTC) + MINUTE)
        assert one.sweep()["busy"]
        world.ledger.document(STATE).delete()
        assert one.sweep()["flagged"] == 20
        assert other.sweep()["flagged"] == 0
    assert all(len(ticket["flags"]) == 1 for ticket in world.documents("tickets").values())


def test_one_document_that_cannot_be_read_stops_none_of_the_others(world: World, sla: SlaInstance) -> None:
    for number in range(3):
        register(world, ago(20 + number), f"form-{number}")
    world.ledger.document("tickets/12347").update({"acceptance": "what the next release knows"})
    world.ledger.document("notifications/12345-new-ticket").update({"state": "unheard of"})
    # The day's report counts every ticket, and is due in the evening: it is not what is tested.
    world.ledger.document(STATE).set({"reported": datetime.now(UTC).date().isoformat()})
    said = sla.sweep()
    assert (said["flagged"], said["failed"]) == (2, [])


def test_a_lease_that_ran_out_is_taken_over(world: World, sla: SlaInstance) -> None:
    register(world, ago(20))
    FirestoreSweep(world.ledger).take_lease(ago(5), ago(4))
    said = sla.sweep()
    assert (said["busy"], said["flagged"]) == (False, 1)


def test_a_settled_ledger_gives_the_sweep_nothing_to_do(world: World, sla: SlaInstance) -> None:
    register(world, ago(60))
    with delivery_instance(delivery_settings(world)) as delivery:
        delivery.events(
            event("delivered", LETTER, ago(59)), event("delivered", "12345-new-ticket", ago(59), email=SPECIALISTS)
        )
    said = sla.sweep()
    assert {name: said[name] for name in ("registered", "rung", "warned", "flagged", "cleared")} == dict.fromkeys(
        ("registered", "rung", "warned", "flagged", "cleared"), 0
    )


def test_r16_how_things_stand_is_counted_in_the_ledger(world: World) -> None:
    register(world, ago(0.5))
    keep(world, "kept-1", ago(0.5))
    quarantine(world, "mail-1", ago(30))
    sweep = FirestoreSweep(world.ledger)
    standing = sweep.standing(ago(1), datetime.now(UTC))
    assert (standing.registered, standing.accepted, standing.received, standing.quarantined) == (1, 0, 1, 1)
    assert standing.oldest_unregistered is not None
    assert standing.oldest_unregistered > ago(5)
    assert standing.oldest_quarantined is not None
    assert standing.oldest_quarantined < ago(29)
    assert standing.oldest_unconfirmed is not None
    assert standing.latest_arrival is not None
    assert standing.latest_arrival > ago(5)


def test_r8_of_the_tickets_of_the_hour_those_whose_clients_lack_the_number_are_counted_in_the_ledger(
    world: World,
) -> None:
    for number, minutes in enumerate((14, 16, 30, 74, 76)):
        register(world, ago(minutes), f"form-{number}")
    world.ledger.document("tickets/12346").update({"acceptance": "accepted"})
    world.ledger.document("tickets/12347").update({"acceptance": "undeliverable"})
    standing = FirestoreSweep(world.ledger).standing(ago(1), ago(0))
    assert (standing.recent, standing.recent_unconfirmed) == (3, 2)


def test_r4_numbers_are_counted_against_tickets_in_the_ledger(world: World) -> None:
    sweep = FirestoreSweep(world.ledger)
    assert sweep.numbers() is None
    for number in range(3):
        register(world, ago(1), f"form-{number}")
    whole = sweep.numbers()
    assert whole == Numbers(12345, 12347, 3)
    assert whole.missing == 0
    world.ledger.document("tickets/12346").delete()
    broken = sweep.numbers()
    assert broken is not None
    assert broken.missing == 1
    # As after a restore of the counter alone.
    world.ledger.document("counters/tickets").update({"last": 12344})
    behind = sweep.numbers()
    assert behind is not None
    assert behind.missing == -2


def test_r4_a_ledger_in_which_requests_come_in_is_not_called_broken(world: World) -> None:
    class Busy(FirestoreSweep):
        """Somebody registers between the look at the counter and the count."""

        def _counter(self) -> Mapping[str, int]:
            counter = super()._counter()
            register(world, ago(1), f"form-{uuid4().hex}")
            return counter

    register(world, ago(1))
    assert Busy(world.ledger).numbers() is None


def test_r1_mail_that_sendgrid_took_in_and_we_never_got_is_told(world: World, sendgrid: StandIn) -> None:
    requests.post(f"{sendgrid.url}/api/received", timeout=10).raise_for_status()
    with sla_instance(settings_of(world, sendgrid.url)) as sla:
        assert sla.sweep()["flagged"] == 0
        state = world.ledger.document(STATE)
        inbound = (state.get().to_dict() or {})["inbound"]
        assert sum(day["received"] for day in inbound["days"]) == 1
        # An hour later.
        days = [day | {"at": ago(61)} for day in inbound["days"]]
        state.update({"inbound": {"at": ago(61), "days": days}})
        assert sla.sweep()["flagged"] == 1
    [digest] = digests_in(world)
    [remark] = digest["remarks"]
    assert "Не хватает: 1" in remark["text"]


def test_other_methods_are_refused_and_do_nothing(sla: SlaInstance) -> None:
    answer = sla.app.test_client().get("/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_without_proper_settings_the_call_fails(world: World, sendgrid: StandIn) -> None:
    wrong = settings_of(world, sendgrid.url) | {"WARN_AFTER": "soon"}
    with function_app("sla_check", SlaSettings, wrong) as app:
        answer = app.test_client().post("/")
    assert answer.status_code == 500
    assert json.loads(answer.get_data())["status"] == 500


def test_a_ledger_that_does_not_answer_makes_the_call_fail(
    world: World, sendgrid: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.store.sweep.READ_TIME", 0.5)
    with monkeypatch.context() as patch, sla_instance(settings_of(world, sendgrid.url)) as sla:
        patch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
        assert sla.app.test_client().post("/").status_code == 500
