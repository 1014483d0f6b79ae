"""What operators find in the ledger, and the command line by which they look at it and change it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from google.cloud import firestore

from local.processes import ROOT
from ops.__main__ import main
from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.submission import Submission
from shared.numbering import NumberingPolicy, Registered
from shared.outcomes import OutcomeRecorder
from shared.registration import Registrar
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from tests.function_instance import TOPIC, World
from tests.sample_ticket import FRIDAY_NOON, HOURS, SPECIALISTS

NO_SUCH_USER = "550 5.1.1 no such user"
_PATIENCE = 60.0  # seconds for one command in a process of its own


class SilentBell:
    def ring(self, notifications: Sequence[str]) -> None:
        """Whoever asks for what was rung, listens to Pub/Sub."""


def register(ledger: firestore.Client, submission: Submission) -> int:
    """Register an arrival a second later; give its number, 12345 being the first."""
    registrar = Registrar(
        FirestoreRegistrations(ledger),
        SilentBell(),
        NumberingPolicy(12345, HOURS, SPECIALISTS),
        lambda: submission.received_at + timedelta(seconds=1),
    )
    outcome = registrar.register(submission)
    assert isinstance(outcome, Registered)
    return outcome.ticket.number


def report(
    ledger: firestore.Client,
    letter: str,
    what: Report,
    at: datetime = FRIDAY_NOON + timedelta(seconds=10),
    reason: str = "",
) -> None:
    """Let the provider report of a letter, as its webhook does."""
    recipient = (ledger.document(f"notifications/{letter}").get().to_dict() or {})["recipient"]
    recorder = OutcomeRecorder(FirestoreChanges(ledger), SilentBell(), SPECIALISTS, lambda: at)
    recorder.follow([DeliveryEvent(letter, recipient, what, at, reason)])


@dataclass
class Operators:
    """The command line, with what it needs in its environment and no more.

    Attributes:
        settings: Further variables.
    """

    world: World
    output: pytest.CaptureFixture[str]
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {"GOOGLE_CLOUD_PROJECT": self.world.project, "NOTIFICATIONS_TOPIC": TOPIC, **self.settings}

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run a command in this process; give its exit code and what it printed."""
        self.output.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("SENDGRID_API_KEY", "SENDGRID_URL", "SENDGRID_TIMEOUT"):
                patch.delenv(name, raising=False)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["ops", *arguments])
            try:
                code = main()
            except SystemExit as end:
                code = int(end.code or 0)
        printed = self.output.readouterr()
        return code, (printed.out + printed.err).rstrip("\n")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command in a process of its own, as a person does."""
        return subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "ops", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for a command's end; give its exit code and what it printed."""
        try:
            printed, _ = process.communicate(timeout=_PATIENCE)
        finally:
            process.kill()
        return process.returncode, printed.rstrip("\n")
