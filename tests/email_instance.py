"""One instance of `intake_email` in this process, wired by its own main.py, over the emulators; and mails for it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from functions.intake_email.settings import EmailSettings
from shared.reply_address import ReplyAddresses
from shared.settings import Secret
from tests.function_instance import TOPIC, World, function_app
from tests.inbound import SIGNER, signed_post

SPECIALISTS = "specialists@pass24online.ru"
REPLIES = ReplyAddresses("support@pass24online.ru", (Secret("a throw-away key"),))


@dataclass(frozen=True, slots=True)
class EmailInstance:
    """A function's process, as far as one can live inside a test's: an application with clients of its own."""

    app: Flask

    def call(self, body: bytes, headers: Mapping[str, str]) -> TestResponse:
        """Any call of the webhook."""
        return self.app.test_client().post("/", data=body, headers=dict(headers))

    def mail(self, raw: bytes | EmailMessage, **said: Any) -> TestResponse:  # noqa: ANN401  # `signed_post`'s own
        """A message, passed on as SendGrid does; `said` is what SendGrid says of it."""
        body, headers = signed_post(raw if isinstance(raw, bytes) else raw.as_bytes(), **said)
        return self.call(body, headers)


def message(text: str = "Не открывается шлагбаум.", /, **headers: str) -> EmailMessage:
    """A message of Ivan's to support; `headers` by their name with `_` for `-`."""
    mail = EmailMessage()
    fields = {
        "From": "Иван Петров <ivan@example.ru>",
        "To": "support@pass24online.ru",
        "Subject": "Шлагбаум",
        "Message-ID": "<1@example.ru>",
        "Date": "Mon, 23 Nov 2026 12:00:00 +0300",
    }
    for name, value in (fields | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def settings_of(world: World) -> dict[str, str]:
    """The least that `intake_email` must be told."""
    return {
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "FILES_BUCKET": world.bucket,
        "SPECIALISTS_EMAIL": SPECIALISTS,
        "INBOUND_KEYS": SIGNER.public_key,
        "REPLY_SECRETS": "a throw-away key",
        "FIRST_TICKET_NUMBER": "12345",
        # Most tests send the same words again and again; those of R15 set it.
        "DUPLICATE_WINDOW": "0",
    }


@contextmanager
def email_instance(settings: Mapping[str, str]) -> Iterator[EmailInstance]:
    """An instance that reads its settings, and makes its clients, at its first call."""
    with function_app("intake_email", EmailSettings, settings) as app:
        yield EmailInstance(app)
