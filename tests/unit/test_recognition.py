"""R15, R5r: a request that comes again has its first number, one that belongs to an earlier one says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared.domain.contact import Contact, identities
from shared.domain.submission import Attachment, Channel, Message, Omission, Submission, SubmissionState
from shared.domain.ticket import Ticket, join
from shared.ledger import Entry, Recent
from shared.numbering import Registered
from shared.recognition import MOST_COMPARED, Recognised, Recogniser
from shared.registration import Kept, Registrar
from tests.unit.fake_ledger import FakeLedger, Fault
from tests.unit.registering import (
    FIRST,
    IVAN,
    MONDAY,
    POLICY,
    Clock,
    RecordingBell,
    letters,
    number,
    registered,
    submission,
    together,
)

WINDOW = timedelta(days=3)
GATE = "Калитка у пруда не открывается с телефона, приложение пишет «нет доступа»."
RELATED = "Вчера вы починили калитку у пруда, сегодня она опять не открывается с телефона, «нет доступа»."
GUESTS = "Просим восстановить доступ жителю Ковалёву Игорю, дом 12, кв. 8, код уходит на старый номер."
ANNA = replace(IVAN, email="anna@example.ru")
"""Somebody else, who gives Ivan's name and phone number."""
BY_PHONE = Contact("", None, IVAN.phone, IVAN.phone_as_typed)


@dataclass(slots=True)
class RecordingJoiner:
    """Attaches at once, in the ledger's memory, and remembers what it was asked for."""

    ledger: FakeLedger
    asked: list[tuple[str, int, Attachment]] = field(default_factory=list)

    def join(self, submission: Submission, number: int, attachment: Attachment, kept: Entry | None = None) -> Ticket:
        self.asked.append((submission.key, number, attachment))
        ticket = self.ledger.tickets[number]
        if submission.key in ticket.submissions:
            return ticket
        there = self.ledger.entries.get(submission.key)
        assert (there and there.version) == (kept and kept.version), "the entry has changed"
        self.ledger.tickets[number] = join(ticket, submission, attachment, MONDAY)
        self.ledger.entries[submission.key] = Entry(
            submission, SubmissionState.ATTACHED, number, f"joined {submission.key}", attachment=attachment
        )
        return self.ledger.tickets[number]


@pytest.fixture
def joiner(ledger: FakeLedger) -> RecordingJoiner:
    return RecordingJoiner(ledger)


@pytest.fixture
def registrar(ledger: FakeLedger, bell: RecordingBell, clock: Clock, joiner: RecordingJoiner) -> Registrar:
    return Registrar(ledger, bell, replace(POLICY, duplicate_window=WINDOW), clock, joiner)


def asked(
    key: str, text: str = GATE, contact: Contact = IVAN, *, hours: float = 0, names: int | None = None
) -> Submission:
    said = submission(key, text, contact)
    details = replace(said.details, previous_ticket=names)
    return replace(said, received_at=MONDAY + timedelta(hours=hours), details=details)


def mailed(key: str, text: str = GATE, contact: Contact = IVAN, *, hours: float = 0) -> Submission:
    message = Message(raw=f"mail/raw/{key}.eml", sender=contact.email)
    return replace(asked(key, text, contact, hours=hours), channel=Channel.EMAIL, message=message)


def attached(ledger: FakeLedger) -> dict[str, int | None]:
    return {key: each.ticket for key, each in ledger.entries.items() if each.state is SubmissionState.ATTACHED}


def traced(ledger: FakeLedger) -> dict[str, list[int]]:
    return {identity: [each.ticket for each in recent] for identity, recent in ledger.recent.items()}


# The same request


def test_r15_a_request_by_mail_after_the_form_has_its_first_number(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))

    outcome = registrar.register(mailed("mail-1", hours=5))

    assert outcome == Registered(ledger.tickets[FIRST], repeated=False, duplicate=True)
    assert (list(ledger.tickets), ledger.last) == ([FIRST], FIRST)
    assert joiner.asked == [("mail-1", FIRST, Attachment.DUPLICATE)]
    assert ledger.tickets[FIRST].channels == (Channel.FORM, Channel.EMAIL)
    # What is written about a duplicate is the joiner's to ring for.
    assert bell.rung == letters(FIRST)


