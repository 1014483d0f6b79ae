"""`python -m ops export`: a client's personal data as JSON, for the client."""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from ops.ledger import open_ledger
from ops.terminal import client, person_name, say

HELP = "give all that is held of a client as JSON; exit code 1 when it could not be given"

_OURS_ALONE = 0o600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("client", metavar="CONTACT", type=client, help="an e-mail address or a phone number")
    parser.add_argument("--file", metavar="FILE", type=Path, help="a new file, for you alone, instead of the terminal")
    parser.add_argument("--by", metavar="NAME", type=person_name, default="support", help="who gives them out")


def run(arguments: argparse.Namespace) -> int:
    """Print the JSON, or write the file."""
    from shared.exporting import Exporter, is_nothing  # noqa: PLC0415  # brings what other commands do without
    from shared.ledger import LedgerUnavailableError  # noqa: PLC0415  # the same
    from shared.store.personal_data import FirestorePersonalData  # noqa: PLC0415  # the same

    exporter = Exporter(FirestorePersonalData(open_ledger()), lambda: datetime.now(UTC))
    try:
        given = exporter.export(arguments.client, arguments.by)
    except LedgerUnavailableError:
        return _refuse("the ledger did not answer; try again")
    text = "".join(map(_harmless, json.dumps(given, ensure_ascii=False, indent=2)))
    if arguments.file is None:
        say(text)
    elif not _write(arguments.file, text):
        return 1
    if is_nothing(given):
        print("nothing is held of this client", file=sys.stderr)
    return 0


def _harmless(character: str) -> str:
    """Give a character as it may stand in JSON that a terminal shows: `json` itself escapes only what it has to."""
    return character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]


def _write(path: Path, text: str) -> bool:
    try:
        # A file that is there already may be readable for others, or lead elsewhere.
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OURS_ALONE)
        with os.fdopen(made, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        _refuse(f"{path} can't be written: {error.strerror}")
        return False
    say(f"{path}: written")
    return True


def _refuse(reason: str) -> int:
    print(f"python -m ops export: {reason}", file=sys.stderr)
    return 1
