"""A message after parsing: plain values, whatever was wrong with it."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.quotes.new_part import new_part


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox as the message names it (RFC 5322, 3.4).

    Attributes:
        name: Display name, decoded; empty when there is none.
        address: `local@domain` as written, not normalised; empty when there is none that can be read.
    """

    name: str
    address: str


@dataclass(frozen=True)
class Attachment:
    """A file in a message: attached, shown inline, forwarded, or unpacked from a winmail.dat (R17).

    Attributes:
        filename: Its decoded name without folders and control characters; made up where it has none.
        content_type: `type/subtype` in lower case, as declared.
        content: Decoded.
        inline: Part of the text's looks (an image that the HTML shows, say), not meant as a file.
    """

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    inline: bool

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        """Digest of the content, hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


class BounceKind(StrEnum):
    """Whether trying again can help."""

    HARD = "hard"
    """The address will never work."""
    SOFT = "soft"
    """It may work later: full mailbox, greylisting, size, policy."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a letter could not be delivered, or not yet (RFC 3464).

    Attributes:
        recipient: The address that the letter was for; None when the report does not tell.
        status: Enhanced status code such as `5.1.1` (RFC 3463); None when the report does not tell.
        original_message_id: Message-ID of the letter, in angle brackets; None when the report does not tell.
        reason: The reporting server's words, bounded; empty when it has none.
        final: False for "delayed, will try again".
    """

    recipient: str | None
    status: str | None
    kind: BounceKind
    original_message_id: str | None
    reason: str = ""
    final: bool = True


@dataclass(frozen=True)
class ParsedMail:
    """A message, as far as it could be read; `defects` says what could not.

    Attributes:
        sender: `From`; None when there is none.
        reply_to: `Reply-To`.
        to: `To`.
        cc: `Cc`.
        subject: Decoded, on one line.
        text: All of the text; from the HTML where there is no text part.
        attachments: In the order in which they came.
        message_id: In angle brackets; None when there is none.
        in_reply_to: Message-IDs in angle brackets.
        references: Message-IDs in angle brackets, the oldest first.
        automatic: Why it must not be answered automatically, in English; None when it may be.
        bounce: What it reports, when it is a bounce.
        defects: What was wrong with it, in English, without text of the message.
        is_forwarded: The text is not the message's own, but that of a message in it.
    """

    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    automatic: str | None
    bounce: Bounce | None
    defects: tuple[str, ...]
    is_forwarded: bool = False

    @cached_property
    def reply(self) -> str:
        """The new part of the text: without the quoted history of the correspondence; never raises.

        Looked for when it is first asked for: only a message that joins a ticket needs it.
        """
        if self.is_forwarded:
            return self.text
        return Defects().attempt("quoted history", lambda: new_part(self.text), self.text)
