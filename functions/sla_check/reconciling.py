"""Compares SendGrid's count of the mail that it took in with ours: a message that it dropped never reached us (R1).

Once an hour the present count is asked for and remembered; an hour later it is compared with what we have by then. So a
message has an hour for its retries before it is missed, and is taken off again when it comes after all.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from functions.sla_check.inbound_statistics import StatisticsError
from shared.domain.inbound import DAYS, RETRY_TIME, Difference, InboundCount, InboundDay, compare
from shared.domain.lateness import Remark, Severity
from shared.logs import fields

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
_BOUNDARY = timedelta(minutes=2)
"""The provider may count a message of midnight to either day."""


class Statistics(Protocol):
    """The mail provider's count."""

    def received(self, first: date, last: date) -> Mapping[date, int]:
        """Give the messages of each day.

        Raises:
            StatisticsError: There is no answer.
        """
        ...


class Mails(Protocol):
    """Our count; see `shared.store.sweep`."""

    def mails(self, since: datetime, until: datetime) -> int:
        """Count the messages that arrived in a time."""
        ...


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares.

    Attributes:
        zone: Zone of the provider's days.
    """

    statistics: Statistics
    mails: Mails
    zone: ZoneInfo

    def reconcile(self, known: InboundCount | None, now: datetime) -> tuple[InboundCount | None, tuple[Remark, ...]]:
        """Compare, when it is time to; give what is to be remembered, and what is remarkable."""
        if known is not None and now - known.at < RETRY_TIME:
            return known, ()
        compared = [compare(day, self._ours(day)) for day in known.days] if known else []
        remarks = tuple(_remark(difference, self._begin(difference.day)) for _, difference in compared if difference)
        today = now.astimezone(self.zone).date()
        first = today - (DAYS - 1) * _DAY
        missed = {day.day: day.missed for day, _ in compared}
        try:
            received = self.statistics.received(first, today)
        except StatisticsError as error:
            log.warning("inbound_statistics_unknown", extra=fields(error=str(error)))
            # What is known stays so, and is asked for at the next sweep.
            days = tuple(replace(day, missed=missed[day.day]) for day, _ in compared)
            return (None if known is None else replace(known, days=days)), remarks
        days = tuple(
            InboundDay(day, received.get(day, 0), now, missed.get(day, 0))
            for day in (first + number * _DAY for number in range(DAYS))
        )
        log.info("inbound_counted", extra=fields(received=sum(received.values()), missed=sum(missed.values())))
        return InboundCount(now, days), remarks

    def _ours(self, day: InboundDay) -> int:
        end = min(self._begin(day.day + _DAY) + _BOUNDARY, day.at)
        return self.mails.mails(self._begin(day.day) - _BOUNDARY, end)

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def _remark(difference: Difference, begin: datetime) -> Remark:
    day = f"{difference.day:%d.%m.%Y}"
    log.warning("inbound_difference", extra=fields(day=day, missed=difference.missed, before=difference.before))
    if difference.missed == 0:
        return Remark(Severity.CLEARED, None, None, f"Все письма за {day}, принятые SendGrid, поступили к нам.", begin)
    text = (
        f"SendGrid принял за {day} больше писем, чем поступило к нам. Не хватает: {difference.missed}. Проверьте в"
        " SendGrid адрес Inbound Parse и сообщите администратору: эти письма клиентов могли потеряться."
    )
    return Remark(Severity.FLAG, None, None, text, begin)
