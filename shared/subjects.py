"""What letters are about, as their writers see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.daily_report import DailyReport
from shared.domain.lateness import Digest
from shared.domain.notification import Notification
from shared.domain.submission import Attachment, Submission
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress


@dataclass(frozen=True, slots=True)
class TicketSubject:
    """What a letter about a ticket tells of.

    Attributes:
        submission: What opened the ticket, or the message that the letter is about.
        failed: The letter that did not arrive, if it is about one.
        dead: That its recipient's address is known not to work; None when nothing is known against it.
        attachment: As what the submission joined the ticket; None for what opened it.
        goes_on: Number of the ticket that goes on in this one's place; None when this one does.
    """

    ticket: Ticket
    submission: Submission
    failed: Notification | None = None
    dead: DeadAddress | None = None
    attachment: Attachment | None = None
    goes_on: int | None = None


@dataclass(frozen=True, slots=True)
class DigestSubject:
    """What a digest tells of, with the tickets that are named in it."""

    digest: Digest
    tickets: Mapping[int, Ticket]


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """What a day's report tells of, with the tickets whose open flags it names."""

    report: DailyReport
    tickets: Mapping[int, Ticket]


Subject = TicketSubject | DigestSubject | ReportSubject
