"""`python -m local.clock --url URL --every SECONDS`: calls a function again and again, as Cloud Scheduler does.

Serves until SIGTERM or SIGINT.
"""

import argparse
import logging
import math
import signal
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from local.webhook import is_http
from shared.logs import configure_logs, fields

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_TIMEOUT = 60  # seconds for one call
_OK, _REDIRECT = 200, 300

log = logging.getLogger(__name__)


def main() -> int:
    """Ticks until told to stop (0); 2 when the arguments are wrong."""
    parser = argparse.ArgumentParser(prog="python -m local.clock", description="Cloud Scheduler's stand-in")
    parser.add_argument("--url", required=True, help="http://… that is called")
    parser.add_argument("--every", type=float, required=True, help="seconds from one call to the next")
    arguments = parser.parse_args()
    if not is_http(arguments.url):
        parser.error("--url is an http:// address")
    if not (arguments.every > 0 and math.isfinite(arguments.every)):
        parser.error("--every is a number of seconds above 0")

    configure_logs("local")
    # Blocked before any thread starts: every thread inherits it, and sigwait() alone takes the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    # A daemon: a call that hangs does not delay the end.
    ticking = threading.Thread(target=tick, args=(lambda: call(arguments.url), arguments.every), daemon=True)
    ticking.start()
    signal.sigwait(_STOP_SIGNALS)
    return 0


def tick(act: Callable[[], None], every: float) -> None:
    """Acts at the start plus 1, 2, 3… times `every` seconds, for ever.

    An act that takes longer than that delays the next one to the next mark: none overlaps, and none is made up for.
    """
    start = time.monotonic()
    mark = 1
    while True:
        time.sleep(max(0.0, start + mark * every - time.monotonic()))
        act()
        mark = max(mark, math.floor((time.monotonic() - start) / every)) + 1


def call(url: str) -> None:
    """Posts to the address; what goes wrong is logged, and that is all."""
    parts = urlsplit(url)
    began = time.monotonic()
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", parts.path or "/", headers={"User-Agent": "Google-Cloud-Scheduler"})
        response = connection.getresponse()
        response.read()
        answer, is_good = str(response.status), _OK <= response.status < _REDIRECT
    except (OSError, HTTPException) as error:
        answer, is_good = str(error) or type(error).__name__, False
    finally:
        connection.close()
    about = fields(answer=answer, seconds=round(time.monotonic() - began, 3))
    if is_good:
        log.info("clock_called", extra=about)
    else:
        log.warning("clock_call_failed", extra=about)


if __name__ == "__main__":
    sys.exit(main())
