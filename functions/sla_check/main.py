"""Entry point of `sla_check`: wiring only."""

import logging
import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import functions_framework
from flask import Request
from werkzeug import Response

from functions.sla_check.door import SlaDoor
from functions.sla_check.inbound_statistics import InboundStatistics
from functions.sla_check.reconciling import Reconciler
from functions.sla_check.settings import SlaSettings
from functions.sla_check.sweep import Sweep
from shared.domain.working_time import WorkingHours
from shared.handing_on import ReadyTopic
from shared.joining import Joiner
from shared.logs import configure_logs
from shared.merging import Merger
from shared.numbering import NumberingPolicy
from shared.once import once
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.reporting import Reporter
from shared.settings import read_settings
from shared.store.client import open_ledger
from shared.store.registrations import FirestoreRegistrations
from shared.store.reports import FirestoreReports
from shared.store.sweep import FirestoreSweep
from shared.store.tickets import FirestoreTickets

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> SlaDoor:
    settings = read_settings(SlaSettings, os.environ)
    configure_logs(settings.google_cloud_project)
    client = open_ledger(settings.google_cloud_project, settings.firestore_database)
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    specialists, window = settings.specialists_email, settings.duplicate_window
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, window)
    joiner = Joiner(FirestoreTickets(client), bell, specialists, _now)
    ledger, registrations = FirestoreSweep(client), FirestoreRegistrations(client)
    api_key, url, timeout = settings.sendgrid_api_key, settings.sendgrid_url, settings.sendgrid_timeout
    statistics = InboundStatistics(api_key.value, url, timeout)
    return SlaDoor(
        Sweep(
            ledger=ledger,
            registrations=Registrar(registrations, bell, policy, _now, joiner),
            bell=bell,
            merging=Merger(ledger, registrations, bell, window, _now),
            classification=ReadyTopic(settings.google_cloud_project, settings.ready_topic),
            reconciler=Reconciler(statistics, ledger, ZoneInfo(settings.statistics_zone)),
            reports=Reporter(FirestoreReports(client), bell, hours, settings.head_email),
            hours=hours,
            recipients=(settings.specialists_email, settings.head_email),
            warn_after=settings.warn_after,
            run_time=settings.run_time,
            now=_now,
        )
    )


@functions_framework.http
def sla_check(request: Request) -> Response:
    """Do one sweep."""
    try:
        return _door().answer(request)
    except Exception:
        log.exception("sweep_failed")
        return SlaDoor.failed(["sweep"])
