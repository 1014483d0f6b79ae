"""The day's reports in Firestore, and what they are counted from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from google.cloud import firestore
from google.cloud.firestore_v1.aggregation import AggregationQuery

from shared.domain.daily_report import Arrival, Arrived, DailyReport, Figures, OpenedTicket, OpenFlag
from shared.domain.flag import Flag, FlagKind
from shared.domain.notification import Notification
from shared.domain.report_period import Period
from shared.domain.submission import Attachment, Channel, Omission, SubmissionState
from shared.domain.ticket import Acceptance
from shared.store import documents
from shared.store.encoding import EncodedBatch
from shared.store.errors import ledger_errors
from shared.store.reading import readable

READ_TIME = 10.0
"""Seconds for one page."""

WRITE_TIME = 10.0
"""Seconds for the commit."""

_PAGE = 500
_ARRIVAL = ("channel", "received_at", "state", "attached_as", "flags")
_TICKET = (
    *("received_at", "registered_at", "acceptance", "accepted_at"),
    *("confirmation_omitted", "missing", "merged_into", "flags"),
)
_TIMES = ("median", "p95", "worst", "acceptance_median")
_COUNTS = (
    *("out_of_hours", "joined", "duplicates", "waiting", "quarantined", "recorded", "registered", "in_time"),
    *("accepted", "pending", "undeliverable", "revoked", "awaiting_call", "not_awaited", "incomplete", "flags"),
    "unreadable",
)

Counted = TypeVar("Counted")


class FirestoreReports:
    """`shared.reporting.Reports` in Firestore. Every method may raise `LedgerUnavailableError`.

    The client's own retries, which go on for minutes, are off: whoever asks comes again in a minute.
    """

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def arrived(self, since: datetime, until: datetime) -> Arrived:
        """See `Reports.arrived`."""

        # A registration in between would be counted twice, or not at all: both are read as of one moment.
        @firestore.transactional
        def read(transaction: firestore.Transaction) -> Arrived:
            def pages(
                collection: str, names: Sequence[str], make: Callable[[documents.Document], Counted]
            ) -> list[Counted | None]:
                query = self._client.collection(collection).where(
                    filter=firestore.FieldFilter("received_at", ">=", since)
                )
                query = query.where(filter=firestore.FieldFilter("received_at", "<", until))
                query = query.order_by("received_at").select(names).limit(_PAGE)
                return [
                    readable(make, each.to_dict() or {}, each.reference.path) for each in _pages(query, transaction)
                ]

            arrivals = pages("submissions", _ARRIVAL, _arrival_from)
            tickets = pages("tickets", _TICKET, _ticket_from)
            unreadable = arrivals.count(None) + tickets.count(None)
            return Arrived([each for each in arrivals if each], [each for each in tickets if each], unreadable)

        with ledger_errors():
            arrived: Arrived = read(self._client.transaction(read_only=True))
        return arrived

    def open_flags(self, most: int) -> tuple[int, Sequence[OpenFlag]]:
        """See `Reports.open_flags`."""
        count, found = 0, []
        with ledger_errors():
            for collection in ("tickets", "submissions"):
                # Only documents that have the field are found: those with an open flag.
                flagged = self._client.collection(collection).order_by("flagged_at")
                count += int(AggregationQuery(flagged).count().get(retry=None, timeout=READ_TIME)[0][0].value)
                for snapshot in flagged.select(("flags",)).limit(most).stream(retry=None, timeout=READ_TIME):
                    path = snapshot.reference.path
                    flags = readable(documents.flags_from, snapshot.to_dict() or {}, path) or ()
                    found += [_open_flag(collection, snapshot.id, flag) for flag in flags if flag.is_open]
        return count, sorted(found, key=lambda each: each.flag.raised_at)[:most]

    def exists(self, day: date) -> bool:
        """See `Reports.exists`."""
        with ledger_errors():
            return bool(self._client.document(report_path(day)).get(("at",), retry=None, timeout=READ_TIME).exists)

    def create(self, report: DailyReport, letter: Notification) -> None:
        """See `Reports.create`."""
        batch = EncodedBatch(self._client)
        with ledger_errors():
            batch.create_encoded(self._client.document(report_path(report.period.day)), report_document(report))
            reference = self._client.document(documents.notification_path(letter.id))
            batch.create_encoded(reference, documents.notification_document(letter))
            batch.commit(retry=None, timeout=WRITE_TIME)


def report_path(day: date) -> str:
    """Give the path of a report's document."""
    return f"reports/{day.isoformat()}"


