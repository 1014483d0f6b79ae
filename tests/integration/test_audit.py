import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from google.cloud import firestore

from ops.audit import audit
from shared.domain.contact import Contact
from shared.domain.erasure import Client
from shared.domain.submission import Channel, Details, Submission
from shared.domain.working_time import WorkingHours
from shared.erasing import Eraser
from shared.numbering import NumberingPolicy
from shared.registration import Registrar
from shared.store.personal_data import FirestorePersonalData
from shared.store.registrations import FirestoreRegistrations

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
POLICY = NumberingPolicy(
    first_number=12345,
    hours=WorkingHours.parse("09:00-18:00", "Europe/Moscow"),
    specialists="specialists@pass24online.ru",
)


class SilentBell:
    def ring(self, notifications: object) -> None:
        """Nobody listens in these tests."""


@pytest.fixture
def ledger(ledger_project: str) -> firestore.Client:
    return firestore.Client(project=ledger_project)


def register(ledger: firestore.Client, count: int, email: str | None = "ivan@example.com") -> None:
    registrar = Registrar(FirestoreRegistrations(ledger), SilentBell(), POLICY, lambda: NOW)
    for index in range(count):
        contact = Contact("Иван", email, "+79161234567")
        details = Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)
        registrar.register(Submission(f"form-{email}-{index}", Channel.FORM, NOW, contact, details))


def test_an_untouched_ledger_holds_its_invariants(ledger: firestore.Client) -> None:
    register(ledger, 3)
    register(ledger, 1, email=None)
    report = audit(ledger)
    assert not report.broken
    assert "numbers given: 4 (#12345 to #12348)" in report.text()


def test_an_empty_ledger_is_no_error(ledger: firestore.Client) -> None:
    report = audit(ledger)
    assert not report.broken
    assert "numbers given: 0" in report.text()


def test_r4_a_missing_ticket_is_a_gap(ledger: firestore.Client) -> None:
    register(ledger, 3)
    ledger.document("tickets/12346").delete()
    report = audit(ledger)
    assert report.broken
    assert report.gaps == [12346]
    assert report.orphans == ["form-ivan@example.com-1"]


def test_r4_the_first_ticket_counts_too(ledger: firestore.Client) -> None:
    register(ledger, 2)
    ledger.document("tickets/12345").delete()
    assert audit(ledger).gaps == [12345]


def test_r5_a_ticket_without_confirmation_is_named(ledger: firestore.Client) -> None:
    register(ledger, 2)
    ledger.document("notifications/12345-confirmation").delete()
    report = audit(ledger)
    assert report.broken
    assert report.unanswered == [12345]


def test_a_submission_in_two_tickets_is_a_duplicate(ledger: firestore.Client) -> None:
    register(ledger, 2)
    ledger.document("tickets/12346").update({"submissions": ["form-ivan@example.com-0"]})
    report = audit(ledger)
    assert report.broken
    assert report.duplicates == ["submission form-ivan@example.com-0"]


def test_a_ticket_beyond_the_counter_is_broken(ledger: firestore.Client) -> None:
    register(ledger, 2)
    ledger.document("counters/tickets").update({"last": 12345})
    assert audit(ledger).duplicates == ["ticket 12346 is beyond the counter"]


def test_what_waits_or_was_refused_is_shown_and_breaks_nothing(ledger: firestore.Client) -> None:
    register(ledger, 1)
    FirestoreRegistrations(ledger).keep(
        Submission(
            "form-kept",
            Channel.FORM,
            NOW,
            Contact("", "a@example.com", None),
            Details("", "Вопрос", "", "", "", "", urgent=False, previous_ticket=None),
        ),
        NOW,
        5.0,
    )
    ledger.document("notifications/12345-confirmation").update({"state": "rejected"})
    report = audit(ledger)
    assert not report.broken
    assert report.waiting == ["form-kept"]
    assert report.undelivered == ["12345-confirmation"]


def test_more_tickets_than_a_page_are_all_read(ledger: firestore.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.audit._PAGE", 2)
    register(ledger, 5)
    ledger.document("tickets/12349").delete()
    report = audit(ledger)
    assert report.gaps == [12349]
    assert report.last == 12349


def run_ops(**environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "FIRESTORE_EMULATOR_HOST") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "ops", "audit"],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_exits_with_1_when_an_invariant_is_broken(ledger: firestore.Client) -> None:
    register(ledger, 2)
    sound = run_ops(GOOGLE_CLOUD_PROJECT=ledger.project)
    assert (sound.returncode, sound.stderr) == (0, "")
    ledger.document("tickets/12345").delete()
    broken = run_ops(GOOGLE_CLOUD_PROJECT=ledger.project)
    assert broken.returncode == 1
    assert "gaps: 1: 12345" in broken.stdout


def test_the_command_names_the_setting_that_is_missing() -> None:
    done = run_ops()
    assert done.returncode == 2
    assert "GOOGLE_CLOUD_PROJECT is missing" in done.stderr


@pytest.mark.parametrize(
    "path", ["tickets/12345", "notifications/12345-confirmation", "notifications/12345-new-ticket"]
)
def test_r16_what_is_not_settled_and_nobody_looks_after_is_an_error(ledger: firestore.Client, path: str) -> None:
    register(ledger, 1)
    ledger.document(path).update({"check_at": firestore.DELETE_FIELD})
    report = audit(ledger)
    assert report.broken
    assert [name.rpartition(" ")[2] for name in report.unwatched] == [path.partition("/")[2]]


def test_r16_what_is_flagged_is_looked_after_by_a_person(ledger: firestore.Client) -> None:
    register(ledger, 1)
    ledger.document("tickets/12345").update({"check_at": firestore.DELETE_FIELD, "flagged_at": NOW})
    report = audit(ledger)
    assert (report.broken, report.flagged) == (False, ["ticket 12345"])


def test_r18_a_ticket_that_would_never_be_handed_on_is_an_error(ledger: firestore.Client) -> None:
    register(ledger, 1)
    ledger.document("tickets/12345").update({"follow_up_at": firestore.DELETE_FIELD})
    report = audit(ledger)
    assert (report.broken, report.unwatched) == (True, ["ticket 12345, never handed on"])


def erase(ledger: firestore.Client, number: int = 12345) -> None:
    class NoFiles:
        def delete(self, name: str) -> None:
            """Nothing is kept in these tests."""

        def delete_of(self, submission: str) -> int:
            return 0 * len(submission)

    Eraser(FirestorePersonalData(ledger), NoFiles(), lambda: NOW).erase(Client(ticket=number), "head")


def test_an_erased_ticket_is_settled_and_keeps_its_number(ledger: firestore.Client) -> None:
    register(ledger, 2)
    register(ledger, 1, email=None)
    for number in (12345, 12347):
        erase(ledger, number)
    report = audit(ledger)
    assert not report.broken, report.text()
    assert "numbers given: 3 (#12345 to #12347)" in report.text()
    assert "erased, and not wholly: none" in report.text()


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("tickets/12345", {"contact.email": "ivan@example.com"}, "ticket 12345"),
        ("tickets/12345", {"participants": ["ivan@example.com"]}, "ticket 12345"),
        (
            "submissions/form-ivan@example.com-0",
            {"erased_at": firestore.DELETE_FIELD},
            "submission form-ivan@example.com-0",
        ),
    ],
)
def test_what_was_erased_and_is_there_again_is_an_error(
    ledger: firestore.Client, path: str, fields: dict[str, object], named: str
) -> None:
    register(ledger, 2)
    erase(ledger)
    ledger.document(path).update(fields)
    report = audit(ledger)
    assert (report.broken, report.remains) == (True, [named])
