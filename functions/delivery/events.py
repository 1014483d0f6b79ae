"""SendGrid's events, turned into our own type at once.

What is unknown is passed over: SendGrid adds events and fields without notice.
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from shared.domain.delivery import LETTER_ARGUMENT, DeliveryEvent, Report
from shared.domain.notification import is_notification_id

_REPORTS: Mapping[str, Report] = {
    "processed": Report.PROCESSED,
    "deferred": Report.DEFERRED,
    "delivered": Report.DELIVERED,
    "dropped": Report.DROPPED,
    "bounce": Report.BOUNCED,
    # Whoever reports a letter as spam has it before him.
    "spamreport": Report.DELIVERED,
}
_ADDRESS_LENGTH = 320
_REASON_LENGTH = 1000
_ID_LENGTH = 200


def read_events(posted: Sequence[object], now: datetime) -> list[DeliveryEvent]:
    """Read a batch, as JSON gives it; leaves out what says nothing of a letter of ours.

    Args:
        posted: The batch.
        now: The present: nothing happened later.
    """
    read = (_read(event, now) for event in posted if isinstance(event, dict))
    return [event for event in read if event is not None]


def _read(event: Mapping[str, object], now: datetime) -> DeliveryEvent | None:
    report = _REPORTS.get(_text(event, "event", _ID_LENGTH))
    recipient = _text(event, "email", _ADDRESS_LENGTH).lower()
    if report is None or not recipient:
        return None
    if report is Report.BOUNCED and _text(event, "type", _ID_LENGTH).lower() not in {"", "bounce"}:
        # `blocked`, and `expired` after three days of deferrals, say nothing against the address.
        report = Report.BLOCKED
    notification = _text(event, LETTER_ARGUMENT, _ID_LENGTH)
    message_id = _text(event, "sg_message_id", _ID_LENGTH)
    if not is_notification_id(notification):
        # Only late bounces lose the name of their letter, and then its id as well: the rest is no letter of ours.
        if notification or message_id or report not in {Report.BOUNCED, Report.BLOCKED}:
            return None
        notification = ""
    return DeliveryEvent(
        notification=notification or None,
        recipient=recipient,
        report=report,
        at=_moment(event.get("timestamp"), now),
        reason=_text(event, "reason", _REASON_LENGTH) or _text(event, "response", _REASON_LENGTH),
        status=_text(event, "status", _ID_LENGTH),
        message_id=message_id,
    )


def _text(event: Mapping[str, object], name: str, length: int) -> str:
    value = event.get(name)
    # Half a surrogate pair is valid JSON, and no text that the ledger takes.
    return value[:length].encode(errors="replace").decode() if isinstance(value, str) else ""


def _moment(value: object, now: datetime) -> datetime:
    if not isinstance(value, int | float):
        return now
    try:
        return min(datetime.fromtimestamp(value, UTC), now)
    except (ValueError, OverflowError, OSError):
        return now
