"""A ledger in which one client has left traces wherever a client can, with markers in all that is hers."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string, policy
from email.message import EmailMessage, Message
from typing import Any

from google.cloud.firestore import CollectionReference
from werkzeug.test import TestResponse

from local.processes import HOST
from shared.domain.contact import Contact
from shared.domain.delivery import Report
from shared.domain.history import Event
from shared.domain.notification import NotificationState
from shared.domain.submission import Attachment, Channel, Details, Submission
from shared.joining import Joiner
from shared.merging import Merger
from shared.numbering import NumberingPolicy, Registered
from shared.registration import Registrar
from shared.reporting import Reporter
from shared.store.changes import FirestoreChanges
from shared.store.registrations import FirestoreRegistrations
from shared.store.reports import FirestoreReports
from shared.store.tickets import FirestoreTickets
from tests import email_instance, form_instance, sla_instance
from tests.email_instance import REPLIES, EmailInstance
from tests.form_instance import Attachment as Upload
from tests.function_instance import World
from tests.operators import SilentBell, report
from tests.registered import mark
from tests.sample_ticket import HOURS, SPECIALISTS

WINDOW = timedelta(days=3)
XENIA, PHONE = "xenia.marker@klient.example", "+79169990011"
OLGA, YURI = "olga@firma.example", "yuri@drugoy.example"
MARKERS = ("marker", "маркер", "9169990011", "999-00-11")
"""Each stands in what is Xenia's, and in nothing else; in lower case."""

HER_CONTACT = Contact("Ксения Маркерова", XENIA, PHONE, "8 (916) 999-00-11 доб. 7")
NOBODY = f"http://{HOST}:9"
"""Where SendGrid's statistics are not to be had."""


@dataclass(frozen=True, slots=True)
class Left:
    """What stands in the ledger.

    Attributes:
        yuris: The ticket of another client, in which she takes part.
        hers: Her tickets; the last but one was merged into `yuris`, the last into the one before that.
        bounced: The one of her tickets whose letter came back, and that is flagged.
    """

    yuris: int
    hers: tuple[int, ...]
    bounced: int


def details(text: str, **more: object) -> Details:
    """What somebody says."""
    said = Details("", text, "", "", "", "", urgent=False, previous_ticket=None)
    return replace(said, **more)  # type: ignore[arg-type]  # any field


def mail(sender: str, number: int, text: str, subject: str, attached: str | None = None, **more: str) -> EmailMessage:
    """A message, perhaps with a file."""
    made = email_instance.message(text, From=sender, Subject=subject, Message_ID=f"<{number}@mail.example>", **more)
    if attached is not None:
        made.add_attachment(f"file {attached}".encode(), maintype="image", subtype="png", filename=attached)
    return made


def register(world: World, submission: Submission) -> int:
    """Register an arrival with the traces by which later ones are recognised; give its number."""
    at = submission.received_at + timedelta(seconds=1)
    policy, bell = NumberingPolicy(12345, HOURS, SPECIALISTS, WINDOW), SilentBell()
    outcome = Registrar(FirestoreRegistrations(world.ledger), bell, policy, lambda: at, joiner(world)).register(
        submission
    )
    assert isinstance(outcome, Registered)
    assert not outcome.duplicate
    return outcome.ticket.number


def joiner(world: World) -> Joiner:
    """Lets submissions join tickets."""
    return Joiner(FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: datetime.now(UTC))


def merge(world: World, one: int, other: int) -> None:
    """Make two tickets one, as a specialist does."""
    changes, past = FirestoreChanges(world.ledger), FirestoreRegistrations(world.ledger)
    Merger(changes, past, SilentBell(), timedelta(0), lambda: datetime.now(UTC)).merge(one, other, "Анна")


def leave_traces(world: World) -> Left:
    """Let her, and others, do all that clients do."""
    now = datetime.now(UTC)
    with ExitStack() as running:
        settings = {"DUPLICATE_WINDOW": str(WINDOW.total_seconds())}
        email = running.enter_context(email_instance.email_instance({**email_instance.settings_of(world), **settings}))
        form = running.enter_context(form_instance.instance({**form_instance.settings_of(world), **settings}))
        yuris = _number(email.mail(mail(YURI, 1, "Калитка чужого двора скрипит.", "Калитка"), sender=YURI))
        by_form = _by_form(form)
        by_mail = _by_mail(email, yuris)
        _outside_of_tickets(email, world, now)
        bounced = register(
            world,
            Submission(
                "bounced", Channel.FORM, now - timedelta(minutes=20), HER_CONTACT, details("Маркер: код у лифта")
            ),
        )
        refused = f"550 5.1.1 <{XENIA}>: user unknown"
        report(world.ledger, f"{bounced}-confirmation", Report.BOUNCED, now - timedelta(minutes=19), refused)
        email.mail(bounce_of(REPLIES.message_id(f"{bounced}-confirmation")), sender="")
        calls = [
            register(
                world, Submission(f"call-{n}", Channel.PHONE, now, HER_CONTACT, details(text), by="Анна <anna@p.ru>")
            )
            for n, text in enumerate(("Маркер: ключи от парковки", "Маркер: гость и домофон"))
        ]
    answer = Submission("answer", Channel.FORM, now, Contact("", None, None), details("", device_model="Маркер А52"))
    joiner(world).join(answer, by_form, Attachment.ANSWER)
    kept = Submission("kept", Channel.FORM, now, HER_CONTACT, details("Маркер: принято без номера"))
    FirestoreRegistrations(world.ledger).keep(kept, now + timedelta(days=1), 5.0)
    merge(world, yuris, calls[0])
    merge(world, by_mail, calls[1])
    mark(world, f"{by_mail}-confirmation", NotificationState.SENT, now)
    _late_and_reported(world)
    return Left(yuris, (by_form, by_mail, bounced, *calls), bounced)


