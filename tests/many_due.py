"""Much that is due in a ledger of the emulator, and sweeps over it.

Of each kind, what has the higher number has been due for longer: the order of the ids is the opposite of the sweep's.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from google.cloud import firestore

from functions.sla_check.reconciling import Reconciler
from functions.sla_check.sweep import Sweep
from shared.bell import Bell
from shared.domain.notification import Notification, NotificationKind, NotificationState, first_notifications, requested
from shared.domain.submission import SubmissionState
from shared.domain.ticket import Ticket, confirmation_id, open_ticket
from shared.merging import Merger
from shared.numbering import NumberingPolicy
from shared.registration import Registrar
from shared.reporting import Reporter
from shared.store import documents, submission_documents
from shared.store.encoding import EncodedBatch
from shared.store.registrations import FirestoreRegistrations
from shared.store.reports import FirestoreReports
from shared.store.sweep import FirestoreSweep
from tests.registered import HOURS, SPECIALISTS, submission

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""Within working time: Friday, 12:00 in Moscow. All is due by then, and nothing else for a minute."""

HEAD = "head@pass24online.ru"
WARN_AFTER = timedelta(minutes=10)
COMMIT = 400
"""Documents in one commit; the emulator is slower with larger ones."""

_SECOND, _MOMENT = timedelta(seconds=1), timedelta(milliseconds=1)

Documents = Iterator[tuple[str, Mapping[str, object]]]
"""Paths and fields."""


def late_tickets(numbers: Iterable[int]) -> Documents:
    """Tickets whose letter with the number was sent 20 minutes ago, and not delivered; they are to be handed on."""
    arrived_at = NOW - timedelta(minutes=20)
    for number in numbers:
        ticket = open_ticket(submission(f"form-{number}", arrived_at), number, arrived_at + _SECOND, HOURS)
        due = replace(ticket, check_at=_due_at(number), follow_up_at=_due_at(number), asked_at=None)
        yield documents.ticket_path(number), documents.ticket_document(due)
        [letter] = [each for each in first_notifications(ticket, SPECIALISTS) if each.id == confirmation_id(number)]
        sent_at = ticket.registered_at + _SECOND
        sent = replace(letter, state=NotificationState.SENT, attempts=1, sent_at=sent_at, check_at=None)
        yield _letter(sent)


def letters_to_ring(numbers: Iterable[int]) -> Documents:
    """Letters that were asked for, and that nobody began to send."""
    for number in numbers:
        yield _letter(replace(_about(number), check_at=_due_at(number)))


def letters_without_outcome(numbers: Iterable[int], begun_at: datetime) -> Documents:
    """Letters whose sender died."""
    for number in numbers:
        sending = replace(_about(number), state=NotificationState.SENDING, attempts=1, attempted_at=begun_at)
        yield _letter(replace(sending, lease_until=_due_at(number), check_at=_due_at(number)))


def kept_submissions(numbers: Iterable[int]) -> Documents:
    """Submissions of 5 minutes ago that have no number yet."""
    for number in numbers:
        kept = submission(kept_key(number), NOW - timedelta(minutes=5))
        fields = submission_documents.submission_document(kept, SubmissionState.RECEIVED, check_at=_due_at(number))
        yield documents.submission_path(kept.key), fields


def kept_key(number: int) -> str:
    """The key of a submission that is only kept."""
    return f"form-kept-{number}"


def ring_id(number: int) -> str:
    """The id of a letter to be rung for."""
    return f"{number}-{NotificationKind.NEW_TICKET}"


def counter(last: int) -> Documents:
    """The counter, after so many tickets."""
    yield documents.COUNTER, {"first": 1, "last": last}


def put(client: firestore.Client, *several: Documents) -> None:
    """Write new documents."""
    there = itertools.chain(*several)

    def commit(part: list[tuple[str, Mapping[str, object]]]) -> None:
        batch = EncodedBatch(client)
        for path, fields in part:
            batch.create_encoded(client.document(path), fields)
        batch.commit(retry=None, timeout=60)

    with ThreadPoolExecutor(4) as callers:
        list(callers.map(commit, iter(lambda: list(itertools.islice(there, COMMIT)), [])))


class Unheard:
    """Classification that takes whatever is handed on."""

    def hand_on(self, tickets: Sequence[Ticket]) -> None:
        """Do nothing."""


def sweep_over(client: firestore.Client, bell: Bell, run_time: timedelta, now: Callable[[], datetime]) -> Sweep:
    """The sweep as `sla_check` wires it, but that SendGrid knows of no mail, and nobody listens to what is handed on.

    It does not look for duplicates: all that is due are the same words.
    """
    ledger = FirestoreSweep(client)
    policy = NumberingPolicy(1, HOURS, SPECIALISTS)
    return Sweep(
        ledger=ledger,
        registrations=Registrar(FirestoreRegistrations(client), bell, policy, now),
        bell=bell,
        merging=Merger(ledger, FirestoreRegistrations(client), bell, timedelta(0), now),
        classification=Unheard(),
        reconciler=Reconciler(_NoMail(), ledger, ZoneInfo("UTC")),
        reports=Reporter(FirestoreReports(client), bell, HOURS, HEAD),
        hours=HOURS,
        recipients=(SPECIALISTS, HEAD),
        warn_after=WARN_AFTER,
        run_time=run_time,
        now=now,
    )


def ticking() -> Callable[[], datetime]:
    """A clock that goes on by a millisecond whenever somebody looks, and so never gives the same time twice."""
    looks = itertools.count()
    return lambda: NOW + next(looks) * _MOMENT


class _NoMail:
    def received(self, first: date, last: date) -> Mapping[date, int]:
        del first, last
        return {}


def _about(number: int) -> Notification:
    kind = NotificationKind.NEW_TICKET
    return requested(ring_id(number), number, kind, SPECIALISTS, NOW - timedelta(minutes=2))


def _letter(letter: Notification) -> tuple[str, Mapping[str, object]]:
    return documents.notification_path(letter.id), documents.notification_document(letter)


def _due_at(number: int) -> datetime:
    return NOW - number * _MOMENT
