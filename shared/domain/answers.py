"""What a client's answer to our request for information says: bare values count (R7).

Who was asked for the phone's model writes "Redmi 9, 12, 4.12.1" and names nothing. A value that stands alone, between
commas or on a line of its own, is taken for what was asked for and is not said otherwise, where it can be only one of
them: of two numbers the one is the product's version that could not be the system's, or the other way round.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice

from shared.domain.completeness import Detail
from shared.domain.extraction import Extracted, extract
from shared.domain.free_text import FreeText, Pattern, fold

_LOOKED_AT = 2_000
"""Characters; an answer is short, and what is pasted below it is not."""

_MOST_PARTS = 60
_HIGHEST_PRODUCT = 8
"""The highest first number of a version of the product that is not yet taken for a system's."""

_APPLE_SYSTEMS = (*range(9, 20), *range(26, 30))
_ANDROID_SYSTEMS = range(5, 17)
_SYSTEMS = frozenset((*_APPLE_SYSTEMS, *_ANDROID_SYSTEMS))
_LEAST_DOTTED = 7
"""Older systems are in no use, and "5.0.2" is rather the product's version."""

# Neither a time ("16.30") nor a date.
_SYSTEM = re.compile(r"\d{1,2}(?:\.\d(?:\.\d{1,2})?)?")
_DATE = re.compile(r"\.0\d|\.(?:19|20)\d\d$")

_QUOTED = re.compile(r"(?m)^[ \t]*>.*$")
_PART_END = re.compile(r"[\n;|/]|,(?!\d)|(?<=\d)[.!?](?=\s|$)|(?<=[^\W\d])[.!?](?=\s|$)|\s[-–—]\s|\s(?:и|and)\s")
_BULLET = re.compile(r"\s*(?:\d{1,2}[.)](?!\d)|[-*•–—])\s*")
_VERSION = Pattern(
    r"(?P<label>(?:(?:номер )?верси[яи]|version|ver\.?|вер\.?|v\.?)[ :=-]{0,3})?"
    r"(?P<number>\d{1,2}(?:[.,]\d{1,4}){0,3}(?: ?\(\d{1,7}\))?)"
)
_SYSTEM_NUMBER = Pattern(
    r"(?:верси[яи] )?(?:ос|os|система|systems?|операционка)(?: версии| version)?[ :=-]{1,3}"
    r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,2})"
)
_APPLE = Pattern(r"(?:apple|эпл|i[ -]?ph|айф|ай ф|афй|i[ -]?pad|айпад)")
_NAMED = Pattern(
    r"(?:телефон|смартфон|модель|аппарат|phone|model)?[ :=-]{0,3}"
    r"(?P<model>[a-z]{2,12}(?: [a-z]{2,10})? [a-z]{0,3}-?\d{1,4}[a-z]{0,2})"
)
_SHORT_MODEL = Pattern(
    r"(?P<model>[asmсм]\d{2}[esе]?|(?:note|нот[е]?) ?\d{1,2}(?: ?(?:pro|plus|ultra|про|плюс|ультра))?)"
)
_NO_PHONE = Pattern(
    r"\b(?:windows|chrome|firefox|edge|opera|safari|macos|linux|ubuntu|ios|android|miui|emui|hyperos|harmony ?os"
    r"|magic ?(?:os|ui)|one ?ui|color ?os|oxygen ?os|funtouch|realme ui|version|ver|build|app|pass|update|step|floor"
    r"|flat|gate|entrance|house|apartment|building|code|error|ticket|tel|phone|call|since|until|about|after|before|room"
    r"|helio|snapdragon|ram|gb|mb|re|nfc|bluetooth)\b"
)


