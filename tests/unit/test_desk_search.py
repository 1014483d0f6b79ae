from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.desk.search import Search, read_search
from shared.domain.concern import Concern
from shared.domain.submission import Channel
from shared.domain.ticket import Acceptance
from shared.store.desk import TextOf, Wanted

MOSCOW = ZoneInfo("Europe/Moscow")


def search(**asked: str) -> Search:
    return read_search({name.rstrip("_"): value for name, value in asked.items()}, MOSCOW)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("12345", 12345),
        ("#12345", 12345),
        (" # 12345 ", 12345),
        ("№12345", 12345),
        ("№ 12345", 12345),
        ("[#12345]", 12345),
        ("[#12345] Не открывается шлагбаум", 12345),
        ("0", 0),
        ("123456789", 123456789),
        ("#123456789012", 123456789012),
        ("12345 шлагбаум", None),
        ("١٢٣٤٥", None),
        ("12345678901234567890", None),
        ("#1234567890123", None),
    ],
)
def test_a_number_in_the_box_is_a_tickets(query: str, number: int | None) -> None:
    assert search(q=query).ticket == number


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("Ivan@Example.RU", Wanted(email="ivan@example.ru")),
        ("ivan@пример.рф", Wanted(email="ivan@xn--e1afmkfd.xn--p1ai")),
        ("8 (916) 123-45-67", Wanted(phone="+79161234567")),
        ("+7 916 123 45 67", Wanted(phone="+79161234567")),
        ("9161234567", Wanted(phone="+79161234567")),
        ("ivan@", Wanted(text="ivan@")),
        ("  Ещё  РАЗ ", Wanted(text="еще раз")),
        ("позвоните 8 916 123-45-67", Wanted(text="позвоните 8 916 123-45-67")),
        ("", Wanted()),
        (" \t ", Wanted()),
    ],
)
def test_the_box_holds_an_address_a_phone_number_or_a_text(query: str, wanted: Wanted) -> None:
    found = search(q=query)

    assert (found.ticket, found.wanted, found.remarks) == (None, wanted, ())


def test_a_text_may_be_looked_for_in_names() -> None:
    found = search(q="Иван", in_="client")

    assert found.wanted == Wanted(text="иван", text_of=TextOf.CLIENT)
    assert found.chosen == {"q": "Иван", "in": "client"}


def test_filters_are_read_and_carried_on() -> None:
    found = search(q="ivan@example.ru", state="accepted", channel="form", day="2026-11-20")

    assert found.wanted == Wanted(
        acceptance=Acceptance.ACCEPTED,
        channel=Channel.FORM,
        since=datetime(2026, 11, 19, 21, tzinfo=UTC),
        until=datetime(2026, 11, 20, 21, tzinfo=UTC),
        email="ivan@example.ru",
    )
    assert found.chosen == {"q": "ivan@example.ru", "state": "accepted", "channel": "form", "day": "2026-11-20"}
    assert found.remarks == ()


def test_a_day_beside_a_text_is_said_not_to_count() -> None:
    found = search(q="шлагбаум", day="2026-11-20", state="pending")

    assert found.wanted == Wanted(acceptance=Acceptance.PENDING, text="шлагбаум")
    assert "day" not in found.chosen
    assert [remark for remark in found.remarks if "День" in remark]


def test_a_channel_beside_a_concern_is_said_not_to_count() -> None:
    found = search(channel="email", concern="call")

    assert found.wanted == Wanted(concern=Concern.CALL)
    assert [remark for remark in found.remarks if "Канал" in remark]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("state", "gone", "состояние"),
        ("channel", "pigeon", "канал"),
        ("concern", "<script>", "внимани"),
        ("in", "__name__", "искать"),
        ("day", "yesterday", "день"),
        ("day", "0001-01-01", "день"),
        ("day", "9999-12-31", "день"),
        ("day", "2026-02-30", "день"),
    ],
)
def test_a_filter_that_makes_no_sense_is_said_and_left_out(name: str, value: str, said: str) -> None:
    found = read_search({name: value}, MOSCOW)

    assert (found.wanted, found.chosen) == (Wanted(), {})
    [remark] = found.remarks
    assert said in remark.casefold()
    assert value not in remark


@given(st.dictionaries(st.sampled_from(["q", "in", "state", "channel", "concern", "day"]), st.text(max_size=300)))
def test_whatever_an_address_holds_there_is_something_to_look_for(asked: dict[str, str]) -> None:
    found = read_search(asked, MOSCOW)

    assert len(found.wanted.text) <= 200
    assert not (found.wanted.text and found.wanted.since)
    assert not (found.wanted.channel and found.wanted.concern)
