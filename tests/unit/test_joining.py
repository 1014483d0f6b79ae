"""R5r: a message joins its ticket once, whatever goes wrong on the way."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import joining
from shared.domain.completeness import DEVICE_DATA, Detail
from shared.domain.contact import Contact
from shared.domain.history import Event, HistoryEntry
from shared.domain.notification import Notification, NotificationKind, NotificationState
from shared.domain.submission import Attachment, Channel, Message, Submission, SubmissionState
from shared.domain.ticket import MOST_PARTICIPANTS, MOST_REDIRECTS, Ticket, join, may_join
from shared.joining import ATTEMPTS, BrokenRedirectError, Joiner
from shared.ledger import (
    Entry,
    Joining,
    LedgerConflictError,
    LedgerError,
    LedgerRefusedError,
    LedgerUnavailableError,
    StoredTicket,
)
from tests.sample_ticket import FRIDAY_NOON, FULL, PLAIN, SPECIALISTS, opened, with_details
from tests.unit.fake_ledger import FakeTime, Fault
from tests.unit.registering import Clock, RecordingBell

IVAN = "ivan.petrov@example.ru"
TICKET = opened(PLAIN)
MAIL = Message("mail/raw/1.eml", sender=IVAN, participants=(IVAN,), spf="pass", dkim="none")
REPLY = replace(PLAIN, key="mail-1", channel=Channel.EMAIL, message=MAIL)
LATER = replace(REPLY, key="mail-2")
LETTER = "12345-new-message-2"

ERRORS = {
    Fault.CONFLICT: LedgerConflictError,
    Fault.REFUSED: LedgerRefusedError,
    Fault.UNAVAILABLE: LedgerUnavailableError,
    Fault.LOST_REPLY: LedgerUnavailableError,
    Fault.LATE: LedgerUnavailableError,
}


@dataclass
class FakeTickets:
    """`shared.joining.Tickets` in memory, with optimistic locking.

    Attributes:
        faults: What the next commits meet; None lets one pass.
        always: What every further commit meets.
        before: What others do just before the next commits.
        blind: How many of the next reads fail.
    """

    tickets: dict[int, StoredTicket] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    history: list[HistoryEntry] = field(default_factory=list)
    letters: dict[str, Notification] = field(default_factory=dict)
    faults: deque[Fault | None] = field(default_factory=deque)
    always: Fault | None = None
    before: deque[Callable[[], object]] = field(default_factory=deque)
    blind: int = 0
    commits: int = 0
    _late: list[Joining] = field(default_factory=list)

    def hold(self, *tickets: Ticket) -> None:
        """Put tickets there as others have changed them."""
        for ticket in tickets:
            self.tickets[ticket.number] = StoredTicket(ticket, object())

    def find(self, number: int, timeout: float) -> StoredTicket | None:
        assert timeout > 0
        if self.blind:
            self.blind -= 1
            raise LedgerUnavailableError("told to")
        return self.tickets.get(number)

    def join(self, joining: Joining, timeout: float) -> None:
        assert timeout > 0
        self.commits += 1
        if self.before:
            self.before.popleft()()
        fault = self.faults.popleft() if self.faults else self.always
        if fault in {None, Fault.LOST_REPLY}:
            self._write(joining)
        if fault is Fault.LATE:
            self._late.append(joining)
        if fault is not None:
            raise ERRORS[fault](f"told to: {fault}")

    def arrive(self) -> None:
        """Carry out late writes; those that were overtaken fail, and nobody hears of it."""
        late, self._late = self._late, []
        for each in late:
            try:
                self._write(each)
            except LedgerConflictError:
                continue

    def _write(self, each: Joining) -> None:
        there = self.entries.get(each.submission.key)
        if (there and there.version) != (each.kept and each.kept.version):
            raise LedgerConflictError("the submission has changed")
        if self.tickets[each.after.number].version is not each.before.version:
            raise LedgerConflictError("the ticket has changed")
        if any(letter.id in self.letters for letter in each.letters):
            raise LedgerConflictError("the letter exists")
        self.entries[each.submission.key] = Entry(
            each.submission, SubmissionState.ATTACHED, each.after.number, object()
        )
        self.tickets[each.after.number] = StoredTicket(each.after, object())
        self.history.append(each.history)
        self.letters |= {letter.id: letter for letter in each.letters}


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The seconds that joining believes to have slept."""
    fake = FakeTime()
    monkeypatch.setattr(joining, "time", fake)
    return fake


