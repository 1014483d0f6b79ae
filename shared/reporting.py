"""The use case of the day's report (R16): count, write down once, have it mailed to the head of support."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from shared.bell import Bell
from shared.domain.daily_report import MOST_OPEN_FLAGS, Arrived, DailyReport, OpenFlag, tally
from shared.domain.notification import Notification, NotificationKind, requested
from shared.domain.report_period import Period, due_report
from shared.domain.working_time import WorkingHours
from shared.ledger import LedgerConflictError
from shared.logs import fields

log = logging.getLogger(__name__)


class Reports(Protocol):
    """The part of the ledger that reports need; every method may raise `LedgerUnavailableError`."""

    def arrived(self, since: datetime, until: datetime) -> Arrived:
        """Read what arrived from `since` on and before `until`, as of one moment."""
        ...

    def open_flags(self, most: int) -> tuple[int, Sequence[OpenFlag]]:
        """Count what has an open flag, and give the flags that have been open for longest, `most` of them at most."""
        ...

    def exists(self, day: date) -> bool:
        """Tell whether there is a report of this working day."""
        ...

    def create(self, report: DailyReport, letter: Notification) -> None:
        """Write a report and its letter, all or nothing.

        Raises:
            LedgerConflictError: There is a report of this day already; nothing was written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Reporter:
    """Makes the report of each working day when it has ended.

    Attributes:
        head: Address of the head of support.
    """

    reports: Reports
    bell: Bell
    hours: WorkingHours
    head: str

    def write_due(self, now: datetime, last_reported: date | None) -> date | None:
        """Make the report that is due, if one is. Any number of callers may try: one report and one letter come of it.

        Args:
            now: The present.
            last_reported: What the last call gave; None when that is not known, which costs a read.

        Returns:
            The latest working day that has a report now; `last_reported` when none was due.

        Raises:
            LedgerUnavailableError: Nothing is known to be written; call again.
        """
        period = due_report(now, self.hours, last_reported)
        if period is None:
            return last_reported
        if not self.reports.exists(period.day):
            report = make_report(self.reports, period, self.hours, now)
            # The days before a new installation are nothing to report.
            if last_reported is not None or report.figures.arrivals:
                self._write(report)
        return period.day

    def _write(self, report: DailyReport) -> None:
        period = report.period
        letter = report_letter(report, self.head)
        figures = report.figures
        try:
            self.reports.create(report, letter)
        except LedgerConflictError:
            log.info("report_left", extra=fields(day=period.day.isoformat()))
            return
        self.bell.ring([letter.id])
        log.info(
            "report_written",
            extra=fields(
                day=period.day.isoformat(),
                arrivals=figures.arrivals,
                requests=figures.requests,
                late=figures.late,
                accepted=figures.accepted,
                open_flags=report.open_flags,
                unreadable=figures.unreadable,
            ),
        )


def make_report(reports: Reports, period: Period, hours: WorkingHours, now: datetime) -> DailyReport:
    """Count a period as it stands now."""
    arrived = reports.arrived(period.since, period.until)
    open_flags, oldest = reports.open_flags(MOST_OPEN_FLAGS)
    return DailyReport(period, now, tally(arrived, hours, now), open_flags, tuple(oldest))


def report_letter(report: DailyReport, head: str) -> Notification:
    """Give the letter that brings a report to the head of support."""
    kind, day = NotificationKind.REPORT, report.period.day
    return replace(requested(f"{kind}-{day:%Y%m%d}", None, kind, head, report.at), about=day.isoformat())
