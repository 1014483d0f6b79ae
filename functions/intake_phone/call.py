"""From what was typed during a call to a submission (R2, R3, R10), or to a list of what is wrong."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.submission import Channel, Submission
from shared.filling import fill_from_text
from shared.request_fields import SPECIALISTS_FLAGS, InvalidFieldsError, read_fields
from shared.staff.people import Person

CLOCKS_APART = timedelta(minutes=1)
"""How far a clock may be ahead of ours; what is ahead by less begins now."""

OLDEST = timedelta(days=7)
"""How long ago a call may have begun: calls are written down late, dates are mistyped."""

STARTED_AT, SAME_AS = "call_started_at", "same_as"
"""Fields that only a call has."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_WALL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?", re.ASCII)
_NUMBER = re.compile(r"\s*(?:#|№)?\s*(0*[1-9][0-9]{0,14})\s*")
_LABEL = "Начало разговора"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, before anything in it is trusted.

    Attributes:
        fields: Values by field name, as `shared.request_fields.read_fields` takes them.
        started_at: When the call began: RFC 3339, or the zone's wall time where that is given; None where it is not
            said, which means now.
        same_as: Number of the ticket that the call belongs to; None for a new request.
        key: Names the call among those of its specialist: the same again is the same call.
        zone: Of a time that has none of its own; None: it must have one.
    """

    fields: Mapping[str, object]
    started_at: object
    same_as: object
    key: str
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that can be registered.

    Attributes:
        same_as: The ticket that it belongs to, in the specialist's judgement; None for a new request.
    """

    submission: Submission
    same_as: int | None


def read_call(typed: Typed, person: Person, now: datetime) -> Call:
    """Read a call.

    Args:
        typed: What was typed.
        person: Who typed it.
        now: The present.

    Raises:
        InvalidFieldsError: With every wrong field.
    """
    errors: dict[str, str] = {}
    try:
        contact, details = read_fields(typed.fields, SPECIALISTS_FLAGS)
    except InvalidFieldsError as error:
        errors |= error.errors
    received_at = _started_at(typed, now, errors)
    same_as = _same_as(typed.same_as, errors)
    if errors:
        raise InvalidFieldsError(errors)
    details, from_text = fill_from_text(details)
    submission = Submission(
        key=submission_key(typed.key, person),
        channel=Channel.PHONE,
        received_at=received_at,
        contact=contact,
        details=details,
        from_text=from_text,
        by=person.signature,
    )
    return Call(submission, same_as)


def submission_key(source: str, person: Person) -> str:
    """Give the submission's key: a digest, for a header may hold anything; two people's keys never collide."""
    return f"phone-{hashlib.blake2b(f'{person.address} {source}'.encode(), digest_size=16).hexdigest()}"


def read_number(value: object) -> int | None:
    """Read a ticket's number, with or without its sign; None when it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python writes no number of more than some thousand digits.
        value = str(value) if 0 < value < 10**15 else ""
    written = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    return None if written is None else int(written[1])


def _started_at(typed: Typed, now: datetime, errors: dict[str, str]) -> datetime:
    """Give the beginning of the call: its arrival (R2)."""
    said = typed.started_at
    if said is None or said == "":
        return now
    started_at = _moment(said, typed.zone)
    if started_at is None:
        example = "ГГГГ-ММ-ДДTЧЧ:ММ" if typed.zone else "с часовым поясом, например 2026-11-22T12:30:00+03:00"
        errors[STARTED_AT] = f"{_LABEL}: нужны дата и время, {example}."
    elif started_at > now + CLOCKS_APART:
        errors[STARTED_AT] = f"{_LABEL}: это время ещё не наступило."
    elif started_at < now - OLDEST:
        errors[STARTED_AT] = f"{_LABEL}: больше {OLDEST.days} дней назад, проверьте дату."
    else:
        return min(started_at, now)
    return now


def _moment(said: object, zone: ZoneInfo | None) -> datetime | None:
    pattern = _WALL_TIME if zone else _RFC3339
    if not isinstance(said, str) or not pattern.fullmatch(said.strip()):
        return None
    try:
        moment = datetime.fromisoformat(said.strip())
        return (moment.replace(tzinfo=zone) if zone else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _same_as(said: object, errors: dict[str, str]) -> int | None:
    if said is None or (isinstance(said, str) and not said.strip()):
        return None
    number = read_number(said)
    if number is None:
        errors[SAME_AS] = "Номер обращения: нужны только цифры, например 12345."
    return number
