"""`notify` as it is deployed: under functions-framework, rung by Pub/Sub, with a ledger and a mail provider."""

import json
import os
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
import requests
from google.cloud import firestore

from local.processes import HOST, Child, free_port
from local.resources import make_push
from shared.changes import Change
from shared.domain.completeness import Detail
from shared.domain.notification import Failure, Notification, NotificationKind, NotificationState
from shared.domain.submission import SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.domain.trouble import KNOWN_DEAD_REASON, OVERTAKEN_REASON, DeadAddress
from shared.information_links import Asked, InformationLinks
from shared.pubsub_bell import PubSubBell
from shared.settings import Secret
from shared.store import documents, submission_documents
from shared.store.changes import FirestoreChanges
from shared.store.notifications import FirestoreNotifications
from tests.mailbox import StandIn, running_stand_in
from tests.sample_ticket import PLAIN, SPECIALISTS, notification_of, opened

FORM_URL = "http://127.0.0.1:9"
LINK_SECRET = "another throw-away key"
KEY = "SG.throw-away-key-of-a-test"
LONG_LEASE = timedelta(seconds=8)
REDELIVERY = timedelta(seconds=1)
"""When the emulator first repeats a delivery that was refused: the subscription's shortest backoff."""

NUMBERS = count(20_001)
Value = TypeVar("Value")


def eventually(look: Callable[[], Value | None], patience: float = 90.0) -> Value:
    """What `look` gives as soon as it is true. The Pub/Sub emulator takes its time with what was refused before."""
    deadline = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {patience} s; the last look gave {seen!r}"
        time.sleep(0.05)
    return seen


@dataclass(slots=True)
class Notify:
    """The function in processes of its own, and what stands around it.

    Attributes:
        topic: Its bell; the subscription pushes to `port`.
    """

    project: str
    topic: str
    port: int
    sendgrid: StandIn
    folder: Path
    settings: dict[str, str]
    client: firestore.Client
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        number = len(self.children) + 1
        runtime = self.folder / f"run-{number}"
        runtime.mkdir()
        settings = {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "SENDGRID_API_KEY": KEY,
            "SENDGRID_URL": self.sendgrid.url,
            "REPLY_SECRETS": "a throw-away key",
            "FORM_URL": FORM_URL,
            "LINK_SECRETS": LINK_SECRET,
            "NOTIFICATIONS_TOPIC": self.topic,
            "SPECIALISTS_EMAIL": SPECIALISTS,
            "WORKERS": "1",
            "THREADS": "8",
            "PYTHONUNBUFFERED": "1",
            "XDG_RUNTIME_DIR": str(runtime),
        }
        command = (
            *(sys.executable, "-m", "functions_framework"),
            *("--source", "functions/notify/main.py", "--target", "notify", "--signature-type", "cloudevent"),
            *("--host", HOST, "--port", str(self.port)),
        )
        log = self.folder / f"notify-{number}.log"
        child = Child("notify", command, {**os.environ, **settings, **self.settings}, log)
        self.children.append(child)
        child.wait_until_ready(self.port)

    def kill(self) -> None:
        """SIGKILL to the server and its worker, as when an instance is lost."""
        alive = [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]
        doomed = [each for each in alive if str(self.port) in each.cmdline()]
        assert doomed
        for process in doomed:
            process.kill()
        psutil.wait_procs(doomed, timeout=10)

    def stop(self) -> None:
        for child in self.children:
            child.stop()

    def lines(self) -> list[dict[str, Any]]:
        """What all its processes have logged."""
        text = "".join(log.read_text(encoding="utf-8") for log in sorted(self.folder.glob("notify-*.log")))
        # The last line may still be being written.
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def events(self, notification: str) -> list[str]:
        """The names of what it has logged about one notification."""
        return [line["message"] for line in self.lines() if line.get("notification") == notification]

    def request_letter(
        self,
        address: str = "ivan.petrov@example.ru",
        kind: NotificationKind = NotificationKind.CONFIRMATION,
        **changes: Any,  # noqa: ANN401  # any field of the ticket
    ) -> Notification:
        """A ticket with one letter, written in the ledger as registration does; its bell is not rung yet."""
        ticket = opened(replace(PLAIN, contact=replace(PLAIN.contact, email=address)), next(NUMBERS))
        ticket = replace(ticket, **changes)
        letter = notification_of(ticket, kind)
        registered = submission_documents.submission_document(PLAIN, SubmissionState.REGISTERED, ticket=ticket.number)
        self.client.document(documents.submission_path(PLAIN.key)).set(registered)
        self.client.document(documents.ticket_path(ticket.number)).create(documents.ticket_document(ticket))
        self.client.document(documents.notification_path(letter.id)).create(documents.notification_document(letter))
        return letter

    def ring(self, *letters: Notification) -> None:
        PubSubBell(self.project, self.topic).ring([letter.id for letter in letters])

    def publish(self, data: bytes) -> None:
        """Publish a message that our own bell would not."""
        answer = requests.post(
            f"http://{os.environ['PUBSUB_EMULATOR_HOST']}/v1/projects/{self.project}/topics/{self.topic}:publish",
            json={"messages": [{"data": b64encode(data).decode()}]},
            timeout=10,
        )
        answer.raise_for_status()

    def recorded(self, letter: Notification) -> Notification:
        stored = FirestoreNotifications(self.client).read(letter.id)
        assert stored is not None
        return stored.notification

    def change(self, letter: Notification, after: Notification) -> None:
        """Change the notification as somebody else would."""
        stored = FirestoreNotifications(self.client).read(letter.id)
        assert stored is not None
        FirestoreNotifications(self.client).write(stored, after)

    def ticket(self, letter: Notification) -> Ticket:
        assert letter.ticket is not None
        return FirestoreChanges(self.client).tickets([letter.ticket], 5)[letter.ticket].ticket

    def in_state(self, letter: Notification, state: NotificationState) -> Notification:
        """The notification as recorded, once it has come so far."""

        def look() -> Notification | None:
            recorded = self.recorded(letter)
            return recorded if recorded.state is state else None

        return eventually(look)

    def letters(self, letter: Notification) -> list[dict[str, Any]]:
        return self.sendgrid.letters(letter.id)


