"""R15 over Firestore: what registrations leave for recognition, and how the sweep makes good what two doors missed."""

import re
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import firestore

from shared.domain.contact import Contact
from shared.domain.submission import Channel, Details, Message, Submission
from shared.domain.working_time import WorkingHours
from shared.joining import Joiner
from shared.ledger import StoredTicket, Surroundings
from shared.merging import SYSTEM, Merger
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Kept, Registrar
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.contacts import contact_path
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets

FIRST = 12345
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
WINDOW = timedelta(days=3)
SPECIALISTS = "specialists@pass24online.ru"
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
POLICY = NumberingPolicy(FIRST, HOURS, SPECIALISTS, WINDOW)
TIME = 10.0  # seconds
IVAN = Contact("Иван Тайнов", "ivan@example.ru", "+79161234567", "8 916 123-45-67")
GATE = "Калитка у пруда не открывается с телефона, приложение пишет «нет доступа»."
OTHERS = (
    "Просим восстановить доступ жителю Ковалёву Игорю, дом 12, кв. 8, код уходит на старый номер.",
    "Пропуск для гостя не пришёл",
    "Как поменять фотографию в профиле?",
)


@dataclass(slots=True)
class RecordingBell:
    rung: list[str] = field(default_factory=list)

    def ring(self, notifications: Sequence[str]) -> None:
        self.rung.extend(notifications)


class BothLookFirst(FirestoreRegistrations):
    """Two registrars' ledger in which nobody goes on before the other one has looked at the past, too."""

    def __init__(self, client: firestore.Client, barrier: threading.Barrier) -> None:
        super().__init__(client)
        self._barrier = barrier

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        found = super().surroundings(identities, numbers, timeout)
        self._barrier.wait(TIME)
        return found


@pytest.fixture
def client(ledger_project: str) -> firestore.Client:
    client = open_ledger(ledger_project)
    # An emulator that has just started takes longer for its first answer than registration waits for the past.
    client.document("contacts/nobody").get(timeout=60)
    return client


@pytest.fixture
def bell() -> RecordingBell:
    return RecordingBell()


def now() -> datetime:
    return datetime.now(UTC)


def registrar_over(store: FirestoreRegistrations, client: firestore.Client, bell: RecordingBell) -> Registrar:
    return Registrar(store, bell, POLICY, now, Joiner(FirestoreTickets(client), bell, SPECIALISTS, now))


@pytest.fixture
def registrar(client: firestore.Client, bell: RecordingBell) -> Registrar:
    return registrar_over(FirestoreRegistrations(client), client, bell)


def asked(key: str, text: str = GATE, contact: Contact = IVAN, hours: float = 0) -> Submission:
    details = Details("", text, "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(key, Channel.FORM, AT + timedelta(hours=hours), contact, details)


def mailed(key: str, hours: float = 0) -> Submission:
    message = Message(raw=f"mail/raw/{key}.eml", sender=IVAN.email)
    contact = replace(IVAN, phone=None, phone_as_typed="")
    return replace(asked(key, GATE, contact, hours), channel=Channel.EMAIL, message=message)


def given(outcome: Registered | Kept) -> tuple[int, bool]:
    assert isinstance(outcome, Registered), outcome
    return outcome.ticket.number, outcome.duplicate


def fields(client: firestore.Client, path: str) -> dict[str, Any]:
    found = client.document(path).get().to_dict()
    assert found is not None, path
    return found


def ids(client: firestore.Client, collection: str) -> list[str]:
    return sorted(reference.id for reference in client.collection(collection).list_documents())


def stored(client: firestore.Client, *numbers: int) -> Mapping[int, StoredTicket]:
    return FirestoreChanges(client).tickets(numbers, TIME)


# Entries


def test_r15_a_registration_leaves_an_entry_for_the_address_and_one_for_the_phone(
    client: firestore.Client, registrar: Registrar
) -> None:
    registrar.register(asked("form-1"))

    entry = {"recent": {str(FIRST): {"submission": "form-1", "received_at": AT}}}
    paths = [contact_path("email:ivan@example.ru"), contact_path("phone:+79161234567")]
    assert [fields(client, path) for path in paths] == [entry, entry]
    assert [f"contacts/{each}" for each in ids(client, "contacts")] == sorted(paths)


def test_r15_an_entry_tells_nothing_of_the_person(client: firestore.Client, registrar: Registrar) -> None:
    registrar.register(asked("form-1"))

    found = {each: fields(client, f"contacts/{each}") for each in ids(client, "contacts")}

    assert len(found) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in found)
    for secret in ("ivan", "example", "Тайнов", "9161234567", "123-45-67", "Калитка"):
        assert secret not in str(found)


def test_r15_an_address_that_may_be_no_document_s_id_has_its_entry(
    client: firestore.Client, registrar: Registrar
) -> None:
    odd = Contact("", "a/b'`\\..@example.ru", None)

    outcomes = [given(registrar.register(asked(f"form-{hours}", GATE, odd, hours))) for hours in (0, 1)]

    assert outcomes == [(FIRST, False), (FIRST, True)]
    assert ids(client, "contacts") == [contact_path(f"email:{odd.email}").removeprefix("contacts/")]


