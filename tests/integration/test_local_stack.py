"""`python -m local`, as `make run` starts it: real processes, real signals, nothing left behind."""

import json
import os
import random
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import requests

from local.processes import HOST, ROOT, is_free
from local.services import OFFSETS

START_PATIENCE = 90.0  # seconds
STOP_PATIENCE = 60.0  # seconds
BEHIND_THE_SIGN_IN = {"intake_phone_function", "desk_function"}
ENDINGS = ("SIGTERM", "SIGINT", "SIGINT twice")


@dataclass(frozen=True, slots=True)
class Stack:
    """A started supervisor, and where it writes."""

    process: subprocess.Popen[bytes]
    base: int
    said: Path
    logs: Path

    @property
    def output(self) -> str:
        return self.said.read_text(encoding="utf-8")

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def free_base() -> int:
    """A PORT_BASE with all its ports free, below the range that the kernel gives out by itself."""
    for _ in range(100):
        base = random.randrange(20_000, 30_000)  # noqa: S311 - no secret: a port
        if all(is_free(base + offset) for offset in OFFSETS.values()):
            return base
    raise AssertionError("no free ports")


def wait_for(condition: Callable[[], bool], patience: float) -> bool:
    """Whether the condition came true within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(process: psutil.Process) -> bool:
    """A zombie is not running: it only waits for whoever inherited it, which in a container may be nobody."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def get(port: int, path: str = "/") -> tuple[int, str]:
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@contextmanager
def launched(folder: Path, base: int, **settings: str) -> Iterator[Stack]:
    """A supervisor in a session of its own, as a terminal would start it; nothing of it outlives the block."""
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_EMULATOR_HOST")}
    environ.pop("GOOGLE_CLOUD_PROJECT", None)
    environ |= {"PORT_BASE": str(base), "LOCAL_LOGS": str(folder / "logs"), **settings}
    said = folder / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env=environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Stack(process, base, said, folder / "logs")
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_PATIENCE)


@contextmanager
def ready(folder: Path, **settings: str) -> Iterator[Stack]:
    """A supervisor that has said that it is ready."""
    with launched(folder, free_base(), **settings) as stack:
        wait_for(lambda: "ready" in stack.output.splitlines() or stack.process.poll() is not None, START_PATIENCE)
        assert stack.output.splitlines()[-1:] == ["ready"], stack.output
        yield stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for the tests that only look."""
    with ready(tmp_path_factory.mktemp("stack")) as running:
        yield running


def test_every_service_stands_in_the_table_with_its_address(stack: Stack) -> None:
    table = {line.split()[0]: line.split()[1] for line in stack.output.splitlines()[:-1]}

    shown = {name: offset for name, offset in OFFSETS.items() if name not in BEHIND_THE_SIGN_IN}
    for name, offset in shown.items():
        assert table[name].removeprefix("http://") == f"{HOST}:{stack.base + offset}"
    assert table["logs"] == str(stack.logs)
    assert {f"{name}.log" for name in (*shown, "iap")} <= {log.name for log in stack.logs.iterdir()}


def test_the_form_and_the_mailbox_are_shown(stack: Stack) -> None:
    form_status, form = get(stack.base + OFFSETS["intake_form"])
    mailbox_status, _ = get(stack.base + OFFSETS["mailbox"])

    assert form_status == 200
    assert "<form" in form
    assert mailbox_status == 200


@pytest.mark.parametrize("name", ["intake_phone", "desk"])
def test_specialists_and_heads_sign_in_and_nobody_else_is_let_in(stack: Stack, name: str) -> None:
    url = f"http://{HOST}:{stack.base + OFFSETS[name]}/"
    behind = f"http://{HOST}:{stack.base + OFFSETS[f'{name}_function']}/"

    def status(email: str, address: str = url) -> int:
        with requests.Session() as browser:
            browser.post(f"{url}_sign-in", {"email": email}, allow_redirects=False, timeout=10).raise_for_status()
            return browser.get(address, timeout=10).status_code

    assert status("anna@pass24online.ru") == 200
    assert status("vera@pass24online.ru") == 200
    assert status("gleb@pass24online.ru") == 403
    assert status("anna@pass24online.ru", behind) == 403
    assert requests.get(url, timeout=10).status_code == 403


def test_an_assertion_for_one_function_opens_no_other(stack: Stack) -> None:
    phone, desk = (f"http://{HOST}:{stack.base + OFFSETS[name]}/" for name in ("intake_phone", "desk"))
    given = requests.post(f"{phone}_sign-in", json={"email": "anna@pass24online.ru"}, timeout=10).json()
    headers = {given["header"]: given["assertion"]}

    assert requests.get(phone, headers=headers, timeout=10).status_code == 200
    assert requests.get(desk, headers=headers, timeout=10).status_code == 403


def test_r1_r5r_a_mail_gets_its_number_and_an_answer_joins_it(stack: Stack) -> None:
    send(stack, "support@pass24online.ru", "Не открываются ворота", "Приложение пишет «Нет доступа».")
    [letter] = letters(stack, "petrov@example.com", 1)
    [number] = re.findall(r"#\d{5}", letter["subject"])

    send(stack, letter["reply_to"], f"Re: {letter['subject']}", "Версия приложения 4.12.1")
    _, told = letters(stack, "specialists@pass24online.ru", 2, about=number)

    assert told["subject"] == f"[{number}] Не открываются ворота — новое сообщение"
    assert "Версия приложения 4.12.1" in told["text"]
    assert len(letters(stack, "petrov@example.com", 1)) == 1


def send(stack: Stack, to: str, subject: str, text: str) -> None:
    """A mail of Petrov's, through the SMTP door."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Иван Петров <petrov@example.com>", to
    mail["Subject"], mail["Message-ID"] = subject, make_msgid(domain="example.com")
    mail.set_content(text)
    with smtplib.SMTP(HOST, stack.base + OFFSETS["smtp"], timeout=10) as client:
        assert client.send_message(mail) == {}


