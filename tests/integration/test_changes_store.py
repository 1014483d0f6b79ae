"""R8, R9, R16: changes of letters, tickets and submissions in Firestore, each all or nothing."""

from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import firestore

from shared.changes import Change
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import Event, HistoryEntry
from shared.domain.lateness import Digest, Look, Remark, Severity
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Quarantine, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import DeadAddress
from shared.ledger import (
    Entry,
    LedgerConflictError,
    LedgerRefusedError,
    LedgerUnavailableError,
    Registration,
    StoredNotification,
    StoredTicket,
)
from shared.outcomes import OutcomeRecorder
from shared.store import documents, submission_documents
from shared.store.changes import TO_ONE_ADDRESS, FirestoreChanges
from shared.store.client import open_ledger
from shared.store.letters import FirestoreLetters
from shared.store.registrations import FirestoreRegistrations
from shared.store.submissions import FirestoreSubmissions
from shared.subjects import DigestSubject, TicketSubject
from tests.sample_ticket import PLAIN, SPECIALISTS, notification_of, opened

TIME = 10.0  # seconds
AT = datetime(2026, 11, 20, 9, 3, 0, 123_457, tzinfo=UTC)
IVAN = "ivan.petrov@example.ru"
TICKET = opened(PLAIN)
LETTER = notification_of(TICKET, NotificationKind.CONFIRMATION)
NOTICE = notification_of(TICKET, NotificationKind.UNDELIVERED)
OPEN = Flag(FlagKind.NOT_REGISTERED, AT, "Обращение сохранено, но номера у него ещё нет.")
CLEARED = Flag(FlagKind.NOT_CONFIRMED, AT, "Письмо с номером ещё не отправлено.", AT + timedelta(minutes=5))
DEAD = DeadAddress(IVAN, AT, "550 5.1.1 no such user", LETTER.id)

TOUCHED = replace(
    LETTER,
    state=NotificationState.BOUNCED,
    attempts=3,
    attempted_at=AT,
    lease_until=AT + timedelta(minutes=5),
    sent_at=AT + timedelta(seconds=1),
    event_at=AT + timedelta(seconds=2),
    message_id="14c5d75ce93.dfd.64b469",
    failure=Failure(503, "временно недоступно"),
    submission="arrival-1",
    about="12345-confirmation",
    requested_by="anna@pass24online.ru",
    claim="0a1b2c",
)
"""A letter with every field that one may have."""

ACCEPTED = replace(
    TICKET,
    acceptance=Acceptance.ACCEPTED,
    accepted_at=AT,
    accepted_by=LETTER.id,
    flags=(CLEARED, replace(OPEN, kind=FlagKind.REGISTERED_LATE, cleared_at=AT)),
    check_at=None,
)


@pytest.fixture
def client(ledger_project: str) -> firestore.Client:
    return open_ledger(ledger_project)


@pytest.fixture
def changes(client: firestore.Client) -> FirestoreChanges:
    return FirestoreChanges(client)


def fields(client: firestore.Client, path: str) -> dict[str, Any] | None:
    found = client.document(path).get().to_dict()
    return found if found is None else dict(found)


def put(client: firestore.Client, *there: Ticket | Notification) -> None:
    for each in there:
        if isinstance(each, Ticket):
            client.document(documents.ticket_path(each.number)).set(documents.ticket_document(each))
        else:
            client.document(documents.notification_path(each.id)).set(documents.notification_document(each))


def letter(changes: FirestoreChanges, notification: str = LETTER.id) -> StoredNotification:
    return changes.notifications([notification], TIME)[notification]


def ticket(changes: FirestoreChanges, number: int = 12345) -> StoredTicket:
    return changes.tickets([number], TIME)[number]


# Reading


def test_of_what_is_asked_for_that_which_exists_is_read(client: firestore.Client, changes: FirestoreChanges) -> None:
    put(client, TICKET, LETTER)

    assert list(changes.notifications([LETTER.id, "1-confirmation"], TIME)) == [LETTER.id]
    assert list(changes.tickets([1, 12345], TIME)) == [12345]
    assert (changes.notifications([], TIME), changes.tickets([], TIME)) == ({}, {})
    assert (letter(changes).notification, ticket(changes).ticket) == (LETTER, TICKET)


