"""What delivery reports say in words: whether a text is one, whom it is about, and whether trying again can help."""

import re
from collections.abc import Sequence

from functions.intake_email.parsing.parsed import BounceKind

_OPENING = 2_000
"""Characters within which a report says that it is one."""

_FAILED_WORDS = (
    r"could ?n[o']t be (?:\w+ )?delivered|(?:can ?not|can't) be delivered|has ?n[o']t been delivered",
    r"were not delivered|was(?: not|n't) (?:able to deliver|delivered)|(?:unable|failed|not able) to deliver",
    r"could(?: not|n't) deliver",
    r"un(?:deliverable|delivered)|nondeliverable|non-delivery|message not delivered|did not reach|failed permanently",
    r"deliver(?:y|ing)\b.{0,60}\b(?:failed|fails|failure|aborted|impossible)|this is the qmail|message blocked",
    r"permanent (?:fatal )?errors?|returned (?:mail|to sender|message)|failure notice|failed recipient",
    r"address (?:couldn't be|could not be|not) found|automatically rejected|error delivering your",
    r"не удалось (?:доставить|отправить)|не (?:может|могут|могло|могла|могли) быть (?:доставлен|отправлен)",
    r"не (?:было |был |были )?доставлен|недоставлен|недоставк|невозможно доставить|не доставля|не дошло",
    r"достав(?:ка|ить)\b.{0,60}\b(?:невозможн|не удал)|(?:сбой|ошибка|проблемы) (?:при )?доставк",
    r"возвра(?:щено|щается|т) отправителю|не (?:смог|смогли|смогла) доставить|адрес не найден|сообщение заблокировано",
)
_DELAYED_WORDS = (
    r"\bdelayed\b|delivery (?:delay|incomplete)|not yet been delivered|this is a warning message",
    r"will (?:be retried|keep trying|retry|continue)|still (?:being retried|trying)",
    r"попыт(?:ки|ка) доставки (?:будут|будет|продолж)|достав\w{0,6} (?:\w+ )?(?:задерж|отлож)|задержк\w достав",
    r"пока не (?:удалось|доставлен)|ещ[её] не доставлен|продолжит попытки|будет повторять попытки",
)
_FAILED, _DELAYED = (re.compile("|".join(words), re.IGNORECASE) for words in (_FAILED_WORDS, _DELAYED_WORDS))
_GIVEN_UP = re.compile(r"giv(?:en|ing) up|permanent|no further attempts|прекращен|больше не будет", re.IGNORECASE)