def test_r4_r15_a_duplicate_takes_no_number_from_the_next_request(registrar: Registrar) -> None:
    keys = [asked("form-1"), mailed("mail-1", hours=1), asked("form-2", GUESTS, hours=2)]

    assert [number(registrar.register(each)) for each in keys] == [FIRST, FIRST, FIRST + 1]


def test_r15_any_instance_recognises_what_another_registered(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell, clock: Clock, joiner: RecordingJoiner
) -> None:
    another = Registrar(ledger, bell, replace(POLICY, duplicate_window=WINDOW), clock, joiner)
    registrar.register(asked("form-1"))

    outcome = registered(another.register(mailed("mail-1", hours=1)))

    assert (outcome.ticket.number, outcome.duplicate) == (FIRST, True)


@pytest.mark.parametrize(
    "other",
    [replace(IVAN, phone=None), replace(IVAN, phone="+79031112233"), replace(IVAN, name="И. Петров"), BY_PHONE],
    ids=["no phone", "another phone", "name written otherwise", "phone alone"],
)
def test_r15_one_client_is_known_by_the_address_or_by_the_phone_where_there_is_no_address(
    registrar: Registrar, other: Contact
) -> None:
    registrar.register(asked("form-1"))

    assert registered(registrar.register(asked("form-2", contact=other, hours=1))).duplicate


def test_r15_another_address_is_another_client_whatever_phone_is_named(
    registrar: Registrar, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))

    other = registered(registrar.register(asked("form-2", contact=ANNA, hours=1)))

    assert (other.ticket.number, other.duplicate, other.ticket.related) == (FIRST + 1, False, None)
    assert joiner.asked == []


@pytest.mark.parametrize(("seconds", "expected"), [(0, FIRST), (1, FIRST + 1)])
def test_r15_outside_the_window_it_is_a_new_request(
    ledger: FakeLedger, joiner: RecordingJoiner, seconds: int, expected: int
) -> None:
    # Shorter than the time after which the judge itself has its doubts.
    policy = replace(POLICY, duplicate_window=timedelta(hours=5))
    registrar = Registrar(ledger, RecordingBell(), policy, Clock(), joiner)
    registrar.register(asked("form-1"))

    assert number(registrar.register(asked("form-2", hours=5 + seconds / 3600))) == expected


def test_r15_without_a_window_nothing_is_recognised(ledger: FakeLedger, bell: RecordingBell, clock: Clock) -> None:
    registrar = Registrar(ledger, bell, POLICY, clock)

    assert [number(registrar.register(asked(key))) for key in ("form-1", "form-2")] == [FIRST, FIRST + 1]
    assert ledger.recent == {}


def test_r15_a_window_without_somebody_who_attaches_is_refused(
    ledger: FakeLedger, bell: RecordingBell, clock: Clock
) -> None:
    with pytest.raises(ValueError, match="duplicates"):
        Registrar(ledger, bell, replace(POLICY, duplicate_window=WINDOW), clock)


def test_r15_what_a_person_took_out_of_a_ticket_is_never_put_back(
    registrar: Registrar, ledger: FakeLedger, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))

    outcome = registered(registrar.register(replace(mailed("mail-1", hours=1), apart=(FIRST,))))

    assert (outcome.ticket.number, outcome.duplicate) == (FIRST + 1, False)
    assert (joiner.asked, ledger.tickets[FIRST].submissions) == ([], ("form-1",))


def test_r15_what_is_taken_out_while_it_is_recognised_is_kept_and_not_attached(
    registrar: Registrar, ledger: FakeLedger, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))
    # A person has split it off since it was delivered first; the sender's repetition doesn't know of that.
    split_off = replace(mailed("mail-1", hours=1), apart=(FIRST,))
    ledger.keep(split_off, MONDAY, 1.0)

    outcome = registrar.register(mailed("mail-1", hours=2))

    assert outcome == Kept(split_off.received_at)
    assert (joiner.asked, attached(ledger), list(ledger.tickets)) == ([], {}, [FIRST])


