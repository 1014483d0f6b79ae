"""What a message's headers say of where it came from: the ground for telling robots, reports and people apart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message

_LONGEST = 2_000
"""Characters of a field that are looked at; a longer one is nobody's, or hostile."""

_PARTS = 50
_DEPTH = 3

_COMMENT = re.compile(r"\([^()]*\)")
_NESTING = 5
_ANGLE = re.compile(r"<([^<>]*)>")
_PARAMETER = r"[;\s]{}\s*=\s*[\"']?([\w.+-]+)"

_DAEMON = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|postmaster|mail[-_.]?delivery"
    r"|microsoftexchange[0-9a-f]{32}"
)
_NO_REPLY = re.compile(
    r"(?:.*[-_.+=])?(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|dont[-_.]?reply|no[-_.]?response|noanswer)(?:[-_.+=].*|\d*)"
    r"|auto[-_.]?(?:reply|respond|responder|response|answer|mailer)"
)
_BOUNCES = re.compile(r"(?!bounces\+srs=)(?:.*[-_.+=])?bounces?(?:[-_.+=].*|\d*)")
"""But Microsoft 365 forwards people's mail from `bounces+SRS=…`."""
_ROBOTS = {"mail system": _DAEMON, "no-reply mailbox": _NO_REPLY, "bounce mailbox": _BOUNCES}
_ANY_ROBOT = re.compile("|".join(robot.pattern for robot in _ROBOTS.values()))


@dataclass(frozen=True, slots=True)
class Origin:
    """The fields of a message, and the mailbox that it came from.

    Attributes:
        message: Parsed under policy compat32.
        fields: Values by the field's name in lower case, in order, as they came; see `values`.
        return_path: Envelope sender: "" is the null one (RFC 5321, 4.5.5), None unknown.
    """

    message: Message
    fields: Mapping[str, Sequence[str]]
    return_path: str | None

    def first(self, name: str) -> str:
        """Give the first field of a name (in lower case), as `plain` does; empty when there is none."""
        return plain(self.fields[name][0]) if name in self.fields else ""

    def values(self, name: str) -> Sequence[str]:
        """Give the fields of a name (in lower case), as `plain` does."""
        return [plain(value) for value in self.fields.get(name, ())]

    @property
    def content_type(self) -> str:
        """`type/subtype` of the whole message, in lower case."""
        return content_type(self.first("content-type"))

    @property
    def report_type(self) -> str:
        """Kind of a multipart/report (RFC 6522), in lower case; empty when it is none, or does not tell."""
        return parameter(self.first("content-type"), "report-type") if self.content_type == "multipart/report" else ""

    @property
    def is_daemon(self) -> bool:
        """Whether the author is a mail system: MAILER-DAEMON, postmaster (RFC 2142) or nobody."""
        author = self.first("from")
        return bool(_DAEMON.fullmatch(mailbox(author))) or "<>" in author.replace(" ", "")


def origin(message: Message, return_path: str | None) -> Origin:
    """Read the fields of a message.

    Args:
        message: Parsed under policy compat32.
        return_path: Envelope sender, "" or "<>" for the null one; None when unknown: then `Return-Path` counts.
    """
    fields: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        fields.setdefault(str(name).lower(), []).append(str(value))
    if return_path is None and "return-path" in fields:
        return_path = plain(fields["return-path"][0])
    if return_path is not None:
        return_path = return_path.strip()[:_LONGEST].removeprefix("<").removesuffix(">").strip()
    return Origin(message, fields, return_path)


def parts(message: Message) -> list[tuple[str, Message]]:
    """Give a message's own parts with their Content-Type fields, itself first; not what forwarded messages hold."""
    found = [(field(message, "content-type"), message, 0)]
    # The list grows under the loop; it never gets longer than its bound.
    for declared, part, depth in found:
        holds_parts = depth < _DEPTH and content_type(declared).startswith("multipart/") and part.is_multipart()
        inner = part.get_payload() if holds_parts else None
        if isinstance(inner, list):
            messages = [each for each in inner[: _PARTS - len(found)] if isinstance(each, Message)]
            found += [(field(each, "content-type"), each, depth + 1) for each in messages]
    return [(declared, part) for declared, part, _ in found]


def field(message: Message, name: str) -> str:
    """Give the first field of a name (in lower case) as `plain` does; empty when there is none."""
    return next((plain(str(value)) for each, value in message.raw_items() if str(each).lower() == name), "")


def plain(value: str) -> str:
    """Give a field's value on one line, bounded, its raw 8-bit bytes read as UTF-8 or else as windows-1251."""
    value = value[:_LONGEST]
    if value.isascii():
        return " ".join(value.split())
    try:
        octets = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = value.encode("utf-8", "replace")
    try:
        value = octets.decode()
    except UnicodeDecodeError:
        value = octets.decode("windows-1251", "replace")
    return " ".join(value.split())


def content_type(value: str) -> str:
    """Give `type/subtype` of a Content-Type, in lower case."""
    return value.partition(";")[0].strip().lower()


def parameter(value: str, name: str) -> str:
    """Give a parameter of a MIME field, in lower case, when it is a plain token (RFC 2045, 5.1); else nothing."""
    found = re.search(_PARAMETER.format(re.escape(name)), value, re.IGNORECASE)
    return found[1].lower() if found else ""


def without_comments(value: str) -> str:
    """Remove comments (RFC 5322, 3.2.2) from a field's value."""
    for _ in range(_NESTING if "(" in value else 0):
        value, count = _COMMENT.subn(" ", value)
        if not count:
            break
    return value.partition("(")[0].strip()


def mailbox(value: str) -> str:
    """Give the local part of the address in a field, in lower case; the whole, when it has no domain."""
    angle = _ANGLE.findall(value)
    address = angle[-1] if angle else without_comments(value)
    return address.strip().rpartition(":")[2].partition("@")[0].strip('" ').lower()


def robot_mailbox(local_part: str) -> str | None:
    """Say which kind of robot a mailbox belongs to; None when it may be a person's.

    Args:
        local_part: In lower case.
    """
    if _ANY_ROBOT.fullmatch(local_part) is None:
        return None
    return next(kind for kind, pattern in _ROBOTS.items() if pattern.fullmatch(local_part))
