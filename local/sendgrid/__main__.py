"""`python -m local.sendgrid --port 8090 [--host 127.0.0.1] [--events URL]`: serve until SIGTERM or SIGINT.

With `--events`, EVENT_SIGNING_KEY is the PEM text of a P-256 private key (`local.smtp.inbound.Signer.pem`).
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import sys
import threading
from datetime import timedelta

from werkzeug.serving import make_server

from local.errors import StackError
from local.outbox import Outbox
from local.sendgrid import delivery, events
from local.sendgrid.server import create_app
from local.smtp.inbound import Signer
from local.time_scale import ScaledClock
from local.webhook import Webhook, is_http
from shared.logs import configure_logs

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_MESSAGE_ID_BYTES = 16  # 22 characters of URL-safe base64, as long as SendGrid's own
_EVENTS_TIMEOUT = timedelta(seconds=10)
_EVENTS_WORKERS = 4


def main() -> int:
    """Serve until told to stop. Requests are daemon threads, so a call that hangs does not delay the end."""
    parser = argparse.ArgumentParser(prog="python -m local.sendgrid", description="SendGrid stand-in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--events", help="http://… that is told what becomes of each letter")
    arguments = parser.parse_args()
    try:
        clock = ScaledClock.of(os.environ)
    except StackError as error:
        parser.error(str(error))
    outbox = _events_outbox(parser, arguments.events, clock) if arguments.events else None

    configure_logs("local")
    # One line per request would drown the local stack's table of addresses.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Blocked before any thread starts: every thread inherits it, and sigwait() alone takes the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    app = create_app(
        now=clock.now,
        new_message_id=lambda: secrets.token_urlsafe(_MESSAGE_ID_BYTES),
        events=outbox,
    )
    server = make_server(arguments.host, arguments.port, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, name="serving")
    serving.start()
    print(f"SendGrid stand-in: http://{arguments.host}:{server.port}/", flush=True)
    signal.sigwait(_STOP_SIGNALS)
    server.shutdown()
    serving.join()
    if outbox:
        outbox.close()
    return 0


def _events_outbox(parser: argparse.ArgumentParser, url: str, clock: ScaledClock) -> Outbox:
    if not is_http(url):
        parser.error("--events is an http:// address")
    try:
        signer = Signer.from_pem(os.environ.get("EVENT_SIGNING_KEY", ""))
    except ValueError as error:
        parser.error(f"EVENT_SIGNING_KEY: {error}")
    webhook = Webhook(url, signer, events.CONTENT_TYPE, events.USER_AGENT, _EVENTS_TIMEOUT, clock.now)
    return Outbox(webhook, delivery.PATIENCE, _EVENTS_WORKERS, delivery.MOST_WAITING_BYTES)


if __name__ == "__main__":
    sys.exit(main())
