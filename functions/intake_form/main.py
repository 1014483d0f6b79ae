"""Entry point of `intake_form`: wiring only."""

import logging
import os
from datetime import UTC, datetime

import functions_framework
from flask import Request
from werkzeug import Response

from functions.intake_form.captcha import SmartCaptcha
from functions.intake_form.details_door import DetailsDoor
from functions.intake_form.details_page import DetailsPages
from functions.intake_form.door import FormDoor
from functions.intake_form.page import Pages
from functions.intake_form.page_token import PageTokens
from functions.intake_form.rate_limit import RateLimit
from functions.intake_form.reading import Reader
from functions.intake_form.settings import FormSettings
from functions.intake_form.uploads import Uploads
from shared.domain.working_time import WorkingHours
from shared.files import CloudStorageFiles
from shared.information_links import LIFETIME, InformationLinks
from shared.joining import Joiner
from shared.logs import configure_logs
from shared.numbering import NumberingPolicy
from shared.once import once
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.settings import read_settings
from shared.store.client import open_ledger
from shared.store.limits import FirestoreCounts
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> FormDoor:
    settings = read_settings(FormSettings, os.environ)
    project = settings.google_cloud_project
    configure_logs(project)
    client = open_ledger(project, settings.firestore_database)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    bell = PubSubBell(project, settings.notifications_topic)
    specialists, window = settings.specialists_email, settings.duplicate_window
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, window)
    joiner = Joiner(FirestoreTickets(client), bell, specialists, _now)
    tokens = PageTokens(settings.form_secrets)
    pages = Pages(settings)
    reader = Reader(tokens, settings.max_request_bytes, settings.max_json_bytes)
    rate_limit = RateLimit(
        counts=FirestoreCounts(client),
        pepper=settings.form_secrets[0],
        per_address=settings.address_limit,
        per_contact=settings.contact_limit,
        window=settings.limit_window,
    )
    # The links are made in letters; here they are only read.
    links = InformationLinks("", settings.link_secrets, LIFETIME)
    return FormDoor(
        settings=settings,
        pages=pages,
        tokens=tokens,
        reader=reader,
        registrar=Registrar(FirestoreRegistrations(client), bell, policy, _now, joiner),
        rate_limit=rate_limit,
        uploads=Uploads(CloudStorageFiles(settings.files_bucket), settings.max_files, settings.max_file_bytes),
        captcha=SmartCaptcha(settings.smartcaptcha_server_key, settings.smartcaptcha_url)
        if settings.smartcaptcha_server_key
        else None,
        details=DetailsDoor(links, DetailsPages(pages), reader, joiner, rate_limit, settings.trusted_proxies),
        now=_now,
    )


@functions_framework.http
def intake_form(request: Request) -> Response:
    """Give the form, or register what is posted to it."""
    door = _door()
    try:
        return door.answer(request)
    except Exception:
        log.exception("door_failed")
        return door.apologise(request)
