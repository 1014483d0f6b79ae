"""The SMTP server: takes any mail for anybody, and hands it to the outbox."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.outbox import Outbox, Patience, Waiting
from local.smtp.inbound import Arrival, Style, decoded, headers_of, inbound_body, trace_header
from shared.logs import redact

MOST_MAIL_BYTES = 30 << 20
"""What SendGrid takes, headers and attachments included."""
PATIENCE = Patience("mail", timedelta(hours=72), survives_refusal=False)
"""https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email"""
_MOST_SHOWN = 10  # recipients in a log line


class _Session(SMTP):
    # RFC 5321 allows 1,000 bytes a line; mail with longer ones exists and MXs take it.
    line_length_limit = MOST_MAIL_BYTES


@dataclass(frozen=True, slots=True)
class Door:
    """aiosmtpd's handler.

    A mail may say how it is to be judged: its headers X-Local-SPF, X-Local-DKIM and X-Local-Spam-Score become the
    fields `SPF`, `dkim` and `spam_score` as they are, and stay in the mail. Without them: `pass`, `none`, `0.1`.
    `tally` hears of each mail that was taken, and must not wait.
    """

    outbox: Outbox
    tally: Callable[[], None]
    style: Style
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd
        """Takes a mail: 250 when it is in the outbox, 452 when there is no room (the client tries again later)."""
        recipients: list[str] = envelope.rcpt_tos
        return_path = (envelope.mail_from or "").removeprefix("<>")  # so aiosmtpd tells the null return path
        sender_ip = str(session.peer[0]) if session.peer else ""
        arrival = Arrival(session.host_name or "", sender_ip, recipients, self.new_id(), self.now())
        content = envelope.original_content or b""
        judged = headers_of(content)
        body = inbound_body(
            trace_header(arrival, self.style) + content,
            recipients=recipients,
            return_path=return_path,
            sender_ip=sender_ip,
            spf=decoded(judged.get("X-Local-SPF", "pass")),
            dkim=decoded(judged.get("X-Local-DKIM", "none")),
            spam_score=decoded(judged.get("X-Local-Spam-Score", "0.1")),
            style=self.style,
        )
        about = {
            "id": arrival.id,
            "sender": redact(return_path),
            "recipients": [redact(recipient) for recipient in recipients[:_MOST_SHOWN]],
        }
        if self.outbox.add(Waiting(body, about)):
            self.tally()
            return f"250 2.0.0 Ok: queued as {arrival.id}"
        return "452 4.3.1 Too much mail is waiting"


async def listen(door: Door, host: str, port: int) -> asyncio.Server:
    """A server that takes mail from now on."""
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return _Session(
            door,
            data_size_limit=MOST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="mx-local.sendgrid.net",
            ident="ESMTP",
            loop=loop,
        )

    return await loop.create_server(session, host, port)
