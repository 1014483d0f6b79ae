"""R16: what the sweep warns of, flags and clears, once each, and what a person reads about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.acceptance import Word, accept
from shared.domain.flag import Flag, FlagKind
from shared.domain.lateness import (
    MOST_REMARKS,
    TRY_AGAIN_AFTER,
    Digest,
    Look,
    Remark,
    Severity,
    Unregistered,
    look_at_submission,
    look_at_ticket,
)
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import Omission, Quarantine, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from tests.sample_ticket import FRIDAY_NOON, PLAIN, notification_of, opened

MINUTE = timedelta(minutes=1)
WARN_AFTER = 10 * MINUTE
TICKET = opened(PLAIN)
WITH_PHONE = opened(replace(PLAIN, contact=replace(PLAIN.contact, phone="+79161234567")))
SENT = replace(
    notification_of(TICKET, NotificationKind.CONFIRMATION), state=NotificationState.SENT, sent_at=TICKET.registered_at
)
KEPT = Unregistered("form-1", FRIDAY_NOON, SubmissionState.RECEIVED, None, (), FRIDAY_NOON + MINUTE)


def minutes(number: float) -> datetime:
    return FRIDAY_NOON + number * MINUTE


@dataclass
class Watch:
    """The sweep's looks at one ticket, each minute as far as one is due.

    Attributes:
        said: Minute after arrival, how bad, and the text.
    """

    ticket: Ticket = TICKET
    letter: Notification | None = SENT
    said: list[tuple[float, Severity, str]] = field(default_factory=list)
    looks: int = 0

    def sweep(self, first: float, last: float, every: float = 1) -> "Watch":
        for now in moments(first, last, every):
            if self.ticket.check_at is None or self.ticket.check_at > now:
                continue
            self.looks += 1
            look = look_at_ticket(self.ticket, self.letter, now, WARN_AFTER)
            self.ticket = replace(self.ticket, flags=look.flags, check_at=look.check_at)
            self.said += [(since_arrival(now), each.severity, each.text) for each in look.remarks]
        return self

    def happens(self, word: Word, minute: float) -> "Watch":
        self.ticket = accept(self.ticket, word, SENT.id, minutes(minute), minutes(minute))
        return self

    @property
    def told(self) -> list[tuple[float, Severity]]:
        return [(minute, severity) for minute, severity, _ in self.said]


def moments(first: float, last: float, every: float) -> Iterator[datetime]:
    now = minutes(first)
    while now <= minutes(last):
        yield now
        now += every * MINUTE


def since_arrival(now: datetime) -> float:
    return (now - FRIDAY_NOON) / MINUTE


def test_r16_a_ticket_whose_letter_is_not_confirmed_is_warned_of_at_10_and_flagged_at_15_minutes_once_each() -> None:
    watch = Watch().sweep(0, 24 * 60)

    assert watch.told == [(10, Severity.WARNING), (15, Severity.FLAG)]
    [flag] = watch.ticket.flags
    assert (flag.kind, flag.raised_at, flag.cleared_at) == (FlagKind.NOT_CONFIRMED, minutes(15), None)
    # What is flagged is looked at again only when something changes.
    assert watch.ticket.check_at is None
    assert watch.looks <= 4


def test_r16_a_ticket_that_is_accepted_in_time_is_never_mentioned() -> None:
    watch = Watch().happens(Word.DELIVERED, 0.5).sweep(0, 60)

    assert (watch.said, watch.ticket.flags, watch.looks) == ([], (), 0)


def test_r16_a_ticket_that_is_accepted_after_its_warning_is_not_mentioned_again() -> None:
    watch = Watch().sweep(0, 12).happens(Word.DELIVERED, 12.5).sweep(13, 60)

    assert watch.told == [(10, Severity.WARNING)]
    assert (watch.ticket.flags, watch.ticket.check_at) == ((), None)


def test_r16_a_flag_is_cleared_once_with_its_time_when_its_cause_is_gone() -> None:
    watch = Watch().sweep(0, 20).happens(Word.DELIVERED, 20.5).sweep(21, 60)

    assert watch.told == [(10, Severity.WARNING), (15, Severity.FLAG), (21, Severity.CLEARED)]
    [flag] = watch.ticket.flags
    assert (flag.raised_at, flag.cleared_at) == (minutes(15), minutes(21))
    assert watch.ticket.check_at is None
    assert watch.said[-1][2] == "Клиент получил номер."


def test_r16_a_cleared_flag_stays_and_a_new_cause_raises_a_new_one() -> None:
    watch = Watch().sweep(0, 20).happens(Word.DELIVERED, 20.5).sweep(21, 30)

    watch.happens(Word.RETURNED, 30.5).sweep(31, 60)

    first, second = watch.ticket.flags
    assert (first.cleared_at, second.raised_at, second.cleared_at) == (minutes(21), minutes(31), None)
    assert watch.told[3:] == [(31, Severity.FLAG)]


def test_r16_a_letter_that_comes_back_between_warning_and_flag_is_not_warned_of_twice() -> None:
    watch = Watch().sweep(0, 11).happens(Word.FAILED, 12.5).sweep(13, 60)

    assert watch.told == [(10, Severity.WARNING), (15, Severity.FLAG)]


def test_r16_a_letter_that_comes_back_before_the_warning_is_warned_of_at_its_time() -> None:
    assert Watch().sweep(0, 3).happens(Word.FAILED, 3.5).sweep(4, 60).told == [
        (10, Severity.WARNING),
        (15, Severity.FLAG),
    ]


def test_r12_a_letter_that_a_person_had_sent_again_has_15_minutes_of_its_own() -> None:
    watch = Watch(letter=SENT).sweep(0, 20).happens(Word.DELIVERED, 21).sweep(21, 22)
    copy = replace(SENT, id="12345-confirmation-2", requested_at=minutes(100), requested_by="Мария")
    asked = replace(watch.ticket, acceptance=Acceptance.PENDING, confirmation=copy.id, check_at=minutes(100))
    again = Watch(asked, copy).sweep(100, 130)
    assert again.told == [(110, Severity.WARNING), (115, Severity.FLAG)]


def test_r16_after_an_outage_of_the_sweep_what_is_late_is_flagged_at_once() -> None:
    assert Watch().sweep(40, 60).told == [(40, Severity.FLAG)]
    assert Watch().sweep(12, 60).told == [(12, Severity.WARNING), (15, Severity.FLAG)]


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        (8.9, [(10, Severity.WARNING), (15, Severity.FLAG)]),
        (9.5, [(11, Severity.WARNING), (15, Severity.FLAG)]),
        (12.9, [(14, Severity.WARNING), (15, Severity.FLAG)]),
        (14.5, [(16, Severity.FLAG)]),
    ],
)
def test_r16_a_ticket_that_got_its_number_shortly_before_the_end_is_warned_of_as_soon_as_there_is_a_look(
    registered: float, told: list[tuple[float, Severity]]
) -> None:
    ticket = replace(TICKET, registered_at=minutes(registered), check_at=minutes(registered + 1))

    assert Watch(ticket).sweep(0, 60).told == told


@pytest.mark.parametrize("warn_after", [5 * MINUTE, 14 * MINUTE])
def test_r16_when_is_warned_is_a_setting(warn_after: timedelta) -> None:
    early = look_at_ticket(TICKET, SENT, minutes(2), warn_after)
    then = look_at_ticket(replace(TICKET, check_at=early.check_at), SENT, FRIDAY_NOON + warn_after, warn_after)

    assert (early.remarks, early.check_at) == ((), FRIDAY_NOON + warn_after)
    assert [remark.severity for remark in then.remarks] == [Severity.WARNING]
    assert then.check_at == minutes(15)


@given(
    st.lists(st.floats(0.2, 7), min_size=5, max_size=40),
    st.none() | st.floats(0, 60),
    st.none() | st.floats(0, 60),
)
def test_r16_however_the_sweeps_fall_nothing_is_said_twice(
    pauses: list[float], failed_at: float | None, delivered_at: float | None
) -> None:
    watch, now = Watch(), 0.0
    changes = sorted(
        (each for each in ((failed_at, Word.FAILED), (delivered_at, Word.DELIVERED)) if each[0] is not None),
        key=lambda change: change[0] or 0,
    )
    for pause in pauses:
        before, now = now, now + pause
        for at, word in changes:
            if at is not None and before < at <= now:
                watch.happens(word, at)
        watch.sweep(now, now)

    said = [severity for _, severity in watch.told]
    assert len(said) == len(set(said))
    assert sorted(said, key=[Severity.WARNING, Severity.FLAG, Severity.CLEARED].index) == said
    assert all(minute >= 10 for minute, severity in watch.told if severity is Severity.WARNING)
    assert all(minute >= 15 for minute, severity in watch.told if severity is Severity.FLAG)
    late = watch.ticket.acceptance is not Acceptance.ACCEPTED and now >= 17
    # Whatever is still not confirmed, and has been looked at since, stands flagged.
    assert any(flag.is_open for flag in watch.ticket.flags) or not late


def registered_after(passed: timedelta) -> Ticket:
    return replace(TICKET, registered_at=FRIDAY_NOON + passed, check_at=FRIDAY_NOON + passed + MINUTE)


def test_r16_a_ticket_that_was_registered_late_is_flagged_once_and_the_flag_is_not_open() -> None:
    watch = Watch(registered_after(42.5 * MINUTE), SENT).sweep(43, 120)

    late, unconfirmed = watch.ticket.flags
    assert (late.kind, late.raised_at, late.cleared_at) == (FlagKind.REGISTERED_LATE, minutes(42.5), minutes(42.5))
    assert late.reason == (
        "Номер присвоен через 42 мин. после поступления. Клиент ждал: ответьте ему в первую очередь."
    )
    assert unconfirmed.kind is FlagKind.NOT_CONFIRMED
    assert [severity for _, severity in watch.told] == [Severity.FLAG, Severity.FLAG]


def test_r16_a_late_ticket_is_flagged_even_when_its_letter_arrives_before_the_sweep_looks() -> None:
    watch = Watch(registered_after(16 * MINUTE)).happens(Word.DELIVERED, 16.1).sweep(17, 60)

    assert [flag.kind for flag in watch.ticket.flags] == [FlagKind.REGISTERED_LATE]
    assert watch.told == [(17, Severity.FLAG)]
    assert watch.ticket.check_at is None


def test_r16_a_late_message_of_a_robot_is_flagged_although_no_letter_is_awaited() -> None:
    robot = replace(registered_after(60 * MINUTE), acceptance=Acceptance.NOT_AWAITED, confirmation=None)

    watch = Watch(robot, None).sweep(61, 120)

    assert [flag.kind for flag in watch.ticket.flags] == [FlagKind.REGISTERED_LATE]
    assert watch.ticket.check_at is None


@pytest.mark.parametrize("passed", [timedelta(0), 14 * MINUTE, 15 * MINUTE])
def test_r16_a_ticket_that_was_registered_within_15_minutes_is_not_late(passed: timedelta) -> None:
    watch = Watch(registered_after(passed)).happens(Word.DELIVERED, 15.5).sweep(16, 60)

    assert watch.ticket.flags == ()


def test_r16_opening_a_ticket_says_when_it_is_looked_at() -> None:
    registered_at = FRIDAY_NOON + timedelta(seconds=1)

    assert TICKET.check_at == registered_at + MINUTE
    assert opened(replace(PLAIN, unanswered=Omission.AUTOMATIC)).check_at is None


NO_CALL = " Телефон клиента неизвестен: когда клиент напишет снова, предложите звонок или чат-бот."
CALL = " Позвоните клиенту и сообщите номер или предложите чат-бот."
NOT_DELIVERED = "Письмо с номером не доставлено: адрес не существует."
STATES = {
    NotificationState.REQUESTED: "Письмо с номером ещё не отправлено.",
    NotificationState.SENDING: (
        "Неизвестно, ушло ли письмо с номером: связь с почтовым сервисом прервалась. Пока это не выяснится,"
        " система не пишет второй раз, чтобы клиент не получил два письма."
    ),
    NotificationState.REJECTED: NOT_DELIVERED,
    NotificationState.SENT: "Письмо с номером отправлено, но почтовый сервер клиента не подтвердил получение.",
    NotificationState.DEFERRED: ("Письмо с номером пока не доставлено: адрес не существует."),
    NotificationState.DROPPED: NOT_DELIVERED,
    NotificationState.DELIVERED: (
        "Письмо с номером доставлено, но обращение не отмечено принятым: сообщите администратору."
    ),
    NotificationState.BOUNCED: NOT_DELIVERED,
}


def reason(ticket: Ticket, letter: Notification | None) -> str:
    look = look_at_ticket(ticket, letter, minutes(15), WARN_AFTER)
    assert look.remarks[0].text == look.flags[0].reason
    return look.flags[0].reason


@pytest.mark.parametrize(("ticket", "advice"), [(TICKET, NO_CALL), (WITH_PHONE, CALL)], ids=["no phone", "phone"])
@pytest.mark.parametrize("state", NotificationState)
def test_r9_r16_a_flag_says_what_became_of_the_letter_and_what_to_do(
    state: NotificationState, ticket: Ticket, advice: str
) -> None:
    letter = replace(SENT, state=state, failure=Failure(None, "550 5.1.1 no such user"))

    assert reason(ticket, letter) == STATES[state] + advice


@pytest.mark.parametrize(
    ("letter", "text"),
    [
        (
            replace(SENT, state=NotificationState.REQUESTED, failure=Failure(503, "unavailable")),
            "Письмо с номером ещё не отправлено: почтовый сервис отвечает ошибкой 503.",
        ),
        (replace(SENT, state=NotificationState.BOUNCED), "Письмо с номером не доставлено."),
        (replace(SENT, state=NotificationState.DEFERRED), "Письмо с номером пока не доставлено."),
        (None, "Письма с номером нет в журнале: сообщите администратору."),
    ],
    ids=["the provider's fault", "no reason", "put off without a reason", "no letter"],
)
def test_r9_r16_whatever_is_not_known_of_a_letter_is_not_made_up(letter: Notification | None, text: str) -> None:
    assert reason(TICKET, letter) == text + NO_CALL


def test_r9_r16_a_client_without_address_is_called_or_told_otherwise() -> None:
    no_email = opened(replace(PLAIN, contact=replace(PLAIN.contact, email=None, phone="+79161234567")))

    assert reason(no_email, None) == f"У клиента нет адреса электронной почты.{CALL}"


def test_r16_no_remark_holds_an_address_or_a_name() -> None:
    look = look_at_ticket(WITH_PHONE, SENT, minutes(15), WARN_AFTER)

    assert not any(secret in repr(look) for secret in ("ivan", "Иван", "916"))


@dataclass
class Queue:
    """The sweep's looks at one submission."""

    submission: Unregistered = KEPT
    said: list[tuple[float, Severity]] = field(default_factory=list)

    def sweep(self, first: float, last: float, every: float = 1) -> "Queue":
        for now in moments(first, last, every):
            if self.submission.check_at is None or self.submission.check_at > now:
                continue
            look = look_at_submission(self.submission, now, WARN_AFTER)
            self.submission = replace(self.submission, flags=look.flags, check_at=look.check_at)
            self.said += [(since_arrival(now), remark.severity) for remark in look.remarks]
        return self

    def becomes(self, state: SubmissionState) -> "Queue":
        """As registration leaves it: with an open flag it is looked at once more."""
        due = self.submission.received_at if any(flag.is_open for flag in self.submission.flags) else None
        self.submission = replace(self.submission, state=state, quarantine=None, check_at=due)
        return self


