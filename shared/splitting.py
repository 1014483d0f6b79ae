"""Splitting, at a person's word: a submission becomes a request of its own, or a merge is undone (R15).

What happens is written in two steps where a new number is needed: the submission is taken out of its ticket and waits
for a number; then it is registered as if it had just come. Who dies in between leaves it to the sweep, which registers
what waits.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.bell import Bell
from shared.changes import Change
from shared.conflicts import STEP_TIME, again_on_conflict
from shared.domain.history import Event, HistoryEntry
from shared.domain.merging import MergeRefusedError
from shared.domain.notification import RING_AGAIN_AFTER, Notification, NotificationKind
from shared.domain.repetition import Wish, repeat
from shared.domain.splitting import Group, Part, SplitRefusal, SplitRefusedError, take_out, undo_merge
from shared.domain.submission import Attachment, Omission, Submission, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.ledger import Entry, StoredTicket
from shared.logs import fields
from shared.merging import Merging, group_of, lineage
from shared.numbering import Registered
from shared.registration import Kept

log = logging.getLogger(__name__)


class Entries(Protocol):
    """The part of the ledger that holds submissions; see `shared.ledger.Ledger`."""

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """Read those of the keys' entries that exist."""
        ...


class Letters(Protocol):
    """The part of the ledger that holds a ticket's letters; see `shared.store.dossier`."""

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        """Read all letters about a ticket, the oldest first."""
        ...


class Registering(Protocol):
    """Registers a submission; see `shared.registration.Registrar`."""

    def register(self, submission: Submission) -> Registered | Kept:
        """Give it its number, or keep it."""
        ...


