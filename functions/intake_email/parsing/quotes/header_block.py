"""The lines `От: … Отправлено: … Кому: … Тема: …` that Outlook, telephones and others put above a quoted letter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from functions.intake_email.parsing.quotes.attributions import visible

_WORDS: dict[str, str] = {
    "sender": r"from|от|от кого|отправитель|від|von|de|kimden",
    "sent": r"sent|отправлено|отправленные|отправлен|дата отправки|надіслано|gesendet|envoyé|gönderildi|gönderilme",
    "date": r"date|дата|datum|tarih",
    "to": r"to|кому|получатель|an|à|kime",
    "copy": r"cc|bcc|copy|копия|скрытая копия|скрытая|копія|bilgi",
    "subject": r"subject|тема|тема письма|betreff|objet|konu",
    "other": r"importance|важность|priority|приоритет|attachments|вложения|reply-to|ответить",
}
_HEADER = re.compile(
    r"[*_]{0,2}(?:"
    + "|".join(rf"(?P<{kind}>{words})" for kind, words in _WORDS.items())
    + r")[*_]{0,2} ?:[*_]{0,2}(?: |$)",
    re.IGNORECASE,
)
_TRANSPORT = re.compile(
    r"(?:received|return-path|message-id|mime-version|content-type|dkim-signature|x-[\w-]{1,60}) ?:",
    re.IGNORECASE,
)
"""Headers that no mail program shows above a quoted letter: whoever pastes them shows them to us on purpose."""

_TIME = re.compile(r"\d{1,2}[:.]\d\d(?!\d|\.\d)")
_MOST_LINES = 40
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Header lines that follow one another.

    Attributes:
        end: Index of the line after the last.
        history: Whether a mail program wrote them, as far as they show it themselves.
        likely: Whether one did if a ruled line stands above them.
    """

    end: int
    history: bool
    likely: bool


def begins(line: str) -> bool:
    """Whether the line could be the first of a header block; `line` is `visible`, without quotation marks."""
    return _HEADER.match(line) is not None


def is_address_line(line: str) -> bool:
    """Whether the line says for whom or about what the quoted letter was (`Кому: …`, `Тема: …`)."""
    header = _HEADER.match(line)
    return header is not None and header.lastgroup in {"to", "copy", "subject"}


def read(lines: Sequence[str], start: int) -> HeaderBlock:
    """Read the header block whose first line is `lines[start]`.

    Values may be folded over several lines; single blank lines between headers (HTML paragraphs) are passed over.
    """
    values: dict[str, str] = {}
    kind = ""
    end = start
    for index in range(start, min(start + _MOST_LINES, len(lines))):
        line = visible(unquoted(lines[index])) if len(lines[index]) <= _LONGEST else ""
        header = _HEADER.match(line)
        if header:
            if header.lastgroup in values:
                break
            kind = header.lastgroup or ""
            values[kind] = line[header.end() :]
        elif not line:
            if index > end:
                break
            continue
        elif _goes_on(kind, values.get(kind, "-"), line):
            values[kind] = f"{values[kind]} {line}"
        else:
            break
        end = index + 1
    pasted = any(
        _TRANSPORT.match(visible(unquoted(lines[near][:_LONGEST])))
        for near in (start - 1, end)
        if 0 <= near < len(lines)
    )
    when = values.get("sent", values.get("date", ""))
    complete = "sender" in values and ("to" in values or "subject" in values) and _TIME.search(when) is not None
    addressed = "@" in values.get("sender", "") + values.get("to", "") or "sent" in values
    return HeaderBlock(end, history=complete and addressed and not pasted, likely=complete and not pasted)


def unquoted(line: str) -> str:
    """The line without the quotation marks before it."""
    return line.lstrip(" \t>") if line.lstrip(" \t").startswith(">") else line


def _goes_on(kind: str, value: str, line: str) -> bool:
    if not value:
        return True
    return kind in {"sender", "to", "copy"} and ("@" in line or value.endswith((",", ";")))
