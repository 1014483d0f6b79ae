"""What can be looked at and decided about one ticket or one submission, with everything that it works with."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from functions.desk.acting import Acting
from functions.desk.door import Route
from functions.desk.files import FileDoor, FileLinks
from functions.desk.offering import Offers
from functions.desk.settings import DeskSettings
from functions.desk.submission_page import SubmissionPage
from functions.desk.ticket_actions import Fill, Merge, Resend, Settle, Split, Tell
from functions.desk.ticket_page import TicketPage
from shared.domain.working_time import WorkingHours
from shared.files import CloudStorageFiles
from shared.joining import Joiner
from shared.merging import Merger
from shared.numbering import NumberingPolicy
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.releasing import Releaser
from shared.resending import Resender
from shared.settling import Settling
from shared.splitting import Splitter
from shared.staff.pages import StaffPages
from shared.staff.post_tokens import PostTokens
from shared.store.changes import FirestoreChanges
from shared.store.dossier import FirestoreDossiers
from shared.store.registrations import FirestoreRegistrations
from shared.store.submissions import FirestoreSubmissions
from shared.store.tickets import FirestoreTickets
from shared.suppressions import SendGridSuppressions
from shared.telling import Telling

if TYPE_CHECKING:
    from google.cloud.firestore import Client


def ticket_routes(
    settings: DeskSettings, client: "Client", pages: StaffPages, tokens: PostTokens, now: Callable[[], datetime]
) -> Sequence[Route]:
    """Give the pages of tickets and submissions, the files, and every action.

    Args:
        settings: Of the function.
        client: The ledger.
        pages: Renders them.
        tokens: Signs their forms.
        now: Gives the time, aware and in UTC.
    """
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    specialists, window = settings.specialists_email, settings.duplicate_window
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    changes, registrations, dossiers = (
        FirestoreChanges(client),
        FirestoreRegistrations(client),
        FirestoreDossiers(client),
    )
    joiner = Joiner(FirestoreTickets(client), bell, specialists, now)
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, window)
    registrar = Registrar(registrations, bell, policy, now, joiner)
    links = FileLinks(settings.staff_secrets, settings.file_link_lifetime)
    offers = Offers(pages, tokens, now, hours.zone)
    key = settings.sendgrid_api_key
    suppressions = SendGridSuppressions(key.value, settings.sendgrid_url, settings.sendgrid_timeout) if key else None
    actions = (
        Tell(Telling(changes, now)),
        Resend(Resender(changes, dossiers, bell, suppressions, now)),
        Merge(Merger(changes, registrations, bell, window, now)),
        Split(Splitter(changes, registrations, dossiers, registrar, bell, now), registrations),
        Fill(joiner, now),
        Settle(Settling(changes, now)),
    )
    releaser = Releaser(registrations, changes, registrar, now)
    submissions = FirestoreSubmissions(client)
    return [
        *TicketPage(dossiers, pages, tokens, links, now, hours.zone).routes(),
        *SubmissionPage(submissions, releaser, pages, tokens, offers, links, now, hours.zone).routes(),
        *FileDoor(links, CloudStorageFiles(settings.files_bucket), pages).routes(),
        *Acting(dossiers, tokens, offers, actions).routes(),
    ]
