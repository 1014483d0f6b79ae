"""Reports that a letter could not be delivered: RFC 3464, and what mail systems send in its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message

from functions.intake_email.parsing.origin.bounce_texts import (
    addresses,
    enhanced_status,
    introducing,
    kind_of,
    notice,
    reply,
    tells_delay,
    tells_failure,
    tells_why,
)
from functions.intake_email.parsing.origin.fields import Origin, content_type, parts, plain, robot_mailbox
from functions.intake_email.parsing.origin.report_parts import blocks, recipient_address, source
from functions.intake_email.parsing.parsed import Bounce, BounceKind

_STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_LETTER_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "text/rfc822"}
)
_OTHER_REPORTS = frozenset({"message/feedback-report", "message/disposition-notification"})

_FINAL: Mapping[str, bool | None] = {
    "failed": True,
    "failure": True,
    "error": True,
    "delayed": False,
    "delivered": None,
    "relayed": None,
    "expanded": None,
}
"""Action of a recipient (RFC 3464, 2.3.3, and OpenSMTPD's) → whether it is the end; None: no trouble at all."""

_MESSAGE_ID = re.compile(r"^[ \t]*Message-ID[ \t]*:\s{0,9}(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<[^<>\s]{1,990}>")
_CONVERSATION = re.compile(r"(?:re|fwd?|отв|пересл)(?:\[\d+\])?\s*:", re.IGNORECASE)
_LONGEST_TEXT = 256 * 1024
_REASON = 500
_FLUFL_TEXT = 8_000
_FLUFL_LINE = 200


@dataclass(frozen=True, slots=True)
class _Failure:
    """What became of one recipient, as far as it is told."""

    recipient: str | None
    status: str | None
    reason: str
    final: bool


def find_bounce(found: Origin, text: str) -> Bounce | None:
    """Read a report of non-delivery.

    Only a mail system's own report counts: with the null return path, from MAILER-DAEMON or the like, or a
    multipart/report. A person who forwards or quotes one has sent an ordinary message. A report that a letter was
    delivered, a read receipt and an abuse report are no bounces.

    Args:
        found: Where the message came from.
        text: All of its text.

    Returns:
        What became of the first recipient who failed, or else of the first who is delayed; None when it is no bounce.
    """
    if not _from_mail_system(found):
        return None
    own = [(content_type(declared), part) for declared, part in parts(found.message)]
    text = text[:_LONGEST_TEXT]
    words = notice(text)
    if any(kind in _OTHER_REPORTS for kind, _ in own) and "automatically rejected" not in words.lower():
        return None
    reported = [block for kind, part in own if kind in _STATUS_TYPES for block in blocks(source(part))]
    # Gateways turn reports into plain text.
    reported = [block for block in reported or blocks(text) if _is_of_recipient(block)]
    original_id = _original_id(found, own, text, reported)
    if reported:
        failure = _first_failure(reported)
    else:
        failure = _told_in_words(found, text, words, returned=original_id is not None)
    if failure is None:
        return None
    recipient = failure.recipient or next(iter(_failed_recipients(found) or _named(found, words)), None)
    return Bounce(
        recipient=recipient,
        status=failure.status,
        kind=kind_of(failure.status, failure.reason, words) if failure.final else BounceKind.SOFT,
        original_message_id=original_id,
        reason=failure.reason,
        final=failure.final,
    )


def _from_mail_system(found: Origin) -> bool:
    return (
        found.return_path == ""
        or found.is_daemon
        or found.content_type == "multipart/report"
        or "x-failed-recipients" in found.fields
    )


def _is_of_recipient(block: Mapping[str, str]) -> bool:
    return "final-recipient" in block or ("action" in block and ("original-recipient" in block or "status" in block))


def _first_failure(reported: list[Mapping[str, str]]) -> _Failure | None:
    failures = [failure for failure in map(_failure, reported) if failure is not None]
    return next((failure for failure in failures if failure.final), next(iter(failures), None))


def _failure(block: Mapping[str, str]) -> _Failure | None:
    declared = block.get("status", "")
    diagnostic = block.get("diagnostic-code", "")
    # "smtp; 550 …": the type says in whose words (RFC 3464, 2.3.6).
    kind, semicolon, told = diagnostic.partition(";")
    reason = told.strip() if semicolon and re.fullmatch(r"[\w-]{1,40}", kind.strip()) else diagnostic
    action = re.match(r"\w*", block.get("action", "").lower())
    final = _FINAL.get(action[0] if action else "", None if declared.startswith("2") else True)
    if final is None:
        return None
    named = (recipient_address(block.get(name, "")) for name in ("original-recipient", "final-recipient"))
    return _Failure(
        recipient=next((address for address in named if address), None),
        status=enhanced_status(declared) or enhanced_status(reason),
        # Sendmail puts its words into a comment of the status.
        reason=(reason or declared.partition("(")[2].rstrip(") "))[:_REASON],
        final=final,
    )


def _told_in_words(found: Origin, text: str, words: str, *, returned: bool) -> _Failure | None:
    """Read a report that has no part for machines.

    Args:
        found: The fields.
        text: All of the text.
        words: The notice's own words.
        returned: Whether the letter that it is about is known.
    """
    subject = _decoded(found.first("subject"))
    if (_CONVERSATION.match(subject) and found.return_path != "") or any(n.startswith("list-") for n in found.fields):
        return None
    named = _failed_recipients(found) or _named(found, words)
    answer = reply(words)
    status = enhanced_status(words)
    delayed = tells_delay(subject) or tells_delay(words)
    failed = tells_failure(subject) or tells_failure(words)
    told = "x-failed-recipients" in found.fields or (
        (failed or delayed)
        # Whoever is away writes of delays, too, and whom else to write to.
        and bool(answer or status or ((named or returned) and (found.is_daemon or tells_why(words))))
    )
    if not told and found.is_daemon:
        known = _known_to_flufl(found, text)
        told = bool(known or (named and (answer or status)))
        named = known or named
    return _Failure(next(iter(named), None), status, answer[:_REASON], final=not delayed) if told else None


def _known_to_flufl(found: Origin, text: str) -> list[str]:
    """Give the failed addresses in one of the many old English formats that flufl.bounce knows.

    It goes through every line for each of its patterns, some of which are quadratic: so it gets few and short lines.
    """
    from flufl.bounce import scan_message  # noqa: PLC0415  # 35 ms for what most instances never see

    lines = [line[:_FLUFL_LINE] for line in text[:_FLUFL_TEXT].splitlines()]
    plain_text = Message()
    plain_text["From"] = found.first("from").encode("ascii", "replace").decode()
    plain_text.set_payload("\n".join(lines).encode("ascii", "replace").decode())
    scanned = sorted(address.decode("ascii", "replace") for address in scan_message(plain_text))
    return [address for each in scanned for address in _named(found, each)]


def _decoded(subject: str) -> str:
    try:
        return str(make_header(decode_header(subject)))
    except (ValueError, LookupError, MessageError):
        return subject


def _failed_recipients(found: Origin) -> list[str]:
    """Give what Exim and Gmail name beside the report."""
    return [address for value in found.values("x-failed-recipients") for address in addresses(value)]


def _named(found: Origin, words: str) -> list[str]:
    """Give the addresses in a notice that may be the failed one, the likeliest first: neither ours nor a robot's."""
    ours = {_mailbox(address) for value in found.values("to") for address in addresses(value)}
    foreign = [
        address
        for address in addresses(words)
        if _mailbox(address) not in ours and not robot_mailbox(address.partition("@")[0].lower())
    ]
    introduced = introducing(words) if len(foreign) > 1 else frozenset()
    return sorted(foreign, key=lambda address: address not in introduced)


def _mailbox(address: str) -> tuple[str, str]:
    """Give an address without what follows a plus sign: our reply addresses differ by that."""
    local, _, domain = address.lower().rpartition("@")
    return local.partition("+")[0], domain


def _original_id(
    found: Origin, own: list[tuple[str, Message]], text: str, reported: list[Mapping[str, str]]
) -> str | None:
    letters = (source(part) for kind, part in own if kind in _LETTER_TYPES)
    in_letters = (match[1] for letter in letters if (match := _MESSAGE_ID.search(letter)))
    in_fields = (
        ids[-1]
        for value in (
            *(block.get("x-original-message-id", "") for block in reported),
            *(found.first(name) for name in ("x-original-message-id", "in-reply-to", "references")),
        )
        if (ids := _ID.findall(value))
    )
    in_text = (match[1] for match in [_MESSAGE_ID.search(text)] if match)
    return next((plain(each) for candidates in (in_letters, in_text, in_fields) for each in candidates), None)