@pytest.fixture
def tickets() -> FakeTickets:
    fake = FakeTickets()
    fake.hold(TICKET)
    return fake


@pytest.fixture
def bell() -> RecordingBell:
    return RecordingBell()


@pytest.fixture
def joiner(tickets: FakeTickets, bell: RecordingBell) -> Joiner:
    return Joiner(tickets, bell, SPECIALISTS, Clock())


def is_joined_once(tickets: FakeTickets, submission: Submission, number: int = 12345) -> bool:
    """Whether the ledger holds it once everywhere: ticket, submission, history, letter."""
    ticket = tickets.tickets[number].ticket
    letters = [each for each in tickets.letters.values() if each.submission == submission.key]
    return (
        ticket.submissions.count(submission.key) == 1
        and tickets.entries[submission.key].ticket == number
        and [each.about for each in tickets.history].count(submission.key) == 1
        and [each.id for each in letters] == [f"{number}-new-message-{ticket.submissions.index(submission.key) + 1}"]
    )


def test_r5r_a_message_joins_its_ticket_and_the_specialists_are_told(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    ticket = joiner.join(REPLY, 12345, Attachment.REPLY)

    assert is_joined_once(tickets, REPLY)
    assert tickets.tickets[12345].ticket == ticket
    assert (ticket.number, ticket.title, ticket.submissions) == (12345, TICKET.title, ("arrival-1", "mail-1"))
    assert ticket.channels == (Channel.FORM, Channel.EMAIL)
    assert bell.rung == [LETTER]
    letter = tickets.letters[LETTER]
    assert (letter.kind, letter.recipient, letter.ticket) == (NotificationKind.NEW_MESSAGE, SPECIALISTS, 12345)
    assert letter.state is NotificationState.REQUESTED
    assert letter.check_at is not None
    assert letter.check_at > letter.requested_at


def test_r5r_what_a_joining_message_leaves_alone(joiner: Joiner) -> None:
    ticket = joiner.join(
        replace(with_details(REPLY, subject="другая тема", urgent=True), contact=FULL.contact), 12345, Attachment.REPLY
    )

    changing = {"submissions", "channels", "participants", "missing"}
    assert all(
        getattr(ticket, name) == getattr(TICKET, name) for name in Ticket.__dataclass_fields__ if name not in changing
    )


@pytest.mark.parametrize(
    ("submission", "writer"),
    [
        (REPLY, IVAN),
        (replace(REPLY, message=replace(MAIL, sender="olga@example.ru")), "olga@example.ru"),
        (replace(REPLY, message=replace(MAIL, sender=None)), IVAN),
        (replace(REPLY, message=None), IVAN),
        (replace(REPLY, message=replace(MAIL, sender=None), contact=Contact("", None, "+79160000000")), "client"),
    ],
)
def test_the_tickets_history_says_who_wrote_when(
    joiner: Joiner, tickets: FakeTickets, submission: Submission, writer: str
) -> None:
    joiner.join(submission, 12345, Attachment.REPLY)

    [entry] = tickets.history
    assert (entry.by, entry.event, entry.about) == (writer, Event.MESSAGE_JOINED, "mail-1")
    assert entry.at == tickets.letters[LETTER].requested_at
    assert entry.id == "message_joined-mail-1"


def test_r10_the_history_names_the_specialist_who_wrote_it_down(joiner: Joiner, tickets: FakeTickets) -> None:
    joiner.join(replace(REPLY, by="Анна"), 12345, Attachment.DUPLICATE)

    assert [entry.by for entry in tickets.history] == ["Анна"]


def test_every_further_message_has_a_letter_of_its_own(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    joiner.join(REPLY, 12345, Attachment.REPLY)
    joiner.join(LATER, 12345, Attachment.REPLY)

    assert is_joined_once(tickets, REPLY)
    assert is_joined_once(tickets, LATER)
    assert bell.rung == ["12345-new-message-2", "12345-new-message-3"]


@pytest.mark.parametrize("sender", ["robot@pass24online.ru", IVAN], ids=["a stranger's robot", "the client's robot"])
def test_a_robot_that_takes_no_part_can_not_keep_the_specialists_mailbox_busy(
    tickets: FakeTickets, bell: RecordingBell, sender: str
) -> None:
    joiner = Joiner(tickets, bell, SPECIALISTS, Clock())
    message = replace(MAIL, sender=sender, participants=(sender,), automatic="Auto-Submitted")

    for key in ("mail-1", "mail-1", "mail-2"):
        joiner.join(replace(REPLY, key=key, message=message), 12345, Attachment.REPLY)

    silent = sender != IVAN
    assert tickets.tickets[12345].ticket.submissions == ("arrival-1", "mail-1", "mail-2")
    assert len(tickets.history) == 2
    assert list(tickets.letters) == ([] if silent else [LETTER, "12345-new-message-3"])
    assert bell.rung == ([] if silent else [LETTER, LETTER, "12345-new-message-3"])


@pytest.mark.parametrize("address", [SPECIALISTS, SPECIALISTS.title()])
def test_the_specialists_are_not_told_what_they_wrote_themselves(
    tickets: FakeTickets, bell: RecordingBell, address: str
) -> None:
    joiner = Joiner(tickets, bell, address, Clock())

    ticket = joiner.join(replace(REPLY, message=replace(MAIL, sender=SPECIALISTS)), 12345, Attachment.REPLY)

    assert ticket.submissions == ("arrival-1", "mail-1")
    assert (len(tickets.history), tickets.letters, bell.rung) == (1, {}, [])


def test_the_message_that_opened_the_ticket_joins_it_without_a_letter(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    assert joiner.join(PLAIN, 12345, Attachment.REPLY) == TICKET
    assert (tickets.commits, bell.rung) == (0, [])


def test_a_repeated_delivery_writes_nothing_and_rings_for_the_same_letter(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    first = joiner.join(REPLY, 12345, Attachment.REPLY)
    joiner.join(LATER, 12345, Attachment.REPLY)
    repeated = joiner.join(REPLY, 12345, Attachment.REPLY)

    assert tickets.commits == 2
    assert repeated.number == first.number
    assert bell.rung == [LETTER, "12345-new-message-3", LETTER]


def test_a_message_that_was_kept_before_joins_with_its_entry(joiner: Joiner, tickets: FakeTickets) -> None:
    kept = Entry(REPLY, SubmissionState.QUARANTINED, None, object())
    tickets.entries[REPLY.key] = kept

    joiner.join(REPLY, 12345, Attachment.REPLY, kept)

    assert is_joined_once(tickets, REPLY)


def test_r15_a_message_that_a_person_took_out_of_the_ticket_does_not_join_it_again(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    kept = Entry(replace(REPLY, apart=(12345,)), SubmissionState.RECEIVED, None, object())
    tickets.entries[REPLY.key] = kept

    with pytest.raises(LedgerConflictError):
        joiner.join(REPLY, 12345, Attachment.REPLY, kept)

    assert (tickets.tickets[12345].ticket, tickets.entries[REPLY.key], bell.rung) == (TICKET, kept, [])


def test_a_message_that_somebody_else_takes_care_of_joins_nothing(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    kept = Entry(REPLY, SubmissionState.QUARANTINED, None, object())
    tickets.entries[REPLY.key] = replace(kept, state=SubmissionState.REGISTERED, ticket=12400, version=object())

    with pytest.raises(LedgerConflictError):
        joiner.join(REPLY, 12345, Attachment.REPLY, kept)

    assert tickets.tickets[12345].ticket == TICKET
    assert (tickets.entries[REPLY.key].ticket, bell.rung) == (12400, [])


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.UNAVAILABLE, Fault.LOST_REPLY, Fault.LATE])
@pytest.mark.parametrize("times", [1, ATTEMPTS - 1])
def test_r5r_what_goes_wrong_with_a_commit_is_tried_again(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell, fault: Fault, times: int
) -> None:
    tickets.faults.extend([fault] * times)

    ticket = joiner.join(REPLY, 12345, Attachment.REPLY)
    tickets.arrive()

    assert is_joined_once(tickets, REPLY)
    assert ticket == tickets.tickets[12345].ticket
    assert bell.rung == [LETTER]


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.UNAVAILABLE, Fault.LATE, Fault.REFUSED])
def test_a_commit_that_never_succeeds_is_an_error_within_bounded_time(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell, waited: FakeTime, fault: Fault
) -> None:
    tickets.always = fault

    with pytest.raises(ERRORS[fault]):
        joiner.join(REPLY, 12345, Attachment.REPLY)

    assert tickets.commits == (1 if fault is Fault.REFUSED else ATTEMPTS)
    assert (tickets.tickets[12345].ticket, tickets.entries, bell.rung) == (TICKET, {}, [])
    assert waited.elapsed < 30


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.LATE, Fault.LOST_REPLY])
def test_r5r_the_senders_next_call_finds_what_the_first_one_did(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell, fault: Fault
) -> None:
    tickets.always = fault
    tickets.blind = 0
    tickets.before.append(lambda: setattr(tickets, "blind", 1))  # the answer is lost, and then the ledger is away
    with pytest.raises(LedgerUnavailableError):
        joiner.join(REPLY, 12345, Attachment.REPLY)
    tickets.always = None
    tickets.arrive()

    joiner.join(REPLY, 12345, Attachment.REPLY)

    assert is_joined_once(tickets, REPLY)
    assert bell.rung == [LETTER]


