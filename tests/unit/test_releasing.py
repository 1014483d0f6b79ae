"""R1, R14, R16: what people decide about submissions that wait."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from shared import conflicts
from shared.domain.contact import Contact
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import (
    Attachment,
    Channel,
    Message,
    Omission,
    Quarantine,
    Submission,
    SubmissionState,
)
from shared.ledger import Entry, LedgerConflictError, LedgerRefusedError, LedgerUnavailableError
from shared.numbering import Registered
from shared.registration import Kept
from shared.releasing import READABLE, Releaser, ReleaseRefusal, ReleaseRefusedError, Written
from tests.sample_ticket import FRIDAY_NOON, PLAIN, opened, with_details
from tests.unit.fake_changes import FakeChanges
from tests.unit.fake_ledger import FakeTime

KEY = "mail-1"
MAIL = replace(
    PLAIN, key=KEY, channel=Channel.EMAIL, message=Message(raw="mail/raw/1.eml"), unanswered=Omission.AUTOMATIC
)
NOBODY = replace(MAIL, contact=Contact("", None, None), unanswered=None)
NOW = FRIDAY_NOON + timedelta(hours=1)
ANNA, BORIS = "Анна <anna@example.ru>", "Борис <boris@example.ru>"
HAND = Written(
    Contact("Пётр", "petr@example.ru", None),
    replace(PLAIN.details, description="Приложение 4.12.1 на Pixel 9 вылетает", urgent=True),
)


@dataclass
class FakeRegistrar:
    """Gives numbers, and puts what it registers where the ledger has it."""

    ledger: FakeChanges
    registered: list[Submission] = field(default_factory=list)
    fault: Exception | None = None
    keeps: bool = False

    def register(self, submission: Submission) -> Registered | Kept:
        if self.fault is not None:
            raise self.fault
        if self.keeps:
            return Kept(submission.received_at)
        entry = self.ledger.entries[submission.key]
        if entry.ticket is None:
            self.registered.append(submission)
            done = replace(entry, submission=submission, state=SubmissionState.REGISTERED, ticket=12345)
            self.ledger.entries[submission.key] = done
        return Registered(opened(submission), repeated=entry.ticket is not None)


@pytest.fixture(autouse=True)
def elapsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflicts, "time", FakeTime())


@pytest.fixture
def ledger() -> FakeChanges:
    return FakeChanges()


@pytest.fixture
def registrar(ledger: FakeChanges) -> FakeRegistrar:
    return FakeRegistrar(ledger)


@pytest.fixture
def releaser(ledger: FakeChanges, registrar: FakeRegistrar) -> Releaser:
    return Releaser(ledger, ledger, registrar, lambda: NOW)


def wait(
    ledger: FakeChanges,
    reason: Quarantine | None = Quarantine.SPAM,
    submission: Submission = MAIL,
    state: SubmissionState = SubmissionState.QUARANTINED,
    ticket: int | None = None,
) -> None:
    flags = (Flag(FlagKind.NOT_REGISTERED, NOW, "ждёт"),)
    ledger.entries[submission.key] = Entry(submission, state, ticket, 0, flags, reason, NOW)


def refusal(act: Callable[[], object]) -> ReleaseRefusedError:
    with pytest.raises(ReleaseRefusedError) as error:
        act()
    return error.value


@pytest.mark.parametrize("reason", sorted(READABLE))
def test_r1_a_message_is_released_by_one_word_as_it_was_read(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar, reason: Quarantine
) -> None:
    wait(ledger, reason)
    assert releaser.release(KEY, ANNA) == 12345
    assert registrar.registered == [replace(MAIL, by=ANNA)]
    assert ledger.entries[KEY].quarantine is None


@pytest.mark.parametrize("reason", sorted(set(Quarantine) - READABLE))
def test_r3_what_has_nobody_to_answer_to_is_not_released_unread(
    ledger: FakeChanges, releaser: Releaser, reason: Quarantine
) -> None:
    wait(ledger, reason, NOBODY)
    assert refusal(lambda: releaser.release(KEY, ANNA)).refusal is ReleaseRefusal.INCOMPLETE
    assert ledger.commits == []


@pytest.mark.parametrize("reason", sorted(Quarantine))
def test_r3_r14_any_message_is_registered_by_hand_with_what_a_person_writes_down(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar, reason: Quarantine
) -> None:
    wait(ledger, reason, NOBODY)
    assert releaser.release(KEY, ANNA, HAND) == 12345
    [registered] = registrar.registered
    assert (registered.contact, registered.by) == (HAND.contact, ANNA)
    assert (registered.details.description, registered.details.urgent) == (HAND.details.description, True)
    assert (registered.received_at, registered.message) == (MAIL.received_at, MAIL.message)
    # What it clearly says is asked for by nobody (R6).
    assert (registered.details.product_version, registered.details.device_model) == ("4.12.1", "Pixel 9")
    assert {"product_version", "device_model"} <= set(registered.from_text)


def test_r6_what_was_read_and_not_written_anew_stays(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger, Quarantine.NO_CONTACT, with_details(NOBODY, subject="Тема", os_version="Android 16"))
    releaser.release(KEY, ANNA, HAND)
    [registered] = registrar.registered
    assert (registered.details.subject, registered.details.os_version) == ("Тема", "Android 16")


@pytest.mark.parametrize(("email", "unanswered"), [("petr@example.ru", None), (MAIL.contact.email, Omission.AUTOMATIC)])
def test_what_speaks_against_an_answer_speaks_against_that_address_alone(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar, email: str, unanswered: Omission | None
) -> None:
    wait(ledger)
    releaser.release(KEY, ANNA, replace(HAND, contact=replace(HAND.contact, email=email)))
    assert registrar.registered[0].unanswered is unanswered


def test_r16_what_is_only_kept_gets_its_number_at_once_and_nobody_has_decided_that(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger, None, PLAIN, SubmissionState.RECEIVED)
    assert releaser.release(PLAIN.key, ANNA) == 12345
    assert registrar.registered == [PLAIN]
    assert ledger.commits == []


def test_r16_without_a_commit_in_time_the_sweep_gives_the_number(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    registrar.keeps = True
    wait(ledger)
    assert releaser.release(KEY, ANNA) is None
    entry = ledger.entries[KEY]
    assert (entry.state, entry.check_at) == (SubmissionState.RECEIVED, NOW + timedelta(minutes=1))
    assert entry.submission.by == ANNA


def test_who_dies_between_the_steps_may_say_it_again(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger)
    registrar.fault = LedgerUnavailableError("told to")
    with pytest.raises(LedgerUnavailableError):
        releaser.release(KEY, ANNA)
    registrar.fault = None
    assert releaser.release(KEY, ANNA) == 12345
    assert registrar.registered == [replace(MAIL, by=ANNA)]
    assert len(ledger.commits) == 1


def test_a_repeated_click_finds_the_number(ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar) -> None:
    wait(ledger)
    assert [releaser.release(KEY, ANNA), releaser.release(KEY, ANNA)] == [12345, 12345]
    assert len(registrar.registered) == 1


def test_what_the_ledger_will_not_take_is_told(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger)
    registrar.fault = LedgerRefusedError("told to")
    with pytest.raises(LedgerRefusedError):
        releaser.release(KEY, ANNA)


def test_r16_what_is_no_request_is_closed_with_the_person_s_name_and_the_sweep_clears_its_flag(
    ledger: FakeChanges, releaser: Releaser
) -> None:
    wait(ledger)
    releaser.close(KEY, ANNA)
    entry = ledger.entries[KEY]
    assert (entry.state, entry.submission.by, entry.quarantine) == (SubmissionState.RECORDED, ANNA, None)
    assert entry.check_at == NOW
    releaser.close(KEY, ANNA)
    assert len(ledger.commits) == 1


def test_of_two_people_who_decide_at_once_the_second_hears_what_the_first_has_decided(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger)
    ledger.before.append(lambda: releaser.close(KEY, BORIS))
    error = refusal(lambda: releaser.release(KEY, ANNA))
    assert error.refusal is ReleaseRefusal.DECIDED
    assert error.entry is not None
    assert (error.entry.state, error.entry.submission.by) == (SubmissionState.RECORDED, BORIS)
    assert registrar.registered == []


@pytest.mark.parametrize(
    ("state", "attachment"), [(SubmissionState.REGISTERED, None), (SubmissionState.ATTACHED, Attachment.DUPLICATE)]
)
def test_what_another_person_has_registered_is_told(
    ledger: FakeChanges, releaser: Releaser, state: SubmissionState, attachment: Attachment | None
) -> None:
    wait(ledger, None, replace(MAIL, by=BORIS), state, 12345)
    ledger.entries[KEY] = replace(ledger.entries[KEY], attachment=attachment)
    for act in (lambda: releaser.release(KEY, ANNA), lambda: releaser.close(KEY, ANNA)):
        error = refusal(act)
        assert error.entry is not None
        assert (error.refusal, error.entry.ticket) == (ReleaseRefusal.DECIDED, 12345)


def test_what_the_sweep_has_registered_meanwhile_is_done(ledger: FakeChanges, releaser: Releaser) -> None:
    wait(ledger, None, MAIL, SubmissionState.REGISTERED, 12345)
    assert releaser.release(KEY, ANNA) == 12345


def test_what_a_person_has_closed_can_be_taken_back_only_on_purpose(
    ledger: FakeChanges, releaser: Releaser, registrar: FakeRegistrar
) -> None:
    wait(ledger, None, replace(MAIL, by=BORIS), SubmissionState.RECORDED)
    assert refusal(lambda: releaser.release(KEY, ANNA, HAND)).refusal is ReleaseRefusal.DECIDED
    assert releaser.release(KEY, ANNA, replace(HAND, reopen=True)) == 12345
    assert registrar.registered[0].by == ANNA


def test_what_the_system_has_recorded_is_no_request_whatever_is_said(ledger: FakeChanges, releaser: Releaser) -> None:
    wait(ledger, None, MAIL, SubmissionState.RECORDED)
    assert refusal(lambda: releaser.release(KEY, ANNA, replace(HAND, reopen=True))).refusal is ReleaseRefusal.DECIDED
    releaser.close(KEY, ANNA)
    assert ledger.commits == []


def test_what_was_erased_is_not_taken_back(ledger: FakeChanges, releaser: Releaser) -> None:
    wait(ledger, None, replace(MAIL, by=BORIS, erased_at=NOW), SubmissionState.RECORDED)
    assert refusal(lambda: releaser.release(KEY, ANNA, replace(HAND, reopen=True))).refusal is ReleaseRefusal.DECIDED


def test_an_unknown_submission_is_told(releaser: Releaser) -> None:
    for act in (lambda: releaser.release(KEY, ANNA), lambda: releaser.close(KEY, ANNA)):
        error = refusal(act)
        assert (error.refusal, error.entry) == (ReleaseRefusal.NO_SUCH_SUBMISSION, None)


def test_what_keeps_changing_is_given_up(ledger: FakeChanges, releaser: Releaser) -> None:
    wait(ledger)
    ledger.faults.extend([LedgerConflictError("told to")] * conflicts.ATTEMPTS)
    with pytest.raises(LedgerConflictError):
        releaser.close(KEY, ANNA)