def make_notify(topic: str, sendgrid: StandIn, pubsub: str, folder: Path, settings: dict[str, str]) -> Notify:
    project, port = f"test-{uuid.uuid4().hex[:16]}", free_port()
    make_push(pubsub, project, topic, "notify", f"http://{HOST}:{port}/")
    return Notify(project, topic, port, sendgrid, folder, settings, firestore.Client(project=project))


@pytest.fixture(scope="module")
def running_sendgrid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("mailbox")) as stand_in:
        yield stand_in


@pytest.fixture
def sendgrid(running_sendgrid: StandIn) -> StandIn:
    running_sendgrid.clear()
    return running_sendgrid


@pytest.fixture(scope="module")
def running_notify(
    firestore_emulator: str,  # noqa: ARG001 - asked for so that it runs
    pubsub_emulator: str,
    running_sendgrid: StandIn,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Notify]:
    settings = {"SENDGRID_TIMEOUT": "1", "SEND_LEASE": "3"}
    made = make_notify("notifications", running_sendgrid, pubsub_emulator, tmp_path_factory.mktemp("notify"), settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def notify(running_notify: Notify, sendgrid: StandIn) -> Notify:
    assert running_notify.sendgrid is sendgrid
    return running_notify


def test_r5_one_message_leads_to_one_letter_that_is_recorded_as_sent(notify: Notify) -> None:
    letter = notify.request_letter()

    notify.ring(letter)

    recorded = notify.in_state(letter, NotificationState.SENT)
    [arrived] = notify.letters(letter)
    assert arrived["to"] == ["ivan.petrov@example.ru"]
    assert f"Номер обращения: #{letter.ticket}\n" in arrived["text"]
    assert (recorded.message_id, recorded.attempts) == (arrived["id"], 1)
    assert (recorded.failure, recorded.lease_until) == (None, None)
    assert recorded.sent_at is not None
    assert recorded.check_at is None


def test_r7_the_letter_with_the_number_leads_to_the_page_for_what_is_missing(notify: Notify) -> None:
    letter = notify.request_letter(missing=(Detail.OS_VERSION,), asked_at=datetime.now(UTC))

    notify.ring(letter)

    notify.in_state(letter, NotificationState.SENT)
    [arrived] = notify.letters(letter)
    [link] = [line for line in arrived["text"].splitlines() if line.startswith(f"{FORM_URL}/details?t=")]
    links = InformationLinks(FORM_URL, (Secret(LINK_SECRET),), timedelta(days=30))
    asked = links.read(link.partition("?t=")[2], letter.requested_at)
    assert isinstance(asked, Asked)
    assert (asked.ticket, asked.details) == (letter.ticket, (Detail.OS_VERSION,))
    assert "Дополнить обращение</a>" in arrived["html"]


def test_r7_a_reminder_of_what_has_come_meanwhile_is_not_sent(notify: Notify) -> None:
    kind, now = NotificationKind.REMINDER, datetime.now(UTC)
    due = notify.request_letter(kind=kind, missing=(Detail.OS_VERSION,), asked_at=now)
    overtaken = notify.request_letter(kind=kind, missing=(), asked_at=now)

    notify.ring(overtaken, due)

    notify.in_state(due, NotificationState.SENT)
    assert notify.in_state(overtaken, NotificationState.DROPPED).failure == Failure(None, OVERTAKEN_REASON)
    assert notify.letters(overtaken) == []
    assert (
        notify.client.document(f"notifications/{overtaken.ticket}-undelivered-reminder-dropped").get().exists is False
    )


def test_r15_the_letter_of_a_merged_ticket_names_the_number_at_the_end_of_all_redirects(notify: Notify) -> None:
    goes_on = notify.request_letter()
    between = notify.request_letter(merged_into=goes_on.ticket)
    letter = notify.request_letter(merged_into=between.ticket)

    notify.ring(letter)

    notify.in_state(letter, NotificationState.SENT)
    [arrived] = notify.letters(letter)
    assert arrived["subject"].startswith(f"[#{goes_on.ticket}] ")
    assert f"ещё один номер, #{letter.ticket}." in arrived["text"]
    assert f"#{between.ticket}" not in arrived["text"]


def test_r15_redirects_that_lead_in_a_circle_are_a_person_s_affair(notify: Notify) -> None:
    letter = notify.request_letter()
    notify.client.document(f"tickets/{letter.ticket}").update({"merged_into": letter.ticket})

    notify.ring(letter)

    failure = notify.in_state(letter, NotificationState.REJECTED).failure
    assert failure is not None
    assert "circle" in failure.reason


def test_repeated_messages_in_any_order_lead_to_one_letter_each(notify: Notify) -> None:
    earlier, later = notify.request_letter(), notify.request_letter()

    notify.ring(later, *[earlier] * 5, later)

    def acknowledged(letter: Notification) -> int:
        done = ("letter_sent", "notification_left")
        return sum(event in done for event in notify.events(letter.id))

    eventually(lambda: (acknowledged(earlier), acknowledged(later)) == (5, 2))
    assert [len(notify.letters(letter)) for letter in (earlier, later)] == [1, 1]
    assert notify.recorded(earlier).state is notify.recorded(later).state is NotificationState.SENT


MALFORMED = (
    b"no JSON",
    b"\xff\xfe",
    b"[]",
    b"{}",
    b"17",
    b'"20001-confirmation"',
    b'{"notification": null}',
    b'{"notification": 20001}',
    b'{"notification": ""}',
    b'{"notification": "tickets/20001"}',
    b'{"notification": "../tickets/20001"}',
    b'{"notification": "__id7__"}',
)


def test_messages_that_nothing_can_be_done_about_are_acknowledged(notify: Notify) -> None:
    unknown = "99999-confirmation"
    retried = notify.request_letter()

    def malformed() -> int:
        return sum(line.get("event") == "bell_message_malformed" for line in notify.lines())

    notify.publish(json.dumps({"notification": unknown}).encode())
    for data in MALFORMED:
        notify.publish(data)
    eventually(lambda: malformed() >= len(MALFORMED) and notify.events(unknown))
    # A message that is refused comes back in the meantime, which shows that the others could have.
    notify.sendgrid.fault(status=503)
    notify.ring(retried)
    notify.in_state(retried, NotificationState.SENT)
    time.sleep(REDELIVERY.total_seconds())

    assert notify.events(retried.id) == ["letter_not_sent", "letter_sent"]
    assert notify.events(unknown) == ["notification_unknown"]
    assert malformed() == len(MALFORMED)


def test_letter_that_sendgrid_could_not_take_three_times_goes_out_once_by_redelivery(notify: Notify) -> None:
    letter = notify.request_letter()
    notify.sendgrid.fault(status=500, times=3)

    notify.ring(letter)

    recorded = notify.in_state(letter, NotificationState.SENT)
    assert (recorded.attempts, recorded.failure) == (4, None)
    assert len(notify.letters(letter)) == 1
    assert notify.events(letter.id) == [*["letter_not_sent"] * 3, "letter_sent"]


def test_r9_letter_that_sendgrid_refuses_is_rejected_and_the_specialists_are_told(notify: Notify) -> None:
    letter = notify.request_letter()
    notify.sendgrid.fault(status=400)

    notify.ring(letter)

    recorded = notify.in_state(letter, NotificationState.REJECTED)
    assert recorded.failure is not None
    assert recorded.failure.status == 400
    assert recorded.check_at is None
    [notice] = eventually(lambda: notify.sendgrid.letters(f"{letter.ticket}-undelivered-1-rejected"))
    assert notice["to"] == [SPECIALISTS]
    assert f"Клиент не получил письмо с номером обращения #{letter.ticket}\n" in notice["text"]
    assert notify.ticket(letter).acceptance is Acceptance.UNDELIVERABLE
    time.sleep(2 * REDELIVERY.total_seconds())
    assert notify.events(letter.id) == ["letter_outcome", "letter_not_sent"]
    assert notify.letters(letter) == []


def test_r9_letter_to_an_address_that_is_known_not_to_work_is_held_back(notify: Notify) -> None:
    letter = notify.request_letter(address="gone@example.ru")
    dead = DeadAddress("gone@example.ru", letter.requested_at, "550 5.1.1 no such user", None)
    FirestoreChanges(notify.client).write(Change(dead=(dead,)), 5)

    notify.ring(letter)

    recorded = notify.in_state(letter, NotificationState.DROPPED)
    assert recorded.failure == Failure(None, KNOWN_DEAD_REASON)
    [notice] = eventually(lambda: notify.sendgrid.letters(f"{letter.ticket}-undelivered-1-dropped"))
    assert "Причина: прежнее письмо на этот адрес вернулось как недоставляемое.\n" in notice["text"]
    assert notify.letters(letter) == []


def test_letter_of_unknown_outcome_goes_out_again_only_when_the_sweep_asks_for_it(notify: Notify) -> None:
    letter = notify.request_letter()
    notify.sendgrid.fault(timeout_s=5)

    notify.ring(letter)

    eventually(lambda: notify.recorded(letter).failure)
    lease_until = notify.recorded(letter).lease_until
    eventually(lambda: lease_until is not None and datetime.now(UTC) > lease_until)
    notify.ring(letter)
    eventually(lambda: "notification_left" in notify.events(letter.id))
    waiting = notify.recorded(letter)
    assert waiting.state is NotificationState.SENDING
    assert notify.letters(letter) == []

    notify.change(letter, replace(waiting, state=NotificationState.REQUESTED, lease_until=None))
    notify.ring(letter)

    assert notify.in_state(letter, NotificationState.SENT).attempts == 2
    assert len(notify.letters(letter)) == 1


def test_log_is_json_with_severities_and_shows_neither_addresses_nor_the_key(notify: Notify) -> None:
    refused, unlucky = notify.request_letter(), notify.request_letter()
    notify.sendgrid.fault(status=400)
    notify.ring(refused)
    notify.in_state(refused, NotificationState.REJECTED)
    notify.sendgrid.fault(status=429)
    notify.ring(unlucky)
    notify.in_state(unlucky, NotificationState.SENT)
    notify.publish(b"no JSON")

    def said() -> set[str]:
        return {line.get("event", line["message"]) for line in notify.lines()}

    expected = {"letter_sent", "letter_not_sent", "come_again", "bell_message_malformed"}
    eventually(lambda: expected <= said())
    assert {line["severity"] for line in notify.lines()} <= {"INFO", "WARNING", "ERROR"}
    text = "".join(log.read_text(encoding="utf-8") for log in notify.folder.glob("*.log"))
    assert "i***@example.ru" in text
    assert not any(secret in text for secret in ("ivan.petrov", KEY, KEY.removeprefix("SG.")))


def test_function_that_is_killed_while_sending_is_not_followed_by_a_second_letter(
    firestore_emulator: str,  # noqa: ARG001 - asked for so that it runs
    pubsub_emulator: str,
    sendgrid: StandIn,
    tmp_path: Path,
) -> None:
    settings = {"SENDGRID_TIMEOUT": "30", "SEND_LEASE": str(LONG_LEASE.total_seconds())}
    notify = make_notify("killed", sendgrid, pubsub_emulator, tmp_path, settings)
    letter = notify.request_letter()
    try:
        notify.start()
        sendgrid.fault(timeout_s=60)
        notify.ring(letter)
        eventually(lambda: sendgrid.pending_faults() == [])
        claimed = notify.recorded(letter)
        notify.kill()
        notify.start()
        # A further delivery, before the lease ends and after it.
        notify.ring(letter)
        eventually(lambda: "notification_left" in notify.events(letter.id))
        eventually(lambda: claimed.lease_until is not None and datetime.now(UTC) > claimed.lease_until)
        left = len(notify.events(letter.id))
        notify.ring(letter)
        eventually(lambda: len(notify.events(letter.id)) > left)
        waiting = notify.recorded(letter)
    finally:
        notify.stop()

    assert claimed.state is NotificationState.SENDING
    assert waiting == claimed
    assert sendgrid.letters(letter.id) == []
