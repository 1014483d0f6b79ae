"""`python -m ops show`: all that the ledger holds of a ticket, and the rule book's check-list."""

import argparse
import sys

from ops.ledger import open_ledger
from ops.terminal import say, ticket_number
from shared.ledger import LedgerError

HELP = "show a ticket with its letters, its history and the rule book's check-list; exit code 1 when there is none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("ticket", metavar="TICKET", type=ticket_number, help="its number, with or without #")


def run(arguments: argparse.Namespace) -> int:
    """Print the dossier."""
    from ops.show import text  # noqa: PLC0415  # brings the ledger's client, which other commands do without
    from shared.store.dossier import FirestoreDossiers  # noqa: PLC0415  # the same

    try:
        dossier = FirestoreDossiers(open_ledger()).read(arguments.ticket)
    except LedgerError as error:
        print(f"python -m ops: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if dossier is None:
        say(f"#{arguments.ticket}: there is no such ticket")
        return 1
    say(text(dossier))
    return 0