def test_two_messages_at_once_both_join(joiner: Joiner, tickets: FakeTickets, bell: RecordingBell) -> None:
    tickets.before.append(lambda: joiner.join(LATER, 12345, Attachment.REPLY))

    joiner.join(REPLY, 12345, Attachment.REPLY)

    assert tickets.tickets[12345].ticket.submissions == ("arrival-1", "mail-2", "mail-1")
    assert is_joined_once(tickets, REPLY)
    assert is_joined_once(tickets, LATER)
    assert bell.rung == ["12345-new-message-2", "12345-new-message-3"]


def test_the_same_message_delivered_twice_at_once_joins_once(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell
) -> None:
    tickets.before.append(lambda: joiner.join(REPLY, 12345, Attachment.REPLY))

    joiner.join(REPLY, 12345, Attachment.REPLY)

    assert is_joined_once(tickets, REPLY)
    assert bell.rung == [LETTER, LETTER]


def test_what_others_change_meanwhile_is_not_overwritten(joiner: Joiner, tickets: FakeTickets) -> None:
    tickets.before.append(lambda: tickets.hold(replace(TICKET, missing=(), urgent=True)))

    ticket = joiner.join(REPLY, 12345, Attachment.REPLY)

    assert (ticket.missing, ticket.urgent) == ((), True)
    assert is_joined_once(tickets, REPLY)


