import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.desk.cursors import read_place, write_place
from shared.store.desk import Place

AT = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)


def as_text(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize("place", [Place(AT, 12345), Place(datetime(1970, 1, 1, tzinfo=UTC), 1)])
def test_a_place_by_arrival_comes_back_as_it_was(place: Place) -> None:
    assert read_place(write_place(place), by_text=False) == place


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.integers(1, 10**12 - 1))
def test_a_place_by_text_comes_back_as_it_was(text: str, number: int) -> None:
    assert read_place(write_place(Place(text, number)), by_text=True) == Place(text, number)


def test_a_place_of_a_list_in_another_order_is_none() -> None:
    assert read_place(write_place(Place(AT, 12345)), by_text=True) is None
    assert read_place(write_place(Place("шлагбаум", 12345)), by_text=False) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "%00",
        "ы",
        "../../etc",
        "A" * 100_000,
        as_text(None),
        as_text([]),
        as_text([1]),
        as_text([1, 2, 3]),
        as_text({"by": 1}),
        as_text([1, "2"]),
        as_text([1, True]),
        as_text([True, 1]),
        as_text([1.5, 1]),
        as_text([1, 0]),
        as_text([1, -5]),
        as_text([1, 10**12]),
        as_text([10**30, 1]),
        as_text([-(10**30), 1]),
        as_text([[[]], 1]),
        urlsafe_b64encode(b"[" * 700).decode(),
        urlsafe_b64encode(b"[NaN, 1]").decode(),
        urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
@pytest.mark.parametrize("by_text", [True, False])
def test_what_is_no_place_is_none(text: str, *, by_text: bool) -> None:
    assert read_place(text, by_text=by_text) is None


def test_half_a_character_is_no_text() -> None:
    assert read_place(as_text(["\ud800", 1]), by_text=True) is None


@given(text=st.text(max_size=200), by_text=st.booleans())
def test_any_text_is_a_place_or_none(text: str, *, by_text: bool) -> None:
    place = read_place(text, by_text=by_text)

    assert place is None or isinstance(place.by, str) is by_text
