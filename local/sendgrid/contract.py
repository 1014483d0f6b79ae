"""What SendGrid's live API accepts as the body of `POST /v3/mail/send`.

Sources: the published OpenAPI (https://github.com/twilio/sendgrid-oai, `tsg_mail_v3`) and the error reference
(https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors). Where they leave room, the stricter
reading holds: what passes here must pass there. So fields that the SDK can still make but the OpenAPI no
longer lists (`sections`, `mail_settings.bcc`, `mail_settings.spam_check`) are refused. Two checks are left
out: `send_at` at most 72 hours ahead (it needs a clock), and whatever only an account knows (verified
senders, existing templates, unsubscribe groups, IP pools, batches).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker

from local.sendgrid.errors import WHOLE_BODY, ApiError
from local.sendgrid.rules import rule_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError

SCHEMA: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("mail_send.schema.json").read_text(encoding="utf-8")
)

# `format: email` means RFC 5321 in ASCII: an internationalised domain has to come as Punycode.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_LONGEST_LOCAL_PART = 64

_MESSAGES: Final = {
    "enum": "must be one of: {value}",
    "format": "does not contain a valid address",
    "maxItems": "must have at most {value} items",
    "maxLength": "must have at most {value} characters",
    "maxProperties": "must have at most {value} entries",
    "minItems": "must have at least {value} item",
    "minLength": "must be a string at least {value} character(s) long",
    "minProperties": "must not be empty",
    "not": "contains a character that is not allowed here",
    "type": "must be of type {value}",
    "uniqueItems": "must not contain the same item twice",
}

_formats = FormatChecker(formats=())


@_formats.checks("email")
def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return _ADDRESS.fullmatch(value) is not None and value.index("@") <= _LONGEST_LOCAL_PART


_validator = Draft202012Validator(SCHEMA, format_checker=_formats)


def validate(body: object) -> list[ApiError]:
    """Return every reason why the live API would refuse this decoded JSON body; none means 202.

    The live API names no field when a custom argument is not a string; here it is named, which helps more.
    """
    return list(dict.fromkeys([*_schema_errors(body), *rule_errors(body)]))


def _schema_errors(body: object) -> Iterator[ApiError]:
    for violation in _validator.iter_errors(body):
        yield from _translated(violation)


def _translated(violation: ValidationError) -> Iterator[ApiError]:
    path = [str(step) for step in violation.absolute_path]
    schema = cast("dict[str, Any]", violation.schema)
    instance: Any = violation.instance
    if violation.validator == "required":
        for name in schema["required"]:
            if name not in instance:
                yield ApiError.at(".".join([*path, name]) or WHOLE_BODY, "is required")
    elif violation.validator == "additionalProperties":
        for name in instance:
            if name not in schema["properties"]:
                yield ApiError.at(".".join([*path, name]) or WHOLE_BODY, "is not a field of this object")
    else:
        message = _MESSAGES[str(violation.validator)].format(value=violation.validator_value)
        yield ApiError.at(".".join(path) or WHOLE_BODY, message)