def answers(text: str, asked: Collection[Detail]) -> Extracted:
    """Pick out what an answer says; never raises.

    Args:
        text: Its own words, without the letter that it answers.
        asked: What was asked for: the ticket's missing details.
    """
    text = _QUOTED.sub("", text[:_LOOKED_AT])
    said = extract(text)
    free = FreeText.of(text)
    parts = list(islice(_parts(free), _MOST_PARTS))
    if Detail.DEVICE_MODEL in asked and not said.device_model:
        said = replace(said, device_model=_device(free, parts))
    wanted = [
        detail
        for detail, value in ((Detail.PRODUCT_VERSION, said.product_version), (Detail.OS_VERSION, said.os_version))
        if detail in asked and not value
    ]
    return _with_numbers(free, parts, said, wanted) if wanted else said


def _parts(free: FreeText) -> Iterator[tuple[int, int]]:
    """Give the places of what stands between commas, ends of lines and the like, bullets aside."""
    start = 0
    for end, following in [*((each.start(), each.end()) for each in _PART_END.finditer(free.folded)), (None, 0)]:
        stop = len(free.folded) if end is None else end
        bullet = _BULLET.match(free.folded, start, stop)
        first = bullet.end() if bullet else start
        while first < stop and free.folded[first] in " \t.,!?()":
            first += 1
        while stop > first and free.folded[stop - 1] in " \t.,!?(":
            stop -= 1
        if first < stop:
            yield first, stop
        start = following


def _device(free: FreeText, parts: list[tuple[int, int]]) -> str:
    """Give a part that is nothing but a phone's name, of a maker that we may not know."""
    for pattern in (_NAMED, _SHORT_MODEL):
        for start, end in parts:
            found = pattern.fullmatch(free.folded, start, end)
            if found is None or _NO_PHONE.search(free.folded, start, end):
                continue
            value = free.value(found.start("model"), end)
            # Folded, "место 12" looks like Latin, too.
            if value.isascii() or pattern is _SHORT_MODEL:
                return value
    return ""


def _with_numbers(free: FreeText, parts: list[tuple[int, int]], said: Extracted, wanted: list[Detail]) -> Extracted:
    system_first = _SYSTEM_NUMBER.search(free.folded) if Detail.OS_VERSION in wanted else None
    if system_first:
        said = replace(said, os_version=system_first["number"])
        wanted = [detail for detail in wanted if detail is not Detail.OS_VERSION]
    numbers = [found for start, end in parts if (found := _VERSION.fullmatch(free.folded, start, end))]
    if system_first:
        numbers = [found for found in numbers if found.start("number") != system_first.start("number")]
    taken: dict[Detail, re.Match[str]] = {}
    for found in numbers:
        fitting = [detail for detail in wanted if _may_be(detail, found, said, alone=len(parts) == 1)]
        if not fitting or found["number"] in {fold(said.product_version), fold(said.os_version)}:
            continue
        if len(fitting) != 1 or fitting[0] in taken:
            # Two numbers for one thing, or one for two: whoever reads it may ask.
            return said
        taken[fitting[0]] = found
    values = {detail.value: free.value(*found.span("number")) for detail, found in taken.items()}
    return replace(said, **values)


def _may_be(detail: Detail, found: re.Match[str], said: Extracted, *, alone: bool) -> bool:
    number = found["number"].replace(",", ".").partition("(")[0].strip()
    major, dotted = int(number.split(".")[0]), "." in number
    if detail is Detail.PRODUCT_VERSION:
        return not _DATE.search(number) and 1 <= major <= _HIGHEST_PRODUCT and (dotted or found["label"] is not None)
    if not _SYSTEM.fullmatch(number) or "(" in found["number"]:
        return False
    if _APPLE.match(fold(said.device_model)):
        return major in _APPLE_SYSTEMS
    if said.device_model:
        return major in _ANDROID_SYSTEMS and (not dotted or major >= _LEAST_DOTTED)
    # A number without a phone may count anything, unless it is said to be a version or is all that is said.
    return major >= _LEAST_DOTTED and (dotted or alone or found["label"] is not None) and major in _SYSTEMS