@given(
    st.lists(
        st.sampled_from([None, Fault.CONFLICT, Fault.UNAVAILABLE, Fault.LOST_REPLY, Fault.LATE]), max_size=3 * ATTEMPTS
    ),
    st.lists(st.sampled_from([REPLY, LATER]), min_size=1, max_size=4),
)
def test_r5r_each_message_is_in_the_ticket_once_whatever_fails(
    faults: list[Fault | None], deliveries: list[Submission]
) -> None:
    tickets, bell = FakeTickets(faults=deque(faults)), RecordingBell()
    tickets.hold(TICKET)
    joiner = Joiner(tickets, bell, SPECIALISTS, Clock())

    for delivery in deliveries:
        for _ in range(len(faults) + 1):
            try:
                joiner.join(delivery, 12345, Attachment.REPLY)
            except LedgerError:
                tickets.arrive()
            else:
                break
        tickets.arrive()

    assert all(is_joined_once(tickets, each) for each in deliveries)
    assert set(bell.rung) == set(tickets.letters)
    assert len(tickets.tickets[12345].ticket.submissions) == 1 + len({each.key for each in deliveries})


def merged(*numbers: int, last: int | None) -> list[Ticket]:
    """Tickets of which each was merged into the next, and the last one into `last`."""
    following = (*numbers[1:], last)
    return [
        replace(opened(replace(PLAIN, key=f"form-{number}"), number), merged_into=into)
        for number, into in zip(numbers, following, strict=True)
    ]


