"""Entry point of `intake_phone`: wiring only."""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import functions_framework
from flask import Request
from werkzeug import Response

from functions.intake_phone.door import PhoneDoor
from functions.intake_phone.number_door import NumberDoor
from functions.intake_phone.page import CallPages
from functions.intake_phone.reading import Reader
from functions.intake_phone.recent import RecentTickets
from functions.intake_phone.saving import Calls
from functions.intake_phone.settings import PhoneSettings
from shared.domain.working_time import WorkingHours
from shared.joining import Joiner
from shared.logs import configure_logs
from shared.numbering import NumberingPolicy
from shared.once import once
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.settings import read_settings
from shared.staff.assertions import Assertions
from shared.staff.gate import Gate
from shared.staff.pages import StaffPages
from shared.staff.people import read_people
from shared.staff.post_tokens import PostTokens
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets
from shared.telling import Telling

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> PhoneDoor:
    settings = read_settings(PhoneSettings, os.environ)
    project = settings.google_cloud_project
    configure_logs(project)
    people = read_people(settings.specialists, settings.heads)
    gate = Gate(Assertions(settings.iap_audience, settings.iap_keys_url), people, settings.access_contact)
    client = open_ledger(project, settings.firestore_database)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    bell = PubSubBell(project, settings.notifications_topic)
    specialists, window = settings.specialists_email, settings.duplicate_window
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, window)
    registrations = FirestoreRegistrations(client)
    joiner = Joiner(FirestoreTickets(client), bell, specialists, _now)
    tokens = PostTokens(settings.staff_secrets)
    desk = settings.desk_url.rstrip("/") if settings.desk_url else None
    templates = StaffPages(Path(__file__).parent, hours.zone, "Приём звонков", desk_url=desk)
    pages = CallPages(templates, tokens, hours.zone)
    reader = Reader(tokens, hours.zone)
    return PhoneDoor(
        gate=gate,
        pages=pages,
        reader=reader,
        calls=Calls(Registrar(registrations, bell, policy, _now, joiner), joiner, registrations),
        recent=RecentTickets(registrations, desk),
        number=NumberDoor(pages, reader, joiner, Telling(FirestoreChanges(client), _now)),
        joiner=joiner,
        now=_now,
    )


@functions_framework.http
def intake_phone(request: Request) -> Response:
    """Give the page of a call, or register what is posted to it."""
    door = _door()
    try:
        return door.answer(request)
    except Exception:
        log.exception("door_failed")
        return door.apologise(request)
