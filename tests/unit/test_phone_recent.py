"""A caller's recent tickets (R15), over a ledger in memory."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_phone.recent import MOST_SHOWN, RecentTickets, state_of
from shared.domain.submission import Omission
from shared.domain.ticket import Acceptance, Ticket
from shared.ledger import Recent, Surroundings
from tests.sample_ticket import PLAIN, opened

PHONE, EMAIL = "+7 916 123-45-67", "ivan@example.ru"
ADDRESS = "https://desk.example"
SAMPLE = opened(PLAIN)


@dataclass
class Past:
    """What the ledger holds; counts how often it is read."""

    tickets: dict[int, Ticket] = field(default_factory=dict)
    entries: dict[str, list[int]] = field(default_factory=dict)
    reads: int = 0

    def surroundings(self, identities: Collection[str], numbers: Collection[int], timeout: float) -> Surroundings:
        assert timeout > 0
        self.reads += 1
        recent = {
            name: [Recent(number, f"phone-{number}", self.tickets[number].received_at) for number in self.entries[name]]
            for name in identities
            if name in self.entries
        }
        return Surroundings(recent, {each: self.tickets[each] for each in numbers if each in self.tickets})

    def add(self, *names: str, **changes: object) -> int:
        number = 1 + len(self.tickets)
        received_at = SAMPLE.received_at + timedelta(minutes=number)
        ticket = replace(SAMPLE, number=number, title=f"[#{number}] Вопрос", received_at=received_at, **changes)  # type: ignore[arg-type]  # a ticket's fields
        self.tickets[number] = ticket
        for name in names:
            self.entries.setdefault(name, []).append(number)
        return number


@pytest.fixture
def past() -> Past:
    return Past()


def numbers(past: Past, phone: str = PHONE, email: str = "") -> list[object]:
    return [each["ticket"] for each in RecentTickets(past, ADDRESS).of(phone, email)]


BY_PHONE, BY_EMAIL = "phone:+79161234567", "email:ivan@example.ru"


def test_r15_the_newest_come_first_and_no_more_than_can_be_taken_in(past: Past) -> None:
    for _ in range(MOST_SHOWN + 3):
        past.add(BY_PHONE)
    assert numbers(past) == [8, 7, 6, 5, 4]
    assert past.reads == 2


def test_r15_phone_and_address_are_the_same_caller(past: Past) -> None:
    past.add(BY_PHONE)
    past.add(BY_EMAIL)
    past.add(BY_PHONE, BY_EMAIL)
    past.add("phone:+79160000000")
    assert numbers(past) == [3, 1]
    assert numbers(past, "", EMAIL) == [3, 2]
    assert numbers(past, PHONE, EMAIL) == [3, 2, 1]


def test_r15_in_place_of_a_merged_ticket_the_one_that_goes_on_is_shown_once(past: Past) -> None:
    past.add()
    past.add(BY_PHONE, merged_into=1)
    past.add(BY_PHONE, merged_into=2)
    past.add(BY_PHONE)
    assert numbers(past) == [4, 1]


def test_r15_redirects_that_lead_nowhere_or_in_a_circle_are_left_out(past: Past) -> None:
    past.add(BY_PHONE, merged_into=2)
    past.add(BY_PHONE, merged_into=1)
    past.add(BY_PHONE, merged_into=99)
    past.add(BY_PHONE)
    assert numbers(past) == [4]


def test_what_was_erased_is_not_shown(past: Past) -> None:
    past.add(BY_PHONE, erased_at=SAMPLE.registered_at)
    assert numbers(past) == []


def test_r15_what_is_shown_leads_to_the_desk(past: Past) -> None:
    past.add(BY_PHONE)
    [shown] = RecentTickets(past, ADDRESS).of(PHONE, "")
    assert shown == {
        "ticket": 1,
        "title": "[#1] Вопрос",
        "received_at": shown["received_at"],
        "state": state_of(past.tickets[1]),
        "url": "https://desk.example/tickets/1",
    }
    assert str(shown["received_at"]).endswith("Z")
    [without] = RecentTickets(past, None).of(PHONE, "")
    assert "url" not in without


@pytest.mark.parametrize(
    "text", ["", " ", "+7 916", "ivan@", "да", "1" * 61, "+" + "9" * 59, "\0", "; DROP", "ы" * 300]
)
def test_what_is_no_contact_yet_asks_nothing_of_the_ledger(past: Past, text: str) -> None:
    past.add(BY_PHONE)
    assert numbers(past, text, text) == []
    assert past.reads == 0


@given(st.text(), st.text())
def test_whatever_is_typed_is_answered(phone: str, email: str) -> None:
    assert RecentTickets(Past(), None).of(phone, email) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "письмо с номером ещё не доставлено"),
        ({"acceptance": Acceptance.ACCEPTED}, "принято, номер у клиента"),
        ({"acceptance": Acceptance.UNDELIVERABLE}, "письмо с номером не доставлено"),
        ({"acceptance": Acceptance.REVOKED}, "письмо с номером вернулось"),
        ({"acceptance": Acceptance.NOT_AWAITED}, "письма с номером не было"),
        ({"confirmation_omitted": Omission.NO_EMAIL}, "номер клиенту ещё не сообщён"),
        ({"urgent": True}, "экстренное, письмо с номером ещё не доставлено"),
    ],
)
def test_r8_what_became_of_a_ticket_is_said_in_a_few_words(changes: dict[str, object], said: str) -> None:
    assert state_of(replace(SAMPLE, missing=(), **changes)) == said  # type: ignore[arg-type]  # a ticket's fields


def test_r6_what_lacks_data_says_so() -> None:
    assert state_of(SAMPLE).endswith(", не хватает данных")
