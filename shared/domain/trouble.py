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
    NOT_NEEDED = "not_needed"
    """We did not send it: another letter took its place, or what it was to say was so no longer."""
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
    Trouble.NOT_NEEDED: "письмо не понадобилось: его заменило другое, или сообщать стало не о чем",
}

SUPERSEDED_REASON = "a later copy of this letter was asked for"
"""How a letter's failure says that it was not sent because a later copy takes its place."""

OVERTAKEN_REASON = "what this letter was to say was so no longer"
"""How a letter's failure says that it was not sent because its ticket has gone on: completed, merged, taken apart."""

ERASED_REASON = "the client's personal data were erased"
"""How a letter's failure says that it was not sent because its client wished to be forgotten."""

NOT_NEEDED = frozenset({SUPERSEDED_REASON, OVERTAKEN_REASON, ERASED_REASON})
"""Reasons for which a letter was not sent, and nobody misses it."""

KNOWN_DEAD_REASON = "an earlier letter to this address bounced for good"
"""How a letter's failure says that we held it back ourselves."""

# The second and third numbers of the status code say what is wrong, whatever the first (RFC 3463, 3; IANA's registry).
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BY_STATUS = {
    **dict.fromkeys(("1.1", "1.0", "1.3", "1.6", "1.10"), Trouble.NO_SUCH_ADDRESS),
    **dict.fromkeys(("1.2", "4.4"), Trouble.NO_SUCH_DOMAIN),
    "2.1": Trouble.MAILBOX_DISABLED,
    "2.2": Trouble.MAILBOX_FULL,
    **dict.fromkeys(("2.3", "3.4"), Trouble.TOO_LARGE),
    **dict.fromkeys(("4.1", "4.2", "4.7", "3.2", "4.5"), Trouble.TEMPORARY),
    **dict.fromkeys(("1.7", "1.8"), Trouble.TAKEN_FOR_SPAM),
}
_SECURITY = "7."
# A reply without a status code says with its first digit whether it is final (RFC 5321, 4.2.1).
_REPLY = re.compile(r"^\W{0,3}([245])\d\d\b")
_PASSING = "4"
# What stands in addresses and links is nobody's reason, and a reply of several lines repeats its codes in each.
_NO_WORDS = re.compile(
    r"[^\s<>\[\]]{0,300}@[\w.-]{0,300}|https?://\S{1,300}|(?<=\s)[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3})?"
)

# In the order in which they are looked for: what is most precise comes first, and what is said of the recipient in
# general ("address rejected") last, because the true reason often follows.
_BY_WORDS = (
    (Trouble.KNOWN_DEAD, re.escape(KNOWN_DEAD_REASON)),
    (Trouble.NOT_NEEDED, "|".join(map(re.escape, sorted(NOT_NEEDED)))),
    (Trouble.SUPPRESSED, r"^(?:bounced|unsubscribed|spam reporting) address$|^group unsubscribe"),
    (Trouble.API_REFUSED, r"over package quota|^invalid smtpapi header"),
    (
        Trouble.MAILBOX_FULL,
        (
            r"(?:mailbox|inbox|quota)\b.{0,40}?\b(?:full|exceeded)|over ?quota|quota ?exceeded|exceeded storage"
            r"|out of storage|ящик.{0,40}?переполн|превышен\w? квот"
        ),
    ),
    (
        Trouble.TAKEN_FOR_SPAM,
        r"\bsender (?:address |domain |e-?mail )?(?:rejected|denied)|\bsender verif|reverse (?:hostname|dns)",
    ),
    (
        Trouble.TEMPORARY,
        (
            r"temporar|try (?:again|later)|gr[ea]y-?list|come back later|timed? ?out\b"
            r"|too many (?:connections|messages)|rate (?:limit|that prevents)|\bbusy\b|deferred"
            r"|connection (?:refused|reset)|lost connection|message expired|in progress"
            r"|insufficient system|временно|позже"
        ),
    ),
    (
        Trouble.MAILBOX_DISABLED,
        (
            r"(?:mailbox|account|user)(?: that you tried to reach)?(?: is| was| has been)?:? "
            r"(?:disabled|inactive|suspended|deactivated|terminated|closed)|ящик.{0,20}?(?:отключ|заблокирован)"
        ),
    ),
    (
        Trouble.NO_SUCH_DOMAIN,
        (
            r"\b(?:host|domain)\b.{0,40}?(?:not found|unknown|does(?: not|n't) (?:exist|accept)|invalid)|nxdomain"
            r"|find the recipient domain|unable to (?:get|find|resolve) mx|\bno mx\b|nullmx|mx records point to"
            r"|relay(?:ing)? (?:access )?(?:denied|not permitted)|домен.{0,20}?не (?:найден|существует)"
        ),
    ),
    (
        Trouble.NO_SUCH_ADDRESS,
        (
            r"\b(?:no such|unknown|invalid|non-?existent) (?:user|mailbox|recipient|address|account|local|person)"
            r"|\b(?:user|mailbox|recipient|address|account)\b.{0,40}?"
            r"(?:\bunknown|not found|does(?: not|n't) (?:exist|have)|\bnot exist)"
            r"|\bno mailbox\b|unrouteable|recip(?:ient)?notfound|^invalid$|не существует|не найден|нет такого"
        ),
    ),
    (Trouble.TOO_LARGE, r"\b(?:message|size)\b.{0,30}?(?:too (?:large|big)|exceed)|превышен.{0,20}?размер"),
    (
        Trouble.TAKEN_FOR_SPAM,
        (
            r"spam|\bblocked|black ?list|block ?list|reputation|\bpolicy|\bdmarc\b|\bspf\b|\bdkim\b|unsolicited"
            r"|\bbanned|спам"
        ),
    ),
    (Trouble.NO_SUCH_ADDRESS, r"\b(?:mailbox|recipient|address)\b.{0,60}?(?:unavailable|rejected)"),
)
_FIND = tuple((trouble, re.compile(words, re.IGNORECASE)) for trouble, words in _BY_WORDS)

