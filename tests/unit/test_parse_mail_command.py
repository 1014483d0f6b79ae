"""`python -m ops parse-mail`, as it is called."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.corpus.structures import CASES, HEAD, PDF, PLAIN, TEXT

RAWS = {case.name: case.raw for case in CASES}


def ops(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = (sys.executable, "-m", "ops", *map(str, arguments))
    # Without a project, without a ledger, and on a terminal that knows no Cyrillic.
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60, env=environment)  # noqa: S603  # our own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, case in {
        "b/2.eml": "alternative in mixed in related",
        "a.eml": "html only",
        "b/1.eml": "nothing",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(RAWS[case])
    return tmp_path


def test_one_message_is_one_object_with_exactly_the_agreed_keys(folder: Path) -> None:
    done = ops("parse-mail", "--json", folder / "b/2.eml")
    assert (done.returncode, done.stderr) == (0, b"")
    read = json.loads(done.stdout.decode("utf-8"))
    assert read == {
        "from": {"address": "ivan@example.com", "name": "Иван"},
        "to": [{"address": "support@pass24online.ru", "name": ""}],
        "subject": "gate",
        "text": TEXT,
        "reply": TEXT,
        "attachments": read["attachments"],
        "message_id": "<1@example.com>",
        "in_reply_to": [],
        "references": [],
        "auto_reply": False,
        "bounce": None,
        "defects": [],
    }
    assert read["attachments"][0] == {
        "filename": "a.pdf",
        "content_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "inline": False,
    }
    assert [each["inline"] for each in read["attachments"]] == [False, True]


def test_files_and_folders_give_a_line_each_in_order(folder: Path) -> None:
    done = ops("parse-mail", "--jsonl", folder / "b/2.eml", folder)
    lines = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert [line["file"] for line in lines] == [
        str(folder / name) for name in ("b/2.eml", "a.eml", "b/1.eml", "b/2.eml")
    ]
    assert lines[0] == lines[3]
    assert lines[2]["from"] is None


def test_a_bounce_is_not_answered(tmp_path: Path) -> None:
    report = tmp_path / "bounce.eml"
    report.write_bytes(
        b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.com\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        b"--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; ivan@example.com\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        b"Message-ID: <letter@pass24online.ru>\r\n\r\n"
        b"--b--\r\n"
    )
    read = json.loads(ops("parse-mail", "--json", report).stdout)
    assert read["auto_reply"] is True
    assert read["bounce"] == {
        "recipient": "ivan@example.com",
        "status": "5.1.1",
        "kind": "hard",
        "original_message_id": "<letter@pass24online.ru>",
    }


def test_a_file_that_is_not_there_is_named_and_the_others_are_read(folder: Path) -> None:
    done = ops("parse-mail", "--jsonl", folder / "none.eml", folder / "a.eml")
    assert done.returncode == 2
    assert b"none.eml" in done.stderr
    assert json.loads(done.stdout)["file"] == str(folder / "a.eml")


def test_a_thousand_messages_take_one_process(tmp_path: Path) -> None:
    for number in range(1_000):
        (tmp_path / f"{number:04}.eml").write_bytes(HEAD.replace(b"gate", b"%d" % number) + PLAIN)
    lines = ops("parse-mail", "--jsonl", tmp_path).stdout.splitlines()
    assert [json.loads(line)["subject"] for line in lines] == [str(number) for number in range(1_000)]


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--json", "a", "--jsonl", "b"), ("--xml", "a")])
def test_a_call_that_makes_no_sense_says_how(arguments: tuple[str, ...]) -> None:
    done = ops("parse-mail", *arguments)
    assert done.returncode == 2
    assert b"usage: python -m ops parse-mail" in done.stderr


def test_reading_messages_needs_no_client_of_the_ledger() -> None:
    code = (
        "import ops.__main__, sys; print([name for name in sys.modules if name.startswith(('google.cloud.', 'grpc'))])"
    )
    done = subprocess.run((sys.executable, "-c", code), cwd=ROOT, capture_output=True, check=True, text=True)  # noqa: S603  # our own
    assert done.stdout.strip() == "[]"


def test_a_command_that_needs_the_ledger_says_what_is_missing() -> None:
    done = ops("audit")
    assert done.returncode == 2
    assert b"GOOGLE_CLOUD_PROJECT" in done.stderr
