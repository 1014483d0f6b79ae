"""What one day came to, counted in Firestore: a constant number of counts, however much arrived.

The indexes that they need stand in `shared.store.desk`.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from google.cloud import firestore

from shared.domain.concern import Concern
from shared.domain.submission import Channel, SubmissionState
from shared.domain.ticket import REGISTRATION_TIME_LIMIT, Acceptance
from shared.store.reading import count, having

READ_TIME = 20.0
"""Seconds for one count: who asks for the day's figures waits rather than gets none."""

_AT_ONCE = 4
_HOUR = timedelta(hours=1)
_WITHOUT_NUMBER = [SubmissionState.RECEIVED.value, SubmissionState.QUARANTINED.value]
_FAILED = [Acceptance.UNDELIVERABLE.value, Acceptance.REVOKED.value]
_FOR_PEOPLE = [concern.value for concern in Concern if concern is not Concern.INFORMATION]


@dataclass(frozen=True, slots=True)
class Today:
    """What arrived in a day so far, and how it stands.

    Attributes:
        channels: Arrivals by channel; what is no request (bounces and the like) is left out everywhere.
        hours: Arrivals by the hour, from the day's beginning to the present.
        registered: Tickets.
        registered_late: Those of them that got their number later than 15 minutes after arrival (R16).
        overdue: Arrivals that have waited for a number for longer than that.
        unregistered: Arrivals that have no number (yet).
        accepted: Tickets whose clients have the number (R8).
        pending: Tickets of which that is not known yet.
        undelivered: Tickets whose letter did not arrive.
        not_awaited: Tickets that get no letter.
        for_people: Tickets that need a person.
    """

    channels: Mapping[Channel, int]
    hours: tuple[int, ...]
    registered: int
    registered_late: int
    overdue: int
    unregistered: int
    accepted: int
    pending: int
    undelivered: int
    not_awaited: int
    for_people: int

    @property
    def arrivals(self) -> int:
        """All that came in and may be a request."""
        return sum(self.channels.values())

    @property
    def due(self) -> int:
        """Requests that have a number, or should have one by now."""
        return self.registered + self.overdue

    @property
    def in_time(self) -> int:
        """Those of them that got it within 15 minutes (R16)."""
        return self.registered - self.registered_late

    @property
    def awaited(self) -> int:
        """Tickets whose clients are to have the number."""
        return self.registered - self.not_awaited


class FirestoreToday:
    """Counts; every method may raise `LedgerUnavailableError`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self._callers = ThreadPoolExecutor(_AT_ONCE, "today")

    def count(self, since: datetime, now: datetime) -> Today:
        """Count a day from its beginning to the present; the number of counts depends on the hours between alone."""
        submissions = self._client.collection("submissions")
        requests = _where(submissions, "state", "!=", SubmissionState.RECORDED.value)
        waiting = _among(_received(submissions, since), "state", _WITHOUT_NUMBER)
        tickets = _received(self._client.collection("tickets"), since)
        figures = {
            "registered": tickets,
            "registered_late": having(tickets, "registered_late", value=True),
            "overdue": _before(waiting, now - REGISTRATION_TIME_LIMIT),
            "unregistered": waiting,
            "accepted": having(tickets, "acceptance", Acceptance.ACCEPTED.value),
            "pending": having(tickets, "acceptance", Acceptance.PENDING.value),
            "undelivered": _among(tickets, "acceptance", _FAILED),
            "not_awaited": having(tickets, "acceptance", Acceptance.NOT_AWAITED.value),
            "for_people": _where(tickets, "attention", "array_contains_any", _FOR_PEOPLE),
        }
        channels = [having(_received(requests, since), "channel", channel.value) for channel in Channel]
        begun = [since + number * _HOUR for number in range((now - since) // _HOUR + 1)]
        hours = [_before(_received(requests, hour), hour + _HOUR) for hour in begun]
        counts = self._callers.map(partial(count, timeout=READ_TIME), [*figures.values(), *channels, *hours])
        counted = {name: next(counts) for name in figures}
        return Today(channels={channel: next(counts) for channel in Channel}, hours=tuple(counts), **counted)


def _where(query: Any, field: str, operator: str, value: object) -> Any:  # noqa: ANN401  # as above
    return query.where(filter=firestore.FieldFilter(field, operator, value))


def _received(query: Any, since: datetime) -> Any:  # noqa: ANN401  # as above
    return _where(query, "received_at", ">=", since)


def _before(query: Any, until: datetime) -> Any:  # noqa: ANN401  # as above
    return _where(query, "received_at", "<", until)


def _among(query: Any, field: str, values: list[str]) -> Any:  # noqa: ANN401  # as above
    return _where(query, field, "in", values)
