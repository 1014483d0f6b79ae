"""Letters, tickets and dead addresses in memory, changed as Firestore changes them: all or nothing, if unchanged."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.changes import Change
from shared.domain.history import HistoryEntry
from shared.domain.notification import Notification
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import Entry, LedgerConflictError, LedgerUnavailableError, StoredNotification, StoredTicket


@dataclass(slots=True)
class FakeChanges:
    """`shared.outcomes.Outcomes` in memory.

    Attributes:
        entries: Submissions, by key.
        history: Lines with their ticket's number, in the order in which they were written.
        commits: What was written.
        faults: What the next writes raise; None lets one pass.
        loses_answers: Whether a write that is to raise is done all the same.
        before: What others do just before the next writes.
        blind: How many of the next reads fail.
        to_one_address: Letters to one address from which on they are too many.
    """

    letters: dict[str, StoredNotification] = field(default_factory=dict)
    opened: dict[int, StoredTicket] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    history: list[tuple[int, HistoryEntry]] = field(default_factory=list)
    dead: dict[str, DeadAddress] = field(default_factory=dict)
    commits: list[Change] = field(default_factory=list)
    faults: deque[Exception | None] = field(default_factory=deque)
    loses_answers: bool = False
    before: deque[Callable[[], object]] = field(default_factory=deque)
    blind: int = 0
    to_one_address: int = 50
    _versions: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def hold(self, *there: Notification | Ticket) -> None:
        """Put letters and tickets there as others have changed them."""
        with self._lock:
            for each in there:
                self._versions += 1
                if isinstance(each, Ticket):
                    self.opened[each.number] = StoredTicket(each, self._versions)
                else:
                    self.letters[each.id] = StoredNotification(each, self._versions)

    def letter(self, notification: str) -> Notification:
        return self.letters[notification].notification

    def ticket(self, number: int) -> Ticket:
        return self.opened[number].ticket

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        self._read(timeout)
        return {each: self.letters[each] for each in ids if each in self.letters}

    def tickets(self, numbers: Collection[int], timeout: float) -> Mapping[int, StoredTicket]:
        self._read(timeout)
        return {each: self.opened[each] for each in numbers if each in self.opened}

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        self._read(timeout)
        return {each: self.entries[each] for each in keys if each in self.entries}

    def to_address(self, address: str, timeout: float) -> Sequence[Notification] | None:
        self._read(timeout)
        found = [each.notification for each in self.letters.values() if each.notification.recipient == address]
        return None if len(found) >= self.to_one_address else found

    def write(self, change: Change, timeout: float) -> None:
        assert timeout > 0
        if self.before:
            self.before.popleft()()
        fault = self.faults.popleft() if self.faults else None
        if fault is None or self.loses_answers:
            self._write(change)
        if fault is not None:
            raise fault

    def _read(self, timeout: float) -> None:
        assert timeout > 0
        if self.blind:
            self.blind -= 1
            raise LedgerUnavailableError("told to")

    def _check(self, entries: Sequence[tuple[Entry, Entry]]) -> None:
        for entry, after in entries:
            assert entry.submission.key == after.submission.key, "a submission keeps its key"
            if self.entries[entry.submission.key].version != entry.version:
                raise LedgerConflictError(f"{entry.submission.key} has changed")

    def _write(self, change: Change) -> None:
        assert change != Change(), "an empty commit"
        with self._lock:
            for stored, letter in change.notifications:
                assert stored.notification.id == letter.id, "a letter keeps its id"
                if self.letters[letter.id].version != stored.version:
                    raise LedgerConflictError(f"{letter.id} has changed")
            for before, ticket in change.tickets:
                assert before.ticket.number == ticket.number, "a ticket keeps its number"
                if self.opened[ticket.number].version != before.version:
                    raise LedgerConflictError(f"ticket {ticket.number} has changed")
            self._check(change.entries)
            known = {(number, line.id) for number, line in self.history}
            if known & {(number, line.id) for number, line in change.history}:
                raise LedgerConflictError("this line of the history exists")
            if self.letters.keys() & {letter.id for letter in change.letters}:
                raise LedgerConflictError("this letter exists")
            self.hold(*(letter for _, letter in change.notifications), *(ticket for _, ticket in change.tickets))
            self.hold(*change.letters)
            for _, after in change.entries:
                self._versions += 1
                self.entries[after.submission.key] = replace(after, version=self._versions)
            self.history += change.history
            self.dead |= {each.address: each for each in change.dead}
            for address in change.revived:
                self.dead.pop(address, None)
            self.commits.append(change)
