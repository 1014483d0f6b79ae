"""What happened to a ticket after its registration: who did what, when.

Its first line is the ticket itself (docs/adr/0007-history-begins-with-the-ticket.md).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Event(StrEnum):
    """What happened."""

    MESSAGE_JOINED = "message_joined"
    DUPLICATE_ATTACHED = "duplicate_attached"
    """The same request came once more (R15)."""
    DETAILS_ANSWERED = "details_answered"
    """The client answered on the page of the request for information (R7)."""
    MERGED = "merged"
    """Another ticket was merged into this one, or this one into another; `about` names the other."""
    MERGE_UNDONE = "merge_undone"
    SPLIT_OFF = "split_off"
    """A submission was taken out of it, and is a request of its own."""
    REMINDED = "reminded"
    HANDED_ON = "handed_on"
    """To classification (R18); `about` is the revision."""
    ACCEPTED = "accepted"
    UNDELIVERABLE = "undeliverable"
    ACCEPTANCE_REVOKED = "acceptance_revoked"
    LETTER_ASKED_AGAIN = "letter_asked_again"
    NUMBER_TOLD = "number_told"
    CONTACT_CORRECTED = "contact_corrected"
    """The client's address was wrong; the letter that it is about went to the right one."""
    CONCERN_SETTLED = "concern_settled"
    """A person has seen to what needed one; `about` says to what (`shared.domain.concern`)."""
    ERASED = "erased"
    """The client's personal data were erased at his wish; `about` is the ticket's own number."""
    EXPORTED = "exported"
    """The client's data were given out; `about` is the ticket's own number."""


_REPEATED = frozenset({Event.MERGED, Event.MERGE_UNDONE, Event.EXPORTED})
"""What people may do and undo any number of times."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a ticket's history; never changed.

    Attributes:
        by: Who did it: a person's address, or the name of a part of this system.
        about: What it is about: a submission's key, a notification's id, or what the event says.
    """

    at: datetime
    by: str
    event: Event
    about: str

    @property
    def id(self) -> str:
        """The document's id: the same event of the same thing is one entry, but for what may be done again."""
        again = f"-{self.at:%Y%m%d%H%M%S%f}" if self.event in _REPEATED else ""
        return f"{self.event}-{self.about}{again}"
