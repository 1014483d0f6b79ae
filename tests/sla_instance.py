"""One instance of `sla_check` in this process, wired by its own main.py, over the emulators."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from functions.sla_check.settings import SlaSettings
from tests.function_instance import READY_TOPIC, TOPIC, World, function_app, make_ready_topic

SPECIALISTS, HEAD = "specialists@pass24online.ru", "head@pass24online.ru"


@dataclass(frozen=True, slots=True)
class SlaInstance:
    """A function's process, as far as one can live inside a test's: an application with clients of its own."""

    app: Flask

    def sweep(self) -> dict[str, Any]:
        """One call of the scheduler, all steps of which were done; what it says that it did."""
        answer = self.app.test_client().post("/")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        said: dict[str, Any] = answer.get_json()
        return said


def settings_of(world: World, sendgrid: str) -> dict[str, str]:
    """The least that `sla_check` must be told; the topic to classification is there then."""
    make_ready_topic(world)
    return {
        "GOOGLE_CLOUD_PROJECT": world.project,
        "NOTIFICATIONS_TOPIC": TOPIC,
        "READY_TOPIC": READY_TOPIC,
        "SPECIALISTS_EMAIL": SPECIALISTS,
        "HEAD_EMAIL": HEAD,
        "FIRST_TICKET_NUMBER": "12345",
        "SENDGRID_API_KEY": "SG.a-throw-away-key",
        "SENDGRID_URL": sendgrid,
        # Most tests send the same words again and again; those of R15 set it.
        "DUPLICATE_WINDOW": "0",
    }


@contextmanager
def sla_instance(settings: Mapping[str, str]) -> Iterator[SlaInstance]:
    """An instance that reads its settings, and makes its clients, at its first call."""
    with function_app("sla_check", SlaSettings, settings) as app:
        yield SlaInstance(app)
