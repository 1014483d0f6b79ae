"""The report's chart: arrivals by the hour of the day, as a picture that every mail program shows.

Only digits are drawn: they need no font but the one that comes with Pillow, and the letter says the rest.
"""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1200, 420
"""Twice the size at which it is shown, for the screens of phones."""

_COLOURS = ((255, 255, 255), (31, 111, 235), (207, 214, 222), (58, 68, 80))
_WHITE, _BLUE, _GREY, _DARK = range(4)
_TOP, _BOTTOM = 56, 372
_GAP, _LOWEST = 6, 6
_MOST_READABLE = 99
_HOURS_APART = 3


def draw_hours(counts: Sequence[int]) -> bytes:
    """Draw a bar for each hour of the day, with its count, as a PNG.

    Args:
        counts: One for each hour, from 0 on.
    """
    image = Image.new("P", (WIDTH, HEIGHT), _WHITE)
    image.putpalette([level for colour in _COLOURS for level in colour])
    pen = ImageDraw.Draw(image)
    # Between two colours of a palette there is none to smooth an edge with.
    pen.fontmode = "1"
    numbers, hours = ImageFont.load_default(36), ImageFont.load_default(38)
    highest, slot = max((*counts, 1)), WIDTH / len(counts)
    for hour, count in enumerate(counts):
        left, middle = slot * hour, slot * (hour + 0.5)
        top = _BOTTOM - max((_BOTTOM - _TOP) * count / highest, _LOWEST)
        if count:
            pen.rectangle((left + _GAP, top, left + slot - _GAP, _BOTTOM), fill=_BLUE)
        # Long numbers would run into each other: then only the highest bar has its own.
        if count and (highest <= _MOST_READABLE or count == highest):
            pen.text((middle, top - 6), str(count), fill=_DARK, font=numbers, anchor="mb")
        if hour % _HOURS_APART == 0:
            pen.text((middle, _BOTTOM + 8), str(hour), fill=_DARK, font=hours, anchor="mt")
    pen.line((0, _BOTTOM, WIDTH, _BOTTOM), fill=_GREY, width=3)
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
