"""`python -m ops report`: the working days of a range in numbers, computed from the ledger as it stands now."""

import argparse
import os
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ops.ledger import open_ledger
from ops.report import CSV_ENCODING, as_csv, as_table, rows
from shared.domain.report_period import periods_between
from shared.domain.working_time import WorkingHours
from shared.settings import read_settings

HELP = "count arrivals, registration within 15 minutes and acceptance by working day; exit code 2 for bad dates"

_FIRST_DAY, _LAST_DAY = date(2020, 1, 1), date(2100, 1, 1)
_MOST_DAYS = 1100


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """Which time is working time; the same as those of the functions."""

    working_hours: str = "09:00-18:00"
    time_zone: str = "Europe/Moscow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--from", dest="first", metavar="DATE", required=True, type=_day, help="such as 2026-11-01")
    parser.add_argument("--to", dest="last", metavar="DATE", required=True, type=_day, help="the last day, included")
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write there instead of to the terminal, as Excel opens it"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table, or write the file.

    A working day's row holds what arrived since the working day before it ended.
    """
    from shared.store.reports import FirestoreReports  # noqa: PLC0415  # brings a client that others do without

    if not 0 <= (arguments.last - arguments.first).days < _MOST_DAYS:
        return _refuse(f"--to must be the same day as --from, or one of the {_MOST_DAYS - 1} days after it")
    now, settings = datetime.now(UTC), read_settings(ReportSettings, os.environ)
    try:
        hours = WorkingHours.parse(settings.working_hours, settings.time_zone)
    except ValueError as error:
        return _refuse(str(error))
    periods = [each for each in periods_between(arguments.first, arguments.last, hours) if each.since < now]
    if not periods:
        return _refuse(f"no working day between {arguments.first} and {arguments.last} has begun")
    table = rows(FirestoreReports(open_ledger()), periods, hours, now)
    if arguments.csv is None:
        print(as_table(table))
        return 0
    try:
        # The lines end as CSV's lines do, on every system.
        arguments.csv.write_text(as_csv(table), encoding=CSV_ENCODING, newline="")
    except OSError as error:
        return _refuse(f"{arguments.csv} can't be written: {error.strerror}")
    print(f"{arguments.csv}: {len(table) - 1} working days and their total")
    return 0


def _day(text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-25") from None
    if not _FIRST_DAY <= day < _LAST_DAY:
        raise argparse.ArgumentTypeError(f"{text} is not between {_FIRST_DAY} and {_LAST_DAY}")
    return day


def _refuse(reason: str) -> int:
    print(f"python -m ops report: {reason}", file=sys.stderr)
    return 2