def test_r15_a_duplicate_that_was_only_kept_is_attached_with_its_first_arrival(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    registrar.register(asked("form-1"))
    ledger.keep(mailed("mail-1", hours=1), MONDAY, 1.0)

    outcome = registered(registrar.register(mailed("mail-1", hours=2)))

    assert (outcome.ticket.number, outcome.duplicate, outcome.repeated) == (FIRST, True, False)
    assert ledger.entries["mail-1"].submission.received_at == MONDAY + timedelta(hours=1)
    assert attached(ledger) == {"mail-1": FIRST}


def test_r4_r15_a_duplicate_delivered_again_is_answered_with_the_same_number(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    registrar.register(asked("form-1"))
    registrar.register(mailed("mail-1", hours=1))

    again = [registrar.register(mailed("mail-1", hours=2)), registrar.earlier(mailed("mail-1", hours=3))]

    assert again == [Registered(ledger.tickets[FIRST], repeated=True, duplicate=True)] * 2
    assert ledger.tickets[FIRST].submissions == ("form-1", "mail-1")
    assert list(ledger.tickets) == [FIRST]


def test_r4_r15_a_duplicate_delivered_again_is_known_without_a_look_at_the_past(
    registrar: Registrar, ledger: FakeLedger, bell: RecordingBell
) -> None:
    registrar.register(asked("form-1"))
    registrar.register(mailed("mail-1", hours=1))
    ledger.always["surroundings"] = Fault.UNAVAILABLE
    ledger.faults["commit"].append(Fault.CONFLICT)

    outcome = registrar.register(mailed("mail-1", hours=2))

    assert outcome == Registered(ledger.tickets[FIRST], repeated=True, duplicate=True)
    # The letters of the first request are not its sender's.
    assert bell.rung == letters(FIRST)


def test_r4_r15_the_first_request_delivered_again_is_no_duplicate_of_itself(
    registrar: Registrar, ledger: FakeLedger, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))

    assert registrar.register(asked("form-1", hours=1)) == Registered(ledger.tickets[FIRST], repeated=True)
    assert joiner.asked == []


# In one group


def test_r15_the_same_request_twice_in_one_group_gets_one_number(registrar: Registrar, ledger: FakeLedger) -> None:
    outcomes = together(registrar, ledger, [asked("form-1"), mailed("mail-1"), asked("form-2", GUESTS)])

    found = [(each.ticket.number, each.duplicate) for each in outcomes if isinstance(each, Registered)]
    # The group's first number went to what held the door.
    assert found == [(FIRST + 1, False), (FIRST + 1, True), (FIRST + 2, False)]
    assert ledger.commits[-1] == ("form-1", "form-2")
    assert attached(ledger) == {"mail-1": FIRST + 1}


def test_r15_three_times_the_same_request_in_one_group_get_one_number(registrar: Registrar, ledger: FakeLedger) -> None:
    outcomes = together(registrar, ledger, [asked(f"form-{place}") for place in range(3)])

    found = [(each.ticket.number, each.duplicate) for each in outcomes if isinstance(each, Registered)]
    assert found == [(FIRST + 1, False), (FIRST + 1, True), (FIRST + 1, True)]
    assert set(ledger.tickets[FIRST + 1].submissions) == {"form-0", "form-1", "form-2"}


def test_r15_a_duplicate_whose_first_got_no_number_is_kept(registrar: Registrar, ledger: FakeLedger) -> None:
    outcomes = together(
        registrar, ledger, [asked("form-1"), mailed("mail-1")], lambda: ledger.always.update(commit=Fault.UNAVAILABLE)
    )

    assert outcomes == [Kept(MONDAY), Kept(MONDAY)]
    assert {ledger.entries[key].ticket for key in ("form-1", "mail-1")} == {None}


def test_r15_the_same_words_of_two_clients_in_one_group_are_two_requests(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    outcomes = together(registrar, ledger, [asked("form-1"), asked("form-2", contact=ANNA)])

    assert [each.ticket.number for each in outcomes if isinstance(each, Registered)] == [FIRST + 1, FIRST + 2]


# Related requests


def test_r5r_a_request_that_belongs_to_an_earlier_one_gets_its_own_number_and_says_so(
    registrar: Registrar, joiner: RecordingJoiner
) -> None:
    registrar.register(asked("form-1"))

    outcome = registered(registrar.register(mailed("mail-1", RELATED, hours=20)))

    assert (outcome.ticket.number, outcome.duplicate, outcome.ticket.related) == (FIRST + 1, False, FIRST)
    assert joiner.asked == []


def test_r5r_a_request_that_has_nothing_to_do_with_the_earlier_one_is_linked_to_nothing(registrar: Registrar) -> None:
    registrar.register(asked("form-1"))

    assert registered(registrar.register(asked("form-2", GUESTS, hours=1))).ticket.related is None


@pytest.mark.parametrize("text", [GUESTS, GATE], ids=["another matter", "the same words"])
def test_r5r_a_clients_own_earlier_ticket_that_he_names_is_linked(registrar: Registrar, text: str) -> None:
    registrar.register(asked("form-1"))

    # Long after the window: a number is no guess.
    for key, hours in (("form-2", 1.0), ("form-3", 24 * 60.0)):
        outcome = registered(registrar.register(asked(key, text, hours=hours, names=FIRST)))
        assert (outcome.ticket.related, outcome.duplicate) == (FIRST, False)


@pytest.mark.parametrize("contact", [ANNA, Contact("Олег", "oleg@example.ru", None)], ids=["his phone", "a stranger"])
@pytest.mark.parametrize("named", [FIRST, 99999], ids=["somebody's", "nobody's"])
def test_r5r_of_a_ticket_of_somebody_else_nothing_is_said(registrar: Registrar, contact: Contact, named: int) -> None:
    registrar.register(asked("form-1"))

    ticket = registered(registrar.register(asked("form-2", GUESTS, contact, hours=1, names=named))).ticket

    # The claim itself is what the client said.
    assert (ticket.number, ticket.related, ticket.previous_ticket) == (FIRST + 1, None, named)


def test_r5r_r15_a_named_ticket_that_was_merged_leads_to_the_one_that_goes_on(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    for key, text in (("form-1", GUESTS), ("form-2", GATE)):
        registrar.register(asked(key, text))
    ledger.tickets[FIRST + 1] = replace(ledger.tickets[FIRST + 1], merged_into=FIRST)

    outcome = registered(registrar.register(asked("form-3", "Пропуск для гостя не пришёл", names=FIRST + 1)))

    assert outcome.ticket.related == FIRST


# What is not known


@pytest.mark.parametrize("method", ["surroundings", "submissions"])
@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.STALLED])
def test_r4_r15_without_an_answer_about_the_past_a_request_gets_a_number_all_the_same(
    registrar: Registrar, ledger: FakeLedger, method: str, fault: Fault
) -> None:
    registrar.register(asked("form-1"))
    ledger.always[method] = fault

    outcome = registrar.register(mailed("mail-1", hours=1))

    assert outcome == Registered(ledger.tickets[FIRST + 1], repeated=False)
    assert list(ledger.notifications) == letters(FIRST) + letters(FIRST + 1)


@pytest.mark.parametrize("omission", [Omission.AUTOMATIC, Omission.UNVERIFIED_SENDER])
def test_r15_who_may_not_be_who_he_says_is_neither_compared_nor_remembered(
    registrar: Registrar, ledger: FakeLedger, omission: Omission
) -> None:
    registrar.register(asked("form-1"))
    before = traced(ledger)

    doubtful = replace(mailed("mail-1", hours=1), unanswered=omission)
    outcome = registered(registrar.register(doubtful))

    assert (outcome.ticket.number, outcome.duplicate, outcome.ticket.related) == (FIRST + 1, False, None)
    assert traced(ledger) == before


@pytest.mark.parametrize("omission", [Omission.AUTOMATIC, Omission.UNVERIFIED_SENDER])
def test_r15_nobodys_request_is_hidden_in_a_ticket_of_who_may_not_be_who_he_says(
    registrar: Registrar, omission: Omission
) -> None:
    registrar.register(replace(mailed("mail-1"), unanswered=omission))

    assert number(registrar.register(asked("form-1", hours=1))) == FIRST + 1


# Traces


def test_r15_a_registration_leaves_a_trace_for_each_identity_and_a_duplicate_none(
    registrar: Registrar, ledger: FakeLedger
) -> None:
    registrar.register(asked("form-1"))
    registrar.register(mailed("mail-1", hours=1))
    registrar.register(asked("form-2", GUESTS, replace(IVAN, phone=None), hours=2))

    assert traced(ledger) == {f"email:{IVAN.email}": [FIRST, FIRST + 1], f"phone:{IVAN.phone}": [FIRST]}
    assert ledger.recent[f"phone:{IVAN.phone}"] == (Recent(FIRST, "form-1", MONDAY),)


def test_r15_traces_forget_what_is_out_of_the_window(registrar: Registrar, ledger: FakeLedger) -> None:
    for day, text in enumerate((GATE, GUESTS, "Пропуск для гостя не пришёл", "Как поменять фотографию в профиле?")):
        registrar.register(asked(f"form-{day}", text, hours=36 * day))

    assert traced(ledger) == {name: [FIRST + 1, FIRST + 2, FIRST + 3] for name in identities(IVAN)}


# The recogniser alone


def held(ledger: FakeLedger, *earlier: Submission) -> FakeLedger:
    for place, each in enumerate(earlier, start=len(ledger.entries)):
        ledger.entries[each.key] = Entry(each, SubmissionState.REGISTERED, FIRST + place, place)
        left = Recent(FIRST + place, each.key, each.received_at)
        for name in identities(each.contact):
            ledger.recent[name] = (*ledger.recent.get(name, ()), left)
    return ledger


def recognised(ledger: FakeLedger, *submissions: Submission) -> Mapping[str, Recognised]:
    return Recogniser(ledger, WINDOW).recognise(submissions, 1.0)


def test_r15_of_several_earlier_requests_the_most_alike_counts(ledger: FakeLedger) -> None:
    less = f"Дублирую своё письмо, ответа нет.\n{GATE}"
    held(ledger, asked("form-1", less), asked("form-2"), asked("form-3", GUESTS))

    assert recognised(ledger, asked("form-4", hours=1))["form-4"].same == FIRST + 1


def test_r15_only_the_latest_requests_of_a_busy_client_are_compared(ledger: FakeLedger) -> None:
    others = [asked(f"form-{place}", f"Пропуск номер {place}", hours=place / 60) for place in range(MOST_COMPARED)]
    held(ledger, asked("oldest"), *others[1:])
    assert recognised(ledger, asked("new", hours=1))["new"].same == FIRST

    held(ledger, others[0])

    assert recognised(ledger, asked("new", hours=1))["new"].same is None


def test_r15_a_trace_of_what_is_not_there_says_nothing(ledger: FakeLedger) -> None:
    held(ledger, asked("form-1"))
    del ledger.entries["form-1"]

    assert recognised(ledger, asked("form-2", hours=1))["form-2"].same is None


@pytest.mark.parametrize(
    "change",
    [lambda each: replace(each, contact=Contact("Кто-то", None, None)), lambda each: replace(each, key="form-1")],
    ids=["nobody to know it by", "delivered again"],
)
def test_r15_of_what_cannot_or_need_not_be_compared_nothing_is_known(
    ledger: FakeLedger, change: Callable[[Submission], Submission]
) -> None:
    held(ledger, asked("form-1"))

    assert recognised(ledger, change(asked("form-2", hours=1))) == {}


def test_r15_a_request_that_was_not_looked_up_is_found_by_later_ones(registrar: Registrar, ledger: FakeLedger) -> None:
    ledger.faults["surroundings"].append(Fault.UNAVAILABLE)
    registrar.register(asked("form-1"))

    assert registrar.register(mailed("mail-1", hours=1)) == Registered(
        ledger.tickets[FIRST], repeated=False, duplicate=True
    )
