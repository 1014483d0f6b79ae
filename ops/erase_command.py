"""`python -m ops erase`: a client's personal data go, everywhere; numbers, times and channels stay."""

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.ledger import open_ledger
from ops.terminal import client, person_name, say
from shared.settings import read_settings

if TYPE_CHECKING:
    from shared.erasing import Plan

HELP = "erase a client's personal data everywhere; without --yes says what would go; exit code 1 when not all is gone"


@dataclass(frozen=True, slots=True)
class EraseSettings:
    """Where files are kept; the same as those of the functions."""

    files_bucket: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("client", metavar="CONTACT", type=client, help="an e-mail address or a phone number")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who has decided it")
    parser.add_argument("--yes", action="store_true", help="do it: nothing brings the data back")


def run(arguments: argparse.Namespace) -> int:
    """Print what would be erased, or what was."""
    from shared.erasing import Eraser, ErasureUnfinishedError  # noqa: PLC0415  # brings what other commands do without
    from shared.files import CloudStorageFiles, FileStoreError  # noqa: PLC0415  # the same
    from shared.ledger import LedgerUnavailableError  # noqa: PLC0415  # the same
    from shared.store.personal_data import FirestorePersonalData  # noqa: PLC0415  # the same

    settings = read_settings(EraseSettings, os.environ)
    files = CloudStorageFiles(settings.files_bucket)
    eraser = Eraser(FirestorePersonalData(open_ledger()), files, lambda: datetime.now(UTC))
    try:
        if not arguments.yes:
            say(*_would(eraser.plan(arguments.client)))
            return 0
        done = eraser.erase(arguments.client, arguments.by)
    except (ErasureUnfinishedError, LedgerUnavailableError, FileStoreError) as error:
        if not arguments.yes:
            print("python -m ops erase: the ledger did not answer; nothing was changed", file=sys.stderr)
            return 1
        # The errors' own words may hold what is to be forgotten.
        say(f"not all is erased ({type(error).__name__}): say it again, it goes on where it stopped")
        return 1
    if not done.written:
        say("nothing is held of this client")
        return 0
    say(f"tickets erased: {_numbers(sorted(done.tickets))}")
    say(
        f"submissions: {done.submissions}, files: {done.files}, letters: {done.letters}, others changed: {done.changed}"
    )
    return 0


def _would(plan: "Plan") -> list[str]:
    lines = ["nothing is held of this client"]
    if not plan.is_empty:
        lines = [
            f"would erase tickets: {_numbers(plan.tickets)}",
            f"submissions: {plan.submissions}, of which outside of these tickets: {plan.elsewhere}",
            f"files and messages as they came: {plan.files}",
            f"letters: {plan.letters}",
            f"would be named no longer in: {_numbers(plan.takes_part)}",
            "nothing was changed; --yes does it",
        ]
    hints = [f"may be the same person: {other}; erase that as well if so" for other in plan.others]
    return [*lines, *hints]


def _numbers(numbers: "list[int] | tuple[int, ...]") -> str:
    return ", ".join(f"#{number}" for number in numbers) or "none"
