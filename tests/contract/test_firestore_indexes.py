"""The indexes that terraform/firestore.tf makes against the queries that the code asks.

The emulator answers every query, the real Firestore only those that an index serves: what would fail there fails here.
"""

import itertools
from collections.abc import Collection, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from google.cloud import firestore

from local.processes import ROOT
from ops.audit import audit
from shared.domain.concern import Concern
from shared.domain.erasure import Client
from shared.domain.submission import Channel
from shared.domain.ticket import Acceptance, open_ticket
from shared.store import documents
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.desk import MOST_WAITING, FirestoreDesk, Place, TextOf, Wanted
from shared.store.dossier import FirestoreDossiers
from shared.store.personal_data import FirestorePersonalData
from shared.store.reports import FirestoreReports
from shared.store.submissions import FirestoreSubmissions
from shared.store.sweep import FirestoreSweep
from shared.store.today import FirestoreToday
from tests.contract.configuration import local_values, of_type
from tests.contract.queries import Indexes, Need, Record, askers, collections, recording
from tests.sample_ticket import HOURS, PLAIN

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SINCE = NOW - timedelta(hours=3)
ADDRESS, PHONE = "ivan@example.ru", "+79161234567"
TIME = 10.0  # seconds for one read

QUERYING = ("shared", "functions", "ops")
"""Folders whose code asks Firestore; `shared/store` alone does, and the audit."""


@pytest.fixture(scope="module")
def asked(firestore_emulator: str) -> Record:  # noqa: ARG001  # asked for so that it runs
    ledger = open_ledger("test-indexes")
    fill(ledger)
    with pytest.MonkeyPatch.context() as patch, recording(patch, QUERYING) as record:
        ask_everything(ledger)
    return record


def fill(ledger: firestore.Client) -> None:
    """Puts in what some queries are only asked after: a number, and as much that waits as is counted separately."""
    ledger.document(documents.COUNTER).set({"first": 1, "last": MOST_WAITING})
    waiting = {"attention": [concern.value for concern in Concern], "attention_at": NOW}
    for number in range(1, MOST_WAITING + 1):
        ticket = open_ticket(replace(PLAIN, key=f"form-{number}"), number, NOW, HOURS)
        ledger.document(documents.ticket_path(number)).set({**documents.ticket_document(ticket), **waiting})


def ask_everything(ledger: firestore.Client) -> None:
    """Asks each query of the code at least once; those that depend on what is looked for, in every way."""
    sweep = FirestoreSweep(ledger)
    for due in (sweep.due_submissions, sweep.due_notifications, sweep.due_tickets):
        list(due(NOW))
    sweep.was_heard(SINCE, NOW)
    sweep.standing(SINCE, NOW)
    sweep.numbers()
    sweep.mails(SINCE, NOW)

    FirestoreChanges(ledger).to_address(ADDRESS, TIME)
    list(FirestoreSubmissions(ledger).quarantined())
    FirestoreDossiers(ledger).read(1)
    FirestoreDossiers(ledger).letters(1, TIME)
    reports = FirestoreReports(ledger)
    reports.arrived(SINCE, NOW)
    reports.open_flags(5)
    reports.exists(date(2026, 11, 20))
    audit(ledger)

    FirestoreToday(ledger).count(SINCE, NOW)
    desk = FirestoreDesk(ledger)
    desk.attention()
    for wanted in searches():
        place = Place("а" if wanted.text else NOW, 3)
        desk.page(wanted)
        desk.page(wanted, place)
        desk.page_before(wanted, place)

    personal = FirestorePersonalData(ledger)
    for client in (Client(email=ADDRESS), Client(phone=PHONE), Client(ticket=1)):
        personal.tickets_of(client, 5)
        personal.naming(client, 5)
    personal.with_participant(ADDRESS, 5)
    personal.aside(ADDRESS)
    personal.letters_about(1)
    personal.letters_to(ADDRESS, 5)
    personal.lines_of(1)
    personal.lines_by(ADDRESS, 5)
    personal.addresses_beside(PHONE)


