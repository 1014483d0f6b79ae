"""What mail programs write above the letter that they quote: tables of wordings, Russian and English.

There is no standard for these lines (RFC 3676, 4.5 covers the `>` alone); the wordings are those of Gmail, Yandex Mail,
Mail.ru, Outlook, Thunderbird, Roundcube, The Bat!, Apple Mail, Zimbra, Lotus Notes, Bitrix24, KMail, Evolution and the
telephones' own programs. A line is first reduced: an address, a moment and a verb of writing become one word each; what
is left is compared with a table of shapes. Every expression is linear or sees a bounded line.
"""

import re
from enum import Enum


class Evidence(Enum):
    """What must follow a line for it to be an attribution."""

    ALONE = "nothing: only a program writes such a line, what follows is history"
    QUOTE = "quoted lines: a person could have written the line as well"
    PARAGRAPH = "quoted lines, and an empty line before it: it is in a language that is not known here"


LONGEST = 600
"""Characters of an attribution with its wrapped lines; anything longer is text."""

_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2063\u2066\u2067\u2068\u2069\ufeff")
)

_MONTH = (
    r"(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-zа-яё]{0,8}\.?"
)
_WEEKDAY = (
    r"(?:понедельник|вторник|сред[ау]|четверг|пятниц[ау]|суббот[ау]|воскресенье|пн|вт|ср|чт|пт|сб|вс"
    r"|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\.?,?"
)
_DATE = (
    rf"(?:\d{{1,2}}\.? {_MONTH},?(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d))(?: ?г\.?| года)?"
)
_TIME = (
    r"\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?"
    r"(?: \(?(?:gmt|utc|msk|мск)? ?(?:[+-]\d{1,2}(?::?\d\d)?)?\)?(?= |,|:|$))?(?: \([a-zа-яё]{2,5}\))?"
)
_MOMENT = rf"(?:{_WEEKDAY} )?{_DATE}(?:,? ?(?:в |at |@ )?{_TIME})|{_TIME},? (?:{_WEEKDAY} )?{_DATE}"

_WORDS: tuple[tuple[str, str], ...] = (
    (r"[<(\[](?:mailto:)? ?[^<>()\[\]@]{1,100}@[^<>()\[\]]{1,150}[>)\]]", "‹address›"),
    (r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,200}", "‹mail›"),
    (rf"(?<!\w){_WEEKDAY} {_DATE},? (?:в )?\d{{1,2}}:\d\d(?::\d\d)?(?: ?[ap]m)? [+-]\d\d:?\d\d(?!\w)", "‹stamp›"),
    (rf"(?<!\w)(?:{_MOMENT})(?!\w)", "‹moment›"),
    (rf"(?<!\w)(?:{_WEEKDAY} )?{_DATE}(?!\w)", "‹date›"),
    (r"\b(?:написал|писал) ?\(-?[аa]\)", "‹wrote(a)›"),
    (r"(?<![‹\w])(?:написал[аи]?|писал[аи]?|пишет|написано|wrote|writes)\b", "‹wrote›"),
)
_REDUCTIONS = tuple((re.compile(pattern, re.IGNORECASE), word) for pattern, word in _WORDS)

# NAME: whoever wrote, nothing in it reduced but a bare address. LATER: a name unlike a sentence that goes on.
_NAME = r"(?:[^‹›]|‹mail›){1,200}"
_SHAPES: tuple[tuple[str, Evidence], ...] = (
    # Gmail, Yandex Mail, Bitrix24: пн, 23 нояб. 2026 г. в 12:34, Иван <ivan@example.ru>:
    (r"‹moment›,? LATER?‹address› ?:", Evidence.ALONE),
    # Mail.ru, often without the address: Понедельник, 23 ноября 2026, 12:34 +03:00 от Иван <ivan@mail.ru>:
    (r"‹stamp› (?:от|from) NAME?(?:‹address›)? ?:", Evidence.ALONE),
    # Apple Mail, Yahoo, Proton: 23 нояб. 2026 г., в 12:34, Иван написал(а):
    (r"(?:в |на |on )?‹moment›,? NAME(?:‹address›)?,? ?‹wrote\(a\)›:", Evidence.ALONE),
    # Gmail of old, KMail: 23 ноября 2026 г., 12:34 пользователь Иван <ivan@example.ru> написал:
    (r"(?:в (?:письме|сообщении) от )?‹moment›,? пользователь NAME?‹address›,? ?WROTE:", Evidence.ALONE),
    # everybody's English: On Mon, Nov 23, 2026 at 12:34 PM Ivan <ivan@example.ru> wrote:
    (r"on ‹moment›,? NAME?‹address›,? ?WROTE:", Evidence.ALONE),
    # Spark, BlueMail (its «п» is its own mistake): 23 нояб. 2026 г., 12:34 +0300, Иван <ivan@example.ru>, писал:
    (r"(?:в |на |on )?(?:‹moment›|‹date›),? NAME?‹address›,? ?WROTE:п?", Evidence.ALONE),
    # Opera, Roundcube with addresses: Иван <ivan@example.ru> писал(а) в своём письме Mon, 23 Nov 2026 12:34:56 +0300:
    (r"NAME‹address›,? WROTE,? (?:в своём письме |on |в )?‹moment›:", Evidence.ALONE),
    (r"NAME‹address›,? (?:в |on )?‹moment›,? WROTE:", Evidence.ALONE),
    # Roundcube: Иван писал(а) 2026-11-23 12:34:
    (r"NAME ‹wrote\(a\)› (?:в )?‹moment›:", Evidence.ALONE),
    # Android, Zoho: ---- Пользователь Иван написал ----
    (r"-{3,} ?(?:on |в |вкл\.? )?(?:‹moment›,? )?NAME?(?:‹address›,? )?WROTE:? ?-{3,}", Evidence.ALONE),
    # Thunderbird, Evolution: 23.11.2026 12:34, Иван Петров пишет:
    (r"(?:-{5} )?(?:в |на |on |в (?:письме|сообщении) от )?‹moment›,? NAME(?:‹address›)?,? ?WROTE:", Evidence.QUOTE),
    # Mail.ru with another moment, Yandex Mail without brackets: 23.11.2026, 12:34, ivan@example.ru:
    (r"‹moment›,? (?:(?:от|from) )?NAME?(?:‹address›|‹mail›) ?:|‹moment› (?:от|from) NAME:", Evidence.QUOTE),
    # The Bat!, Thunderbird of old, Lotus Notes: Вы писали 23 ноября 2026 г., 12:34:30:
    (r"NAME,? WROTE,? (?:on |в )?‹moment›:", Evidence.QUOTE),
    # Gnus: Ivan <ivan@example.ru> writes:
    (r"NAME‹address›,? WROTE:", Evidence.QUOTE),
    # Horde: Цитирую Иван <ivan@example.ru>:
    (r"(?:цитирую|quoting) NAME?(?:‹address›|‹mail›) ?:", Evidence.QUOTE),
)
_BY_WHOM_FIRST = "NAME"


