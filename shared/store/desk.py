"""What the specialists' desk finds in Firestore: a constant number of reads a page, however many tickets there are.

The composite indexes that its queries need, beside single-field ones: of `received_at`, `topic` and `client` in both
directions, of `contact.email`, `contact.phone`, `state`, and of `attention` as an array. Filters on several fields are
answered by merging the indexes of each, which all have the same order behind the first field: none is needed for a
combination. terraform/firestore.tf holds them all, and a contract test compares.

| collection | fields | what for |
|---|---|---|
| tickets | attention (array), attention_at ↑ | what needs a person |
| tickets | attention (array), received_at ↓ and ↑ | list; today's waiting |
| tickets | acceptance ↑, received_at ↓ and ↑ | list; today's accepted |
| tickets | channels (array), received_at ↓ and ↑ | list |
| tickets | contact.email ↑, received_at ↓ and ↑ | search by address |
| tickets | contact.phone ↑, received_at ↓ and ↑ | search by phone |
| tickets | attention (array), topic ↑ and ↓; the same with acceptance, channels (array) | search by text, filtered |
| tickets | attention (array), client ↑ and ↓; the same with acceptance, channels (array) | search by name, filtered |
| tickets | registered_late ↑, received_at ↑ | today |
| submissions | state ↑, received_at ↑ | quarantine, what has no number; today |
| submissions | received_at ↑, state ↑ | today: what is no request is left out |
| submissions | channel ↑, received_at ↑, state ↑ | the same by channel |

An index is read in one direction only: the way back to newer tickets needs the other one.
"""

from collections.abc import Callable, Collection, Mapping, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from google.cloud import firestore

from shared.domain.concern import Concern
from shared.domain.notification import Notification
from shared.domain.submission import Channel, Quarantine, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.store import documents
from shared.store.client import patient
from shared.store.errors import ledger_errors
from shared.store.reading import count, existing, having, readable

READ_TIME = 15.0
"""Seconds for one read."""

PAGE = 25
"""Tickets on a page of the list."""

MOST_WAITING = 20
"""Of what waits for one reason: those that have waited for longest are shown, the others counted."""

_AT_ONCE = 4
_BEYOND = "\U0010ffff"
"""No text sorts behind this one."""
_WAITING = ("received_at", "channel", "reason", "contact", "details.subject", "message.sender", "message.return_path")

Found = TypeVar("Found")


class TextOf(StrEnum):
    """In what the beginning of a text is looked for; the values are the documents' fields."""

    TOPIC = "topic"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets are asked for: those of which all that is given is true.

    A channel and a concern can't be asked for together (Firestore looks into one array only), nor a text and a time.

    Attributes:
        since: Arrived then or later.
        until: Arrived before.
        text: How a topic or a name begins, as `documents.searchable` writes it.
        text_of: Which of the two.
    """

    acceptance: Acceptance | None = None
    channel: Channel | None = None
    concern: Concern | None = None
    since: datetime | None = None
    until: datetime | None = None
    email: str | None = None
    phone: str | None = None
    text: str = ""
    text_of: TextOf = TextOf.TOPIC


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list, at a ticket, that stays where it is when others arrive.

    Attributes:
        by: What the list is ordered by, of that ticket: its arrival, or the text that is looked for.
        number: The ticket's.
    """

    by: datetime | str
    number: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: the newest tickets first, or by the alphabet where a text is looked for.

    Attributes:
        first: Where it begins if something stands before it; None where nothing does, and for no tickets.
        last: Where it ends if something stands behind it.
    """

    tickets: tuple[Ticket, ...]
    first: Place | None = None
    last: Place | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one reason.

    Attributes:
        total: How many there are, of which `found` are those that have waited for longest.
    """

    found: tuple[Ticket, ...]
    total: int


@dataclass(frozen=True, slots=True)
class WaitingSubmission:
    """What a list has to say of a submission without a number.

    Attributes:
        quarantine: Why it waits for a person; None for what is registered as soon as that is possible again.
        sender: Who it came from, as far as that is known; may be empty.
    """

    key: str
    channel: Channel
    received_at: datetime
    quarantine: Quarantine | None
    subject: str
    sender: str


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Submissions without a number; see `Waiting`."""

    found: tuple[WaitingSubmission, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs a person.

    Attributes:
        tickets: By what they need; one that needs several things stands in several places.
        quarantined: Submissions that wait for somebody's judgement.
        kept: Submissions that have no number yet.
    """

    tickets: Mapping[Concern, Waiting]
    quarantined: Unregistered
    kept: Unregistered