@pytest.mark.parametrize("length", [1, 2, MOST_REDIRECTS])
def test_r5r_r15_a_message_to_a_merged_ticket_joins_the_one_that_goes_on(
    joiner: Joiner, tickets: FakeTickets, length: int
) -> None:
    numbers = range(100, 100 + length)
    tickets.hold(*merged(*numbers, last=None))

    ticket = joiner.join(REPLY, 100, Attachment.REPLY)

    assert ticket.number == numbers[-1]
    assert is_joined_once(tickets, REPLY, numbers[-1])
    assert sum("mail-1" in each.ticket.submissions for each in tickets.tickets.values()) == 1


@pytest.mark.parametrize(
    "circle",
    [
        merged(100, last=100),
        merged(100, 101, last=100),
        merged(99, 100, 101, last=100),
        merged(*range(100, 101 + MOST_REDIRECTS), last=None),
        merged(100, last=101),
    ],
    ids=["itself", "two", "a tail and two", "too long", "into nothing"],
)
def test_redirects_that_lead_nowhere_end(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell, circle: list[Ticket]
) -> None:
    tickets.hold(*circle)

    with pytest.raises(BrokenRedirectError):
        joiner.join(REPLY, circle[0].number, Attachment.REPLY)

    assert (tickets.commits, bell.rung) == (0, [])


def test_a_ticket_that_is_merged_meanwhile_passes_the_message_on(joiner: Joiner, tickets: FakeTickets) -> None:
    tickets.before.append(lambda: tickets.hold(replace(TICKET, merged_into=12400), opened(FULL, 12400)))

    assert joiner.join(REPLY, 12345, Attachment.REPLY).number == 12400
    assert is_joined_once(tickets, REPLY, 12400)
    assert tickets.tickets[12345].ticket.submissions == TICKET.submissions


@pytest.mark.parametrize("reply_is_lost", [True, False])
def test_r5r_a_message_stays_where_it_joined_when_its_ticket_is_merged_afterwards(
    joiner: Joiner, tickets: FakeTickets, bell: RecordingBell, *, reply_is_lost: bool
) -> None:
    def merge() -> None:
        tickets.hold(replace(tickets.tickets[12345].ticket, merged_into=12400), opened(FULL, 12400))

    if reply_is_lost:
        write = tickets._write  # noqa: SLF001  # the merge comes between the write and its lost answer

        def write_and_merge(each: Joining) -> None:
            write(each)
            merge()

        tickets._write = write_and_merge  # type: ignore[method-assign]  # noqa: SLF001  # see above
        tickets.faults.append(Fault.LOST_REPLY)
    else:
        joiner.join(REPLY, 12345, Attachment.REPLY)
        merge()

    joiner.join(REPLY, 12345, Attachment.REPLY)

    assert is_joined_once(tickets, REPLY, 12345)
    assert tickets.tickets[12400].ticket.submissions == ("arrival-2",)
    assert set(bell.rung) == {LETTER}


@pytest.mark.parametrize("number", [12345, 99999])
def test_a_ticket_is_read_or_known_to_be_missing(joiner: Joiner, number: int) -> None:
    found = joiner.find(number)

    assert (found and found.ticket) == (TICKET if number == 12345 else None)


def test_a_ledger_that_is_away_is_said_so(joiner: Joiner, tickets: FakeTickets) -> None:
    tickets.blind = 2

    with pytest.raises(LedgerUnavailableError):
        joiner.find(12345)
    with pytest.raises(LedgerUnavailableError):
        joiner.join(REPLY, 12345, Attachment.REPLY)