def letters(stack: Stack, to: str, least: int, about: str = "") -> list[dict[str, str]]:
    """The letters to an address whose subject names a ticket, as soon as there are so many."""
    found: list[dict[str, str]] = []

    def are_there() -> bool:
        everything = json.loads(get(stack.base + OFFSETS["mailbox"], f"/api/messages?to={to}")[1])
        found[:] = [each for each in everything if about in each["subject"]]
        return len(found) >= least

    assert wait_for(are_there, 30)
    return found


def test_the_key_that_signs_the_calls_of_the_webhook_is_in_no_log(stack: Stack) -> None:
    logs = "".join(log.read_text(encoding="utf-8", errors="replace") for log in stack.logs.glob("*.log"))

    assert "PRIVATE KEY" not in logs + stack.output


def test_notifications_are_pushed_to_notify_and_retried_within_seconds(stack: Stack) -> None:
    status, body = get(stack.base + OFFSETS["pubsub"], "/v1/projects/pass24-local/subscriptions/notify")

    subscription = json.loads(body)
    assert status == 200
    assert subscription["topic"] == "projects/pass24-local/topics/notifications"
    assert subscription["pushConfig"]["pushEndpoint"] == f"http://{HOST}:{stack.base + OFFSETS['notify']}/"
    assert subscription["ackDeadlineSeconds"] == 60
    assert subscription["retryPolicy"] == {"minimumBackoff": "1s", "maximumBackoff": "10s"}


def test_the_bucket_for_the_files_is_there(stack: Stack) -> None:
    status, body = get(stack.base + OFFSETS["storage"], "/storage/v1/b/pass24-local-files")

    assert status == 200
    assert json.loads(body)["name"] == "pass24-local-files"


