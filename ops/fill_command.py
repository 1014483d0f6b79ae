"""`python -m ops fill`: what a specialist has learned on the phone becomes part of the ticket (R6, R10)."""

import argparse
import os
from datetime import UTC, datetime
from hashlib import blake2b

from ops.bell import BellSettings
from ops.ledger import open_ledger
from ops.terminal import person_name, say, ticket_number
from shared.domain.contact import Contact
from shared.domain.submission import Attachment, Channel, Details, Submission
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.settings import read_settings

HELP = "add what a specialist has learned of what a ticket lacks; exit code 1 when not"

_FIELDS = ("description", "steps", "product_version", "device_model", "os_version")
_LONGEST = {"description": 20_000, "steps": 10_000}
_SHORT = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("ticket", metavar="TICKET", type=ticket_number, help="its number, with or without #")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has learned it")
    for name in _FIELDS:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", default="", help="as the client said it")


def run(arguments: argparse.Namespace) -> int:
    """Print what the ticket lacks now."""
    from shared.bell import PubSubBell  # noqa: PLC0415  # brings clients that other commands do without
    from shared.joining import BrokenRedirectError, Joiner  # noqa: PLC0415  # the same
    from shared.store.tickets import FirestoreTickets  # noqa: PLC0415  # the same

    said = {name: str(getattr(arguments, name)).strip() for name in _FIELDS}
    number: int = arguments.ticket
    if not any(said.values()):
        say("nothing is said: name at least one of " + ", ".join(f"--{name.replace('_', '-')}" for name in _FIELDS))
        return 1
    long = [name for name, text in said.items() if len(text) > _LONGEST.get(name, _SHORT)]
    if long:
        say(f"too long: {', '.join(long)}")
        return 1
    settings = read_settings(BellSettings, os.environ)
    bell = PubSubBell(settings.google_cloud_project, settings.notifications_topic)
    # The specialists get no letter about what one of them has written.
    joiner = Joiner(FirestoreTickets(open_ledger()), bell, "", lambda: datetime.now(UTC))
    try:
        ticket = joiner.join(
            _submission(number, said, arguments.by), number, Attachment.ANSWER, told=False, by=arguments.by
        )
    except BrokenRedirectError as error:
        say(f"#{number}: {error}")
        return 1
    except (LedgerConflictError, LedgerUnavailableError) as error:
        say(f"#{number}: not known to be written ({error}); say it again: that does no harm")
        return 1
    lacks = ", ".join(detail.value for detail in ticket.missing)
    say(f"#{ticket.number}: {f'still lacks {lacks}' if lacks else 'lacks nothing any more'}")
    return 0


def _submission(number: int, said: dict[str, str], by: str) -> Submission:
    # The same words said again are the same submission: a lost reply may be repeated.
    digest = blake2b("\0".join((str(number), by, *said.values())).encode(), digest_size=16).hexdigest()
    return Submission(
        key=f"phone-{digest}",
        channel=Channel.PHONE,
        received_at=datetime.now(UTC),
        contact=Contact("", None, None),
        details=Details("", **said, urgent=False, previous_ticket=None),
    )
