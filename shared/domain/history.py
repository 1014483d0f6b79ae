"""What happened to a ticket after its registration: who did what, when.

Its first line is the ticket itself (docs/adr/0007-history-begins-with-the-ticket.md).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What happened."""

    MESSAGE_JOINED = "message_joined"
    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    ACCEPTANCE_REVOKED = "acceptance_revoked"
    LETTER_ASKED_AGAIN = "letter_asked_again"
    NUMBER_TOLD = "number_told"
    CONTACT_CORRECTED = "contact_corrected"
    """The client's address was wrong; the letter that it is about went to the right one."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a ticket's history; never changed.

    Attributes:
        by: Who did it: a person's address, or the name of a part of this system.
        about: What it is about: a submission's key, or a notification's id.
    """

    at: datetime
    by: str
    event: Event
    about: str

    @property
    def id(self) -> str:
        """The document's id: the same event of the same thing is one entry."""
        return f"{self.event}-{self.about}"