def bounce_of(message_id: str) -> EmailMessage:
    """A mail server's report about a letter to her (RFC 3464)."""
    parsed = message_from_string(
        f"From: MAILER-DAEMON@mx.klient.example\nTo: support@pass24online.ru\nSubject: Undelivered: {XENIA}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\nMIME-Version: 1.0\n'
        f"Message-ID: <of-{message_id.strip('<>')}>\n\n"
        f"--b\nContent-Type: text/plain\n\nYour letter to {XENIA} came back.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.klient.example\n\n"
        f"Final-Recipient: rfc822; {XENIA}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{XENIA}> unknown\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {message_id}\nSubject: x\n\ntext\n--b--\n",
        policy=policy.default,
    )
    assert isinstance(parsed, EmailMessage)
    return parsed


def everything(world: World) -> Mapping[str, str]:
    """All documents of the ledger, with their names, and all stored files, with theirs, as texts in lower case."""
    found = {path: f"{path} {fields!r}" for path, fields in documents(world).items()}
    found |= {
        f"object {name}": f"{name} {content[0]!r} {_text(content[0])}" for name, content in world.objects().items()
    }
    return {name: text.lower() for name, text in found.items()}


def documents(world: World) -> Mapping[str, dict[str, Any]]:
    """All documents of the ledger, whatever their collection, by path."""
    return dict(_documents_in(world.ledger.collections()))


def holding(texts: Mapping[str, str], *markers: str) -> list[str]:
    """What holds one of the markers."""
    return sorted(name for name, text in texts.items() if any(marker in text for marker in markers))


def _documents_in(collections: Iterator[CollectionReference]) -> Iterator[tuple[str, dict[str, Any]]]:
    for collection in collections:
        for reference in collection.list_documents():
            fields = reference.get().to_dict()
            if fields is not None:
                yield reference.path, fields
            yield from _documents_in(reference.collections())


def _text(content: bytes) -> str:
    """A file as it is read: a message with its encoded parts."""
    parsed = message_from_bytes(content, policy=policy.default)
    parts = [str(value) for value in parsed.values()]
    parts += [str(part.get_payload(decode=True) and part.get_content()) for part in parsed.walk() if _is_text(part)]
    return " ".join([content.decode(errors="replace"), *parts])


def _is_text(part: Message) -> bool:
    return isinstance(part, EmailMessage) and part.get_content_type() == "text/plain"


def _by_form(form: form_instance.Instance) -> int:
    typed = {
        "name": HER_CONTACT.name,
        "email": XENIA,
        "phone": HER_CONTACT.phone_as_typed,
        "subject": "Маркер шлагбаума",
        "description": "Маркер: шлагбаум не пускает гостя, приложение показывает маркер ошибки.",
        "steps": "Маркер 1",
        "product_version": "4.12.1-marker",
        "device_model": "",
        "os_version": "MarkerOS 3",
        "consent": "1",
        "page_token": form.token(),
    }
    answer = form.post_form(typed, [Upload("снимок маркера.png", b"file marker")], {"Accept": "application/json"})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return int(answer.get_json()["ticket"])


def _by_mail(email: EmailInstance, yuris: int) -> int:
    """She writes, she and a colleague of hers answer; and she writes into another client's ticket."""
    her_name = f'"{HER_CONTACT.name}" <{XENIA}>'
    text = "Маркер: турникет не читает карту. Телефон +7 916 999-00-11."
    number = _number(email.mail(mail(her_name, 2, text, "Турникет маркер", "карта-маркер.png"), sender=XENIA))
    to_hers = {"to": (REPLIES.address(number),)}
    email.mail(mail(her_name, 3, "Маркер: ещё одно фото.", "Re: маркер", "ещё-маркер.png"), sender=XENIA, **to_hers)
    quoting = mail(f"Ольга <{OLGA}>", 4, "У Ксении Маркеровой не читает.", "Re: маркер", Cc=XENIA)
    email.mail(quoting, sender=OLGA, **to_hers)
    into = email.mail(
        mail(her_name, 5, "Маркер: у меня то же.", "Re: калитка"), sender=XENIA, to=(REPLIES.address(yuris),)
    )
    assert into.get_json() == {"state": "attached", "ticket": yuris}
    return number


def _outside_of_tickets(email: EmailInstance, world: World, now: datetime) -> None:
    """What waits for a person, and what was judged to be no request."""
    spam = email.mail(
        mail(XENIA, 6, "Маркер: купите.", "Маркер скидка", "реклама-маркер.png"), sender=XENIA, spam_score=9
    )
    unknown = email.mail(bounce_of("<forged@pass24online.ru>"), sender="")
    nobody = email.mail(mail("", 7, "без контакта", "тема"), sender="")
    assert [each.get_json()["state"] for each in (spam, unknown, nobody)] == ["quarantined"] * 3
    assert now < datetime.now(UTC)
    assert world.documents("submissions")


def _late_and_reported(world: World) -> None:
    """The sweep flags what is late, and tells of it; the day is reported."""
    with sla_instance.sla_instance(sla_instance.settings_of(world, NOBODY)) as sla:
        assert sla.sweep()["flagged"] > 0
    reporter = Reporter(FirestoreReports(world.ledger), SilentBell(), HOURS, sla_instance.HEAD)
    now = datetime.now(UTC)
    reporter.write_due(now, (now - timedelta(days=60)).date())
    assert world.documents("digests")
    assert world.documents("reports")
    assert Event.ERASED not in {line["event"] for line in documents(world).values() if "event" in line}


def _number(answer: TestResponse) -> int:
    assert answer.get_json()["state"] == "registered", answer.get_data(as_text=True)
    return int(answer.get_json()["ticket"])
