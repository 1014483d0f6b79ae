"""Version numbers of the product in free text, and what only looks like them."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from shared.domain.free_text import FreeText, Pattern
from shared.domain.mention import Mention
from shared.domain.system_versions import LEAST_IOS
from shared.domain.version_words import OS, PRODUCT, SKIN, VERSION_WORD

_BEFORE_NUMBER = 100
"""Characters; the words that tell what a number is take fewer."""

_BEFORE_THREE = 40
"""The same for the words before a number of three parts that is told in passing."""

_NUMBER = r"\d{1,3}(?:\.\d{1,5}){1,3}"
_WITH_COMMAS = r"[1-9],\d{1,2},\d{1,3}(?!,?\d)"
_OF_THREE = r"[1-6]\.\d{1,2}\.\d{1,3}"
"""Nothing but a version of the product looks like this, where it is no date and no system's."""

_BUILD = (
    r"(?:[ -]?(?:beta|бета|rc|alpha)(?:[ .-]?\d{1,3})?(?!\w))?"
    r"(?:,? ?\(? ?(?:build|сборка|билд)[ :№#.]{0,2}\d{1,7}\)?| ?\(\d{1,7}\)|\+\d{1,7})?"
)
_NO_VERSION = (
    r"(?!\w|[.,:/]\d|-\d| ?(?:руб|р\.|₽|%|гб|мб|gb|mb|км|г\.|балл|из \d"
    r"|(?:час(?:а|ов)?|мин|минут\w?|раза?|дня|дней|года?|лет)\b))"
)

_VERSION = Pattern(
    rf"(?<![\w.])(?P<words>(?:{VERSION_WORD}|{PRODUCT})(?:[ :\n№\"«»(=,-]{{1,3}}(?:{VERSION_WORD}|{PRODUCT}"
    r"|мобильного|нашего|моего|вашего|ваше|ваша|вашей|установлен[ао]?|стоит|показывает|внизу|написано|указано"
    r"|свежее|свежая|новое|на н[её]м|на телефоне|build|билд|сборка|пасс?|pass?|у меня"
    r"|сейчас|текущая|номер|продукта|сборки|клиента"
    rf"|обеспечения|програм?много|is|of|the|number|application|(?:для|под|for) {OS}|до|на"
    r"|to|обновил\w{1,3}|updated)(?!\w)){0,4})"
    rf"[ :\n№\"«(=,-]{{0,3}}(?:v\.? ?)?(?<![\w.,])"
    rf"(?P<number>(?:{_NUMBER}|{_WITH_COMMAS}|(?<=v)\d{{1,3}}|\d{{1,2}}(?! ?\.?\d)){_BUILD})" + _NO_VERSION
)
_IN_PASSING = Pattern(
    r"\b(?:обнов\w{2,6} (?:до|на)|updated to|upgraded to|у вас|ваша|внизу|написано|у меня|стоит"
    r"|установлен\w|скачал\w?|поставил\w?|обновлени\w|апдейт\w?|сборк\w|билд\w?|build|релиз\w?|release) (?:до |на )?"
    rf"v?(?P<number>{_OF_THREE}{_BUILD}){_NO_VERSION}"
    rf"|\b(?:в|на|in|on) v?(?P<before>{_OF_THREE})(?<!\.[123]\d){_NO_VERSION}"
    r"(?! (?:этаж|подъезд|корпус|стать|пункт))"
)
_END = r"(?=\s*(?:[,;!?)\n/|]|\.(?!\d)|$))"
_LISTED = Pattern(
    r"(?:^|[,;/(|\n]|- ) ?(?:и )?v?"
    rf"(?P<number>(?<![\w.,])[3-5]\.\d{{1,2}}\.\d{{1,3}}{_BUILD}){_NO_VERSION}{_END}"
)
"""Counts only beside a phone or a system: "Redmi 9, 4.12.1"."""

