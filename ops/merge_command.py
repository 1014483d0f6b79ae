"""`python -m ops merge`: two tickets are one request, and go on under the lower number (R15)."""

import argparse
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from ops.bell import BellSettings
from ops.ledger import open_ledger
from ops.terminal import person_name, say, ticket_number
from shared.domain.merging import MergeRefusal, MergeRefusedError
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.settings import read_settings

HELP = "make two tickets one: the higher number leads to the lower one from then on; exit code 1 when not"

_REFUSALS: Mapping[MergeRefusal, str] = {
    MergeRefusal.ITSELF: "is one ticket: name two",
    MergeRefusal.NO_SUCH_TICKET: "there is no such ticket",
    MergeRefusal.ONE_ALREADY: "both go on under this number already",
    MergeRefusal.APART: "a person has taken them apart",
    MergeRefusal.ERASED: "its client's data were erased: it is closed",
    MergeRefusal.BROKEN: "its redirects lead nowhere; `audit` says more",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("one", metavar="TICKET", type=ticket_number, help="its number, with or without #")
    parser.add_argument("other", metavar="TICKET", type=ticket_number, help="the other's, in any order")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has judged it")


def run(arguments: argparse.Namespace) -> int:
    """Print what is so now."""
    from shared.merging import Merger  # noqa: PLC0415  # the same
    from shared.pubsub_bell import PubSubBell  # noqa: PLC0415  # brings clients that other commands do without
    from shared.store.changes import FirestoreChanges  # noqa: PLC0415  # the same
    from shared.store.registrations import FirestoreRegistrations  # noqa: PLC0415  # the same

    settings = read_settings(BellSettings, os.environ)
    ledger, bell = open_ledger(), PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    changes, past = FirestoreChanges(ledger), FirestoreRegistrations(ledger)
    merger = Merger(changes, past, bell, timedelta(0), lambda: datetime.now(UTC))
    try:
        done = merger.merge(arguments.one, arguments.other, arguments.by)
    except MergeRefusedError as refused:
        say(f"#{refused.ticket}: {_REFUSALS[refused.refusal]}")
        return 1
    except LedgerConflictError:
        say("not merged: others keep changing these tickets; try again")
        return 1
    except LedgerUnavailableError:
        say("not known to be merged, the ledger did not answer; say it again: that does no harm")
        return 1
    say(f"#{done.gone.number}: goes on as #{done.into.number}")
    return 0
