"""Subjects by which answering machines give themselves away, where their headers are silent.

A robot's subject is a formula, followed by nothing, by dates, or, after a colon, by the subject that it answers. A
person who writes *about* automatic answers makes a sentence of it; so every pattern must fit the whole subject.
"""

import re
from functools import cache

_TAGS = r"(?:\[[^\]#]{1,20}\]\s*|\*{2,9}\w{1,20}\*{2,9}\s*){0,3}"
"""What gateways put before a subject: `[EXTERNAL]`, `***SPAM***`."""

# A robot echoes a subject as it was, a person goes on in lower case: "Автоответ: не приходит".
_REMARK = (
    r"(?-i:(?:не|нет|как|почему|зачем|можно|когда|где|прошу|просьба|помогите|what|why|how|does|is not|not working)\b"
    r"|нужн|вопрос|проблем|ошибк|problem|question)"
)
_ECHO = rf"\s?[:：]\s*+(?!{_REMARK}).*"
_OF_OURS = r"\s?: (?:(?:re|fwd?|отв) ?: ?)*+\[#\d{1,9}\].*"
"""The subject of a letter of ours: more than a person would write behind such a word."""
_END = r"[\s.!)\]]*"

_MONTH = (
    r"(?:январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр|ноябр|декабр)\w{0,3}"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{0,6}"
)
_DATES = (
    r"(?:[\s,.;:()/–—-]+|\d+|(?:до|с|со|по|и|года?|г|числа|включительно|вернусь|выйду|буду|сегодня|завтра|понедельника?"
    rf"|until|till|from|to|through|and|the|returning|return|back|on|of|th|st|nd|rd|{_MONTH})\b)*+"
)
_OUT_RU = (
    r"(?:вне офиса|не в офисе|отсутству(?:ю|ет) (?:в офисе|на рабочем месте)|нет на (?:рабочем )?месте|в отпуске"
    r"|в командировке|на больничном)"
)
_OUT_EN = (
    r"(?:out of (?:the )?office|away from (?:the |my )?office|on (?:vacation|holiday)"
    r"|on (?:annual |sick |parental )?leave)"
)
_NAME = r"(?-i:[А-ЯЁA-Z])[\w.-]{0,40}(?: (?-i:[А-ЯЁA-Z])[\w.-]{0,40}){1,3}"

_ROWS: tuple[tuple[str, str], ...] = (
    ("automatic reply", rf"автоматический (?:ответ|отклик)(?:{_ECHO}|{_END})"),
    ("automatic reply", rf"авто-?ответ(?:чик)?(?:{_ECHO}|{_END})"),
    ("automatic reply", rf"автоматичн[аі] відповідь(?:{_ECHO}|{_END})"),
    ("automatic reply", rf"automatic (?:reply|response|answer)(?:{_ECHO}|{_END})"),
    ("automatic reply", rf"auto[- ]?(?:reply|response|responder|answer)(?:{_ECHO}|{_END})"),
    ("automatic reply", r"\[(?:auto(?:matic)?[- ]?(?:reply|response)|авто-?ответ)\].*"),
    ("automatic reply", rf"авто-?ответ на (?:ваше )?(?:письмо|сообщение){_ECHO}"),
    ("automatic reply", rf"(?!auto\s?:\s*\w?\d)auto{_ECHO}"),
    ("automatic reply", rf"(?:automatische antwort|réponse automatique|respuesta automática){_ECHO}"),
    ("out of office", rf"(?:авто\s?:\s*)?(?:(?:я|сейчас|нахожусь|временно) ){{0,3}}{_OUT_RU}{_DATES}"),
    ("out of office", rf"(?:авто\s?:\s*)?{_NAME} (?:(?:сейчас|находится|временно) ){{0,2}}{_OUT_RU}{_DATES}"),
    ("out of office", rf"авто\s?:.*{_OUT_RU}.*"),
    ("out of office", rf"{_OUT_RU}{_ECHO}"),
    ("out of office", rf"(?:(?:i am|i'm|i’m|currently) ){{0,2}}{_OUT_EN}{_DATES}"),
    ("out of office", rf"{_NAME} is (?:currently )?{_OUT_EN}{_DATES}"),
    ("out of office", rf"{_OUT_EN}(?: (?:auto[- ]?reply|message|reply|notification|response))?(?:{_ECHO}|{_END})"),
    ("out of office", rf"(?:abwesenheitsnotiz|abwesend){_ECHO}"),
    ("read receipt", rf"(?:уведомление|отч[её]т|извещение) о (?:про)?чтении(?: письма| сообщения)?(?:{_ECHO}|{_END})"),
    ("read receipt", r"уведомление о прочтении \((?:показано|отображено|displayed)\).*"),
    ("read receipt", rf"(?:прочтено|прочитано|не прочтено|not read){_ECHO}"),
    ("read receipt", rf"(?:read|не прочитано|удалено без прочтения){_OF_OURS}"),
    ("read receipt", rf"(?:read|return) receipt(?: \(displayed\).*|{_ECHO}|{_END})"),
    (
        "delivery report",
        r"undelivered mail returned to sender|returned mail: see transcript for details|failure notice",
    ),
    ("delivery report", r"mail delivery (?:failed: returning message to sender|failure|system)"),
    ("delivery report", r"delivery status notification ?\(.*"),
    ("delivery report", rf"(?:undeliverable|недоставлено|недоставляемо){_ECHO}"),
    ("delivery report", rf"(?:не доставлено|не уда[её]тся доставить|не удалось доставить|доставлено){_OF_OURS}"),
)
"""Kind of robot → its formula; whole subject, case ignored."""

_KINDS = tuple(dict(_ROWS))
_LONGEST = 300


@cache
def _subject(*kinds: str) -> re.Pattern[str]:
    formulas = "|".join(formula for kind, formula in _ROWS if kind in kinds)
    return re.compile(f"{_TAGS}(?:{formulas})", re.IGNORECASE)


_ANY = _subject(*_KINDS)


def robot_subject(subject: str) -> str | None:
    """Say which kind of robot writes such a subject, in English; None when a person may have written it."""
    line = " ".join(subject[:_LONGEST].split())
    if _ANY.fullmatch(line) is None:  # as most are
        return None
    return next(f"subject of a robot: {kind}" for kind in _KINDS if _subject(kind).fullmatch(line))
