"""Why a letter did not arrive, in words that a specialist can pass on (R9), and whether its address ever will work.

Mail servers answer in every language and style. The enhanced status code (RFC 3463) is looked at first, then their
words; what is not recognised is shown as it came.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.notification import Failure


class Trouble(StrEnum):
    """The kinds of trouble that call for different advice."""

    NO_SUCH_ADDRESS = "no_such_address"
    NO_SUCH_DOMAIN = "no_such_domain"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_DISABLED = "mailbox_disabled"
    TOO_LARGE = "too_large"
    TAKEN_FOR_SPAM = "taken_for_spam"
    SUPPRESSED = "suppressed"
    """The provider keeps the address on a list of those that bounced, complained or unsubscribed."""
    KNOWN_DEAD = "known_dead"
    """We do not write to it: an earlier letter came back for good."""
    TEMPORARY = "temporary"
    """Grey-listing, a busy server, a time-out: the next attempt may pass."""
    API_REFUSED = "api_refused"
    """The provider's API refused the letter itself."""
    OTHER = "other"


_WORDS = {
    Trouble.NO_SUCH_ADDRESS: "адрес не существует",
    Trouble.NO_SUCH_DOMAIN: "почтового домена не существует или он не принимает почту",
    Trouble.MAILBOX_FULL: "ящик переполнен",
    Trouble.MAILBOX_DISABLED: "ящик отключён",
    Trouble.TOO_LARGE: "письмо слишком велико для почтового сервера клиента",
    Trouble.TAKEN_FOR_SPAM: "почтовый сервер клиента принял письмо за спам или не доверяет отправителю",
    Trouble.SUPPRESSED: "почтовый сервис не пишет на этот адрес: прежние письма вернулись или получатель отказался",
    Trouble.KNOWN_DEAD: "прежнее письмо на этот адрес вернулось как недоставляемое",
    Trouble.TEMPORARY: "почтовый сервер клиента временно не принимает письма",
    Trouble.API_REFUSED: "почтовый сервис отказался отправлять письмо",
}

KNOWN_DEAD_REASON = "an earlier letter to this address bounced for good"
"""How a letter's failure says that we held it back ourselves."""

# The second and third numbers of the status code say what is wrong, whatever the first (RFC 3463, 3; IANA's registry).
_STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BY_STATUS = {
    **dict.fromkeys(("1.1", "1.0", "1.3", "1.6", "1.10"), Trouble.NO_SUCH_ADDRESS),
    **dict.fromkeys(("1.2", "4.4"), Trouble.NO_SUCH_DOMAIN),
    "2.1": Trouble.MAILBOX_DISABLED,
    "2.2": Trouble.MAILBOX_FULL,
    **dict.fromkeys(("2.3", "3.4"), Trouble.TOO_LARGE),
    **dict.fromkeys(("4.1", "4.2", "4.7", "3.2", "4.5"), Trouble.TEMPORARY),
}
_SECURITY = "7."
_BY_WORDS = (
    (Trouble.KNOWN_DEAD, re.escape(KNOWN_DEAD_REASON)),
    (Trouble.SUPPRESSED, r"(?:bounced|unsubscribed|spam reporting) address|recipient list over package quota"),
    (Trouble.MAILBOX_FULL, r"(?:mailbox|inbox|quota|storage|ящик)\W.{0,40}?(?:full|exceed|over|переполн)|over ?quota"),
    (Trouble.MAILBOX_DISABLED, r"(?:mailbox|account|user)\b.{0,30}(?:disabled|inactive|suspended|blocked|отключ)"),
    (
        Trouble.NO_SUCH_ADDRESS,
        (
            r"(?:no such|unknown|invalid|non-?existent)\s(?:user|mailbox|recipient|address|account|local)"
            r"|(?:user|mailbox|recipient|address|account)\b.{0,60}?"
            r"(?:unknown|not found|does(?: not|n't) exist|invalid|unavailable|rejected)"
            r"|\bno mailbox\b|^invalid$|не существует|не найден"
        ),
    ),
    (
        Trouble.NO_SUCH_DOMAIN,
        (
            r"(?:host|domain)\b.{0,40}(?:not found|unknown|does(?: not|n't) exist|invalid)|nxdomain|no mx"
            r"|unable to (?:get|find|resolve) mx"
        ),
    ),
    (Trouble.TOO_LARGE, r"(?:message|size)\b.{0,30}(?:too (?:large|big)|exceed)"),
    (Trouble.TAKEN_FOR_SPAM, r"spam|blocked|blacklist|block ?list|reputation|policy|dmarc|\bspf\b|dkim|спам"),
    (Trouble.TEMPORARY, r"try (?:again|later)|temporar|grey|gray|timed? ?out|too many|rate limit|busy|deferred"),
)
_FIND = tuple((trouble, re.compile(words, re.IGNORECASE)) for trouble, words in _BY_WORDS)

_REASON_LENGTH = 300

# Of these the provider, or the mail server, says that the next letter will fare no better.
_FOR_GOOD = frozenset({Trouble.NO_SUCH_ADDRESS, Trouble.NO_SUCH_DOMAIN, Trouble.MAILBOX_DISABLED})
_MAY_PASS = frozenset({Trouble.MAILBOX_FULL, Trouble.TOO_LARGE, Trouble.TAKEN_FOR_SPAM, Trouble.TEMPORARY})


@dataclass(frozen=True, slots=True)
class DeadAddress:
    """An address that gets no more letters until a person says so (R9).

    Attributes:
        address: In lower case.
        since: When that became known.
        reason: The mail server's words.
        notification: The letter by which it became known; None when the provider did not say which it was.
    """

    address: str
    since: datetime
    reason: str
    notification: str | None


def classify(reason: str) -> Trouble:
    """Give the kind of trouble that a mail server's words, or the provider's, stand for."""
    text = reason[: _REASON_LENGTH * 4]
    # A word for it beats the status: many servers say 5.7.1, or 5.0.0, and then what is really wrong.
    by_words = next((trouble for trouble, words in _FIND if words.search(text)), Trouble.OTHER)
    status = _STATUS.search(text)
    if status is None:
        return by_words
    subject = f"{status[1]}.{status[2]}"
    known = _BY_STATUS.get(subject)
    if known is not None:
        return known
    if subject.startswith(_SECURITY) and by_words is Trouble.OTHER:
        return Trouble.TAKEN_FOR_SPAM
    return by_words


def explain(failure: Failure) -> str:
    """Say in Russian why a letter did not arrive; begins in lower case, ends without a full stop."""
    trouble = Trouble.API_REFUSED if failure.status is not None else classify(failure.reason)
    words = " ".join(failure.reason.split())[:_REASON_LENGTH]
    if trouble is Trouble.KNOWN_DEAD:
        return _WORDS[trouble]
    if trouble is Trouble.OTHER:
        return f"причина неизвестна, ответ сервера: «{words}»" if words else "причина неизвестна"
    return f"{_WORDS[trouble]} (ответ: «{words}»)" if words else _WORDS[trouble]


def is_for_good(event: DeliveryEvent) -> bool:
    """Tell whether an event says that its address will never work: it bounced hard, now or earlier."""
    reason = f"{event.status} {event.reason}".strip()
    trouble = classify(reason)
    match event.report:
        case Report.BOUNCED:
            return trouble not in _MAY_PASS
        case Report.DROPPED:
            return trouble in _FOR_GOOD or "bounced address" in reason.lower()
        case _:
            return False
