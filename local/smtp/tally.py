"""Tells SendGrid's stand-in of each mail that was taken, for its statistics."""

import logging
import queue
import threading
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from shared.logs import fields

_TIMEOUT = 5  # seconds for one call
_MOST_WAITING = 10_000

log = logging.getLogger(__name__)


class Tally:
    """Counts in the background, once for each mail; a call that fails is logged, and the statistics lack that mail.

    Args:
        url: `http://…`, the stand-in.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._waiting: queue.Queue[None] = queue.Queue(_MOST_WAITING)
        threading.Thread(target=self._work, name="counting", daemon=True).start()

    def add(self) -> None:
        """Counts one mail. Never waits, never raises."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            log.warning("mail_not_counted", extra=fields(reason="too many wait"))

    def _work(self) -> None:
        while True:
            self._waiting.get()
            connection = HTTPConnection(self._address.hostname or "", self._address.port, timeout=_TIMEOUT)
            try:
                connection.request("POST", "/api/received")
                status = connection.getresponse().status
                reason = "" if status == 201 else f"status {status}"  # noqa: PLR2004  # RFC 9110: created
            except (OSError, HTTPException) as error:
                reason = str(error) or type(error).__name__
            finally:
                connection.close()
            if reason:
                log.warning("mail_not_counted", extra=fields(reason=reason))
