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
    EMAIL = "email"
    PHONE = "phone"
    """A specialist wrote down what a client said."""


class SubmissionState(StrEnum):
    """How far a submission has come."""

    RECEIVED = "received"
    """Kept, but without a number yet: the registration commit could not be had in the request's time."""
    REGISTERED = "registered"
    """Opened its ticket."""
    ATTACHED = "attached"
    """Became a message of a ticket that was there already."""
    QUARANTINED = "quarantined"
    """Kept for a person to look at: see `Quarantine`."""
    RECORDED = "recorded"
    """No request: a bounce, a letter of our own that came back, or what a person has judged to be none."""


class Attachment(StrEnum):
    """As what a submission became part of a ticket that was there already."""

    REPLY = "reply"
    """A message that belongs to it: an answer, a further word (R5r)."""
    DUPLICATE = "duplicate"
    """The same request once more (R15)."""
    ANSWER = "answer"
    """What was missing, from the page to which the request for information leads (R7)."""


class Quarantine(StrEnum):
    """Why a submission waits for a person (docs/adr/0009-quarantine.md)."""

    SPAM = "spam"
    """The provider's spam score is above our limit."""
    NO_CONTACT = "no_contact"
    """Neither an address nor a phone number to answer to can be found (R3)."""
    UNKNOWN_BOUNCE = "unknown_bounce"
    """A letter came back that we know nothing of: a person may have sent it."""
    MALFORMED = "malformed"
    """What the provider posted can't be taken apart."""
    FAILED = "failed"
    """Our own code failed at it."""
    REFUSED = "refused"
    """The ledger does not take it."""


class Omission(StrEnum):
    """Why no letter goes to the client."""

    NO_EMAIL = "no_email"
    """The client left only a phone number."""
    AUTOMATIC = "automatic"
    """A robot or a mailing list wrote: an answer could start a loop."""
    UNVERIFIED_SENDER = "unverified_sender"
    """SPF and DKIM both speak against the sender: the answer could hit somebody whose address was forged."""
    TOO_MANY_LETTERS = "too_many_letters"
    """The address has had so many automatic letters lately that this looks like a loop."""


class Mark(StrEnum):
    """What a specialist should know about how a submission came in."""

    CAPTCHA_UNVERIFIED = "captcha_unverified"
    """The captcha service could not be asked; the request was let through."""
    TEXT_SHORTENED = "text_shortened"
    """The text is longer than a ticket holds; all of it is in the message as it came."""
    MESSAGE_CUT = "message_cut"
    """The message is larger than we take: only its beginning and its end are kept, its files are not."""


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
class Message:
    """How an e-mail came, beside what it says.

    Attributes:
        raw: Name of the Cloud Storage object that holds it as it came.
        message_id: In angle brackets; None when it has none.
        references: Message-IDs of the correspondence so far, the oldest first.
        sender: Normalised address of `From`; None when it can't be read.
        participants: Normalised addresses of all who take part, without our own.
        recipients: Addresses of the envelope; blind copies show only here.
        return_path: Sender of the envelope; empty for bounces.
        sender_ip: Who handed it to the provider.
        spf: The provider's verdict (RFC 7208), such as `pass`.
        dkim: The provider's verdicts by domain, as it writes them.
        spam_score: The provider's; None when it gave none.
        automatic: Why it is taken for a robot's, in English; None when it is not.
        defects: What was wrong with it, in English.
    """

    raw: str
    message_id: str | None = None
    references: tuple[str, ...] = ()
    sender: str | None = None
    participants: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    return_path: str = ""
    sender_ip: str = ""
    spf: str = ""
    dkim: str = ""
    spam_score: float | None = None
    automatic: str | None = None
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """One arrival.

    Attributes:
        key: Idempotency key; also the document's id. The same arrival delivered again has the same key.
        received_at: The moment of arrival, from which the 15 minutes run (R16).
        consented_at: When the client agreed to the processing of personal data.
        message: How it came, if by e-mail.
        unanswered: Why it must get no automatic letter, whatever its contact; None when it may.
        from_text: Names of those `details` that were read from the free text; the others stood in fields.
        apart: Tickets of which a person has said that this is another request; no machine attaches it to them.
        by: The specialist who wrote it down, or who decided about it in quarantine; None where no person did.
        erased_at: When its personal data were erased at the client's wish; None while they are there.
    """

    key: str
    channel: Channel
    received_at: datetime
    contact: Contact
    details: Details
    files: tuple[File, ...] = ()
    marks: tuple[Mark, ...] = ()
    consented_at: datetime | None = None
    message: Message | None = None
    unanswered: Omission | None = None
    from_text: tuple[str, ...] = ()
    apart: tuple[int, ...] = ()
    by: str | None = None
    erased_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Digest of what was asked, and by whom: tells a repeated delivery from another request under a reused key."""
        if self.message is not None:
            # An e-mail's key is made of its content; what we read from that may change with the next release.
            return self.key
        # What we read from the text may change with the next release, too: only what stood in the fields counts.
        typed = asdict(self.details) | dict.fromkeys(self.from_text, "")
        said = [asdict(self.contact), typed, sorted(file.sha256 for file in self.files)]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
