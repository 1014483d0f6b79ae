"""When a ticket counts as accepted: when the client has the number (R8). One table, and what follows from it (R9).

A ticket waits for its confirmation, whose failure is trouble. Other letters that bring the number accept it as well;
their failures change nothing, and are told to the specialists. For a ticket that was merged nobody waits: the one that
goes on in its place has letters of its own. Nor does anybody for one whose client's data were erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.domain.delivery import FAILED
from shared.domain.flag import any_open
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import (
    TO_CLIENTS,
    WITH_NUMBER,
    Notification,
    NotificationKind,
    NotificationState,
    requested,
)
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import NOT_NEEDED


class Word(StrEnum):
    """What happened to the letter with the number, or in its place."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """It did not arrive, and is not the one by which the ticket was accepted."""
    RETURNED = "returned"
    """The one by which the ticket was accepted came back."""
    ASKED_AGAIN = "asked_again"
    """A person has the letter sent once more (R12)."""
    TOLD = "told"
    """A specialist told the client the number (R10)."""


_P, _A, _U, _R, _N = (
    Acceptance.PENDING,
    Acceptance.ACCEPTED,
    Acceptance.UNDELIVERABLE,
    Acceptance.REVOKED,
    Acceptance.NOT_AWAITED,
)
TRANSITIONS: Mapping[Acceptance, Mapping[Word, Acceptance]] = {
    _P: {Word.DELIVERED: _A, Word.FAILED: _U, Word.RETURNED: _U, Word.ASKED_AGAIN: _P, Word.TOLD: _A},
    _A: {Word.DELIVERED: _A, Word.FAILED: _A, Word.RETURNED: _R, Word.ASKED_AGAIN: _A, Word.TOLD: _A},
    _U: {Word.DELIVERED: _A, Word.FAILED: _U, Word.RETURNED: _U, Word.ASKED_AGAIN: _P, Word.TOLD: _A},
    _R: {Word.DELIVERED: _A, Word.FAILED: _R, Word.RETURNED: _R, Word.ASKED_AGAIN: _P, Word.TOLD: _A},
    _N: {Word.DELIVERED: _A, Word.FAILED: _N, Word.RETURNED: _N, Word.ASKED_AGAIN: _P, Word.TOLD: _A},
}
"""By acceptance and what happened: the acceptance afterwards."""

_EVENTS: Mapping[Acceptance, Event] = {
    Acceptance.ACCEPTED: Event.ACCEPTED,
    Acceptance.UNDELIVERABLE: Event.UNDELIVERABLE,
    Acceptance.REVOKED: Event.ACCEPTANCE_REVOKED,
}


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a change of a letter brings with it, to be written in the same commit.

    Attributes:
        ticket: The ticket as it shall be; None when it stays as it is.
        history: Its new line; None when there is none.
        letters: Who has to be told.
    """

    ticket: Ticket | None = None
    history: HistoryEntry | None = None
    letters: tuple[Notification, ...] = ()


def accept(ticket: Ticket, word: Word, by: str, at: datetime, now: datetime) -> Ticket:
    """Give the ticket after a word about its letter: the same object when nothing changes.

    Args:
        ticket: As it is.
        word: What happened.
        by: The letter, by its notification's id, or the person.
        at: When it happened.
        now: When we hear of it.
    """
    acceptance = TRANSITIONS[ticket.acceptance][word]
    if acceptance is ticket.acceptance:
        # The latest copy arrived as well: that an earlier one comes back will revoke nothing.
        by_letter = is_letter_with_number(ticket.accepted_by or "", ticket.number)
        instead = word is Word.DELIVERED and by == ticket.confirmation and by_letter
        return replace(ticket, accepted_by=by) if instead and ticket.accepted_by != by else ticket
    accepted = acceptance is Acceptance.ACCEPTED
    # The sweep clears open flags, flags late numbers, and looks after whatever is not accepted.
    settled = accepted and not any_open(ticket.flags) and not ticket.waits_for_late_flag
    return replace(
        ticket,
        acceptance=acceptance,
        accepted_at=at if accepted else None,
        accepted_by=by if accepted else None,
        check_at=None if settled else now,
    )


def is_letter_with_number(by: str, ticket: int) -> bool:
    """Tell whether what accepted a ticket is a letter with its number, and not a person."""
    return any(by == letter or by.startswith(f"{letter}-") for letter in (f"{ticket}-{kind}" for kind in WITH_NUMBER))


def consequences(
    before: Notification, after: Notification, ticket: Ticket, specialists: str, now: datetime
) -> Consequences:
    """Give what follows from a change of a letter for its ticket; only letters to clients have consequences.

    Args:
        before: The letter as it was.
        after: As it is.
        ticket: The ticket that it is about.
        specialists: Who is told when the client has not got a letter (R9).
        now: When we hear of it.
    """
    if after.state is before.state or ticket.merged_into is not None or ticket.erased_at is not None:
        return Consequences()
    word = _word(after, ticket)
    changed = ticket if word is None else accept(ticket, word, after.id, after.event_at or now, now)
    if changed is ticket:
        missed = _is_missed(before, after)
        return Consequences(letters=(_undelivered(after, specialists, now),) if missed else ())
    history = HistoryEntry(after.event_at or now, "system", _EVENTS[changed.acceptance], after.id)
    trouble = changed.acceptance is not Acceptance.ACCEPTED
    return Consequences(changed, history, (_undelivered(after, specialists, now),) if trouble else ())


def _word(after: Notification, ticket: Ticket) -> Word | None:
    if after.kind not in WITH_NUMBER:
        return None
    if after.state is NotificationState.DELIVERED:
        # What reaches an address that turned out to be wrong has not reached the client. Who gave none, and was then
        # recognised by the phone, has told us this one.
        return Word.DELIVERED if ticket.contact.email in {None, after.recipient} else None
    if after.state not in FAILED:
        return None
    if ticket.accepted_by == after.id:
        return Word.RETURNED
    # Of several copies the latest decides; whether an older one failed says nothing any more.
    return Word.FAILED if ticket.confirmation == after.id else None


def _is_missed(before: Notification, after: Notification) -> bool:
    """Tell whether a letter that its ticket does not wait for has failed, so that its client lacks what it says."""
    if after.kind is NotificationKind.CONFIRMATION or after.kind not in TO_CLIENTS:
        return False
    reason = after.failure.reason if after.failure else ""
    return after.state in FAILED and before.state not in FAILED and reason not in NOT_NEEDED


def _undelivered(letter: Notification, specialists: str, now: datetime) -> Notification:
    # A letter enters each failed state once at most, so the same id is never asked for twice.
    notice = f"{letter.ticket}-{NotificationKind.UNDELIVERED}-{_which(letter)}-{letter.state}"
    asked = requested(notice, letter.ticket, NotificationKind.UNDELIVERED, specialists, now)
    return replace(asked, about=letter.id)


def _which(letter: Notification) -> str:
    """Name a letter within its ticket: a copy of the confirmation by its number alone."""
    if letter.kind is not NotificationKind.CONFIRMATION:
        return letter.id.partition("-")[2]
    last = letter.id.rpartition("-")[2]
    return last if last.isdecimal() else "1"
