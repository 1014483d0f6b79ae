"""How domain objects look as Firestore documents, and back.

Absent values have no field: a document that needs nothing more has no `check_at`, so the sweep does not find it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from google.cloud import firestore

from shared.domain.attention import concerns
from shared.domain.completeness import Detail, Known, Source
from shared.domain.concern import Concern
from shared.domain.contact import Contact
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import (
    Channel,
    Mark,
    Omission,
)
from shared.domain.ticket import Acceptance, Handover, Ticket

Document = Mapping[str, Any]
"""Fields of a Firestore document. `Any`: Firestore's values have no common type."""

_SEARCHED = 80
"""Characters of a text that its beginning is looked for in."""

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


def ticket_document(ticket: Ticket) -> dict[str, object]:
    """Write a ticket."""
    return present(
        number=ticket.number,
        title=ticket.title,
        contact=contact_document(ticket.contact),
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
        # When the sweep has to look, for whichever reason; the reasons' own times are not queried.
        check_at=min(filter(None, (ticket.check_at, ticket.follow_up_at)), default=None),
        confirmation_check_at=ticket.check_at,
        participants=list(ticket.participants) or None,
        merged_into=ticket.merged_into,
        confirmation=ticket.confirmation,
        accepted_by=ticket.accepted_by,
        known=[_known_document(known) for known in ticket.known] or None,
        device_data=ticket.device_data,
        asked_at=ticket.asked_at,
        reminded_at=ticket.reminded_at,
        handed_on=None if ticket.handed_on is None else _handover_document(ticket.handed_on),
        follow_up_at=ticket.follow_up_at,
        related=ticket.related,
        merged=list(ticket.merged) or None,
        apart=list(ticket.apart) or None,
        vacated=list(ticket.vacated) or None,
        settled=[concern.value for concern in ticket.settled] or None,
        erased_at=ticket.erased_at,
        **flag_fields(ticket.flags),
        **_desk_fields(ticket),
    )


def ticket_from(document: Document) -> Ticket:
    """Read a ticket."""
    omitted = document.get("confirmation_omitted")
    return Ticket(
        number=document["number"],
        title=document["title"],
        contact=contact_from(document["contact"]),
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
        check_at=document.get("confirmation_check_at"),
        participants=tuple(document.get("participants", ())),
        merged_into=document.get("merged_into"),
        confirmation=document.get("confirmation"),
        accepted_by=document.get("accepted_by"),
        flags=flags_from(document),
        known=tuple(_known_from(known) for known in document.get("known", ())),
        device_data=document.get("device_data", True),
        asked_at=document.get("asked_at"),
        reminded_at=document.get("reminded_at"),
        handed_on=None if "handed_on" not in document else Handover(**document["handed_on"]),
        follow_up_at=document.get("follow_up_at"),
        related=document.get("related"),
        merged=tuple(document.get("merged", ())),
        apart=tuple(document.get("apart", ())),
        vacated=tuple(document.get("vacated", ())),
        settled=tuple(Concern(concern) for concern in document.get("settled", ())),
        erased_at=document.get("erased_at"),
    )


def searchable(text: str) -> str:
    """Give a text as its beginning is looked for: without capitals, `ё`, and more than one space."""
    return " ".join(text.casefold().replace("ё", "е").split())[:_SEARCHED]


def flag_fields(flags: Sequence[Flag]) -> dict[str, object]:
    """Write flags; `flagged_at` is there only while one is open, so that a query finds what is."""
    return present(
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
    return present(
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
        failure=None if failure is None else present(status=failure.status, reason=failure.reason),
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
    return present(at=entry.at, by=entry.by, event=entry.event.value, about=entry.about)


def history_from(document: Document) -> HistoryEntry:
    """Read a line of a ticket's history."""
    return HistoryEntry(document["at"], document["by"], Event(document["event"]), document["about"])


def changed(before: Document, after: Document) -> dict[str, object]:
    """Give an update's fields: those that are new or other than before, and those that are gone."""
    gone = dict.fromkeys(before.keys() - after.keys(), firestore.DELETE_FIELD)
    return gone | {name: value for name, value in after.items() if name not in before or before[name] != value}


def _flag_document(flag: Flag) -> dict[str, object]:
    return present(kind=flag.kind.value, raised_at=flag.raised_at, reason=flag.reason, cleared_at=flag.cleared_at)


def present(**fields: object) -> dict[str, object]:
    """Give the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def contact_document(contact: Contact) -> dict[str, object]:
    """Write a contact."""
    return present(name=contact.name, email=contact.email, phone=contact.phone, phone_as_typed=contact.phone_as_typed)


def contact_from(document: Document) -> Contact:
    """Read a contact."""
    return Contact(document["name"], document.get("email"), document.get("phone"), document["phone_as_typed"])


def _known_document(known: Known) -> dict[str, object]:
    return {"detail": known.detail.value, "source": known.source.value, "submission": known.submission}


def _known_from(document: Document) -> Known:
    return Known(Detail(document["detail"]), Source(document["source"]), document["submission"])


def _desk_fields(ticket: Ticket) -> dict[str, object]:
    """Write what the desk finds a ticket by, and nobody reads back: all of it follows from the rest."""
    needed = concerns(ticket)
    return present(
        attention=[concern.value for concern in needed] or None,
        attention_at=ticket.received_at if needed else None,
        topic=searchable(ticket.topic),
        client=searchable(ticket.contact.name) or None,
        registered_late=ticket.registered_late or None,
    )


def _handover_document(handover: Handover) -> dict[str, object]:
    return {"at": handover.at, "revision": handover.revision, "complete": handover.complete}
