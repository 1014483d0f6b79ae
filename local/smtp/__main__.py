"""`SMTP_SIGNING_KEY=… python -m local.smtp --port P --webhook URL [--sendgrid URL]`: serves until SIGTERM or SIGINT.

SMTP_SIGNING_KEY is the PEM text of a P-256 private key (`local.smtp.inbound.Signer.pem`).
"""

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
from datetime import timedelta

from local.errors import StackError
from local.outbox import Outbox
from local.smtp.door import PATIENCE, Door, listen
from local.smtp.inbound import CONTENT_TYPE, STYLES, Signer
from local.smtp.tally import Tally
from local.time_scale import ScaledClock
from local.webhook import Webhook, is_http
from shared.logs import configure_logs

_ID_BYTES = 16  # 22 characters of URL-safe base64, as long as SendGrid's own
_TIMEOUT = timedelta(seconds=60)


def main() -> int:
    """Serves until told to stop (0); 2 when the settings are wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.smtp", description="SendGrid's inbound side")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True, help="http://… that gets the mail")
    parser.add_argument("--sendgrid", help="http://… of the stand-in that counts the mail")
    parser.add_argument("--style", choices=STYLES, default="current", help="generation of SendGrid's calls")
    arguments = parser.parse_args()
    if not is_http(arguments.webhook):
        parser.error("--webhook is an http:// address")
    if arguments.sendgrid and not is_http(arguments.sendgrid):
        parser.error("--sendgrid is an http:// address")
    try:
        signer = Signer.from_pem(os.environ.get("SMTP_SIGNING_KEY", ""))
    except ValueError as error:
        parser.error(f"SMTP_SIGNING_KEY: {error}")
    try:
        clock = ScaledClock.of(os.environ)
    except StackError as error:
        parser.error(str(error))

    configure_logs("local")
    # It logs every command of every client, addresses included.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    style = STYLES[arguments.style]
    webhook = Webhook(
        arguments.webhook, signer, CONTENT_TYPE, style.user_agent, _TIMEOUT, now=clock.now, chunked=style.chunked
    )
    outbox = Outbox(webhook, PATIENCE)
    tally = Tally(arguments.sendgrid).add if arguments.sendgrid else _count_nowhere
    door = Door(outbox, tally, style, clock.now, lambda: secrets.token_urlsafe(_ID_BYTES))
    asyncio.run(_serve(door, arguments.host, arguments.port))
    outbox.close()
    return 0


async def _serve(door: Door, host: str, port: int) -> None:
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    server = await listen(door, host, port)
    await stop.wait()
    server.close()


def _count_nowhere() -> None:
    """Nobody wants to know how much mail came."""


if __name__ == "__main__":
    sys.exit(main())
