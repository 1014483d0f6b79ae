"""A webhook for the tests of SendGrid's events: keeps what is posted, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.processes import HOST
from shared.webhook_signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, ForgedCallError, WebhookSignatures
from tests.http_receiver import serving_posts

HANG = 0
"""In place of a status: no answer until the end."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One post, as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it tells."""
        told: list[dict[str, Any]] = json.loads(self.body)
        return told

    def is_signed(self, public_key: str) -> bool:
        """Whether the functions would believe it."""
        signatures = WebhookSignatures([public_key])
        try:
            digest = signatures.body_hash(self.headers.get(TIMESTAMP_HEADER))
            digest.update(self.body)
            signatures.verify(self.headers.get(SIGNATURE_HEADER), digest.digest())
        except ForgedCallError:
            return False
        return True


@dataclass(slots=True)
class EventReceiver:
    """Answers 200, or what stands in `answers`, one after the other."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """What the caller is told."""
        return f"http://{HOST}:{self.port}/"

    def events(self, notification: str) -> list[dict[str, Any]]:
        """What was told of one letter, in the order in which it came."""
        told = [event for batch in list(self.batches) for event in batch.events]
        return [event for event in told if event.get("notification") == notification]

    def names(self, notification: str) -> list[str]:
        """The same, by the events' names."""
        return [event["event"] for event in self.events(notification)]

    def answer(self, batch: Batch) -> int:
        """The status for a post."""
        self.batches.append(batch)
        status = self.answers.pop(0) if self.answers else 200
        if status == HANG:
            self.released.wait(60)
            return 200
        return status


@contextmanager
def receiving_events(port: int = 0) -> Iterator[EventReceiver]:
    """A receiver on a port of its own."""
    receiver = EventReceiver()

    def take(method: str, path: str, headers: dict[str, str], body: bytes) -> int:
        return receiver.answer(Batch(method, path, headers, body))

    with serving_posts(take, port) as receiver.port:
        try:
            yield receiver
        finally:
            receiver.released.set()
