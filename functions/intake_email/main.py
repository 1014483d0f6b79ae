"""Entry point of `intake_email`: wiring only."""

import logging
import os
from datetime import UTC, datetime

import functions_framework
from flask import Request
from werkzeug import Response

from functions.intake_email.door import EmailDoor
from functions.intake_email.settings import EmailSettings
from functions.intake_email.wiring import make_mailroom
from shared.logs import configure_logs
from shared.once import once
from shared.settings import SettingsError, read_settings
from shared.webhook_signature import WebhookSignatures

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _door() -> EmailDoor:
    settings = read_settings(EmailSettings, os.environ)
    configure_logs(settings.google_cloud_project)
    try:
        signatures = WebhookSignatures(settings.inbound_keys)
    except ValueError as error:
        raise SettingsError(f"INBOUND_KEYS: {error}") from error
    return EmailDoor(
        mailroom=make_mailroom(settings, _now),
        signatures=signatures,
        trusted_relays=settings.trusted_relays,
        max_request_bytes=settings.max_request_bytes,
        now=_now,
    )


@functions_framework.http
def intake_email(request: Request) -> Response:
    """Take a message that SendGrid passes on."""
    try:
        return _door().answer(request)
    except Exception as error:
        # SendGrid would drop the message on anything below 500.
        log.exception("door_failed")
        return EmailDoor.come_again(error)
