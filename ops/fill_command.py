"""`python -m ops fill`: what a specialist has learned on the phone becomes part of the ticket (R6, R10)."""

import argparse
import os
from datetime import UTC, datetime

from ops.bell import BellSettings
from ops.ledger import open_ledger
from ops.terminal import person_name, say, ticket_number
from shared.domain.submission import Attachment
from shared.hearing import FIELDS, heard
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.request_fields import NOTHING_SAID, InvalidFieldsError, read_answer
from shared.settings import read_settings

HELP = "add what a specialist has learned of what a ticket lacks; exit code 1 when not"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("ticket", metavar="TICKET", type=ticket_number, help="its number, with or without #")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has learned it")
    for name in FIELDS:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", default="", help="as the client said it")


def run(arguments: argparse.Namespace) -> int:
    """Print what the ticket lacks now."""
    from shared.joining import BrokenRedirectError, Joiner  # noqa: PLC0415  # the same
    from shared.pubsub_bell import PubSubBell  # noqa: PLC0415  # brings clients that other commands do without
    from shared.store.tickets import FirestoreTickets  # noqa: PLC0415  # the same

    number: int = arguments.ticket
    try:
        said = read_answer({name: getattr(arguments, name) for name in FIELDS}, FIELDS)
    except InvalidFieldsError as error:
        say(f"too long: {', '.join(error.errors)}")
        return 1
    if said == NOTHING_SAID:
        say("nothing is said: name at least one of " + ", ".join(f"--{name.replace('_', '-')}" for name in FIELDS))
        return 1
    settings = read_settings(BellSettings, os.environ)
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    # The specialists get no letter about what one of them has written.
    joiner = Joiner(FirestoreTickets(open_ledger()), bell, "", lambda: datetime.now(UTC))
    try:
        submission = heard(number, said, arguments.by, datetime.now(UTC))
        ticket = joiner.join(submission, number, Attachment.ANSWER, told=False)
    except BrokenRedirectError as error:
        say(f"#{number}: {error}")
        return 1
    except (LedgerConflictError, LedgerUnavailableError) as error:
        say(f"#{number}: not known to be written ({error}); say it again: that does no harm")
        return 1
    lacks = ", ".join(detail.value for detail in ticket.missing)
    say(f"#{ticket.number}: {f'still lacks {lacks}' if lacks else 'lacks nothing any more'}")
    return 0
