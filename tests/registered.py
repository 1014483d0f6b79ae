"""Tickets in a ledger of the emulator, registered as functions do it, with their letters as if they had been sent."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.contact import Contact
from shared.domain.notification import NotificationState
from shared.domain.submission import Channel, Details, Submission
from shared.domain.ticket import Ticket
from shared.domain.working_time import WorkingHours
from shared.numbering import NumberingPolicy, Registered
from shared.pubsub_bell import PubSubBell
from shared.registration import Registrar
from shared.store.notifications import FirestoreNotifications
from shared.store.registrations import FirestoreRegistrations
from tests.function_instance import TOPIC, World

SPECIALISTS = "specialists@pass24online.ru"
HOURS = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
POLICY = NumberingPolicy(12345, HOURS, SPECIALISTS)
IVAN = Contact("Иван Петров", "ivan@example.ru", "+79161234567", "8 916 123-45-67")
PHONE_ONLY = Contact("Анна", None, "+79161234567", "8 916 123-45-67")


def submission(key: str, at: datetime, contact: Contact = IVAN) -> Submission:
    """A form's post."""
    details = Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)
    return Submission(key, Channel.FORM, at, contact, details)


def register(
    world: World, at: datetime, key: str = "form-1", contact: Contact = IVAN, *, late: timedelta = timedelta(seconds=1)
) -> Ticket:
    """A ticket that arrived at a moment and got its number a second later."""
    bell = PubSubBell(world.project, TOPIC)
    registrar = Registrar(FirestoreRegistrations(world.ledger), bell, POLICY, lambda: at + late)
    outcome = registrar.register(submission(key, at, contact))
    assert isinstance(outcome, Registered)
    world.rings()
    return outcome.ticket


def mark(world: World, letter: str, state: NotificationState, at: datetime, lease: timedelta | None = None) -> None:
    """Put a letter into a state, as `notify` leaves it: `sent`, or `sending` with a lease."""
    notifications = FirestoreNotifications(world.ledger)
    stored = notifications.read(letter)
    assert stored is not None
    until = None if lease is None else at + lease
    sent_at = at if state is NotificationState.SENT else None
    after = replace(
        stored.notification,
        state=state,
        attempts=1,
        attempted_at=at,
        sent_at=sent_at,
        lease_until=until,
        check_at=until,
    )
    notifications.write(stored, after)
