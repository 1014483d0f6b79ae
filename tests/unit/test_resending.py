"""R12: a letter is sent once more as a new one, and not where that would do no good, or harm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import conflicts
from shared.conflicts import ATTEMPTS
from shared.domain.acceptance import consequences
from shared.domain.notification import (
    Failure,
    Notification,
    NotificationKind,
    NotificationState,
    new_message,
    requested,
)
from shared.domain.repetition import JUST_SENT, KINDS, Refusal, ResendRefusedError, Wish
from shared.domain.submission import Attachment, Omission
from shared.domain.ticket import LOOK_AFTER, Acceptance, Ticket, join
from shared.domain.trouble import DeadAddress
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.resending import Asked, Resender, SuppressionError
from tests.sample_ticket import PLAIN, SPECIALISTS, notification_of, opened
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeTime
from tests.unit.registering import RecordingBell

TICKET = opened(PLAIN)
IVAN = "ivan.petrov@example.ru"
RIGHT = "ivan.petrov@example.com"
NOW = TICKET.registered_at + timedelta(hours=1)
SENT = replace(
    notification_of(TICKET, NotificationKind.CONFIRMATION),
    state=NotificationState.SENT,
    attempts=1,
    sent_at=TICKET.registered_at,
    check_at=None,
)
BOUNCED = replace(SENT, state=NotificationState.BOUNCED, failure=Failure(None, "550 5.1.1 no such user"))
NOTICE = replace(notification_of(TICKET, NotificationKind.NEW_TICKET), state=NotificationState.DELIVERED)
DEAD = DeadAddress(IVAN, TICKET.registered_at, "550 5.1.1 no such user", SENT.id)
ACCEPTED = replace(
    TICKET,
    acceptance=Acceptance.ACCEPTED,
    accepted_at=TICKET.registered_at,
    accepted_by=SENT.id,
    check_at=None,
)
DELIVERED = replace(SENT, state=NotificationState.DELIVERED)


@dataclass
class FakeSuppressions:
    lifted: list[str] = field(default_factory=list)
    fails: bool = False

    def lift(self, address: str) -> None:
        if self.fails:
            raise SuppressionError("SendGrid answered 403")
        self.lifted.append(address)


@dataclass
class FakeLetters:
    """`Letters` over what the changes have come to."""

    ledger: FakeChanges

    def letters(self, number: int, timeout: float) -> Sequence[Notification]:
        assert timeout > 0
        mine = [each.notification for each in self.ledger.letters.values() if each.notification.ticket == number]
        return sorted(mine, key=lambda letter: letter.requested_at)

    def dead_address(self, address: str, timeout: float) -> DeadAddress | None:
        assert timeout > 0
        return self.ledger.dead.get(address)


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(conflicts, "time", fake)
    return fake


@pytest.fixture
def ledger() -> FakeChanges:
    fake = FakeChanges()
    fake.hold(TICKET, SENT, NOTICE)
    return fake


@pytest.fixture
def bell() -> RecordingBell:
    return RecordingBell()


@pytest.fixture
def suppressions() -> FakeSuppressions:
    return FakeSuppressions()


Ask = Callable[..., Asked]


@pytest.fixture
def ask(ledger: FakeChanges, bell: RecordingBell, suppressions: FakeSuppressions) -> Ask:
    resender = Resender(ledger, FakeLetters(ledger), bell, suppressions, lambda: NOW)

    def asking(kind: NotificationKind = NotificationKind.CONFIRMATION, number: int = 12345, **more: object) -> Asked:
        return resender.ask(Wish(number, kind, "anna", **more))  # type: ignore[arg-type]  # `to`, `forced`

    return asking


def refused(ask: Ask, *arguments: object, **more: object) -> ResendRefusedError:
    with pytest.raises(ResendRefusedError) as error:
        ask(*arguments, **more)
    return error.value


def lines(ledger: FakeChanges) -> list[str]:
    return [line.id for _, line in ledger.history]


def with_state(state: NotificationState, age: timedelta) -> Notification:
    return replace(SENT, state=state, sent_at=NOW - age)


def test_r12_a_letter_sent_again_is_a_new_one_that_says_who_asked_for_it(
    ledger: FakeChanges, bell: RecordingBell, ask: Ask
) -> None:
    letter = ask().letter
    assert letter == replace(
        requested("12345-confirmation-2", 12345, NotificationKind.CONFIRMATION, IVAN, NOW), requested_by="anna"
    )
    assert ledger.letter(letter.id) == letter
    assert ledger.letter(SENT.id) == SENT
    assert ledger.ticket(12345).confirmation == letter.id
    assert [(number, line.by, line.id) for number, line in ledger.history] == [
        (12345, "anna", "letter_asked_again-12345-confirmation-2")
    ]
    assert bell.rung == ["12345-confirmation-2"]


def test_r12_each_further_letter_has_the_next_number(ledger: FakeChanges, ask: Ask) -> None:
    for number in range(2, 12):
        letter = ask().letter
        assert letter.id == f"12345-confirmation-{number}"
        ledger.hold(replace(letter, state=NotificationState.DELIVERED))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Acceptance.PENDING, Acceptance.PENDING),
        (Acceptance.UNDELIVERABLE, Acceptance.PENDING),
        (Acceptance.REVOKED, Acceptance.PENDING),
        (Acceptance.ACCEPTED, Acceptance.ACCEPTED),
    ],
)
def test_r8_what_was_not_accepted_waits_again_and_the_sweep_looks_after_it(
    ledger: FakeChanges, ask: Ask, before: Acceptance, after: Acceptance
) -> None:
    ticket = ACCEPTED if before is Acceptance.ACCEPTED else replace(TICKET, acceptance=before, check_at=None)
    ledger.hold(ticket)
    ask()
    assert ledger.ticket(12345).acceptance is after
    settled = after is Acceptance.ACCEPTED
    assert ledger.ticket(12345).check_at == (None if settled else NOW + LOOK_AFTER)
    assert ledger.ticket(12345).accepted_by == (SENT.id if settled else None)


def test_r16_a_look_that_is_due_earlier_stays_due(ledger: FakeChanges, ask: Ask) -> None:
    ledger.hold(replace(TICKET, check_at=NOW + timedelta(seconds=5)))
    ask()
    assert ledger.ticket(12345).check_at == NOW + timedelta(seconds=5)


@pytest.mark.parametrize("state", [NotificationState.REQUESTED, NotificationState.SENDING, NotificationState.DEFERRED])
def test_r12_a_copy_that_is_under_way_is_told_of(ledger: FakeChanges, ask: Ask, state: NotificationState) -> None:
    copy = with_state(state, timedelta(days=1))
    ledger.hold(TICKET, copy)
    error = refused(ask)
    assert (error.refusal, error.letter) == (Refusal.ON_ITS_WAY, copy)
    assert ledger.commits == []
    assert ask(forced=True).letter.id == "12345-confirmation-2"


@pytest.mark.parametrize(("age", "is_refused"), [(JUST_SENT - timedelta(seconds=1), True), (JUST_SENT, False)])
def test_r12_what_was_just_sent_may_still_arrive(
    ledger: FakeChanges, ask: Ask, age: timedelta, *, is_refused: bool
) -> None:
    ledger.hold(TICKET, with_state(NotificationState.SENT, age))
    if is_refused:
        assert refused(ask).refusal is Refusal.ON_ITS_WAY
    else:
        ask()


@pytest.mark.parametrize(
    "state",
    [
        NotificationState.REJECTED,
        NotificationState.DROPPED,
        NotificationState.BOUNCED,
        NotificationState.DELIVERED,
    ],
)
def test_r12_a_letter_whose_end_is_known_does_not_hold_up_the_next(
    ledger: FakeChanges, ask: Ask, state: NotificationState
) -> None:
    ledger.hold(TICKET, with_state(state, timedelta(seconds=1)))
    ask()


def test_r9_a_dead_address_gets_no_letter_until_a_person_insists(
    ledger: FakeChanges, ask: Ask, suppressions: FakeSuppressions
) -> None:
    ledger.hold(replace(TICKET, acceptance=Acceptance.UNDELIVERABLE), BOUNCED)
    ledger.dead[IVAN] = DEAD
    error = refused(ask)
    assert (error.refusal, error.dead) == (Refusal.DEAD_ADDRESS, DEAD)
    assert suppressions.lifted == []
    asked = ask(forced=True)
    assert asked.suppression is None
    assert suppressions.lifted == [IVAN]
    assert ledger.dead == {}
    assert ledger.ticket(12345).acceptance is Acceptance.PENDING


def test_r12_the_provider_s_list_is_left_alone_without_force(ask: Ask, suppressions: FakeSuppressions) -> None:
    ask()
    assert suppressions.lifted == []


def test_r12_a_provider_that_keeps_the_address_is_told_and_stops_nothing(
    ask: Ask, suppressions: FakeSuppressions, bell: RecordingBell
) -> None:
    suppressions.fails = True
    assert ask(forced=True).suppression == "SendGrid answered 403"
    assert bell.rung == ["12345-confirmation-2"]


def test_r12_without_a_key_the_provider_s_list_may_hold_the_address(ledger: FakeChanges, bell: RecordingBell) -> None:
    resender = Resender(ledger, FakeLetters(ledger), bell, None, lambda: NOW)
    wish = Wish(12345, NotificationKind.CONFIRMATION, "anna", forced=True)
    assert resender.ask(wish).suppression == "there is no key to change it with"


def test_an_unknown_ticket_is_refused(ask: Ask) -> None:
    assert refused(ask, number=99999).refusal is Refusal.NO_SUCH_TICKET


@pytest.mark.parametrize("forced", [False, True])
def test_r12_nobody_overrules_a_copy_that_he_has_not_seen(ledger: FakeChanges, ask: Ask, *, forced: bool) -> None:
    assert ask(forced=True, seen="12345-confirmation").letter.id == "12345-confirmation-2"
    error = refused(ask, forced=forced, seen="12345-confirmation")
    assert error.refusal is Refusal.ON_ITS_WAY
    assert error.letter is not None
    assert error.letter.id == "12345-confirmation-2"
    assert len(ledger.commits) == 1
    assert ask(forced=True, seen="12345-confirmation-2").letter.id == "12345-confirmation-3"


@pytest.mark.parametrize("forced", [False, True])
def test_r15_a_merged_ticket_s_number_is_not_sent(ledger: FakeChanges, ask: Ask, *, forced: bool) -> None:
    ledger.hold(replace(TICKET, merged_into=12346))
    error = refused(ask, forced=forced)
    assert error.refusal is Refusal.MERGED
    assert error.ticket is not None
    assert error.ticket.merged_into == 12346


def without_address() -> Ticket:
    return opened(replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))


@pytest.mark.parametrize("forced", [False, True])
def test_r12_a_client_without_an_address_gets_no_letter(ledger: FakeChanges, ask: Ask, *, forced: bool) -> None:
    ledger.hold(without_address())
    assert refused(ask, forced=forced).refusal is Refusal.NO_ADDRESS


def test_r12_an_address_that_becomes_known_gets_the_first_letter(ledger: FakeChanges, ask: Ask) -> None:
    ledger.letters.clear()
    ledger.hold(without_address())
    letter = ask(to=RIGHT).letter
    assert (letter.id, letter.recipient) == ("12345-confirmation", RIGHT)
    ticket = ledger.ticket(12345)
    assert (ticket.contact.email, ticket.contact.phone) == (RIGHT, "+79161234567")
    assert ticket.confirmation_omitted is None
    assert ticket.acceptance is Acceptance.PENDING


@pytest.mark.parametrize("omission", [Omission.AUTOMATIC, Omission.UNVERIFIED_SENDER, Omission.TOO_MANY_LETTERS])
def test_r12_what_is_not_answered_automatically_is_sent_only_on_a_person_s_word(
    ledger: FakeChanges, ask: Ask, omission: Omission
) -> None:
    ledger.letters.clear()
    ledger.hold(opened(replace(PLAIN, unanswered=omission)))
    assert refused(ask).refusal is Refusal.HELD_BACK
    assert ask(forced=True).letter.id == "12345-confirmation"
    assert ledger.ticket(12345).acceptance is Acceptance.PENDING
    assert ledger.ticket(12345).confirmation_omitted is None


def test_r12_an_address_that_a_person_names_is_not_held_back(ledger: FakeChanges, ask: Ask) -> None:
    ledger.letters.clear()
    ledger.hold(opened(replace(PLAIN, unanswered=Omission.UNVERIFIED_SENDER)))
    assert ask(to=RIGHT).letter.recipient == RIGHT


def test_r12_a_wrong_address_is_corrected_and_the_history_says_so(ledger: FakeChanges, ask: Ask) -> None:
    ledger.hold(replace(TICKET, acceptance=Acceptance.UNDELIVERABLE), BOUNCED)
    ledger.dead[IVAN] = DEAD
    assert ask(to=RIGHT).letter.recipient == RIGHT
    ticket = ledger.ticket(12345)
    assert ticket.contact == replace(TICKET.contact, email=RIGHT)
    assert lines(ledger) == [
        "contact_corrected-12345-confirmation-2",
        "letter_asked_again-12345-confirmation-2",
    ]
    assert ledger.dead == {IVAN: DEAD}


def test_r12_an_address_that_was_only_typed_does_not_become_a_participant(ledger: FakeChanges, ask: Ask) -> None:
    ask(to=RIGHT)
    assert IVAN not in ledger.ticket(12345).participants


def test_r5r_who_wrote_from_the_earlier_address_stays_a_participant(ledger: FakeChanges, ask: Ask) -> None:
    ledger.hold(replace(TICKET, participants=(IVAN,)))
    ask(to=RIGHT)
    assert ledger.ticket(12345).participants == (IVAN,)


def test_r12_a_copy_to_the_wrong_address_does_not_hold_up_the_one_to_the_right_one(
    ledger: FakeChanges, ask: Ask
) -> None:
    ledger.hold(TICKET, with_state(NotificationState.SENDING, timedelta(0)))
    assert ask(to=RIGHT).letter.id == "12345-confirmation-2"


def test_r8_what_reached_a_wrong_address_has_not_reached_the_client(ledger: FakeChanges, ask: Ask) -> None:
    ledger.hold(ACCEPTED, DELIVERED)
    letter = ask(to=RIGHT).letter
    ticket = ledger.ticket(12345)
    assert (ticket.acceptance, ticket.accepted_at, ticket.accepted_by) == (Acceptance.PENDING, None, None)
    assert ticket.check_at == NOW + LOOK_AFTER
    arrived = replace(letter, state=NotificationState.DELIVERED, event_at=NOW)
    follows = consequences(letter, arrived, ticket, SPECIALISTS, NOW)
    assert follows.ticket is not None
    assert follows.ticket.acceptance is Acceptance.ACCEPTED


def test_r8_a_letter_that_reaches_the_wrong_address_later_accepts_nothing(ledger: FakeChanges, ask: Ask) -> None:
    ask(to=RIGHT)
    late = replace(SENT, state=NotificationState.DELIVERED, event_at=NOW)
    assert consequences(SENT, late, ledger.ticket(12345), SPECIALISTS, NOW).ticket is None


def test_r10_what_a_person_told_the_client_stays_told(ledger: FakeChanges, ask: Ask) -> None:
    ledger.hold(replace(ACCEPTED, accepted_by="Анна"))
    ask(to=RIGHT)
    assert ledger.ticket(12345).acceptance is Acceptance.ACCEPTED
    assert ledger.ticket(12345).accepted_by == "Анна"


def test_r12_the_same_address_said_again_corrects_nothing(ledger: FakeChanges, ask: Ask) -> None:
    ask(to=IVAN)
    assert lines(ledger) == ["letter_asked_again-12345-confirmation-2"]


def test_r11_the_specialists_letter_is_sent_again_and_the_ticket_stays_as_it_is(
    ledger: FakeChanges, ask: Ask, bell: RecordingBell
) -> None:
    letter = ask(NotificationKind.NEW_TICKET).letter
    assert (letter.id, letter.recipient, letter.requested_by) == ("12345-new-ticket-2", SPECIALISTS, "anna")
    assert ledger.ticket(12345) == TICKET
    assert lines(ledger) == ["letter_asked_again-12345-new-ticket-2"]
    assert bell.rung == ["12345-new-ticket-2"]
    assert refused(ask, NotificationKind.NEW_TICKET).refusal is Refusal.ON_ITS_WAY


def test_r5r_a_copy_tells_of_the_same_message_under_a_number_that_no_message_has(ledger: FakeChanges, ask: Ask) -> None:
    ticket = join(TICKET, replace(PLAIN, key="mail-2"), Attachment.REPLY, NOW)
    letter = replace(new_message(ticket, "mail-2", SPECIALISTS, NOW), state=NotificationState.DELIVERED)
    ledger.hold(ticket, letter)
    copy = ask(NotificationKind.NEW_MESSAGE).letter
    assert (copy.id, copy.submission) == ("12345-new-message-2-copy-2", "mail-2")
    ledger.hold(replace(copy, state=NotificationState.BOUNCED))
    assert ask(NotificationKind.NEW_MESSAGE).letter.id == "12345-new-message-2-copy-3"


def test_r9_a_copy_tells_of_the_same_failed_letter(ledger: FakeChanges, ask: Ask) -> None:
    notice = replace(
        requested("12345-undelivered-1-bounced", 12345, NotificationKind.UNDELIVERED, SPECIALISTS, NOW),
        about=SENT.id,
        state=NotificationState.DELIVERED,
    )
    ledger.hold(TICKET, notice)
    copy = ask(NotificationKind.UNDELIVERED).letter
    assert (copy.id, copy.about) == ("12345-undelivered-1-bounced-copy-2", SENT.id)


def test_a_letter_that_was_never_asked_for_can_t_be_repeated(ask: Ask) -> None:
    assert refused(ask, NotificationKind.NEW_MESSAGE).refusal is Refusal.NO_LETTER


@pytest.mark.parametrize("kind", sorted(set(NotificationKind) - set(KINDS)))
def test_a_letter_about_no_ticket_can_t_be_wished_for(kind: NotificationKind) -> None:
    with pytest.raises(ValueError, match="about no ticket"):
        Wish(12345, kind, "anna")


def test_a_specialists_letter_goes_to_no_other_address() -> None:
    with pytest.raises(ValueError, match="to the client"):
        Wish(12345, NotificationKind.NEW_TICKET, "anna", to=RIGHT)


def test_a_ticket_that_was_changed_meanwhile_is_read_again(ledger: FakeChanges, ask: Ask) -> None:
    ledger.before.append(lambda: ledger.hold(join(TICKET, replace(PLAIN, key="mail-2"), Attachment.REPLY, NOW)))
    ask()
    assert ledger.ticket(12345).submissions == ("arrival-1", "mail-2")
    assert ledger.ticket(12345).confirmation == "12345-confirmation-2"


@pytest.mark.parametrize("forced", [False, True])
def test_r12_of_two_who_ask_at_once_one_is_told_or_gets_another_number(
    ledger: FakeChanges, bell: RecordingBell, ask: Ask, *, forced: bool
) -> None:
    ledger.before.append(ask)
    if forced:
        assert ask(forced=True).letter.id == "12345-confirmation-3"
        assert bell.rung == ["12345-confirmation-2", "12345-confirmation-3"]
    else:
        error = refused(ask)
        assert error.refusal is Refusal.ON_ITS_WAY
        assert error.letter is not None
        assert error.letter.id == "12345-confirmation-2"
        assert bell.rung == ["12345-confirmation-2"]


def test_r11_two_who_ask_at_once_for_a_specialists_letter_get_one(ledger: FakeChanges, ask: Ask) -> None:
    ledger.before.append(lambda: ask(NotificationKind.NEW_TICKET))
    assert refused(ask, NotificationKind.NEW_TICKET).refusal is Refusal.ON_ITS_WAY


def test_r12_an_address_that_another_corrects_meanwhile_is_the_one_that_is_written_to(
    ledger: FakeChanges, ask: Ask, suppressions: FakeSuppressions
) -> None:
    ledger.before.append(lambda: ledger.hold(replace(TICKET, contact=replace(TICKET.contact, email=RIGHT))))
    assert ask(forced=True).letter.recipient == RIGHT
    assert suppressions.lifted == [IVAN, RIGHT]


def test_a_ticket_that_keeps_changing_is_given_up(
    ledger: FakeChanges, ask: Ask, bell: RecordingBell, suppressions: FakeSuppressions
) -> None:
    ledger.before.extend([lambda: ledger.hold(TICKET)] * ATTEMPTS)
    with pytest.raises(LedgerConflictError):
        ask(forced=True)
    assert not ledger.before
    assert ledger.commits == []
    assert bell.rung == []
    assert suppressions.lifted == [IVAN]


def test_r12_asking_again_after_a_lost_answer_sends_no_second_letter(ledger: FakeChanges, ask: Ask) -> None:
    ledger.faults.append(LedgerUnavailableError("told to"))
    ledger.loses_answers = True
    with pytest.raises(LedgerUnavailableError):
        ask()
    error = refused(ask)
    assert error.refusal is Refusal.ON_ITS_WAY
    assert error.letter is not None
    assert error.letter.id == "12345-confirmation-2"


@given(st.lists(st.sampled_from(list(NotificationState)), min_size=1, max_size=6), st.booleans())
def test_r12_whatever_went_before_a_new_letter_never_takes_another_s_id(
    states: list[NotificationState],
    forced: bool,  # noqa: FBT001  # hypothesis passes by position
) -> None:
    ledger = FakeChanges()
    letters = [
        replace(SENT, id=f"{SENT.id}-{copy}" if copy > 1 else SENT.id, state=state, requested_at=NOW)
        for copy, state in enumerate(states, start=1)
    ]
    ledger.hold(TICKET, *letters)
    resender = Resender(ledger, FakeLetters(ledger), RecordingBell(), None, lambda: NOW)
    try:
        asked = resender.ask(Wish(12345, NotificationKind.CONFIRMATION, "anna", forced=forced))
    except ResendRefusedError:
        assert ledger.commits == []
    else:
        assert asked.letter.id == f"12345-confirmation-{len(states) + 1}"
