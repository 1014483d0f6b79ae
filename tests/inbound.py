"""Calls of SendGrid's Inbound Parse in raw mode, as the local stand-in makes them, signed with a throw-away key."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from local.smtp.inbound import CONTENT_TYPE, CURRENT, Signer, Style, inbound_body

SIGNER = Signer.generate()
SIGNED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SENDER_IP = "192.0.2.25"

_SPAM_CHECK = frozenset({"spam_score", "spam_report"})


def signed_post(  # noqa: PLR0913  # everything that SendGrid says of a message
    raw_mail: bytes,
    *,
    to: Sequence[str] = ("support@pass24online.ru",),
    sender: str = "ivan@example.ru",
    spf: str = "pass",
    dkim: str = "none",
    spam_score: float | None = None,
    key: Signer = SIGNER,
    style: Style = CURRENT,
) -> tuple[bytes, dict[str, str]]:
    """The body of the call, and its headers; `spam_score` None: the spam check is off, and its fields are absent.

    The message is posted as it is: `local.smtp.inbound.trace_header` makes the `Received` line of SendGrid's MX.
    """
    if spam_score is None:
        style = replace(style, fields=tuple(name for name in style.fields if name not in _SPAM_CHECK))
    body = inbound_body(
        raw_mail,
        recipients=to,
        return_path=sender,
        sender_ip=SENDER_IP,
        spf=spf,
        dkim=dkim,
        spam_score=str(spam_score),
        style=style,
    )
    headers = {"Content-Type": CONTENT_TYPE, "User-Agent": style.user_agent, **key.headers(body, SIGNED_AT)}
    return body, headers
