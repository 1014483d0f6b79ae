"""`python -m ops quarantine`: what waits for a person."""

import argparse

from ops.ledger import open_ledger

HELP = "list the submissions that wait for a person, the oldest first"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments: it has none."""


def run(_: argparse.Namespace) -> int:
    """Print what waits."""
    from ops.quarantine import listing  # noqa: PLC0415  # brings the ledger's client, which other commands do without
    from shared.store.submissions import FirestoreSubmissions  # noqa: PLC0415  # the same

    found = list(listing(FirestoreSubmissions(open_ledger())))
    print("\n".join(found) if found else "nothing is in quarantine")
    return 0