def searches() -> Iterator[Wanted]:
    """Everything that `Wanted` says may be looked for together, of one person at most."""
    acceptances = (None, Acceptance.PENDING)
    asides = ((None, None), (Channel.EMAIL, None), (None, next(iter(Concern))))
    people = ((None, None), (ADDRESS, None), (None, PHONE))
    times = ((None, None), (SINCE, NOW))
    for acceptance, aside, (email, phone), time in itertools.product(acceptances, asides, people, times):
        listed = Wanted(acceptance, *aside, *time, email, phone)
        yield listed
        if email is None and phone is None and time[0] is None:
            yield from (replace(listed, text="шлагбаум", text_of=of) for of in TextOf)


def indexes() -> Indexes:
    single: dict[str, set[str]] = {}
    for collection, names in local_values()["indexed_fields"].items():
        for name in names:
            scope = f"group:{collection}" if name.startswith("group:") else collection
            single.setdefault(scope, set()).add(name.removeprefix("group:"))
    composite = {
        collection: frozenset(map(tuple, several))
        for collection, several in local_values()["composite_indexes"].items()
    }
    return Indexes({scope: frozenset(names) for scope, names in single.items()}, composite)


def test_everything_that_asks_was_asked(asked: Record) -> None:
    assert askers(QUERYING) - asked.called == set()


def test_everything_that_can_be_looked_for_is_looked_for() -> None:
    tried = {name for wanted in searches() for name in names_of(wanted)}
    assert tried == {field.name for field in fields(Wanted)}


def names_of(wanted: Wanted) -> Collection[str]:
    return {
        field.name
        for field in fields(Wanted)
        if getattr(wanted, field.name) != field.default or field.name == "text_of"
    }


def test_every_query_is_served_by_an_index(asked: Record) -> None:
    there = indexes()
    assert sorted(need for need in asked.needs if not there.serve(need)) == []


def test_every_index_serves_a_query_that_no_other_serves(asked: Record) -> None:
    served = [need for need in asked.needs if indexes().serve(need)]
    needless = [name for name, others in indexes() if all(map(others.serve, served))]
    assert needless == []


def test_every_collection_s_other_fields_are_exempt() -> None:
    assert set(local_values()["indexed_fields"]) == collections(ROOT / "shared" / "store")
    exempt = of_type("google_firestore_field")["unindexed"]
    assert exempt["for_each"] == "${toset(keys(local.indexed_fields))}"
    assert (exempt["field"], exempt["index_config"]) == ("*", [{}])


def test_what_expires_is_deleted_and_nothing_else_says_when_it_does() -> None:
    expiry = of_type("google_firestore_field")["expiry"]
    assert (expiry["collection"], expiry["field"], expiry["ttl_config"]) == ("limits", "expires_at", [{}])
    expiring = {
        path.name
        for path in (ROOT / "shared" / "store").glob("*.py")
        if "expires_at" in path.read_text(encoding="utf-8")
    }
    assert expiring == {"limits.py"}


def test_indexes_serve_what_firestore_s_rules_say() -> None:
    there = Indexes(
        {"tickets": frozenset({"state", "at", "-at", "items[]"})},
        {"tickets": frozenset({("state", "-at"), ("items[]", "-at"), ("state", "at"), ("name", "state", "at")})},
    )
    for equal, order, served in (
        ((), (), True),
        (("state",), (), True),
        (("state", "items[]"), (), True),
        (("name",), (), False),
        ((), ("at",), True),
        ((), ("-at",), True),
        ((), ("name",), False),
        ((), ("state", "at"), True),
        ((), ("at", "state"), False),
        (("name",), ("state", "at"), True),
        (("items[]",), ("state", "at"), False),
        (("state",), ("at",), True),
        (("state",), ("-at",), True),
        (("items[]",), ("at",), False),
        (("items[]", "state"), ("-at",), True),
        (("items[]", "state"), ("at",), False),
        (("state", "name"), ("at",), True),
        (("name",), ("at",), False),
    ):
        assert there.serve(Need("tickets", equal, order)) is served, (equal, order)
    assert not there.serve(Need("submissions", ("state",), ()))
    assert not there.serve(Need("group:tickets", ("state",), ()))
