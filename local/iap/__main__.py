"""`python -m local.iap --front NAME PORT http://… AUDIENCE [--front …]`: serve until SIGTERM or SIGINT.

IAP_SIGNING_KEY is the PEM text of a P-256 private key; SPECIALISTS, HEADS and STRANGERS are who can sign in: lists of
`Name <address>`, separated by commas. Strangers have no role: they see what people see who are not let in.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from werkzeug.serving import BaseWSGIServer, make_server

from local.iap.accounts import Sessions, read_accounts
from local.iap.backend import Backend
from local.iap.front import Front
from local.iap.issuer import Issuer
from local.iap.pages import SignInPages
from local.iap.sign_in import SignIn
from local.processes import HOST
from local.webhook import is_http
from shared.logs import configure_logs
from shared.settings import SettingsError, read_settings

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


@dataclass(frozen=True, slots=True)
class IapSettings:
    """Who can sign in: lists of `Name <address>`, or of addresses."""

    specialists: tuple[str, ...]
    heads: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def main() -> int:
    """Serve until told to stop. Requests are daemon threads, so one that hangs does not delay the end."""
    parser = argparse.ArgumentParser(prog="python -m local.iap", description="Identity-Aware Proxy's stand-in")
    what = ("NAME", "PORT", "BACKEND", "AUDIENCE")
    parser.add_argument("--front", nargs=len(what), metavar=what, action="append", required=True)
    arguments = parser.parse_args()
    try:
        sign_in = _sign_in(os.environ)
    except (ValueError, SettingsError) as error:
        parser.error(str(error))

    configure_logs("local")
    # One line per request would drown what is worth reading.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Blocked before any thread starts: every thread inherits it, and sigwait() alone takes the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    servers: list[BaseWSGIServer] = []
    for name, port, backend, audience in arguments.front:
        if not port.isdecimal() or not is_http(backend):
            parser.error(f"--front {name}: a port and an http:// address, not {port} and {backend}")
        front = Front(audience, Backend(backend), sign_in)
        servers.append(make_server(HOST, int(port), front, threaded=True))
        print(f"{name}: http://{HOST}:{servers[-1].server_port}/", flush=True)
    serving = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in serving:
        thread.start()
    signal.sigwait(_STOP_SIGNALS)
    for server, thread in zip(servers, serving, strict=True):
        server.shutdown()
        thread.join()
    return 0


def _sign_in(environ: Mapping[str, str]) -> SignIn:
    settings = read_settings(IapSettings, environ)
    return SignIn(
        accounts=read_accounts(settings.specialists, settings.heads, settings.strangers),
        sessions=Sessions(),
        issuer=Issuer(environ.get("IAP_SIGNING_KEY", "")),
        pages=SignInPages(),
        # The real time, however fast the stack's clock runs: assertions are verified by it.
        now=lambda: datetime.now(UTC),
    )


if __name__ == "__main__":
    sys.exit(main())