def test_r15_entries_forget_what_is_out_of_the_window_and_nothing_else(
    client: firestore.Client, registrar: Registrar
) -> None:
    for place, text in enumerate((GATE, *OTHERS)):
        registrar.register(asked(f"form-{place}", text, hours=36 * place))

    for identity in ("email:ivan@example.ru", "phone:+79161234567"):
        recent = fields(client, contact_path(identity))["recent"]
        assert {number: each["submission"] for number, each in recent.items()} == {
            str(FIRST + place): f"form-{place}" for place in (1, 2, 3)
        }


# From one instance to the next


def test_r15_a_letter_after_the_form_has_the_form_s_number_at_another_instance(
    client: firestore.Client, registrar: Registrar, bell: RecordingBell
) -> None:
    registrar.register(asked("form-1"))

    another = registrar_over(FirestoreRegistrations(client), client, bell)
    outcome = another.register(mailed("mail-1", hours=5))

    assert given(outcome) == (FIRST, True)
    assert ids(client, "tickets") == [str(FIRST)]
    attached = fields(client, "submissions/mail-1")
    assert (attached["state"], attached["ticket"], attached["attached_as"]) == ("attached", FIRST, "duplicate")
    assert f"{FIRST}-already-registered-2" in bell.rung
    again = another.register(mailed("mail-1", hours=6))
    assert isinstance(again, Registered)
    assert (given(again), again.repeated) == ((FIRST, True), True)
    assert fields(client, f"tickets/{FIRST}")["submissions"] == ["form-1", "mail-1"]


def test_r5r_a_clients_own_earlier_ticket_is_linked_and_nobody_else_s(
    client: firestore.Client, registrar: Registrar
) -> None:
    registrar.register(asked("form-1"))
    anna = replace(IVAN, email="anna@example.ru")

    for key, contact in (("form-2", IVAN), ("form-3", anna)):
        said = asked(key, OTHERS[1], contact, 1)
        registrar.register(replace(said, details=replace(said.details, previous_ticket=FIRST)))

    assert fields(client, f"tickets/{FIRST + 1}")["related"] == FIRST
    assert "related" not in fields(client, f"tickets/{FIRST + 2}")


# At the same moment


def both_at_once(client: firestore.Client, bell: RecordingBell) -> list[tuple[int, bool]]:
    """Register the same request at two doors; give their answers, the form's first."""
    barrier = threading.Barrier(2)
    doors = [registrar_over(BothLookFirst(client, barrier), client, bell) for _ in range(2)]
    with ThreadPoolExecutor(2) as senders:
        outcomes = senders.map(Registrar.register, doors, [asked("form-1"), mailed("mail-1")])
        return [given(each) for each in outcomes]


def test_r4_r15_the_same_request_at_two_doors_at_once_gets_two_numbers_that_the_sweep_merges(
    client: firestore.Client, bell: RecordingBell
) -> None:
    outcomes = both_at_once(client, bell)
    assert sorted(outcomes) == [(FIRST, False), (FIRST + 1, False)]
    merger = Merger(FirestoreChanges(client), FirestoreRegistrations(client), bell, WINDOW, now)

    left = merger.merge_duplicates(list(stored(client, FIRST, FIRST + 1).values()))

    assert set(left) == {FIRST, FIRST + 1}
    into, gone = (stored(client, FIRST, FIRST + 1)[number].ticket for number in (FIRST, FIRST + 1))
    assert (into.merged_into, gone.merged_into) == (None, FIRST)
    assert (into.merged, gone.merged) == ((FIRST + 1,), ())
    assert set(into.channels) == {Channel.FORM, Channel.EMAIL}
    # Each stays where it was registered.
    assert {into.submissions, gone.submissions} == {("form-1",), ("mail-1",)}
    for number in (FIRST, FIRST + 1):
        lines = client.collection(f"tickets/{number}/history").stream()
        assert [(line.get("event"), line.get("by")) for line in lines] == [("merged", SYSTEM)]


def test_r15_what_the_sweep_has_merged_it_leaves_alone(client: firestore.Client, bell: RecordingBell) -> None:
    both_at_once(client, bell)
    merger = Merger(FirestoreChanges(client), FirestoreRegistrations(client), bell, WINDOW, now)
    merger.merge_duplicates(list(stored(client, FIRST, FIRST + 1).values()))
    before, rung = stored(client, FIRST, FIRST + 1), list(bell.rung)

    assert set(merger.merge_duplicates(list(before.values()))) == set()

    assert stored(client, FIRST, FIRST + 1) == before
    assert bell.rung == rung


def test_r15_the_request_once_more_after_the_merge_has_the_lower_number(
    client: firestore.Client, registrar: Registrar, bell: RecordingBell
) -> None:
    both_at_once(client, bell)
    merger = Merger(FirestoreChanges(client), FirestoreRegistrations(client), bell, WINDOW, now)
    merger.merge_duplicates(list(stored(client, FIRST, FIRST + 1).values()))

    assert given(registrar.register(mailed("mail-2", hours=2))) == (FIRST, True)
    assert "mail-2" in stored(client, FIRST)[FIRST].ticket.submissions
