"""`python -m ops replay`: sends messages from quarantine through the mailroom once more, after a fix or a judgement."""

import argparse
import os
from datetime import UTC, datetime

from ops.terminal import login_name, person_name
from shared.settings import read_settings

HELP = "send messages from quarantine through again; exit code 1 when one is still there"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("keys", metavar="KEY", nargs="+", help="as `quarantine` lists them")
    parser.add_argument(
        "--release", action="store_true", help="register them: a person has judged that they are requests"
    )
    parser.add_argument("--by", metavar="NAME", type=person_name, help="who has judged it; the login name if not said")


def run(arguments: argparse.Namespace) -> int:
    """Print what became of each; the settings are those of `intake_email`, without its keys."""
    from functions.intake_email.settings import EmailSettings  # noqa: PLC0415  # below
    from functions.intake_email.wiring import make_mailroom  # noqa: PLC0415  # brings clients that others do without
    from ops.quarantine import Replay  # noqa: PLC0415  # the same
    from shared.files import CloudStorageFiles  # noqa: PLC0415  # the same

    settings = read_settings(EmailSettings, os.environ)
    mailroom = make_mailroom(settings, lambda: datetime.now(UTC))
    files = CloudStorageFiles(settings.files_bucket)
    by = (arguments.by or login_name()) if arguments.release else None
    return 0 if Replay(mailroom, files, arguments.release, by).run(arguments.keys) else 1
