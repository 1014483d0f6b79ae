"""`python -m ops report`: the ledger's working days in numbers."""

import csv
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import firestore

from ops.__main__ import main
from shared.domain.submission import SubmissionState
from shared.domain.ticket import Acceptance, open_ticket
from shared.store import documents, submission_documents
from shared.store.client import open_ledger
from tests.sample_ticket import HOURS, PLAIN

FRIDAY_NOON = datetime(2025, 11, 21, 9, tzinfo=UTC)
SATURDAY = datetime(2025, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def ledger(ledger_project: str, monkeypatch: pytest.MonkeyPatch) -> firestore.Client:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", ledger_project)
    for name in ("FIRESTORE_DATABASE", "WORKING_HOURS", "TIME_ZONE"):
        monkeypatch.delenv(name, raising=False)
    client = open_ledger(ledger_project)
    for number, at in enumerate((FRIDAY_NOON, SATURDAY, SATURDAY + timedelta(hours=1)), 12345):
        submission = replace(PLAIN, key=f"arrival-{number}", received_at=at)
        fields = submission_documents.submission_document(submission, SubmissionState.REGISTERED, ticket=number)
        client.document(documents.submission_path(submission.key)).create(fields)
        ticket = replace(
            open_ticket(submission, number, at + timedelta(seconds=2), HOURS),
            acceptance=Acceptance.ACCEPTED,
            accepted_at=at + timedelta(seconds=9),
        )
        client.document(documents.ticket_path(number)).create(documents.ticket_document(ticket))
    return client


def ops(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ops", "report", *arguments])
    try:
        return main()
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.mark.usefixtures("ledger")
def test_r16_a_weekend_stands_in_monday_s_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ops(monkeypatch, "--from", "2025-11-20", "--to", "2025-11-24") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[1]) for line in lines] == [
        ("day", "arrived"),
        ("2025-11-20", "0"),
        ("2025-11-21", "1"),
        ("2025-11-24", "2"),
        ("total", "3"),
    ]


@pytest.mark.usefixtures("ledger")
def test_the_file_opens_in_excel_with_russian_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "отчёт.csv"
    assert ops(monkeypatch, "--from", "2025-11-21", "--to", "2025-11-24", "--csv", str(target)) == 0
    assert capsys.readouterr().out == f"{target}: 2 working days and their total\n"
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 4
    with target.open(encoding="utf-8-sig", newline="") as opened:
        friday, monday, total = csv.DictReader(opened, delimiter=";")
    assert (friday["Поступило"], monday["Поступило"], total["Поступило"]) == ("1", "2", "3")
    assert (total["Номер за 15 минут, %"], total["До принятия: медиана, с"]) == ("100,0", "9,0")
    assert (friday["В нерабочее время"], monday["В нерабочее время"]) == ("0", "2")


@pytest.mark.usefixtures("ledger")
def test_the_working_hours_are_a_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WORKING_HOURS", "09:00-11:00")
    assert ops(monkeypatch, "--from", "2025-11-21", "--to", "2025-11-21") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["2025-11-21", "0"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--from", "2026-13-01", "--to", "2026-11-25"), "'2026-13-01' is no date such as 2026-11-25"),
        (("--from", "01.11.2026", "--to", "2026-11-25"), "'01.11.2026' is no date"),
        (("--from", "2026-11-01", "--to", "2026-11-31"), "'2026-11-31' is no date"),
        (("--from", "2026-11-25", "--to", "2026-11-24"), "--to must be the same day as --from, or one of the"),
        (("--from", "2020-01-01", "--to", "2026-11-24"), "--to must be the same day as --from, or one of the"),
        (("--from", "0001-01-01", "--to", "0001-01-02"), "0001-01-01 is not between 2020-01-01 and 2100-01-01"),
        (("--from", "2025-11-22", "--to", "2025-11-23"), "no working day between 2025-11-22 and 2025-11-23 has begun"),
        (("--from", "2099-11-02", "--to", "2099-11-06"), "no working day between 2099-11-02 and 2099-11-06 has begun"),
        (("--from", "2025-11-21"), "--to"),
    ],
)
def test_bad_dates_are_told_and_end_with_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    assert ops(monkeypatch, *arguments) == 2
    written = capsys.readouterr()
    assert complaint in written.err
    assert written.out == ""


def test_wrong_working_hours_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WORKING_HOURS", "9-18")
    assert ops(monkeypatch, "--from", "2025-11-21", "--to", "2025-11-21") == 2
    assert "working hours '9-18' are not of the form" in capsys.readouterr().err


@pytest.mark.usefixtures("ledger")
def test_a_file_that_can_t_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "absent" / "report.csv"
    assert ops(monkeypatch, "--from", "2025-11-21", "--to", "2025-11-21", "--csv", str(target)) == 2
    assert f"{target} can't be written: No such file or directory" in capsys.readouterr().err


def test_the_command_runs_in_a_process_of_its_own(ledger: firestore.Client) -> None:
    inherited = {name: os.environ[name] for name in ("PATH", "FIRESTORE_EMULATOR_HOST") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "ops", "report", "--from", "2025-11-24", "--to", "2025-11-24"],
        env={**inherited, "GOOGLE_CLOUD_PROJECT": ledger.project},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split()[:2] == ["total", "2"]


def test_what_has_not_ended_yet_is_counted_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], ledger: firestore.Client
) -> None:
    now = datetime.now(UTC)
    submission = replace(PLAIN, key="arrival-now", received_at=now)
    fields = submission_documents.submission_document(submission, SubmissionState.RECEIVED)
    ledger.document(documents.submission_path(submission.key)).create(fields)
    first, last = ((now + timedelta(days=days)).date().isoformat() for days in (-1, 20))
    assert ops(monkeypatch, "--from", first, "--to", last) == 0
    assert int(capsys.readouterr().out.splitlines()[-1].split()[1]) >= 1
