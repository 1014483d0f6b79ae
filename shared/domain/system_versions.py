"""Versions of operating systems in free text, in the spellings in which clients write them."""

from collections.abc import Iterator, Sequence

from shared.domain.free_text import FreeText, Pattern, fold
from shared.domain.mention import Mention
from shared.domain.version_words import PRODUCT, SKIN, VERSION_WORD

_BEFORE_NUMBER = 100
"""Characters; the words that tell what a number is take fewer."""

_OS_VERSION = Pattern(
    rf"(?<![\w-])(?:(?P<ios>i(?:pad)? ?os|айос|айоэс|ай ос|иос)|(?P<android>andr?oi?d"
    rf"|анд[рп]о?[иеэй]?[дт][^\W\d]{{0,2}}|адроид[^\W\d]{{0,2}}|дроид|андр\.?)|(?P<skin>{SKIN}))"
    rf"(?: (?:os|ос|go))?[ ,:(-]{{0,3}}(?:{VERSION_WORD}[ :-]{{0,2}})?(?:v\.? ?)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,3})(?!\w|[.:]\d|-?(?:й|ый)| ?(?:%|гб|gb|телефон|штук"
    r"|минут|человек|(?:раза?|часа?|часов|дня|дней|лет|года?|шт)\b))"
)
_OS_AFTER = Pattern(
    r"(?=\d)(?<![\w.,:-])(?P<number>\d{1,2}(?:\.\d{1,2}){0,2})(?: ?-?(?:й|ый|ом|м|го))? "
    r"(?:(?P<ios>ios|айос|иос)|(?P<android>android|анд[рп]о[иеэй]д\w{0,2}))(?!\w)(?![ :-]{0,3}(?:верси\w+ )?\d"
    r"|[ -]?(?:телефон|смартфон|устройств|device|phone))"
)
_OS_PARTS = tuple(map(fold, ("os", "ос", "оэс", "and", "анд", "адр", "дро", "ui", "миу", "мию", "fly")))
"""Every system's name has one of these."""

_AFTER_APPLE = Pattern(
    r"(?: ?\(| |, (?=\d+\.\d+\.\d|\D))(?:(?:система|ось|ос|софт|прошивка) )?"
    r"(?P<number>(?:9|1\d|2[6-9])\.\d(?:\.\d{1,2})?)(?!\w|\.\d)"
)
"""The phone is named before it: "айфон 11 17.0.3"."""

_FOR_SYSTEM = Pattern(rf"(?:{PRODUCT}|{VERSION_WORD})[ ,:]{{1,2}}(?:для|под|for|на) $")
LEAST_IOS = 9
# No phone in use has an Android below 5, and "4.12.1 андроид" is the product's version.
_OS_RANGES = {"android": range(5, 20), "ios": (*range(7, 20), *range(26, 30)), "skin": range(1, 20)}


def system_mentions(free: FreeText, devices: Sequence[Mention]) -> Iterator[Mention]:
    """Find versions of operating systems."""
    if free.first_digit is None:
        return
    found = [*_named(free, devices), *_after_apple(free, devices)]
    yield from sorted(found, key=lambda each: each.start)


def _named(free: FreeText, devices: Sequence[Mention]) -> Iterator[Mention]:
    start = max(0, (free.first_digit or 0) - _BEFORE_NUMBER)
    if not free.has_any(_OS_PARTS, start):
        return
    for each in [*_OS_VERSION.finditer(free.folded, start), *_OS_AFTER.finditer(free.folded, start)]:
        kind = next(name for name in _OS_RANGES if each.groupdict().get(name))
        if int(each["number"].split(".")[0]) not in _OS_RANGES[kind]:
            continue
        if any(device.start < each.end() and each.start() < device.end for device in devices):
            continue
        if not _FOR_SYSTEM.search(free.folded[max(0, each.start() - 40) : each.start()]):
            yield Mention(each.start(), each.end(), kind + each["number"])


def _after_apple(free: FreeText, devices: Sequence[Mention]) -> Iterator[Mention]:
    for device in devices:
        if device.same_as.startswith("apple") and (found := _AFTER_APPLE.match(free.folded, device.end)):
            yield Mention(*found.span("number"), "ios" + found["number"])
