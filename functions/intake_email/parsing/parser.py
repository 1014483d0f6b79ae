"""From a raw message to a `ParsedMail`: whatever the bytes, there is one."""

import re
from collections.abc import Sequence
from email.message import Message

from functions.intake_email.parsing.mime.contents import Contents, ContentsReader
from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.headers import addresses, header_text, message_ids
from functions.intake_email.parsing.mime.structure import Part, read_structure
from functions.intake_email.parsing.mime.texts import TextReader, charset_hint
from functions.intake_email.parsing.origin.bounces import find_bounce
from functions.intake_email.parsing.origin.fields import Origin, origin
from functions.intake_email.parsing.origin.robots import automatic_reason
from functions.intake_email.parsing.parsed import Address, ParsedMail

_RETURN_PATH = re.compile(r"<([^<>]*+)>")
_HINTING_PARTS = 50


def parse_mail(raw: bytes, return_path: str | None = None) -> ParsedMail:
    """Read a message; never raises. What can't be read is missing, and named in `defects`.

    Takes linear time, and memory of about the message's size for its attachments.

    Args:
        raw: The message as it came (RFC 5322 with MIME), well-formed or not.
        return_path: The envelope's sender; empty for the null return path, None when not known: then the
            Return-Path header counts.
    """
    defects = Defects()
    nothing = Part(Message(), b"", 0, 0, 0, "text/plain")
    if not raw or raw.isspace():
        defects.note("an empty message")
    root = defects.attempt("structure", lambda: read_structure(raw, defects), nothing)
    hint = defects.attempt("charsets", lambda: charset_hint(_first_parts(root)), None)
    headers = _Headers(root.message, hint, defects)
    subject = headers.text("subject")
    if return_path is None:
        return_path = _return_path(headers.values("return-path"))

    texts = TextReader(defects, hint)
    nothing_read = Contents("", is_forwarded=False, attachments=())
    contents = defects.attempt("text and attachments", lambda: ContentsReader(texts, defects).read(root), nothing_read)
    text = contents.text
    ids = headers.ids("message-id")
    unknown = Origin(root.message, {}, return_path)
    found = defects.attempt("origin", lambda: origin(root.message, return_path), unknown)
    return ParsedMail(
        sender=next(iter(headers.addresses("from")), None),
        reply_to=headers.addresses("reply-to"),
        to=headers.addresses("to"),
        cc=headers.addresses("cc"),
        subject=subject,
        text=text,
        attachments=contents.attachments,
        message_id=ids[0] if ids else None,
        in_reply_to=headers.ids("in-reply-to"),
        references=headers.ids("references"),
        automatic=defects.attempt("automatic mark", lambda: automatic_reason(found, subject), None),
        bounce=defects.attempt("bounce", lambda: find_bounce(found, text), None),
        is_forwarded=contents.is_forwarded,
        # The last: all of the above may note some.
        defects=defects.listed(),
    )


class _Headers:
    """The message's own headers, decoded."""

    def __init__(self, message: Message, hint: str | None, defects: Defects) -> None:
        self._raw: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._raw.setdefault(name.lower(), []).append(str(value))
        self._hint = hint
        self._defects = defects

    def values(self, name: str) -> Sequence[str]:
        return self._raw.get(name, ())

    def text(self, name: str) -> str:
        values = self.values(name)
        return self._defects.attempt(f"{name} header", lambda: header_text(values[0], self._hint) if values else "", "")

    def addresses(self, name: str) -> tuple[Address, ...]:
        if not (values := self.values(name)):
            return ()
        return self._defects.attempt(f"{name} header", lambda: addresses(values, self._hint), ())

    def ids(self, name: str) -> tuple[str, ...]:
        if not (values := self.values(name)):
            return ()
        return self._defects.attempt(f"{name} header", lambda: message_ids(values), ())


def _return_path(values: Sequence[str]) -> str | None:
    if not values:
        return None
    found = _RETURN_PATH.search(values[0])
    return (found[1] if found else values[0]).strip()


def _first_parts(root: Part) -> list[Part]:
    """Give the message's first parts, itself first."""
    parts = [root]
    for part in parts:
        parts += part.parts[: _HINTING_PARTS - len(parts)]
    return parts
