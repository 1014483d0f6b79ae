"""`python -m ops split`: a submission is a request of its own after all (R15)."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ops.ledger import open_ledger
from ops.terminal import harmless, person_name, say
from shared.domain.splitting import SplitRefusal, SplitRefusedError
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.settings import read_settings

HELP = "take a submission out of its ticket, or undo the merge of the ticket that it opened; exit code 1 when not"

_REFUSALS: Mapping[SplitRefusal, str] = {
    SplitRefusal.NO_SUCH_SUBMISSION: "there is no such submission; `show` lists a ticket's",
    SplitRefusal.OPENS_ITS_TICKET: "has a number of its own",
    SplitRefusal.ANSWER: "gives what its ticket lacked, and is no request",
    SplitRefusal.NO_REQUEST: "is no request: `quarantine` or `show` says what it is",
    SplitRefusal.BROKEN: "its ticket is not as it should be; `audit` says more",
}


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """What `split` takes from its environment, as the doors do."""

    google_cloud_project: str
    notifications_topic: str
    specialists_email: str
    first_ticket_number: int = 1
    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"
    duplicate_window: timedelta = timedelta(days=3)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("submission", metavar="SUBMISSION", help="its key, as `show` lists it")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has judged it")


def run(arguments: argparse.Namespace) -> int:
    """Print what is so now."""
    from shared.domain.working_time import WorkingHours  # noqa: PLC0415  # the same
    from shared.joining import Joiner  # noqa: PLC0415  # the same
    from shared.numbering import NumberingPolicy  # noqa: PLC0415  # the same
    from shared.pubsub_bell import PubSubBell  # noqa: PLC0415  # brings clients that other commands do without
    from shared.registration import Registrar  # noqa: PLC0415  # the same
    from shared.splitting import Splitter  # noqa: PLC0415  # the same
    from shared.store.changes import FirestoreChanges  # noqa: PLC0415  # the same
    from shared.store.dossier import FirestoreDossiers  # noqa: PLC0415  # the same
    from shared.store.registrations import FirestoreRegistrations  # noqa: PLC0415  # the same
    from shared.store.tickets import FirestoreTickets  # noqa: PLC0415  # the same

    settings = read_settings(SplitSettings, os.environ)
    ledger, bell = open_ledger(), PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    specialists, window = settings.specialists_email, settings.duplicate_window
    policy = NumberingPolicy(settings.first_ticket_number, hours, specialists, window)
    joiner = Joiner(FirestoreTickets(ledger), bell, specialists, _now)
    registrations = FirestoreRegistrations(ledger)
    registrar = Registrar(registrations, bell, policy, _now, joiner)
    splitter = Splitter(FirestoreChanges(ledger), registrations, FirestoreDossiers(ledger), registrar, bell, _now)
    key: str = arguments.submission
    try:
        done = splitter.split(key, arguments.by)
    except SplitRefusedError as refused:
        ticket = f" (#{refused.ticket})" if refused.ticket else ""
        say(harmless(f"{key}{ticket}: {_REFUSALS[refused.refusal]}"))
        return 1
    except LedgerConflictError:
        say(harmless(f"{key}: not split off: others keep changing its ticket; try again"))
        return 1
    except LedgerUnavailableError:
        say(harmless(f"{key}: not known to be split off, the ledger did not answer; say it again: that does no harm"))
        return 1
    out_of = f"was part of #{done.out_of}, " if done.out_of else ""
    say(harmless(f"{key}: {out_of}{f'is #{done.number} now' if done.number else 'gets its number within a minute'}"))
    return 0


def _now() -> datetime:
    return datetime.now(UTC)