def report_document(report: DailyReport) -> dict[str, object]:
    """Write a report; its day is the document's id. Times are in seconds."""
    return {
        "since": report.period.since,
        "until": report.period.until,
        "at": report.at,
        "figures": _figures_document(report.figures),
        "open_flags": report.open_flags,
        "oldest_open": [_open_flag_document(each) for each in report.oldest_open],
    }


def report_from(day: date, document: documents.Document) -> DailyReport:
    """Read a report."""
    return DailyReport(
        period=Period(day, document["since"], document["until"]),
        at=document["at"],
        figures=_figures_from(document["figures"]),
        open_flags=document["open_flags"],
        oldest_open=tuple(_open_flag_from(each) for each in document["oldest_open"]),
    )


def _pages(query: firestore.Query, transaction: firestore.Transaction) -> Iterator[Any]:
    page = list(query.stream(transaction=transaction, retry=None, timeout=READ_TIME))
    while page:
        yield from page
        page = list(query.start_after(page[-1]).stream(transaction=transaction, retry=None, timeout=READ_TIME))


def _open_flag(collection: str, name: str, flag: Flag) -> OpenFlag:
    return OpenFlag(int(name), None, flag) if collection == "tickets" else OpenFlag(None, name, flag)


def _arrival_from(document: documents.Document) -> Arrival:
    return Arrival(
        channel=Channel(document["channel"]),
        received_at=document["received_at"],
        state=SubmissionState(document["state"]),
        duplicate=document.get("attached_as") == Attachment.DUPLICATE.value,
        flags=documents.flags_from(document),
    )


def _ticket_from(document: documents.Document) -> OpenedTicket:
    omitted = document.get("confirmation_omitted")
    return OpenedTicket(
        received_at=document["received_at"],
        registered_at=document["registered_at"],
        acceptance=Acceptance(document["acceptance"]),
        accepted_at=document.get("accepted_at"),
        confirmation_omitted=None if omitted is None else Omission(omitted),
        incomplete=bool(document["missing"]),
        merged="merged_into" in document,
        flags=documents.flags_from(document),
    )


def _figures_document(figures: Figures) -> Mapping[str, object]:
    times = {name: getattr(figures, name) for name in _TIMES}
    return {
        "channels": {channel.value: count for channel, count in figures.channels.items()},
        "hours": list(figures.hours),
        **{name: getattr(figures, name) for name in _COUNTS},
        **{name: each.total_seconds() for name, each in times.items() if each is not None},
    }


def _figures_from(document: documents.Document) -> Figures:
    times: Mapping[str, Any] = {
        name: timedelta(seconds=document[name]) if name in document else None for name in _TIMES
    }
    return Figures(
        # A channel that came later has no number in an earlier report.
        channels={channel: document["channels"].get(channel.value, 0) for channel in Channel},
        hours=tuple(document["hours"]),
        # So has what was not counted yet.
        **{name: document.get(name, 0) for name in _COUNTS},
        **times,
    )


def _open_flag_document(each: OpenFlag) -> Mapping[str, object]:
    about = {"submission": each.submission} if each.ticket is None else {"ticket": each.ticket}
    flag = each.flag
    return {**about, "kind": flag.kind.value, "raised_at": flag.raised_at, "reason": flag.reason}


def _open_flag_from(document: documents.Document) -> OpenFlag:
    flag = Flag(FlagKind(document["kind"]), document["raised_at"], document["reason"])
    return OpenFlag(document.get("ticket"), document.get("submission"), flag)