_REASON_LENGTH = 300

# Of these the provider, or the mail server, says that the next letter will fare no better.
_FOR_GOOD = frozenset({Trouble.NO_SUCH_ADDRESS, Trouble.NO_SUCH_DOMAIN, Trouble.MAILBOX_DISABLED})
_UNAVAILABLE = re.compile(r"unavailable|rejected", re.IGNORECASE)
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
    text = _one_line(reason)
    status, passing = _STATUS.search(text), _is_passing(text)
    plain = _NO_WORDS.sub(" ", text)
    # A word for it beats the status: many servers say 5.7.1, or 5.0.0, and then what is really wrong.
    by_words = next((trouble for trouble, words in _FIND if words.search(plain)), None)
    if by_words is not None:
        # Of a mailbox that is unavailable only for now, nothing else is known.
        vague = passing and by_words in _FOR_GOOD and _UNAVAILABLE.search(plain)
        return Trouble.TEMPORARY if vague else by_words
    subject = f"{status[2]}.{status[3]}" if status else ""
    by_status = _BY_STATUS.get(subject, Trouble.TAKEN_FOR_SPAM if subject.startswith(_SECURITY) else Trouble.OTHER)
    return Trouble.TEMPORARY if passing and by_status not in _MAY_PASS - {Trouble.TAKEN_FOR_SPAM} else by_status


def explain(failure: Failure) -> str:
    """Say in Russian why a letter did not arrive; begins in lower case, ends without a full stop."""
    trouble = _trouble_of(failure)
    words = " ".join(failure.reason.split())[:_REASON_LENGTH]
    if trouble in {Trouble.KNOWN_DEAD, Trouble.NOT_NEEDED}:
        return _WORDS[trouble]
    if trouble is Trouble.OTHER:
        return f"причина неизвестна, ответ сервера: «{words}»" if words else "причина неизвестна"
    return f"{_WORDS[trouble]} (ответ: «{words}»)" if words else _WORDS[trouble]


def explain_in_short(failure: Failure) -> str:
    """Say why a letter did not arrive as `explain` does, without the server's own words: they repeat the address."""
    return _WORDS.get(_trouble_of(failure), "причина неизвестна")


def is_for_good(event: DeliveryEvent) -> bool:
    """Tell whether an event says that its address will never work: it bounced hard, now or earlier."""
    reason = f"{event.status} {event.reason}".strip()
    trouble = classify(reason)
    match event.report:
        case Report.BOUNCED:
            return trouble not in _MAY_PASS and not _is_passing(_one_line(reason))
        case Report.DROPPED:
            return trouble in _FOR_GOOD or "bounced address" in reason.lower()
        case _:
            return False


def _trouble_of(failure: Failure) -> Trouble:
    return Trouble.API_REFUSED if failure.status is not None else classify(failure.reason)


def _one_line(reason: str) -> str:
    return " ".join(reason[: _REASON_LENGTH * 4].split())


def _is_passing(text: str) -> bool:
    """Tell whether a mail server calls its own refusal one that may pass."""
    code = _STATUS.search(text) or _REPLY.search(text)
    return code is not None and code[1] == _PASSING
