"""How strange a text looks: tells a right reading of bytes from a wrong one, by what letters follow each other.

Only the letters of Russian and its neighbours are judged by their frequencies; of everything else it is enough to know
that letters of one script stand together, and that symbols, unassigned and replaced characters seldom do.
"""

import re
import unicodedata
from operator import add

_LETTERS = " абвгдежзийклмнопрстуфхцчшщъыьэюяіј"
"""The table's columns: the end of a word, Russian letters, `і` for all that only Ukrainian and Belarusian have,
`ј` for all other Cyrillic letters.
"""
_FOLLOWS = {
    " ": "93334356337343332323345545898957567",
    "а": "26434445364333274332554445599994356",
    "б": "42668638639426327247384578443778547",
    "в": "31857527729335325444495885673689547",
    "г": "32655439929635417256386869997868859",
    "д": "32645424529445324345385655974666558",
    "е": "26544355454333254233665555599987786",
    "ж": "42478318929356246757399977995769858",
    "з": "41436347739453226456398676983598559",
    "и": "25534436343343355332844445699994396",
    "й": "07657469669435456523878675997997689",
    "к": "31758837729637527333386497988767947",
    "л": "32576625729557327956378969995283349",
    "м": "22447729929554424758388878993878549",
    "н": "32864428629578329843456667992586449",
    "о": "27323344453333353333765545799987567",
    "п": "42889929939548515155397687975787659",
    "р": "31645524729564426544375775984667459",
    "с": "33547636939235433541475655974487359",
    "т": "22639629729456325336377969984267659",
    "у": "24434334465333363323756635499963656",
    "ф": "42986839917735618254347999996579739",
    "х": "13749739939865426355477898998769849",
    "ц": "32747729619479746667497499994366539",
    "ч": "42869816929357258763497875995659959",
    "ш": "32859919919346347443499759995669756",
    "щ": "52999919919999659999399999999599979",
    "ъ": "99646415499435544243996658499998299",
    "ы": "28435427492442594443972644799998569",
    "ь": "19666659378385257833979574899994469",
    "э": "36544486564223274332635553999998769",
    "ю": "17456595676566586452989629199975959",
    "я": "08646436496553476453785567499974569",
    "і": "14434365493333255333665444699995349",
    "ј": "31657619829456446544299676999999996",
}
"""What it costs, in nats (the negative logarithm of the frequency), that a letter is followed by each of `_LETTERS`.

Counted over the different words of Russian translations of free programs, with a share of Ukrainian, Belarusian,
Serbian and Bulgarian ones.
"""
_CYRILLIC = _LETTERS.strip()
_KINDS = " кaé«»—№#═?漢罕α"
"""The columns of what follows: end of a word (also digits and punctuation of ASCII), Cyrillic, ASCII letters, other
Latin letters, opening quotes, closing ones, dashes and fixed spaces, № and §, other symbols, lines of boxes, replaced
and control characters, common characters of East Asia, rare ones, letters of other scripts.
"""
_KINDS_FOLLOW = {
    " ": "0-032322429354",
    "к": "--797367969799",
    "a": "07031026569587",
    "é": "29362124669899",
    "«": "25121332449243",
    "»": "18587234449475",
    "—": "16262222449243",
    "№": "03542223559585",
    "#": "47564245629687",
    "═": "26664445209669",
    "?": "99999999999999",
    "漢": "37583225669478",
    "罕": "59895448869789",
    "α": "29794335769894",
}
"""What it costs, in nats, that one kind is followed by another; `-`: see `_FOLLOWS`. Estimated."""
_TYPOGRAPHIC = {char: kind for kind in "«»—" for char in {"«": "«„“‘", "»": "»”’…", "—": "–—‐‑\xa0\u202f"}[kind]}
_NEIGHBOURS = dict(zip("ёїєґўәғқңөұүһ", "еіііі" + "агкноуух", strict=True))
"""Letters, Ukrainian, Belarusian and Kazakh ones among them, and which of `_LETTERS` they are counted as."""
_SIGN_OF = {"№": "№", "§": "№", "─": "═", "═": "═"}
_LOW_THEN_CAPITAL = re.compile(r"[\u0430-\u045f][\u0400-\u042f]")
_LOW_THEN_CAPITALS = re.compile(r"[\u0430-\u045f][\u0400-\u042f]{2}")
_CAPITALS_THEN_LOW = re.compile(r"[\u0400-\u042f]{2}[\u0430-\u045f]")
_CAPITAL_AFTER_CAPITAL = re.compile(r"(?<=[\u0400-\u042f])[\u0400-\u042f]")
_KEPT_BELOW = 0x3000


def cost(text: str) -> float:
    """Say how strange a text looks: the negative logarithm, in nats, of a likelihood that is good for comparisons only.

    Two readings of the same bytes may be compared. Text in ASCII costs nothing.
    """
    signs = f" {text.lower().translate(_SIGNS)} "
    pairs = map(add, signs, signs[1:])
    return (
        sum(map(_COSTS.__getitem__, pairs))
        + 4.0 * len(_LOW_THEN_CAPITAL.findall(text))
        + 5.0 * len(_LOW_THEN_CAPITALS.findall(text))
        + 2.0 * len(_CAPITALS_THEN_LOW.findall(text))
        + 0.2 * len(_CAPITAL_AFTER_CAPITAL.findall(text))
    )


def _cost_table() -> dict[str, int]:
    costs = {}
    for first in _KINDS:
        for second, digit in zip(_KINDS, _KINDS_FOLLOW[first], strict=True):
            for a in _CYRILLIC if first == "к" else first:
                for b in _CYRILLIC if second == "к" else second:
                    costs[a + b] = int(_FOLLOWS[a][_LETTERS.index(b)] if digit == "-" else digit)
    return costs


class _Signs(dict[int, str]):
    """For `str.translate`: what stands in the tables for a character in lower case."""

    def __missing__(self, code: int) -> str:
        sign = _sign(chr(code))
        if code < _KEPT_BELOW:
            self[code] = sign
        return sign


def _sign(char: str) -> str:
    if char in _CYRILLIC:
        return char
    if char.isascii():
        return "a" if char.isalpha() else " "
    return _symbol_sign(char) or _letter_sign(char)


def _symbol_sign(char: str) -> str | None:
    if char in _TYPOGRAPHIC:
        return _TYPOGRAPHIC[char]
    if char in _SIGN_OF:
        return _SIGN_OF[char]
    category = unicodedata.category(char)
    if category in {"Cc", "Cn", "Co", "Cs"} or char == "\ufffd":
        return "?"
    if category[0] not in "LM" and not "\u3000" <= char <= "\uffef":
        return "#"
    return None


def _letter_sign(char: str) -> str:
    if "\u0400" <= char <= "\u052f":
        return _NEIGHBOURS.get(char, "ј")
    if "\xc0" <= char <= "\u024f" or "\u1e00" <= char <= "\u1eff":
        return "é"
    if "\u3000" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3" or "\uff01" <= char <= "\uff65":
        return "漢"
    if "\u3400" <= char <= "\u9fff":
        # The first level of GB 2312 holds the characters of daily use, in rows 16 to 55.
        return "漢" if b"\xb0" <= char.encode("gb2312", "replace") < b"\xd8" else "罕"
    return "α"


_SIGNS = _Signs()
_COSTS = _cost_table()
