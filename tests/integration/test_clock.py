"""The minute clock, and functions whose time runs faster, as processes of their own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.clock import tick
from local.processes import HOST, ROOT, Child, ChildFailedError, free_port
from local.time_scale import ScaledClock
from tests.event_receiver import HANG, EventReceiver, receiving_events
from tests.running_stack import wait_for

PATIENCE = 10.0  # seconds for one answer
FUNCTION = """
from datetime import UTC, datetime

import functions_framework


def _now():
    return datetime.now(UTC)


@functions_framework.http
def shown(request):
    return _now().isoformat()
"""


@contextmanager
def clock(folder: Path, url: str, every: float) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    said = folder / "clock.log"
    command = [sys.executable, "-m", "local.clock", "--url", url, "--every", str(every)]
    with said.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)  # noqa: S603  # ours
    try:
        yield process, said
    finally:
        process.kill()
        process.wait(PATIENCE)


def lines(said: Path, event: str) -> list[dict[str, Any]]:
    everything = [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines()]
    return [line for line in everything if line["message"] == event]


def calls(receiver: EventReceiver) -> int:
    return len(receiver.batches)


def test_the_clock_posts_again_and_again(tmp_path: Path) -> None:
    with receiving_events() as receiver, clock(tmp_path, f"{receiver.url}sweep", 0.5) as (_, said):
        assert wait_for(lambda: calls(receiver) >= 1)
        began = time.monotonic()
        assert wait_for(lambda: calls(receiver) >= 7)
        took = time.monotonic() - began
        assert wait_for(lambda: len(lines(said, "clock_called")) >= 7)

    assert 2.5 <= took < 5
    assert {(batch.method, batch.path, batch.body) for batch in receiver.batches} == {("POST", "/sweep", b"")}
    assert {line["answer"] for line in lines(said, "clock_called")} == {"200"}


def test_a_call_that_fails_is_logged_and_ends_nothing(tmp_path: Path) -> None:
    port = free_port()
    with clock(tmp_path, f"http://{HOST}:{port}/", 0.2) as (process, said):
        assert wait_for(lambda: len(lines(said, "clock_call_failed")) >= 2)
        with receiving_events(port) as receiver:
            receiver.answers = [500, 404]
            assert wait_for(lambda: lines(said, "clock_called"))
        assert process.poll() is None
        failed = [line["answer"] for line in lines(said, "clock_call_failed")]

    assert "refused" in failed[0]
    assert {"500", "404"} <= set(failed)
    assert {line["severity"] for line in lines(said, "clock_call_failed")} == {"WARNING"}


def test_no_call_begins_before_the_last_one_ended(tmp_path: Path) -> None:
    with receiving_events() as receiver, clock(tmp_path, receiver.url, 0.1):
        receiver.answers = [HANG]
        assert wait_for(lambda: calls(receiver) == 1)
        time.sleep(1)
        assert calls(receiver) == 1
        receiver.released.set()
        assert wait_for(lambda: calls(receiver) > 2)


def test_marks_that_a_long_call_missed_are_left_out_and_the_next_is_on_its_mark() -> None:
    began = time.monotonic()
    acted: list[float] = []
    enough = threading.Event()

    def act() -> None:
        acted.append(time.monotonic() - began)
        if len(acted) == 1:
            time.sleep(0.5)  # over the marks at 0.4 and 0.6
        if len(acted) == 3:
            enough.set()
            threading.Event().wait(PATIENCE)

    threading.Thread(target=tick, args=(act, 0.2), daemon=True).start()
    assert enough.wait(PATIENCE)

    assert acted == pytest.approx([0.2, 0.8, 1.0], abs=0.09)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_clock_at_once_even_while_a_call_hangs(tmp_path: Path, stop: signal.Signals) -> None:
    with receiving_events() as receiver, clock(tmp_path, receiver.url, 0.1) as (process, said):
        receiver.answers = [HANG]
        assert wait_for(lambda: calls(receiver) == 1)

        process.send_signal(stop)

        assert process.wait(3) == 0
        assert said.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(
    ("url", "every", "complaint"),
    [
        ("https://example.com/", "60", "--url"),
        ("http://127.0.0.1:1/", "0", "--every"),
        ("http://127.0.0.1:1/", "nan", "--every"),
        ("http://127.0.0.1:1/", "inf", "--every"),
        ("http://127.0.0.1:1/", "often", "--every"),
    ],
)
def test_wrong_arguments_are_named(url: str, every: str, complaint: str) -> None:
    command = [sys.executable, "-m", "local.clock", "--url", url, "--every", every]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  # ours

    assert ended.returncode == 2
    assert complaint in ended.stderr.splitlines()[-1]


@contextmanager
def function(folder: Path, source: str, clock: ScaledClock) -> Iterator[tuple[Child, int]]:
    """The function `shown` of a main.py, with that clock."""
    folder.mkdir()
    (folder / "main.py").write_text(source, encoding="utf-8")
    port = free_port()
    command = (
        *(sys.executable, "-m", "local.function", "--source", str(folder / "main.py"), "--target", "shown"),
        *("--signature-type", "http", "--host", HOST, "--port", str(port)),
    )
    child = Child(folder.name, command, {**os.environ, **clock.settings, "WORKERS": "1"}, folder / "function.log")
    try:
        yield child, port
    finally:
        child.stop()


def test_functions_that_share_an_origin_agree_on_a_time_that_runs_faster(tmp_path: Path) -> None:
    clock = ScaledClock(600, datetime.now(UTC))
    with function(tmp_path / "one", FUNCTION, clock) as one, function(tmp_path / "two", FUNCTION, clock) as two:
        shown = []
        for child, port in (one, two):
            child.wait_until_ready(port)
            before = clock.now()
            answer = requests.get(f"http://{HOST}:{port}/", timeout=PATIENCE).text
            shown.append((before, datetime.fromisoformat(answer), clock.now()))

    assert all(before <= at <= after for before, at, after in shown)
    assert all(at - datetime.now(UTC) > timedelta(minutes=1) for _, at, _ in shown)


def test_a_function_without_a_clock_is_named_and_does_not_start(tmp_path: Path) -> None:
    source = FUNCTION.replace("_now", "_other")
    with (
        function(tmp_path / "blind", source, ScaledClock(60, datetime.now(UTC))) as (child, port),
        pytest.raises(ChildFailedError, match="no function _now") as failure,
    ):
        child.wait_until_ready(port)

    assert "exit code 1" in str(failure.value)
    assert "Traceback" not in str(failure.value)
