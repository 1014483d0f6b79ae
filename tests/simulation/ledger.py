"""The whole ledger in memory, with Firestore's all-or-nothing commits, for simulations of many days.

The version of a document is the object itself: whoever read another object has read another state.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from shared.changes import Change, SweepState
from shared.domain.flag import any_open
from shared.domain.history import HistoryEntry
from shared.domain.lateness import Digest
from shared.domain.notification import TO_CLIENTS, Notification, NotificationKind
from shared.domain.submission import Quarantine, Submission, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import (
    Counter,
    Entry,
    Joining,
    LedgerConflictError,
    Recent,
    Registration,
    StoredNotification,
    StoredTicket,
    Surroundings,
)
from shared.standing import Numbers, Standing
from shared.subjects import DigestSubject, Subject, TicketSubject

Found = TypeVar("Found")

PAGE = 3
"""Small, so that a few documents take several pages."""

_NOT_CONFIRMED = {Acceptance.PENDING, Acceptance.UNDELIVERABLE, Acceptance.REVOKED}


@dataclass(slots=True)
class SimulatedLedger:
    """Everything that the ledger holds, and what its users ask of it.

    Attributes:
        chaos: Called before and after whatever is done, with the method's name; it may raise.
    """

    chaos: Callable[[str], None]
    first: int = 1
    last: int | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    all_tickets: dict[int, Ticket] = field(default_factory=dict)
    letters: dict[str, Notification] = field(default_factory=dict)
    history: list[tuple[int, HistoryEntry]] = field(default_factory=list)
    digests: dict[str, Digest] = field(default_factory=dict)
    dead: dict[str, DeadAddress] = field(default_factory=dict)
    recent: dict[str, tuple[Recent, ...]] = field(default_factory=dict)
    state: SweepState = field(default_factory=SweepState)
    _due: dict[str | int, datetime] = field(default_factory=dict)
    _lines: set[tuple[int, str]] = field(default_factory=set)
    _writes: int = 0

    @contextmanager
    def _call(self, name: str) -> Iterator[None]:
        self.chaos(name)
        yield
        self.chaos(name)

    # Registration.

    def look(self, keys: Collection[str], first_number: int, timeout: float) -> tuple[Counter, Mapping[str, Entry]]:
        del timeout
        with self._call("look"):
            last = first_number - 1 if self.last is None else self.last
            return Counter(last, self.last), {key: self.entries[key] for key in keys if key in self.entries}

    def commit(self, before: Counter, registrations: Sequence[Registration], timeout: float) -> Counter:
        del timeout
        with self._call("commit"):
            if before.version != self.last:
                raise LedgerConflictError("the counter has moved")
            for each in registrations:
                there = self.entries.get(each.submission.key)
                if (there and there.version) != (each.kept and each.kept.version):
                    raise LedgerConflictError("the submission has changed")
            for each in registrations:
                self._register(each)
            if self.last is None:
                self.first = before.last + 1
            self.last = registrations[-1].ticket.number
            return Counter(self.last, self.last)

    def keep(self, submission: Submission, check_at: datetime, timeout: float) -> None:
        del timeout
        with self._call("keep"):
            if submission.key in self.entries:
                raise LedgerConflictError("the submission is there")
            self._put(Entry(submission, SubmissionState.RECEIVED, None, None, check_at=check_at))

    def ticket(self, number: int, timeout: float) -> Ticket:
        del timeout
        with self._call("ticket"):
            return self.all_tickets[number]

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        del timeout
        with self._call("surroundings"):
            recent = {identity: self.recent.get(identity, ()) for identity in identities}
            return Surroundings(recent, {each: self.all_tickets[each] for each in numbers if each in self.all_tickets})

    def submissions(self, keys: Collection[str], timeout: float) -> Mapping[str, Entry]:
        del timeout
        with self._call("submissions"):
            return {key: self.entries[key] for key in keys if key in self.entries}

    # Joining.

    def find(self, number: int, timeout: float) -> StoredTicket | None:
        del timeout
        with self._call("find"):
            ticket = self.all_tickets.get(number)
            return None if ticket is None else StoredTicket(ticket, ticket)

    def join(self, joining: Joining, timeout: float) -> None:
        del timeout
        number, submission = joining.after.number, joining.submission
        change = Change(
            tickets=((joining.before, joining.after),), history=((number, joining.history),), letters=joining.letters
        )
        with self._call("join"):
            assert joining.kept is None, "nothing that was kept joins a ticket here"
            if submission.key in self.entries:
                raise LedgerConflictError("the submission is there")
            self._check(change)
            self._apply(change)
            self._put(Entry(submission, SubmissionState.ATTACHED, number, None, attachment=joining.attachment))

    def quarantine(self, submission: Submission, reason: Quarantine, check_at: datetime) -> None:
        """Keep a submission for a person, as the mail's door does."""
        state = SubmissionState.QUARANTINED
        self._put(Entry(submission, state, None, None, quarantine=reason, check_at=check_at))

    def _register(self, each: Registration) -> None:
        flags = each.kept.flags if each.kept else ()
        check_at = each.submission.received_at if any_open(flags) else None
        state = SubmissionState.REGISTERED
        self._put(Entry(each.submission, state, each.ticket.number, None, flags=flags, check_at=check_at))
        assert each.ticket.number not in self.all_tickets
        self.all_tickets[each.ticket.number] = each.ticket
        self._remember(each.ticket.number, _look_at(each.ticket))
        self._create(each.notifications)
        for trace in each.traces:
            there = (one for one in self.recent.get(trace.identity, ()) if one.ticket not in trace.outdated)
            left = Recent(each.ticket.number, each.submission.key, each.submission.received_at)
            self.recent[trace.identity] = (*there, left)

    def _put(self, entry: Entry) -> None:
        self._writes += 1
        self.entries[entry.submission.key] = replace(entry, version=self._writes)
        self._remember(entry.submission.key, entry.check_at)

    def _create(self, letters: Sequence[Notification]) -> None:
        for letter in letters:
            assert letter.id not in self.letters, letter.id
            self.letters[letter.id] = letter
            self._remember(letter.id, letter.check_at)

    # Sending.

    def read(self, notification_id: str) -> StoredNotification | None:
        with self._call("read"):
            letter = self.letters.get(notification_id)
            return None if letter is None else StoredNotification(letter, letter)

    def subject(self, notification: Notification) -> Subject:
        with self._call("subject"):
            if notification.kind is NotificationKind.DIGEST:
                digest = self.digests[notification.about or ""]
                numbers = {remark.ticket for remark in digest.remarks if remark.ticket}
                return DigestSubject(digest, {number: self.all_tickets[number] for number in numbers})
            ticket = self.all_tickets[notification.ticket or 0]
            submission = self.entries[notification.submission or ticket.submissions[0]].submission
            dead = self.dead.get(notification.recipient) if notification.kind in TO_CLIENTS else None
            return TicketSubject(
                ticket, submission, self.letters.get(notification.about or ""), dead, goes_on=ticket.merged_into
            )

    # Outcomes.

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        del timeout
        with self._call("notifications"):
            found = [self.letters[each] for each in ids if each in self.letters]
            return {letter.id: StoredNotification(letter, letter) for letter in found}

    def tickets(self, numbers: Collection[int], timeout: float) -> Mapping[int, StoredTicket]:
        del timeout
        with self._call("tickets"):
            found = [self.all_tickets[each] for each in numbers if each in self.all_tickets]
            return {ticket.number: StoredTicket(ticket, ticket) for ticket in found}

    def to_address(self, address: str, timeout: float) -> Sequence[Notification] | None:
        del timeout
        with self._call("to_address"):
            return [letter for letter in self.letters.values() if letter.recipient == address]

    def write(self, change: Change, timeout: float) -> None:
        del timeout
        with self._call("write"):
            self._check(change)
            self._apply(change)

    def _apply(self, change: Change) -> None:
        self._create(change.letters)
        # New objects, also where nothing changes: a write is a new version.
        self.letters |= {letter.id: replace(letter) for _, letter in change.notifications}
        self.all_tickets |= {ticket.number: replace(ticket) for _, ticket in change.tickets}
        for _, letter in change.notifications:
            self._remember(letter.id, letter.check_at)
        for _, ticket in change.tickets:
            self._remember(ticket.number, _look_at(ticket))
        for entry, look in change.submissions:
            self._put(replace(entry, flags=look.flags, check_at=look.check_at))
        self.history += change.history
        self._lines |= {(number, line.id) for number, line in change.history}
        self.dead |= {each.address: each for each in change.dead}
        if change.digest is not None:
            self.digests[change.digest.id] = change.digest

    def _check(self, change: Change) -> None:
        """Refuse what was read otherwise than it is."""
        for before, _ in change.notifications:
            if self.letters[before.notification.id] is not before.version:
                raise LedgerConflictError(before.notification.id)
        for stored, _ in change.tickets:
            if self.all_tickets[stored.ticket.number] is not stored.version:
                raise LedgerConflictError(f"ticket {stored.ticket.number}")
        for entry, _ in change.submissions:
            if self.entries[entry.submission.key].version != entry.version:
                raise LedgerConflictError(entry.submission.key)
        if any(letter.id in self.letters for letter in change.letters):
            raise LedgerConflictError("a letter is there")
        if any((number, line.id) in self._lines for number, line in change.history):
            raise LedgerConflictError("a line of the history is there")

    # The sweep.

    def take_lease(self, now: datetime, until: datetime) -> SweepState | None:
        with self._call("take_lease"):
            if self.state.lease_until is not None and self.state.lease_until > now:
                return None
            self._writes += 1
            self.state = replace(self.state, lease_until=until, version=self._writes)
            return self.state

    def leave(self, state: SweepState) -> None:
        with self._call("leave"):
            if state.version != self.state.version:
                raise LedgerConflictError("another sweep is at work")
            self.state = state

    def due_submissions(self, now: datetime) -> Iterator[Sequence[Entry]]:
        due = [entry for entry in self.entries.values() if entry.check_at and entry.check_at <= now]
        yield from self._pages(sorted(due, key=lambda entry: str(entry.check_at)))

    def due_notifications(self, now: datetime) -> Iterator[Sequence[StoredNotification]]:
        due = [letter for letter in self.letters.values() if letter.check_at and letter.check_at <= now]
        yield from self._pages([StoredNotification(each, each) for each in sorted(due, key=lambda x: str(x.check_at))])

    def due_tickets(self, now: datetime) -> Iterator[Sequence[StoredTicket]]:
        looks = ((at, ticket) for ticket in self.all_tickets.values() if (at := _look_at(ticket)) and at <= now)
        due = [ticket for _, ticket in sorted(looks, key=lambda look: look[0])]
        yield from self._pages([StoredTicket(each, each) for each in due])

    def was_heard(self, since: datetime, until: datetime) -> bool:
        with self._call("was_heard"):
            return any(each.event_at and since <= each.event_at < until for each in self.letters.values())

    def standing(self, since: datetime, until: datetime) -> Standing:
        with self._call("standing"):
            tickets, entries = self.all_tickets.values(), self.entries.values()
            states = [entry.state for entry in entries]
            arrivals = [entry.submission.received_at for entry in entries]
            unconfirmed = [each.received_at for each in tickets if each.acceptance in _NOT_CONFIRMED]
            recent = (until - timedelta(minutes=75), until - timedelta(minutes=15))
            ages = {
                state: min((e.submission.received_at for e in entries if e.state is state), default=None)
                for state in (SubmissionState.RECEIVED, SubmissionState.QUARANTINED)
            }
            return Standing(
                registered=sum(since <= each.registered_at < until for each in tickets),
                accepted=sum(each.accepted_at is not None and since <= each.accepted_at < until for each in tickets),
                late=sum(any_open(flags) for flags in [*(t.flags for t in tickets), *(e.flags for e in entries)]),
                received=states.count(SubmissionState.RECEIVED),
                quarantined=states.count(SubmissionState.QUARANTINED),
                recent=sum(recent[0] <= each.received_at < recent[1] for each in tickets),
                recent_unconfirmed=sum(recent[0] <= received_at < recent[1] for received_at in unconfirmed),
                oldest_unregistered=ages[SubmissionState.RECEIVED],
                oldest_quarantined=ages[SubmissionState.QUARANTINED],
                oldest_unconfirmed=min(unconfirmed, default=None),
                latest_arrival=max(arrivals, default=None),
            )

    def numbers(self) -> Numbers | None:
        with self._call("numbers"):
            return None if self.last is None else Numbers(self.first, self.last, len(self.all_tickets))

    def next_due(self) -> datetime | None:
        """When the sweep has something to do next; None when everything is settled."""
        return min(self._due.values(), default=None)

    def _remember(self, name: str | int, check_at: datetime | None) -> None:
        self._due.pop(name, None)
        if check_at is not None:
            self._due[name] = check_at

    def _pages(self, found: Sequence[Found]) -> Iterator[Sequence[Found]]:
        for first in range(0, len(found), PAGE):
            with self._call("page"):
                page = found[first : first + PAGE]
            yield page
        if not found:
            self.chaos("page")


def _look_at(ticket: Ticket) -> datetime | None:
    """When the sweep has to look at a ticket, for whichever reason."""
    return min(filter(None, (ticket.check_at, ticket.follow_up_at)), default=None)


@dataclass(frozen=True, slots=True)
class SenderLedger:
    """The same for `functions.notify.sending`, whose `write` is another."""

    ledger: SimulatedLedger

    def read(self, notification_id: str) -> StoredNotification | None:
        return self.ledger.read(notification_id)

    def subject(self, notification: Notification) -> Subject:
        return self.ledger.subject(notification)

    def write(self, before: StoredNotification, after: Notification) -> StoredNotification:
        self.ledger.write(Change(notifications=((before, after),)), 1.0)
        letter = self.ledger.letters[after.id]
        return StoredNotification(letter, letter)
