"""Which of the rule book's data a request has, where each came from, and which it lacks (R6, R14)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.applicability import needs_device_data
from shared.domain.clarity import is_unclear
from shared.domain.submission import Attachment, Channel, Details, Submission


class Detail(StrEnum):
    """What a specialist needs, in the order in which it is asked for.

    The value is the field's name in `Details`, but for `contact`.
    """

    DESCRIPTION = "description"
    STEPS = "steps"
    PRODUCT_VERSION = "product_version"
    DEVICE_MODEL = "device_model"
    OS_VERSION = "os_version"
    CONTACT = "contact"


DEVICE_DATA = frozenset({Detail.STEPS, Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION})
"""What has a meaning only where the request is about the app on somebody's phone."""

DESIRED = frozenset({Detail.STEPS})
"""What the rule book wants "if possible": asked for along with other things, and never waited for."""


class Source(StrEnum):
    """Where a detail came from."""

    FIELD = "field"
    """A field of the form."""
    TEXT = "text"
    """The free text of what opened the ticket, or of the same request through another channel."""
    REPLY = "reply"
    """A client's message that joined the ticket."""
    PAGE = "page"
    """The page to which the request for information leads."""
    SPECIALIST = "specialist"
    """A specialist, who heard it on the phone."""


@dataclass(frozen=True, slots=True)
class Known:
    """A detail that is there.

    Attributes:
        submission: Key of what it came with; its value stands there.
    """

    detail: Detail
    source: Source
    submission: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is there and what is missing.

    Attributes:
        known: In the order of `Detail`.
        missing: What is asked for and not there; `DESCRIPTION` where the text does not tell what the matter is (R14).
        device_data: Whether steps, version and phone have a meaning for this request.
    """

    known: tuple[Known, ...]
    missing: tuple[Detail, ...]
    device_data: bool


def assess(submission: Submission) -> Assessment:
    """Assess what opens a ticket."""
    details = submission.details
    present: set[Detail] = {
        detail for detail in Detail if detail is not Detail.CONTACT and getattr(details, detail.value)
    }
    if _says_nothing(details):
        present.discard(Detail.DESCRIPTION)
    if submission.contact.email or submission.contact.phone:
        present.add(Detail.CONTACT)
    device_data = needs_device_data(details)
    return Assessment(_known(present, submission, None), _missing(present, device_data=device_data), device_data)


def learn(before: Assessment, submission: Submission, attachment: Attachment) -> Assessment:
    """Assess a ticket that a submission joins: what was missing, and is in it, is missing no longer.

    Args:
        before: Of the ticket as it is.
        submission: What joins it.
        attachment: As what.
    """
    details = submission.details
    gained = {
        detail
        for detail in before.missing
        if detail is not Detail.CONTACT
        and getattr(details, detail.value)
        and not (detail is Detail.DESCRIPTION and _says_nothing(details))
    }
    known = (*before.known, *_known(gained, submission, attachment))
    device_data = before.device_data
    if Detail.DESCRIPTION in gained:
        # Only now it can be told what the matter is.
        device_data = needs_device_data(details)
    left = tuple(each for each in before.missing if each not in gained and (device_data or each not in DEVICE_DATA))
    order = list(Detail)
    return Assessment(tuple(sorted(known, key=lambda each: order.index(each.detail))), left, device_data)


def is_complete(missing: Collection[Detail]) -> bool:
    """Tell whether a request lacks nothing that is worth waiting for."""
    return not set(missing) - DESIRED


def _says_nothing(details: Details) -> bool:
    return is_unclear(details) and not details.steps


def _known(present: Collection[Detail], submission: Submission, attachment: Attachment | None) -> tuple[Known, ...]:
    return tuple(
        Known(detail, _source(detail, submission, attachment), submission.key) for detail in Detail if detail in present
    )


def _source(detail: Detail, submission: Submission, attachment: Attachment | None) -> Source:
    if submission.channel is Channel.PHONE:
        return Source.SPECIALIST
    if attachment is Attachment.ANSWER:
        return Source.PAGE
    if attachment is Attachment.REPLY:
        return Source.REPLY
    typed = submission.channel is Channel.FORM and detail.value not in submission.from_text
    return Source.FIELD if typed else Source.TEXT


def _missing(present: Collection[Detail], *, device_data: bool) -> tuple[Detail, ...]:
    return tuple(detail for detail in Detail if detail not in present and (device_data or detail not in DEVICE_DATA))
