"""How domain objects look as Firestore documents, and back.

Absent values have no field: a document that needs nothing more has no `check_at`, so the sweep does not find it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from typing import Any

from google.cloud import firestore

from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import HistoryEntry
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import (
    Channel,
    Details,
    File,
    Mark,
    Message,
    Omission,
    Quarantine,
    Submission,
    SubmissionState,
)
from shared.domain.ticket import Acceptance, Ticket
from shared.ledger import Entry

Document = Mapping[str, Any]
"""Fields of a Firestore document. `Any`: Firestore's values have no common type."""

COUNTER = "counters/tickets"
"""Path of the counter: `first` and `last` are the first and the last ticket number given."""


def submission_path(key: str) -> str:
    """Give the path of a submission's document."""
    return f"submissions/{key}"


def ticket_path(number: int) -> str:
    """Give the path of a ticket's document."""
    return f"tickets/{number}"


def notification_path(notification_id: str) -> str:
    """Give the path of a notification's document."""
    return f"notifications/{notification_id}"


def history_path(number: int, entry: HistoryEntry) -> str:
    """Give the path of a line of a ticket's history."""
    return f"{ticket_path(number)}/history/{entry.id}"


def submission_document(submission: Submission, state: SubmissionState, **more: object) -> dict[str, object]:
    """Write a submission; `more` holds what its state adds: `ticket`, `check_at`, `reason`."""
    return _present(
        channel=submission.channel.value,
        received_at=submission.received_at,
        contact=_contact_document(submission.contact),
        details=_details_document(submission.details),
        files=[_file_document(file) for file in submission.files],
        marks=[mark.value for mark in submission.marks],
        consented_at=submission.consented_at,
        message=None if submission.message is None else _message_document(submission.message),
        unanswered=None if submission.unanswered is None else submission.unanswered.value,
        state=state.value,
        **more,
    )


def entry_from(key: str, document: Document, version: object) -> Entry:
    """Read a submission together with its state."""
    return Entry(
        submission_from(key, document),
        SubmissionState(document["state"]),
        document.get("ticket"),
        version,
        flags_from(document),
        None if "reason" not in document else Quarantine(document["reason"]),
        document.get("check_at"),
    )


def submission_from(key: str, document: Document) -> Submission:
    """Read a submission."""
    message, unanswered = document.get("message"), document.get("unanswered")
    return Submission(
        key=key,
        channel=Channel(document["channel"]),
        received_at=document["received_at"],
        contact=_contact_from(document["contact"]),
        details=_details_from(document["details"]),
        files=tuple(_file_from(file) for file in document["files"]),
        marks=tuple(Mark(mark) for mark in document["marks"]),
        consented_at=document.get("consented_at"),
        message=None if message is None else _message_from(message),
        unanswered=None if unanswered is None else Omission(unanswered),
    )


def ticket_document(ticket: Ticket) -> dict[str, object]:
    """Write a ticket."""
    return _present(
        number=ticket.number,
        title=ticket.title,
        contact=_contact_document(ticket.contact),
        channels=[channel.value for channel in ticket.channels],
        received_at=ticket.received_at,
        registered_at=ticket.registered_at,
        response_starts_at=ticket.response_starts_at,
        accepted_at=ticket.accepted_at,
        acceptance=ticket.acceptance.value,
        missing=[detail.value for detail in ticket.missing],
        urgent=ticket.urgent,
        previous_ticket=ticket.previous_ticket,
        submissions=list(ticket.submissions),
        marks=[mark.value for mark in ticket.marks],
        confirmation_omitted=None if ticket.confirmation_omitted is None else ticket.confirmation_omitted.value,
        check_at=ticket.check_at,
        participants=list(ticket.participants) or None,
        merged_into=ticket.merged_into,
        confirmation=ticket.confirmation,
        accepted_by=ticket.accepted_by,
        **flag_fields(ticket.flags),
    )


def ticket_from(document: Document) -> Ticket:
    """Read a ticket."""
    omitted = document.get("confirmation_omitted")
    return Ticket(
        number=document["number"],
        title=document["title"],
        contact=_contact_from(document["contact"]),
        channels=tuple(Channel(channel) for channel in document["channels"]),
        received_at=document["received_at"],
        registered_at=document["registered_at"],
        response_starts_at=document["response_starts_at"],
        accepted_at=document.get("accepted_at"),
        acceptance=Acceptance(document["acceptance"]),
        missing=tuple(Detail(detail) for detail in document["missing"]),
        urgent=document["urgent"],
        previous_ticket=document.get("previous_ticket"),
        submissions=tuple(document["submissions"]),
        marks=tuple(Mark(mark) for mark in document["marks"]),
        confirmation_omitted=None if omitted is None else Omission(omitted),
        check_at=document.get("check_at"),
        participants=tuple(document.get("participants", ())),
        merged_into=document.get("merged_into"),
        confirmation=document.get("confirmation"),
        accepted_by=document.get("accepted_by"),
        flags=flags_from(document),
    )


