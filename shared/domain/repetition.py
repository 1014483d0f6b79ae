"""A letter that a person has sent once more (R12): what it is, what it changes, and when it is refused.

It is a new notification, numbered on, that says who asked for it. The letter that went before stays as it is: what
became of it is part of the ticket's story. What would do no good, or harm, is refused until the person insists.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.acceptance import Word, accept
from shared.domain.checklist import teller
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import TO_CLIENTS, Notification, NotificationKind, NotificationState, requested
from shared.domain.submission import Omission
from shared.domain.ticket import LOOK_AFTER, Acceptance, Ticket
from shared.domain.trouble import DeadAddress

JUST_SENT = timedelta(minutes=5)
"""How long after it was sent a letter of which nothing was heard may simply be on its way."""

KINDS = (
    NotificationKind.CONFIRMATION,
    NotificationKind.NEW_TICKET,
    NotificationKind.NEW_MESSAGE,
    NotificationKind.UNDELIVERED,
)
"""Letters that are about a ticket; of the others the next one tells the same."""

_ONE_OF_A_KIND = frozenset({NotificationKind.CONFIRMATION, NotificationKind.NEW_TICKET})
"""Of the other kinds a ticket may have several letters, and a number in their ids does not mean a copy."""

_UNDER_WAY = frozenset({NotificationState.REQUESTED, NotificationState.SENDING, NotificationState.DEFERRED})


class Refusal(StrEnum):
    """Why a letter is not sent again."""

    NO_SUCH_TICKET = "no_such_ticket"
    MERGED = "merged"
    """Another ticket goes on in its place, and its number is the one to be told."""
    ERASED = "erased"
    """Its client's data were erased: there is nothing left to write, and nobody to write to."""
    NO_LETTER = "no_letter"
    """No such letter was ever asked for."""
    NO_ADDRESS = "no_address"
    HELD_BACK = "held_back"
    """It was decided that the client's address gets no automatic letter (docs/adr/0008-mail-loops.md)."""
    DEAD_ADDRESS = "dead_address"
    ON_ITS_WAY = "on_its_way"
    """A copy is about to be sent, or may still arrive."""


FORCIBLE = frozenset({Refusal.HELD_BACK, Refusal.DEAD_ADDRESS, Refusal.ON_ITS_WAY})
"""Refusals that a person may overrule."""


@dataclass(eq=False)
class ResendRefusedError(Exception):
    """The letter is not sent again, and nothing is changed.

    Attributes:
        ticket: If there is one.
        letter: The copy that is on its way.
        dead: What is known against the address.
    """

    refusal: Refusal
    ticket: Ticket | None = None
    letter: Notification | None = None
    dead: DeadAddress | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for.

    Attributes:
        by: Who asks.
        to: The client's address, normalised, where the ticket's is wrong; None when it is not.
        forced: Whether the person overrules what can be overruled.
        seen: The ticket's letter with the number as the person has seen it, empty for none: nobody overrules that
            another has been asked for since. None where it is not known what the person has seen.
    """

    ticket: int
    kind: NotificationKind
    by: str
    to: str | None = None
    forced: bool = False
    seen: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is about no ticket")
        if self.to is not None and self.kind not in TO_CLIENTS:
            raise ValueError("only a letter to the client goes to another address")


@dataclass(frozen=True, slots=True)
class Repetition:
    """What is written together for a letter that is sent once more.

    Attributes:
        ticket: As it shall be; None when it stays as it is.
        revived: The address that may get letters again; None when nothing was known against it.
    """

    letter: Notification
    history: tuple[HistoryEntry, ...]
    ticket: Ticket | None = None
    revived: str | None = None


def recipient_of(wish: Wish, ticket: Ticket) -> str | None:
    """Give the client's address for a letter to the client; None when there is none, or it goes to the specialists."""
    return wish.to or ticket.contact.email if wish.kind in TO_CLIENTS else None


def repeat(
    wish: Wish, ticket: Ticket, letters: Sequence[Notification], dead: DeadAddress | None, now: datetime
) -> Repetition:
    """Give what a wish comes to.

    Args:
        wish: What is asked for.
        ticket: As it is.
        letters: All of the ticket, the oldest first.
        dead: What is known against the client's address.
        now: The present.

    Raises:
        ResendRefusedError: See there.
    """
    if ticket.merged_into is not None:
        raise ResendRefusedError(Refusal.MERGED, ticket)
    if ticket.erased_at is not None:
        raise ResendRefusedError(Refusal.ERASED, ticket)
    if wish.seen is not None and wish.seen != (ticket.confirmation or ""):
        newer = next((each for each in letters if each.id == ticket.confirmation), None)
        raise ResendRefusedError(Refusal.ON_ITS_WAY, ticket, newer)
    asking = _Asking(wish, ticket, [each for each in letters if each.kind is wish.kind], now)
    return asking.to_client(dead) if wish.kind in TO_CLIENTS else asking.to_specialists()