@pytest.mark.parametrize("every", [1, 0.5, 1.3])
def test_r16_a_submission_without_a_number_is_tried_again_each_minute_and_told_of_once(every: float) -> None:
    queue = Queue().sweep(0, 120, every)

    assert [severity for _, severity in queue.said] == [Severity.WARNING, Severity.FLAG]
    assert [int(minute) for minute, _ in queue.said] == [10, 15]
    assert queue.submission.check_at is not None
    assert queue.submission.check_at - minutes(120) <= TRY_AGAIN_AFTER


def test_r16_a_flagged_submission_that_gets_its_number_is_cleared_once() -> None:
    queue = Queue().sweep(0, 20).becomes(SubmissionState.REGISTERED).sweep(21, 60)

    assert queue.said[2:] == [(21, Severity.CLEARED)]
    [flag] = queue.submission.flags
    assert (flag.kind, flag.raised_at, flag.cleared_at) == (FlagKind.NOT_REGISTERED, minutes(15), minutes(21))
    assert queue.submission.check_at is None


@pytest.mark.parametrize(
    "state",
    [state for state in SubmissionState if state not in {SubmissionState.RECEIVED, SubmissionState.QUARANTINED}],
)
def test_r16_a_submission_that_is_settled_needs_no_look(state: SubmissionState) -> None:
    assert look_at_submission(replace(KEPT, state=state), minutes(60), WARN_AFTER) == Look((), None)


