"""What the desk finds in the official emulator: pages that stay, filters, beginnings of texts, counts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import firestore

from shared.domain.completeness import Detail
from shared.domain.concern import Concern
from shared.domain.contact import Contact
from shared.domain.submission import Channel, Omission, Quarantine, SubmissionState
from shared.domain.ticket import Acceptance, Ticket, open_ticket
from shared.store import documents, submission_documents
from shared.store.desk import MOST_WAITING, PAGE, FirestoreDesk, Place, TextOf, Wanted
from shared.store.documents import searchable
from shared.store.today import FirestoreToday, Today
from tests.bench.cost import counting
from tests.desk_instance import CLIENT, arrival, described, mail
from tests.many_due import Documents, put
from tests.registered import HOURS

NOON = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def ledger(ledger_project: str) -> firestore.Client:
    return firestore.Client(project=ledger_project)


@pytest.fixture
def desk(ledger: firestore.Client) -> FirestoreDesk:
    return FirestoreDesk(ledger)


def ticket(
    number: int, at: datetime = NOON, *, contact: Contact = CLIENT, title: str = "", **changes: object
) -> Ticket:
    """A ticket that needs nobody, but for the changes."""
    submission = described(arrival(f"form-{number}", at, contact), subject=title)
    settled = replace(open_ticket(submission, number, at + SECOND, HOURS), missing=(), acceptance=Acceptance.ACCEPTED)
    return replace(settled, **changes)  # type: ignore[arg-type]  # any field


def stored(*tickets: Ticket) -> Documents:
    for each in tickets:
        yield documents.ticket_path(each.number), documents.ticket_document(each)


def many(numbers: Iterable[int]) -> list[Ticket]:
    """Tickets of which the higher number came later."""
    return [ticket(number, NOON + number * SECOND) for number in numbers]


def numbers(tickets: Sequence[Ticket]) -> list[int]:
    return [each.number for each in tickets]


def walk(desk: FirestoreDesk, wanted: Wanted) -> list[list[int]]:
    """The numbers on each page, from the first to the last."""
    pages, behind = [], None
    for _ in range(20):
        page = desk.page(wanted, behind)
        pages.append(numbers(page.tickets))
        if page.last is None:
            return pages
        behind = page.last
    raise AssertionError("the list has no end")


def together(pages: Iterable[Sequence[int]]) -> list[int]:
    return [number for page in pages for number in page]


def test_the_newest_come_first_and_every_ticket_stands_on_one_page(
    ledger: firestore.Client, desk: FirestoreDesk
) -> None:
    put(ledger, stored(*many(range(1, 61))))

    pages = walk(desk, Wanted())

    assert [len(page) for page in pages] == [PAGE, PAGE, 10]
    assert together(pages) == list(range(60, 0, -1))


def test_tickets_that_arrived_at_the_same_moment_are_neither_skipped_nor_shown_twice(
    ledger: firestore.Client, desk: FirestoreDesk
) -> None:
    put(ledger, stored(*(ticket(number) for number in range(1, 61))))

    assert sorted(together(walk(desk, Wanted()))) == list(range(1, 61))


def test_a_page_stays_as_it_is_while_tickets_arrive(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, 61))))
    first = desk.page(Wanted())
    before = desk.page(Wanted(), first.last)

    put(ledger, stored(*many(range(61, 101))))

    assert desk.page(Wanted(), first.last) == before
    assert numbers(before.tickets) == list(range(35, 10, -1))


def test_the_way_back_leads_through_the_same_tickets(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, 101))))
    last = desk.page(Wanted(), Place(NOON + 20 * SECOND, 20))
    assert last.first is not None

    newer = desk.page_before(Wanted(), last.first)

    assert numbers(newer.tickets) == list(range(44, 19, -1))
    assert newer.last == Place(NOON + 20 * SECOND, 20)
    assert newer.first is not None
    assert numbers(desk.page_before(Wanted(), newer.first).tickets) == list(range(69, 44, -1))


def test_the_way_back_ends_on_a_full_first_page(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, 41))))

    page = desk.page_before(Wanted(), Place(NOON + 38 * SECOND, 38))

    assert numbers(page.tickets) == list(range(40, 15, -1))
    assert page.first is None


def test_behind_the_last_ticket_there_is_nothing(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, 3))))

    page = desk.page(Wanted(), Place(NOON - MINUTE, 1))

    assert (page.tickets, page.first, page.last) == ((), None, None)


def test_a_page_that_is_just_full_has_none_behind_it(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, PAGE + 1))))

    page = desk.page(Wanted())

    assert (len(page.tickets), page.last) == (PAGE, None)


ANNA = Contact("Анна", "anna@example.ru", "+79160000000", "8 916 000-00-00")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(acceptance=Acceptance.UNDELIVERABLE), [2]),
        (Wanted(channel=Channel.PHONE), [3]),
        (Wanted(channel=Channel.FORM), [6, 5, 4, 3, 2, 1]),
        (Wanted(concern=Concern.UNDELIVERED), [2]),
        (Wanted(concern=Concern.INFORMATION), [4]),
        (Wanted(email="anna@example.ru"), [5]),
        (Wanted(phone="+79160000000"), [5]),
        (Wanted(phone="+79169999999"), []),
        (Wanted(since=NOON + 3 * MINUTE, until=NOON + 5 * MINUTE), [4, 3]),
        (Wanted(since=NOON + 3 * MINUTE, acceptance=Acceptance.ACCEPTED), [6, 5, 4, 3]),
        (Wanted(acceptance=Acceptance.ACCEPTED, channel=Channel.PHONE, email="ivan@example.ru"), [3]),
        (Wanted(acceptance=Acceptance.UNDELIVERABLE, channel=Channel.PHONE), []),
        (Wanted(text="шлагбаум", acceptance=Acceptance.UNDELIVERABLE), [2]),
        (Wanted(text="шлагбаум", channel=Channel.PHONE), [3]),
        (Wanted(text="шлагбаум", concern=Concern.INFORMATION), [4]),
        (Wanted(text="анна", text_of=TextOf.CLIENT), [5]),
        (Wanted(text="анна"), []),
    ],
)
def test_each_filter_finds_what_it_asks_for(
    ledger: firestore.Client, desk: FirestoreDesk, wanted: Wanted, found: list[int]
) -> None:
    both = (Channel.FORM, Channel.PHONE)
    put(
        ledger,
        stored(
            ticket(1, NOON + 1 * MINUTE, title="Пропуск"),
            ticket(2, NOON + 2 * MINUTE, title="Шлагбаум на въезде", acceptance=Acceptance.UNDELIVERABLE),
            ticket(3, NOON + 3 * MINUTE, title="Шлагбаум", channels=both),
            ticket(4, NOON + 4 * MINUTE, title="Шлагбаум", missing=(Detail.DEVICE_MODEL,)),
            ticket(5, NOON + 5 * MINUTE, title="Оплата", contact=ANNA),
            ticket(6, NOON + 6 * MINUTE, title="Камера"),
        ),
    )

    assert numbers(desk.page(wanted).tickets) == found


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("ещё раз", "ЕЩЁ   РАЗ не пришёл пропуск"),
        ("еще раз", "Ещё раз не пришёл пропуск"),
        ("ЕЩЕ РАЗ НЕ", "ещё раз не пришёл пропуск"),
        ("пропуск", "пропуск 🚗 не приходит"),
        ("пропуск ", "пропуск\U0010fffd"),
        ("straße", "STRASSE"),
        ("a", "A"),
        ("ш" * 200, "ш" * 300),
    ],
)
def test_a_beginning_is_found_whatever_its_capitals_and_spaces(
    ledger: firestore.Client, desk: FirestoreDesk, query: str, title: str
) -> None:
    others = [ticket(number, title=text) for number, text in enumerate(("Щ", "Ещ", "ещо", "Пропу", "Z", "😀"), 2)]
    put(ledger, stored(ticket(1, title=title), *others))

    assert numbers(desk.page(Wanted(text=searchable(query))).tickets) == [1]


def test_what_is_found_by_a_text_is_paged_by_the_alphabet_there_and_back(
    ledger: firestore.Client, desk: FirestoreDesk
) -> None:
    put(
        ledger,
        stored(*(ticket(number, title=f"Пропуск {number:03}") for number in range(1, 61)), ticket(99, title="Я")),
    )
    wanted = Wanted(text="пропуск")

    pages = walk(desk, wanted)
    second = desk.page(wanted, desk.page(wanted).last)
    assert second.first is not None

    assert together(pages) == list(range(1, 61))
    assert numbers(desk.page_before(wanted, second.first).tickets) == pages[0]


def test_a_merged_ticket_is_found_and_says_which_goes_on(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(ticket(1), ticket(2, merged_into=1)))

    found = {each.number: each.merged_into for each in desk.page(Wanted(email="ivan@example.ru")).tickets}

    assert found == {1: None, 2: 1}


HOSTILE = [
    "' OR 1=1 --",
    "__name__",
    "`topic`",
    "\x00",
    "\uffff\U0010ffff",
    "../../tickets/1",
    "<script>alert(1)</script>",
    "%",
    "\\",
    "\u202e",
    "ﷺ" * 80,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("text_of", list(TextOf))
def test_a_hostile_text_finds_what_begins_with_it_and_nothing_else(
    ledger: firestore.Client, desk: FirestoreDesk, text: str, text_of: TextOf
) -> None:
    put(ledger, stored(ticket(1), ticket(2, title=f"{text}!", contact=replace(CLIENT, name=f"{text}!"))))

    found = numbers(desk.page(Wanted(text=searchable(text), text_of=text_of)).tickets)

    assert found == [2]
    assert desk.page(Wanted(text="я", text_of=text_of), Place(text, 10**12 - 1)).tickets == ()


def test_a_document_that_cannot_be_read_hides_no_other(ledger: firestore.Client, desk: FirestoreDesk) -> None:
    put(ledger, stored(*many(range(1, 61))))
    ledger.document("tickets/50").update({"acceptance": "no such state"})

    pages = walk(desk, Wanted())

    assert together(pages) == [number for number in range(60, 0, -1) if number != 50]


def undelivered(number: int) -> Ticket:
    return ticket(number, NOON + number * SECOND, acceptance=Acceptance.UNDELIVERABLE)


def waiting(count: int, state: SubmissionState, **more: object) -> Documents:
    for number in range(count):
        submission = mail(f"{state}-{number:03}", NOON + number * SECOND, subject=f"Тема {number}")
        fields = submission_documents.submission_document(submission, state, **more)
        yield documents.submission_path(submission.key), fields


def test_what_has_waited_for_longest_comes_first_and_all_is_counted(
    ledger: firestore.Client, desk: FirestoreDesk
) -> None:
    put(
        ledger,
        stored(*map(undelivered, range(1, 34)), ticket(40), ticket(41, missing=(Detail.DEVICE_MODEL,))),
        waiting(27, SubmissionState.QUARANTINED, reason=Quarantine.SPAM.value),
        waiting(2, SubmissionState.RECEIVED),
        waiting(3, SubmissionState.RECORDED),
    )

    found = desk.attention()

    letters = found.tickets[Concern.UNDELIVERED]
    assert (numbers(letters.found), letters.total) == (list(range(1, MOST_WAITING + 1)), 33)
    assert numbers(found.tickets[Concern.INFORMATION].found) == [41]
    assert {concern: each.total for concern, each in found.tickets.items() if each.total} == {
        Concern.UNDELIVERED: 33,
        Concern.INFORMATION: 1,
    }
    oldest = found.quarantined.found[0]
    assert (oldest.key, oldest.subject, oldest.sender) == ("quarantined-000", "Тема 0", "ivan@example.ru")
    assert (oldest.quarantine, oldest.channel, oldest.received_at) == (Quarantine.SPAM, Channel.EMAIL, NOON)
    assert (len(found.quarantined.found), found.quarantined.total) == (MOST_WAITING, 27)
    assert [each.key for each in found.kept.found] == ["received-000", "received-001"]
    assert (found.kept.total, found.kept.found[0].quarantine) == (2, None)


def test_an_empty_ledger_needs_nobody(desk: FirestoreDesk) -> None:
    found = desk.attention()

    assert {each.total for each in found.tickets.values()} == {0}
    assert (found.quarantined.total, found.kept.total) == (0, 0)


def test_letters_are_read_by_their_ids_and_those_that_are_not_there_left_out(desk: FirestoreDesk) -> None:
    assert desk.letters(["12345-confirmation"]) == {}
    assert desk.letters([]) == {}


def test_r16_a_day_is_counted_as_it_stands(ledger: firestore.Client) -> None:
    day = datetime(2026, 11, 19, 21, tzinfo=UTC)
    now = NOON + timedelta(minutes=30)
    late = timedelta(minutes=16)
    put(
        ledger,
        stored(
            ticket(1, day - SECOND, acceptance=Acceptance.UNDELIVERABLE),
            ticket(2, day),
            ticket(3, NOON, registered_at=NOON + late),
            ticket(4, NOON, acceptance=Acceptance.PENDING, missing=(Detail.DEVICE_MODEL,)),
            ticket(5, NOON, acceptance=Acceptance.UNDELIVERABLE, related=1),
            ticket(6, NOON, acceptance=Acceptance.REVOKED),
            ticket(7, NOON, acceptance=Acceptance.NOT_AWAITED, confirmation_omitted=Omission.TOO_MANY_LETTERS),
        ),
        arrivals("before", Channel.FORM, SubmissionState.REGISTERED, day - SECOND),
        arrivals("first", Channel.FORM, SubmissionState.REGISTERED, day),
        arrivals("form", Channel.FORM, SubmissionState.REGISTERED, NOON, NOON + MINUTE),
        arrivals("joined", Channel.EMAIL, SubmissionState.ATTACHED, NOON),
        arrivals("old", Channel.EMAIL, SubmissionState.QUARANTINED, now - late),
        arrivals("new", Channel.PHONE, SubmissionState.RECEIVED, now - MINUTE),
        arrivals("bounce", Channel.EMAIL, SubmissionState.RECORDED, NOON),
    )

    assert FirestoreToday(ledger).count(day, now) == Today(
        channels={Channel.FORM: 3, Channel.EMAIL: 2, Channel.PHONE: 1},
        hours=(1, *(0 for _ in range(11)), 5),
        registered=6,
        registered_late=1,
        overdue=1,
        unregistered=2,
        accepted=2,
        pending=1,
        undelivered=2,
        not_awaited=1,
        for_people=3,
    )


def arrivals(name: str, channel: Channel, state: SubmissionState, *moments: datetime) -> Documents:
    for number, at in enumerate(moments):
        submission = arrival(f"{name}-{number}", at, channel=channel)
        yield documents.submission_path(submission.key), submission_documents.submission_document(submission, state)


READS: dict[str, Callable[[FirestoreDesk, FirestoreToday], object]] = {
    "attention": lambda desk, _: desk.attention(),
    "list": lambda desk, _: desk.page(Wanted()),
    "older": lambda desk, _: desk.page(Wanted(), Place(NOON + 200 * SECOND, 200)),
    "newer": lambda desk, _: desk.page_before(Wanted(), Place(NOON + 200 * SECOND, 200)),
    "found": lambda desk, _: desk.page(Wanted(text="не открывается")),
    "today": lambda _, days: days.count(NOON - timedelta(hours=12), NOON + timedelta(hours=1)),
}


def test_the_documents_that_each_page_reads_do_not_depend_on_how_many_there_are(ledger: firestore.Client) -> None:
    def reads() -> dict[str, int]:
        counted = {}
        for name, read in READS.items():
            with counting() as found:
                read(FirestoreDesk(ledger), FirestoreToday(ledger))
            counted[name] = found["reads"]
        return counted

    def more(first: int) -> Documents:
        for number in range(first, first + 300):
            yield from stored(undelivered(number))
            yield from arrivals(f"form-{number}", Channel.FORM, SubmissionState.REGISTERED, NOON + number * SECOND)

    put(ledger, more(1), waiting(30, SubmissionState.QUARANTINED, reason=Quarantine.SPAM.value))
    among_few = reads()
    put(ledger, more(301), more(601))

    assert reads() == among_few
    assert max(among_few.values()) <= 64
