"""Headers that are well-formed are read without the standard library's parser, and just as it reads them."""

from email.feedparser import FeedParser
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.head import read_head
from tests.corpus.case import Case
from tests.corpus.everything import CASES

PIECES = [
    "A:",
    "From:",
    "From ",
    "X-Y:",
    "b: ",
    ":",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    " x",
    "v",
    "\x0b",
    "\x1c",
    "\xa0",
    "ё",
]


def standard_items(text: str) -> list[tuple[str, str]]:
    parser = FeedParser()
    parser.feed(text)
    return list(parser.close().raw_items())


def our_items(raw: bytes) -> tuple[Message, list[tuple[str, str]], list[str]]:
    defects = Defects()
    message, _ = read_head(raw, 0, len(raw), defects)
    return message, list(message.raw_items()), list(defects.listed())


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_well_formed_headers_are_read_as_the_standard_library_reads_them(text: str) -> None:
    raw = text.encode() + b"\r\n\r\n"

    message, items, defects = our_items(raw)

    standard = standard_items(raw.decode("ascii", "surrogateescape"))
    if not defects:
        assert items == standard or raw[:1] in b"\r\n"
        assert message.get_payload() is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_headers_of_the_corpus_are_those_of_the_standard_library(case: Case) -> None:
    _, items, defects = our_items(case.raw)

    if not defects:
        assert items == standard_items(case.raw.decode("ascii", "surrogateescape"))
