"""The report's picture."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from functions.notify.chart import HEIGHT, WIDTH, draw_hours

QUIET = [0] * 24
BLUE = (31, 111, 235)


def bars(counts: list[int]) -> list[int]:
    """The heights of the hours' bars, in pixels."""
    image = Image.open(io.BytesIO(draw_hours(counts))).convert("RGB")
    slot = WIDTH // 24
    columns = [[image.getpixel((hour * slot + slot // 2, y)) for y in range(HEIGHT)] for hour in range(24)]
    return [column.count(BLUE) for column in columns]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=24, max_size=24))
def test_the_chart_is_a_sound_png_of_bounded_size(counts: list[int]) -> None:
    content = draw_hours(counts)
    assert len(content) < 20_000
    with Image.open(io.BytesIO(content)) as image:
        image.verify()
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))


def test_the_chart_holds_no_more_than_a_png_needs() -> None:
    content, kinds, at = draw_hours([3] * 24), [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 4 : at + 8 + length]
        assert zlib.crc32(body) == struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0]
        kinds.append(kind)
        at += 12 + length
    assert set(kinds) == {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_bars_are_as_high_as_their_counts() -> None:
    heights = bars([*QUIET[:9], 10, 20, 5, *QUIET[12:]])
    assert {hour for hour, height in enumerate(heights) if height} == {9, 10, 11}
    assert heights[9] == pytest.approx(heights[10] / 2, abs=2)
    assert heights[11] == pytest.approx(heights[10] / 4, abs=2)


def test_an_hour_with_one_among_thousands_can_still_be_seen() -> None:
    assert bars([1, 5000, *QUIET[2:]])[0] > 0


def test_nothing_at_all_is_no_error() -> None:
    assert bars(QUIET) == QUIET
