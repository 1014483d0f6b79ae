"""Events as the Event Webhook tells them.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event; the ids, the order of the fields and the
line ends are those of calls that people recorded and published.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from local.sendgrid.mailbox import Letter

Event = dict[str, object]
"""One event, ready for JSON."""

CONTENT_TYPE = "application/json"
USER_AGENT = "SendGrid Event API"

_ACCOUNT = 50485195  # a number that stands in every event's id
_OUR_IP = "192.0.2.80"  # of the server that sends (RFC 5737: an address for documentation)
_OK_RESPONSE = "250 2.0.0 OK"

_STATUS_IN_REASON = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b", re.ASCII)
_UNKNOWN_STATUS = "5.0.0"
# https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications names the
# classifications. SendGrid reads them from the server's words; the middle of the status code (RFC 3463) does here.
_CLASSIFICATIONS = {
    "1": "Invalid Address",
    "2": "Mailbox Unavailable",
    "3": "Technical",
    "4": "Technical",
    "5": "Technical",
    "6": "Content",
    "7": "Reputation",
}


def processed() -> Event:
    """SendGrid has taken the letter in, and is about to deliver it."""
    return {"event": "processed", "send_at": 0}


def delivered() -> Event:
    """The recipient's server has taken it."""
    return {"event": "delivered", "ip": _OUR_IP, "response": _OK_RESPONSE, "tls": 1}


def deferred(attempt: int, response: str) -> Event:
    """The recipient's server wants it later; SendGrid tries again for 72 hours."""
    return {"event": "deferred", "attempt": str(attempt), "ip": _OUR_IP, "response": response, "tls": 1}


def dropped(reason: str, status: str | None) -> Event:
    """SendGrid does not try to deliver it."""
    told: Event = {"event": "dropped", "reason": reason}
    return {**told, "status": status} if status else told


def bounced(kind: str, reason: str, status: str | None) -> Event:
    """The recipient's server has refused it; `kind` is `bounce` (for good) or `blocked`."""
    code = status or _status_in(reason)
    classification = _CLASSIFICATIONS.get(code.split(".")[1], "Unclassified")
    return {
        "event": "bounce",
        "bounce_classification": classification,
        "ip": _OUR_IP,
        "reason": reason,
        "status": code,
        "tls": 1,
        "type": kind,
    }


def spam_reported() -> Event:
    """Its reader has called it spam."""
    return {"event": "spamreport"}


def _status_in(reason: str) -> str:
    found = _STATUS_IN_REASON.search(reason)
    return found[0] if found else _UNKNOWN_STATUS


def of_letter(event: Event, letter: Letter, recipient: str, at: datetime, serial: int) -> Event:
    """Add what each event tells of the letter; `serial` makes its id unique, `at` is aware."""
    taken_at = int(letter.received_at.timestamp())
    own = {
        **event,
        "email": recipient,
        "sg_event_id": _event_id(event, letter.id, serial),
        "sg_message_id": f"{letter.id}.recvd-6569676f74-local-1-{taken_at:X}-{letter.part}.0",
        "smtp-id": f"<{letter.id}@geopod-ismtpd-local>",
        "timestamp": int(at.timestamp()),
    }
    # SendGrid's own names win over custom arguments of the same name.
    return _sorted({**letter.custom_args, **own})


def of_nothing(event: Event, letter: Letter, recipient: str, at: datetime, serial: int) -> Event:
    """Add only what is told of a letter that came back to the return path: https://github.com/sendgrid/docs/issues/5177."""
    own = {
        **event,
        "email": recipient,
        "sg_event_id": _event_id(event, letter.id, serial),
        "timestamp": int(at.timestamp()),
    }
    return _sorted(own)


def again(event: Event, serial: int) -> Event:
    """Tell the same once more under another id: https://github.com/sendgrid/sendgrid-nodejs/issues/1435."""
    first = str(event["sg_event_id"])
    return {**event, "sg_event_id": _event_id(event, first, serial)}


def batch(events: Sequence[Event]) -> bytes:
    """Return the body of the call that tells these events; its last line end is signed, too."""
    lines = ",\r\n".join(json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in events)
    return f"[{lines}]\r\n".encode()


def _event_id(event: Event, of: str, serial: int) -> str:
    readable = f"{event['event']}-{serial}-{_ACCOUNT}-{of}"
    return base64.urlsafe_b64encode(readable.encode()).decode().rstrip("=")


def _sorted(event: Mapping[str, object]) -> Event:
    return {name: event[name] for name in sorted(event)}