_NEAR = 60
_HAS_THREE = re.compile(_OF_THREE)
# What fails most often is looked at first.
_BARE_VERSION = Pattern(
    rf"v(?<![\w.]v)\.? ?(?P<number>{_NUMBER}{_BUILD}){_NO_VERSION}"
    rf"|(?=\d)(?<![\w.,:/-])(?P<before>{_NUMBER})(?: ?[-–] ?(?:я|ая))? {VERSION_WORD}"
    rf"(?! (?:{OS}|прошивк|браузер|chrome))"
)
_HAS_VERSION_WORD = Pattern(VERSION_WORD)
_HAS_PRODUCT = Pattern(PRODUCT + r"(?!\w)|продукта")
_HAS_PASS24 = Pattern(r"(?:pass?|пасс?) ?-?24")
_FOREIGN = Pattern(
    rf"\b(?:{OS}|{SKIN}|прошив\w+|firmware|домофон\w*|камер\w*|контроллер\w*|считывател\w*|шлагбаум\w*|терминал\w*"
    r"|роутер\w*|браузер\w*|browser|chrome|хром\w?|safari|сафари|firefox|opera|yandex|яндекс\w*|edge|windows|виндовс"
    r"|macos|linux|ubuntu|bluetooth|блютуз|usb|wi-?fi|bios|java|python|api|tls|ssl|1[cс]|bitrix\w*|битрикс\w*|excel"
    r"|word|office|telegram|whatsapp|договор\w*|документ\w*|регламент\w*|инструкци\w*|стандарт\w*|ос|os"
    r"|операционн\w+ систем\w|сервер\w*|план\w*|прайс\w*|тариф\w*|оферт\w*)(?=[^\w]|$)[^\d\n]{0,30}$"
)
_OF_ANOTHER = Pattern(
    r" ?\(?(?:документ|договор|регламент|инструкц|прошив|домофон|камер|контроллер|считывател|браузер|firmware"
    r"|протокол|оферт)"
)
_AFTER_PHONE = Pattern(r"(?:i[ -]?phone|айфон)[^.\n]{0,20}[ ,(]$")
_HARDWARE = Pattern(
    r"\b(?:домофон|камер|контроллер|считывател|терминал|роутер|регистратор|шлагбаум|панел|intercom|controller)[^.\n]{0,25}\d"
)
_HAS_APP = Pattern(r"приложени|прилож|програм|\bapp\b|(?:pass?|пасс?) ?-?24")
_ANNEX = Pattern(r"\W{0,3}(?:к |от \d|договор|настоящ)")
_STANDS = Pattern(r"[,;)\n]|\.(?!\d)|$|(?<!\d\d) не (?:да|раб|откр|вид|груз|пус|зап|при)")
_OF_PAPERS = Pattern(r"\b(?:согласно|см\.?|договор\w*|пункт\w*|акт\w?|в)\W*$")
_FULL_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|[0-3]\d\.[01]\d(?:\.\d\d)?|20\d\d\.[01]\d\.[0-3]\d")


def version_mentions(free: FreeText, others: Sequence[Mention]) -> Iterator[Mention]:
    """Find version numbers of the product.

    Args:
        free: The text.
        others: Phones and systems in it.
    """
    if free.first_digit is None:
        return
    start = max(0, free.first_digit - _BEFORE_NUMBER)
    found = [*_VERSION.finditer(free.folded, start), *_BARE_VERSION.finditer(free.folded, start)]
    if three := _HAS_THREE.search(free.folded, start):
        start = max(start, three.start() - _BEFORE_THREE)
        found += _IN_PASSING.finditer(free.folded, start)
        found += [
            listed
            for listed in _LISTED.finditer(free.folded, start)
            if any(-_NEAR < listed.start("number") - each.end < _NEAR for each in others)
        ]
    for each in sorted(found, key=re.Match.start):
        name = "number" if each["number"] else "before"
        start, end = each.span(name)
        if not any(other.start < end and start < other.end for other in others) and _is_product_version(free, each):
            yield Mention(start, end, each[name])


def _is_product_version(free: FreeText, found: re.Match[str]) -> bool:
    words = found.groupdict().get("words") or ""
    number = (found["number"] or found["before"]).replace(",", ".")
    product, version = _HAS_PRODUCT.search(words), _HAS_VERSION_WORD.search(words)
    before = free.folded[max(free.sentence(found.start(), found.end())[0], found.start() - 40) : found.start()]
    after = free.folded[found.end() : found.end() + 20]
    if (_FULL_DATE.match(number) and not (version and product)) or (_HARDWARE.search(before) and not _is_app(words)):
        return False
    if not product:
        return "." in number and not _is_foreign(free, found, number)
    if version:
        return True
    if _ANNEX.match(after) or "." not in number:
        return False
    introduced = ":" in free.folded[found.end("words") : found.start("number")]
    if introduced or number.count(".") > 1:
        return True
    # "Приложение 12.11" is a day or an annex, "приложение 4.11." hardly is.
    stands = _HAS_PASS24.search(words) or (
        _STANDS.match(free.folded, found.end())
        and not _OF_PAPERS.search(free.folded[max(0, found.start() - 20) : found.start()])
    )
    return number[1] == "." and bool(stands)


def _is_app(words: str) -> bool:
    return _HAS_APP.search(words) is not None


def _is_foreign(free: FreeText, found: re.Match[str], number: str) -> bool:
    """Tell whether a version that is not said to be the product's is another thing's."""
    start, _ = free.clause(found.start(), found.end())
    before = free.folded[min(start, max(0, found.start() - 40)) : found.start()]
    # "iPhone 11, версия 17.1.1" is the phone's system rather than the product.
    major = int("".join(takewhile(str.isdecimal, number)) or 0)  # "5 beta.2" is a version, too
    of_phone = major >= LEAST_IOS and _AFTER_PHONE.search(before[-40:])
    return bool(
        of_phone or _FOREIGN.search(before[-60:]) or _OF_ANOTHER.match(free.folded[found.end() : found.end() + 20])
    )
