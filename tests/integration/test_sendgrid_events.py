"""The stand-in's Event Webhook: real calls of Mail Send in, signed batches of events out."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from local.processes import HOST, ROOT, free_port
from local.smtp.inbound import Signer
from local.time_scale import ScaledClock
from shared.webhook_signature import TIMESTAMP_HEADER
from tests.event_receiver import HANG, EventReceiver, receiving_events
from tests.mailbox import StandIn, running_stand_in
from tests.running_stack import wait_for

PATIENCE = 10.0  # seconds for one answer
SETTLED = 1.0  # seconds of silence after which nothing more is expected
SIGNER = Signer.generate()
CLIENT = "client@example.com"

OF_LETTER = {"email", "event", "notification", "sg_event_id", "sg_message_id", "smtp-id", "timestamp"}
"""What every event of a letter tells: the published table, and the letter's own argument."""
FIELDS = {
    "processed": OF_LETTER | {"send_at"},
    "delivered": OF_LETTER | {"ip", "response", "tls"},
    "deferred": OF_LETTER | {"attempt", "ip", "response", "tls"},
    "dropped": OF_LETTER | {"reason"},
    "bounce": OF_LETTER | {"bounce_classification", "ip", "reason", "status", "tls", "type"},
    "spamreport": OF_LETTER,
}
COURSES = {
    "bounce": ["processed", "bounce"],
    "blocked": ["processed", "bounce"],
    "deferred": ["processed", "deferred", "deferred", "delivered"],
    "dropped": ["dropped"],
    "duplicate": ["processed", "delivered", "processed", "delivered"],
    "reordered": ["delivered", "processed"],
    "lost": [],
    "late_bounce": ["processed", "delivered", "bounce"],
    "anonymous_bounce": ["processed", "delivered"],
    "spamreport": ["processed", "delivered", "spamreport"],
}
STATES = {
    "bounce": "bounce",
    "blocked": "blocked",
    "deferred": "delivered",
    "dropped": "dropped",
    "duplicate": "delivered",
    "reordered": "delivered",
    "lost": "accepted",
    "late_bounce": "bounce",
    "anonymous_bounce": "bounce",
    "spamreport": "spamreport",
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[EventReceiver]:
    with receiving_events() as running:
        yield running


@pytest.fixture(scope="module")
def running(receiver: EventReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with started(tmp_path_factory.mktemp("mailbox"), receiver.url) as stand_in:
        yield stand_in


@pytest.fixture
def sendgrid(running: StandIn) -> StandIn:
    running.clear()
    return running


@pytest.fixture
def notification() -> str:
    return f"{uuid.uuid4()}-confirmation"


def started(folder: Path, events: str, **settings: str) -> AbstractContextManager[StandIn]:
    return running_stand_in(folder, "--events", events, EVENT_SIGNING_KEY=SIGNER.pem, **settings)


def send(sendgrid: StandIn, *notifications: str, to: str = CLIENT, timeout: float = PATIENCE) -> str:
    """Sends letters in one call; gives their X-Message-Id."""
    letter = {
        "personalizations": [{"to": [{"email": to}], "custom_args": {"notification": each}} for each in notifications],
        "from": {"email": "support@pass24online.ru"},
        "subject": "Обращение зарегистрировано",
        "content": [{"type": "text/plain", "value": "Здравствуйте!"}],
    }
    headers = {"Authorization": "Bearer SG.test"}
    answer = requests.post(f"{sendgrid.url}/v3/mail/send", json=letter, headers=headers, timeout=timeout)
    assert answer.status_code == 202
    return answer.headers["X-Message-Id"]


def told(receiver: EventReceiver, notification: str, count: int) -> list[dict[str, Any]]:
    wait_for(lambda: len(receiver.events(notification)) >= count)
    events = receiver.events(notification)
    assert len(events) == count, events
    return events


def fate_of(receiver: EventReceiver, notification: str) -> str:
    """The event that ends a letter's course."""
    ends = {"delivered", "dropped"}
    [end] = wait_for(lambda: [name for name in receiver.names(notification) if name in ends])
    return end


def test_a_letter_is_processed_at_once_and_delivered_a_moment_later(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    before = int(time.time())
    message_id = send(sendgrid, notification)

    processed, delivered = told(receiver, notification, 2)

    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    assert processed["send_at"] == 0
    assert (delivered["response"], delivered["tls"]) == ("250 2.0.0 OK", 1)
    for event in (processed, delivered):
        assert event["email"] == CLIENT
        assert before <= event["timestamp"] <= time.time()
        assert re.fullmatch(rf"{message_id}\.recvd-[a-z\d]+-[a-z]+-1-[\dA-F]{{8}}-0\.0", event["sg_message_id"])
        assert re.fullmatch(rf"<{message_id}@[\w-]+>", event["smtp-id"])
        assert re.fullmatch(r"[\w-]+", event["sg_event_id"])
    assert processed["sg_message_id"] == delivered["sg_message_id"]
    assert processed["sg_event_id"] != delivered["sg_event_id"]


def test_a_batch_is_a_signed_json_array_with_a_line_end(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    send(sendgrid, notification)
    told(receiver, notification, 2)

    [batch] = [each for each in receiver.batches if notification in each.body.decode() and b'"delivered"' in each.body]
    assert (batch.method, batch.path) == ("POST", "/")
    assert batch.headers["Content-Type"] == "application/json"
    assert batch.headers["User-Agent"] == "SendGrid Event API"
    assert batch.body.startswith(b"[{")
    assert batch.body.endswith(b"}]\r\n")
    assert batch.is_signed(SIGNER.public_key)
    assert not batch.is_signed(Signer.generate().public_key)


@dataclass(frozen=True, slots=True)
class Course:
    """What was told of a letter, and what the mailbox knows of it in the end."""

    events: list[dict[str, Any]]
    letter: dict[str, Any]


@pytest.fixture(scope="module")
def courses(running: StandIn, receiver: EventReceiver) -> dict[str, Course]:
    """One letter of each fate, all under way at the same time."""
    running.clear()
    for fate in COURSES:
        running.fault(delivery=fate, to=f"{fate}@example.com")
        send(running, f"{fate}-confirmation", to=f"{fate}@example.com")
    assert running.pending_faults() == []
    wait_for(lambda: all(len(receiver.names(f"{fate}-confirmation")) >= len(COURSES[fate]) for fate in COURSES))
    time.sleep(SETTLED)
    return {
        fate: Course(receiver.events(f"{fate}-confirmation"), running.letters(f"{fate}-confirmation")[0])
        for fate in COURSES
    }


@pytest.mark.parametrize("fate", COURSES)
def test_a_fate_is_told_with_the_published_fields(courses: dict[str, Course], fate: str) -> None:
    events = courses[fate].events

    assert [event["event"] for event in events] == COURSES[fate]
    assert all(event.keys() == FIELDS[event["event"]] for event in events)
    assert len({event["sg_event_id"] for event in events}) == len(events)


@pytest.mark.parametrize("fate", STATES)
def test_the_state_of_a_letter_is_the_last_that_happened(courses: dict[str, Course], fate: str) -> None:
    assert courses[fate].letter["state"] == STATES[fate]


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        (
            {"delivery": "bounce", "reason": "550 5.1.1 no such user", "status": "5.1.1"},
            {
                "type": "bounce",
                "reason": "550 5.1.1 no such user",
                "status": "5.1.1",
                "bounce_classification": "Invalid Address",
            },
        ),
        (
            {"delivery": "blocked", "reason": "452 4.2.2 mailbox full"},
            {"type": "blocked", "status": "4.2.2", "bounce_classification": "Mailbox Unavailable"},
        ),
        ({"delivery": "blocked"}, {"type": "blocked", "status": "5.7.1", "bounce_classification": "Reputation"}),
        (
            {"delivery": "bounce", "reason": "unable to get mx info"},
            {"type": "bounce", "status": "5.0.0", "bounce_classification": "Unclassified"},
        ),
        ({"delivery": "dropped"}, {"event": "dropped", "reason": "Bounced Address"}),
        (
            {"delivery": "dropped", "reason": "Spam Content", "status": "5.7.1"},
            {"reason": "Spam Content", "status": "5.7.1"},
        ),
    ],
)
def test_r9_a_refusal_is_told_in_the_words_that_were_asked_for(
    sendgrid: StandIn, receiver: EventReceiver, notification: str, fault: dict[str, str], fields: dict[str, str]
) -> None:
    sendgrid.fault(**fault)
    send(sendgrid, notification)

    last = told(receiver, notification, len(COURSES[fault["delivery"]]))[-1]

    assert {name: last[name] for name in fields} == fields


def test_a_deferred_letter_counts_its_attempts(sendgrid: StandIn, receiver: EventReceiver, notification: str) -> None:
    sendgrid.fault(delivery="deferred", reason="451 come again")
    send(sendgrid, notification)

    _, first, second, delivered = told(receiver, notification, 4)

    assert [(each["attempt"], each["response"]) for each in (first, second)] == [
        ("1", "451 come again"),
        ("2", "451 come again"),
    ]
    assert delivered["event"] == "delivered"


def test_a_duplicate_differs_in_its_id_alone(sendgrid: StandIn, receiver: EventReceiver, notification: str) -> None:
    sendgrid.fault(delivery="duplicate")
    send(sendgrid, notification)

    first, second, *repeated = told(receiver, notification, 4)

    for event, repetition in zip((first, second), repeated, strict=True):
        assert event["sg_event_id"] != repetition["sg_event_id"]
        assert event == repetition | {"sg_event_id": event["sg_event_id"]}


def test_a_reordered_processing_keeps_its_time(sendgrid: StandIn, receiver: EventReceiver, notification: str) -> None:
    sendgrid.fault(delivery="reordered")
    send(sendgrid, notification)

    delivered, processed = told(receiver, notification, 2)

    assert processed["timestamp"] <= delivered["timestamp"]


def test_an_anonymous_bounce_names_nothing_but_the_address(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    address = f"{uuid.uuid4()}@example.com"
    sendgrid.fault(delivery="anonymous_bounce", reason="550 5.1.10 Recipient not found")
    send(sendgrid, notification, to=address)
    told(receiver, notification, 2)

    def bounces() -> list[dict[str, Any]]:
        everything = [event for batch in receiver.batches for event in batch.events if event["email"] == address]
        return [event for event in everything if event["event"] == "bounce"]

    [bounce] = wait_for(bounces)
    assert bounce.keys() == FIELDS["bounce"] - {"notification", "sg_message_id", "smtp-id"}
    assert bounce["status"] == "5.1.10"


def test_a_fate_meets_only_its_address_and_as_often_as_asked(sendgrid: StandIn, receiver: EventReceiver) -> None:
    sendgrid.fault(delivery="dropped", to="Victim@example.com", times=2)
    names = []
    for to in ("victim@example.com", CLIENT, "victim@example.com", "victim@example.com"):
        notification = f"{uuid.uuid4()}-confirmation"
        send(sendgrid, notification, to=to)
        names.append(fate_of(receiver, notification))

    assert names == ["dropped", "delivered", "dropped", "delivered"]


def test_faults_of_calls_and_of_letters_do_not_use_each_other_up(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    sendgrid.fault(delivery="dropped")
    sendgrid.fault(status=500)
    refused = requests.post(f"{sendgrid.url}/v3/mail/send", timeout=PATIENCE)
    assert refused.status_code == 500
    assert sendgrid.pending_faults() == [{"delivery": "dropped", "times": 1}]

    send(sendgrid, notification)

    assert told(receiver, notification, 1)[0]["event"] == "dropped"


def test_events_that_are_due_together_come_in_one_batch(sendgrid: StandIn, receiver: EventReceiver) -> None:
    letters = [f"{uuid.uuid4()}-confirmation" for _ in range(20)]

    send(sendgrid, *letters)
    told(receiver, letters[-1], 2)

    batches = [batch for batch in receiver.batches if letters[0] in batch.body.decode()]
    assert [len(batch.events) for batch in batches] == [20, 20]
    assert [event["notification"] for event in batches[0].events] == letters
    assert len({event["sg_message_id"] for event in batches[0].events}) == 20


def test_what_was_not_taken_is_told_again_with_the_same_ids_and_a_new_signature(tmp_path: Path) -> None:
    with receiving_events() as receiver, started(tmp_path, receiver.url) as sendgrid:
        receiver.answers = [500, 404, 302]
        sendgrid.fault(delivery="dropped")
        send(sendgrid, "1-confirmation")

        assert wait_for(lambda: len(receiver.batches) == 4)
        time.sleep(SETTLED)

    assert len({batch.body for batch in receiver.batches}) == 1
    assert len(receiver.batches) == 4
    assert all(batch.is_signed(SIGNER.public_key) for batch in receiver.batches)
    signed_at = [int(batch.headers[TIMESTAMP_HEADER]) for batch in receiver.batches]
    # After pauses of 1, 2 and 4 seconds.
    assert 6 <= signed_at[-1] - signed_at[0] <= 12


def test_a_receiver_that_comes_up_later_gets_the_events(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path, f"http://{HOST}:{port}/") as sendgrid:
        send(sendgrid, "1-confirmation")
        assert wait_for(lambda: sendgrid.letters("1-confirmation")[0]["state"] == "delivered")
        with receiving_events(port) as receiver:
            assert wait_for(lambda: sorted(receiver.names("1-confirmation")) == ["delivered", "processed"])


def test_a_receiver_that_hangs_holds_up_neither_mail_nor_other_events(tmp_path: Path) -> None:
    with receiving_events() as receiver, started(tmp_path, receiver.url) as sendgrid:
        receiver.answers = [HANG]
        send(sendgrid, "1-confirmation")
        assert wait_for(lambda: receiver.batches)

        for number in range(10):
            send(sendgrid, f"{number}-new-ticket", timeout=2)

        assert wait_for(lambda: receiver.names("9-new-ticket") == ["processed", "delivered"], 5)
        assert receiver.names("1-confirmation") == ["processed", "delivered"]
        receiver.released.set()


def test_the_mailbox_tells_what_became_of_each_letter(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    sendgrid.fault(delivery="bounce", reason="550 5.1.1 <b>no such user</b>")
    message_id = send(sendgrid, notification)
    assert requests.get(sendgrid.url, timeout=PATIENCE).text.count("принято к отправке") == 1
    events = told(receiver, notification, 2)

    [letter] = sendgrid.letters(notification)
    assert letter["state"] == "bounce"
    assert letter["events"] == events
    assert "не доставлено: письмо вернулось" in requests.get(sendgrid.url, timeout=PATIENCE).text
    page = requests.get(f"{sendgrid.url}/messages/{message_id}", timeout=PATIENCE).text
    assert page.index("отправляется") < page.rindex("не доставлено: письмо вернулось")
    assert "550 5.1.1 &lt;b&gt;no such user&lt;/b&gt;" in page
    assert re.search(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d МСК\s*</time>\s*<code>bounce</code>", page)


def test_an_events_id_is_readable_and_names_the_event(
    sendgrid: StandIn, receiver: EventReceiver, notification: str
) -> None:
    message_id = send(sendgrid, notification)

    for event in told(receiver, notification, 2):
        name = event["sg_event_id"]
        readable = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        assert re.fullmatch(rf"{event['event']}-\d+-\d+-{message_id}", readable)


def test_where_time_runs_faster_events_are_of_that_time(tmp_path: Path) -> None:
    clock = ScaledClock(600, datetime.now(UTC) - timedelta(minutes=1))
    with receiving_events() as receiver, started(tmp_path, receiver.url, **clock.settings) as sendgrid:
        before = int(clock.now().timestamp())
        send(sendgrid, "1-confirmation")
        told(receiver, "1-confirmation", 2)
        after = clock.now().timestamp()
        [letter] = sendgrid.letters("1-confirmation")

    told_at = [event["timestamp"] for event in receiver.events("1-confirmation")]
    signed_at = [int(batch.headers[TIMESTAMP_HEADER]) for batch in receiver.batches]
    assert all(before <= at <= after for at in (*told_at, *signed_at))
    assert before <= datetime.fromisoformat(letter["received_at"]).timestamp() <= after
    assert before > time.time() + 3600


def test_sigterm_ends_it_within_seconds_while_events_wait(tmp_path: Path) -> None:
    port, said = free_port(), tmp_path / "said.log"
    with receiving_events() as receiver, said.open("wb") as output:
        receiver.answers = [HANG, 500, 500, 500]
        command = [sys.executable, "-m", "local.sendgrid", "--port", str(port), "--events", receiver.url]
        environ = {**os.environ, "EVENT_SIGNING_KEY": SIGNER.pem}
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=output)  # noqa: S603  # ours
        try:
            assert wait_for(lambda: "stand-in:" in said.read_text(encoding="utf-8"))
            send(StandIn(f"http://{HOST}:{port}"), "1-confirmation")
            assert wait_for(lambda: len(receiver.batches) >= 2)

            process.send_signal(signal.SIGTERM)
            code = process.wait(6)
        finally:
            process.kill()
            process.wait(PATIENCE)

    assert code == 0
    assert "Traceback" not in said.read_text(encoding="utf-8")
    assert "events_lost_by_stopping" in said.read_text(encoding="utf-8")
    assert "PRIVATE KEY" not in said.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("url", "key", "complaint"),
    [
        ("http://127.0.0.1:1/", "topsecret", "EVENT_SIGNING_KEY"),
        ("http://127.0.0.1:1/", "", "EVENT_SIGNING_KEY"),
        ("https://example.com/", SIGNER.pem, "--events"),
        ("http://127.0.0.1:1/", SIGNER.pem, "TIME_SCALE"),
    ],
)
def test_wrong_settings_are_named_without_showing_the_key(url: str, key: str, complaint: str) -> None:
    command = [sys.executable, "-m", "local.sendgrid", "--port", "1", "--events", url]
    environ = {**os.environ, "EVENT_SIGNING_KEY": key, "TIME_SCALE": "fast" if complaint == "TIME_SCALE" else "1"}
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  # ours

    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "topsecret" not in ended.stderr
