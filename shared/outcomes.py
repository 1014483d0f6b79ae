"""What became of letters, and what follows from it for their tickets (R8, R9), in one commit each.

Used by everybody who learns what became of a letter: `delivery` (the provider's events), `notify` (the provider's
refusals), `intake_email` (bounces that come as mail).
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from shared.bell import Bell
from shared.changes import Change
from shared.conflicts import STEP_TIME, Tickets, again_on_conflict
from shared.domain.acceptance import consequences
from shared.domain.delivery import FAILED, DeliveryEvent, follow
from shared.domain.history import HistoryEntry
from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.ticket import Ticket
from shared.domain.trouble import DeadAddress, is_for_good
from shared.ledger import LedgerConflictError, StoredNotification, StoredTicket
from shared.logs import fields, redact

log = logging.getLogger(__name__)

LETTERS_IN_A_COMMIT = 100

LATE_BOUNCE_TIME = timedelta(days=5)
"""How long after it was sent a letter may come back: as long as mail servers keep trying (RFC 5321, 4.5.4.1)."""

Step = Callable[[Notification], Notification]
"""What happens to a letter; gives the same object when nothing does."""


class Outcomes(Tickets, Protocol):
    """The part of the ledger that outcomes need; `timeout` is in seconds.

    Every method may raise `LedgerUnavailableError`.
    """

    def notifications(self, ids: Collection[str], timeout: float) -> Mapping[str, StoredNotification]:
        """Read those of the notifications that exist."""
        ...

    def to_address(self, address: str, timeout: float) -> Sequence[Notification] | None:
        """Read the letters to an address; None when there are too many to tell one from another."""
        ...


@dataclass(slots=True)
class _Draft:
    """A commit in the making; several letters of it may be of one ticket."""

    letters: list[tuple[StoredNotification, Notification]] = field(default_factory=list)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    history: list[tuple[int, HistoryEntry]] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OutcomeRecorder:
    """Records what became of letters.

    Attributes:
        specialists: Who is told when a client has not got a letter.
        now: Gives the time, aware and in UTC.
    """

    ledger: Outcomes
    bell: Bell
    specialists: str
    now: Callable[[], datetime]

    def follow(self, events: Sequence[DeliveryEvent]) -> None:
        """Record the provider's events, in whatever order and however often they come.

        Raises:
            LedgerUnavailableError, LedgerConflictError: Not all of them are recorded; come again with the same.
        """
        by_letter: dict[str, list[DeliveryEvent]] = {}
        for event in events:
            named = event.notification or self._unambiguous(event)
            if named is not None:
                by_letter.setdefault(named, []).append(event)
            elif is_for_good(event) and event.recipient != self.specialists.lower():
                # Whose letter it was can't be told, but that the address does not work can; our own mailbox is none.
                self.ledger.write(Change(dead=(_dead(event, None),)), STEP_TIME)
        ids = iter(by_letter)
        while part := list(islice(ids, LETTERS_IN_A_COMMIT)):
            steps: dict[str, Step] = {each: _following(by_letter[each]) for each in part}
            self._apply(steps, [_dead(event, each) for each in part for event in by_letter[each] if is_for_good(event)])

    def change(self, notification: str, step: Step) -> None:
        """Record what became of one letter.

        Raises:
            LedgerUnavailableError, LedgerConflictError: It is not recorded.
        """
        self._apply({notification: step}, [])

    def _apply(self, steps: Mapping[str, Step], dead: Sequence[DeadAddress]) -> None:
        """Take the steps in one commit; letter by letter when somebody else is at one of them."""
        if len(steps) == 1:
            again_on_conflict(lambda: self._try(steps, dead))
            return
        try:
            self._try(steps, dead)
        except LedgerConflictError:
            for each, step in steps.items():
                self._apply({each: step}, [address for address in dead if address.notification == each])

    def _try(self, steps: Mapping[str, Step], dead: Sequence[DeadAddress]) -> None:
        stored = self.ledger.notifications(steps, STEP_TIME)
        for unknown in steps.keys() - stored.keys():
            # Another installation may share the provider's account.
            log.warning("letter_unknown", extra=fields(notification=unknown))
        after = {each: step(stored[each].notification) for each, step in steps.items() if each in stored}
        changed = {each: letter for each, letter in after.items() if letter is not stored[each].notification}
        if not changed:
            return
        # Our own mailboxes get their letters, whatever came back.
        dead = [each for each in dead if (to := changed.get(each.notification or "")) and to.kind in TO_CLIENTS]
        # Only these have consequences; for the others their tickets need not be read.
        decisive = (letter for letter in changed.values() if letter.kind in TO_CLIENTS)
        tickets = self.ledger.tickets({letter.ticket for letter in decisive if letter.ticket is not None}, STEP_TIME)
        draft = self._draft(stored, changed, tickets)
        self.ledger.write(
            Change(
                notifications=tuple(draft.letters),
                tickets=tuple((tickets[number], ticket) for number, ticket in draft.tickets.items()),
                history=tuple(draft.history),
                letters=tuple(draft.notices),
                dead=tuple({each.address: each for each in dead}.values()),
            ),
            STEP_TIME,
        )
        if draft.notices:
            self.bell.ring([notice.id for notice in draft.notices])
        _tell(draft)

    def _draft(
        self,
        before: Mapping[str, StoredNotification],
        after: Mapping[str, Notification],
        tickets: Mapping[int, StoredTicket],
    ) -> _Draft:
        draft, now = _Draft(), self.now()
        for each, letter in after.items():
            draft.letters.append((before[each], letter))
            if letter.ticket is None or letter.ticket not in tickets:
                continue
            ticket = draft.tickets.get(letter.ticket, tickets[letter.ticket].ticket)
            follows = consequences(before[each].notification, letter, ticket, self.specialists, now)
            if follows.ticket is not None and follows.history is not None:
                draft.tickets[letter.ticket] = follows.ticket
                draft.history.append((letter.ticket, follows.history))
            draft.notices += follows.letters
        return draft

    def _unambiguous(self, event: DeliveryEvent) -> str | None:
        """Give the one letter that an event without a name can be about; None when it can be several, or none."""
        known = self.ledger.to_address(event.recipient, STEP_TIME)
        candidates = [
            letter.id
            for letter in known or ()
            if letter.sent_at is not None and letter.sent_at <= event.at <= letter.sent_at + LATE_BOUNCE_TIME
        ]
        if len(candidates) == 1:
            return candidates[0]
        log.warning(
            "event_ambiguous",
            extra=fields(recipient=redact(event.recipient), report=event.report.value, candidates=len(candidates)),
        )
        return None


def _following(events: Sequence[DeliveryEvent]) -> Step:
    def step(letter: Notification) -> Notification:
        for event in events:
            # Another installation on the same provider's account has letters of the same names; and whose letters'
            # addresses were erased, of that nothing more is recorded.
            if event.recipient == letter.recipient.lower() != "":
                letter = follow(letter, event)
        return letter

    return step


def _dead(event: DeliveryEvent, notification: str | None) -> DeadAddress:
    reason = " ".join(filter(None, (event.status, event.reason)))
    return DeadAddress(event.recipient, event.at, reason, notification)


def _tell(draft: _Draft) -> None:
    for _, letter in draft.letters:
        told = log.warning if letter.state in FAILED else log.info
        told("letter_outcome", extra=fields(notification=letter.id, kind=letter.kind.value, state=letter.state.value))
    for ticket in draft.tickets.values():
        log_acceptance(ticket)


def log_acceptance(ticket: Ticket) -> None:
    """Log that a ticket's acceptance has changed, for metrics: whether, and how long after its arrival."""
    seconds = None if ticket.accepted_at is None else (ticket.accepted_at - ticket.received_at).total_seconds()
    log.info(
        "acceptance_changed",
        extra=fields(ticket=ticket.number, acceptance=ticket.acceptance.value, seconds_since_arrival=seconds),
    )
