"""One instance of `delivery` in this process, wired by its own main.py, over the emulators; and SendGrid's events."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from functions.delivery.settings import DeliverySettings
from local.smtp.inbound import Signer
from tests.function_instance import TOPIC, World, function_app

SIGNER = Signer.generate()
SPECIALISTS = "specialists@pass24online.ru"

Event = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DeliveryInstance:
    """A function's process, as far as one can live inside a test's: an application with clients of its own."""

    app: Flask

    def call(self, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        """Any call of the webhook."""
        return self.app.test_client().post("/", data=body, headers=dict(headers))

    def events(self, *events: Event, key: Signer = SIGNER) -> TestResponse:
        """A batch, signed, with the line end that SendGrid puts behind it."""
        return self.call(*signed(json.dumps(events).encode() + b"\r\n", key))


def signed(body: bytes, key: Signer = SIGNER, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    """A body with its signature's headers."""
    moment = at or datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    return body, {"Content-Type": "application/json", **key.headers(body, moment)}


def event(  # what an event tells
    name: str,
    letter: str | None,
    at: datetime,
    *,
    email: str = "ivan@example.ru",
    message_id: str | None = "14c5d75ce93.filterdrecv-5515E0B88-1-0",
    **more: object,
) -> dict[str, Any]:
    """An event of a letter as SendGrid posts it."""
    made: dict[str, Any] = {
        "email": email,
        "timestamp": int(at.timestamp()),
        "event": name,
        "sg_event_id": uuid.uuid4().hex,
        **more,
    }
    if message_id is not None:
        made |= {"sg_message_id": message_id, "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>"}
    return made if letter is None else made | {"notification": letter}


def settings_of(world: World, keys: Sequence[Signer] = (SIGNER,)) -> dict[str, str]:
    """The least that `delivery` must be told."""
    return {
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "SPECIALISTS_EMAIL": SPECIALISTS,
        "EVENT_KEYS": ",".join(key.public_key for key in keys),
    }


@contextmanager
def delivery_instance(settings: Mapping[str, str]) -> Iterator[DeliveryInstance]:
    """An instance that reads its settings, and makes its clients, at its first call."""
    with function_app("delivery", DeliverySettings, settings) as app:
        yield DeliveryInstance(app)