@pytest.mark.parametrize(("command", "shown"), [("audit", "all invariants hold"), ("quarantine", "in quarantine")])
def test_the_operators_line_of_the_table_reaches_the_ledger(stack: Stack, command: str, shown: str) -> None:
    [line] = [line for line in stack.output.splitlines() if line.startswith("operators")]
    call = line.removeprefix("operators").strip()
    assert call.endswith(".venv/bin/python -m ops audit")
    call = call.replace(".venv/bin/python -m ops audit", f"{sys.executable} -m ops {command}")

    done = subprocess.run(["sh", "-c", call], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603, S607  # the stack's own line

    assert (done.returncode, shown in done.stdout) == (0, True), done.stderr


def test_the_operators_settings_are_for_the_one_who_started_the_stack(stack: Stack) -> None:
    [line] = [line for line in stack.output.splitlines() if line.startswith("operators")]
    [path] = re.findall(r"\. (\S+);", line)
    assert Path(path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_stop_ends_every_process_without_complaint(tmp_path: Path, ending: str) -> None:
    with ready(tmp_path) as stack:
        descendants = stack.descendants()
        before = stack.output

        if ending == "SIGTERM":
            stack.process.terminate()
        else:
            # As a terminal sends it: to the whole foreground process group.
            os.killpg(stack.process.pid, signal.SIGINT)
        if ending == "SIGINT twice":
            time.sleep(0.3)
            os.killpg(stack.process.pid, signal.SIGINT)
        code = stack.process.wait(STOP_PATIENCE)

    assert len(descendants) >= len(OFFSETS)
    assert code == 0
    assert [process for process in descendants if is_running(process)] == []
    assert stack.output == before
    assert all(is_free(stack.base + offset) for offset in OFFSETS.values())


def test_a_stop_while_starting_leaves_nothing(tmp_path: Path) -> None:
    with launched(tmp_path, free_base()) as stack:
        assert wait_for(lambda: len(stack.descendants()) > 1, START_PATIENCE)
        descendants = stack.descendants()

        stack.process.terminate()
        code = stack.process.wait(STOP_PATIENCE)

    assert code == 0
    assert [process for process in descendants if is_running(process)] == []
    assert stack.output == ""
    assert all(is_free(stack.base + offset) for offset in OFFSETS.values())


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    with ready(tmp_path) as stack:
        descendants = stack.descendants()

        stack.process.kill()
        stack.process.wait(STOP_PATIENCE)

    assert len(descendants) >= len(OFFSETS)
    assert wait_for(lambda: not any(is_running(process) for process in descendants), STOP_PATIENCE)


def test_a_child_that_dies_is_named_and_ends_the_stack(tmp_path: Path) -> None:
    with ready(tmp_path) as stack:
        descendants = stack.descendants()
        [notify] = [
            child
            for child in psutil.Process(stack.process.pid).children()
            if "functions/notify/main.py" in child.cmdline()
        ]

        notify.kill()
        code = stack.process.wait(STOP_PATIENCE)

    assert code == 1
    assert "notify ended (signal SIGKILL)" in stack.output
    assert "Traceback" not in stack.output
    assert [process for process in descendants if is_running(process)] == []


def test_a_function_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    with launched(tmp_path, free_base(), WORKERS="none") as stack:
        code = stack.process.wait(START_PATIENCE)

    assert code == 1
    assert "notify ended (exit code 1)" in stack.output
    assert "invalid literal for int() with base 10: 'none'" in stack.output
    assert "ready" not in stack.output.splitlines()


def test_a_taken_port_is_named_with_its_service(tmp_path: Path) -> None:
    base = free_base()
    with socket.create_server((HOST, base + OFFSETS["pubsub"])), launched(tmp_path, base) as stack:
        code = stack.process.wait(START_PATIENCE)

    assert code == 1
    named = [line.split() for line in stack.output.splitlines() if line.startswith("    ")]
    assert named == [[str(base + OFFSETS["pubsub"]), "pubsub"]]


def test_a_port_base_without_room_above_it_is_refused(tmp_path: Path) -> None:
    with launched(tmp_path, 65_530) as stack:
        code = stack.process.wait(START_PATIENCE)

    assert code == 1
    assert "PORT_BASE" in stack.output
    assert "Traceback" not in stack.output


def test_a_time_scale_that_is_none_is_refused(tmp_path: Path) -> None:
    with launched(tmp_path, free_base(), TIME_SCALE="fast") as stack:
        code = stack.process.wait(START_PATIENCE)

    assert code == 1
    assert stack.output == "TIME_SCALE is a number from 1 to 600, not 'fast'.\n"


def test_an_emulator_that_somebody_else_runs_is_used_and_left_running(tmp_path: Path, firestore_emulator: str) -> None:
    with ready(tmp_path, FIRESTORE_EMULATOR_HOST=firestore_emulator) as stack:
        assert is_free(stack.base + OFFSETS["firestore"])
        [line] = [line for line in stack.output.splitlines() if line.startswith("firestore")]
        stack.process.terminate()
        stack.process.wait(STOP_PATIENCE)

    assert line.split()[1] == firestore_emulator
    assert get(int(firestore_emulator.rsplit(":", 1)[1]))[0] == 200
