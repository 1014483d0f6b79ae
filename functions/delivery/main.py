"""Entry point of `delivery`: wiring only."""

import logging
import os
from datetime import UTC, datetime

import functions_framework
from flask import Request
from werkzeug import Response

from functions.delivery.door import DeliveryDoor
from functions.delivery.settings import DeliverySettings
from shared.logs import configure_logs
from shared.once import once
from shared.outcomes import OutcomeRecorder
from shared.pubsub_bell import PubSubBell
from shared.settings import SettingsError, read_settings
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.webhook_signature import WebhookSignatures

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> DeliveryDoor:
    settings = read_settings(DeliverySettings, os.environ)
    configure_logs(settings.google_cloud_project)
    try:
        signatures = WebhookSignatures(settings.event_keys)
    except ValueError as error:
        raise SettingsError(f"EVENT_KEYS: {error}") from error
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    ledger = FirestoreChanges(open_ledger(settings.google_cloud_project, settings.firestore_database))
    return DeliveryDoor(
        recorder=OutcomeRecorder(ledger, bell, settings.specialists_email, _now),
        signatures=signatures,
        max_request_bytes=settings.max_request_bytes,
        now=_now,
    )


@functions_framework.http
def delivery(request: Request) -> Response:
    """Take what SendGrid says of our letters."""
    try:
        return _door().answer(request)
    except Exception as error:
        log.exception("door_failed")
        return DeliveryDoor.come_again(error)
