"""One instance of `desk` in this process, wired by its own main.py, over the emulators; and what people find there."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from functions.desk.settings import DeskSettings
from local.processes import HOST
from shared.domain.contact import Contact
from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.submission import (
    Channel,
    Details,
    Message,
    Omission,
    Quarantine,
    Submission,
    SubmissionState,
)
from shared.domain.ticket import Ticket, confirmation_id
from shared.numbering import Registered
from shared.outcomes import OutcomeRecorder
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.store import documents, submission_documents
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from shared.store.submissions import FirestoreSubmissions
from tests.function_instance import TOPIC, World, function_app
from tests.registered import POLICY, SPECIALISTS
from tests.staff import ANNA, Issuer, headers, staff_settings

NO_SUCH_USER = "550 5.1.1 no such user"
CLIENT = Contact("Иван Петров", "ivan@example.ru", "+79161234567", "8 916 123-45-67")
PHONE_ONLY = Contact("Анна Сергеева", None, "+79161234568", "8 916 123-45-68")


@dataclass(frozen=True, slots=True)
class DeskInstance:
    """A function's process, as far as one can live inside a test's: an application with clients of its own."""

    app: Flask
    issuer: Issuer

    def open(self, method: str, path: str, person: str | None = ANNA, **options: Any) -> TestResponse:  # noqa: ANN401  # werkzeug's own
        """Any request of a person, or of nobody; `options` are those of werkzeug's test client."""
        admitted = {} if person is None else headers(self.issuer, person)
        return self.app.test_client().open(
            path, method=method, headers={**admitted, **options.pop("headers", {})}, **options
        )

    def get(self, path: str, person: str | None = ANNA, **headers: str) -> TestResponse:
        """A page."""
        return self.open("GET", path, person, headers=headers)

    def post(self, path: str, typed: Mapping[str, str], person: str | None = ANNA, **headers: str) -> TestResponse:
        """A browser's post."""
        return self.open("POST", path, person, data=dict(typed), headers=headers)

    def token(self, person: str = ANNA) -> str:
        """The token of a fresh page, for what a person posts."""
        return token_of(self.get("/", person))


def settings_of(world: World, issuer: Issuer) -> dict[str, str]:
    """The least that `desk` must be told."""
    return {
        **staff_settings(issuer),
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "FILES_BUCKET": world.bucket,
        "SPECIALISTS_EMAIL": SPECIALISTS,
        "FIRST_TICKET_NUMBER": "12345",
    }


@contextmanager
def desk_instance(world: World, issuer: Issuer, **settings: str) -> Iterator[DeskInstance]:
    """An instance that reads its settings, and makes its clients, at its first call."""
    with function_app("desk", DeskSettings, settings_of(world, issuer) | settings) as app:
        yield DeskInstance(app, issuer)


