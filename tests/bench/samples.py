"""What the benchmarks register: one ordinary request, in new copies."""

import os
import uuid
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from google.cloud import firestore

from local.smtp.inbound import CONTENT_TYPE, Arrival, Signer, inbound_body, trace_header
from shared.bell import Bell
from shared.domain.contact import Contact
from shared.domain.notification import first_notifications
from shared.domain.submission import Channel, Details, Submission, SubmissionState
from shared.domain.ticket import open_ticket
from shared.domain.working_time import WorkingHours
from shared.information_links import InformationLinks
from shared.joining import Joiner
from shared.numbering import NumberingPolicy
from shared.registration import Registrar
from shared.reply_address import ReplyAddresses
from shared.settings import Secret
from shared.store import documents, submission_documents
from shared.store.registrations import FirestoreRegistrations
from shared.store.tickets import FirestoreTickets

LINKS = InformationLinks("https://form.example", (Secret("bench"),), timedelta(days=30))
REPLIES = ReplyAddresses("support@pass24online.ru", (Secret("bench"),))
POLICY = NumberingPolicy(
    1, WorkingHours.parse("09:00-18:00", "Europe/Moscow"), "specialists@pass24online.ru", timedelta(days=3)
)
"""With the look-up of what came before (R15), as the doors have it."""


class SilentBell:
    """A bell that nobody hears: what the ledger can do is measured without Pub/Sub."""

    def ring(self, notifications: object) -> None:
        """Do nothing."""


def now() -> datetime:
    """Give the time, aware and in UTC."""
    return datetime.now(UTC)


def post() -> dict[str, object]:
    """Give what a client posts as JSON; each has a contact of its own."""
    return {
        "name": "Иван Петров",
        "email": f"{uuid.uuid4().hex[:12]}@example.com",
        "phone": "",
        "subject": "Не открывается шлагбаум",
        "description": "Не открывается шлагбаум на въезде, приложение показывает ошибку соединения. " * 4,
        "steps": "1. Открыть приложение. 2. Нажать «Открыть».",
        "product_version": "4.12.1",
        "device_model": "Samsung Galaxy A52",
        "os_version": "Android 13",
        "consent": True,
    }


def mail(size: int = 0) -> bytes:
    """Give a client's mail as SendGrid's MX hands it over; each has a sender of its own.

    Args:
        size: Bytes of the file that is attached; none when 0.
    """
    sample = post()
    message = EmailMessage()
    message["From"] = f"{sample['name']} <{sample['email']}>"
    message["To"] = "support@pass24online.ru"
    message["Subject"] = str(sample["subject"])
    message["Message-ID"] = make_msgid(domain="example.com")
    message["Date"] = format_datetime(now())
    message.set_content(f"{sample['description']}\n\n{sample['steps']}\nВерсия приложения 4.12.1, Samsung Galaxy A52")
    if size:
        message.add_attachment(os.urandom(size), maintype="video", subtype="mp4", filename="запись экрана.mp4")
    arrival = Arrival("mail.example.com", "192.0.2.1", ("support@pass24online.ru",), uuid.uuid4().hex[:22], now())
    return trace_header(arrival) + message.as_bytes(policy=SMTP)


def mail_call(signer: Signer, size: int = 0) -> tuple[bytes, dict[str, str]]:
    """Give the body and the headers of the call by which SendGrid passes such a mail on."""
    body = inbound_body(
        mail(size), recipients=("support@pass24online.ru",), return_path="ivan@example.com", sender_ip="192.0.2.1"
    )
    return body, {"Content-Type": CONTENT_TYPE, **signer.headers(body, now())}


def submission() -> Submission:
    """Give a new submission with the same content."""
    sample = post()
    texts = {name: str(sample[name]) for name in ("subject", "description", "steps")}
    device = {name: str(sample[name]) for name in ("product_version", "device_model", "os_version")}
    return Submission(
        key=f"form-{uuid.uuid4().hex}",
        channel=Channel.FORM,
        received_at=now(),
        contact=Contact(str(sample["name"]), str(sample["email"]), None),
        details=Details(**texts, **device, urgent=False, previous_ticket=None),
    )


def equally_large_document() -> dict[str, object]:
    """Give one document with everything that a registration writes in four."""
    sample = submission()
    ticket = open_ticket(sample, 1, now(), POLICY.hours)
    return {
        "submission": submission_documents.submission_document(sample, SubmissionState.REGISTERED, ticket=1),
        "ticket": documents.ticket_document(ticket),
        "notifications": [
            documents.notification_document(letter) for letter in first_notifications(ticket, POLICY.specialists)
        ],
    }


def registrar(client: firestore.Client, bell: Bell | None = None) -> Registrar:
    """Make a registrar as a process has one."""
    rung = bell or SilentBell()
    joiner = Joiner(FirestoreTickets(client), rung, POLICY.specialists, now)
    return Registrar(FirestoreRegistrations(client), rung, POLICY, now, joiner)
