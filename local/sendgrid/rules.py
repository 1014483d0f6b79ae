"""Rules of Mail Send that a JSON Schema cannot say: relations between fields, sizes in bytes, letter case.

Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors. Each rule looks only at what has
the right type (the schema reports the rest), so that one refusal lists every reason.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING

from local.sendgrid.errors import HELP_PAGE, ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RESERVED_HEADERS = frozenset(
    {
        "x-sg-id",
        "x-sg-eid",
        "received",
        "dkim-signature",
        "content-type",
        "content-transfer-encoding",
        "to",
        "from",
        "subject",
        "reply-to",
        "cc",
        "bcc",
    }
)
MAX_RECIPIENTS = 1_000
MAX_CUSTOM_ARGS_BYTES = 10_000
MAX_SUBSTITUTIONS_BYTES = 10_000

_HEADER_NAME = re.compile(r"[!-9;-~]+")  # RFC 5322, section 2.2: printable US-ASCII without the colon
_CONTENT_ORDER = {"text/plain": 0, "text/html": 1}
_BYPASS_ALL = "bypass_list_management"
_BYPASS_SOME = ("bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management")


def rule_errors(body: object) -> Iterator[ApiError]:
    """Yield what is wrong with a body beyond its schema; nothing for what is not an object."""
    if not isinstance(body, dict):
        return
    personalizations = [_mapping(item) for item in _items(body.get("personalizations"))]
    yield from _subject(body, personalizations)
    yield from _content(body)
    yield from _recipients(personalizations)
    yield from _headers("headers", body.get("headers"))
    for index, personalization in enumerate(personalizations):
        yield from _headers(f"personalizations.{index}.headers", personalization.get("headers"))
    yield from _custom_args(body, personalizations)
    yield from _substitutions(personalizations)
    yield from _attachments(body)
    yield from _exclusive_settings(body)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> dict[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _json_bytes(texts: Mapping[str, str]) -> int:
    # SendGrid does not publish how it counts; compact JSON is the longest of the plausible ways.
    compact = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    return len(compact.encode("utf-8", errors="surrogatepass"))


def _subject(body: Mapping[str, object], personalizations: list[Mapping[str, object]]) -> Iterator[ApiError]:
    if "subject" in body or body.get("template_id"):
        return
    if not personalizations or not all("subject" in item for item in personalizations):
        yield ApiError.at("subject", "is required unless every personalization, or the template in use, has a subject")


def _content(body: Mapping[str, object]) -> Iterator[ApiError]:
    if "content" not in body and not body.get("template_id"):
        yield ApiError.at("content", "is required unless template_id is given")
    types = [str(_mapping(part).get("type")).lower() for part in _items(body.get("content"))]
    ranks = [_CONTENT_ORDER.get(name, len(_CONTENT_ORDER)) for name in types]
    if ranks != sorted(ranks):
        yield ApiError("text/plain comes first, then text/html, then any other type (RFC 1341, 7.2)", "content")
    if any(types.count(name) > 1 for name in _CONTENT_ORDER):
        yield ApiError("text/plain and text/html may be given only once each", "content")


def _recipients(personalizations: list[Mapping[str, object]]) -> Iterator[ApiError]:
    total = 0
    for index, personalization in enumerate(personalizations):
        seen: set[str] = set()
        repeated = False
        for kind in ("to", "cc", "bcc"):
            for recipient in _items(personalization.get(kind)):
                total += 1
                address = _mapping(recipient).get("email")
                if isinstance(address, str):
                    repeated |= address.lower() in seen
                    seen.add(address.lower())
        if repeated:
            yield ApiError(
                "each address may appear only once among to, cc and bcc of one personalization",
                f"personalizations.{index}",
                f"{HELP_PAGE}#message.recipient-errors",
            )
    if total > MAX_RECIPIENTS:
        yield ApiError.at("personalizations", f"has {total} recipients; at most {MAX_RECIPIENTS} are allowed")


def _headers(field: str, headers: object) -> Iterator[ApiError]:
    seen: set[str] = set()
    for name in _mapping(headers):
        if name.lower() in RESERVED_HEADERS:
            yield ApiError.at(field, f"{name!r} is one of the reserved headers")
        if not _HEADER_NAME.fullmatch(name):
            yield ApiError.at(field, f"{name!r} is not a header's name: printable ASCII, no spaces, no colon")
        if name.lower() in seen:
            yield ApiError.at(field, f"{name!r} is given more than once")
        seen.add(name.lower())
    for name, value in _texts(headers).items():
        if "\r" in value or "\n" in value:
            yield ApiError.at(field, f"the value of {name!r} contains a line break")


def _custom_args(body: Mapping[str, object], personalizations: list[Mapping[str, object]]) -> Iterator[ApiError]:
    common = _texts(body.get("custom_args"))
    for index, personalization in enumerate(personalizations):
        own = _texts(personalization.get("custom_args"))
        if _json_bytes(common | own) > MAX_CUSTOM_ARGS_BYTES:
            field = f"personalizations.{index}.custom_args" if own else "custom_args"
            yield ApiError.at(field, f"custom_args are larger than {MAX_CUSTOM_ARGS_BYTES} bytes in total")


def _substitutions(personalizations: list[Mapping[str, object]]) -> Iterator[ApiError]:
    for index, personalization in enumerate(personalizations):
        if _json_bytes(_texts(personalization.get("substitutions"))) > MAX_SUBSTITUTIONS_BYTES:
            yield ApiError.at(f"personalizations.{index}.substitutions", f"larger than {MAX_SUBSTITUTIONS_BYTES} bytes")


def _attachments(body: Mapping[str, object]) -> Iterator[ApiError]:
    for index, attachment in enumerate(_items(body.get("attachments"))):
        content = _mapping(attachment).get("content")
        if isinstance(content, str) and not _is_base64(content):
            yield ApiError.at(f"attachments.{index}.content", "must be base64 encoded")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _exclusive_settings(body: Mapping[str, object]) -> Iterator[ApiError]:
    if "reply_to" in body and "reply_to_list" in body:
        yield ApiError.at("reply_to_list", "cannot be combined with reply_to")
    settings = _mapping(body.get("mail_settings"))
    if _enabled(settings, _BYPASS_ALL) and any(_enabled(settings, name) for name in _BYPASS_SOME):
        yield ApiError.at(f"mail_settings.{_BYPASS_ALL}", "cannot be combined with other bypass settings")


def _enabled(settings: Mapping[str, object], name: str) -> bool:
    return _mapping(settings.get(name)).get("enable") is True