def test_r9_letters_to_one_address_are_found_as_long_as_they_can_be_told_apart(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    ids = [f"{number}-confirmation" for number in range(1, TO_ONE_ADDRESS)]
    batch = client.batch()
    for each in ids:
        document = documents.notification_document(replace(LETTER, id=each))
        batch.create(client.document(documents.notification_path(each)), document)
    batch.commit()
    put(client, replace(LETTER, id="other-1", recipient="olga@example.ru"))

    found = changes.to_address(IVAN, TIME)
    assert found is not None
    assert sorted(each.id for each in found) == sorted(ids)
    assert changes.to_address("nobody@example.ru", TIME) == []

    put(client, replace(LETTER, id=f"{TO_ONE_ADDRESS}-confirmation"))
    assert changes.to_address(IVAN, TIME) is None


# Writing


def test_r8_r9_every_kind_of_change_is_written_together_and_read_back(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    put(client, TICKET, LETTER)
    FirestoreSubmissions(client).quarantine(PLAIN, Quarantine.SPAM, AT)
    entry = entry_of(client)
    line = HistoryEntry(AT, "system", Event.UNDELIVERABLE, LETTER.id)
    remark = Remark(Severity.FLAG, 12345, None, "Письмо с номером не доставлено.", AT)
    digest = Digest("run-1", AT, (remark, replace(remark, ticket=None, submission="mail-1")), 3)

    changes.write(
        Change(
            notifications=((letter(changes), TOUCHED),),
            tickets=((ticket(changes), ACCEPTED),),
            submissions=((entry, Look((OPEN,), AT + timedelta(minutes=1))),),
            history=((12345, line),),
            letters=(NOTICE,),
            dead=(DEAD,),
            digest=digest,
        ),
        TIME,
    )

    assert letter(changes).notification == TOUCHED
    assert ticket(changes).ticket == ACCEPTED
    assert letter(changes, NOTICE.id).notification == NOTICE
    there = entry_of(client)
    assert (there.flags, there.check_at) == ((OPEN,), AT + timedelta(minutes=1))
    assert (there.state, there.quarantine) == (SubmissionState.QUARANTINED, Quarantine.SPAM)
    assert fields(client, documents.history_path(12345, line)) == {
        "at": AT,
        "by": "system",
        "event": "undeliverable",
        "about": LETTER.id,
    }
    subject = FirestoreLetters(client).subject(replace(NOTICE, kind=NotificationKind.DIGEST, about="run-1"))
    assert subject == DigestSubject(digest, {12345: ACCEPTED})


def test_the_letter_and_the_ticket_here_have_every_field_that_changes() -> None:
    # Otherwise a new optional field would pass the test above unseen.
    assert not [each.name for each in fields_of(Notification) if getattr(TOUCHED, each.name) in {None, ""}]
    changing = ("accepted_at", "accepted_by", "confirmation", "flags")
    assert all(getattr(ACCEPTED, name) for name in changing)


def test_what_is_gone_from_a_letter_or_a_ticket_has_no_field_any_more(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    put(client, ACCEPTED, TOUCHED)

    changes.write(Change(notifications=((letter(changes), LETTER),), tickets=((ticket(changes), TICKET),)), TIME)

    assert fields(client, documents.notification_path(LETTER.id)) == documents.notification_document(LETTER)
    assert fields(client, documents.ticket_path(12345)) == documents.ticket_document(TICKET)


def test_a_change_touches_no_field_but_its_own(client: firestore.Client, changes: FirestoreChanges) -> None:
    put(client, TICKET)
    before = ticket(changes)
    client.document("tickets/12345").update({"crm": {"deal": 7}})

    with pytest.raises(LedgerConflictError):
        changes.write(Change(tickets=((before, ACCEPTED),)), TIME)
    changes.write(Change(tickets=((ticket(changes), ACCEPTED),)), TIME)

    stored = fields(client, "tickets/12345")
    assert stored is not None
    assert stored["crm"] == {"deal": 7}


def test_nothing_to_change_is_no_trouble(client: firestore.Client, changes: FirestoreChanges) -> None:
    put(client, TICKET, LETTER)
    before = letter(changes)

    changes.write(Change(notifications=((before, before.notification),)), TIME)
    changes.write(Change(), TIME)

    assert letter(changes) == before


def moved_letter(client: firestore.Client) -> None:
    client.document(documents.notification_path(LETTER.id)).update({"attempts": 9})


def moved_ticket(client: firestore.Client) -> None:
    client.document(documents.ticket_path(12345)).update({"title": "[#12345] Другое"})


def moved_submission(client: firestore.Client) -> None:
    client.document(documents.submission_path(PLAIN.key)).update({"state": "registered"})


def known_letter(client: firestore.Client) -> None:
    put(client, NOTICE)


def known_line(client: firestore.Client) -> None:
    client.document("tickets/12345/history/accepted-12345-confirmation").set({"by": "somebody"})


@pytest.mark.parametrize("meanwhile", [moved_letter, moved_ticket, moved_submission, known_letter, known_line])
def test_whatever_has_changed_meanwhile_nothing_is_written(
    client: firestore.Client, changes: FirestoreChanges, meanwhile: Callable[[firestore.Client], None]
) -> None:
    put(client, TICKET, LETTER)
    FirestoreRegistrations(client).keep(PLAIN, AT, TIME)
    change = Change(
        notifications=((letter(changes), TOUCHED),),
        tickets=((ticket(changes), ACCEPTED),),
        submissions=((entry_of(client), Look((OPEN,), None)),),
        history=((12345, HistoryEntry(AT, "system", Event.ACCEPTED, LETTER.id)),),
        letters=(NOTICE,),
        dead=(DEAD,),
        digest=Digest("run-1", AT),
    )
    meanwhile(client)

    with pytest.raises(LedgerConflictError):
        changes.write(change, TIME)

    assert letter(changes).notification.state is NotificationState.REQUESTED
    assert ticket(changes).ticket.acceptance is Acceptance.PENDING
    assert entry_of(client).flags == ()
    assert fields(client, "digests/run-1") is None
    assert dead(client) is None
    assert (NOTICE.id in changes.notifications([NOTICE.id], TIME)) is (meanwhile is known_letter)


def test_what_the_ledger_will_never_take_leaves_all_as_it_was(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    put(client, TICKET, LETTER)
    endless = replace(TOUCHED, failure=Failure(None, "х" * 600_000))

    with pytest.raises(LedgerRefusedError):
        changes.write(Change(notifications=((letter(changes), endless),), dead=(DEAD,)), TIME)

    assert letter(changes).notification == LETTER
    assert dead(client) is None


def test_a_ledger_that_does_not_answer_is_unavailable(changes: FirestoreChanges) -> None:
    with pytest.raises(LedgerUnavailableError):
        changes.write(Change(dead=(DEAD,)), 0.000_001)


# Dead addresses


def dead(client: firestore.Client, address: str = IVAN) -> DeadAddress | None:
    put(client, TICKET)
    submission = submission_documents.submission_document(PLAIN, SubmissionState.REGISTERED, ticket=12345)
    if fields(client, documents.submission_path(PLAIN.key)) is None:
        client.document(documents.submission_path(PLAIN.key)).set(submission)
    subject = FirestoreLetters(client).subject(replace(LETTER, recipient=address))
    assert isinstance(subject, TicketSubject)
    return subject.dead


@pytest.mark.parametrize("address", [IVAN, "a/b@example.ru", "..@example.ru", "анна@пример.рф", "x" * 2000])
def test_r9_an_address_is_dead_until_it_is_said_to_work(
    client: firestore.Client, changes: FirestoreChanges, address: str
) -> None:
    assert dead(client, address) is None

    changes.write(Change(dead=(replace(DEAD, address=address, notification=None),)), TIME)
    assert dead(client, address) == replace(DEAD, address=address, notification=None)
    changes.write(Change(dead=(replace(DEAD, address=address, reason="550 again"),)), TIME)
    assert dead(client, address) == replace(DEAD, address=address, reason="550 again")

    changes.write(Change(revived=(address,)), TIME)
    changes.write(Change(revived=(address,)), TIME)
    assert dead(client, address) is None


def test_r9_letters_to_specialists_are_not_held_back(client: firestore.Client, changes: FirestoreChanges) -> None:
    changes.write(Change(dead=(replace(DEAD, address=SPECIALISTS),)), TIME)
    put(client, TICKET)
    registered = submission_documents.submission_document(PLAIN, SubmissionState.REGISTERED, ticket=12345)
    client.document(documents.submission_path(PLAIN.key)).set(registered)

    subject = FirestoreLetters(client).subject(notification_of(TICKET, NotificationKind.NEW_TICKET))

    assert isinstance(subject, TicketSubject)
    assert subject.dead is None


def test_r9_the_notice_of_trouble_is_about_the_letter_that_failed(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    put(client, TICKET, TOUCHED)
    registered = submission_documents.submission_document(PLAIN, SubmissionState.REGISTERED, ticket=12345)
    client.document(documents.submission_path(PLAIN.key)).set(registered)
    changes.write(Change(letters=(NOTICE,), dead=(DEAD,)), TIME)

    assert FirestoreLetters(client).subject(NOTICE) == TicketSubject(TICKET, PLAIN, failed=TOUCHED)


# Flags


def entry_of(client: firestore.Client) -> Entry:
    entry = FirestoreSubmissions(client).find(PLAIN.key)
    assert entry is not None
    return entry


@pytest.mark.parametrize("flags", [(), (CLEARED,), (OPEN,), (CLEARED, OPEN)])
def test_r16_what_stands_flagged_can_be_found_and_only_that(
    client: firestore.Client, changes: FirestoreChanges, flags: tuple[Flag, ...]
) -> None:
    put(client, TICKET)
    FirestoreRegistrations(client).keep(PLAIN, AT, TIME)

    changes.write(
        Change(
            tickets=((ticket(changes), replace(TICKET, flags=flags)),),
            submissions=((entry_of(client), Look(flags, None)),),
        ),
        TIME,
    )

    for collection in ("tickets", "submissions"):
        found = list(client.collection(collection).order_by("flagged_at").stream())
        assert [each.get("flagged_at") for each in found] == ([OPEN.raised_at] if OPEN in flags else [])
    assert (ticket(changes).ticket.flags, entry_of(client).flags) == (flags, flags)
    assert entry_of(client).check_at is None


def test_r16_a_flag_that_is_cleared_is_found_no_more(client: firestore.Client, changes: FirestoreChanges) -> None:
    FirestoreRegistrations(client).keep(PLAIN, AT, TIME)
    changes.write(Change(submissions=((entry_of(client), Look((OPEN,), AT)),)), TIME)

    changes.write(Change(submissions=((entry_of(client), Look((replace(OPEN, cleared_at=AT),), None)),)), TIME)

    assert list(client.collection("submissions").order_by("flagged_at").stream()) == []


@pytest.mark.parametrize(("flags", "due"), [((), False), ((CLEARED,), False), ((OPEN,), True), ((CLEARED, OPEN), True)])
def test_r16_a_registration_from_quarantine_keeps_its_flags_and_is_looked_at_once_more_if_one_is_open(
    client: firestore.Client, changes: FirestoreChanges, flags: tuple[Flag, ...], *, due: bool
) -> None:
    FirestoreSubmissions(client).quarantine(PLAIN, Quarantine.SPAM, AT)
    changes.write(Change(submissions=((entry_of(client), Look(flags, None)),)), TIME)
    store = FirestoreRegistrations(client)
    counter, entries = store.look([PLAIN.key], 12345, TIME)

    store.commit(counter, [Registration(PLAIN, TICKET, (LETTER,), entries[PLAIN.key])], TIME)

    entry = entry_of(client)
    assert (entry.state, entry.ticket, entry.quarantine) == (SubmissionState.REGISTERED, 12345, None)
    assert entry.flags == flags
    # It is due at once: the arrival lies in the past.
    assert entry.check_at == (PLAIN.received_at if due else None)


# The use case over the store


class SilentBell:
    def ring(self, notifications: object) -> None:
        """Nobody listens in these tests."""


def test_r8_r9_two_recorders_of_one_bounce_leave_one_notice(
    client: firestore.Client, changes: FirestoreChanges
) -> None:
    put(client, TICKET, replace(LETTER, state=NotificationState.SENT, sent_at=AT))
    recorders = [OutcomeRecorder(changes, SilentBell(), SPECIALISTS, lambda: AT) for _ in range(2)]

    def bounced(there: Notification) -> Notification:
        if there.state is NotificationState.BOUNCED:
            return there
        # The other is faster, but for the first time that this is asked.
        if others := recorders[1:]:
            del recorders[1:]
            others[0].change(LETTER.id, bounced)
        return replace(there, state=NotificationState.BOUNCED, event_at=AT, failure=Failure(None, "550 no such user"))

    recorders[0].change(LETTER.id, bounced)

    assert ticket(changes).ticket.acceptance is Acceptance.UNDELIVERABLE
    assert [each.id for each in client.collection("notifications").list_documents()] == [LETTER.id, NOTICE.id]
    lines = [each.id for each in client.collection("tickets/12345/history").list_documents()]
    assert lines == ["undeliverable-12345-confirmation"]
