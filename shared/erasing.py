"""Erasing a client's personal data, everywhere, at his wish (docs/adr/0020-erasure.md).

What a later step finds something by is erased after it: files before the submission that names them, letters, history
and submissions before their ticket, and the ticket together with what opened it. So whoever dies in between leaves all
that remains where the next attempt finds it. The ledger is searched until nothing is found any more: a message that
came meanwhile is found, too.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from shared.changes import Change
from shared.domain.contact import identities
from shared.domain.erasure import (
    Client,
    addresses_in,
    erased_letter,
    erased_line,
    erased_submission,
    erased_ticket,
    without,
    without_participant,
)
from shared.domain.flag import any_open
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import TO_CLIENTS
from shared.domain.submission import Submission, SubmissionState
from shared.files import FileRemoval
from shared.ledger import Entry, LedgerConflictError, StoredNotification
from shared.logs import fields
from shared.personal_data import HeldTicket, Holdings, PersonalData, StoredLine, holdings_of, other_contacts

log = logging.getLogger(__name__)

WRITE_TIME = 10.0
"""Seconds for one commit."""

AT_ONCE = 50
"""Documents of each kind that are looked for in one pass."""

_IDLE_PASSES = 5
"""Passes in a row that do nothing but meet others who change the same documents."""

_MOST_PASSES = 1_000
_PAUSE = 0.1
_WAITING = frozenset({SubmissionState.RECEIVED, SubmissionState.QUARANTINED})


class ErasureUnfinishedError(Exception):
    """Others keep changing what is to be erased; what was done stays done, and a new attempt goes on."""


class Erasable(PersonalData, Protocol):
    """The ledger as personal data are erased in it; see `shared.store.personal_data`.

    Every method may raise `LedgerUnavailableError`.
    """

    def write(self, change: Change, timeout: float) -> None:
        """Write a change.

        Raises:
            LedgerConflictError: Something is not as it was read; nothing was written.
        """
        ...

    def write_line(self, before: StoredLine, after: HistoryEntry) -> None:
        """Replace a line of history; `LedgerConflictError` as above."""
        ...

    def forget_request(self, identity: str, number: int) -> None:
        """Take a ticket out of what an identity's requests are recognised by; `LedgerConflictError` as above."""
        ...

    def forget_identity(self, identity: str) -> None:
        """Delete what an identity's requests are recognised by."""
        ...

    def forget_address(self, address: str, ticket: int | None = None) -> None:
        """Delete what is known against an address; with a ticket, only what its letters have shown."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What an erasure would erase.

    Attributes:
        tickets: Numbers of the client's tickets.
        submissions: How many submissions: under these tickets, and of the client elsewhere.
        elsewhere: How many of them are not under these tickets.
        files: Files that came with them, and messages as they came.
        letters: Letters about these tickets, and to the client.
        takes_part: Numbers of other clients' tickets that name him, and stay otherwise as they are.
        others: See `shared.personal_data.other_contacts`.
    """

    tickets: tuple[int, ...]
    submissions: int
    elsewhere: int
    files: int
    letters: int
    takes_part: tuple[int, ...]
    others: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held of the client."""
        return not (self.tickets or self.submissions or self.letters or self.takes_part)


@dataclass(slots=True)
class Erased:
    """What was erased, as far as this attempt had to do it.

    Attributes:
        tickets: Numbers of the client's tickets.
        submissions: How many.
        files: Objects of the file store.
        letters: How many; those that were not sent yet, are not sent any more.
        changed: Other documents that named the client.
    """

    tickets: list[int] = field(default_factory=list)
    submissions: int = 0
    files: int = 0
    letters: int = 0
    changed: int = 0

    @property
    def written(self) -> int:
        """Documents that were changed."""
        return len(self.tickets) + self.submissions + self.letters + self.changed


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    data: Erasable
    files: FileRemoval
    now: Callable[[], datetime]

    def plan(self, client: Client) -> Plan:
        """Tell what would be erased; changes nothing.

        Raises:
            LedgerUnavailableError: The ledger does not say.
        """
        found = holdings_of(self.data, client)
        letters = sum(len(held.letters) for held in found.tickets) + len(found.letters)
        named = {each.ticket.number for each in found.takes_part} | {each.ticket for each in found.lines}
        named |= {each.ticket for each in found.naming if each.ticket is not None}
        return Plan(
            tickets=tuple(held.number for held in found.tickets),
            submissions=len(found.submissions),
            elsewhere=len(found.entries),
            files=sum(len(_kept(entry.submission)) for entry in found.submissions),
            letters=letters,
            takes_part=tuple(sorted(named)),
            others=tuple(other_contacts(self.data, client, found)),
        )

    def erase(self, client: Client, by: str) -> Erased:
        """Erase all that is held of a client. To say it again does no harm, and finds what an attempt has left.

        Args:
            client: Whose data.
            by: Who does it, for the tickets' histories.

        Raises:
            ErasureUnfinishedError: See there.
            LedgerUnavailableError, FileStoreError: Not all is known to be erased; say it again.
        """
        done, idle = Erased(), 0
        for _ in range(_MOST_PASSES):
            before = done.written
            left = self._pass(client, by, done)
            if done.written == before and not left:
                log.info("client_erased", extra=fields(tickets=done.tickets, files=done.files))
                return done
            idle = idle + 1 if done.written == before else 0
            if idle == _IDLE_PASSES:
                break
            if left:
                time.sleep(random.uniform(0, _PAUSE))  # noqa: S311  # not a secret
        raise ErasureUnfinishedError

    def _pass(self, client: Client, by: str, done: Erased) -> int:
        """Erase what is found now; give how much was left because others were at it."""
        left = 0
        for step in self._steps(client, by, holdings_of(self.data, client, AT_ONCE), done):
            try:
                step()
            except LedgerConflictError:
                left += 1
        if client.email is not None:
            self.data.forget_identity(client.identity or "")
            self.data.forget_address(client.email)
        return left

    def _steps(self, client: Client, by: str, found: Holdings, done: Erased) -> Iterator[Callable[[], None]]:
        for held in found.tickets:
            yield partial(self._erase_ticket, held, client, by, done)
        for entry in found.entries:
            yield partial(self._erase_entry, entry, done)
        for letter in found.letters:
            yield partial(self._erase_letter, letter, done)
        for line in found.lines:
            yield partial(self._erase_line, line, frozenset({client.email or ""}), done)
        for entry in found.naming:
            named = replace(entry, submission=without(client, entry.submission))
            yield partial(self._change, Change(entries=((entry, named),)), done)
        for stored in found.takes_part:
            yield partial(self._change, Change(tickets=((stored, without_participant(client, stored.ticket)),)), done)

    def _erase_ticket(self, held: HeldTicket, client: Client, by: str, done: Erased) -> None:
        ticket, submissions = held.stored.ticket, [entry.submission for entry in held.entries]
        addresses = addresses_in(ticket, submissions) | ({client.email} if client.email else frozenset())
        for letter in held.letters:
            if letter.notification.kind in TO_CLIENTS and letter.notification.recipient:
                self.data.forget_address(letter.notification.recipient, ticket.number)
            self._erase_letter(letter, done)
        for line in held.lines:
            self._erase_line(line, addresses, done)
        opening = [entry for entry in held.entries if entry.state is SubmissionState.REGISTERED]
        for contact in (ticket.contact, *(entry.submission.contact for entry in opening)):
            for identity in identities(contact):
                self.data.forget_request(identity, ticket.number)
        for entry in held.entries:
            if entry not in opening:
                self._erase_entry(entry, done)
        now = self.now()
        after = erased_ticket(ticket, now)
        entries = tuple(self._erased(entry, now, done) for entry in opening if entry.submission.erased_at is None)
        if after is ticket and not entries:
            return
        said = HistoryEntry(now, by, Event.ERASED, str(ticket.number))
        self.data.write(
            Change(
                tickets=() if after is ticket else ((held.stored, after),),
                entries=entries,
                history=() if ticket.erased_at else ((ticket.number, said),),
            ),
            WRITE_TIME,
        )
        done.tickets.append(ticket.number)
        done.submissions += len(entries)
        log.info("ticket_erased", extra=fields(ticket=ticket.number))

    def _erase_entry(self, entry: Entry, done: Erased) -> None:
        if entry.submission.erased_at is None:
            self.data.write(Change(entries=(self._erased(entry, self.now(), done),)), WRITE_TIME)
            done.submissions += 1

    def _erased(self, entry: Entry, now: datetime, done: Erased) -> tuple[Entry, Entry]:
        """Give a submission's entry as it is and as it shall be; its files are gone then."""
        listed = _kept(entry.submission)
        for name in listed:
            self.files.delete(name)
        done.files += len(listed) + self.files.delete_of(entry.submission.key)
        after = replace(entry, submission=erased_submission(entry.submission, now))
        if entry.state not in _WAITING:
            return entry, after
        # Nobody needs it any more; a flag is the sweep's to clear, now that its cause is gone.
        check_at = now if any_open(entry.flags) else None
        return entry, replace(after, state=SubmissionState.RECORDED, quarantine=None, check_at=check_at)

    def _erase_letter(self, stored: StoredNotification, done: Erased) -> None:
        after = erased_letter(stored.notification)
        if after is not stored.notification:
            self.data.write(Change(notifications=((stored, after),)), WRITE_TIME)
            done.letters += 1

    def _erase_line(self, stored: StoredLine, addresses: frozenset[str], done: Erased) -> None:
        after = erased_line(stored.line, addresses)
        if after is not stored.line:
            self.data.write_line(stored, after)
            done.changed += 1

    def _change(self, change: Change, done: Erased) -> None:
        self.data.write(change, WRITE_TIME)
        done.changed += 1


def _kept(submission: Submission) -> Sequence[str]:
    """Give the names of the objects that hold a submission's files, and its message as it came."""
    files = [file.stored_as for file in submission.files if file.stored_as is not None]
    return [*files, submission.message.raw] if submission.message else files
