"""`GET /v3/user/webhooks/parse/stats`: how many messages Inbound Parse received each day.

https://www.twilio.com/docs/sendgrid/api-reference/webhooks/retrieves-inbound-parse-webhook-statistics
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from datetime import UTC, date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from local.sendgrid.errors import ApiError, error_body
from local.sendgrid.mail_send import has_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MOST_DAYS = 1_000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


class Received:
    """Counts messages by the day (UTC) on which they came; safe to use from several threads."""

    def __init__(self) -> None:
        self._counts: Counter[date] = Counter()
        self._lock = threading.Lock()

    def add(self, day: date) -> int:
        """Count one more; gives that day's number."""
        with self._lock:
            self._counts[day] += 1
            return self._counts[day]

    def on(self, day: date) -> int:
        """Give a day's number."""
        with self._lock:
            return self._counts[day]


def parse_stats_api(received: Received, now: Callable[[], datetime]) -> Blueprint:
    """Build the endpoint, and `POST /api/received`, by which the SMTP door tells of each message that it took.

    Called by hand, the latter plays a message that SendGrid received and lost. Only statistics by day are known.
    """
    api = Blueprint("parse_stats", __name__)

    @api.get("/v3/user/webhooks/parse/stats")
    def stats() -> Response:
        if not has_key(request):
            return _refusal(HTTPStatus.UNAUTHORIZED, [ApiError("an API key is required as a bearer token")])
        asked = request.args
        today = now().astimezone(UTC).date()
        start, end = _day(asked.get("start_date")), _day(asked.get("end_date", today.isoformat()))
        limit, offset = _count(asked.get("limit", str(MOST_DAYS))), _count(asked.get("offset", "0"))
        errors = [
            ApiError(message, field)
            for field, is_wrong, message in (
                ("start_date", start is None, "is required as YYYY-MM-DD"),
                ("end_date", end is None, "must be YYYY-MM-DD"),
                ("end_date", start and end and not 0 <= (end - start).days < MOST_DAYS, "is not within reach"),
                ("aggregated_by", asked.get("aggregated_by", "day") != "day", "must be day"),
                ("limit", limit is None, "must be a number"),
                ("offset", offset is None, "must be a number"),
            )
            if is_wrong
        ]
        if errors or start is None or end is None or limit is None or offset is None:
            return _refusal(HTTPStatus.BAD_REQUEST, errors)
        days = [start + timedelta(days=after) for after in range((end - start).days + 1)]
        return jsonify([_stats_json(day, received.on(day)) for day in days[offset : offset + limit]])

    @api.post("/api/received")
    def receive() -> Response:
        day = now().astimezone(UTC).date()
        answer = jsonify({"date": day.isoformat(), "received": received.add(day)})
        answer.status_code = HTTPStatus.CREATED
        return answer

    return api


def _stats_json(day: date, count: int) -> dict[str, object]:
    return {"date": day.isoformat(), "stats": [{"metrics": {"received": count}}]}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text and _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) else None


def _refusal(status: HTTPStatus, errors: list[ApiError]) -> Response:
    answer = jsonify(error_body(errors))
    answer.status_code = status
    return answer
