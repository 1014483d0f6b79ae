"""The ledger in Firestore: what is written comes back, conflicts are conflicts, and a refused document stays alone."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from google.cloud import firestore

from shared.domain.completeness import Detail
from shared.domain.concern import Concern
from shared.domain.contact import Contact
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState, first_notifications
from shared.domain.submission import Channel, Details, File, Mark, Message, Omission, Submission, SubmissionState
from shared.domain.ticket import Acceptance, Handover, Ticket, open_ticket
from shared.domain.working_time import WorkingHours
from shared.ledger import (
    Counter,
    LedgerConflictError,
    LedgerRefusedError,
    LedgerUnavailableError,
    Registration,
)
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Kept, Registrar
from shared.store import documents, submission_documents
from shared.store.client import open_ledger
from shared.store.encoding import EncodedBatch
from shared.store.limits import FirestoreCounts, Hit
from shared.store.registrations import FirestoreRegistrations

FIRST = 12345
AT = datetime(2026, 11, 23, 9, 0, 0, 123457, tzinfo=UTC)
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
SPECIALISTS = "specialists@pass24online.ru"
POLICY = NumberingPolicy(FIRST, HOURS, SPECIALISTS)
TIME = 10.0  # seconds

EMPTY = Submission(
    key="form-empty",
    channel=Channel.FORM,
    received_at=AT,
    contact=Contact("", None, None),
    details=Details("", "?", "", "", "", "", urgent=False, previous_ticket=None),
)
FULL = Submission(
    key="form-full",
    channel=Channel.FORM,
    received_at=AT,
    contact=Contact("Ёлкина «Анна» 😀 & 'co'", "anna@пример.рф", "+79161234567", "8 916 123-45-67 доб. 5"),
    details=Details(
        subject="Шлагбаум не открывается 🚧",
        description="Первая строка\n\tвторая\r\n\u2028третья 👩‍👩‍👧‍👦 \u0301 конец ",
        steps="1. Открыть\n2. Закрыть",
        product_version="3.2.1",
        device_model="Самсунг",
        os_version="Android 14",
        urgent=True,
        previous_ticket=2**53 + 1,
    ),
    files=(
        File("Снимок №1 😀.png", "image/png", 5 * 2**30, "ab" * 32, "form-full/0"),
        File("вирус.exe", "application/octet-stream", 0, "cd" * 32, None, "такие файлы не принимаются"),
    ),
    marks=(Mark.CAPTCHA_UNVERIFIED,),
    consented_at=AT + timedelta(microseconds=1),
)

MAILED = replace(
    FULL,
    key="mail-full",
    channel=Channel.EMAIL,
    message=Message(
        raw="mail/raw/0a.eml",
        message_id="<1@example.ru>",
        references=("<a@b>", "<c@d>"),
        sender="anna@example.ru",
        participants=("anna@example.ru", "olga@example.ru"),
        recipients=("support@pass24online.ru",),
        return_path="bounces@example.ru",
        sender_ip="192.0.2.1",
        spf="pass",
        dkim="{@example.ru : pass}",
        spam_score=-1.25,
        automatic="Auto-Submitted",
        defects=("a line is no header",),
    ),
    unanswered=Omission.AUTOMATIC,
    from_text=("product_version",),
    apart=(3, 4),
    by="Анна Петрова <anna@pass24online.ru>",
    erased_at=AT + timedelta(days=30),
)
BARE_MAIL = replace(EMPTY, key="mail-bare", channel=Channel.EMAIL, message=Message(raw="mail/raw/0b.eml"))

OPENED = open_ticket(FULL, FIRST, AT + timedelta(microseconds=999_999), HOURS)
SETTLED = replace(
    open_ticket(EMPTY, 1, AT, HOURS),
    accepted_at=AT,
    check_at=None,
    confirmation_omitted=None,
    missing=(),
    channels=(),
    known=(),
    follow_up_at=None,
)

MERGED = replace(
    open_ticket(MAILED, 2, AT, HOURS),
    merged_into=1,
    participants=("anna@example.ru", "olga@example.ru"),
    device_data=False,
    asked_at=AT,
    reminded_at=AT + timedelta(days=1),
    handed_on=Handover(AT, 2, complete=False),
    related=3,
    merged=(4, 5),
    apart=(6,),
    vacated=(1, 3),
    settled=(Concern.POSSIBLE_DUPLICATE,),
    erased_at=AT + timedelta(days=30),
)

REQUESTED = first_notifications(OPENED, SPECIALISTS)[0]
SENT = replace(
    REQUESTED,
    id="12345-new-ticket",
    kind=NotificationKind.NEW_TICKET,
    state=NotificationState.SENT,
    attempts=3,
    check_at=None,
    lease_until=AT,
    sent_at=AT,
    message_id="14c5d75ce93.dfd.64b469",
    failure=Failure(503, "временно недоступно"),
)
UNANSWERED = replace(REQUESTED, id="12345-x", failure=Failure(None, "TimeoutError"))


class SilentBell:
    def ring(self, notifications: Sequence[str]) -> None:
        """Nobody listens in these tests."""


@pytest.fixture
def client(ledger_project: str) -> firestore.Client:
    return open_ledger(ledger_project)


@pytest.fixture
def store(client: firestore.Client) -> FirestoreRegistrations:
    return FirestoreRegistrations(client)


def now() -> datetime:
    return datetime.now(UTC)


def sent(key: str, text: str = "Не открывается шлагбаум") -> Submission:
    return replace(FULL, key=key, details=replace(FULL.details, description=text), files=())


def registration(key: str, number: int) -> Registration:
    ticket = open_ticket(sent(key), number, AT, HOURS)
    return Registration(sent(key), ticket, first_notifications(ticket, SPECIALISTS), None)


def fields(client: firestore.Client, path: str) -> dict[str, Any]:
    found = client.document(path).get().to_dict()
    assert found is not None, path
    return found


def numbers(client: firestore.Client) -> list[int]:
    return sorted(int(reference.id) for reference in client.collection("tickets").list_documents())


def names_of_absent(document: object) -> set[str]:
    """Paths of all fields that hold nothing."""
    match document:
        case dict():
            inner = [(name, names_of_absent(value)) for name, value in document.items()]
            return {name for name, value in document.items() if value is None} | {
                f"{name}.{path}" for name, paths in inner for path in paths
            }
        case list():
            return {path for item in document for path in names_of_absent(item)}
    return set()


# Documents


@pytest.mark.parametrize("submission", [EMPTY, FULL, MAILED, BARE_MAIL], ids=["empty", "full", "mailed", "bare mail"])
def test_r17_a_submission_comes_back_as_it_was_written(client: firestore.Client, submission: Submission) -> None:
    batch = EncodedBatch(client)
    reference = client.document(documents.submission_path(submission.key))
    batch.create_encoded(
        reference, submission_documents.submission_document(submission, SubmissionState.RECEIVED, check_at=AT)
    )
    batch.commit()

    stored = fields(client, documents.submission_path(submission.key))
    assert submission_documents.submission_from(submission.key, stored) == submission
    assert (stored["state"], stored["check_at"]) == ("received", AT)
    assert not names_of_absent(stored)


@pytest.mark.parametrize("ticket", [OPENED, SETTLED, MERGED], ids=["opened", "settled", "merged"])
def test_a_ticket_comes_back_as_it_was_written(client: firestore.Client, ticket: Ticket) -> None:
    batch = EncodedBatch(client)
    batch.create_encoded(client.document(documents.ticket_path(ticket.number)), documents.ticket_document(ticket))
    batch.commit()

    stored = fields(client, documents.ticket_path(ticket.number))
    assert documents.ticket_from(stored) == ticket
    assert not names_of_absent(stored)
    assert stored.get("check_at") == min(filter(None, (ticket.check_at, ticket.follow_up_at)), default=None)


@pytest.mark.parametrize("notification", [REQUESTED, SENT, UNANSWERED], ids=["requested", "sent", "unanswered"])
def test_a_notification_comes_back_as_it_was_written(client: firestore.Client, notification: Notification) -> None:
    batch = EncodedBatch(client)
    reference = client.document(documents.notification_path(notification.id))
    batch.create_encoded(reference, documents.notification_document(notification))
    batch.commit()

    stored = fields(client, documents.notification_path(notification.id))
    assert documents.notification_from(notification.id, stored) == notification
    assert not names_of_absent(stored)
    assert ("check_at" in stored) is (notification.check_at is not None)


def test_the_documents_here_have_every_field_once_with_and_once_without_a_value() -> None:
    # Otherwise a new optional field would pass the tests above unseen.
    assert {field for field in Details.__dataclass_fields__ if not getattr(FULL.details, field)} == set()
    assert not any(getattr(MAILED, field) in {None, ()} for field in Submission.__dataclass_fields__)
    assert not any(getattr(MAILED.message, field) in {None, "", ()} for field in Message.__dataclass_fields__)
    assert (MERGED.participants, MERGED.merged_into) == (("anna@example.ru", "olga@example.ru"), 1)
    followed = (
        "known",
        "asked_at",
        "reminded_at",
        "handed_on",
        "follow_up_at",
        "related",
        "merged",
        "apart",
        "vacated",
        "settled",
        "erased_at",
    )
    assert all(getattr(MERGED, field) for field in followed)
    assert not any(getattr(SETTLED, field) for field in followed)
    assert OPENED.confirmation_omitted is None
    assert open_ticket(EMPTY, 1, AT, HOURS).confirmation_omitted is Omission.NO_EMAIL
    assert SETTLED.acceptance is Acceptance.PENDING
    assert not any(getattr(SENT, field) is None for field in ("lease_until", "sent_at", "message_id", "failure"))


@pytest.mark.parametrize("omitted", Omission)
def test_a_tickets_reasons_come_back(client: firestore.Client, omitted: Omission) -> None:
    ticket = replace(SETTLED, confirmation_omitted=omitted, missing=tuple(Detail), previous_ticket=7)
    client.document("tickets/1").create(documents.ticket_document(ticket))

    assert documents.ticket_from(fields(client, "tickets/1")) == ticket


# Encoding

EVERY_TYPE: dict[str, object] = {
    "text": "Ёж 😀 \u0301\n",
    "empty": "",
    "zero": 0,
    "minus": -1,
    "most": 2**63 - 1,
    "least": -(2**63),
    "fraction": 0.1,
    "yes": True,
    "no": False,
    "now": AT,
    "before the epoch": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "the first moment": datetime(1, 1, 1, tzinfo=UTC),
    "the last moment": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    "in Moscow": AT.astimezone(timezone(timedelta(hours=3))),
    "list": ["а", 1, True, AT, {"in": ["map"]}, {}],
    "empty list": [],
    "map": {"а": {"б": {"в": [{}]}}, "имя с пробелом и `.`": 1},
    "empty map": {},
}


def test_the_encoded_batch_writes_what_the_librarys_own_would(client: firestore.Client) -> None:
    ours, theirs = EncodedBatch(client), client.batch()
    ours.create_encoded(client.document("encoding/one"), EVERY_TYPE)
    theirs.create(client.document("encoding/one"), EVERY_TYPE)

    assert ours._write_pbs == theirs._write_pbs  # noqa: SLF001  # what goes over the wire has no public face
    ours.commit()
    other = client.batch()
    other.create(client.document("encoding/two"), EVERY_TYPE)
    other.commit()
    assert fields(client, "encoding/one") == fields(client, "encoding/two") == EVERY_TYPE


def test_the_encoded_batch_does_not_overwrite(client: firestore.Client) -> None:
    client.document("encoding/one").create({"text": "first"})
    batch = EncodedBatch(client)
    batch.create_encoded(client.document("encoding/two"), {"text": "second"})
    batch.create_encoded(client.document("encoding/one"), {"text": "second"})

    with pytest.raises(Exception, match="already exists"):
        batch.commit()
    assert fields(client, "encoding/one") == {"text": "first"}
    assert not client.document("encoding/two").get().exists


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, TypeError),
        (1.5j, TypeError),
        (b"bytes", TypeError),
        ({1, 2}, TypeError),
        (AT.replace(tzinfo=None), TypeError),
        (2**63, ValueError),
        ("\ud800", ValueError),
    ],
    ids=["nothing", "complex", "bytes", "set", "naive time", "65 bits", "half a character"],
)
def test_the_encoded_batch_refuses_what_has_no_place_in_a_document(
    client: firestore.Client, value: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        EncodedBatch(client).create_encoded(client.document("encoding/one"), {"value": value})


# Commits


def test_an_empty_ledger_stands_before_the_first_number(store: FirestoreRegistrations) -> None:
    assert store.look(["form-1"], FIRST, TIME) == (Counter(FIRST - 1, None), {})


def test_r4_a_commit_writes_all_that_belongs_to_its_tickets(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    registrations = [registration("form-1", FIRST), registration("form-2", FIRST + 1)]

    after = store.commit(Counter(FIRST - 1, None), registrations, TIME)

    counter, entries = store.look(["form-1", "form-2", "form-3"], FIRST, TIME)
    assert counter == after
    assert counter.last == FIRST + 1
    assert {key: (entry.submission, entry.ticket) for key, entry in entries.items()} == {
        "form-1": (sent("form-1"), FIRST),
        "form-2": (sent("form-2"), FIRST + 1),
    }
    assert [store.ticket(each.ticket.number, TIME) for each in registrations] == [each.ticket for each in registrations]
    for each in registrations:
        for letter in each.notifications:
            path = documents.notification_path(letter.id)
            assert documents.notification_from(letter.id, fields(client, path)) == letter
        stored = fields(client, documents.submission_path(each.submission.key))
        assert stored["state"] == "registered"
        assert "check_at" not in stored


def test_the_counter_left_by_one_commit_serves_the_next(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    counter = store.commit(Counter(FIRST - 1, None), [registration("form-1", FIRST)], TIME)
    counter = store.commit(counter, [registration("form-2", FIRST + 1)], TIME)

    assert store.look([], FIRST, TIME)[0] == counter
    assert numbers(client) == [FIRST, FIRST + 1]


def conflicting(store: FirestoreRegistrations, counter: Counter) -> dict[str, Callable[[], object]]:
    stale = Counter(FIRST - 1, None)
    return {
        "a counter that is there already": lambda: store.commit(stale, [registration("form-9", FIRST)], TIME),
        "a counter that has moved": lambda: (
            store.commit(counter, [registration("form-8", FIRST + 1)], TIME),
            store.commit(counter, [registration("form-9", FIRST + 1)], TIME),
        ),
        "a submission that is there already": lambda: store.commit(
            counter, [registration("form-9", FIRST + 1), registration("form-1", FIRST + 2)], TIME
        ),
        "a ticket that is there already": lambda: store.commit(counter, [registration("form-9", FIRST)], TIME),
    }


@pytest.mark.parametrize(
    "case",
    [
        "a counter that is there already",
        "a counter that has moved",
        "a submission that is there already",
        "a ticket that is there already",
    ],
)
def test_a_commit_in_conflict_writes_nothing(
    client: firestore.Client, store: FirestoreRegistrations, case: str
) -> None:
    counter = store.commit(Counter(FIRST - 1, None), [registration("form-1", FIRST)], TIME)

    with pytest.raises(LedgerConflictError):
        conflicting(store, counter)[case]()

    assert not client.document("submissions/form-9").get().exists
    assert fields(client, documents.COUNTER)["last"] == numbers(client)[-1]


def test_a_counter_that_is_gone_does_not_look_like_a_conflict_with_nothing(store: FirestoreRegistrations) -> None:
    # As after a restore: it is read again, like anything whose outcome is unknown.
    with pytest.raises((LedgerConflictError, LedgerUnavailableError)):
        store.commit(Counter(FIRST, AT), [registration("form-1", FIRST + 1)], TIME)


def test_a_document_over_one_mebibyte_is_refused(client: firestore.Client, store: FirestoreRegistrations) -> None:
    big = registration("form-1", FIRST)
    big = replace(big, submission=sent("form-1", "х" * 600_000))

    with pytest.raises(LedgerRefusedError):
        store.commit(Counter(FIRST - 1, None), [big, registration("form-2", FIRST + 1)], TIME)
    with pytest.raises(LedgerRefusedError):
        store.keep(big.submission, AT, TIME)
    assert numbers(client) == []


def test_a_text_that_utf8_cannot_hold_is_refused(store: FirestoreRegistrations) -> None:
    broken = replace(registration("form-1", FIRST), submission=sent("form-1", "\ud800"))

    with pytest.raises(LedgerRefusedError):
        store.commit(Counter(FIRST - 1, None), [broken], TIME)
    with pytest.raises(LedgerRefusedError):
        store.keep(broken.submission, AT, TIME)


def test_a_call_without_time_left_is_unavailable(store: FirestoreRegistrations) -> None:
    # However short a time is, the client rounds it up, and a fast emulator may answer in it; this one is over.
    with pytest.raises(LedgerUnavailableError):
        store.look(["form-1"], FIRST, -1.0)
    with pytest.raises(LedgerUnavailableError):
        store.keep(FULL, AT, -1.0)


def test_a_ticket_that_is_not_there_is_not_made_up(store: FirestoreRegistrations) -> None:
    with pytest.raises(LedgerUnavailableError):
        store.ticket(1, TIME)


# Kept submissions


def test_a_kept_submission_is_due_for_the_sweep_and_registered_as_it_came(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    store.keep(FULL, AT + timedelta(minutes=1), TIME)

    stored = fields(client, documents.submission_path(FULL.key))
    assert (stored["state"], stored["check_at"]) == ("received", AT + timedelta(minutes=1))
    assert "ticket" not in stored
    counter, entries = store.look([FULL.key], FIRST, TIME)
    entry = entries[FULL.key]
    assert (entry.submission, entry.ticket) == (FULL, None)

    letters = first_notifications(OPENED, SPECIALISTS)
    store.commit(counter, [Registration(FULL, OPENED, letters, entry)], TIME)

    stored = fields(client, documents.submission_path(FULL.key))
    assert (stored["state"], stored["ticket"]) == ("registered", FIRST)
    assert "check_at" not in stored
    assert submission_documents.submission_from(FULL.key, stored) == FULL


def test_a_submission_is_kept_once(client: firestore.Client, store: FirestoreRegistrations) -> None:
    store.keep(FULL, AT, TIME)

    with pytest.raises(LedgerConflictError):
        store.keep(replace(FULL, received_at=AT + timedelta(hours=1)), AT, TIME)
    assert fields(client, documents.submission_path(FULL.key))["received_at"] == AT


def test_a_kept_submission_that_changed_meanwhile_is_a_conflict(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    store.keep(FULL, AT, TIME)
    counter, entries = store.look([FULL.key], FIRST, TIME)
    client.document(documents.submission_path(FULL.key)).update({"check_at": AT + timedelta(minutes=5)})

    with pytest.raises(LedgerConflictError):
        store.commit(counter, [Registration(FULL, OPENED, (), entries[FULL.key])], TIME)
    assert numbers(client) == []


# The registrar over the store


def test_a_poisoned_submission_fails_alone(client: firestore.Client, store: FirestoreRegistrations) -> None:
    registrar = Registrar(store, SilentBell(), POLICY, now)

    def register(index: int) -> object:
        try:
            return registrar.register(sent(f"form-{index}", "х" * 600_000 if index == 5 else "Не открывается"))
        except LedgerRefusedError as error:
            return error

    with ThreadPoolExecutor(12) as threads:
        outcomes = list(threads.map(register, range(12)))

    assert isinstance(outcomes[5], LedgerRefusedError)
    given = sorted(outcome.ticket.number for outcome in outcomes if isinstance(outcome, Registered))
    assert given == numbers(client) == list(range(FIRST, FIRST + 11))
    assert not client.document("submissions/form-5").get().exists


def test_r4_a_repeated_delivery_gets_its_first_number_from_any_instance(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    first = Registrar(store, SilentBell(), POLICY, now).register(FULL)
    again = Registrar(store, SilentBell(), POLICY, now).register(FULL)

    assert isinstance(first, Registered)
    assert again == Registered(first.ticket, repeated=True)
    assert numbers(client) == [FIRST]


def test_what_was_kept_is_registered_by_its_repetition_with_its_first_arrival(
    client: firestore.Client, store: FirestoreRegistrations
) -> None:
    store.keep(FULL, AT, TIME)
    registrar = Registrar(store, SilentBell(), POLICY, now)
    later = replace(FULL, received_at=AT + timedelta(hours=1))

    assert registrar.earlier(later) == Kept(AT)
    outcome = registrar.register(later)

    assert isinstance(outcome, Registered)
    assert (outcome.ticket.received_at, outcome.repeated) == (AT, False)
    assert registrar.earlier(later) == Registered(outcome.ticket, repeated=True)
    assert numbers(client) == [FIRST]


# Counts


def test_hits_are_counted_across_instances(ledger_project: str) -> None:
    one, two = (FirestoreCounts(open_ledger(ledger_project)) for _ in range(2))

    assert [counts.count([Hit("a", AT), Hit("b", AT)]) for counts in (one, two, one)] == [[1, 1], [2, 2], [3, 3]]
    assert two.count([Hit("b", AT)]) == [4]


def test_several_hits_of_one_key_in_a_call_are_told_apart(client: firestore.Client) -> None:
    assert FirestoreCounts(client).count([Hit("a", AT), Hit("b", AT), Hit("a", AT)]) == [1, 1, 2]


def test_hits_of_callers_that_share_a_commit_are_told_apart(client: firestore.Client) -> None:
    counts = FirestoreCounts(client)

    with ThreadPoolExecutor(16) as threads:
        rows = list(threads.map(lambda _: counts.count([Hit("a", AT), Hit("b", AT)]), range(48)))

    assert sorted(row[0] for row in rows) == sorted(row[1] for row in rows) == list(range(1, 49))
    assert fields(client, "limits/a")["count"] == 48


def test_a_count_says_when_it_may_be_forgotten(client: firestore.Client) -> None:
    FirestoreCounts(client).count([Hit("a", AT)])
    FirestoreCounts(client).count([Hit("a", AT + timedelta(minutes=10))])

    assert fields(client, "limits/a") == {"count": 2, "expires_at": AT + timedelta(minutes=10)}


def test_numbers_of_one_document_are_counted_apart(client: firestore.Client) -> None:
    day, hour, next_hour = (Hit("a", AT, path) for path in ("window.n1", "hour.n7", "hour.n8"))

    with ThreadPoolExecutor(4) as threads:
        counts = FirestoreCounts(client)
        rows = list(threads.map(counts.count, [[day, hour]] * 5 + [[day, next_hour]] * 4))

    assert sorted(row[0] for row in rows) == list(range(1, 10))
    assert [sorted(row[1] for row in part) for part in (rows[:5], rows[5:])] == [[1, 2, 3, 4, 5], [1, 2, 3, 4]]
    assert fields(client, "limits/a") == {"window": {"n1": 9}, "hour": {"n7": 5, "n8": 4}, "expires_at": AT}
