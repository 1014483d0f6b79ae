"""What came in through a channel, whole (R1, R2, R3, R17), before and after it has a number."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.contact import Contact


class Channel(StrEnum):
    """The channel of arrival (R1, R2)."""

    FORM = "form"


class SubmissionState(StrEnum):
    """How far a submission has come."""

    RECEIVED = "received"
    """Kept, but without a number yet: the registration commit could not be had in the request's time."""
    REGISTERED = "registered"
    """Has its ticket."""


class Mark(StrEnum):
    """What a specialist should know about how a submission came in."""

    CAPTCHA_UNVERIFIED = "captcha_unverified"
    """The captcha service could not be asked; the request was let through."""


@dataclass(frozen=True, slots=True)
class Details:
    """What the client says. Everything but `description` may be empty (R6, R14).

    Attributes:
        previous_ticket: Number of an earlier ticket as the client stated it: a claim, not a checked fact.
    """

    subject: str
    description: str
    steps: str
    product_version: str
    device_model: str
    os_version: str
    urgent: bool
    previous_ticket: int | None


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a submission (R17).

    Attributes:
        name: The name that the client's program gave, Cyrillic and spaces included.
        size: Bytes.
        sha256: Of the content, hexadecimal.
        stored_as: Name of the Cloud Storage object; None when the file could not be kept.
        refusal: Why the file was not kept, in Russian, for the client and the specialist; None when it was.
    """

    name: str
    content_type: str
    size: int
    sha256: str
    stored_as: str | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """One arrival.

    Attributes:
        key: Idempotency key; also the document's id. The same arrival delivered again has the same key.
        received_at: The moment of arrival, from which the 15 minutes run (R16).
        consented_at: When the client agreed to the processing of personal data.
    """

    key: str
    channel: Channel
    received_at: datetime
    contact: Contact
    details: Details
    files: tuple[File, ...] = ()
    marks: tuple[Mark, ...] = ()
    consented_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Digest of what was asked, and by whom: tells a repeated delivery from another request under a reused key."""
        said = [asdict(self.contact), asdict(self.details), sorted(file.sha256 for file in self.files)]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
