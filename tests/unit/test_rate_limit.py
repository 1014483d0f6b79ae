"""How much one sender may post, with counts kept by a fake; across instances: tests/integration/test_form_limits.py."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.intake_form.rate_limit import RateLimit
from shared.domain.contact import Contact
from shared.grouping import GroupTimeoutError
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.settings import Secret
from shared.store.limits import Hit

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
IVAN = Contact("Иван", "ivan@example.ru", "+79161234567")
OLGA = Contact("Ольга", "olga@example.ru", None)


@dataclass
class FakeCounts:
    """Counts in memory; `error` stands for counts that are not to be had."""

    error: Exception | None = None
    hits: list[Hit] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def count(self, hits: list[Hit]) -> list[int]:
        if self.error:
            raise self.error
        self.hits += hits
        counts = []
        for hit in hits:
            self.seen[hit.key] += 1
            counts.append(self.seen[hit.key])
        return counts


def limit(counts: FakeCounts, per_address: int = 1000, per_contact: int = 1000) -> RateLimit:
    return RateLimit(counts, Secret("pepper"), per_address, per_contact, HOUR)


def passed(limits: RateLimit, times: int, address: str = "203.0.113.7", contact: Contact = OLGA) -> int:
    return sum(limits.wait(address, contact, NOW) is None for _ in range(times))


def test_as_many_posts_of_an_address_pass_as_it_may_send() -> None:
    assert passed(limit(FakeCounts(), per_address=3), 5) == 3


def test_as_many_posts_naming_a_contact_pass_as_it_may_get_letters() -> None:
    limits = limit(FakeCounts(), per_contact=3)

    assert sum(passed(limits, 1, f"203.0.113.{host}") for host in range(5)) == 3


def test_a_phone_counts_as_the_mail_does() -> None:
    limits = limit(FakeCounts(), per_contact=2)
    other_mails = [replace(IVAN, email=f"{number}@example.ru") for number in range(4)]

    assert sum(passed(limits, 1, contact=contact) for contact in other_mails) == 2


def test_other_senders_are_not_in_the_way() -> None:
    limits = limit(FakeCounts(), per_address=1, per_contact=1)

    assert passed(limits, 1, "203.0.113.7", OLGA) == 1
    assert passed(limits, 1, "203.0.113.8", IVAN) == 1


def test_one_ipv6_network_is_one_sender() -> None:
    limits = limit(FakeCounts(), per_address=1)

    assert passed(limits, 1, "2001:db8:1:2::1") == 1
    assert passed(limits, 1, "2001:db8:1:2:ffff::9") == 0
    assert passed(limits, 1, "2001:db8:1:3::1") == 1


def test_ipv4_addresses_written_as_ipv6_are_not_one_sender() -> None:
    limits = limit(FakeCounts(), per_address=1)

    assert passed(limits, 1, "::ffff:192.0.2.1") == 1
    assert passed(limits, 1, "::ffff:192.0.2.2") == 1
    assert passed(limits, 1, "192.0.2.1") == 0


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113.7:443", "' or 1=1", "999.1.1.1"])
def test_what_is_no_address_is_limited_like_one(address: str) -> None:
    assert passed(limit(FakeCounts(), per_address=1), 2, address) == 1


def test_who_is_refused_hears_when_the_window_ends() -> None:
    limits = limit(FakeCounts(), per_address=0)

    assert limits.wait("203.0.113.7", OLGA, NOW) == timedelta(minutes=40)
    assert limits.wait("203.0.113.7", OLGA, NOW.replace(minute=59, second=59)) == timedelta(seconds=1)


def test_the_next_window_counts_anew() -> None:
    limits = limit(FakeCounts(), per_address=1)
    assert passed(limits, 2) == 1

    assert limits.wait("203.0.113.7", OLGA, NOW.replace(hour=10, minute=0)) is None


@pytest.mark.parametrize(
    "error", [LedgerUnavailableError("down"), LedgerConflictError("contended"), GroupTimeoutError("slow")]
)
def test_a_request_is_worth_more_than_a_limit(error: Exception) -> None:
    assert passed(limit(FakeCounts(error), per_address=0, per_contact=0), 3) == 3


def test_counts_hold_nobodys_address_and_expire_after_their_window() -> None:
    counts = FakeCounts()
    limit(counts).wait("203.0.113.7", IVAN, NOW)

    keys = [hit.key for hit in counts.hits]
    assert len(set(keys)) == 3
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)
    assert {hit.expires_at for hit in counts.hits} == {datetime(2026, 11, 23, 11, 0, tzinfo=UTC)}


def test_without_the_pepper_nobody_finds_whose_count_it_is() -> None:
    ours, theirs = FakeCounts(), FakeCounts()
    limit(ours).wait("203.0.113.7", IVAN, NOW)
    replace(limit(theirs), pepper=Secret("a guess")).wait("203.0.113.7", IVAN, NOW)

    assert not {hit.key for hit in ours.hits} & {hit.key for hit in theirs.hits}
