"""How things stand in the ledger, for metrics and alerts: what the sweep counts and logs, and nobody decides by."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand.

    Attributes:
        registered: Tickets that got their number in the time counted.
        accepted: Tickets that were accepted in it.
        late: Submissions and tickets with an open flag.
        received: Submissions that are kept without a number.
        quarantined: Submissions that wait for a person.
        recent: Tickets of the requests that arrived in the hour that ended 15 minutes ago: by the rule book their
            clients have the number by now (R8, R16).
        recent_unconfirmed: Those of them whose clients are not known to have it.
        oldest_unregistered: Arrival of the oldest submission that is kept without a number, quarantine left aside: the
            system itself should have registered it.
        oldest_quarantined: Arrival of the oldest submission that waits for a person.
        oldest_unconfirmed: Arrival of the oldest ticket whose client is not known to have the number.
        latest_arrival: Arrival of the newest submission.
    """

    registered: int
    accepted: int
    late: int
    received: int
    quarantined: int
    recent: int
    recent_unconfirmed: int
    oldest_unregistered: datetime | None
    oldest_quarantined: datetime | None
    oldest_unconfirmed: datetime | None
    latest_arrival: datetime | None

    @property
    def unconfirmed_share(self) -> float:
        """Which part of the recent tickets is unconfirmed, from 0 to 1; 0 when there are none."""
        return self.recent_unconfirmed / self.recent if self.recent else 0.0


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the counter says of the numbers that were given, and how many tickets there are (R4).

    Attributes:
        first: The first number that was given.
        last: The last one.
        tickets: How many tickets the ledger holds.
    """

    first: int
    last: int
    tickets: int

    @property
    def missing(self) -> int:
        """How many numbers have no ticket: each would be a lost request. Negative: tickets beyond the counter."""
        return self.last - self.first + 1 - self.tickets
