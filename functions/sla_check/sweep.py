"""One sweep: what the scheduler calls each minute.

Every step is safe to repeat and to run beside another one; the lease only spares the work of doing it twice. A step
that fails does not keep the others from being done, and is seen in the answer.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from functions.sla_check.notebook import Note, Notebook
from functions.sla_check.reconciling import Reconciler
from functions.sla_check.steps import Due, Registrations, Steps
from functions.sla_check.tickets import Merging, TicketStep
from shared.bell import Bell
from shared.changes import Change, SweepState
from shared.domain.lateness import Severity
from shared.domain.working_time import WorkingHours
from shared.handing_on import Classification
from shared.ledger import LedgerConflictError, LedgerError
from shared.logs import fields
from shared.standing import Numbers, Standing

log = logging.getLogger(__name__)

Result = TypeVar("Result")

LEASE_MARGIN = timedelta(seconds=30)
"""For the step that is under way when the time is over."""

STEADY = timedelta(minutes=3)
"""Between the beginnings of two sweeps; a longer pause means that something was wrong on our side."""

SILENCE = timedelta(hours=1)
"""Working time without a single request: a dead mail exchanger looks like that."""


class Ledger(Due, Protocol):
    """The ledger as the sweep sees it; see `shared.store.sweep`."""

    def take_lease(self, now: datetime, until: datetime) -> SweepState | None:
        """Begin; None when another sweep is at work."""
        ...

    def leave(self, state: SweepState) -> None:
        """End."""
        ...

    def standing(self, since: datetime, until: datetime) -> Standing:
        """Count what happened, and look at how things stand."""
        ...

    def numbers(self) -> Numbers | None:
        """Count tickets and the numbers that were given; None when there are none, or none can be told now."""
        ...


class Reports(Protocol):
    """Makes the day's report; see `shared.reporting`."""

    def write_due(self, now: datetime, last_reported: date | None) -> date | None:
        """Make the report that is due, if one is; give the day that is reported now."""
        ...


