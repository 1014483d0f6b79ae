"""Texts of parts: decoded, of one kind of line break, bounded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

from functions.intake_email.parsing.mime.charsets import decode_text
from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.headers import charset
from functions.intake_email.parsing.mime.html_text import html_to_text
from functions.intake_email.parsing.mime.structure import Part

PLAIN = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
"""Types that are read as they are."""

MOST_CHARACTERS = 1_000_000
"""Of one message's text."""

_MOST_BYTES = 4 * MOST_CHARACTERS
_CUT_WITHIN = 1_000
_PLACEHOLDER_CHARACTERS = 500
_PLACEHOLDER = re.compile(
    r"(?:does(?:n't| not)|do(?:n't| not)|can(?:'t|not)|unable to) (?:\w+ ){0,3}"
    r"(?:support|display|show|view|read|render)"
    r"|not (?:\w+ )?(?:support|display|html)|view (?:this|it|the) (?:\w+ )?(?:in|as|using)"
    r"|requires? (?:\w+ ){0,3}html|html[- ](?:capable|enabled|compatible)"
    r"|не (?:может )?(?:поддержива|отобража|показыва|отобразить|показать|умеет)",
    re.IGNORECASE,
)
_ENCODED_WORD_CHARSET = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?[bq]\?", re.IGNORECASE)
_HINTING_HEADERS = frozenset({"subject", "from", "to"})
_SAY_NOTHING = frozenset({"us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit"})
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class TextReader:
    """Decodes the texts of one message.

    Attributes:
        hint: The charset that other parts of the message declare.
    """

    defects: Defects
    hint: str | None

    def decode(self, message: Message, content: bytes) -> str:
        """Give a text part's text, with LF between lines."""
        declared = charset(message)
        if len(content) > _MOST_BYTES:
            self.defects.note("the text is too long and was cut")
            content = content[: _cut(content, declared)]
        decoded = self.defects.attempt("charset", lambda: decode_text(content, declared, self.hint), None)
        if decoded is None:
            text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
            return self.bounded(text.replace("\0", "").removeprefix("\ufeff"))
        text, defect = decoded
        self.defects.note(defect)
        return self.bounded(text)

    def bounded(self, text: str) -> str:
        """Cut a text at 1,000,000 characters."""
        if len(text) > MOST_CHARACTERS:
            self.defects.note("the text is too long and was cut")
            return text[:MOST_CHARACTERS]
        return text

    def html_text(self, html: str) -> str:
        """Give the text of HTML; if that fails, what is left without tags."""
        text = self.defects.attempt("HTML", lambda: html_to_text(html), None)
        return _TAG.sub(" ", html) if text is None else text


def charset_hint(parts: Sequence[Part]) -> str | None:
    """Name a charset that the message declares somewhere, other than those that every message has."""
    declared = [charset(part.message) for part in parts]
    for name, value in parts[0].message.raw_items():
        if "=?" in value and name.lower() in _HINTING_HEADERS:
            declared += _ENCODED_WORD_CHARSET.findall(str(value))
    return next((each for each in declared if each and each.lower() not in _SAY_NOTHING), None)


def is_placeholder(text: str) -> bool:
    """Whether a plain text only says that the message is to be read as HTML."""
    if len(text) > _PLACEHOLDER_CHARACTERS or "html" not in text.lower():
        return False
    return bool(_PLACEHOLDER.search(text))


def _cut(content: bytes, declared: str | None) -> int:
    """Cut behind a line, so that no character of several bytes is cut in two."""
    if declared and declared.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return _MOST_BYTES
    return content.rfind(b"\n", _MOST_BYTES - _CUT_WITHIN, _MOST_BYTES) + 1 or _MOST_BYTES
