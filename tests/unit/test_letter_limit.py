"""Loops that no header reveals: an address gets so many automatic letters, and then one an hour."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email import letter_limit
from functions.intake_email.letter_limit import LetterLimit
from shared.domain.submission import Omission
from shared.grouping import GroupTimeoutError
from shared.ledger import LedgerConflictError, LedgerError, LedgerRefusedError, LedgerUnavailableError
from shared.settings import Secret
from shared.store.limits import Hit
from tests.unit.registering import IVAN as CLIENT
from tests.unit.registering import PHONE_ONLY, submission

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
IVAN = "ivan@example.ru"


@dataclass
class FakeCounts:
    """Counts in memory; `error` stands for counts that are not to be had."""

    error: Exception | None = None
    calls: int = 0
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: list[Hit] = field(default_factory=list)

    def count(self, hits: Sequence[Hit]) -> list[int]:
        self.calls += 1
        if self.error:
            raise self.error
        counts = []
        for hit in hits:
            self.seen[hit.key, hit.counter] += 1
            counts.append(self.seen[hit.key, hit.counter])
        self.hits += hits
        return counts


def limit(counts: FakeCounts, most: int = 3, window: timedelta = DAY, pepper: str = "pepper") -> LetterLimit:
    return LetterLimit(counts, Secret(pepper), most, window)


def allowed(limits: LetterLimit, moments: Sequence[timedelta], address: str = IVAN) -> list[timedelta]:
    return [moment for moment in moments if limits.allows(address, MIDNIGHT + moment)]


def every(pause: timedelta, count: int) -> list[timedelta]:
    return [pause * index for index in range(count)]


@pytest.mark.parametrize("most", [1, 3, 10])
@pytest.mark.parametrize("window", [10 * MINUTE, HOUR, 2 * HOUR, DAY])
def test_as_many_letters_as_the_limit_says_are_sent_in_a_window(most: int, window: timedelta) -> None:
    moments = every(timedelta(seconds=10), 3 * most)

    assert allowed(limit(FakeCounts(), most, window), moments) == moments[:most]


@pytest.mark.parametrize(
    ("most", "window", "sent_at"),
    [
        (3, DAY, [0, 10, 20, 60, 120, 180]),
        (0, DAY, [0, 60, 120, 180]),
        (1, DAY, [0, 60, 120, 180]),
        (3, HOUR, [0, 10, 20, 60, 70, 80, 120, 130, 140, 180, 190, 200]),
        (3, 2 * HOUR, [0, 10, 20, 60, 120, 130, 140, 180]),
    ],
)
def test_beyond_the_limit_one_an_hour_is_sent(most: int, window: timedelta, sent_at: list[int]) -> None:
    moments = every(10 * MINUTE, 24)

    assert allowed(limit(FakeCounts(), most, window), moments) == [minute * MINUTE for minute in sent_at]


def test_a_loop_of_one_letter_a_second_gets_few_letters_in_a_day() -> None:
    sent = allowed(limit(FakeCounts(), 10, DAY), every(timedelta(seconds=30), 2880))

    assert len(sent) == 10 + 23
    assert all(len([each for each in sent if each // HOUR == hour]) <= 1 for hour in range(1, 24))


def test_the_next_window_begins_anew() -> None:
    limits = limit(FakeCounts(), 3, DAY)

    assert len(allowed(limits, [23 * HOUR + index * MINUTE for index in range(10)])) == 3
    assert len(allowed(limits, [24 * HOUR + index * MINUTE for index in range(10)])) == 3


def test_addresses_do_not_share_a_limit() -> None:
    limits = limit(FakeCounts(), 1)

    assert [limits.allows(address, MIDNIGHT) for address in (IVAN, "olga@example.ru", IVAN, "olga@example.ru")] == [
        True,
        True,
        False,
        False,
    ]


def test_all_instances_share_the_counts() -> None:
    counts = FakeCounts()

    assert [limit(counts, 2).allows(IVAN, MIDNIGHT) for _ in range(3)] == [True, True, False]


def test_one_call_counts_the_answers_to_all_requests_of_a_group() -> None:
    counts = FakeCounts()
    olga = replace(CLIENT, email="olga@example.ru")
    group = [submission(str(number), contact=olga if number == 1 else CLIENT) for number in range(5)]

    answered = limit(counts, 2).answered(group, MIDNIGHT)

    omissions = [None, None, None, Omission.TOO_MANY_LETTERS, Omission.TOO_MANY_LETTERS]
    assert answered == [replace(each, unanswered=omission) for each, omission in zip(group, omissions, strict=True)]
    assert counts.calls == 1


def test_one_request_that_is_delivered_many_times_at_once_counts_once() -> None:
    counts = FakeCounts()

    assert limit(counts, 2).answered([submission("copied")] * 20, MIDNIGHT) == [submission("copied")] * 20
    assert limit(counts, 2).answered([submission("another")], MIDNIGHT) == [submission("another")]


def test_one_request_that_comes_again_or_is_kept_after_all_counts_once() -> None:
    counts = FakeCounts()
    limits = limit(counts, 2)

    assert [limits.answered([submission("copied")], MIDNIGHT) for _ in range(20)] == [[submission("copied")]] * 20
    assert counts.calls == 1
    assert limits.answered([submission("another")], MIDNIGHT) == [submission("another")]
    assert limits.answered([submission("third")], MIDNIGHT)[0].unanswered is Omission.TOO_MANY_LETTERS


def test_what_was_beyond_the_limit_is_counted_anew_when_it_comes_again() -> None:
    limits = limit(FakeCounts(), 1)
    limits.answered([submission("first")], MIDNIGHT)

    assert limits.answered([submission("second")], MIDNIGHT)[0].unanswered is Omission.TOO_MANY_LETTERS
    assert limits.answered([submission("second")], MIDNIGHT + DAY) == [submission("second")]


def test_what_a_process_knows_as_counted_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letter_limit, "_MOST_REMEMBERED", 2)
    counts = FakeCounts()
    limits = limit(counts, 10)

    for key in ("first", "second", "third", "second", "first"):
        limits.answered([submission(key)], MIDNIGHT)

    assert counts.calls == 4


def test_what_gets_no_answer_is_not_counted() -> None:
    counts = FakeCounts()
    robot = replace(submission(), unanswered=Omission.AUTOMATIC)
    nameless = submission(contact=PHONE_ONLY)

    assert limit(counts, 1).answered([robot, nameless], MIDNIGHT) == [robot, nameless]
    assert counts.calls == 0
    assert limit(counts, 1).answered([robot, submission()], MIDNIGHT) == [robot, submission()]


@pytest.mark.parametrize(
    "error",
    [
        LedgerUnavailableError("away"),
        LedgerConflictError("moved"),
        LedgerRefusedError("no"),
        LedgerError("other"),
        GroupTimeoutError("late"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_letter_is_sent_when_the_counts_are_not_to_be_had(error: Exception) -> None:
    counts = FakeCounts(error)
    limits = limit(counts, 1)

    assert [limits.allows(IVAN, MIDNIGHT) for _ in range(3)] == [True, True, True]
    assert limits.answered([submission()] * 3, MIDNIGHT) == [submission()] * 3
    counts.error = None
    assert [limits.allows(IVAN, MIDNIGHT) for _ in range(2)] == [True, False]


def test_what_is_counted_tells_nobody_whose_letters_they_are() -> None:
    ours, theirs = FakeCounts(), FakeCounts()

    limit(ours).allows(IVAN, MIDNIGHT)
    limit(theirs, pepper="another pepper").allows(IVAN, MIDNIGHT)

    assert not any("ivan" in hit.key or "example" in hit.key for hit in ours.hits)
    assert {hit.key for hit in ours.hits}.isdisjoint({hit.key for hit in theirs.hits})


@pytest.mark.parametrize("window", [10 * MINUTE, HOUR, 2 * HOUR, DAY])
def test_an_answer_is_counted_in_one_document(window: timedelta) -> None:
    counts = FakeCounts()

    limit(counts, window=window).allows(IVAN, MIDNIGHT)

    assert len({hit.key for hit in counts.hits}) == 1
    assert len({hit.counter for hit in counts.hits}) == 2


@pytest.mark.parametrize("window", [90 * MINUTE, 40 * MINUTE, 25 * HOUR + MINUTE])
def test_windows_that_do_not_begin_with_an_hour_count_whole_hours_all_the_same(window: timedelta) -> None:
    moments = every(10 * MINUTE, 24)

    assert allowed(limit(FakeCounts(), 0, window), moments) == [0 * HOUR, HOUR, 2 * HOUR, 3 * HOUR]


@given(
    st.sampled_from([10 * MINUTE, 90 * MINUTE, HOUR, 2 * HOUR, DAY, 7 * DAY]),
    st.timedeltas(timedelta(0), 400 * DAY),
    st.text(max_size=90),
)
def test_counts_outlive_their_windows_and_are_forgotten_afterwards(
    window: timedelta, later: timedelta, address: str
) -> None:
    counts = FakeCounts()
    now = MIDNIGHT + later

    limit(counts, window=window, pepper="длинный перец " * 9).allows(address, now)

    assert len({(hit.key, hit.counter) for hit in counts.hits}) == 2
    for hit, length in zip(counts.hits, (window, HOUR), strict=True):
        ends = datetime.fromtimestamp((now.timestamp() // length.total_seconds() + 1) * length.total_seconds(), UTC)
        assert ends <= hit.expires_at <= ends + 2 * max(window, HOUR)
        assert hit.key.isalnum()
