"""Registration: numbers, what is written with them, repeated deliveries, reused keys, the bell (R1, R4, R13, R14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.notification import NotificationState
from shared.domain.submission import Channel, File, Mark, Omission
from shared.ledger import LedgerRefusedError, LedgerUnavailableError
from shared.numbering import KeyReusedError, Registered
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger, Fault
from tests.unit.registering import (
    FIRST,
    IVAN,
    MONDAY,
    PHONE_ONLY,
    POLICY,
    SPECIALISTS,
    Clock,
    RecordingBell,
    letters,
    number,
    registered,
    submission,
    together,
)

# Numbers


def test_r4_the_first_ticket_has_the_configured_number_and_shows_it_in_its_title(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    outcome = registered(registrar.register(submission()))

    assert outcome.ticket.number == FIRST
    assert outcome.ticket.title == "[#12345] Не открывается шлагбаум"
    assert not outcome.repeated
    assert ledger.tickets == {FIRST: outcome.ticket}
    assert ledger.last == FIRST


def test_r4_numbers_are_sequential_without_gaps(registrar: Registrar, ledger: FakeLedger) -> None:
    numbers = [number(registrar.register(submission(f"form-{index}"))) for index in range(5)]

    assert numbers == [FIRST, FIRST + 1, FIRST + 2, FIRST + 3, FIRST + 4]
    assert sorted(ledger.tickets) == numbers


def test_r4_two_instances_share_one_sequence(registrar: Registrar, another: Registrar, ledger: FakeLedger) -> None:
    numbers = [number((registrar, another)[index % 2].register(submission(f"form-{index}"))) for index in range(6)]

    assert numbers == list(range(FIRST, FIRST + 6))
    assert sorted(ledger.tickets) == numbers


def test_r4_a_new_instance_goes_on_where_the_last_one_stopped(registrar: Registrar, another: Registrar) -> None:
    registrar.register(submission("form-1"))

    assert number(another.register(submission("form-2"))) == FIRST + 1


def test_r4_a_group_gets_its_numbers_in_the_order_of_arrival_in_one_commit(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    outcomes = together(registrar, ledger, [submission(f"form-{index}") for index in range(4)])

    assert [outcome.ticket.number for outcome in outcomes if isinstance(outcome, Registered)] == [
        FIRST + 1,
        FIRST + 2,
        FIRST + 3,
        FIRST + 4,
    ]
    assert ledger.commits == [("holds the door",), ("form-0", "form-1", "form-2", "form-3")]


# What is written


def test_r2_r3_r11_everything_that_belongs_to_a_ticket_is_written_with_it(
    registrar: Registrar, ledger: FakeLedger, clock: Clock
) -> None:
    file = File("Снимок экрана №5.png", "image/png", 3, "ab" * 32, "form-1/0")
    sent = replace(submission(), files=(file,), marks=(Mark.CAPTCHA_UNVERIFIED,), consented_at=MONDAY)

    ticket = registered(registrar.register(sent)).ticket

    assert ledger.entries["form-1"].submission == sent
    assert ledger.entries["form-1"].ticket == FIRST
    assert (ticket.channels, ticket.received_at, ticket.contact) == ((Channel.FORM,), MONDAY, IVAN)
    assert (ticket.submissions, ticket.marks) == (("form-1",), (Mark.CAPTCHA_UNVERIFIED,))
    assert MONDAY < ticket.registered_at <= clock.time
    confirmation, new_ticket = (ledger.notifications[letter] for letter in letters(FIRST))
    assert (confirmation.recipient, new_ticket.recipient) == ("ivan@example.ru", SPECIALISTS)
    assert {confirmation.state, new_ticket.state} == {NotificationState.REQUESTED}
    assert {confirmation.ticket, new_ticket.ticket} == {FIRST}


def test_r10_a_client_without_an_address_gets_no_letter_and_the_ticket_says_why(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    ticket = registered(registrar.register(submission(contact=PHONE_ONLY))).ticket

    assert ticket.confirmation_omitted is Omission.NO_EMAIL
    assert list(ledger.notifications) == ["12345-new-ticket"]
    assert ledger.notifications["12345-new-ticket"].recipient == SPECIALISTS
    assert bell.rung == ["12345-new-ticket"]


def test_r13_a_request_on_saturday_is_registered_at_once_and_answered_from_monday(
    ledger: FakeLedger, bell: RecordingBell
) -> None:
    saturday = datetime(2026, 11, 21, 20, tzinfo=UTC)
    registrar = Registrar(ledger, bell, POLICY, Clock(saturday))

    ticket = registered(registrar.register(replace(submission(), received_at=saturday))).ticket

    assert ticket.received_at == saturday
    assert ticket.registered_at - saturday < timedelta(seconds=1)
    assert ticket.response_starts_at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert ticket.out_of_hours


def test_r13_in_working_hours_the_response_clock_starts_with_the_arrival(registrar: Registrar) -> None:
    ticket = registered(registrar.register(submission())).ticket

    assert ticket.response_starts_at == MONDAY
    assert not ticket.out_of_hours


def test_r14_a_request_that_says_next_to_nothing_is_registered(registrar: Registrar) -> None:
    ticket = registered(registrar.register(submission(text="?"))).ticket

    assert ticket.number == FIRST
    assert len(ticket.missing) == 5


# Repeated deliveries


def test_a_repeated_delivery_gets_its_first_answer_and_makes_nothing_new(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    first = registered(registrar.register(submission()))
    again = registered(registrar.register(replace(submission(), received_at=MONDAY + timedelta(hours=1))))

    assert again == Registered(first.ticket, repeated=True)
    assert list(ledger.tickets) == [FIRST]
    assert list(ledger.notifications) == letters(FIRST)


def test_a_delivery_repeated_to_another_instance_gets_its_first_answer(
    registrar: Registrar, another: Registrar, ledger: FakeLedger
) -> None:
    another.register(submission("form-0"))
    first = registered(registrar.register(submission("form-1")))

    assert another.register(submission("form-1")) == Registered(first.ticket, repeated=True)
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1]


def test_a_repeated_delivery_leaves_no_gap_behind(registrar: Registrar, ledger: FakeLedger) -> None:
    registrar.register(submission("form-1"))
    registrar.register(submission("form-1"))

    assert number(registrar.register(submission("form-2"))) == FIRST + 1
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1]


def test_a_repeated_delivery_does_not_hold_up_those_who_came_with_it(registrar: Registrar, ledger: FakeLedger) -> None:
    first = registered(registrar.register(submission("form-1")))

    again, new, newer = together(registrar, ledger, [submission("form-1"), submission("form-2"), submission("form-3")])

    assert again == Registered(first.ticket, repeated=True)
    assert isinstance(new, Registered)
    assert isinstance(newer, Registered)
    assert (new.ticket.number, newer.ticket.number) == (FIRST + 2, FIRST + 3)


def test_the_same_delivery_twice_in_one_group_makes_one_ticket(registrar: Registrar, ledger: FakeLedger) -> None:
    once, twice = together(registrar, ledger, [submission("form-1"), submission("form-1")])

    assert isinstance(once, Registered)
    assert not once.repeated
    assert twice == Registered(once.ticket, repeated=True)
    assert sorted(ledger.tickets) == [FIRST, FIRST + 1]
    assert ledger.commits[-1] == ("form-1",)


def test_a_repeated_delivery_survives_that_its_ticket_cannot_be_read_at_first(
    registrar: Registrar, another: Registrar, ledger: FakeLedger
) -> None:
    # The counter is known after the first reading; the delivery must be looked at again all the same.
    first = registered(registrar.register(submission()))
    ledger.faults["ticket"].extend([Fault.UNAVAILABLE, Fault.UNAVAILABLE])

    assert another.register(submission()) == Registered(first.ticket, repeated=True)
    assert list(ledger.tickets) == [FIRST]
    assert ledger.entries["form-1"].ticket == FIRST


# Keys used for something else


def test_a_key_reused_for_other_content_is_refused_and_nothing_is_written(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    registrar.register(submission())
    rung = list(bell.rung)

    with pytest.raises(KeyReusedError):
        registrar.register(submission(text="Другой вопрос"))

    assert list(ledger.tickets) == [FIRST]
    assert ledger.entries["form-1"].submission == submission()
    assert bell.rung == rung


def test_the_same_words_of_another_person_are_other_content(registrar: Registrar) -> None:
    registrar.register(submission())

    with pytest.raises(KeyReusedError):
        registrar.register(submission(contact=PHONE_ONLY))


def test_a_key_reused_within_one_group_is_refused_to_the_second(registrar: Registrar, ledger: FakeLedger) -> None:
    first, other, again = together(registrar, ledger, [submission(), submission(text="Другой вопрос"), submission()])

    assert isinstance(first, Registered)
    assert isinstance(other, KeyReusedError)
    assert again == Registered(first.ticket, repeated=True)


def test_a_repeated_delivery_gets_its_answer_though_another_request_with_its_key_is_in_the_group(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    earlier = registered(registrar.register(submission()))

    repetition = replace(submission(), received_at=MONDAY + timedelta(seconds=9))
    other, again = together(registrar, ledger, [submission(text="Другой вопрос"), repetition])

    assert isinstance(other, KeyReusedError)
    assert again == Registered(earlier.ticket, repeated=True)


def test_a_key_counts_as_used_only_by_what_is_in_the_ledger(registrar: Registrar, ledger: FakeLedger) -> None:
    # The first of the two is refused for itself: the second is the only one with this key, and must not be lost.
    other_content = submission(text="Другой вопрос")
    ledger.poison = {"form-1"}
    ledger.before["keep"].append(ledger.poison.clear)

    poison, other = together(registrar, ledger, [submission(), other_content])

    assert isinstance(poison, LedgerRefusedError)
    assert other == Kept(MONDAY)
    assert ledger.entries["form-1"].submission == other_content


# The bell


def test_r5_r11_the_bell_rings_for_every_letter_also_for_a_repeated_delivery(
    registrar: Registrar, bell: RecordingBell
) -> None:
    registrar.register(submission())
    assert bell.rung == letters(FIRST)

    registrar.register(submission())
    assert bell.rung == letters(FIRST) * 2


def test_the_bell_rings_after_the_commit(ledger: FakeLedger, clock: Clock) -> None:
    known: list[bool] = []

    class ListeningBell:
        def ring(self, notifications: Sequence[str]) -> None:
            known.extend(letter in ledger.notifications for letter in notifications)

    Registrar(ledger, ListeningBell(), POLICY, clock).register(submission())

    assert known == [True, True]


# Asking for an earlier answer


def test_the_earlier_answer_is_that_of_the_ledger(registrar: Registrar, ledger: FakeLedger) -> None:
    assert registrar.earlier(submission("form-1")) is None

    first = registered(registrar.register(submission("form-1")))
    assert registrar.earlier(submission("form-1")) == Registered(first.ticket, repeated=True)

    ledger.always["commit"] = Fault.UNAVAILABLE
    registrar.register(submission("form-2"))
    assert registrar.earlier(replace(submission("form-2"), received_at=MONDAY + timedelta(hours=1))) == Kept(MONDAY)

    with pytest.raises(KeyReusedError):
        registrar.earlier(submission("form-1", text="Другой вопрос"))
    assert list(ledger.tickets) == [FIRST]


def test_an_earlier_answer_that_cannot_be_read_is_not_denied(registrar: Registrar, ledger: FakeLedger) -> None:
    registrar.register(submission())
    ledger.faults["look"].append(Fault.UNAVAILABLE)
    with pytest.raises(LedgerUnavailableError):
        registrar.earlier(submission())

    ledger.faults["ticket"].append(Fault.UNAVAILABLE)
    with pytest.raises(LedgerUnavailableError):
        registrar.earlier(submission())
