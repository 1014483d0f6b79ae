"""`python -m ops told`: a specialist has told the client the number; the ticket is accepted without a letter (R10)."""

import argparse
from datetime import UTC, datetime

from ops.ledger import open_ledger
from ops.terminal import harmless, person_name, say, ticket_number
from shared.domain.checklist import teller
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.telling import MergedError, Telling, Told

HELP = "record that a specialist has told the client the number; exit code 1 when that is not possible"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("ticket", metavar="TICKET", type=ticket_number, help="its number, with or without #")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has told it")


def run(arguments: argparse.Namespace) -> int:
    """Print what is so now."""
    from shared.store.changes import FirestoreChanges  # noqa: PLC0415  # brings the ledger's client

    number: int = arguments.ticket
    try:
        told = Telling(FirestoreChanges(open_ledger()), lambda: datetime.now(UTC)).record(number, arguments.by)
    except MergedError as error:
        say(f"#{number}: is merged into #{error.into}; that is the number to tell")
        return 1
    except LedgerConflictError:
        say(f"#{number}: not recorded: others keep changing this ticket; try again")
        return 1
    except LedgerUnavailableError:
        say(f"#{number}: not known to be recorded, the ledger did not answer; say it again: that does no harm")
        return 1
    if told is None:
        say(f"#{number}: there is no such ticket")
        return 1
    say(f"#{number}: {_outcome(told)}")
    return 0


def _outcome(told: Told) -> str:
    if told.ticket is not told.before:
        return harmless(f"accepted, told by {told.ticket.accepted_by}")
    by = teller(told.ticket)
    return harmless(
        f"is accepted already, {f'told by {by}' if by else f'by {told.ticket.accepted_by}'}: nothing changed"
    )
