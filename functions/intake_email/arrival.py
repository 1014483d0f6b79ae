"""When a message arrived: the moment our side's mail exchanger took it, from which the 15 minutes of R16 run."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from functions.intake_email.parsing.origin.fields import without_comments

_BLOCK = 64 * 1024
"""Bytes in which the topmost `Received` is looked for; SendGrid puts it at the very top."""

_SKEW = timedelta(minutes=1)
_OLDEST = timedelta(hours=72 + 8)
"""SendGrid calls again for 72 hours; the rest is for what it held back before its first call."""

_RECEIVED = re.compile(r"^received[ \t]*:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_END_OF_HEADERS = re.compile(r"\r?\n\r?\n")
_BY = re.compile(r"(?:^|\s)by\s+([^\s;]+)", re.IGNORECASE)
# SendGrid's own stamp had no semicolon before the date until 2022, so the date is what ends the field; since then its
# seconds have a fraction, which no standard knows.
_DATE = re.compile(
    r"\b(\d{1,2} [a-z]{3} \d{4} \d{1,2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?( (?:[+-]\d{4}|[a-z]{1,5}))?$", re.IGNORECASE
)


def arrived_at(raw: bytes, now: datetime, trusted: Collection[str]) -> datetime:
    """Give the moment (UTC) at which our side's mail exchanger took a message.

    That is the date of the topmost `Received` (RFC 5321, 4.4), when a trusted host wrote it; anybody could have
    written those below. Where it is missing, in the future or too old to be true, it is `now`.

    Args:
        raw: The message as it came.
        now: Moment of the webhook's call.
        trusted: Domains of our side's mail exchangers, such as `sendgrid.net`; hosts below them count.
    """
    now = now.astimezone(UTC)
    block = raw[:_BLOCK].decode("ascii", "replace").lstrip("\r\n")
    topmost = _RECEIVED.search(block)
    if topmost is None or _END_OF_HEADERS.search(block, 0, topmost.start()):
        return now
    stamp = " ".join(without_comments(" ".join(topmost[1].split())).split())
    by = _BY.search(stamp)
    date = _DATE.search(stamp)
    if by is None or date is None or not _is_below(by[1], trusted):
        return now
    try:
        at = parsedate_to_datetime(f"{date[1]}{date[2] or ''}")
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)  # -0000 is UTC, zone untold
    except (ValueError, OverflowError):
        return now
    if not now - _OLDEST <= at <= now + _SKEW:
        return now
    return min(at, now)


def _is_below(host: str, domains: Collection[str]) -> bool:
    host = f".{host.lower().rstrip('.')}"
    return any(host.endswith(f".{domain.lower().strip('.')}") for domain in domains if domain.strip("."))
