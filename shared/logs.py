"""Structured logs: one JSON object a line on stdout, as Cloud Logging reads them.

A log line is an event with fields: `log.info("ticket_registered", extra=fields(ticket=12345, channel="form"))`. Fields
hold no message texts, no secrets and no readable addresses (`redact`).
https://cloud.google.com/logging/docs/structured-logging
"""

import json
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

_TRACE_HEADERS = ("traceparent", "X-Cloud-Trace-Context")
_trace: ContextVar[str | None] = ContextVar("trace", default=None)


def fields(**values: object) -> dict[str, dict[str, object]]:
    """Wrap an event's fields for the `extra` of a logging call."""
    return {"fields": values}


def redact(address: str | None) -> str | None:
    """Shorten an e-mail address or a phone number so that support can recognise it, and nobody can use it."""
    if address is None:
        return None
    local, at, domain = address.partition("@")
    return f"{local[:1]}***{at}{domain}" if at else f"{local[:2]}***{local[-2:]}"


def follow_trace(headers: "Headers") -> None:
    """Join this thread's log lines to the trace of the request whose headers these are."""
    # `00-<trace>-<span>-<flags>` (W3C) or `<trace>/<span>;o=1` (Google).
    traceparent, google = (headers.get(name, "") for name in _TRACE_HEADERS)
    parts = traceparent.split("-")
    trace = parts[1] if len(parts) > 1 else google.partition("/")[0]
    _trace.set(trace if trace.isalnum() else None)


class _JsonLines(logging.Formatter):
    def __init__(self, project: str) -> None:
        super().__init__()
        self._project = project

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"severity": record.levelname, "message": record.getMessage(), "logger": record.name}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            # Error Reporting finds a stack trace in the message.
            line |= {"event": line["message"], "message": self.formatException(record.exc_info)}
        if trace := _trace.get():
            line["logging.googleapis.com/trace"] = f"projects/{self._project}/traces/{trace}"
        # Half a surrogate pair, which only stray input holds, would stop the whole line.
        return json.dumps(line, ensure_ascii=False, default=str).encode(errors="backslashreplace").decode()


def configure_logs(project: str) -> None:
    """Send all logging of this process to stdout as JSON lines. Call it once, when the function is wired."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines(project))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Google's libraries keep their messages to themselves, and Python would print them unformatted.
    logging.getLogger("google").propagate = True
    # Its warnings hold addresses (URLs) with the names of clients' files.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    # At DEBUG this library logs the headers of its calls, the API key included.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)