class _QuietHandler(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nothing: the tests' output is pytest's."""


@contextmanager
def served(instance: DeskInstance) -> Iterator[str]:
    """The instance behind a real server; its address, for browsers that carry the assertion's header."""
    server = make_server(HOST, 0, instance.app, threaded=True, request_handler=_QuietHandler)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def token_of(response: TestResponse) -> str:
    """The token of a page's forms; empty where it has none."""
    found = re.search(r'name="post_token" value="([^"]*)"', response.get_data(as_text=True))
    return unescape(found[1]) if found else ""


def text_of(response: TestResponse) -> str:
    """A page's text, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.get_data(as_text=True))).split())


def arrival(key: str, at: datetime, contact: Contact = CLIENT, channel: Channel = Channel.FORM) -> Submission:
    """Something that came in; only what is mandatory."""
    details = Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(key, channel, at, contact, details)


def described(submission: Submission, **details: object) -> Submission:
    """The arrival with other details."""
    return replace(submission, details=replace(submission.details, **details))  # type: ignore[arg-type]  # any field


def register(
    world: World, submission: Submission, related: int | None = None, late: timedelta = timedelta(seconds=1)
) -> Ticket:
    """Register an arrival as functions do, a second later; `related` as if it had been recognised as alike."""
    bell = PubSubBell(world.project, TOPIC)
    registrar = Registrar(FirestoreRegistrations(world.ledger), bell, POLICY, lambda: submission.received_at + late)
    outcome = registrar.register(submission)
    assert isinstance(outcome, Registered)
    world.rings()
    return outcome.ticket if related is None else change(world, outcome.ticket, related=related)


def change(world: World, ticket: Ticket, **changes: object) -> Ticket:
    """Write a ticket anew, with changes that take their own time in reality."""
    changed = replace(ticket, **changes)  # type: ignore[arg-type]  # any field
    world.ledger.document(documents.ticket_path(ticket.number)).set(documents.ticket_document(changed))
    return changed


def hear(world: World, ticket: Ticket, what: Report, reason: str = "") -> None:
    """Let the provider report of the letter with a ticket's number, ten seconds after its registration."""
    at = ticket.registered_at + timedelta(seconds=10)
    recorder = OutcomeRecorder(
        FirestoreChanges(world.ledger), PubSubBell(world.project, TOPIC), SPECIALISTS, lambda: at
    )
    letter = ticket.confirmation or confirmation_id(ticket.number)
    recorder.follow([DeliveryEvent(letter, ticket.contact.email or "", what, at, reason)])
    world.rings()


def bounced(world: World, at: datetime, key: str = "bounced", reason: str = NO_SUCH_USER) -> Ticket:
    """A ticket whose letter came back (R9)."""
    ticket = register(world, arrival(key, at))
    hear(world, ticket, Report.BOUNCED, reason)
    return ticket


def phone_only(world: World, at: datetime, key: str = "phone-only") -> Ticket:
    """A ticket of somebody who left nothing but a phone number (R10)."""
    return register(world, arrival(key, at, PHONE_ONLY, Channel.PHONE))


def capped(world: World, at: datetime, key: str = "capped") -> Ticket:
    """A ticket whose sender has had so many automatic letters that he gets no more."""
    contact = replace(CLIENT, name="Робот Р.", email="robot@example.ru", phone=None, phone_as_typed="")
    return register(world, replace(arrival(key, at, contact), unanswered=Omission.TOO_MANY_LETTERS))


def possible_duplicate(world: World, at: datetime, of: Ticket, key: str = "alike") -> Ticket:
    """A ticket that is like an earlier one of its client (R15)."""
    return register(world, described(arrival(key, at), description="Опять не открывается шлагбаум"), related=of.number)


def incomplete(world: World, at: datetime, key: str = "incomplete") -> Ticket:
    """A ticket whose client has the number, and was asked for what is missing (R7)."""
    ticket = register(world, described(arrival(key, at), description="Приложение вылетает при входе"))
    hear(world, ticket, Report.DELIVERED)
    return ticket


def mail(key: str, at: datetime, subject: str = "Шлагбаум", sender: str = "ivan@example.ru") -> Submission:
    """A message, as the e-mail door leaves it."""
    contact = Contact("Иван", sender, None)
    message = Message(raw=f"email/{key}.eml", sender=sender, participants=(sender,), spf="pass", spam_score=7.5)
    return replace(described(arrival(key, at, contact, Channel.EMAIL), subject=subject), message=message)


def quarantined(
    world: World,
    at: datetime,
    key: str = "mail-quarantined",
    reason: Quarantine = Quarantine.SPAM,
    subject: str = "Шлагбаум",
) -> Submission:
    """A message that waits for a person."""
    submission = mail(key, at, subject)
    FirestoreSubmissions(world.ledger).quarantine(submission, reason, at + timedelta(minutes=10))
    return submission


def kept(world: World, at: datetime, key: str = "form-kept") -> Submission:
    """A submission that could not be registered so far."""
    submission = arrival(key, at)
    fields = submission_documents.submission_document(submission, SubmissionState.RECEIVED, check_at=at)
    world.ledger.document(documents.submission_path(key)).create(fields)
    return submission


def everything(world: World, now: datetime) -> Mapping[str, Ticket]:
    """One of each that needs a person."""
    minute = timedelta(minutes=1)
    quarantined(world, now - 50 * minute)
    quarantined(world, now - 45 * minute, "mail-nobody", Quarantine.NO_CONTACT, "Без обратного адреса")
    kept(world, now - 3 * minute)
    first = bounced(world, now - 130 * minute)
    return {
        "bounced": first,
        "phone": phone_only(world, now - 40 * minute),
        "capped": capped(world, now - 35 * minute),
        "alike": possible_duplicate(world, now - 30 * minute, first),
        "incomplete": incomplete(world, now - 25 * minute),
    }
