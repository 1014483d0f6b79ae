"""What tells one request from another in the same words: numbers, plates, names, places, error texts (R15)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_LOOKALIKES = str.maketrans("авекмнорстухё", "abekmhopctyxe")
_SPACES = re.compile(r"\s+")

_PLATE = re.compile(r"(?<!\w)([a-zа-я]) ?(\d{3}) ?([a-zа-я]{2}) ?(\d{2,3})?(?!\w)")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,100}(?:\.[\w-]{1,60}){1,4}")
_PHONE = re.compile(r"(?<![\w.])(?:\+?\d{1,3}[ (-]{0,2})?\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?!\w)")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d.,]*\d)")
_COUNTED = re.compile(
    r"(?<!\w)(?:\d+-?(?:й|ю|е|го|м|х)?|пару|несколько) "
    r"(?:раза?|минут[аеуы]?|мин|час(?:а|ов)?|ч|дн(?:я|ей)|день|сут(?:ки|ок)|недел[яьиюе]"
    r"|месяц(?:а|ев)?|times?|minutes?|hours?|days?)(?!\w)"
)
"""How often and how long: people tell it differently each time."""

_TOKEN = re.compile(r"(?<![^\W_])(?=[^\W\d_]{0,40}\d)[^\W_]+")
_ORDINAL = re.compile(r"(\d+)(?:й|я|е|го|ой|ый|ая|ое|ом|м|му|х|ю|ую|th|st|nd|rd)")
_NUMERALS: Mapping[str, str] = {
    "дв(?:а|е|ух|умя|ум|ое)": "2",
    "втор(?:ой|ая|ое|ого|ому|ую|ым|ом)": "2",
    "перв(?:ый|ая|ое|ого|ому|ую|ым|ом|ой)": "1",
    "тр(?:и|ех|ем|емя|ое)": "3",
    "трет(?:ий|ья|ье|ьего|ьему|ьей|ью|ьим|ьем)": "3",
    "четыр(?:е|ех|ем|ьмя)": "4",
    "четверт(?:ый|ая|ое|ого|ому|ую|ым|ом|ой)": "4",
    "пят(?:ь|и|ью|ый|ая|ое|ого|ому|ую|ым|ом|ой)|пятеро": "5",
    "шест(?:ь|и|ью|ой|ая|ое|ого|ому|ую|ым|ом)": "6",
    "сем(?:ь|и)|седьм(?:ой|ая|ое|ого|ому|ую|ым|ом)": "7",
    "вос(?:емь|ьми|ьмью)|восьм(?:ой|ая|ое|ого|ому|ую|ым|ом)": "8",
    "девят(?:ь|и|ью|ый|ая|ое|ого|ому|ую|ым|ом|ой)": "9",
    "десят(?:ь|и|ью|ый|ая|ое|ого|ому|ую|ым|ом|ой)": "10",
    "двенадцат(?:ь|и|ый|ая|ое|ого|ом|ой|ую)": "12",
    "пятнадцат(?:ь|и|ый|ая|ое|ого|ом|ой|ую)": "15",
    "двадцат(?:ь|и|ью|ый|ая|ое|ого|ом|ой|ую)": "20",
    "тридцат(?:ь|и|ью|ый|ая|ое|ого|ом|ой|ую)": "30",
    "сорока?": "40",
    "one|first": "1",
    "two|second": "2",
    "three|third": "3",
    "four|fourth": "4",
    "five|fifth": "5",
}
_NUMERAL = re.compile(r"\b(?:" + "|".join(f"({word})" for word in _NUMERALS) + r")\b")
_NUMERAL_VALUES = tuple(_NUMERALS.values())

_PLACES: Mapping[str, str] = {
    "кв|квартир[а-я]{1,3}|apt|flat|apartment": "flat",
    "д|дом[ауе]?|house": "house",
    "к|корп|корпус[ауе]?|стр|строени[еяю]|секци[яиюе]|блок|bld|building": "building",
    "уч|участ(?:ок|ка|ке|ку)|villa|вилл[аеуы]": "plot",
    "под|подъезд[ауе]?|парадн[а-я]{2}|entrance": "entrance",
    "этаж[ауе]?|floor": "floor",
    "оф|офис[ауе]?|office|каб|кабинет[ауе]?": "office",
    "въезд[ауе]?|кпп|пост[ауе]?|проходн[а-я]{2}|gate": "gate",
    "ворот[а-я]{0,2}|калитк[а-я]|шлагбаум[а-я]{0,2}|турникет[а-я]{0,2}|двер[а-я]{1,2}|лифт[ауе]?": "door",
    "контроллер[а-я]{0,2}|считывател[а-я]{1,2}|камер[а-я]{0,2}|домофон[а-я]{0,2}|терминал[а-я]{0,2}": "device",
    "мест[оаеу]|машиномест[оаеу]": "parking place",
    "сч[её]т[ауе]?|договор[ауе]?|заказ[ауе]?|накладн[а-я]{2}|пропуск[ауе]?": "paper",
}
_PLACE_KINDS = tuple(_PLACES.values())
_PLACE_WORD = "|".join(f"({words})" for words in _PLACES)
_PLACE = re.compile(
    rf"\b(\d{{1,6}}[а-я]?)(?:-[а-я]{{1,2}})? (?:{_PLACE_WORD})\b"
    rf"|\b(?:{_PLACE_WORD})\b\.?[ -]?(?:№|n|#)? ?(\d{{1,6}}[а-я]?|[а-дa-e])\b"
)

_ONE_OF: tuple[tuple[str, str], ...] = (
    ("month", "январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр"),
    ("weekday", "понедельник|вторник|сред[ау]|четверг|пятниц|суббот|воскресен"),
    (
        "relative",
        (
            "жен[аыеу]|супруг|муж[ауе]?|сын[ауе]?|доч[ькер]|мам[аыеу]|мат[ье]р|отец|отц|пап[аыеу]|бабушк|дед|внук|внучк"
            "|брат|сестр|нян|тещ|свекр|сосед"
        ),
    ),
    (
        "visitor",
        "курьер|такси|гост|сотрудник|арендатор|собственник|посетител|жител|подрядчик|уборщиц|консьерж|охранник",
    ),
    ("direction", "въезд|въезж|выезд|выезж"),
    ("coming or going", "впуска|выпуска|вход[ае]?|выход[ае]?"),
    ("side", "север|юг|южн|восто|запад|лев[ыао]|прав[ыао]|верхн|нижн|передн|задн|главн|централ"),
    ("part of day", "утр[оау]м|вечером|ночью|днем"),
    ("barrier", "шлагбаум|калитк|ворот|турникет|лифт|роллет|двер"),
    ("house part", "подвал|чердак|паркинг|двор|подъезд|колясочн|кладов|лобби|холл"),
    ("vehicle", "прицеп|мотоцикл|грузов|самосвал|велосипед|самокат"),
    ("paper", "акт[аы]?|счет[аы]?|счет-фактур|договор|квитанц|справк"),
)
_ONE_OF_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})[а-я]{{0,4}}\b")) for kind, words in _ONE_OF)

_QUOTED = re.compile(r"[«\"“„]([^«»\"“”„\n]{1,120})[»\"”“]")
_LONG_NUMBER = 5

_LATIN = re.compile(r"[a-z]{2,}")
_CYRILLIC = re.compile(r"[а-я]")
_NAME = re.compile(r"(?:(?<=[\w,;:)»%] )|(?<=\())([А-ЯЁA-Z][а-яёa-z]+)(?![\w@])")
_CALLED = re.compile(
    r"\b(?:гост[а-я]{1,3}|посетител[а-я]{1,3}|сотрудник[а-я]{0,2}|жител[а-я]{1,2}|арендатор[а-я]{0,2}|курьер[а-я]{0,2}"
    r"|собственник[а-я]{0,2}|фамили[яи]|фио:?) ([а-я]{2,16}?(?:[оеё]в|[иы]н|ск|ко|[ую]к|ян|дзе|швили)[а-я]{0,3})\b"
)
_CAPITALISED = re.compile(r"(?<!\w)([А-ЯЁA-Z][а-яёa-z]+)")
_LETTER = re.compile(r"(?<=[а-яёa-z»\"] )[«\"]?([A-ZА-ЯЁ])(?=[\s,.;:»\")]|$)(?! ?\.)")
_INITIALS = re.compile(r"(?<!\w)([А-ЯЁ])\. ?(?:([А-ЯЁ])\.)?")
_NAME_ENDING = re.compile(r"(?<=\w{3})(?:ого|его|ому|ему|ой|ей|ый|ий|ым|им|ом|ем|ую|юю|ая|яя|ою|а|я|у|ю|е|ы|и|о|ь)$")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a text has in digits.

    Attributes:
        all: Numerals in words included; phone numbers by their last ten digits, plates in Latin letters and without
            their region, e-mail addresses.
        plates: Those that are plates.
    """

    all: frozenset[str]
    plates: frozenset[str]

    @property
    def strong(self) -> frozenset[str]:
        """Give those that hardly two requests share by chance."""
        return self.plates | {each for each in self.all if len(each) >= _LONG_NUMBER}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text names.

    Attributes:
        places: By kind ("flat", "entrance"), which ones.
        kinds: By kind ("month", "relative"), which of the words that exclude each other.
        names: Capitalised words within sentences, without their endings.
        capitalised: The same at the beginning of sentences, too: there it may be any word.
        letters: Single capital letters that tell houses or shifts apart, and initials.
        quotes: What stands in quotation marks: error texts, names of firms.
        latin: Latin words of a Russian text.
    """

    places: Mapping[str, frozenset[str]]
    kinds: Mapping[str, frozenset[str]]
    names: frozenset[str]
    capitalised: frozenset[str]
    letters: frozenset[str]
    quotes: frozenset[str]
    latin: frozenset[str]


def plain(text: str) -> str:
    """Give a text in lower case, in one line, with е for ё."""
    return _SPACES.sub(" ", text.lower().replace("ё", "е")).strip()


def without_numbers(said: str) -> str:
    """Blank out what `facts_of` takes for numbers in a plain text."""
    for pattern in (_MAIL, _PLATE, _NUMERAL):
        said = pattern.sub(" ", said)
    return _TOKEN.sub(" ", said)


def name_stem(name: str) -> str:
    """Give a name, in any case of grammar, without its ending."""
    return _NAME_ENDING.sub("", name.lower().replace("ё", "е"))


def facts_of(text: str) -> Facts:
    """Pick out what a text names; never raises."""
    said = _with_digits(plain(text))
    kinds = {kind: frozenset(map(_key, pattern.findall(said))) for kind, pattern in _ONE_OF_PATTERNS}
    is_russian = len(_CYRILLIC.findall(said[:2000])) * 2 > len(said[:2000].replace(" ", ""))
    return Facts(
        places=_places(said),
        kinds={kind: words for kind, words in kinds.items() if words},
        names=frozenset(_names(text, said)),
        capitalised=frozenset(map(name_stem, _CAPITALISED.findall(text))),
        letters=frozenset(_letters(text)),
        quotes=frozenset(plain(found) for found in _QUOTED.findall(text)),
        latin=frozenset(_LATIN.findall(_MAIL.sub(" ", said))) if is_russian else frozenset(),
    )


def _key(word: str) -> str:
    # "въезд" and "въезжаю" are one, "вход" and "выход" are not.
    return "май" if word in {"мая", "мае"} else word[:3]


def _with_digits(said: str) -> str:
    return _NUMERAL.sub(lambda found: _NUMERAL_VALUES[(found.lastindex or 1) - 1], said)


def numbers_of(said: str) -> Numbers:
    """Pick out what a plain text has in digits; never raises."""
    said = _COUNTED.sub(" ", _with_digits(said))
    numbers: list[str] = []
    plates: list[str] = []

    def plate(found: re.Match[str]) -> str:
        core = (found[1] + found[2] + found[3]).translate(_LOOKALIKES)
        plates.append(core)
        if found[4]:
            numbers.append(f"region {found[4]}")
        return " "

    def phone(found: re.Match[str]) -> str:
        numbers.append("".join(filter(str.isdigit, found[0]))[-10:])
        return " "

    def mail(found: re.Match[str]) -> str:
        numbers.append(found[0])
        return " "

    said = _PHONE.sub(phone, _PLATE.sub(plate, _MAIL.sub(mail, said)))
    said = _THOUSANDS.sub(lambda found: found[0].replace(" ", ""), said)
    for token in _TOKEN.findall(said):
        if ordinal := _ORDINAL.fullmatch(token):
            token = ordinal[1]  # noqa: PLW2901  # "2-й" is 2
        if value := token.translate(_LOOKALIKES).lstrip("0"):
            numbers.append(value)
    return Numbers(frozenset((*numbers, *plates)), frozenset(plates))


def _places(said: str) -> Mapping[str, frozenset[str]]:
    places: dict[str, set[str]] = {}
    for found in _PLACE.finditer(said):
        before, *words, after = found.groups()
        kind = next(kind for kind, word in zip(_PLACE_KINDS * 2, words, strict=True) if word)
        places.setdefault(kind, set()).add((before or after).translate(_LOOKALIKES).lstrip("0"))
    return {kind: frozenset(numbers) for kind, numbers in places.items()}


def _names(text: str, said: str) -> Iterator[str]:
    yield from (name_stem(found) for found in _CALLED.findall(said))
    if sum(map(str.isupper, text[:500])) * 2 < len(text[:500]):
        yield from (name_stem(found) for found in _NAME.findall(text))


def _letters(text: str) -> Iterator[str]:
    for found in _LETTER.findall(text):
        yield found.lower().translate(_LOOKALIKES)
    for first, second in _INITIALS.findall(text):
        yield f"{first}.{second}".lower()