@dataclass(slots=True)
class Summary:
    """What a sweep came to.

    Attributes:
        busy: Another sweep was at work, and nothing was done.
        registered: Submissions that got their number by it.
        rung: Letters that were rung for again.
        reminded: Clients that were reminded of what is missing.
        handed_on: Tickets that were handed on to classification.
        not_handed_on: Tickets that could not be, and stay due.
        failed: Names of the steps that failed.
    """

    busy: bool = False
    registered: int = 0
    rung: int = 0
    warned: int = 0
    flagged: int = 0
    cleared: int = 0
    reminded: int = 0
    handed_on: int = 0
    not_handed_on: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Sweeps.

    Attributes:
        recipients: Who gets the digest.
        warn_after: From arrival to the warning.
        run_time: For one sweep.
        now: Gives the time, aware and in UTC.
    """

    ledger: Ledger
    registrations: Registrations
    bell: Bell
    merging: Merging
    classification: Classification
    reconciler: Reconciler
    reports: Reports
    hours: WorkingHours
    recipients: tuple[str, ...]
    warn_after: timedelta
    run_time: timedelta
    now: Callable[[], datetime]

    def run(self) -> Summary:
        """Do one sweep.

        Raises:
            LedgerUnavailableError: Not even the lease could be had.
        """
        begun_at = self.now()
        deadline = time.monotonic() + self.run_time.total_seconds()
        summary = Summary()
        state = self.ledger.take_lease(begun_at, begun_at + self.run_time + LEASE_MARGIN)
        if state is None:
            log.info("sweep_busy")
            return Summary(busy=True)
        steady_since = _steady_since(state, begun_at)
        notebook = Notebook(self.ledger, self.bell, self.recipients, begun_at)
        steps = Steps(
            ledger=self.ledger,
            registrations=self.registrations,
            bell=self.bell,
            notebook=notebook,
            warn_after=self.warn_after,
            now=begun_at,
            steady_since=steady_since,
            has_time=lambda: time.monotonic() < deadline,
        )
        ticket_step = TicketStep(
            letters=self.ledger,
            merging=self.merging,
            classification=self.classification,
            bell=self.bell,
            notebook=notebook,
            warn_after=self.warn_after,
            hours=self.hours,
            now=begun_at,
        )

        # Letters first: ringing takes moments, and registering may take all the time that there is.
        summary.rung = _attempt("letters", steps.letters, 0, summary)
        summary.registered = _attempt("submissions", steps.submissions, 0, summary)
        _attempt("tickets", partial(steps.tickets, ticket_step), None, summary)
        state = _attempt("reconcile", partial(self._reconcile, state, notebook, begun_at), state, summary)
        _attempt("digest", notebook.close, None, summary)
        state = _attempt("report", partial(self._report, state, begun_at), state, summary)
        if state.counted_until is None or _hour(state.counted_until) != _hour(begun_at):
            _attempt("numbers", self._check_numbers, None, summary)
        state = _attempt("count", partial(self._count, state, begun_at), state, summary)
        for remark in notebook.remarks:
            summary.warned += remark.severity is Severity.WARNING
            summary.flagged += remark.severity is Severity.FLAG
            summary.cleared += remark.severity is Severity.CLEARED
        summary.reminded, summary.handed_on = ticket_step.reminded, ticket_step.handed_on
        summary.not_handed_on = ticket_step.not_handed_on
        steady_since = self.now() if summary.failed else steady_since
        _attempt("leave", partial(self._leave, replace(state, steady_since=steady_since)), None, summary)
        log.info("sweep_done", extra=fields(**asdict(summary)))
        return summary

    def _leave(self, state: SweepState) -> None:
        try:
            self.ledger.leave(replace(state, lease_until=self.now()))
        except LedgerConflictError:
            log.warning("lease_overrun")

    def _reconcile(self, state: SweepState, notebook: Notebook, now: datetime) -> SweepState:
        inbound, remarks = self.reconciler.reconcile(state.inbound, now)
        written = not remarks or notebook.write([Note(Change(), remarks)])
        return replace(state, inbound=inbound) if written else state

    def _report(self, state: SweepState, now: datetime) -> SweepState:
        return replace(state, reported=self.reports.write_due(now, state.reported))

    def _check_numbers(self) -> None:
        """Log whether every number has its ticket (R4): the whole count costs a read for 1,000 tickets."""
        numbers = self.ledger.numbers()
        if numbers is None:
            return
        about = {**asdict(numbers), "missing": numbers.missing}
        if numbers.missing:
            log.error("numbers_broken", extra=fields(**about))
        else:
            log.info("numbers_whole", extra=fields(**about))

    def _count(self, state: SweepState, now: datetime) -> SweepState:
        """Log what metrics and alerts are made of."""
        standing = self.ledger.standing(state.counted_until or now, now)
        log.info(
            "standing",
            extra=fields(
                registered=standing.registered,
                accepted=standing.accepted,
                late=standing.late,
                received=standing.received,
                quarantined=standing.quarantined,
                recent=standing.recent,
                recent_unconfirmed=standing.recent_unconfirmed,
                unconfirmed_share=round(standing.unconfirmed_share, 3),
                oldest_unregistered_s=_age(standing.oldest_unregistered, now),
                oldest_quarantined_s=_age(standing.oldest_quarantined, now),
                oldest_unconfirmed_s=_age(standing.oldest_unconfirmed, now),
            ),
        )
        latest = standing.latest_arrival
        if latest is not None and self.hours.is_working_time(now):
            silence = self.hours.worked(latest, now)
            if silence >= SILENCE:
                working_s = int(silence.total_seconds())
                log.warning("no_arrivals", extra=fields(working_s=working_s, latest=latest.isoformat()))
        return replace(state, counted_until=now)


def _steady_since(state: SweepState, now: datetime) -> datetime:
    if state.steady_since is None or state.counted_until is None or now - state.counted_until > STEADY:
        return now
    return state.steady_since


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _attempt(name: str, step: Callable[[], Result], otherwise: Result, summary: Summary) -> Result:
    try:
        return step()
    except LedgerError:
        log.exception("sweep_step_failed", extra=fields(step=name))
        summary.failed.append(name)
        return otherwise


def _age(moment: datetime | None, now: datetime) -> int:
    """Give the seconds since a moment; 0 when there is none, as a metric wants it."""
    return 0 if moment is None else int((now - moment).total_seconds())
