"""R7: what answers to our request for information say, bare values among it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.answers import answers
from shared.domain.completeness import DEVICE_DATA, Detail

SAID = (
    ("4.12.1, самсунг а52, андроид 13", ("4.12.1", "самсунг а52", "андроид 13")),
    ("Redmi 9, 12, 4.12.1", ("4.12.1", "Redmi 9", "12")),
    ("iphone 12\n16.4\n4.11.0", ("4.11.0", "iphone 12", "16.4")),
    ("1) Pixel 6\n2) Android 14\n3) v4.12.1 (3320)", ("4.12.1 (3320)", "Pixel 6", "Android 14")),
    ("версия ос 9, Huawei Y6", ("", "Huawei Y6", "9")),
    ("Айфон 11\nВерсия 17", ("", "Айфон 11", "17")),
    ("Lenovo K12\n4.12.1", ("4.12.1", "Lenovo K12", "")),
    ("a52", ("", "a52", "")),
    ("17.5", ("", "", "17.5")),
    ("4,12,1", ("4,12,1", "", "")),
    ("Спасибо. 4.12.1", ("4.12.1", "", "")),
)
NOTHING_SAID = (
    "4.12.1 или 4.11.0, не знаю",
    "8.1",  # the product's or Android's
    "5",
    "перезагружал 3 раза, не помогло",
    "дом 12, кв 5",
    "3",
    "завтра, 12.05.2024",
    "Windows 10",
    "Chrome 122",
    "код 403",
    "место 212",
    "с 12",
    "приду в 16.30, 16.30",
    "спасибо, не надо",
    "> Samsung A52, Android 13, 4.12.1",
    "у меня не 4.12.1",
)


@pytest.mark.parametrize(("text", "values"), SAID)
def test_r7_bare_values_are_what_was_asked_for(text: str, values: tuple[str, str, str]) -> None:
    said = answers(text, DEVICE_DATA)
    assert (said.product_version, said.device_model, said.os_version) == values


@pytest.mark.parametrize("text", NOTHING_SAID)
def test_r7_what_could_be_something_else_is_no_answer(text: str) -> None:
    said = answers(text, DEVICE_DATA)
    assert (said.product_version, said.device_model, said.os_version) == ("", "", "")


def test_r7_a_bare_value_counts_only_where_it_was_asked_for() -> None:
    assert answers("4.12.1", {Detail.OS_VERSION}).product_version == ""
    assert answers("4.12.1", {Detail.PRODUCT_VERSION}).product_version == "4.12.1"
    assert answers("17.5", {Detail.PRODUCT_VERSION}).os_version == ""


def test_r7_what_was_asked_decides_what_a_number_can_be() -> None:
    assert answers("8.1", {Detail.OS_VERSION}).os_version == "8.1"
    assert answers("8.1", {Detail.PRODUCT_VERSION}).product_version == "8.1"


def test_r7_what_is_said_in_words_counts_whatever_was_asked() -> None:
    assert answers("Версия приложения 4.12.1", ()).product_version == "4.12.1"


@given(st.text(max_size=400), st.frozensets(st.sampled_from(Detail)))
def test_any_answer_is_read(text: str, asked: frozenset[Detail]) -> None:
    answers(text, asked)


@given(st.text("0123456789.,-()/ \nvа", max_size=200))
def test_any_numbers_are_read(text: str) -> None:
    answers(text, DEVICE_DATA)


@pytest.mark.parametrize("text", ["4.12.1, " * 6_000, ">" * 50_000, " - " * 16_000, "a1 " * 16_000, "(1" * 25_000])
def test_a_long_answer_is_read_in_bounded_time(text: str) -> None:
    begun_at = time.perf_counter()
    answers(text, DEVICE_DATA)
    assert time.perf_counter() - begun_at < 1
