"""What a sweep writes: many documents in one commit, and one digest a run, in the same commits as what it tells of."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Protocol

from shared.bell import Bell
from shared.changes import Change
from shared.domain.lateness import Digest, Remark, Severity
from shared.domain.notification import NotificationKind, requested
from shared.ledger import LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.logs import fields

log = logging.getLogger(__name__)

WRITE_TIME = 10.0
"""Seconds for one commit."""

MOST_CONFLICTS = 24
"""Commits of one page that may meet somebody else's. Eight find one document of 200 that changed meanwhile; where many
did, another sweep is at the whole page."""

RING_AFTER_RUN = timedelta(minutes=3)
"""When the next sweep sends the digest of one that died before it could."""


class Writing(Protocol):
    """The part of the ledger that a notebook needs; may raise `LedgerUnavailableError`."""

    def write(self, change: Change, timeout: float) -> None:
        """Write a change.

        Raises:
            LedgerConflictError, LedgerRefusedError: Nothing was written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Note:
    """What a sweep does about one document."""

    change: Change
    remarks: tuple[Remark, ...] = ()


class Notebook:
    """Writes notes.

    Args:
        ledger: Where to.
        bell: Rung for the digest when the run is over.
        recipients: Of the digest.
        now: The run's time; no other run begins at the same microsecond.
    """

    def __init__(self, ledger: Writing, bell: Bell, recipients: Sequence[str], now: datetime) -> None:
        self._ledger = ledger
        self._bell = bell
        self._recipients = tuple(dict.fromkeys(recipients))
        self._now = now
        self._parts = 0
        self._written: list[str] = []
        self._begin_digest()
        self._conflicts = 0
        self.remarks: list[Remark] = []

    def _begin_digest(self) -> None:
        self._parts += 1
        run = f"{self._now:%Y%m%d%H%M%S%f}" + (f"part{self._parts}" if self._parts > 1 else "")
        self._digest = Digest(run, self._now)
        self._letters = tuple(
            replace(
                requested(
                    f"{NotificationKind.DIGEST}-{run}-{place}", None, NotificationKind.DIGEST, recipient, self._now
                ),
                about=run,
                # Not before the last page: a digest is one letter.
                check_at=self._now + RING_AFTER_RUN,
            )
            for place, recipient in enumerate(self._recipients, 1)
        )

    def write(self, notes: Sequence[Note]) -> list[Note]:
        """Write notes in one commit; give those that were written.

        Where somebody else was faster with one of the documents, that one is left to the next sweep; where that is so
        with many, others are left with them.
        """
        self._conflicts = 0
        return self._write(notes) if notes else []

    def _write(self, notes: Sequence[Note]) -> list[Note]:
        remarks = tuple(remark for note in notes for remark in note.remarks)
        change = reduce(add, (note.change for note in notes))
        digest = self._digest.with_remarks(remarks)
        if remarks:
            change += Change(digest=digest, letters=() if self._digest.remarks else self._letters)
        try:
            self._ledger.write(change, WRITE_TIME)
        except LedgerUnavailableError:
            # It may have been written, digest and all. What comes now must not write over it: it goes into a digest of
            # its own, and the next sweep sends the other, if it is there.
            self._begin_digest()
            raise
        except (LedgerConflictError, LedgerRefusedError) as error:
            self._conflicts += isinstance(error, LedgerConflictError)
            if len(notes) == 1 or self._conflicts >= MOST_CONFLICTS:
                log.info("left_to_the_next_sweep", extra=fields(documents=len(notes), error=str(error)))
                return []
            half = len(notes) // 2
            return self._write(notes[:half]) + self._write(notes[half:])
        if remarks and not self._digest.remarks:
            self._written += [letter.id for letter in self._letters]
        self._digest = digest
        self.remarks += remarks
        for remark in remarks:
            _log(remark)
        return list(notes)

    def close(self) -> None:
        """Have the digest sent, if there is anything in it."""
        if self._written:
            self._bell.ring(self._written)


def _log(remark: Remark) -> None:
    write = log.info if remark.severity is Severity.CLEARED else log.warning
    # Not `severity`: Cloud Logging takes a field of that name for the line's own.
    about = fields(remark=remark.severity.value, ticket=remark.ticket, submission=remark.submission)
    write("sla_remark", extra=about)
