"""What happened to a ticket after its registration: who did what, when.

Its first line is the ticket itself (docs/adr/0007-history-begins-with-the-ticket.md).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What happened."""

    MESSAGE_JOINED = "message_joined"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a ticket's history; never changed.

    Attributes:
        by: Who did it: a person's address, or the name of a part of this system.
        submission: Key of the submission that it is about.
    """

    at: datetime
    by: str
    event: Event
    submission: str

    @property
    def id(self) -> str:
        """The document's id: the same event of the same submission is one entry."""
        return f"{self.event}-{self.submission}"