class FirestoreDesk:
    """Finds tickets and submissions for people. Every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self._callers = ThreadPoolExecutor(_AT_ONCE, "desk")

    def attention(self) -> Attention:
        """Find what needs a person."""
        tickets = {concern: self._callers.submit(self._waiting, concern) for concern in Concern}
        quarantined = self._callers.submit(self._unregistered, SubmissionState.QUARANTINED)
        kept = self._callers.submit(self._unregistered, SubmissionState.RECEIVED)
        return Attention(
            {concern: waiting.result() for concern, waiting in tickets.items()}, quarantined.result(), kept.result()
        )

    def letters(self, ids: Collection[str]) -> Mapping[str, Notification]:
        """Read letters by their ids, in one call; what the ledger does not hold is left out."""
        found = existing(self._client, map(documents.notification_path, sorted(ids)), READ_TIME)
        return {each.id: documents.notification_from(each.id, each.fields) for each in found}

    def page(self, wanted: Wanted, behind: Place | None = None) -> Page:
        """Find the tickets that stand behind a place in the list, or first in it."""
        found = self._tickets(self._part(wanted, behind, back=False))
        shown = tuple(filter(None, found[:PAGE]))
        return Page(
            shown,
            first=_place(shown[0], wanted) if behind is not None and shown else None,
            last=_place(shown[-1], wanted) if len(found) > PAGE and shown else None,
        )

    def page_before(self, wanted: Wanted, before: Place) -> Page:
        """Find the tickets that stand right before a place; the first page where those would not fill one."""
        found = self._tickets(self._part(wanted, before, back=True))
        shown = tuple(filter(None, reversed(found[:PAGE])))
        if len(found) <= PAGE or not shown:
            return self.page(wanted)
        return Page(shown, first=_place(shown[0], wanted), last=_place(shown[-1], wanted))

    def _waiting(self, concern: Concern) -> Waiting:
        needed = _containing(self._client.collection("tickets"), "attention", concern.value)
        query = needed.order_by("attention_at").limit(MOST_WAITING)
        found = self._tickets(query)
        return Waiting(tuple(filter(None, found)), _total(found, needed))

    def _unregistered(self, state: SubmissionState) -> Unregistered:
        there = having(self._client.collection("submissions"), "state", state.value)
        query = there.order_by("received_at").limit(MOST_WAITING).select(_WAITING)
        found = self._read(query, lambda each: _waiting_submission(each.id, each.to_dict() or {}))
        return Unregistered(tuple(filter(None, found)), _total(found, there))

    def _filtered(self, wanted: Wanted) -> Any:  # noqa: ANN401  # the client's queries are generic in no useful way
        query: Any = self._client.collection("tickets")
        equal = {
            "acceptance": wanted.acceptance and wanted.acceptance.value,
            "contact.email": wanted.email,
            "contact.phone": wanted.phone,
        }
        for field, value in equal.items():
            if value is not None:
                query = having(query, field, value)
        if wanted.channel is not None:
            query = _containing(query, "channels", wanted.channel.value)
        if wanted.concern is not None:
            query = _containing(query, "attention", wanted.concern.value)
        if wanted.text:
            query = query.where(filter=firestore.FieldFilter(wanted.text_of.value, ">=", wanted.text))
            return query.where(filter=firestore.FieldFilter(wanted.text_of.value, "<", wanted.text + _BEYOND))
        if wanted.since is not None:
            query = query.where(filter=firestore.FieldFilter("received_at", ">=", wanted.since))
        if wanted.until is not None:
            query = query.where(filter=firestore.FieldFilter("received_at", "<", wanted.until))
        return query

    def _part(self, wanted: Wanted, at: Place | None, *, back: bool) -> Any:  # noqa: ANN401  # as above
        """Ask for a page, and one ticket more, from a place on; `back` towards the list's beginning."""
        by = wanted.text_of.value if wanted.text else "received_at"
        downwards = back is bool(wanted.text)
        direction = firestore.Query.DESCENDING if downwards else firestore.Query.ASCENDING
        query = self._filtered(wanted).order_by(by, direction=direction).order_by("__name__", direction=direction)
        if at is not None:
            reference = self._client.document(documents.ticket_path(at.number))
            query = query.start_after({by: at.by, "__name__": reference})
        return query.limit(PAGE + 1)

    def _tickets(self, query: Any) -> list[Ticket | None]:  # noqa: ANN401  # as above
        return self._read(query, lambda each: documents.ticket_from(each.to_dict() or {}))

    def _read(self, query: Any, read: Callable[[Any], Found]) -> list[Found | None]:  # noqa: ANN401  # as above
        """Read what a query finds; None stands for what can't be read."""
        with ledger_errors():
            found = query.stream(retry=patient(READ_TIME), timeout=READ_TIME)
            return [readable(read, each, each.reference.path) for each in found]


def _total(found: Sized, there: Any) -> int:  # noqa: ANN401  # as above
    """Count what a query finds, of which the first have been read; what is all there needs no counting."""
    return len(found) if len(found) < MOST_WAITING else count(there, READ_TIME)


def _containing(query: Any, field: str, value: object) -> Any:  # noqa: ANN401  # as above
    return query.where(filter=firestore.FieldFilter(field, "array_contains", value))


def _place(ticket: Ticket, wanted: Wanted) -> Place:
    """Give a ticket's place in the list."""
    texts = {TextOf.TOPIC: ticket.topic, TextOf.CLIENT: ticket.contact.name}
    by = documents.searchable(texts[wanted.text_of]) if wanted.text else ticket.received_at
    return Place(by, ticket.number)


def _waiting_submission(key: str, fields: documents.Document) -> WaitingSubmission:
    contact, message = fields["contact"], fields.get("message", {})
    senders = (contact.get("email"), message.get("sender"), message.get("return_path"), contact.get("phone"))
    return WaitingSubmission(
        key=key,
        channel=Channel(fields["channel"]),
        received_at=fields["received_at"],
        quarantine=None if "reason" not in fields else Quarantine(fields["reason"]),
        subject=fields.get("details", {}).get("subject", ""),
        sender=next(filter(None, (*senders, contact.get("name"))), ""),
    )
