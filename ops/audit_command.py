"""`python -m ops audit`: whether the ledger's invariants hold."""

import argparse

from ops.ledger import open_ledger

HELP = "check the ledger's invariants; exit code 1 when one is broken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments: it has none."""


def run(_: argparse.Namespace) -> int:
    """Print the report."""
    from ops.audit import audit  # noqa: PLC0415  # brings the ledger's client, which other commands do without

    report = audit(open_ledger())
    print(report.text())
    return 1 if report.broken else 0
