"""Which ticket a message belongs to (R5r).

A signed reply address or Message-ID of ours lets a message in, whoever sent it. A number in the subject lets in only
who takes part in that ticket already: numbers can be guessed. Anybody else who names one gets a ticket of his own, and
hears nothing of the other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from functions.intake_email.parsing.parsed import ParsedMail
from shared.domain.completeness import Detail
from shared.domain.submission import Submission
from shared.domain.ticket import Ticket, may_join
from shared.joining import BrokenRedirectError, redirects
from shared.ledger import StoredTicket
from shared.reply_address import ReplyAddresses

_NUMBER = re.compile(
    r"(?:(?<![\w&])#\s{0,3}(?P<tag>[0-9]{1,9})"
    r"|\b(?:обращени|тикет|заявк|ticket|request|case)[а-яёa-z]{0,3}\s{0,3}(?:№|#|N|no\.?)?\s{0,3}(?P<named>[0-9]{3,9}))"
    # Nor a telephone number, a date, a price or a year.
    r"(?![0-9]|[.:-][0-9]|\s?(?:руб|₽|год|г\.))",
    re.IGNORECASE,
)
"""`[#12345]` as our titles have it, and the ways in which people name a number of ours."""


_MOST_NUMBERS = 5


@dataclass(frozen=True, slots=True)
class Belonging:
    """What a message says about an earlier ticket.

    Attributes:
        ticket: The ticket that it joins; None when it opens one.
        named: A number that it names without a right to join it.
        missing: What that ticket lacks, or the one that goes on in its place.
        known: Whether the message is part of one of these already.
    """

    ticket: int | None
    named: int | None = None
    missing: tuple[Detail, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class Threads:
    """Finds a message's ticket.

    Attributes:
        find: Reads a ticket by its number; None when there is none.
    """

    replies: ReplyAddresses
    find: Callable[[int], StoredTicket | None]

    def belonging(self, mail: ParsedMail, submission: Submission, *, authentic: bool) -> Belonging:
        """Find the ticket that a message belongs to.

        Args:
            mail: The message.
            submission: What was made of it.
            authentic: False when SPF and DKIM speak against the sender: then its address lets nobody in.

        Raises:
            LedgerUnavailableError: The ticket can't be read now.
        """
        message = submission.message
        recipients = message.recipients if message else ()
        addresses = dict.fromkeys((*recipients, *(each.address for each in (*mail.to, *mail.cc))))
        signed = self.replies.number_at(addresses) or self.replies.number_in(
            [*mail.in_reply_to, *reversed(mail.references)]
        )
        if signed is not None and (stored := self.find(signed)) is not None:
            line = self._line(stored)
            if _is_open(line):
                return _joined(signed, line, submission)
        named = _numbers(mail.subject)
        sender = message.sender if message else None
        if authentic and sender is not None:
            for number in named:
                stored = self.find(number)
                if stored is not None and may_join(stored.ticket, sender) and _is_open(line := self._line(stored)):
                    return _joined(number, line, submission)
        return Belonging(None, named[0] if named else None)

    def _line(self, first: StoredTicket) -> Sequence[Ticket]:
        """Give a ticket, the one that it was merged into, and so on; nothing where that leads nowhere."""
        try:
            return [each.ticket for each in redirects(self.find, first)]
        except BrokenRedirectError:
            # Whoever has it join finds out as well, and says so.
            return ()


def _is_open(line: Sequence[Ticket]) -> bool:
    """Tell whether a ticket takes messages: one whose client's data were erased takes none."""
    return all(each.erased_at is None for each in line)


def _joined(number: int, line: Sequence[Ticket], submission: Submission) -> Belonging:
    known = any(submission.key in each.submissions for each in line)
    return Belonging(number, missing=line[-1].missing if line else (), known=known)


def _numbers(subject: str) -> list[int]:
    """Give the numbers that a subject names: those that are written as in our titles first."""
    found = [int(each["tag"] or each["named"]) for each in islice(_NUMBER.finditer(subject), _MOST_NUMBERS)]
    return sorted(dict.fromkeys(found), key=lambda number: f"[#{number}]" not in subject)
