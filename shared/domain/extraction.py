"""What free text clearly says of the data that the rule book asks for (R6).

A wrong value is worse than none: nobody asks for it again. So a value is taken only where it is stated of the client's
own, present phone, under a label or with a word that tells what it is; a denial, a supposition, a question about other
phones, a phone on which all is well, or a mail program's signature states nothing. Of several values all are given,
joined by ", ", where the text lists them side by side or says that both are affected; otherwise the first.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from shared.domain.device_names import device_mentions, is_maker_only
from shared.domain.free_text import FreeText, Pattern, fold
from shared.domain.labels import labelled_values
from shared.domain.phone_in_text import find_phone
from shared.domain.reproduction_steps import find_steps
from shared.domain.told_steps import told_steps

_LOOKED_AT = 20_000
_MOST_MENTIONS = 40
_LONGEST = 100
_BEFORE_NUMBER = 100
"""Characters; the words that tell what a number is take fewer."""

_PRODUCT = (
    r"(?:pass? ?-?24(?:[.-]?online)?|пасс? ?-?24|приложени\w{1,2}|прилож\w{1,2}|прил[ау.]?|программ\w{1,2}"
    r"|прог[аиу]|app|по)"
)
_OS = r"(?:i(?:pad)? ?os|айос|айоэс|ай ос|иос|andr?oi?d|анд[рп]о?[иеэй]?[дт]\w{0,2}|адроид\w{0,2})"
_SKIN = (
    r"(?:harmony ?os|hyper ?os|magic ?(?:os|ui)|oxygen ?os|color ?os|funtouch ?os|one ?ui|realme ?ui|(?:emui"
    r"|miui|миюай|миуи)(?: global)?)"
)
_VERSION_WORD = r"(?:ве?рси\w{1,3}|вресия|верс\.|вер\.|version|ver\.?)"
_NUMBER = r"\d{1,3}(?:\.\d{1,5}){1,3}"
_BUILD = (
    r"(?:[ -]?(?:beta|бета|rc|alpha)(?:[ .-]?\d{1,3})?(?!\w))?"
    r"(?:,? ?\(? ?(?:build|сборка|билд)[ :№#.]{0,2}\d{1,7}\)?| ?\(\d{1,7}\)|\+\d{1,7})?"
)
_NO_VERSION = (
    r"(?!\w|[.,:/]\d|-\d| ?(?:руб|р\.|₽|%|гб|мб|gb|mb|км|г\.|балл|из \d"
    r"|(?:час(?:а|ов)?|мин|минут\w?|раза?|дня|дней|года?|лет)\b))"
)

_VERSION = Pattern(
    rf"(?<![\w.])(?P<words>(?:{_VERSION_WORD}|{_PRODUCT})(?:[ :\n№\"«»(=,-]{{1,3}}(?:{_VERSION_WORD}|{_PRODUCT}"
    r"|мобильного|нашего|моего|вашего|установлен[ао]?|стоит|у меня|сейчас|текущая|номер|продукта|сборки|клиента"
    rf"|обеспечения|программного|is|of|the|number|application|(?:для|под|for) {_OS}|до|на"
    r"|to|обновил\w{1,3}|updated)(?!\w)){0,4})"
    rf"[ :\n№\"«(=-]{{0,3}}(?:v\.? ?)?(?<![\w.,])(?P<number>(?:{_NUMBER}|(?<=v)\d{{1,3}}|\d{{1,2}}(?! ?\.?\d)){_BUILD})"
    + _NO_VERSION
)
# What fails most often is looked at first.
_BARE_VERSION = Pattern(
    rf"v(?<![\w.]v)\.? ?(?P<number>{_NUMBER}{_BUILD}){_NO_VERSION}"
    rf"|(?=\d)(?<![\w.,:/-])(?P<before>{_NUMBER})(?: ?[-–] ?(?:я|ая))? {_VERSION_WORD}"
    rf"(?! (?:{_OS}|прошивк|браузер|chrome))"
)
_HAS_VERSION_WORD = Pattern(_VERSION_WORD)
_HAS_PRODUCT = Pattern(_PRODUCT + r"(?!\w)|продукта")
_HAS_PASS24 = Pattern(r"(?:pass?|пасс?) ?-?24")
_FOREIGN = Pattern(
    rf"\b(?:{_OS}|{_SKIN}|прошив\w+|firmware|домофон\w*|камер\w*|контроллер\w*|считывател\w*|шлагбаум\w*|терминал\w*"
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
_MODEL_NUMBER = re.compile(r"(?:\b[^\W\d_])?\d")
_BETWEEN = re.compile(r"[\W_]")
_FULL_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|[0-3]\d\.[01]\d(?:\.\d\d)?|20\d\d\.[01]\d\.[0-3]\d")

_OS_VERSION = Pattern(
    rf"(?<![\w-])(?:(?P<ios>i(?:pad)? ?os|айос|айоэс|ай ос|иос)|(?P<android>andr?oi?d|анд[рп]о?[иеэй]?[дт]\w{{0,2}}"
    rf"|адроид\w{{0,2}})|(?P<skin>{_SKIN}))(?: (?:os|ос))?[ ,:(-]{{0,3}}(?:{_VERSION_WORD}[ :-]{{0,2}})?(?:v\.? ?)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,3})(?!\w|[.:]\d|-?(?:й|ый)| ?(?:%|гб|gb|телефон|штук"
    r"|минут|человек|(?:раза?|часа?|часов|дня|дней|лет|года?|шт)\b))"
)
_OS_AFTER = Pattern(
    r"(?=\d)(?<![\w.,:-])(?P<number>\d{1,2}(?:\.\d{1,2}){0,2})(?: ?-?(?:й|ый|ом|м|го))? "
    r"(?:(?P<ios>ios|айос|иос)|(?P<android>android|анд[рп]о[иеэй]д\w{0,2}))(?!\w)(?![ :-]{0,3}(?:верси\w+ )?\d"
    r"|[ -]?(?:телефон|смартфон|устройств|device|phone))"
)
_OS_PARTS = tuple(map(fold, ("os", "ос", "оэс", "and", "анд", "адр", "ui", "миу", "мию")))
"""Every system's name has one of these."""