@dataclass(frozen=True, slots=True)
class Split:
    """What was split.

    Attributes:
        out_of: The ticket that it was part of; None where an earlier attempt has taken it out.
        number: The number that it has now; None where the sweep gives it one in a minute.
    """

    out_of: int | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Splitter:
    """Splits.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    tickets: Merging
    entries: Entries
    letters: Letters
    registrar: Registering
    bell: Bell
    now: Callable[[], datetime]

    def split(self, key: str, by: str) -> Split:
        """Make a submission, by its key, a request of its own.

        Raises:
            SplitRefusedError: See there.
            LedgerConflictError: Others kept changing its ticket; nothing was written.
            LedgerUnavailableError: How far it has come is unknown; asking again does no harm.
        """
        entry = self.entries.submissions([key], STEP_TIME).get(key)
        if entry is None:
            raise SplitRefusedError(SplitRefusal.NO_SUCH_SUBMISSION)
        if entry.submission.erased_at is not None:
            raise SplitRefusedError(SplitRefusal.NO_REQUEST, entry.ticket)
        match entry.state:
            case SubmissionState.ATTACHED if entry.attachment is Attachment.ANSWER:
                raise SplitRefusedError(SplitRefusal.ANSWER, entry.ticket)
            case SubmissionState.ATTACHED:
                apart = again_on_conflict(lambda: self._take_out(key, by))
                return self._register(apart.submission, entry.ticket)
            case SubmissionState.REGISTERED:
                return again_on_conflict(lambda: self._undo(entry, by))
            case SubmissionState.RECEIVED if entry.submission.apart:
                return self._register(entry.submission, None)
        raise SplitRefusedError(SplitRefusal.NO_REQUEST, entry.ticket)

    def _register(self, submission: Submission, out_of: int | None) -> Split:
        outcome = self.registrar.register(submission)
        return Split(out_of, outcome.ticket.number if isinstance(outcome, Registered) else None)

    def _take_out(self, key: str, by: str) -> Entry:
        """Take a submission out of its ticket, and leave it to whoever gives numbers; give it as it is then."""
        entry = self.entries.submissions([key], STEP_TIME)[key]
        if entry.ticket is None:
            # Our own commit, whose answer was lost, or another person's.
            return entry
        line = self._lineage(entry.ticket)
        owner, now = line[0], self.now()
        if key not in owner.ticket.submissions:
            raise SplitRefusedError(SplitRefusal.BROKEN, entry.ticket)
        group = self._group(line[-1].ticket)
        after = take_out([stored.ticket for stored in line], key, group, now)
        waiting = replace(
            entry,
            submission=_apart(entry.submission, group.tickets),
            state=SubmissionState.RECEIVED,
            ticket=None,
            attachment=None,
            check_at=now + RING_AGAIN_AFTER,
        )
        tickets = _changed(line, after)
        history = HistoryEntry(now, by, Event.SPLIT_OFF, key)
        self.tickets.write(
            Change(
                tickets=tickets,
                entries=((entry, waiting),),
                history=tuple((each.number, history) for _, each in tickets),
            ),
            STEP_TIME,
        )
        log.info("submission_split_off", extra=fields(submission=key, ticket=owner.ticket.number, by=by))
        return waiting

    def _undo(self, entry: Entry, by: str) -> Split:
        """Undo the merge of the ticket that a submission opened."""
        number = entry.ticket or 0
        line = self._lineage(number)
        if len(line) == 1:
            raise SplitRefusedError(SplitRefusal.OPENS_ITS_TICKET, number)
        now = self.now()
        gone, *others = undo_merge([stored.ticket for stored in line], self._group(line[-1].ticket), now)
        gone, letter, asked = self._awaiting(gone, by, now)
        into = line[1].ticket.number
        tickets = _changed(line, (gone, *others))
        self.tickets.write(
            Change(
                tickets=tickets,
                history=(
                    (number, HistoryEntry(now, by, Event.MERGE_UNDONE, str(into))),
                    *((each.number, HistoryEntry(now, by, Event.MERGE_UNDONE, str(number))) for _, each in tickets[1:]),
                    *((number, each) for each in asked),
                ),
                letters=letter,
            ),
            STEP_TIME,
        )
        self.bell.ring([each.id for each in letter])
        log.info("merge_undone", extra=fields(ticket=number, into=into, by=by))
        return Split(into, number)

    def _awaiting(
        self, gone: Ticket, by: str, now: datetime
    ) -> tuple[Ticket, tuple[Notification, ...], tuple[HistoryEntry, ...]]:
        """Have the client told that the number lives again, where he may be written to."""
        if gone.confirmation_omitted is not None or gone.contact.email is None:
            called = gone.confirmation_omitted in {None, Omission.NO_EMAIL}
            awaited = gone.acceptance is Acceptance.NOT_AWAITED and called
            pending = replace(gone, acceptance=Acceptance.PENDING, check_at=now) if awaited else gone
            return pending, (), ()
        wish = Wish(gone.number, NotificationKind.CONFIRMATION, by, forced=True)
        repetition = repeat(wish, gone, self.letters.letters(gone.number, STEP_TIME), None, now)
        return repetition.ticket or gone, (repetition.letter,), repetition.history

    def _group(self, ticket: Ticket) -> Group:
        tickets = {each.number: each for each in group_of(self.tickets, ticket)}
        keys = {key for each in tickets.values() for key in each.submissions}
        entries = self.entries.submissions(sorted(keys), STEP_TIME)
        return Group(tickets, {key: Part(each.submission, each.attachment) for key, each in entries.items()})

    def _lineage(self, number: int) -> Sequence[StoredTicket]:
        try:
            return lineage(self.tickets, number)
        except MergeRefusedError as error:
            raise SplitRefusedError(SplitRefusal.BROKEN, error.ticket) from error


def _apart(submission: Submission, numbers: Collection[int]) -> Submission:
    message = submission.message
    # Only what opens a ticket was asked whether it may be answered: an answer to a robot could start a loop.
    robot = Omission.AUTOMATIC if message is not None and message.automatic is not None else None
    apart = tuple(sorted({*submission.apart, *numbers}))
    return replace(submission, apart=apart, unanswered=submission.unanswered or robot)


def _changed(before: Sequence[StoredTicket], after: Sequence[Ticket]) -> tuple[tuple[StoredTicket, Ticket], ...]:
    pairs = zip(before, after, strict=True)
    return tuple((stored, ticket) for stored, ticket in pairs if ticket is not stored.ticket)
