"""Places in a list as texts in an address: opaque to people, and checked when they come back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime, timedelta

from shared.store.desk import Place

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 1000
_BEYOND = 10**12
"""Larger than any ticket's number."""


def write_place(place: Place) -> str:
    """Write a place."""
    by = place.by if isinstance(place.by, str) else (place.by - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(json.dumps([by, place.number], ensure_ascii=False).encode()).decode().rstrip("=")


def read_place(text: str, *, by_text: bool) -> Place | None:
    """Read a place; None when the text is none, or is one of a list in another order.

    Args:
        text: From an address: anything.
        by_text: Whether the list is ordered by a text, and not by arrival.
    """
    if not text or len(text) > _LONGEST:
        return None
    try:
        by, number = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if type(number) is not int or not 0 < number < _BEYOND:
            return None
        if by_text:
            # JSON can write a lone half of a pair, Firestore can't hold it.
            return Place(by.encode().decode(), number) if isinstance(by, str) else None
        return Place(_EPOCH + by * _MICROSECOND, number) if type(by) is int else None
    except (Base64Error, ValueError, TypeError, OverflowError, RecursionError):
        return None