_FOR_SYSTEM = Pattern(rf"(?:{_PRODUCT}|{_VERSION_WORD})[ ,:]{{1,2}}(?:для|под|for|на) $")
_LEAST_IOS = 9
# No phone in use has an Android below 5, and "4.12.1 андроид" is the product's version.
_OS_RANGES = {"android": range(5, 20), "ios": (*range(7, 20), *range(26, 30)), "skin": range(1, 20)}

_BESIDE = Pattern(
    r"[\s,;/(&+)]*(?:(?:и|ни|and|or|или|а также|плюс|также|еще|на базе|на|у|on|с|под|оболочка|прошивка|телефон\w*"
    r"|смартфон\w*|жены|мужа|андроид|samsung|самсунг)[\s,;/(&+:)]*){0,4}"
)
_NOT_SAID = Pattern(
    r"[\s.?*_-]*(?:$|(?:не|нет|неизвестн\w*|незнаю|хз|без|см\.?|разн\w+|люб\w+|все|всех|последн\w+|n/a|none|no|not"
    r"|unknown|any|latest|all|don't|various)(?!\w))"
)
_VALUE_END = Pattern(rf"[.!?](?= |$)|,? (?:(?:на|с|под|with|on) )?(?:{_OS}|{_SKIN}|{_VERSION_WORD}|{_PRODUCT} \d)")
_TRAILING = " \t\n,;:.!?/(-–—|"


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the text clearly says; empty where it does not. All but `steps` as the client wrote it, on one line.

    Attributes:
        steps: How to make the trouble happen again, at most 10,000 characters, on as many lines as they came.
        product_version: Version number of the product, with its build, without the words around it.
        phone: The client's number in E.164, or None.
    """

    steps: str
    product_version: str
    device_model: str
    os_version: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    same_as: str  # Two places with the same text here name the same thing.


def extract(text: str) -> Extracted:
    """Pick out what stands clearly in the first 20,000 characters of a Russian or English text; never raises."""
    free = FreeText.of(text[:_LOOKED_AT])
    labelled = labelled_values(free)
    devices = [
        _Found(each.start, each.end, each.maker + _model(free.folded[each.start : each.end]))
        for each in islice(device_mentions(free.folded), _MOST_MENTIONS)
    ]
    systems = list(islice(_systems(free, devices), _MOST_MENTIONS))
    versions = list(islice(_versions(free, systems), _MOST_MENTIONS))
    return Extracted(
        steps=find_steps(free) or told_steps(free),
        product_version=_said(free, labelled["version"], versions, lambda _: False, past_too=True),
        device_model=_said(free, labelled["device"], devices, lambda value: not is_maker_only(value), past_too=False)
        or _said(free, labelled["handset"], devices, lambda _: False, past_too=False),
        os_version=_said(free, labelled["os"], systems, _may_be_system, past_too=True),
        phone=find_phone(free),
    )


def _model(device: str) -> str:
    """Give what tells a maker's models apart: "а52" of "самсунг а52", "13pro" of "iPhone 13 Pro"."""
    if numbered := _MODEL_NUMBER.search(device):
        return _BETWEEN.sub("", device[numbered.start() :])
    return _BETWEEN.sub("", device.rpartition(" (")[0] or device)[-2:]


