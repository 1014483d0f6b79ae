"""`python -m ops`: what operators ask and do by hand."""

import argparse
import os
import sys
from dataclasses import dataclass

from ops.audit import audit
from shared.settings import SettingsError, read_settings
from shared.store.client import DEFAULT_DATABASE, open_ledger


@dataclass(frozen=True, slots=True)
class OpsSettings:
    """Which ledger; `FIRESTORE_EMULATOR_HOST` leads to an emulator's."""

    google_cloud_project: str
    firestore_database: str = DEFAULT_DATABASE


def main() -> int:
    """Run one command; give the exit code: 0 all is well, 1 it is not, 2 the command could not be run."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Operators' commands of PASS24 Intake.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("audit", help="check the ledger's invariants; exit code 1 when one is broken")
    parser.parse_args()
    try:
        settings = read_settings(OpsSettings, os.environ)
    except SettingsError as error:
        print(f"python -m ops: {error}", file=sys.stderr)
        return 2
    report = audit(open_ledger(settings.google_cloud_project, settings.firestore_database))
    print(report.text())
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