def _compiled(shape: str) -> re.Pattern[str]:
    shape = shape.replace("LATER?", rf"(?:(?-i:(?![а-яё])){_NAME})?").replace("NAME?", f"(?:{_NAME})?")
    shape = (
        shape.replace("‹moment›", "(?:‹moment›|‹stamp›)")
        .replace("NAME", _NAME)
        .replace("WROTE", r"(?:‹wrote›|‹wrote\(a\)›)")
    )
    return re.compile(shape, re.IGNORECASE)


_TABLE = tuple((_compiled(shape), evidence, shape.startswith(_BY_WHOM_FIRST)) for shape, evidence in _SHAPES)

LAST_LINE = (":", "：", ":п", "---")
"""How the last line of an attribution ends; a cheap look before the dear one."""

_LINKED = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}@[\w.-]{1,200}) ?<mailto:[^<>]{0,200}>", re.IGNORECASE)
_MAILTO = re.compile(r"<mailto:", re.IGNORECASE)
_TWICE = re.compile(r"<([^<>]{0,200})<[^<>]{0,200}> ?>")
_ANY_LANGUAGE = re.compile(
    r"(?=.{0,500}(?<!\d)\d{1,2}:\d\d(?!\d))(?=.{0,500}(?<!\d)20\d\d(?!\d)).{0,500}"
    r"< ?[^<>@\s]{1,64}@[^<>]{3,200}>.{0,60}[:：]"
)
"""Ukrainian, Kazakh, German, Turkish, Chinese and so on: пн, 23 лист. 2026 р. о 12:34 Іван <ivan@example.com> пише:"""
_WORTH_A_LOOK = re.compile(r"@|\d:\d\d|wr[oi]te|писа|пиш", re.IGNORECASE)


def visible(line: str) -> str:
    """The line with single, ordinary spaces and without marks that cannot be seen."""
    return " ".join(line.translate(_INVISIBLE).split())


def attribution(text: str) -> tuple[Evidence, bool] | None:
    """Whether this is, as a whole, a line by which a mail program introduces what it quotes.

    Args:
        text: A line, or several that belong together, joined by spaces, without quotation marks before them.

    Returns:
        What must follow for it to be one, and whether it begins with the name: its beginning is then uncertain.
    """
    if not 12 <= len(text) <= LONGEST or not _WORTH_A_LOOK.search(text):  # noqa: PLR2004  # "a@b.ru wrote:"
        return None
    reduced = _TWICE.sub(r"<\1>", _MAILTO.sub("<", _LINKED.sub(r"\1", text)))
    for pattern, word in _REDUCTIONS:
        reduced = pattern.sub(word, reduced)
    # A name that is an address, too: Иван (ivan@example.ru) <ivan@example.ru>
    reduced = reduced.replace("‹address› ‹address›", "‹address›")
    for shape, evidence, by_whom_first in _TABLE:
        if shape.fullmatch(reduced):
            return evidence, by_whom_first
    # Of a moment in a known language, the shapes above know whether a program wrote the line.
    foreign = "‹moment›" not in reduced and "‹stamp›" not in reduced and _ANY_LANGUAGE.fullmatch(text)
    return (Evidence.PARAGRAPH, True) if foreign else None
