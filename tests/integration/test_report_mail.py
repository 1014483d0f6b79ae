"""The day's report from the ledger to the head of support's mailbox, through what looks like SendGrid (R16)."""

import io
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from functions.notify.sendgrid_mail import SendGridMailer
from functions.notify.sending import Sender
from shared.domain.notification import NotificationState
from shared.domain.submission import SubmissionState
from shared.outcomes import OutcomeRecorder
from shared.reporting import Reporter
from shared.store import documents, submission_documents
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.letters import FirestoreLetters
from shared.store.reports import FirestoreReports
from tests.mailbox import running_stand_in
from tests.sample_ticket import FRIDAY_NOON, HOURS, LINKS, PLAIN, REPLIES, SPECIALISTS

HEAD = "head@pass24online.ru"
FRIDAY_EVENING = datetime(2026, 11, 20, 15, 0, 5, tzinfo=UTC)
SENDER = ("support@pass24online.ru", "Служба технической поддержки PASS24.online")


class RecordingBell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, notifications: Sequence[str]) -> None:
        self.rung += notifications


def test_r16_the_report_of_a_day_arrives_with_its_chart(ledger_project: str, tmp_path: Path) -> None:
    ledger, bell = open_ledger(ledger_project), RecordingBell()
    kept = replace(PLAIN, received_at=FRIDAY_NOON)
    fields = submission_documents.submission_document(kept, SubmissionState.RECEIVED)
    ledger.document(documents.submission_path(kept.key)).create(fields)
    Reporter(FirestoreReports(ledger), bell, HOURS, HEAD).write_due(FRIDAY_EVENING, None)
    notifications = FirestoreLetters(ledger)
    with running_stand_in(tmp_path) as sendgrid:
        sender = Sender(
            notifications=notifications,
            outcomes=OutcomeRecorder(FirestoreChanges(ledger), bell, SPECIALISTS, lambda: FRIDAY_EVENING),
            mailer=SendGridMailer("SG.throw-away", sendgrid.url, timedelta(seconds=10), SENDER),
            lease=timedelta(minutes=5),
            zone=ZoneInfo("Europe/Moscow"),
            replies=REPLIES,
            links=LINKS,
            now=lambda: FRIDAY_EVENING,
        )
        for notification in bell.rung:
            sender.send(notification)
        [letter] = sendgrid.letters("report-20261120")
    assert letter["to"] == [HEAD]
    assert letter["subject"] == "Отчёт за 20 ноября 2026 г.: поступило 1, номер за 15 минут 0 %"
    assert "- Номера ещё нет: 1\n" in letter["text"]
    [(content_id, url)] = letter["inline"].items()
    assert f'src="cid:{content_id}"' in letter["html"]
    with Image.open(io.BytesIO(b64decode(url.removeprefix("data:image/png;base64,")))) as chart:
        assert chart.format == "PNG"
    stored = notifications.read("report-20261120")
    assert stored is not None
    assert stored.notification.state is NotificationState.SENT
