"""What is left of a ticket, a submission, a letter and a line of history when the client's data are erased."""

import types
import typing
from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from shared.domain.acceptance import Consequences, consequences
from shared.domain.contact import Contact
from shared.domain.erasure import (
    ERASED_TOPIC,
    Client,
    addresses_in,
    client_of,
    erased_letter,
    erased_line,
    erased_submission,
    erased_ticket,
    parse_client,
    without,
    without_participant,
)
from shared.domain.flag import Flag, FlagKind
from shared.domain.follow_up import is_due
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import (
    TO_CLIENTS,
    Failure,
    Notification,
    NotificationKind,
    NotificationState,
    requested,
)
from shared.domain.submission import Channel, Message, Submission
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import ERASED_REASON, NOT_NEEDED, OVERTAKEN_REASON, explain
from tests.sample_ticket import FULL, PLAIN, SPECIALISTS, opened

AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
MARK = "marker@klient.example"
SHE = Client(email=MARK)


def filled(kind: Any) -> Any:  # noqa: ANN401  # a value of any type that a domain object has
    """A value of a type with the marker in every text that it holds, whatever fields it has by now."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return filled(next(each for each in arguments if each is not types.NoneType))
    if origin is tuple:
        return (filled(arguments[0]),)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name]) for field in fields(kind)})  # type: ignore[operator]  # a class
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    values: dict[Any, Any] = {str: MARK, int: 7, bool: True, float: 1.5, datetime: AT - timedelta(days=9)}
    return values[kind]


def marked(value: Any, path: str = "") -> list[str]:  # noqa: ANN401  # as above
    """Where the marker stands in a value."""
    if is_dataclass(value):
        return [found for each in fields(value) for found in marked(getattr(value, each.name), f"{path}.{each.name}")]
    if isinstance(value, tuple):
        return [found for each in value for found in marked(each, path)]
    return [path.lstrip(".")] if isinstance(value, str) and MARK in value else []


@pytest.mark.parametrize(
    ("kind", "erase", "stays"),
    [
        # Keys, ids and what a specialist has said.
        (
            Ticket,
            lambda ticket: erased_ticket(ticket, AT),
            {"submissions", "known.submission", "confirmation", "accepted_by"},
        ),
        (Submission, lambda submission: erased_submission(submission, AT), {"key", "by"}),
        (Notification, erased_letter, {"id", "submission", "about", "requested_by"}),
    ],
)
def test_no_text_of_an_erased_object_is_the_clients(kind: Any, erase: Any, stays: Collection[str]) -> None:  # noqa: ANN401
    whole = filled(kind)
    assert len(marked(whole)) > len(stays)
    assert set(marked(erase(whole))) == set(stays)


@pytest.mark.parametrize("kind", [Ticket, Submission, Notification])
def test_what_is_erased_stays_the_same_when_it_is_erased_again(kind: Any) -> None:  # noqa: ANN401  # a class
    def erase(value: Any, at: datetime) -> Any:  # noqa: ANN401  # as above
        if isinstance(value, Ticket):
            return erased_ticket(value, at)
        return erased_submission(value, at) if isinstance(value, Submission) else erased_letter(value)

    once = erase(filled(kind), AT)
    assert erase(once, AT + timedelta(days=1)) is once


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Acceptance.PENDING, Acceptance.NOT_AWAITED),
        (Acceptance.UNDELIVERABLE, Acceptance.NOT_AWAITED),
        (Acceptance.REVOKED, Acceptance.NOT_AWAITED),
        (Acceptance.ACCEPTED, Acceptance.ACCEPTED),
        (Acceptance.NOT_AWAITED, Acceptance.NOT_AWAITED),
    ],
)
def test_r8_nobody_waits_for_an_erased_ticket(before: Acceptance, after: Acceptance) -> None:
    flag = Flag(FlagKind.NOT_CONFIRMED, AT, "Письмо не доставлено: <marker@klient.example>")
    ticket = replace(opened(FULL), acceptance=before, accepted_at=AT, flags=(flag,))
    erased = erased_ticket(ticket, AT)
    assert (erased.acceptance, erased.accepted_at) == (after, AT)
    assert (erased.check_at, is_due(erased, AT + timedelta(days=400))) == (None, False)
    assert [(each.kind, each.is_open, MARK in each.reason) for each in erased.flags] == [
        (FlagKind.NOT_CONFIRMED, False, False)
    ]
    letter = replace(filled(Notification), kind=NotificationKind.CONFIRMATION, id=erased.confirmation)
    bounced = replace(letter, state=NotificationState.BOUNCED)
    assert consequences(letter, bounced, erased, SPECIALISTS, AT) == Consequences()


def test_number_times_and_channel_stay() -> None:
    ticket, erased = opened(FULL), erased_ticket(opened(FULL), AT)
    kept = ("number", "channels", "received_at", "registered_at", "response_starts_at", "missing", "previous_ticket")
    assert [getattr(erased, name) for name in kept] == [getattr(ticket, name) for name in kept]
    assert (erased.title, erased.erased_at) == (f"[#12345] {ERASED_TOPIC}", AT)
    submission = erased_submission(FULL, AT)
    same = ("key", "channel", "received_at", "consented_at", "marks")
    assert [getattr(submission, name) for name in same] == [getattr(FULL, name) for name in same]
    assert (submission.details.urgent, submission.erased_at) == (True, AT)


@pytest.mark.parametrize("state", list(NotificationState))
@pytest.mark.parametrize("kind", [NotificationKind.CONFIRMATION, NotificationKind.NEW_TICKET])
def test_a_letter_that_was_not_sent_is_not_sent_any_more(kind: NotificationKind, state: NotificationState) -> None:
    to = MARK if kind in TO_CLIENTS else SPECIALISTS
    letter = replace(requested(f"12345-{kind}", 12345, kind, to, AT), state=state)
    erased = erased_letter(letter)
    unsent = state in {NotificationState.REQUESTED, NotificationState.SENDING}
    assert erased.state is (NotificationState.DROPPED if unsent else state)
    assert erased.failure == (Failure(None, ERASED_REASON) if unsent else None)
    assert (erased.check_at, erased.recipient) == (None, "" if kind in TO_CLIENTS else SPECIALISTS)
    assert ERASED_REASON in NOT_NEEDED


@pytest.mark.parametrize(
    ("reason", "left", "said"),
    [
        (f"550 5.1.1 <{MARK}>: user unknown", "5.1.1", "адрес не существует (ответ: «5.1.1»)"),
        (f"no such user {MARK}", "", "причина неизвестна"),
        ("host 192.0.2.251 said 5.2.2.1", "", "причина неизвестна"),
        (OVERTAKEN_REASON, OVERTAKEN_REASON, None),
    ],
)
def test_of_a_mail_servers_words_only_the_code_is_left(reason: str, left: str, said: str | None) -> None:
    letter = replace(filled(Notification), state=NotificationState.BOUNCED, failure=Failure(None, reason))
    failure = erased_letter(letter).failure
    assert failure == Failure(None, left)
    assert said is None or explain(failure) == said


def test_a_line_of_history_does_not_say_which_client_did_it() -> None:
    hers = HistoryEntry(AT, MARK, Event.MESSAGE_JOINED, "mail-1")
    assert erased_line(hers, {MARK}) == replace(hers, by="client")
    for by in ("system", "Анна Петрова <anna@pass24online.ru>", "client"):
        line = replace(hers, by=by)
        assert erased_line(line, {MARK}) is line


def test_the_addresses_of_a_ticket_are_its_clients_and_not_ours() -> None:
    ours = Message("raw", sender=SPECIALISTS, participants=("olga@firma.example",))
    answer = replace(PLAIN, contact=Contact("", "reply@klient.example", None), message=ours)
    ticket = replace(opened(PLAIN), contact=Contact("", "new@klient.example", None), participants=("p@x.example",))
    assert addresses_in(ticket, [PLAIN, answer]) == {
        *("new@klient.example", "ivan.petrov@example.ru", "reply@klient.example"),
        *("olga@firma.example", "p@x.example"),
    }


@pytest.mark.parametrize(
    ("contact", "by_address", "by_number"),
    [
        (Contact("", MARK, None), True, False),
        (Contact("", MARK, "+79161234567"), True, False),
        (Contact("", "other@klient.example", "+79161234567"), False, False),
        (Contact("", None, "+79161234567"), False, True),
        (Contact("Marker", None, None), False, False),
    ],
)
def test_a_phone_number_counts_where_no_address_stands_beside_it(
    contact: Contact, *, by_address: bool, by_number: bool
) -> None:
    assert SHE.is_contact(contact) is by_address
    assert Client(phone="+79161234567").is_contact(contact) is by_number
    assert not Client(ticket=1).is_contact(contact)


@pytest.mark.parametrize(
    ("message", "hers"),
    [
        (Message("raw", sender=MARK), True),
        (Message("raw", return_path="Marker@Klient.example"), True),
        (Message("raw", sender="other@x.example", participants=(MARK,), recipients=(MARK,)), False),
    ],
)
def test_a_message_is_its_senders(message: Message, *, hers: bool) -> None:
    mailed = replace(PLAIN, channel=Channel.EMAIL, contact=Contact("", None, None), message=message)
    assert SHE.has_written(mailed) is hers
    assert not Client(phone="+79161234567").has_written(mailed)
    cleaned = without(SHE, mailed)
    assert MARK not in repr(cleaned).lower()
    assert without(SHE, cleaned) is cleaned


def test_who_is_named_elsewhere_is_named_no_longer_and_nothing_else_changes() -> None:
    message = filled(Message)
    others = replace(
        message, sender="o@x.example", participants=("o@x.example", MARK), recipients=("s@x.example", MARK)
    )
    submission = replace(FULL, message=others)
    assert without(SHE, submission) == replace(
        submission,
        message=replace(others, participants=("o@x.example",), recipients=("s@x.example",), return_path=""),
    )
    ticket = replace(opened(FULL), participants=(MARK, "o@x.example"))
    assert without_participant(SHE, ticket) == replace(ticket, participants=("o@x.example",))
    assert without_participant(SHE, opened(PLAIN)) == opened(PLAIN)
    mistyped = replace(PLAIN, contact=Contact("Юрий", MARK, "+79161234567"))
    assert without(SHE, mistyped).contact == Contact("Юрий", None, "+79161234567")


@pytest.mark.parametrize(
    ("text", "client"),
    [
        (" Marker@KLIENT.example ", SHE),
        ("8 (916) 123-45-67", Client(phone="+79161234567")),
        ("+7 916 1234567", Client(phone="+79161234567")),
    ],
)
def test_a_client_is_known_however_the_contact_is_written(text: str, client: Client) -> None:
    assert parse_client(text) == client


@pytest.mark.parametrize("text", ["", "Иван", "12345", "@", "a@b@c"])
def test_what_is_no_contact_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_client(text)


@pytest.mark.parametrize(
    ("contact", "client"),
    [
        (Contact("", MARK, "+79161234567"), SHE),
        (Contact("", None, "+79161234567"), Client(phone="+79161234567")),
        (Contact("Маркер", None, None), Client(ticket=12345)),
    ],
)
def test_a_tickets_client_is_known_by_the_address_first(contact: Contact, client: Client) -> None:
    assert client_of(replace(opened(PLAIN), contact=contact)) == client


@pytest.mark.parametrize("more", [{}, {"email": MARK, "phone": "+79161234567"}])
def test_a_client_is_known_by_one_thing(more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one thing"):
        Client(**more)  # type: ignore[arg-type]  # texts only