def _said(
    free: FreeText,
    labelled: Iterable[tuple[int, int]],
    mentions: list[_Found],
    is_answer: Callable[[str], bool],
    *,
    past_too: bool,
) -> str:
    """Give what a label says, else what the text states.

    `is_answer` tells whether a label's folded value is one although nothing in it was recognised; `past_too`: where all
    *was* well does not count either.
    """
    for start, end in labelled:
        if _NOT_SAID.match(free.folded[start:end]):
            continue
        inside = [each for each in mentions if start <= each.start < end]
        if value := _joined(free, inside):
            return value
        cut = _VALUE_END.search(free.folded, start + 1, end)
        stop = cut.start() if cut and cut.start() > start + 1 else end
        value = free.value(start, stop).strip(_TRAILING)
        if value and len(value) <= _LONGEST and is_answer(free.folded[start:stop].strip(_TRAILING)):
            return value
    if not mentions:
        return ""
    stated = [each for each in mentions if free.is_stated(each.start, each.end)]
    affected = [each for each in stated if not free.is_unaffected(each.start, each.end, past_too=past_too)]
    if len(affected) > 1:
        only = [each for each in affected if free.is_the_only_one(each.start)]
        own = [each for each in affected if not free.is_somebody_elses(each.start, each.end)]
        affected = only or own or affected
    return _joined(free, affected)


def _joined(free: FreeText, mentions: list[_Found]) -> str:
    kept: list[_Found] = []
    for each in mentions:
        if any(each.same_as == other.same_as for other in kept):
            continue
        if kept:
            between = free.folded[kept[-1].end : each.start]
            if not _BESIDE.fullmatch(between[:60]) and not free.says_also(each.start, each.end):
                continue
        kept.append(each)
    values = [free.value(each.start, each.end).strip(_TRAILING) for each in kept]
    while len(", ".join(values)) > _LONGEST:
        values.pop()
    return ", ".join(values)


def _may_be_system(value: str) -> bool:
    return any(map(str.isdigit, value)) and len(value) <= 40  # noqa: PLR2004  # longer than any system's name


def _systems(free: FreeText, devices: list[_Found]) -> Iterator[_Found]:
    """Find versions of operating systems."""
    if free.first_digit is None:
        return
    start = max(0, free.first_digit - _BEFORE_NUMBER)
    if not free.has_any(_OS_PARTS, start):
        return
    found = [*_OS_VERSION.finditer(free.folded, start), *_OS_AFTER.finditer(free.folded, start)]
    for each in sorted(found, key=re.Match.start):
        kind = next(name for name in _OS_RANGES if each.groupdict().get(name))
        if int(each["number"].split(".")[0]) not in _OS_RANGES[kind]:
            continue
        if any(device.start < each.end() and each.start() < device.end for device in devices):
            continue
        if not _FOR_SYSTEM.search(free.folded[max(0, each.start() - 40) : each.start()]):
            yield _Found(each.start(), each.end(), kind + each["number"])


def _versions(free: FreeText, systems: list[_Found]) -> Iterator[_Found]:
    """Find version numbers of the product."""
    if free.first_digit is None:
        return
    start = max(0, free.first_digit - _BEFORE_NUMBER)
    found = [*_VERSION.finditer(free.folded, start), *_BARE_VERSION.finditer(free.folded, start)]
    for each in sorted(found, key=re.Match.start):
        name = "number" if each["number"] else "before"
        start, end = each.span(name)
        if not any(system.start < end and start < system.end for system in systems) and _is_product_version(free, each):
            yield _Found(start, end, each[name])


def _is_product_version(free: FreeText, found: re.Match[str]) -> bool:
    words = found.groupdict().get("words") or ""
    number = found["number"] or found["before"]
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
    return introduced or number.count(".") > 1 or (number[1] == "." and _HAS_PASS24.search(words) is not None)


def _is_app(words: str) -> bool:
    return _HAS_APP.search(words) is not None


def _is_foreign(free: FreeText, found: re.Match[str], number: str) -> bool:
    """Tell whether a version that is not said to be the product's is another thing's."""
    start, _ = free.clause(found.start(), found.end())
    before = free.folded[min(start, max(0, found.start() - 40)) : found.start()]
    # "iPhone 11, версия 17.1.1" is the phone's system rather than the product.
    major = int("".join(takewhile(str.isdecimal, number)) or 0)  # "5 beta.2" is a version, too
    of_phone = major >= _LEAST_IOS and _AFTER_PHONE.search(before[-40:])
    return bool(
        of_phone or _FOREIGN.search(before[-60:]) or _OF_ANOTHER.match(free.folded[found.end() : found.end() + 20])
    )
