"""What HTTP functions have in common: problem documents, moments, the sender's address."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from werkzeug import Request, Response


def rfc3339(moment: datetime) -> str:
    """Write a moment for programs: RFC 3339 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_response(status: HTTPStatus, body: Mapping[str, object], content_type: str = "application/json") -> Response:
    """Answer a program."""
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=content_type)


def problem(
    status: HTTPStatus, title: str, detail: str, errors: Mapping[str, str] | None = None, **members: object
) -> Response:
    """Answer a program with what is wrong: `application/problem+json` (RFC 9457).

    Args:
        status: The answer's status.
        title: The kind of problem, in Russian.
        detail: What to do about it, in Russian.
        errors: For each wrong field one message; becomes the member `errors`, a list of `{"field", "message"}`.
        members: What this kind of problem has beside (RFC 9457, 3.2).
    """
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status.value, "detail": detail}
    body |= members
    if errors is not None:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    return json_response(status, body, "application/problem+json")


def sender_address(request: Request, trusted_proxies: int) -> str:
    """Give the IP address that the request came from.

    Args:
        request: The request.
        trusted_proxies: How many proxies of ours it passed. Each appends the address it saw to `X-Forwarded-For`; what
            stands further left is the sender's own claim.
    """
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if trusted_proxies and len(seen) >= trusted_proxies:
        return seen[-trusted_proxies]
    return request.remote_addr or ""
