"""What waits for a person, decided by one: a submission becomes a request after all, or is closed as none (R1, R14).

A release is written in two steps. First the submission waits for a number instead of for a person, with what the person
has added to it; of two people who decide at once, one is first. Then it is registered as if it had just come. Who dies
in between leaves it to the sweep, which registers what waits.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.changes import Change
from shared.conflicts import STEP_TIME, again_on_conflict
from shared.domain.contact import Contact
from shared.domain.flag import any_open
from shared.domain.notification import RING_AGAIN_AFTER
from shared.domain.submission import Details, Quarantine, Submission, SubmissionState
from shared.filling import fill_from_text
from shared.ledger import Entry
from shared.logs import fields
from shared.numbering import Registered
from shared.registration import Kept

log = logging.getLogger(__name__)

READABLE = frozenset({Quarantine.SPAM, Quarantine.UNKNOWN_BOUNCE})
"""Reasons for which a submission waits with everything that was read of it: it lacks nothing but a decision."""

_DONE = frozenset({SubmissionState.REGISTERED, SubmissionState.ATTACHED})


class Entries(Protocol):
    """The part of the ledger that holds submissions. Both methods may raise `LedgerUnavailableError`."""

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        """Read those of the keys' entries that exist."""
        ...


class Changes(Protocol):
    """The part of the ledger that takes changes; see `shared.store.changes`."""

    def write(self, change: Change, timeout: float) -> None:
        """Write a change.

        Raises:
            LedgerConflictError: Something is not as it was read; nothing was written.
            LedgerUnavailableError: Whether it was written is unknown.
        """
        ...


class Registering(Protocol):
    """Registers a submission; see `shared.registration.Registrar`."""

    def register(self, submission: Submission) -> Registered | Kept:
        """Give it its number, or keep it."""
        ...


class ReleaseRefusal(StrEnum):
    """Why a decision about a submission is not carried out."""

    NO_SUCH_SUBMISSION = "no_such_submission"
    DECIDED = "decided"
    """Somebody has decided otherwise, or somebody else has decided: the entry says what and who."""
    INCOMPLETE = "incomplete"
    """It has nobody to answer to, or was not readable: a person has to write down what it says."""


@dataclass(eq=False)
class ReleaseRefusedError(Exception):
    """Nothing is changed.

    Attributes:
        entry: As it stands; None when there is none.
    """

    refusal: ReleaseRefusal
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a person has written down of a submission.

    Attributes:
        details: Only `description` and `urgent` are the person's; all else stays as it was read.
        reopen: Whether to register also what a person has closed.
    """

    contact: Contact
    details: Details
    reopen: bool = False


@dataclass(frozen=True, slots=True)
class Releaser:
    """Carries out what people decide about submissions that wait.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    entries: Entries
    changes: Changes
    registrar: Registering
    now: Callable[[], datetime]

    def release(self, key: str, by: str, written: Written | None = None) -> int | None:
        """Register a submission that waits, by its key; one that is only kept needs no person's word for it.

        Args:
            key: The submission's.
            by: Who decides.
            written: What the person has written down of it; None to take it as it was read.

        Returns:
            Its ticket's number; None where the sweep gives it one in a minute.

        Raises:
            ReleaseRefusedError: See there.
            LedgerConflictError: Others keep changing it; nothing was written.
            LedgerUnavailableError: How far it has come is unknown; asking again does no harm.
            LedgerRefusedError: The ledger will not take it, whatever its number.
        """
        entry = again_on_conflict(lambda: self._open(key, by, written))
        if entry.ticket is not None:
            return entry.ticket
        outcome = self.registrar.register(entry.submission)
        log.info("submission_released", extra=fields(submission=key))
        return outcome.ticket.number if isinstance(outcome, Registered) else None

    def close(self, key: str, by: str) -> None:
        """Close a submission that is no request; it stays in the ledger.

        Raises:
            ReleaseRefusedError, LedgerConflictError: See `release`.
            LedgerUnavailableError: It is unknown whether it was closed; asking again does no harm.
        """
        again_on_conflict(lambda: self._close(key, by))

    def _open(self, key: str, by: str, written: Written | None) -> Entry:
        """Let a submission wait for its number; give it as it is then."""
        entry = self._read(key)
        submission = entry.submission
        if entry.state in _DONE and submission.by in {None, by}:
            return entry
        if entry.state is SubmissionState.RECEIVED:
            return entry
        if entry.state is not SubmissionState.QUARANTINED and not _reopens(entry, written):
            raise ReleaseRefusedError(ReleaseRefusal.DECIDED, entry)
        if written is None and entry.quarantine not in READABLE:
            raise ReleaseRefusedError(ReleaseRefusal.INCOMPLETE, entry)
        after = replace(
            entry,
            submission=replace(submission if written is None else _as_written(submission, written), by=by),
            state=SubmissionState.RECEIVED,
            quarantine=None,
            check_at=self.now() + RING_AGAIN_AFTER,
        )
        self.changes.write(Change(entries=((entry, after),)), STEP_TIME)
        return after

    def _close(self, key: str, by: str) -> None:
        entry = self._read(key)
        if entry.state is SubmissionState.RECORDED and entry.submission.by in {None, by}:
            return
        if entry.state is not SubmissionState.QUARANTINED:
            raise ReleaseRefusedError(ReleaseRefusal.DECIDED, entry)
        after = replace(
            entry,
            submission=replace(entry.submission, by=by),
            state=SubmissionState.RECORDED,
            quarantine=None,
            # A flag is the sweep's to clear, now that its cause is gone.
            check_at=self.now() if any_open(entry.flags) else None,
        )
        self.changes.write(Change(entries=((entry, after),)), STEP_TIME)
        log.info("submission_closed", extra=fields(submission=key))

    def _read(self, key: str) -> Entry:
        entry = self.entries.submissions([key], STEP_TIME).get(key)
        if entry is None:
            raise ReleaseRefusedError(ReleaseRefusal.NO_SUCH_SUBMISSION)
        return entry


def _reopens(entry: Entry, written: Written | None) -> bool:
    """Tell whether a person takes back that a person has closed something that is still there."""
    submission = entry.submission
    closed = entry.state is SubmissionState.RECORDED and submission.by is not None and submission.erased_at is None
    return closed and written is not None and written.reopen


def _as_written(submission: Submission, written: Written) -> Submission:
    said = replace(submission.details, description=written.details.description, urgent=written.details.urgent)
    details, found = fill_from_text(said)
    # That an address must not be written to, was said of the message's own.
    same = written.contact.email == submission.contact.email
    return replace(
        submission,
        contact=written.contact,
        details=details,
        from_text=tuple(dict.fromkeys((*submission.from_text, *found))),
        unanswered=submission.unanswered if same else None,
    )
