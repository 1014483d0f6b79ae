"""Entry point of `desk`: wiring only."""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import functions_framework
from flask import Request
from werkzeug import Response

from functions.desk.door import DeskDoor
from functions.desk.listing import Listing
from functions.desk.personal_data import PersonalDataDoor
from functions.desk.settings import DeskSettings
from functions.desk.wiring import ticket_routes
from shared.domain.working_time import WorkingHours
from shared.erasing import Eraser
from shared.exporting import Exporter
from shared.files import CloudStorageFiles
from shared.logs import configure_logs
from shared.once import once
from shared.settings import read_settings
from shared.staff.assertions import Assertions
from shared.staff.gate import Gate
from shared.staff.pages import StaffPages
from shared.staff.people import read_people
from shared.staff.post_tokens import PostTokens
from shared.store.client import open_ledger
from shared.store.desk import FirestoreDesk
from shared.store.personal_data import FirestorePersonalData
from shared.store.today import FirestoreToday

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> DeskDoor:
    settings = read_settings(DeskSettings, os.environ)
    project = settings.google_cloud_project
    configure_logs(project)
    people = read_people(settings.specialists, settings.heads)
    gate = Gate(Assertions(settings.iap_audience, settings.iap_keys_url), people, settings.access_contact)
    client = open_ledger(project, settings.firestore_database)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    pages = StaffPages(Path(__file__).parent, hours.zone, "Стол поддержки", phone_url=settings.phone_url)
    tokens = PostTokens(settings.staff_secrets)
    listing = Listing(FirestoreDesk(client), FirestoreToday(client), pages, tokens, hours, _now)
    data, files = FirestorePersonalData(client), CloudStorageFiles(settings.files_bucket)
    personal_data = PersonalDataDoor(Eraser(data, files, _now), Exporter(data, _now), gate, pages, tokens)
    tickets = ticket_routes(settings, client, pages, tokens, _now)
    return DeskDoor(gate, pages, [*listing.routes(), *tickets, *personal_data.routes()])


@functions_framework.http
def desk(request: Request) -> Response:
    """Show what specialists ask for, and do what they decide."""
    door = _door()
    try:
        return door.answer(request)
    except Exception:
        log.exception("door_failed")
        return door.apologise(request)
