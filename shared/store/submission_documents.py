"""How submissions look as Firestore documents, and back."""

from dataclasses import fields as dataclass_fields

from shared.domain.submission import (
    Attachment,
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
from shared.ledger import Entry
from shared.store.documents import Document, contact_document, contact_from, flags_from, present


def submission_document(submission: Submission, state: SubmissionState, **more: object) -> dict[str, object]:
    """Write a submission; `more` holds what its state adds: `ticket`, `attached_as`, `check_at`, `reason`."""
    return present(
        channel=submission.channel.value,
        received_at=submission.received_at,
        contact=contact_document(submission.contact),
        details=_details_document(submission.details),
        files=[_file_document(file) for file in submission.files],
        marks=[mark.value for mark in submission.marks],
        consented_at=submission.consented_at,
        message=None if submission.message is None else _message_document(submission.message),
        unanswered=None if submission.unanswered is None else submission.unanswered.value,
        from_text=list(submission.from_text) or None,
        apart=list(submission.apart) or None,
        by=submission.by,
        erased_at=submission.erased_at,
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
        None if "attached_as" not in document else Attachment(document["attached_as"]),
    )


def submission_from(key: str, document: Document) -> Submission:
    """Read a submission."""
    message, unanswered = document.get("message"), document.get("unanswered")
    return Submission(
        key=key,
        channel=Channel(document["channel"]),
        received_at=document["received_at"],
        contact=contact_from(document["contact"]),
        details=_details_from(document["details"]),
        files=tuple(_file_from(file) for file in document["files"]),
        marks=tuple(Mark(mark) for mark in document["marks"]),
        consented_at=document.get("consented_at"),
        message=None if message is None else _message_from(message),
        unanswered=None if unanswered is None else Omission(unanswered),
        from_text=tuple(document.get("from_text", ())),
        apart=tuple(document.get("apart", ())),
        by=document.get("by"),
        erased_at=document.get("erased_at"),
    )


def _details_document(details: Details) -> dict[str, object]:
    return present(
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
    return present(
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
    return present(**fields | {name: list(fields[name]) for name in _TUPLES})


def _message_from(document: Document) -> Message:
    return Message(**{**document, **{name: tuple(document[name]) for name in _TUPLES}})
