"""The mailroom with everything that it works with; for the function, and for the operators' command line."""

from collections.abc import Callable
from datetime import datetime

from functions.intake_email.attachments import Attachments
from functions.intake_email.bounced_letters import BouncedLetters
from functions.intake_email.letter_limit import LetterLimit
from functions.intake_email.mailroom import Mailroom
from functions.intake_email.reading import OwnAddresses
from functions.intake_email.settings import EmailSettings
from functions.intake_email.threads import Threads
from shared.domain.working_time import WorkingHours
from shared.files import CloudStorageFiles
from shared.joining import Joiner
from shared.numbering import NumberingPolicy
from shared.outcomes import OutcomeRecorder
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.reply_address import ReplyAddresses
from shared.store.changes import FirestoreChanges
from shared.store.client import open_ledger
from shared.store.limits import FirestoreCounts
from shared.store.notifications import FirestoreNotifications
from shared.store.registrations import FirestoreRegistrations
from shared.store.submissions import FirestoreSubmissions
from shared.store.tickets import FirestoreTickets


def make_mailroom(settings: EmailSettings, now: Callable[[], datetime]) -> Mailroom:
    """Make the mailroom of a process.

    Args:
        settings: Of the function.
        now: Gives the time, aware and in UTC.
    """
    project, specialists = settings.google_cloud_project, settings.specialists_email
    client = open_ledger(project, settings.firestore_database)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    bell = PubSubBell(project, settings.notifications_topic)
    replies = ReplyAddresses(settings.support_address, settings.reply_secrets)
    files = CloudStorageFiles(settings.files_bucket)
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, settings.duplicate_window)
    recorder = OutcomeRecorder(FirestoreChanges(client), bell, specialists, now)
    joiner = Joiner(FirestoreTickets(client), bell, specialists, now)
    letter_limit = LetterLimit(
        FirestoreCounts(client), settings.reply_secrets[0], settings.letter_limit, settings.letter_window
    )
    return Mailroom(
        files=files,
        attachments=Attachments(files),
        submissions=FirestoreSubmissions(client),
        registrar=Registrar(FirestoreRegistrations(client), bell, policy, now, joiner, answering=letter_limit),
        joiner=joiner,
        threads=Threads(replies, joiner.find),
        bounced=BouncedLetters(FirestoreNotifications(client), recorder, replies, joiner.find, now),
        letter_limit=letter_limit,
        own=OwnAddresses(replies, frozenset(each.lower() for each in (*settings.own_addresses, specialists))),
        spam_limit=settings.spam_limit,
        now=now,
    )
