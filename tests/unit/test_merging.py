"""R15: two tickets of one request become one, under the lower number; and what was one by mistake is two again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from shared.domain.completeness import Detail, Known, Source
from shared.domain.contact import Contact, identities
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import Event
from shared.domain.merging import MergeRefusal, MergeRefusedError, merge
from shared.domain.notification import Notification, NotificationState, first_notifications
from shared.domain.splitting import Group, Part, SplitRefusal, SplitRefusedError, take_out, undo_merge
from shared.domain.submission import Attachment, Channel, Message, Omission, Submission, SubmissionState
from shared.domain.ticket import Acceptance, Handover, Ticket, join, may_join, open_ticket, place_of
from shared.ledger import Entry, LedgerConflictError, LedgerRefusedError, Recent, StoredTicket
from shared.merging import SYSTEM, Merger
from shared.numbering import Registered
from shared.registration import Kept
from shared.splitting import Split, Splitter
from tests.sample_ticket import HOURS, with_details
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeLedger, Fault
from tests.unit.registering import IVAN, MONDAY, SPECIALISTS, Clock, RecordingBell, submission

A, B, C, D = 12345, 12346, 12347, 12348
ANNA, PETR = "Анна Петрова", "Пётр"
LATER = MONDAY + timedelta(hours=1)
WINDOW = timedelta(days=3)
GATE = "Калитка у пруда не открывается с телефона, приложение пишет «нет доступа»."


@dataclass(slots=True)
class Stage:
    """Tickets of one client, one for each number, all about the same, with their letters."""

    changes: FakeChanges = field(default_factory=FakeChanges)
    past: FakeLedger = field(default_factory=FakeLedger)
    bell: RecordingBell = field(default_factory=RecordingBell)
    calls: list[str] = field(default_factory=list)
    now: Callable[[], datetime] = field(default_factory=lambda: Clock(LATER))

    def __post_init__(self) -> None:
        self.past.entries = self.changes.entries
        self.past.choose = self._called

    def _called(self, method: str) -> None:
        self.calls.append(method)

    @property
    def merger(self) -> Merger:
        return Merger(self.changes, self.past, self.bell, WINDOW, self.now)

    def open(self, number: int, contact: Contact = IVAN, text: str = GATE, **said: object) -> Ticket:
        asked = with_details(submission(f"form-{number}", text, contact), **said)
        opened = open_ticket(asked, number, MONDAY + timedelta(seconds=1), HOURS)
        self.changes.hold(opened, *first_notifications(opened, SPECIALISTS))
        self.changes.entries[asked.key] = Entry(asked, SubmissionState.REGISTERED, number, f"first {number}")
        for name in identities(contact):
            left = Recent(number, asked.key, asked.received_at)
            self.past.recent[name] = (*self.past.recent.get(name, ()), left)
        return opened

    def attach(self, number: int, key: str, attachment: Attachment = Attachment.DUPLICATE, **said: object) -> None:
        asked = with_details(submission(key, GATE), **said)
        self.changes.hold(join(self.changes.ticket(number), asked, attachment, MONDAY))
        state = SubmissionState.ATTACHED
        self.changes.entries[key] = Entry(asked, state, number, f"first {key}", attachment=attachment)

    def stored(self, *numbers: int) -> list[StoredTicket]:
        return [self.changes.opened[number] for number in numbers]

    def change(self, number: int, **fields: object) -> None:
        self.changes.hold(replace(self.changes.ticket(number), **fields))  # type: ignore[arg-type]  # any field

    def events(self, event: Event) -> list[tuple[int, str, str]]:
        return [(number, line.by, line.about) for number, line in self.changes.history if line.event is event]


@dataclass(slots=True)
class NumberGiver:
    """Gives the next number, or none for now."""

    stage: Stage
    next: int | None = D
    given: list[Submission] = field(default_factory=list)

    def register(self, submission: Submission) -> Registered | Kept:
        self.given.append(submission)
        if self.next is None:
            return Kept(submission.received_at)
        return Registered(open_ticket(submission, self.next, LATER, HOURS), repeated=False)


@dataclass(slots=True)
class TicketLetters:
    changes: FakeChanges

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        assert timeout > 0
        about = [each.notification for each in self.changes.letters.values() if each.notification.ticket == number]
        return sorted(about, key=lambda letter: letter.requested_at)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def numbers(stage: Stage) -> NumberGiver:
    return NumberGiver(stage)


@pytest.fixture
def splitter(stage: Stage, numbers: NumberGiver) -> Splitter:
    return Splitter(stage.changes, stage.changes, TicketLetters(stage.changes), numbers, stage.bell, stage.now)


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.conflicts._PAUSE", 0.0)


@pytest.mark.parametrize("named", [(A, B), (B, A)])
def test_r15_the_higher_number_leads_to_the_lower_one_in_whatever_order(stage: Stage, named: tuple[int, int]) -> None:
    stage.open(A)
    stage.open(B)
    done = stage.merger.merge(*named, ANNA)
    assert (done.into.number, done.gone.number) == (A, B)
    assert (stage.changes.ticket(B).merged_into, stage.changes.ticket(A).merged) == (A, (B,))
    assert stage.changes.ticket(A).merged_into is None
    assert stage.events(Event.MERGED) == [(A, ANNA, str(B)), (B, ANNA, str(A))]
    # What came in under a number stays there.
    assert stage.changes.ticket(B).submissions == (f"form-{B}",)
    assert stage.changes.ticket(A).submissions == (f"form-{A}",)


@pytest.mark.parametrize("order", [((C, B), (B, A)), ((B, A), (C, B)), ((C, A), (B, A)), ((B, A), (A, C))])
def test_r15_every_number_of_a_chain_leads_to_the_lowest(
    stage: Stage, order: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    for number in (A, B, C):
        stage.open(number)
    for one, other in order:
        stage.merger.merge(one, other, ANNA)
    tickets = {number: stage.changes.ticket(number) for number in (A, B, C)}
    for number in (A, B, C):
        while (into := tickets[number].merged_into) is not None:
            assert into < number
            assert number in tickets[into].merged
            number = into  # noqa: PLW2901  # follows the redirects
        assert number == A


def test_r15_a_number_in_a_chain_stands_for_the_ticket_that_goes_on(stage: Stage) -> None:
    for number in (A, B, C, D):
        stage.open(number)
    stage.merger.merge(A, C, ANNA)
    stage.merger.merge(B, D, ANNA)
    done = stage.merger.merge(C, D, ANNA)
    assert (done.into.number, done.gone.number) == (A, B)
    assert stage.changes.ticket(A).merged == (C, B)
    assert stage.changes.ticket(D).merged_into == B


def _chain(stage: Stage) -> None:
    stage.merger.merge(A, B, ANNA)
    stage.merger.merge(B, C, ANNA)


@pytest.mark.parametrize(
    ("prepared", "named", "refusal", "about"),
    [
        (lambda _: None, (A, A), MergeRefusal.ITSELF, A),
        (_chain, (B, C), MergeRefusal.ONE_ALREADY, A),
        (_chain, (C, A), MergeRefusal.ONE_ALREADY, A),
        (lambda _: None, (A, 99999), MergeRefusal.NO_SUCH_TICKET, 99999),
        (lambda stage: stage.change(B, merged_into=12000), (A, B), MergeRefusal.BROKEN, 12000),
        (lambda stage: stage.change(B, merged_into=C), (A, B), MergeRefusal.BROKEN, B),
        (lambda stage: stage.change(B, merged_into=B), (B, A), MergeRefusal.BROKEN, B),
    ],
)
def test_r15_what_can_not_be_merged_is_refused_and_nothing_changes(
    stage: Stage, prepared: Callable[[Stage], None], named: tuple[int, int], refusal: MergeRefusal, about: int
) -> None:
    for number in (A, B, C):
        stage.open(number)
    prepared(stage)
    before = len(stage.changes.commits)
    with pytest.raises(MergeRefusedError) as refused:
        stage.merger.merge(*named, ANNA)
    assert (refused.value.refusal, refused.value.ticket) == (refusal, about)
    assert len(stage.changes.commits) == before


def test_tickets_that_do_not_go_on_are_no_merge(stage: Stage) -> None:
    one, other = stage.open(A), stage.open(B)
    for pair in ((one, one), (one, replace(other, merged_into=A)), (replace(one, merged_into=12000), other)):
        with pytest.raises(ValueError, match="go on"):
            merge(*pair, {}, ANNA, LATER)


def test_r6_r15_the_ticket_that_goes_on_knows_what_the_other_one_knew(stage: Stage) -> None:
    stage.open(A, os_version="Android 16")
    stage.open(B, steps="1. Открыть", product_version="4.12.1", device_model="Pixel 9", urgent=True)
    stage.change(B, channels=(Channel.EMAIL, Channel.FORM), participants=("anna@example.ru",))
    stage.merger.merge(A, B, ANNA)
    after = stage.changes.ticket(A)
    assert after.missing == ()
    assert after.complete
    first, other = f"form-{A}", f"form-{B}"
    assert [(known.detail, known.submission) for known in after.known] == [
        (Detail.DESCRIPTION, first),
        (Detail.STEPS, other),
        (Detail.PRODUCT_VERSION, other),
        (Detail.DEVICE_MODEL, other),
        (Detail.OS_VERSION, first),
        (Detail.CONTACT, first),
    ]
    assert after.channels == (Channel.FORM, Channel.EMAIL)
    assert after.participants == ("anna@example.ru",)
    assert after.urgent
    # It is complete now: what waited for that is due.
    assert after.follow_up_at is not None
    assert LATER < after.follow_up_at < LATER + timedelta(seconds=1)


def test_r6_r15_what_said_nothing_takes_the_others_word_for_whether_phone_data_are_needed(stage: Stage) -> None:
    stage.open(A)
    stage.change(A, known=(Known(Detail.CONTACT, Source.FIELD, f"form-{A}"),), missing=tuple(Detail)[:5])
    stage.open(B)
    known = tuple(Known(detail, Source.FIELD, f"form-{B}") for detail in (Detail.DESCRIPTION, Detail.CONTACT))
    stage.change(B, known=known, missing=(), device_data=False)
    stage.merger.merge(A, B, ANNA)
    after = stage.changes.ticket(A)
    assert (after.missing, after.device_data) == ((), False)


@pytest.mark.parametrize("acceptance", [Acceptance.PENDING, Acceptance.UNDELIVERABLE, Acceptance.REVOKED])
def test_r8_r15_nobody_waits_for_the_acceptance_of_a_merged_ticket(stage: Stage, acceptance: Acceptance) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, acceptance=acceptance, flags=(Flag(FlagKind.NOT_CONFIRMED, MONDAY, "не доставлено"),))
    stage.merger.merge(A, B, ANNA)
    gone = stage.changes.ticket(B)
    assert gone.acceptance is Acceptance.NOT_AWAITED
    assert gone.check_at is None
    [flag] = gone.flags
    assert not flag.is_open
    assert stage.changes.ticket(A).acceptance is Acceptance.PENDING


def test_r8_r15_what_was_accepted_stays_so(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, acceptance=Acceptance.ACCEPTED, accepted_at=MONDAY, accepted_by=f"{B}-confirmation")
    stage.merger.merge(A, B, ANNA)
    gone = stage.changes.ticket(B)
    assert (gone.acceptance, gone.accepted_at) == (Acceptance.ACCEPTED, MONDAY)


def test_r16_r15_a_number_that_came_too_late_has_yet_to_be_flagged(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, received_at=MONDAY - timedelta(hours=1))
    stage.merger.merge(A, B, ANNA)
    assert stage.changes.ticket(B).check_at is not None


def test_r15_a_confirmation_that_nobody_has_begun_to_send_gives_way_to_one_letter(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.merger.merge(A, B, ANNA)
    [change] = stage.changes.commits
    assert [after.id for _, after in change.notifications] == [f"{B}-confirmation"]
    assert [letter.id for letter in change.letters] == [f"{A}-merged-{B}"]
    dropped, told = stage.changes.letter(f"{B}-confirmation"), stage.changes.letter(f"{A}-merged-{B}")
    assert (dropped.state, dropped.check_at) == (NotificationState.DROPPED, None)
    assert (told.ticket, told.about, told.recipient, told.state) == (A, str(B), IVAN.email, NotificationState.REQUESTED)
    assert stage.bell.rung == [f"{A}-merged-{B}"]
    # The number that goes on still has its own, and the specialists hear of both.
    for letter in (f"{A}-confirmation", f"{A}-new-ticket", f"{B}-new-ticket"):
        assert stage.changes.letter(letter).state is NotificationState.REQUESTED


@pytest.mark.parametrize("state", [NotificationState.SENDING, NotificationState.SENT, NotificationState.DELIVERED])
def test_r15_a_letter_that_is_under_way_is_let_go(stage: Stage, state: NotificationState) -> None:
    stage.open(A)
    stage.open(B)
    stage.changes.hold(replace(stage.changes.letter(f"{B}-confirmation"), state=state))
    stage.merger.merge(A, B, ANNA)
    assert stage.changes.letter(f"{B}-confirmation").state is state
    assert f"{A}-merged-{B}" in stage.changes.letters


@pytest.mark.parametrize(
    "changed",
    [
        {"contact": replace(IVAN, email=None), "confirmation": None, "confirmation_omitted": Omission.NO_EMAIL},
        {"confirmation": None, "confirmation_omitted": Omission.AUTOMATIC},
        {"confirmation": None, "confirmation_omitted": Omission.UNVERIFIED_SENDER},
    ],
)
def test_r15_who_may_not_be_written_to_gets_no_letter(stage: Stage, changed: dict[str, object]) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, **changed)
    before = set(stage.changes.letters)
    stage.merger.merge(A, B, ANNA)
    assert stage.changes.ticket(B).merged_into == A
    assert set(stage.changes.letters) == before
    assert stage.bell.rung == []


@pytest.mark.usefixtures("pause")
def test_r15_a_merge_is_done_again_where_somebody_else_was_faster(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.changes.before.append(lambda: stage.attach(B, "mail-1"))
    stage.merger.merge(A, B, ANNA)
    assert stage.changes.ticket(B).merged_into == A
    assert stage.changes.ticket(B).submissions == (f"form-{B}", "mail-1")


# What the sweep merges by itself.


def test_r15_the_sweep_merges_what_two_doors_registered_at_the_same_moment(stage: Stage) -> None:
    for number in (A, B, C):
        stage.open(number)
    left = stage.merger.merge_duplicates(stage.stored(A, B, C))
    assert set(left) == {A, B, C}
    assert {number: stage.changes.ticket(number).merged_into for number in (A, B, C)} == {A: None, B: A, C: A}
    assert {by for _, by, _ in stage.events(Event.MERGED)} == {SYSTEM}


def test_r15_nothing_near_costs_one_look(stage: Stage) -> None:
    stage.open(A)
    stage.open(B, Contact("Анна", "anna@example.ru", None))
    stage.open(C, Contact("Пётр", None, "+79160000000"))
    assert stage.merger.merge_duplicates(stage.stored(A, B, C)) == set()
    assert stage.calls == ["surroundings"]
    assert stage.changes.commits == []


@pytest.mark.parametrize(
    "changed",
    [
        {"merged_into": 12000},
        {"confirmation_omitted": Omission.AUTOMATIC},
        {"confirmation_omitted": Omission.UNVERIFIED_SENDER},
        {"previous_ticket": 12000, "related": 12000},
    ],
)
def test_r15_what_is_not_to_be_compared_is_not_looked_for(stage: Stage, changed: dict[str, object]) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, **changed)
    assert not stage.merger.merge_duplicates(stage.stored(B))
    assert stage.calls == []


def test_r15_without_a_window_the_sweep_merges_nothing(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    assert not replace(stage.merger, window=timedelta(0)).merge_duplicates(stage.stored(A, B))
    assert stage.calls == []


def test_r15_what_lies_further_apart_than_the_window_is_not_merged(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, received_at=MONDAY + WINDOW + timedelta(seconds=1))
    assert not stage.merger.merge_duplicates(stage.stored(B))
    assert stage.changes.ticket(B).merged_into is None


@pytest.mark.parametrize("method", ["surroundings", "submissions"])
def test_r15_while_the_past_is_not_told_the_page_is_left_alone(stage: Stage, method: str) -> None:
    stage.open(A)
    stage.open(B)
    stage.past.always[method] = Fault.UNAVAILABLE
    assert set(stage.merger.merge_duplicates(stage.stored(A, B))) == {A, B}
    assert stage.changes.commits == []
    del stage.past.always[method]
    stage.merger.merge_duplicates(stage.stored(A, B))
    assert stage.changes.ticket(B).merged_into == A


@pytest.mark.usefixtures("pause")
def test_r15_what_others_keep_changing_is_looked_at_the_next_time(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.changes.faults.extend([LedgerConflictError("moved")] * 5)
    assert set(stage.merger.merge_duplicates(stage.stored(A, B))) == {B}
    assert stage.changes.ticket(B).merged_into is None


def test_r15_a_ledger_that_fails_at_one_pair_leaves_that_for_later(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.changes.blind = 1
    assert set(stage.merger.merge_duplicates(stage.stored(A, B))) == {B}
    stage.merger.merge_duplicates(stage.stored(B))
    assert stage.changes.ticket(B).merged_into == A


def test_r18_what_the_ledger_will_never_take_holds_up_nothing_else_of_its_ticket(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.changes.faults.append(LedgerRefusedError("too large"))
    assert set(stage.merger.merge_duplicates(stage.stored(A, B))) == set()
    assert stage.changes.ticket(B).merged_into is None


def test_r15_one_pair_that_fails_does_not_keep_the_next_from_being_merged(stage: Stage) -> None:
    anna = Contact("Анна", "anna@example.ru", None)
    stage.open(A)
    stage.open(B)
    stage.open(C, anna)
    stage.open(D, anna)
    stage.change(A, merged_into=99999)
    assert set(stage.merger.merge_duplicates(stage.stored(B, D))) == {C, D}
    assert stage.changes.ticket(D).merged_into == C


# What a person has taken apart.


def test_r15_no_machine_merges_what_a_person_took_apart(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(B, apart=(A,))
    assert not stage.merger.merge_duplicates(stage.stored(A, B))
    assert stage.changes.ticket(B).merged_into is None


@pytest.mark.parametrize("apart", [{A: (C,)}, {C: (A,)}])
def test_r15_what_stands_apart_from_one_of_a_group_stands_apart_from_all(
    stage: Stage, apart: dict[int, tuple[int, ...]]
) -> None:
    for number in (A, B, C):
        stage.open(number)
    stage.merger.merge(A, B, ANNA)
    for number, others in apart.items():
        stage.change(number, apart=others)
    # Compared with #12346 alone: of that one C says nothing.
    stage.past.recent = {name: recent[1:] for name, recent in stage.past.recent.items()}
    assert not stage.merger.merge_duplicates(stage.stored(C))
    assert stage.changes.ticket(C).merged_into is None


def test_r15_a_persons_word_outweighs_an_earlier_one(stage: Stage) -> None:
    stage.open(A)
    stage.open(B)
    stage.change(A, apart=(B, 12000))
    stage.change(B, apart=(A,))
    stage.merger.merge(A, B, PETR)
    assert stage.changes.ticket(B).merged_into == A
    assert (stage.changes.ticket(A).apart, stage.changes.ticket(B).apart) == ((12000,), ())


# What was one by mistake.


def alone(ticket: Ticket, *parts: tuple[Submission, Attachment | None]) -> Group:
    """A ticket into which nothing was merged, with what came in under it."""
    return Group({ticket.number: ticket}, {each.key: Part(each, attachment) for each, attachment in parts})


def without(ticket: Ticket, key: str, *parts: tuple[Submission, Attachment | None]) -> Ticket:
    """The ticket when a submission was taken out of it."""
    [left] = take_out([ticket], key, alone(ticket, *parts), LATER)
    return left


def test_r15_what_is_taken_out_leaves_its_place_empty_for_ever(stage: Stage) -> None:
    ticket = stage.open(A)
    for key in ("second", "third"):
        ticket = join(ticket, submission(key), Attachment.DUPLICATE, MONDAY)
    ticket = without(ticket, "second")
    assert ticket.submissions == (f"form-{A}", "third")
    assert place_of(ticket, "third") == 3
    ticket = join(ticket, submission("fourth"), Attachment.REPLY, LATER)
    assert place_of(ticket, "fourth") == 4
    ticket = without(ticket, "third")
    assert [place_of(ticket, key) for key in ticket.submissions] == [1, 4]


def test_r6_r15_what_only_came_with_it_is_known_no_more(stage: Stage) -> None:
    before = stage.open(A, os_version="Android 16")
    more = with_details(submission("second"), device_model="Pixel 9", product_version="4.12.1")
    richer = replace(join(before, more, Attachment.DUPLICATE, MONDAY), handed_on=Handover(MONDAY, 1, complete=True))
    assert richer.complete
    after = without(richer, "second", (more, Attachment.DUPLICATE))
    assert (after.known, after.missing, after.complete) == (before.known, before.missing, False)
    # Whoever has got it for classification has to hear of it.
    assert after.follow_up_at == LATER


def test_r6_r14_r15_what_is_unclear_again_may_need_phone_data_again(stage: Stage) -> None:
    before = stage.open(A, text="Помогите")
    assert Detail.DESCRIPTION in before.missing
    about_bill = submission("second", "Пришёл счёт за пропуска дважды, верните деньги за второй счёт")
    clear = join(before, about_bill, Attachment.DUPLICATE, MONDAY)
    assert not clear.device_data
    after = without(clear, "second", (about_bill, Attachment.DUPLICATE))
    assert (after.known, after.missing, after.device_data) == (before.known, before.missing, before.device_data)


def test_r6_r15_what_somebody_else_has_said_as_well_stays_known(stage: Stage) -> None:
    opened = stage.open(A)
    first = with_details(submission("second"), device_model="Pixel 9")
    again = with_details(submission("third"), device_model="Pixel 9")
    ticket = join(join(opened, first, Attachment.DUPLICATE, MONDAY), again, Attachment.REPLY, MONDAY)
    after = without(ticket, "second", (first, Attachment.DUPLICATE), (again, Attachment.REPLY))
    [model] = [each for each in after.known if each.detail is Detail.DEVICE_MODEL]
    assert (model.source, model.submission) == (Source.REPLY, "third")
    assert Detail.DEVICE_MODEL not in after.missing


def mailed(key: str, sender: str, *, urgent: bool = False) -> Submission:
    plain = with_details(submission(key, GATE), urgent=urgent)
    return replace(plain, channel=Channel.EMAIL, message=Message(f"mail/raw/{key}", participants=(sender,)))


def test_r15_who_only_took_part_in_what_is_taken_out_takes_part_no_more(stage: Stage) -> None:
    opened = stage.open(A)
    other, own = mailed("mail-1", "olga@example.ru", urgent=True), mailed("mail-2", "ivan@example.com")
    one = join(opened, other, Attachment.DUPLICATE, MONDAY)
    both = join(one, own, Attachment.REPLY, MONDAY)
    assert (both.urgent, may_join(both, "olga@example.ru")) == (True, True)
    after = without(both, "mail-1", (other, Attachment.DUPLICATE), (own, Attachment.REPLY))
    assert after.participants == ("ivan@example.com",)
    assert not after.urgent
    assert after.channels == (Channel.FORM, Channel.EMAIL)
    assert without(one, "mail-1", (other, Attachment.DUPLICATE)).channels == (Channel.FORM,)


def test_r15_what_opened_a_ticket_as_urgent_keeps_it_so(stage: Stage) -> None:
    opened = stage.open(A, urgent=True)
    other = mailed("mail-1", "olga@example.ru", urgent=True)
    opening = stage.changes.entries[f"form-{A}"].submission
    ticket = join(opened, other, Attachment.DUPLICATE, MONDAY)
    assert without(ticket, "mail-1", (opening, None), (other, Attachment.DUPLICATE)).urgent


def test_r15_what_is_taken_out_of_a_merged_ticket_is_known_of_none_in_its_line(
    stage: Stage, splitter: Splitter
) -> None:
    for number in (A, B, C):
        stage.open(number)
    stage.attach(C, "mail-1", device_model="Pixel 9")
    stage.merger.merge(B, C, ANNA)
    stage.merger.merge(A, B, ANNA)
    assert splitter.split("mail-1", PETR) == Split(C, D)
    assert [Detail.DEVICE_MODEL in stage.changes.ticket(number).missing for number in (A, B, C)] == [True] * 3
    assert stage.events(Event.SPLIT_OFF) == [(number, PETR, "mail-1") for number in (C, B, A)]


def test_r15_a_robots_word_that_is_split_off_is_not_answered(
    stage: Stage, splitter: Splitter, numbers: NumberGiver
) -> None:
    stage.open(A)
    stage.attach(A, "mail-1", Attachment.REPLY)
    entry = stage.changes.entries["mail-1"]
    robot = replace(entry.submission, message=Message("mail/raw/1.eml", automatic="Auto-Submitted"))
    stage.changes.entries["mail-1"] = replace(entry, submission=robot)
    splitter.split("mail-1", PETR)
    assert [each.unanswered for each in numbers.given] == [Omission.AUTOMATIC]


def test_r8_r15_nobody_begins_to_wait_for_a_robot_without_an_address(stage: Stage, splitter: Splitter) -> None:
    for number in (A, B):
        stage.open(number, replace(IVAN, email=None))
    stage.change(B, acceptance=Acceptance.NOT_AWAITED, confirmation_omitted=Omission.AUTOMATIC, check_at=None)
    stage.merger.merge(A, B, ANNA)
    splitter.split(f"form-{B}", PETR)
    assert stage.changes.ticket(B).acceptance is Acceptance.NOT_AWAITED


def test_r15_a_merge_in_a_chain_is_undone_for_that_ticket_alone(stage: Stage) -> None:
    stage.open(A, product_version="4.12.1")
    stage.open(B, device_model="Pixel 9")
    stage.open(C, os_version="Android 16")
    stage.merger.merge(C, B, ANNA)
    stage.merger.merge(B, A, ANNA)
    line = [stage.changes.ticket(number) for number in (C, B, A)]
    assert line[-1].complete
    group = {ticket.number: ticket for ticket in line}
    parts = {key: Part(entry.submission, None) for key, entry in stage.changes.entries.items()}
    gone, into, further = undo_merge(line, Group(group, parts), LATER)
    assert (gone.number, gone.merged_into, gone.apart) == (C, None, (B,))
    assert (into.merged, into.merged_into, into.apart) == ((), A, (C,))
    assert further.merged == (B,)
    assert Detail.OS_VERSION in into.missing
    assert Detail.OS_VERSION in further.missing
    assert Detail.DEVICE_MODEL not in further.missing


def test_r15_both_numbers_live_after_a_merge_was_undone_and_no_machine_merges_them(
    stage: Stage, splitter: Splitter
) -> None:
    for number in (A, B, C):
        stage.open(number)
    stage.merger.merge(B, C, ANNA)
    stage.merger.merge(A, B, ANNA)
    assert splitter.split(f"form-{B}", PETR) == Split(A, B)
    assert stage.changes.ticket(B).merged_into is None
    assert stage.changes.ticket(A).merged == ()
    # What was merged into it before stays with it.
    assert stage.changes.ticket(C).merged_into == B
    assert stage.events(Event.MERGE_UNDONE) == [(B, PETR, str(A)), (A, PETR, str(B))]
    again = stage.changes.letter(f"{B}-confirmation-2")
    assert (again.state, again.requested_by) == (NotificationState.REQUESTED, PETR)
    assert stage.bell.rung[-1] == again.id
    revived = stage.changes.ticket(B)
    assert (revived.acceptance, revived.confirmation) == (Acceptance.PENDING, again.id)
    assert revived.check_at is not None
    assert not stage.merger.merge_duplicates(stage.stored(A, B))
    assert stage.changes.ticket(B).merged_into is None


def test_r15_a_person_may_merge_again_what_a_person_took_apart(stage: Stage, splitter: Splitter) -> None:
    stage.open(A)
    stage.open(B)
    for hour in range(2):
        times = Clock(LATER + timedelta(hours=hour))
        replace(stage.merger, now=times).merge(A, B, ANNA)
        assert stage.changes.ticket(B).merged_into == A
        replace(splitter, now=times).split(f"form-{B}", PETR)
    replace(stage.merger, now=Clock(LATER + timedelta(hours=2))).merge(A, B, ANNA)
    assert stage.changes.ticket(A).merged == (B,)
    assert (stage.changes.ticket(A).apart, stage.changes.ticket(B).apart) == ((), ())
    assert len(stage.events(Event.MERGED)) == 6
    # Every time the client is told.
    assert len([letter for letter in stage.changes.letters if letter.startswith(f"{A}-merged-{B}")]) == 3


def test_r10_r15_a_client_without_an_address_waits_for_a_call_again(stage: Stage, splitter: Splitter) -> None:
    phone = replace(IVAN, email=None)
    stage.open(A, phone)
    stage.open(B, phone)
    stage.merger.merge(A, B, ANNA)
    assert splitter.split(f"form-{B}", PETR) == Split(A, B)
    revived = stage.changes.ticket(B)
    assert revived.acceptance is Acceptance.PENDING
    assert revived.check_at is not None
    assert f"{B}-confirmation" not in stage.changes.letters


def test_r15_a_duplicate_is_taken_out_and_gets_a_number_of_its_own(
    stage: Stage, splitter: Splitter, numbers: NumberGiver
) -> None:
    for number in (A, B):
        stage.open(number)
    stage.attach(A, "mail-1", device_model="Pixel 9")
    stage.merger.merge(A, B, ANNA)
    assert splitter.split("mail-1", PETR) == Split(A, D)
    owner = stage.changes.ticket(A)
    assert (owner.submissions, owner.vacated) == ((f"form-{A}",), (2,))
    assert Detail.DEVICE_MODEL in owner.missing
    [waiting] = numbers.given
    assert waiting.apart == (A, B)
    entry = stage.changes.entries["mail-1"]
    assert (entry.state, entry.ticket, entry.attachment) == (SubmissionState.RECEIVED, None, None)
    assert entry.check_at is not None
    assert stage.events(Event.SPLIT_OFF) == [(A, PETR, "mail-1")]


def test_r15_what_could_not_get_its_number_gets_it_when_asked_again(
    stage: Stage, splitter: Splitter, numbers: NumberGiver
) -> None:
    stage.open(A)
    stage.attach(A, "mail-1")
    numbers.next = None
    assert splitter.split("mail-1", PETR) == Split(A, None)
    numbers.next = D
    assert splitter.split("mail-1", PETR) == Split(None, D)
    assert len(stage.changes.commits) == 1


@pytest.mark.usefixtures("pause")
def test_r15_a_split_is_done_again_where_the_ticket_changed_meanwhile(stage: Stage, splitter: Splitter) -> None:
    stage.open(A)
    stage.attach(A, "mail-1")
    stage.changes.before.append(lambda: stage.attach(A, "mail-2", Attachment.REPLY))
    assert splitter.split("mail-1", PETR) == Split(A, D)
    assert stage.changes.ticket(A).submissions == (f"form-{A}", "mail-2")


def _quarantined(stage: Stage) -> None:
    entry = stage.changes.entries[f"form-{A}"]
    stage.changes.entries["spam"] = replace(entry, state=SubmissionState.QUARANTINED, ticket=None)


@pytest.mark.parametrize(
    ("prepared", "key", "refusal"),
    [
        (lambda _: None, "unknown", SplitRefusal.NO_SUCH_SUBMISSION),
        (lambda _: None, f"form-{A}", SplitRefusal.OPENS_ITS_TICKET),
        (lambda stage: stage.attach(A, "page", Attachment.ANSWER), "page", SplitRefusal.ANSWER),
        (_quarantined, "spam", SplitRefusal.NO_REQUEST),
        (lambda stage: stage.change(A, merged_into=12000), f"form-{A}", SplitRefusal.BROKEN),
    ],
)
def test_r15_what_is_no_request_of_its_own_is_not_split_off(
    stage: Stage, splitter: Splitter, prepared: Callable[[Stage], None], key: str, refusal: SplitRefusal
) -> None:
    stage.open(A)
    prepared(stage)
    with pytest.raises(SplitRefusedError) as refused:
        splitter.split(key, PETR)
    assert refused.value.refusal is refusal
    assert stage.changes.commits == []
