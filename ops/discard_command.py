"""`python -m ops discard`: closes what waits in quarantine and is no request; it stays in the ledger."""

import argparse
from dataclasses import replace

from ops.ledger import open_ledger
from ops.terminal import login_name, person_name

HELP = "close submissions in quarantine that are no requests; exit code 1 when one was not there"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("keys", metavar="KEY", nargs="+", help="as `quarantine` lists them")
    parser.add_argument("--by", metavar="NAME", type=person_name, help="who has judged it; the login name if not said")


def run(arguments: argparse.Namespace) -> int:
    """Print what became of each."""
    from shared.domain.submission import SubmissionState  # noqa: PLC0415  # next lines
    from shared.ledger import LedgerError  # noqa: PLC0415  # the same
    from shared.store.submissions import FirestoreSubmissions  # noqa: PLC0415  # brings clients that others do without

    submissions = FirestoreSubmissions(open_ledger())
    by = arguments.by or login_name()
    all_closed = True
    for key in arguments.keys:
        entry = submissions.find(key)
        if entry is not None and entry.state is SubmissionState.QUARANTINED:
            try:
                submissions.record(replace(entry.submission, by=by), None, entry)
            except LedgerError as error:
                # Somebody has decided meanwhile, or nobody knows: the others are closed all the same.
                all_closed = False
                print(f"{key}: not done: {type(error).__name__}: {error}")
            else:
                print(f"{key}: recorded")
        else:
            all_closed = False
            print(f"{key}: {'there is no such submission' if entry is None else f'is {entry.state}'}")
    return 0 if all_closed else 1