QUARANTINED = {
    Quarantine.SPAM: "оно похоже на спам",
    Quarantine.NO_CONTACT: "в нём нет ни адреса, ни телефона для ответа",
    Quarantine.UNKNOWN_BOUNCE: "это отчёт о недоставке неизвестного письма",
    Quarantine.MALFORMED: "почтовый сервис передал его в испорченном виде",
    Quarantine.FAILED: "программа не смогла его разобрать",
    Quarantine.REFUSED: "база данных не принимает его",
}


@pytest.mark.parametrize("why", Quarantine)
def test_r16_what_waits_in_quarantine_is_warned_of_and_flagged_with_its_reason(why: Quarantine) -> None:
    waiting = replace(KEPT, state=SubmissionState.QUARANTINED, quarantine=why)

    queue = Queue(waiting).sweep(0, 24 * 60)

    assert queue.said == [(10, Severity.WARNING), (15, Severity.FLAG)]
    assert queue.submission.flags[0].reason == (
        f"Письмо ждёт решения специалиста в карантине: {QUARANTINED[why]}. Зарегистрируйте его или закройте."
    )
    assert queue.submission.check_at is None


@pytest.mark.parametrize("kept_at", [9.5, 12])
def test_r16_what_came_into_quarantine_late_is_warned_of_as_soon_as_there_is_a_look(kept_at: float) -> None:
    waiting = replace(
        KEPT, state=SubmissionState.QUARANTINED, quarantine=Quarantine.SPAM, check_at=minutes(kept_at + 1)
    )

    assert [severity for _, severity in Queue(waiting).sweep(0, 60).said] == [Severity.WARNING, Severity.FLAG]


