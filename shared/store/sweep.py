"""What the sweep reads: what is due, and how things stand. Its reads follow what is due, not what exists."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from google.cloud import firestore

from shared.changes import SweepState
from shared.domain.inbound import InboundCount, InboundDay
from shared.domain.submission import Channel, SubmissionState
from shared.domain.ticket import REGISTRATION_TIME_LIMIT, Acceptance
from shared.ledger import Entry, LedgerConflictError, StoredNotification, StoredTicket
from shared.standing import Numbers, Standing
from shared.store import documents, submission_documents
from shared.store.changes import FirestoreChanges
from shared.store.client import patient
from shared.store.errors import ledger_errors
from shared.store.reading import count, having, readable

READ_TIME = 10.0
"""Seconds for one page or count."""

WRITE_TIME = 10.0
"""Seconds for one write."""

PAGE = 200
"""Documents that are read, and then written, together."""

STATE = "sweep/state"
"""Path of the document that one sweep leaves to the next."""

_RECENT = timedelta(hours=1)
_UNCONFIRMED = [each.value for each in (Acceptance.PENDING, Acceptance.UNDELIVERABLE, Acceptance.REVOKED)]
_COUNTINGS = 3
"""How often numbers and tickets are counted where requests come in meanwhile."""

Found = TypeVar("Found")


class FirestoreSweep(FirestoreChanges):
    """The ledger as the sweep sees it; every method may raise `LedgerUnavailableError`."""

    def take_lease(self, now: datetime, until: datetime) -> SweepState | None:
        """Begin a sweep; None when another one is at work."""
        with ledger_errors():
            snapshot = self._client.document(STATE).get(retry=patient(READ_TIME), timeout=READ_TIME)
        state = _state_from(snapshot.to_dict() or {}, snapshot.update_time if snapshot.exists else None)
        if state.lease_until is not None and state.lease_until > now:
            return None
        try:
            version = self._write_state({"lease_until": until}, state.version)
        except LedgerConflictError:
            return None
        return replace(state, lease_until=until, version=version)

    def leave(self, state: SweepState) -> None:
        """End a sweep, and leave its state to the next.

        Raises:
            LedgerConflictError: The lease had run out, and another sweep is at work.
        """
        self._write_state(_state_document(state), state.version)

    def due_submissions(self, now: datetime) -> Iterator[Sequence[Entry]]:
        """Give what is due, the longest due first, in pages that are read when they are asked for."""

        def read(snapshot: Any) -> Entry:  # noqa: ANN401  # the client's snapshots are generic in no useful way
            return submission_documents.entry_from(snapshot.id, snapshot.to_dict() or {}, snapshot.update_time)

        return self._due("submissions", now, read)

    def due_notifications(self, now: datetime) -> Iterator[Sequence[StoredNotification]]:
        """See `due_submissions`."""

        def read(snapshot: Any) -> StoredNotification:  # noqa: ANN401  # as above
            letter = documents.notification_from(snapshot.id, snapshot.to_dict() or {})
            return StoredNotification(letter, snapshot.update_time)

        return self._due("notifications", now, read)

    def due_tickets(self, now: datetime) -> Iterator[Sequence[StoredTicket]]:
        """See `due_submissions`."""

        def read(snapshot: Any) -> StoredTicket:  # noqa: ANN401  # as above
            return StoredTicket(documents.ticket_from(snapshot.to_dict() or {}), snapshot.update_time)

        return self._due("tickets", now, read)

    def was_heard(self, since: datetime, until: datetime) -> bool:
        """Tell whether an event of any letter, from that time, has reached us."""
        query = _between(self._client.collection("notifications"), "event_at", since, until)
        with ledger_errors():
            return any(query.limit(1).stream(retry=patient(READ_TIME), timeout=READ_TIME))

    def standing(self, since: datetime, until: datetime) -> Standing:
        """Count what happened in a time, and look at how things stand."""
        tickets, submissions = self._client.collection("tickets"), self._client.collection("submissions")
        received = having(submissions, "state", SubmissionState.RECEIVED.value)
        quarantined = having(submissions, "state", SubmissionState.QUARANTINED.value)
        unconfirmed = tickets.where(filter=firestore.FieldFilter("acceptance", "in", _UNCONFIRMED))
        now_due = until - REGISTRATION_TIME_LIMIT
        recent = (now_due - _RECENT, now_due)
        newest = submissions.order_by("received_at", direction=firestore.Query.DESCENDING)
        return Standing(
            registered=_count(_between(tickets, "registered_at", since, until)),
            accepted=_count(_between(tickets, "accepted_at", since, until)),
            late=sum(_count(each.order_by("flagged_at")) for each in (tickets, submissions)),
            received=_count(received),
            quarantined=_count(quarantined),
            recent=_count(_between(tickets, "received_at", *recent)),
            recent_unconfirmed=_count(_between(unconfirmed, "received_at", *recent)),
            oldest_unregistered=self._first_arrival(received.order_by("received_at")),
            oldest_quarantined=self._first_arrival(quarantined.order_by("received_at")),
            oldest_unconfirmed=self._first_arrival(unconfirmed.order_by("received_at")),
            latest_arrival=self._first_arrival(newest),
        )

    def numbers(self) -> Numbers | None:
        """Count tickets and the numbers that were given, as of one moment; a read for 1,000 tickets.

        None when no number was given yet, or when requests came in at each of a few attempts.
        """
        counter = self._counter()
        for _ in range(_COUNTINGS if counter else 0):
            tickets = _count(self._client.collection("tickets"))
            before, counter = counter, self._counter()
            if counter == before:
                return Numbers(counter["first"], counter["last"], tickets)
        return None

    def mails(self, since: datetime, until: datetime) -> int:
        """Count the messages that arrived by e-mail in a time, whatever became of them."""
        mails = having(self._client.collection("submissions"), "channel", Channel.EMAIL.value)
        return _count(_between(mails, "received_at", since, until))

    def _due(self, collection: str, now: datetime, read: Callable[[Any], Found]) -> Iterator[Sequence[Found]]:
        due = firestore.FieldFilter("check_at", "<=", now)
        query = self._client.collection(collection).where(filter=due).order_by("check_at").limit(PAGE)
        while True:
            with ledger_errors():
                page = list(query.stream(retry=patient(READ_TIME), timeout=READ_TIME))
            if page:
                readables = (readable(read, each, each.reference.path) for each in page)
                yield [each for each in readables if each is not None]
            if len(page) < PAGE:
                return
            query = query.start_after(page[-1])

    def _counter(self) -> Mapping[str, int]:
        with ledger_errors():
            snapshot = self._client.document(documents.COUNTER).get(retry=patient(READ_TIME), timeout=READ_TIME)
        return snapshot.to_dict() or {}

    def _first_arrival(self, query: Any) -> datetime | None:  # noqa: ANN401  # as above
        with ledger_errors():
            found = [
                each.get("received_at")
                for each in query.select(["received_at"]).limit(1).stream(retry=patient(READ_TIME), timeout=READ_TIME)
            ]
        return found[0] if found else None

    def _write_state(self, fields: Mapping[str, object], version: object | None) -> object:
        reference = self._client.document(STATE)
        with ledger_errors():
            if version is None:
                return reference.create(dict(fields), retry=None, timeout=WRITE_TIME).update_time
            option = self._client.write_option(last_update_time=version)
            return reference.update(dict(fields), option=option, retry=None, timeout=WRITE_TIME).update_time


def _count(query: Any) -> int:  # noqa: ANN401  # as above
    return count(query, READ_TIME)


def _between(query: Any, field: str, since: datetime, until: datetime) -> Any:  # noqa: ANN401  # as above
    from_then = query.where(filter=firestore.FieldFilter(field, ">=", since))
    return from_then.where(filter=firestore.FieldFilter(field, "<", until))


def _state_document(state: SweepState) -> dict[str, object]:
    return {
        "lease_until": state.lease_until,
        "counted_until": state.counted_until,
        "steady_since": state.steady_since,
        "reported": None if state.reported is None else state.reported.isoformat(),
        "inbound": None if state.inbound is None else _inbound_document(state.inbound),
    }


def _inbound_document(inbound: InboundCount) -> dict[str, object]:
    days = [
        {"day": each.day.isoformat(), "received": each.received, "at": each.at, "missed": each.missed}
        for each in inbound.days
    ]
    return {"at": inbound.at, "days": days}


def _state_from(document: documents.Document, version: object | None) -> SweepState:
    reported, inbound = document.get("reported"), document.get("inbound")
    return SweepState(
        lease_until=document.get("lease_until"),
        counted_until=document.get("counted_until"),
        steady_since=document.get("steady_since"),
        reported=None if reported is None else date.fromisoformat(reported),
        inbound=None if inbound is None else _inbound_from(inbound),
        version=version,
    )


def _inbound_from(document: documents.Document) -> InboundCount:
    days = (
        InboundDay(date.fromisoformat(each["day"]), each["received"], each["at"], each["missed"])
        for each in document["days"]
    )
    return InboundCount(document["at"], tuple(days))
