"""How much one sender may post: per address, and per contact (docs/adr/0003-rate-limit.md)."""

import ipaddress
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from shared.domain.contact import Contact
from shared.grouping import GroupTimeoutError
from shared.ledger import LedgerError
from shared.logs import fields
from shared.settings import Secret
from shared.store.limits import Hit

log = logging.getLogger(__name__)


class Counts(Protocol):
    """Counts hits across all instances; see `shared.store.limits`."""

    def count(self, hits: list[Hit]) -> list[int]:
        """Count each hit; give for each how many there have been."""
        ...


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Limits posts in windows of fixed length.

    Attributes:
        pepper: Without it nobody can tell from a count's key whose address it counts.
        window: Length of a window; the count begins anew with each.
    """

    counts: Counts
    pepper: Secret
    per_address: int
    per_contact: int
    window: timedelta

    def wait(self, address: str, contact: Contact, now: datetime) -> timedelta | None:
        """Count a post; give the time to wait when it is one too many, None when it may pass.

        When the counts are not to be had, the post passes: a limit is worth less than a request.
        """
        number = int(now.timestamp() // self.window.total_seconds())
        ends_at = datetime.fromtimestamp((number + 1) * self.window.total_seconds(), UTC)
        senders = [("address", _network(address), self.per_address)]
        senders += [("contact", value, self.per_contact) for value in (contact.email, contact.phone) if value]
        expires_at = ends_at + self.window
        hits = [Hit.of(f"{kind} {value} {number}", self.pepper, expires_at) for kind, value, _ in senders]
        try:
            counts = self.counts.count(hits)
        except (LedgerError, GroupTimeoutError) as error:
            log.warning("rate_limit_unknown", extra=fields(error=type(error).__name__))
            return None
        for (kind, _, limit), count in zip(senders, counts, strict=True):
            if count > limit:
                log.warning("rate_limited", extra=fields(by=kind, count=count))
                return ends_at - now
        return None


def _network(address: str) -> str:
    """Give the address, or the /64 network of an IPv6 one: that is what one household or phone has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
