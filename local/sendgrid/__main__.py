"""`python -m local.sendgrid --port 8090 [--host 127.0.0.1]`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import sys
import threading
from datetime import UTC, datetime

from werkzeug.serving import make_server

from local.sendgrid.server import create_app

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_MESSAGE_ID_BYTES = 16  # 22 characters of URL-safe base64, as long as SendGrid's own


def main() -> int:
    """Serve until told to stop. Requests are daemon threads, so a call that hangs does not delay the end."""
    parser = argparse.ArgumentParser(prog="python -m local.sendgrid", description="SendGrid stand-in")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()

    # One line per request would drown the local stack's table of addresses.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Blocked before any thread starts: every thread inherits it, and sigwait() alone takes the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    app = create_app(
        now=lambda: datetime.now(UTC),
        new_message_id=lambda: secrets.token_urlsafe(_MESSAGE_ID_BYTES),
    )
    server = make_server(arguments.host, arguments.port, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, name="serving")
    serving.start()
    print(f"SendGrid stand-in: http://{arguments.host}:{server.port}/", flush=True)
    signal.sigwait(_STOP_SIGNALS)
    server.shutdown()
    serving.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
