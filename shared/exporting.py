"""A client's data as JSON, at his wish: all that the ledger holds of him, and nothing of anybody else's requests.

What others wrote in his tickets is part of his correspondence. Of a ticket of somebody else's in which he takes part he
gets his own messages and the number. Files are listed, with their names, sizes and digests; their contents are given
out one by one. Who of us did something is told as `support`: the names of our people are not his data.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum

from shared.changes import Change
from shared.domain.erasure import Client, addresses_in
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import TO_CLIENTS, Notification
from shared.domain.ticket import Ticket
from shared.erasing import WRITE_TIME, Erasable
from shared.ledger import Entry
from shared.logs import fields as log_fields
from shared.personal_data import HeldTicket, Holdings, holdings_of

log = logging.getLogger(__name__)

SCHEMA = "personal-data/1"
"""Name and version of what is given out."""

SUPPORT, SYSTEM, CLIENT = "support", "system", "client"
"""Who did something: one of our people, this system, the client."""

_TECHNICAL = frozenset({"check_at", "follow_up_at", "lease_until", "claim", "settled", "vacated"})
"""Fields that say nothing of the client: when the system looks again, and what it has numbered how."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Gives out clients' data.

    Attributes:
        now: Gives the time, aware and in UTC.
    """

    data: Erasable
    now: Callable[[], datetime]

    def export(self, client: Client, by: str) -> Mapping[str, object]:
        """Give all that is held of a client, ready for JSON; that it was given out stands in his tickets' histories.

        Args:
            client: Whose data.
            by: Who gives them out.

        Raises:
            LedgerUnavailableError: Nothing is given out.
        """
        found, now = holdings_of(self.data, client), self.now()
        given = _export(client, found, now)
        for held in found.tickets:
            line = HistoryEntry(now, by, Event.EXPORTED, str(held.number))
            self.data.write(Change(history=((held.number, line),)), WRITE_TIME)
        log.info("client_exported", extra=log_fields(tickets=[held.number for held in found.tickets]))
        return given


def is_nothing(given: Mapping[str, object]) -> bool:
    """Tell whether an export holds nothing of its client."""
    return not any(given[part] for part in _PARTS)


_PARTS = ("tickets", "submissions_elsewhere", "letters_elsewhere", "takes_part_in", "named_in", "address", "recent")


def _export(client: Client, found: Holdings, now: datetime) -> Mapping[str, object]:
    return {
        "schema": SCHEMA,
        "made_at": plain(now),
        "client": plain(client),
        "tickets": [_ticket(client, held) for held in found.tickets],
        "submissions_elsewhere": [_entry(entry) for entry in found.entries],
        "letters_elsewhere": [_letter(each.notification) for each in found.letters],
        "takes_part_in": sorted(
            {each.ticket.number for each in found.takes_part} | {each.ticket for each in found.lines}
        ),
        "named_in": [
            {"received_at": plain(each.submission.received_at), "ticket": each.ticket} for each in found.naming
        ],
        "address": plain(found.dead),
        "recent": plain(found.recent),
    }


def _ticket(client: Client, held: HeldTicket) -> Mapping[str, object]:
    ticket = held.stored.ticket
    addresses = addresses_in(ticket, [entry.submission for entry in held.entries])
    lines = sorted((each.line for each in held.lines), key=lambda line: line.at)
    letters = sorted((each.notification for each in held.letters), key=lambda letter: letter.requested_at)
    return {
        **_fields(ticket, accepted_by=_accepted_by(ticket, [letter.id for letter in letters])),
        "submissions": [_entry(entry) for entry in held.entries],
        # Those to our own people tell them what stands here.
        "letters": [_letter(letter) for letter in letters if letter.kind in TO_CLIENTS],
        "history": [_fields(line, by=_who(line.by, client, addresses)) for line in lines],
    }


def _entry(entry: Entry) -> Mapping[str, object]:
    submission = entry.submission
    return {
        **_fields(submission, by=None if submission.by is None else SUPPORT),
        "state": entry.state.value,
        **({} if entry.ticket is None else {"ticket": entry.ticket}),
        **({} if entry.attachment is None else {"attached_as": entry.attachment.value}),
        **({} if entry.quarantine is None else {"quarantined_for": entry.quarantine.value}),
    }


def _letter(letter: Notification) -> Mapping[str, object]:
    return _fields(letter, requested_by=SYSTEM if letter.requested_by is None else SUPPORT)


def _accepted_by(ticket: Ticket, letters: Collection[str]) -> str | None:
    return ticket.accepted_by if ticket.accepted_by is None or ticket.accepted_by in letters else SUPPORT


def _who(by: str, client: Client, addresses: Collection[str]) -> str:
    if by in {client.email, CLIENT}:
        return CLIENT
    # Another participant, or a part of this system.
    return by if by in addresses or by == SYSTEM else SUPPORT


def _fields(value: object, **instead: object) -> dict[str, object]:
    """Write a dataclass by its fields' names, some with other values; what has no value is left out."""
    if not is_dataclass(value):
        raise TypeError(type(value).__name__)
    all_fields = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in _TECHNICAL}
    return {name: plain(each) for name, each in (all_fields | instead).items() if each is not None}


def plain(value: object) -> object:
    """Write a value for JSON: times as RFC 3339 in UTC, to the microsecond as they are kept."""
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case tuple() | list():
            return [plain(each) for each in value]
        case _ if is_dataclass(value):
            return _fields(value)
    return value