MISSING = tuple(detail for detail in Detail if detail in DEVICE_DATA)


@pytest.mark.parametrize(
    ("said", "still_missing"),
    [
        ({}, MISSING),
        ({"steps": "1. Открыть"}, tuple(each for each in MISSING if each is not Detail.STEPS)),
        ({"product_version": "4.12"}, tuple(each for each in MISSING if each is not Detail.PRODUCT_VERSION)),
        ({"device_model": "Pixel 9"}, tuple(each for each in MISSING if each is not Detail.DEVICE_MODEL)),
        ({"os_version": "Android 16"}, tuple(each for each in MISSING if each is not Detail.OS_VERSION)),
        ({"steps": "1", "product_version": "4", "device_model": "P", "os_version": "16"}, ()),
        ({"subject": "Ответ", "description": "спасибо"}, MISSING),
    ],
)
def test_r6_what_was_missing_and_is_in_the_message_is_no_longer_missing(
    joiner: Joiner, said: dict[str, str], still_missing: tuple[Detail, ...]
) -> None:
    assert TICKET.missing == MISSING
    assert joiner.join(with_details(REPLY, **said), 12345, Attachment.REPLY).missing == still_missing


def test_r6_a_message_that_says_less_takes_nothing_away() -> None:
    complete = opened(FULL)

    assert complete.missing == ()
    assert join(complete, REPLY, Attachment.REPLY, FRIDAY_NOON).missing == ()


@given(st.lists(st.lists(st.integers(0, 200), max_size=30), max_size=10))
def test_participants_are_bounded_each_named_once_and_the_first_ones_stay(messages: list[list[int]]) -> None:
    ticket = TICKET
    for index, people in enumerate(messages):
        before = ticket.participants
        named = tuple(f"{each}@example.ru" for each in people)
        ticket = join(
            ticket,
            replace(REPLY, key=f"mail-{index}", message=replace(MAIL, participants=named)),
            Attachment.REPLY,
            FRIDAY_NOON,
        )
        assert ticket.participants[: len(before)] == before

    everybody = dict.fromkeys(f"{each}@example.ru" for people in messages for each in people)
    assert ticket.participants == tuple(everybody)[:MOST_PARTICIPANTS]


def test_participants_of_the_first_message_are_bounded_too() -> None:
    many = tuple(f"{each}@example.ru" for each in range(MOST_PARTICIPANTS + 5))

    assert opened(replace(REPLY, message=replace(MAIL, participants=many))).participants == many[:MOST_PARTICIPANTS]
    assert opened(PLAIN).participants == ()


@pytest.mark.parametrize(
    ("address", "may"),
    [
        (IVAN, True),
        ("olga@example.ru", True),
        ("Olga@example.ru", False),  # addresses are compared in their one form
        ("olga@example.com", False),
        ("petrov@example.ru", False),
        (SPECIALISTS, False),
        ("", False),
    ],
)
def test_r5r_a_number_alone_lets_in_whoever_takes_part_already(address: str, *, may: bool) -> None:
    ticket = replace(TICKET, participants=("olga@example.ru",))

    assert may_join(ticket, address) is may


def test_r5r_a_number_alone_lets_nobody_into_a_ticket_without_addresses() -> None:
    by_phone = opened(replace(PLAIN, contact=Contact("Анна", None, "+79161234567")))

    assert not any(may_join(by_phone, address) for address in ("", "None", "+79161234567", IVAN))


def places(tickets: Iterable[Ticket]) -> list[str]:
    return [f"{ticket.number}-new-message-{len(ticket.submissions)}" for ticket in tickets]


@given(st.integers(1, 12))
def test_ids_of_letters_are_never_used_twice(messages: int) -> None:
    tickets = FakeTickets()
    tickets.hold(TICKET)
    bell = RecordingBell()
    joiner = Joiner(tickets, bell, SPECIALISTS, Clock())

    grown = [joiner.join(replace(REPLY, key=f"mail-{index}"), 12345, Attachment.REPLY) for index in range(messages)]

    assert bell.rung == places(grown)
    assert len(set(bell.rung)) == messages
