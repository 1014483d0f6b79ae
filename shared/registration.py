"""Registration: every arrival gets one number, exactly once, without gaps (R1, R4, R14).

What may happen to a submission here, and what its sender hears:

* committed with its ticket: `Registered`;
* delivered before: `Registered` again, with the first number, `repeated=True`;
* the same request has a number already: attached to its ticket, `Registered` with that one, `duplicate=True` (R15);
* the commit could not be had in time, but the submission is kept: `Kept`; the number comes later;
* not even that: `LedgerUnavailableError`; the sender has to come again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared import numbering
from shared.bell import Bell
from shared.domain.notification import RING_AGAIN_AFTER, first_notifications
from shared.domain.submission import Attachment, Submission
from shared.domain.ticket import Ticket
from shared.erased import ErasedTicketError
from shared.grouping import Group, GroupTimeoutError
from shared.ledger import (
    Entry,
    Ledger,
    LedgerConflictError,
    LedgerUnavailableError,
)
from shared.logs import fields
from shared.numbering import (
    ErasedError,
    KeyReusedError,
    Numbered,
    Numberer,
    NumberingPolicy,
    Registered,
    Same,
    first_arrival,
)

log = logging.getLogger(__name__)

KEEP_TIME = 4.0
"""Seconds for keeping a submission that could not be registered."""

GROUP_BYTES = 3_000_000
"""Text in one commit: Firestore takes 10 MiB, its emulator 4 MiB, and texts are stored with some overhead."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The submission is safe, and gets its number later.

    Attributes:
        received_at: The arrival that counts: of the first delivery.
    """

    received_at: datetime


class Attaching(Protocol):
    """Makes a submission part of a ticket; see `shared.joining.Joiner`."""

    def join(self, submission: Submission, number: int, attachment: Attachment, kept: Entry | None = None) -> Ticket:
        """Attach it."""
        ...


class Answering(Protocol):
    """Decides which requests are answered."""

    def answered(self, submissions: Sequence[Submission], now: datetime) -> Sequence[Submission]:
        """Give the requests in their order; one that gets no answer says why. Never raises: answering is the rule."""
        ...


class Registrar:
    """Registers submissions; one for each process, used by all its threads.

    Args:
        ledger: Where tickets are kept.
        bell: Rung for every notification after its commit.
        policy: Numbering and addresses.
        now: Gives the time, aware and in UTC.
        joiner: Attaches what has a number already; needed where the policy has a window for that.
        answering: Asked once for each group commit, so that it costs a request next to nothing.
    """

    def __init__(  # noqa: PLR0913  # whom it works with
        self,
        ledger: Ledger,
        bell: Bell,
        policy: NumberingPolicy,
        now: Callable[[], datetime],
        joiner: Attaching | None = None,
        *,
        answering: Answering | None = None,
    ) -> None:
        if policy.duplicate_window and joiner is None:
            raise ValueError("duplicates need somebody who attaches them")
        self._joiner = joiner
        self._ledger = ledger
        self._bell = bell
        self._policy = policy
        self._now = now
        self._answering = answering
        self._numberer = Numberer(ledger, policy, now)
        self._group: Group[Submission, Registered | Same] = Group(
            self._number, weigh=_weight, capacity=GROUP_BYTES, finish=self._ring
        )

    def register(self, submission: Submission) -> Registered | Kept:
        """Give a submission its number, or keep it.

        Raises:
            KeyReusedError: See there; nothing was written.
            LedgerUnavailableError: Nothing is known to be kept; the sender must come again with the same key.
            LedgerRefusedError: The ledger will not take this submission, whatever its number.
        """
        try:
            found = self._group.call(submission, numbering.COMMIT_TIME)
            outcome = self._attach(found.submission, found.ticket) if isinstance(found, Same) else found
        except (GroupTimeoutError, LedgerUnavailableError):
            # What the group may have decided is lost, and who registers it later does not decide again.
            outcome = self._keep(*self._answered([submission]))
        if isinstance(outcome, Registered):
            ticket = outcome.ticket
            log.info(
                "ticket_registered",
                extra=fields(
                    ticket=ticket.number,
                    channel=submission.channel.value,
                    repeated=outcome.repeated,
                    duplicate=outcome.duplicate,
                ),
            )
        return outcome

    def _number(self, submissions: Sequence[Submission]) -> Sequence[Numbered]:
        return self._numberer.register(self._answered(submissions))

    def _answered(self, submissions: Sequence[Submission]) -> Sequence[Submission]:
        return submissions if self._answering is None else self._answering.answered(submissions, self._now())

    def _attach(self, submission: Submission, ticket: int) -> Registered | Kept:
        """Attach what has a number already (R15)."""
        if self._joiner is None:
            raise AssertionError("nothing is recognised without a window")
        _, entries = self._ledger.look([submission.key], self._policy.first_number, KEEP_TIME)
        kept = entries.get(submission.key)
        if kept is not None and (kept.ticket is not None or kept.submission.fingerprint != submission.fingerprint):
            return self._first_answer(kept, submission)
        if kept is not None and ticket in kept.submission.apart:
            # A person has taken it out of that ticket since it was delivered first; it is about to get its number.
            return Kept(kept.submission.received_at)
        try:
            arrival = submission if kept is None else first_arrival(submission, kept)
            joined = self._joiner.join(arrival, ticket, Attachment.DUPLICATE, kept)
        except ErasedTicketError:
            # It went on under another client's number, and that is closed: this one gets a number of its own.
            alone = replace(submission, apart=(*submission.apart, ticket))
            match self._group.call(alone, numbering.COMMIT_TIME):
                case Registered() as outcome:
                    return outcome
            raise AssertionError("what is apart from a ticket is never taken for the same") from None
        except LedgerConflictError as error:
            # Another delivery of the same submission is being attached, or was.
            earlier = self.earlier(submission)
            if earlier is None:
                raise LedgerUnavailableError("others keep changing the ticket") from error
            return earlier
        return Registered(joined, repeated=False, duplicate=True)

    def _ring(self, outcomes: Sequence[Registered | Same | BaseException]) -> None:
        """Ring for every ticket; for a repeated delivery, too: the process that answered first may not have rung.

        The letters about a duplicate are others; who attaches it rings for them.
        """
        new = [each for each in outcomes if isinstance(each, Registered) and not each.duplicate]
        tickets = {outcome.ticket.number: outcome.ticket for outcome in new}
        letters = [first_notifications(ticket, self._policy.specialists) for ticket in tickets.values()]
        if letters:
            self._bell.ring([letter.id for group in letters for letter in group])

    def earlier(self, submission: Submission) -> Registered | Kept | None:
        """Give the first answer to a submission that was delivered before; None when it was not.

        Raises:
            KeyReusedError, LedgerUnavailableError: See `register`.
        """
        _, entries = self._ledger.look([submission.key], self._policy.first_number, KEEP_TIME)
        entry = entries.get(submission.key)
        return None if entry is None else self._first_answer(entry, submission)

    def _first_answer(self, entry: Entry, submission: Submission) -> Registered | Kept:
        """Give the first answer to a submission that is known."""
        if entry.submission.erased_at is not None:
            raise ErasedError(submission.key)
        if entry.submission.fingerprint != submission.fingerprint:
            raise KeyReusedError(submission.key)
        if entry.ticket is None:
            return Kept(entry.submission.received_at)
        duplicate = entry.attachment is Attachment.DUPLICATE
        if duplicate and self._joiner is not None:
            try:
                # It is attached already: this only rings once more.
                ticket = self._joiner.join(entry.submission, entry.ticket, Attachment.DUPLICATE)
            except LedgerConflictError as error:
                raise LedgerUnavailableError("the duplicate is being taken out of its ticket") from error
            return Registered(ticket, repeated=True, duplicate=True)
        outcome = Registered(self._ledger.ticket(entry.ticket, KEEP_TIME), repeated=True, duplicate=duplicate)
        self._ring([outcome])
        return outcome

    def _keep(self, submission: Submission) -> Registered | Kept:
        try:
            self._ledger.keep(submission, self._now() + RING_AGAIN_AFTER, KEEP_TIME)
        except LedgerConflictError:
            # A delivery of the same submission, or the commit that we did not wait for, was here.
            earlier = self.earlier(submission)
            if earlier is None:
                raise LedgerUnavailableError("the entry that was in the way is gone") from None
            if isinstance(earlier, Registered) and earlier.ticket.received_at == submission.received_at:
                # Our own commit, for whose answer we did not wait, is not a repetition.
                return replace(earlier, repeated=False)
            return earlier
        log.warning("submission_kept", extra=fields(submission=submission.key, channel=submission.channel.value))
        return Kept(submission.received_at)


def _weight(submission: Submission) -> int:
    """Estimate the bytes that a submission adds to a commit; Cyrillic takes two a character."""
    details, contact = submission.details, submission.contact
    texts = (details.subject, details.description, details.steps, contact.name)
    return 4_000 + 2 * sum(map(len, texts)) + sum(600 + 2 * len(file.name) for file in submission.files)
