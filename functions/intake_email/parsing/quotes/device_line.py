"""The last line that telephones and mail programs add by themselves: `Отправлено с iPhone`."""

import re

from functions.intake_email.parsing.quotes.attributions import visible

_LONGEST = 2_000
"""Characters; a longer line is text, whatever it contains."""

_BRACKETS = dict.fromkeys(map(ord, '[]"«»'))
_LINK = re.compile(r"[<(\[] ?https?://[^<>()\[\]\s]{0,1000} ?[>)\]]|https?://\S{1,1000}")
_DEVICE_LINES: tuple[str, ...] = (
    r"отправлено с (?:мо(?:его|ей) |мобильного |устройства |смартфона |телефона |планшета ){0,3}MODEL",
    r"отправлено со смартфона(?: MODEL)?",
    r"отправлено с (?:моего |мобильного ){0,2}(?:устройства|смартфона|телефона|планшета)",
    r"отправлено (?:из|через|с помощью) (?:ADJECTIVE ){0,3}PROGRAM",
    r"отправлено из мобильной почты",
    r"надіслано з (?:мого )?MODEL",
    r"(?:скача(?:ть|йте)|получит[ье]|загрузит[ье]|get|download) (?:outlook|bluemail|yahoo mail|mymail) FOR DEVICE",
    r"sent (?:from|via|with|using) (?:my |the |a |new )?(?:mobile )?(?:MODEL|PROGRAM)",
    r"sent from my (?:mobile|phone|smartphone|tablet)(?: device)?",
    r"(?:простите за краткость, создано в|please excuse my brevity, sent (?:from|with)) k-9 mail",
    r"отправлено с (?:моего )?(?:устройства android|android[ -]устройства) с помощью k-9 mail\. простите за краткость",
    r"sent from my android (?:device|phone|tablet) with k-9 mail\. please excuse my brevity",
)
_ADJECTIVE = r"(?:мобильно[йг]о?|приложения|новой|защищ[её]нной|электронной|почтового клиента)"
_PROGRAM = (
    r"(?:outlook(?: mobile)?|яндекс[. ]?почты|yandex[. ]?mail|почты mail(?:\.ru)?|почты yahoo|yahoo mail"
    r"|почт[ыа](?: proton ?mail)?|proton ?mail(?: secure email)?|почты vk|mail(?:\.ru)?|mymail|gmail|bluemail|spark"
    r"|vk work(?:mail|space)|aqua mail|nine|edison mail|мойофис(?: почт[аы])?|rambler(?:/почт[аы])?)"
    r"(?: (?:на|для|for|on) (?:мобильных|mobile|DEVICE(?: \d{1,2})?)| app)?"
)
_DEVICE = (
    r"(?:iphone|ipad|ipod|mac|macbook|apple|android|ios|windows|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|realme"
    r"|oppo|vivo|nokia|sony|lg|asus|tecno|infinix|oneplus|google pixel|pixel|blackberry)"
)


def _device_line() -> re.Pattern[str]:
    shapes = "|".join(_DEVICE_LINES)
    for word, pattern in (
        ("FOR", "(?:для|for)"),
        ("ADJECTIVE", _ADJECTIVE),
        ("PROGRAM", _PROGRAM),
        ("MODEL", "DEVICE(?: [a-z0-9+-]{1,20}){0,4}"),
        ("DEVICE", _DEVICE),
    ):
        shapes = shapes.replace(word, pattern)
    return re.compile(rf"(?:{shapes})[ .:!]{{0,3}}", re.IGNORECASE)


_DEVICE_LINE = _device_line()


def trimmed(lines: list[str]) -> list[str]:
    """Leave out the blank lines at both ends."""
    start, end = 0, len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]


def without_device_line(lines: list[str]) -> list[str]:
    """Leave out the last line when a telephone or a mail program wrote it, with the mark of a signature above it."""
    if not lines or len(lines[-1]) > _LONGEST:
        return lines
    last = " ".join(_LINK.sub(" ", visible(lines[-1])).translate(_BRACKETS).split())
    if not _DEVICE_LINE.fullmatch(last):
        return lines
    rest = trimmed(lines[:-1])
    return trimmed(rest[:-1]) if rest and rest[-1].strip() in {"--", "—", "__"} else rest