def remarks(number: int, severity: Severity = Severity.FLAG) -> tuple[Remark, ...]:
    return tuple(Remark(severity, 12345 + each, None, "Текст.", FRIDAY_NOON) for each in range(number))


@pytest.mark.parametrize(
    ("steps", "kept", "omitted"),
    [
        ((), 0, 0),
        ((1, 2), 3, 0),
        ((MOST_REMARKS,), MOST_REMARKS, 0),
        ((MOST_REMARKS - 1, 3), MOST_REMARKS, 2),
        ((MOST_REMARKS + 7,), MOST_REMARKS, 7),
        ((MOST_REMARKS, 5, 6), MOST_REMARKS, 11),
    ],
)
def test_r16_a_digest_holds_the_first_remarks_and_counts_the_rest(
    steps: tuple[int, ...], kept: int, omitted: int
) -> None:
    digest = Digest("1", FRIDAY_NOON)
    for number in steps:
        digest = digest.with_remarks(remarks(number))

    assert (len(digest.remarks), digest.omitted) == (kept, omitted)


FLAGS: dict[str, Callable[[], Flag]] = {
    "open": lambda: Flag(FlagKind.NOT_CONFIRMED, minutes(15), "Причина."),
    "cleared": lambda: Flag(FlagKind.NOT_CONFIRMED, minutes(15), "Причина.", minutes(20)),
}


@pytest.mark.parametrize("flag", FLAGS)
def test_r16_a_flag_that_is_there_is_never_written_anew(flag: str) -> None:
    there = FLAGS[flag]()
    look = look_at_ticket(replace(TICKET, flags=(there,)), SENT, minutes(30), WARN_AFTER)

    assert look.flags[0] == there
    assert len(look.remarks) == (0 if there.is_open else 1)