def flag_fields(flags: Sequence[Flag]) -> dict[str, object]:
    """Write flags; `flagged_at` is there only while one is open, so that a query finds what is."""
    return _present(
        flags=[_flag_document(flag) for flag in flags] or None,
        flagged_at=min((flag.raised_at for flag in flags if flag.is_open), default=None),
    )


def flags_from(document: Document) -> tuple[Flag, ...]:
    """Read flags."""
    return tuple(
        Flag(FlagKind(flag["kind"]), flag["raised_at"], flag["reason"], flag.get("cleared_at"))
        for flag in document.get("flags", ())
    )


def notification_document(notification: Notification) -> dict[str, object]:
    """Write a notification; its id is the document's."""
    failure = notification.failure
    return _present(
        ticket=notification.ticket,
        kind=notification.kind.value,
        recipient=notification.recipient,
        state=notification.state.value,
        attempts=notification.attempts,
        requested_at=notification.requested_at,
        check_at=notification.check_at,
        attempted_at=notification.attempted_at,
        lease_until=notification.lease_until,
        sent_at=notification.sent_at,
        event_at=notification.event_at,
        message_id=notification.message_id,
        failure=None if failure is None else _present(status=failure.status, reason=failure.reason),
        submission=notification.submission,
        about=notification.about,
        requested_by=notification.requested_by,
        claim=notification.claim,
    )


def notification_from(notification_id: str, document: Document) -> Notification:
    """Read a notification."""
    failure = document.get("failure")
    return Notification(
        id=notification_id,
        ticket=document.get("ticket"),
        kind=NotificationKind(document["kind"]),
        recipient=document["recipient"],
        state=NotificationState(document["state"]),
        attempts=document["attempts"],
        requested_at=document["requested_at"],
        check_at=document.get("check_at"),
        attempted_at=document.get("attempted_at"),
        lease_until=document.get("lease_until"),
        sent_at=document.get("sent_at"),
        event_at=document.get("event_at"),
        message_id=document.get("message_id"),
        failure=None if failure is None else Failure(failure.get("status"), failure["reason"]),
        submission=document.get("submission"),
        about=document.get("about"),
        requested_by=document.get("requested_by"),
        claim=document.get("claim"),
    )


def history_document(entry: HistoryEntry) -> dict[str, object]:
    """Write a line of a ticket's history."""
    return _present(at=entry.at, by=entry.by, event=entry.event.value, about=entry.about)


def changed(before: Document, after: Document) -> dict[str, object]:
    """Give an update's fields: those that are new or other than before, and those that are gone."""
    gone = dict.fromkeys(before.keys() - after.keys(), firestore.DELETE_FIELD)
    return gone | {name: value for name, value in after.items() if name not in before or before[name] != value}


def _flag_document(flag: Flag) -> dict[str, object]:
    return _present(kind=flag.kind.value, raised_at=flag.raised_at, reason=flag.reason, cleared_at=flag.cleared_at)


def _present(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _contact_document(contact: Contact) -> dict[str, object]:
    return _present(name=contact.name, email=contact.email, phone=contact.phone, phone_as_typed=contact.phone_as_typed)


def _contact_from(document: Document) -> Contact:
    return Contact(document["name"], document.get("email"), document.get("phone"), document["phone_as_typed"])


def _details_document(details: Details) -> dict[str, object]:
    return _present(
        subject=details.subject,
        description=details.description,
        steps=details.steps,
        product_version=details.product_version,
        device_model=details.device_model,
        os_version=details.os_version,
        urgent=details.urgent,
        previous_ticket=details.previous_ticket,
    )


def _details_from(document: Document) -> Details:
    return Details(**{**document, "previous_ticket": document.get("previous_ticket")})


def _file_document(file: File) -> dict[str, object]:
    return _present(
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        stored_as=file.stored_as,
        refusal=file.refusal,
    )


def _file_from(document: Document) -> File:
    return File(**{**document, "stored_as": document.get("stored_as"), "refusal": document.get("refusal")})


_TUPLES = ("references", "participants", "recipients", "defects")


def _message_document(message: Message) -> dict[str, object]:
    fields = {field.name: getattr(message, field.name) for field in dataclass_fields(message)}
    return _present(**fields | {name: list(fields[name]) for name in _TUPLES})


def _message_from(document: Document) -> Message:
    return Message(**{**document, **{name: tuple(document[name]) for name in _TUPLES}})
