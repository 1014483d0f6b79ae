"""What operators type is understood, and what strangers wrote does their terminals no harm."""

import argparse
import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.terminal import harmless, person_name, say, ticket_number


@pytest.mark.parametrize("text", ["12345", "#12345", "[#12345]", " #12345 ", "[12345]"])
def test_r4_a_number_is_read_as_people_write_it(text: str) -> None:
    assert ticket_number(text) == 12345


@pytest.mark.parametrize("text", ["", "#", "12345a", "-1", "1.5", "١٢٣", "1" * 16, "12345-confirmation", "tickets/1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        ticket_number(text)


def test_a_person_s_name_is_kept_on_one_line() -> None:
    assert person_name("  Анна  Петрова ") == "Анна Петрова"


@pytest.mark.parametrize("name", ["", " ", "a\x1b[2J", "a\u202eb", "a" * 101])
def test_a_name_that_can_t_be_shown_is_refused(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        person_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Не открывается шлагбаум", "Не открывается шлагбаум"),
        ("\x1b[31mкрасный\x07", "\\x1b[31mкрасный\\x07"),
        ("a\x9b2Jb", "a\\x9b2Jb"),
        ("счёт\u202efdp.exe", "счёт\\u202efdp.exe"),
        ("\u2066a\u2069\u200b\ufeff", "\\u2066a\\u2069\\u200b\\ufeff"),
        ("a\r\nb\tc\u2028d\u00a0e", "a  b c d e"),
        ("\udc41", "\\udc41"),
    ],
)
def test_what_would_act_on_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text())
def test_whatever_is_shown_can_be_printed_on_one_line(text: str) -> None:
    assert harmless(text).isprintable()


def test_a_terminal_that_has_no_letter_for_it_shows_an_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="koi8-r"))
    say("шлагбаум 🚧")
    sys.stdout.flush()
    assert raw.getvalue().decode("koi8-r") == "шлагбаум \\U0001f6a7\n"
