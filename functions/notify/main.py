"""Entry point of `notify`: wiring only."""

import json
import logging
import os
from base64 import b64decode
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import functions_framework
from cloudevents.http import CloudEvent
from flask import request

from functions.notify.sendgrid_mail import SendGridMailer
from functions.notify.sending import ComeAgainError, Sender
from functions.notify.settings import NotifySettings
from shared.domain.notification import is_notification_id
from shared.information_links import InformationLinks
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.logs import configure_logs, fields, follow_trace
from shared.once import once
from shared.outcomes import OutcomeRecorder
from shared.pubsub_bell import PubSubBell
from shared.reply_address import ReplyAddresses
from shared.settings import read_settings
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.letters import FirestoreLetters

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


@once
def _sender() -> Sender:
    settings = read_settings(NotifySettings, os.environ)
    configure_logs(settings.google_cloud_project)
    client = open_ledger(settings.google_cloud_project, settings.firestore_database)
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    return Sender(
        notifications=FirestoreLetters(client),
        outcomes=OutcomeRecorder(FirestoreChanges(client), bell, settings.specialists_email, _now),
        mailer=SendGridMailer(
            settings.sendgrid_api_key.value,
            settings.sendgrid_url,
            settings.sendgrid_timeout,
            (settings.mail_from, settings.mail_from_name),
        ),
        lease=settings.send_lease,
        zone=ZoneInfo(settings.time_zone),
        replies=ReplyAddresses(settings.mail_from, settings.reply_secrets),
        links=InformationLinks(settings.form_url, settings.link_secrets, settings.link_lifetime),
        now=_now,
    )


@functions_framework.errorhandler(ComeAgainError)  # type: ignore[untyped-decorator]  # published without types
@functions_framework.errorhandler(LedgerConflictError)  # type: ignore[untyped-decorator]  # as above
@functions_framework.errorhandler(LedgerUnavailableError)  # type: ignore[untyped-decorator]  # as above
def come_again(error: Exception) -> tuple[str, int]:
    """Refuse the delivery, so that Pub/Sub repeats it: an expected answer, hence no stack trace."""
    log.warning("come_again", extra=fields(reason=str(error)))
    return "come again", 503


@functions_framework.cloud_event
def notify(event: CloudEvent) -> None:
    """Send the notification that a Pub/Sub message names: `{"notification": "12345-confirmation"}`."""
    sender = _sender()
    follow_trace(request.headers)
    try:
        notification = _notification_id(event)
    except (ValueError, KeyError, TypeError):
        # Repeating the delivery would not mend it; the notification itself stands in the ledger.
        log.exception("bell_message_malformed")
        return
    sender.send(notification)


def _notification_id(event: CloudEvent) -> str:
    notification = json.loads(b64decode(event.data["message"]["data"]))["notification"]
    if not is_notification_id(notification):
        raise ValueError("this is no notification's id")
    return str(notification)
