"""`python -m ops`: what operators ask and do by hand.

A command is a module with `HELP`, `add_arguments` and `run`, and a line in `_COMMANDS`. All of them are imported for
each run: a module that needs the ledger's client imports it in `run`.
"""

import argparse
import sys
from types import ModuleType

from ops import (
    audit_command,
    discard_command,
    erase_command,
    export_command,
    fill_command,
    merge_command,
    parse_mail,
    quarantine_command,
    replay_command,
    report_command,
    resend_command,
    show_command,
    split_command,
    told_command,
)
from shared.settings import SettingsError

_COMMANDS: dict[str, ModuleType] = {
    "audit": audit_command,
    "discard": discard_command,
    "erase": erase_command,
    "export": export_command,
    "fill": fill_command,
    "merge": merge_command,
    "parse-mail": parse_mail,
    "quarantine": quarantine_command,
    "replay": replay_command,
    "report": report_command,
    "resend": resend_command,
    "show": show_command,
    "split": split_command,
    "told": told_command,
}


def main() -> int:
    """Run one command; give the exit code: 0 all is well, 1 it is not, 2 the command could not be run."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Operators' commands of PASS24 Intake.")
    commands = parser.add_subparsers(required=True)
    for name, command in _COMMANDS.items():
        subparser = commands.add_parser(name, help=command.HELP)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments))
    except SettingsError as error:
        print(f"python -m ops: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