_COPY = re.compile(
    r"^[ \t]*(?:-{2,}[^\n]{0,80}?(?:copy|original|returned|below|header|копи|исходн|оригинал)"
    r"|(?:original message headers|исходные заголовки|заголовки исходного)"
    r"|(?:received|return-path|message-id|dkim-signature):[ \t])",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the returned letter begins: its addresses and words are ours."""
_QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_NOTICE = 8_000

_ADDRESS = re.compile(r"\w[\w.!#$%&'*+/=?^{|}~-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_INTRODUCING = re.compile(rf"({_ADDRESS.pattern})>?:(?= |$)")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY_CODE = re.compile(r"(?<![\d.:/-])([45][0-7]\d)(?=[- ][\w<#(\"'*]|$)(?![- ]\d{2,3}-\d\d)")
"""Not a telephone number: 8 495 123-45-67."""

_GONE = (
    r"(?:not found|(?:does|do)(?: not|n't) exist|not exist|unknown|no longer|not listed|could(?: not|n't) be found"
    r"|not known|is invalid"
    r"|(?:is|has been|was) (?:currently )?(?:disabled|inactive|suspended|deactivated|closed|deleted|removed))"
)
_GONE_RU = (
    r"(?:не (?:был\w? )?(?:найден|обнаружен|существу|зарегистрирован|действ|активн)|неизвест"
    r"|удал[её]н|отключ[её]н|закрыт|заблокирован|недействител)"
)

# What is said of the mailbox itself is worth more than the number beside it; of the letter, less.
_OF_MAILBOX: tuple[tuple[BounceKind, tuple[str, ...]], ...] = (
    (
        BounceKind.SOFT,  # full
        (
            r"(?:mail|in)box (?:is |was |size )?(?:\w+ )?(?:full|exceed|limit)|quota|\baccount is full|disk full",
            r"insufficient (?:\w+ )?storage|out of storage|not enough (?:disk )?(?:space|storage)",
            r"переполнен|(?:ящик|диск)\w* .{0,40}заполнен|квот|(?:недостаточно|нет|не хватает) (?:свободного )?места",
        ),
    ),
    (
        BounceKind.SOFT,  # not now
        (
            r"gr[ae]y-?list|try(?:ing)? again|temporar|rate limit|throttl|too (?:many|quickly|often)|at a rate that",
            r"deferred|позже|позднее|временн|слишком (?:много|част)|сер(?:ый|ом|ого) списк",
        ),
    ),
    (
        BounceKind.SOFT,  # they doubt our address
        (
            r"sender (?:address|domain|verif|id|policy)|verif\w+ (?:failed for )?sender",
            r"(?:адрес|домен)\w* отправителя",
        ),
    ),
    (
        BounceKind.HARD,  # no such mailbox
        (
            rf"(?:user|recipient|mailbox|account|address|addressee)\b.{{0,80}}?{_GONE}",
            r"unknown (?:local |virtual )?(?:user|recipient|address|mailbox|account|host|domain)",
            r"(?:disabled|inactive|invalid) (?:user|account|mailbox|recipient|address)|no mailbox here",
            r"not our customer|user doesn't have an? [\w.-]{1,60} account",
            r"mx records? (?:point\w* to non-?existent|indicated no smtp)|mx or srv record indicated no smtp",
            r"(?:no|not a) (?:(?:such|valid|known) )+(?:user|mailbox|recipient|address|account|person|domain|host)",
            r"bad destination mailbox|recip(?:ient)? ?not ?found|unroute?able",
            r"recipient address(?:es)? rejected ?: access denied",
            r"nxdomain|nonexistentdomain|null ?mx|couldn't find any host named|does(?: not|n't) accept (?:e-?)?mail",
            r"(?:host|domain)(?: or domain)?(?: name)?\b.{0,60}?(?:not found|does(?: not|n't) exist)",
        ),
    ),
    (
        BounceKind.HARD,  # the same in Russian
        (
            rf"(?:адрес|ящик|получател|пользовател|абонент|домен|уч[её]тн\w+ запис|узел)\w*\b.{{0,80}}?{_GONE_RU}",
            r"не (?:найден|существует)\w* .{0,40}?(?:адрес|ящик|получател|пользовател|домен)|нет так(?:ого|ой)",
            r"такого .{0,40}(?:не существует|нет)|несуществующ|неверный адрес",
            r"неизвестный (?:пользовател|получател|адрес)",
        ),
    ),
)
_OF_LETTER: tuple[tuple[BounceKind, tuple[str, ...]], ...] = (
    (
        BounceKind.SOFT,  # spam and policy
        (
            r"spam|block|blacklist|policy|reputation|dmarc|dkim|\bspf\b|virus|malware|not authori[sz]ed|denied",
            r"filter|relay(?:ing)? (?:is )?(?:not (?:permitted|allowed)|prohibited)",
            r"content|suspicious|спам|заблокирован|политик|репутац|вирус|запрещ|отвергнут|подозр",
        ),
    ),
    (BounceKind.SOFT, (r"too (?:large|big)|size|exceed|слишком больш|размер|превыш",)),
    (
        BounceKind.SOFT,  # the network
        (
            r"time[d-]? ?out|refused|unreachable|expired|could not connect|no route|too long|loop|retry",
            r"lost connection",
            r"not answer|истек|недоступ|соединени|не отвечает",
        ),
    ),
    (BounceKind.HARD, (r"mailbox (?:is )?unavailable|user unavailable",)),
)
_NOTHING_SPECIFIC = re.compile(r"[25]\.\d+\.0|5\.5\.\d+")
_STATUSES: tuple[tuple[BounceKind, tuple[str, ...]], ...] = (
    (BounceKind.SOFT, (r"4\.\d+\.\d+", r"5\.7\.\d+")),
    (BounceKind.HARD, (r"5\.1\.(?:[123469]|10)\b", r"5\.2\.1\b", r"5\.4\.(?:4|310)\b")),
    (BounceKind.SOFT, (r"5\.[12346]\.[1-9]\d*",)),
)
"""Enhanced status codes (RFC 3463; those with three digits are Microsoft's), the first that fits."""
_REPLIES = {"552": BounceKind.SOFT, "554": BounceKind.SOFT}
"""SMTP replies (RFC 5321, 4.2.3) that are said of the letter, though they begin with a 5."""


def _compiled(rows: Sequence[tuple[BounceKind, tuple[str, ...]]]) -> tuple[tuple[BounceKind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile("|".join(phrases), re.IGNORECASE)) for kind, phrases in rows)


_MAILBOX_WORDS, _LETTER_WORDS, _STATUS_KINDS = _compiled(_OF_MAILBOX), _compiled(_OF_LETTER), _compiled(_STATUSES)


def notice(text: str) -> str:
    """Give the report's own words on one line, bounded: without the returned letter and without quotations."""
    text = _QUOTED.sub("", text[: 2 * _NOTICE])
    copy = _COPY.search(text, 1)
    return " ".join(text[: copy.start() if copy else None].split())[:_NOTICE].replace("’", "'")


def tells_failure(words: str) -> bool:
    """Whether words that open a notice say that a letter was not delivered."""
    return bool(_FAILED.search(words, 0, _OPENING))


def tells_delay(words: str) -> bool:
    """Whether words that open a notice say that delivery goes on."""
    return bool(_DELAYED.search(words, 0, _OPENING)) and not _GIVEN_UP.search(words, 0, _OPENING)


def tells_why(words: str) -> bool:
    """Whether words that open a notice say what is wrong with a mailbox."""
    return _said(_MAILBOX_WORDS, words[:_OPENING]) is not None


def addresses(words: str) -> list[str]:
    """Give the addresses in some words, in order."""
    return _ADDRESS.findall(words)


def introducing(words: str) -> frozenset[str]:
    """Give the addresses that what is said of them follows: `<ivan@example.com>: 550 no such user`."""
    return frozenset(_INTRODUCING.findall(words))


def enhanced_status(words: str) -> str | None:
    """Give the first enhanced status code (RFC 3463) of a failure in some words."""
    return next((code for code in _ENHANCED.findall(words) if code[0] != "2"), None)


def reply(words: str) -> str:
    """Give a mail server's reply in some words, from its code on, bounded; empty when there is none."""
    found = _REPLY_CODE.search(words)
    return words[found.start() : found.start() + 300] if found else ""


def kind_of(status: str | None, reason: str, words: str) -> BounceKind:
    """Tell whether trying again can help.

    Args:
        status: Enhanced status code.
        reason: The refusing server's words.
        words: The notice's own words, which often explain at length; they count least.
    """
    specific = status
    if status is None or _NOTHING_SPECIFIC.fullmatch(status):
        specific = enhanced_status(reason) or status
    if specific and specific[0] == "4":
        return BounceKind.SOFT
    known = None if specific is None or _NOTHING_SPECIFIC.fullmatch(specific) else _said(_STATUS_KINDS, specific)
    kind = (
        _said(_MAILBOX_WORDS, reason)
        or known
        or _said(_LETTER_WORDS, reason)
        or _of_reply(reason)
        or _said(_MAILBOX_WORDS, words)
        or _said(_LETTER_WORDS, words)
    )
    return kind or (BounceKind.HARD if specific else BounceKind.SOFT)


def _of_reply(reason: str) -> BounceKind | None:
    found = _REPLY_CODE.search(reason)
    if found is None:
        return None
    return BounceKind.SOFT if found[1][0] == "4" else _REPLIES.get(found[1])


def _said(rows: Sequence[tuple[BounceKind, re.Pattern[str]]], words: str) -> BounceKind | None:
    return next((kind for kind, pattern in rows if pattern.search(words)), None)
