"""Benchmarks of the desk: what its pages read, and how long they take, when the ledger is full."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Request
from google.cloud import firestore
from werkzeug.test import EnvironBuilder

import functions.desk
from functions.desk.listing import Listing
from shared.domain.completeness import Detail
from shared.domain.submission import SubmissionState
from shared.domain.ticket import Acceptance, open_ticket
from shared.settings import Secret
from shared.staff.pages import StaffPages
from shared.staff.people import Person, Role
from shared.staff.post_tokens import PostTokens
from shared.store import documents, submission_documents
from shared.store.desk import FirestoreDesk
from shared.store.today import FirestoreToday
from tests.bench.cost import counting
from tests.bench.measure import report
from tests.bench.sweep import roomy_emulator
from tests.many_due import NOW, Documents, put
from tests.registered import HOURS, submission

FEW, MANY = 500, 50_000
PAGES = {
    "attention": "/",
    "list": "/tickets",
    "filtered": "/tickets?state=accepted&channel=form",
    "found": "/tickets?q=не+открыв",
    "client": "/tickets?q=ivan@example.ru",
    "today": "/today",
}
_ANNA = Person("anna@pass24online.ru", "Анна Петрова", Role.SPECIALIST)
_SECOND, _APART = timedelta(seconds=1), timedelta(minutes=2)


def reads() -> None:
    """The documents that each page reads, and its seconds: with 50,000 tickets in the ledger, against 500.

    Of the latest 500, 50 have letters that did not arrive, and 50 can't be worked on yet. The seconds are those of the
    emulator, which has no indexes and goes through everything: Firestore's follow the documents.
    """
    # Python prints the warnings of a program that has not said where logs go.
    logging.getLogger().addHandler(logging.NullHandler())
    with roomy_emulator():
        many, few = _measure(MANY), _measure(FEW)
    for name in PAGES:
        report(f"desk_reads_{name}", many[name][0], few[name][0], "documents")
        report(f"desk_seconds_{name}", many[name][1], few[name][1], "s")


def _measure(tickets: int) -> Mapping[str, tuple[int, float]]:
    client = firestore.Client(project=f"bench-{uuid.uuid4().hex[:12]}")
    put(client, _ledger(tickets))
    listing = _listing(client)
    measured = {}
    for name, address in PAGES.items():
        path, _, query = address.partition("?")
        [(route, match)] = [(each, found) for each in listing.routes() if (found := each.path.fullmatch(path))]
        request = Request(EnvironBuilder(path=path, query_string=query).get_environ())
        # What the first request makes, connections and templates, is no part of a page.
        route.handle(request, _ANNA, match)
        begun_at = time.perf_counter()
        with counting() as counted:
            answer = route.handle(request, _ANNA, match)
        measured[name] = counted["reads"], time.perf_counter() - begun_at
        if not answer.get_data():
            raise RuntimeError(f"{address} is empty")
    return measured


def _listing(client: firestore.Client) -> Listing:
    pages = StaffPages(Path(functions.desk.__path__[0]), HOURS.zone, "", phone_url=None)
    tokens = PostTokens((Secret("bench"),))
    return Listing(FirestoreDesk(client), FirestoreToday(client), pages, tokens, HOURS, lambda: NOW)


def _ledger(tickets: int) -> Documents:
    """Tickets with their submissions, one every two minutes, the last of them just now."""
    for number in range(1, tickets + 1):
        arrived = submission(f"form-{number}", NOW - (tickets - number) * _APART)
        waits = number % 10 if number > tickets - FEW else None
        settled = replace(
            open_ticket(arrived, number, arrived.received_at + _SECOND, HOURS),
            acceptance=Acceptance.UNDELIVERABLE if waits == 1 else Acceptance.ACCEPTED,
            missing=(Detail.DEVICE_MODEL,) if waits == 0 else (),
        )
        yield documents.ticket_path(number), documents.ticket_document(settled)
        fields = submission_documents.submission_document(arrived, SubmissionState.REGISTERED, ticket=number)
        yield documents.submission_path(arrived.key), fields
