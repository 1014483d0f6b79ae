"""The day's report over the ledger: read in pages, written once, rung for once (R16)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from google.cloud import firestore

from shared.domain.daily_report import Arrival, OpenedTicket, OpenFlag
from shared.domain.flag import Flag, FlagKind
from shared.domain.notification import Notification, NotificationKind, NotificationState
from shared.domain.report_period import period_of
from shared.domain.submission import Channel, Submission, SubmissionState
from shared.domain.ticket import Acceptance, Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.reporting import Reporter, make_report, report_letter
from shared.store import documents, reports, submission_documents
from shared.store.client import open_ledger
from shared.store.letters import FirestoreLetters
from shared.store.reports import FirestoreReports, report_from, report_path
from shared.subjects import ReportSubject
from tests.sample_ticket import PLAIN, with_details

HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
HEAD = "head@pass24online.ru"
SINCE = datetime(2026, 11, 20, 15, tzinfo=UTC)
UNTIL = datetime(2026, 11, 23, 15, tzinfo=UTC)
"""Friday to Monday, 18:00 in Moscow."""

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)
NOW = UNTIL + timedelta(seconds=30)
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


class RecordingBell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, notifications: Sequence[str]) -> None:
        self.rung += notifications


@pytest.fixture
def ledger(ledger_project: str) -> firestore.Client:
    return open_ledger(ledger_project)


@pytest.fixture
def store(ledger: firestore.Client) -> FirestoreReports:
    return FirestoreReports(ledger)


@pytest.fixture
def bell() -> RecordingBell:
    return RecordingBell()


@pytest.fixture
def reporter(store: FirestoreReports, bell: RecordingBell) -> Reporter:
    return Reporter(store, bell, HOURS, HEAD)


class Writer:
    """Writes arrivals and tickets as registration and the sweep leave them."""

    def __init__(self, ledger: firestore.Client) -> None:
        self._ledger = ledger
        self._count = 0

    def arrived(
        self,
        at: datetime,
        state: SubmissionState = SubmissionState.RECEIVED,
        fields: Mapping[str, object] | None = None,
    ) -> Submission:
        self._count += 1
        submission = replace(PLAIN, key=f"arrival-{self._count}", received_at=at)
        document = submission_documents.submission_document(submission, state) | dict(fields or {})
        self._ledger.document(documents.submission_path(submission.key)).create(document)
        return submission

    def registered(self, at: datetime, change: Callable[[Ticket], Ticket] = lambda ticket: ticket) -> Ticket:
        number = 12345 + self._count
        submission = self.arrived(at, SubmissionState.REGISTERED, {"ticket": number})
        ticket = change(open_ticket(submission, number, at + timedelta(seconds=1), HOURS))
        self._ledger.document(documents.ticket_path(number)).create(documents.ticket_document(ticket))
        return ticket


@pytest.fixture
def write(ledger: firestore.Client) -> Writer:
    return Writer(ledger)


def stored_letter(ledger: firestore.Client) -> Notification:
    [snapshot] = list(ledger.collection("notifications").stream())
    return documents.notification_from(snapshot.id, snapshot.to_dict() or {})


def flags(*raised: datetime, cleared: datetime | None = None) -> tuple[Flag, ...]:
    return tuple(Flag(FlagKind.NOT_CONFIRMED, at, "Письмо не доставлено.", cleared) for at in raised)


def test_r16_only_the_period_is_read_and_all_of_it(
    store: FirestoreReports, write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "_PAGE", 2)
    inside = [SINCE, SINCE, SINCE, SINCE + MINUTE, UNTIL - MICROSECOND]
    for at in (SINCE - MICROSECOND, *inside, UNTIL):
        write.registered(at)
        write.arrived(at)
    arrived = store.arrived(SINCE, UNTIL)
    assert sorted(each.received_at for each in arrived.arrivals) == sorted(inside * 2)
    assert sorted(each.received_at for each in arrived.tickets) == inside


def test_r16_what_is_counted_comes_back_as_it_was_written(store: FirestoreReports, write: Writer) -> None:
    noted = flags(UNTIL - MINUTE, cleared=UNTIL)
    at = SINCE + MINUTE
    write.registered(at, lambda ticket: replace(ticket, acceptance=Acceptance.ACCEPTED, accepted_at=at + MINUTE))
    write.arrived(at, SubmissionState.QUARANTINED, {"reason": "spam", **documents.flag_fields(noted)})
    write.arrived(at, SubmissionState.ATTACHED, {"ticket": 12345, "attached_as": "duplicate"})
    arrived = store.arrived(SINCE, UNTIL)
    assert sorted(arrived.arrivals, key=lambda each: each.state) == [
        Arrival(Channel.FORM, at, SubmissionState.ATTACHED, duplicate=True),
        Arrival(Channel.FORM, at, SubmissionState.QUARANTINED, flags=noted),
        Arrival(Channel.FORM, at, SubmissionState.REGISTERED),
    ]
    taken = at + timedelta(seconds=1)
    assert arrived.tickets == [OpenedTicket(at, taken, Acceptance.ACCEPTED, at + MINUTE, incomplete=True)]


def test_r16_open_flags_are_found_whenever_it_arrived_the_oldest_first(store: FirestoreReports, write: Writer) -> None:
    long_ago = SINCE - timedelta(days=40)
    old, new, gone = flags(long_ago + 15 * MINUTE), flags(UNTIL - MINUTE), flags(long_ago, cleared=UNTIL)
    ticket = write.registered(long_ago, lambda ticket: replace(ticket, flags=(*gone, *old)))
    write.registered(SINCE, lambda ticket: replace(ticket, flags=gone))
    submission = write.arrived(SINCE, fields=documents.flag_fields(new))
    count, found = store.open_flags(20)
    assert count == 2
    assert found == [OpenFlag(ticket.number, None, old[0]), OpenFlag(None, submission.key, new[0])]
    assert store.open_flags(1) == (2, found[:1])


def test_r16_a_due_report_is_written_with_its_letter_and_rung_for(
    reporter: Reporter, ledger: firestore.Client, write: Writer, bell: RecordingBell
) -> None:
    late = write.registered(SINCE + MINUTE, lambda ticket: replace(ticket, flags=flags(UNTIL)))
    write.arrived(UNTIL - MINUTE)
    assert reporter.write_due(NOW, None) == MONDAY
    stored = ledger.document(report_path(MONDAY)).get().to_dict() or {}
    report = report_from(MONDAY, stored)
    assert report == make_report(reporter.reports, report.period, HOURS, NOW)
    assert (report.figures.arrivals, report.figures.registered, report.figures.waiting) == (2, 1, 1)
    assert report.oldest_open == (OpenFlag(late.number, None, late.flags[0]),)
    letter = stored_letter(ledger)
    assert (letter.id, letter.kind, letter.recipient) == ("report-20261123", NotificationKind.REPORT, HEAD)
    assert (letter.ticket, letter.about, letter.state) == (None, "2026-11-23", NotificationState.REQUESTED)
    assert letter.check_at == NOW + MINUTE
    assert bell.rung == [letter.id]


def test_r16_a_new_installation_does_not_report_the_days_before_it(
    reporter: Reporter, ledger: firestore.Client, bell: RecordingBell
) -> None:
    assert reporter.write_due(NOW, None) == MONDAY
    assert not ledger.document(report_path(MONDAY)).get().exists
    assert bell.rung == []


def test_r16_an_empty_day_has_a_report_too(reporter: Reporter, ledger: firestore.Client) -> None:
    assert reporter.write_due(NOW, FRIDAY) == MONDAY
    report = report_from(MONDAY, ledger.document(report_path(MONDAY)).get().to_dict() or {})
    assert (report.figures.arrivals, report.figures.in_time_share, report.figures.worst) == (0, None, None)


def test_a_report_of_an_earlier_release_is_read_without_what_was_not_counted_then(
    reporter: Reporter, ledger: firestore.Client
) -> None:
    reporter.write_due(NOW, FRIDAY)
    document = ledger.document(report_path(MONDAY)).get().to_dict() or {}
    del document["figures"]["unreadable"]

    assert report_from(MONDAY, document).figures.unreadable == 0


def test_r16_a_report_is_written_once(
    reporter: Reporter, ledger: firestore.Client, write: Writer, bell: RecordingBell
) -> None:
    assert reporter.write_due(NOW, FRIDAY) == MONDAY
    before = ledger.document(report_path(MONDAY)).get().to_dict()
    write.registered(SINCE + MINUTE)
    later = NOW + MINUTE
    assert reporter.write_due(later, MONDAY) == MONDAY
    assert reporter.write_due(later, None) == MONDAY
    assert ledger.document(report_path(MONDAY)).get().to_dict() == before
    assert len(bell.rung) == 1


def test_nothing_is_written_before_the_day_has_ended(reporter: Reporter, ledger: firestore.Client) -> None:
    friday = date(2026, 11, 20)
    assert reporter.write_due(UNTIL - MICROSECOND, friday) == friday
    assert list(ledger.collection("reports").stream()) == []


def test_a_second_writer_meets_a_conflict_and_changes_nothing(
    store: FirestoreReports, ledger: firestore.Client
) -> None:
    period = period_of(MONDAY, HOURS)
    assert period is not None
    first = make_report(store, period, HOURS, NOW)
    store.create(first, report_letter(first, HEAD))
    second = replace(first, at=NOW + MINUTE)
    with pytest.raises(LedgerConflictError):
        store.create(second, report_letter(second, "somebody.else@pass24online.ru"))
    assert report_from(MONDAY, ledger.document(report_path(MONDAY)).get().to_dict() or {}) == first
    assert stored_letter(ledger).recipient == HEAD


def test_r16_of_many_writers_at_once_one_writes_and_rings(
    store: FirestoreReports, ledger: firestore.Client, bell: RecordingBell, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers = 4
    together = Barrier(writers)
    exists = FirestoreReports.exists

    def meet(self: FirestoreReports, day: date) -> bool:
        there = exists(self, day)
        together.wait(30)
        return there

    monkeypatch.setattr(FirestoreReports, "exists", meet)
    said: list[object] = []

    def run() -> None:
        said.append(Reporter(store, bell, HOURS, HEAD).write_due(NOW, FRIDAY))

    threads = [Thread(target=run) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert said == [MONDAY] * writers
    assert bell.rung == [stored_letter(ledger).id]


def test_r16_what_can_not_be_read_costs_neither_the_report_nor_its_letter(
    reporter: Reporter, ledger: firestore.Client, write: Writer
) -> None:
    at = SINCE + MINUTE
    write.registered(at, lambda ticket: replace(ticket, flags=flags(UNTIL)))
    strange = write.registered(at, lambda ticket: replace(ticket, flags=flags(UNTIL)))
    ledger.document(documents.ticket_path(strange.number)).update({"acceptance": "of a later release"})
    write.arrived(at, fields={"channel": "pigeon"})
    flagged = write.arrived(at, fields={"flags": "none", "flagged_at": UNTIL})

    assert reporter.write_due(NOW, None) == MONDAY

    report = report_from(MONDAY, ledger.document(report_path(MONDAY)).get().to_dict() or {})
    figures = report.figures
    assert (figures.arrivals, figures.registered, figures.unreadable) == (2, 1, 3)
    assert report.open_flags == 3
    assert [each.ticket for each in report.oldest_open] == [strange.number - 1, strange.number]
    assert flagged.key not in {each.submission for each in report.oldest_open}
    subject = FirestoreLetters(ledger).subject(stored_letter(ledger))
    assert isinstance(subject, ReportSubject)
    assert list(subject.tickets) == [strange.number - 1]


@pytest.mark.timeout(30)  # the client's own patience is five minutes
def test_r16_the_letter_s_subject_is_the_report_with_the_tickets_that_it_names(
    reporter: Reporter, ledger: firestore.Client, write: Writer
) -> None:
    ticket = write.registered(SINCE + MINUTE, lambda ticket: replace(ticket, flags=flags(UNTIL)))
    write.registered(SINCE + MINUTE)
    reporter.write_due(NOW, None)
    letter = stored_letter(ledger)
    subject = FirestoreLetters(ledger).subject(letter)
    report = report_from(MONDAY, ledger.document(report_path(MONDAY)).get().to_dict() or {})
    assert subject == ReportSubject(report, {ticket.number: ticket})
    with pytest.raises(LookupError):
        FirestoreLetters(ledger).subject(replace(letter, about="2026-11-20"))


def test_an_absent_ledger_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:9")
    store = FirestoreReports(open_ledger("pass24-test"))
    for ask in (lambda: store.exists(MONDAY), lambda: store.open_flags(20)):
        with pytest.raises(LedgerUnavailableError):
            ask()


def test_details_that_came_later_make_a_ticket_complete(store: FirestoreReports, write: Writer) -> None:
    full = with_details(PLAIN, steps="1", product_version="4", device_model="Pixel", os_version="16")
    write.registered(SINCE, lambda ticket: replace(open_ticket(full, ticket.number, SINCE, HOURS), received_at=SINCE))
    [ticket] = store.arrived(SINCE, UNTIL).tickets
    assert not ticket.incomplete