@dataclass(frozen=True, slots=True)
class _Asking:
    """A wish with what is known about its ticket; `letters` are those of its kind."""

    wish: Wish
    ticket: Ticket
    letters: Sequence[Notification]
    now: datetime

    def to_client(self, dead: DeadAddress | None) -> Repetition:
        wish, ticket = self.wish, self.ticket
        recipient = recipient_of(wish, ticket)
        if recipient is None:
            raise ResendRefusedError(Refusal.NO_ADDRESS, ticket)
        if wish.to is None and ticket.confirmation_omitted not in {None, Omission.NO_EMAIL}:
            self._refuse(Refusal.HELD_BACK)
        if dead is not None:
            self._refuse(Refusal.DEAD_ADDRESS, dead=dead)
        self._refuse_second(self.letters, recipient)
        letter = self._letter(f"{ticket.number}-{wish.kind}", recipient)
        events = [Event.LETTER_ASKED_AGAIN]
        if recipient != ticket.contact.email:
            events.insert(0, Event.CONTACT_CORRECTED)
        history = tuple(HistoryEntry(self.now, wish.by, event, letter.id) for event in events)
        return Repetition(letter, history, self._awaiting(letter), None if dead is None else recipient)

    def to_specialists(self) -> Repetition:
        if not self.letters:
            raise ResendRefusedError(Refusal.NO_LETTER, self.ticket)
        latest = self.letters[-1]
        same = [each for each in self.letters if (each.submission, each.about) == (latest.submission, latest.about)]
        self._refuse_second(same, latest.recipient)
        first = f"{self.ticket.number}-{self.wish.kind}"
        stem = first if self.wish.kind in _ONE_OF_A_KIND else f"{latest.id.partition('-copy-')[0]}-copy"
        letter = replace(self._letter(stem, latest.recipient), submission=latest.submission, about=latest.about)
        return Repetition(letter, (HistoryEntry(self.now, self.wish.by, Event.LETTER_ASKED_AGAIN, letter.id),))

    def _refuse_second(self, copies: Sequence[Notification], recipient: str) -> None:
        for copy in copies:
            fresh = copy.sent_at is not None and self.now - copy.sent_at < JUST_SENT
            on_its_way = copy.state in _UNDER_WAY or (copy.state is NotificationState.SENT and fresh)
            if on_its_way and copy.recipient == recipient:
                self._refuse(Refusal.ON_ITS_WAY, letter=copy)

    def _refuse(self, refusal: Refusal, *, letter: Notification | None = None, dead: DeadAddress | None = None) -> None:
        if not self.wish.forced:
            raise ResendRefusedError(refusal, self.ticket, letter, dead)

    def _letter(self, stem: str, recipient: str) -> Notification:
        """Give the letter under the next free number of a stem; the first letter of a kind bears none."""
        numbered = re.compile(re.escape(stem) + r"(?:-([0-9]+))?")
        taken = [int(found[1] or 1) for each in self.letters if (found := numbered.fullmatch(each.id))]
        copy = max(taken, default=1 if self.letters else 0) + 1
        letter_id = stem if copy == 1 else f"{stem}-{copy}"
        letter = requested(letter_id, self.ticket.number, self.wish.kind, recipient, self.now)
        return replace(letter, requested_by=self.wish.by)

    def _awaiting(self, letter: Notification) -> Ticket:
        """Give the ticket that waits for this letter from now on."""
        before = after = self.ticket
        if letter.recipient != before.contact.email and teller(before) is None:
            # Whatever was delivered to a wrong address, the client has not got; what a person told them, they have.
            after = accept(after, Word.RETURNED, self.wish.by, self.now, self.now)
        after = accept(after, Word.ASKED_AGAIN, self.wish.by, self.now, self.now)
        look_at = min(filter(None, (before.check_at, self.now + LOOK_AFTER)))
        return replace(
            after,
            # Who wrote from the earlier address is a participant already, and may go on to do so. One that was only
            # typed into a form may be a stranger's: it must not let him into the ticket.
            contact=replace(before.contact, email=letter.recipient),
            confirmation=letter.id,
            confirmation_omitted=None,
            check_at=before.check_at if after.acceptance is Acceptance.ACCEPTED else look_at,
        )
