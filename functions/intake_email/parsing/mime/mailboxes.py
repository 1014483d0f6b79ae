"""Lists of mailboxes as they come in From, To and the like (RFC 5322, 3.4 and 4.4), however broken."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from functions.intake_email.parsing.mime.encoded_words import header_text, one_line, raw_text
from functions.intake_email.parsing.parsed import Address

MAX_ADDRESSES = 100

_MAX_INPUT = 20_000
_OFTEN_THE_SAME = 200
"""Characters up to which a list is remembered."""

_MAX_ADDRESS = 320
"""64 for the local part, `@`, and 255 for the domain (RFC 5321, 4.5.3.1)."""
_TOKEN = re.compile(
    r"""
    (?P<word> =\?[^?\s]{1,100}\?[bBqQ]\?[^?\s]*\?= )    # an encoded word may hold commas, against RFC 2047
    | (?P<local> "(?:[^"\\]|\\.){0,64}"@ )
    | " (?P<quoted> (?:[^"\\]|\\.){0,300} ) "
    | < (?P<angle> [^<>]* ) >
    | (?P<special> [,;:"<>()] )
    | (?P<literal> \[ [^\[\]<>,;]* \] )
    | (?P<text> [^,;:"<>()\[=]+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BREAK = re.compile(r"[\t\r\n]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ROUTE = re.compile(r"@[^:]*:")


def addresses(values: Sequence[str], hint: str | None = None) -> tuple[Address, ...]:
    """Read the mailboxes of all headers of one name; never raises.

    Encoded words are decoded after the list is split, so that no encoded text becomes an address.

    Args:
        values: The headers' values as the parser gives them: raw bytes stand as surrogates, lines are folded.
        hint: Charset that other parts of the message declare.

    Returns:
        Up to `MAX_ADDRESSES`, members of groups among them; without those of which neither name nor address is left.
    """
    if len(values) == 1 and len(values[0]) <= _OFTEN_THE_SAME:
        return _short_list(values[0], hint)
    return _mailboxes(values, hint)


@lru_cache(maxsize=64)  # nearly all messages are to one of a few
def _short_list(value: str, hint: str | None) -> tuple[Address, ...]:
    return _mailboxes((value,), hint)


def _mailboxes(values: Sequence[str], hint: str | None) -> tuple[Address, ...]:
    found: list[Address] = []
    budget = _MAX_INPUT
    for value in values:
        for entry in _entries(_BREAK.sub(" ", value[:budget])):
            mailbox = entry.mailbox(hint)
            if entry.angle is not None and mailbox.address and found and not found[-1].address:
                # "Петров, Иван <ivan@example.com>": a name with a comma that nobody quoted.
                name = ", ".join(filter(None, (found.pop().name, mailbox.name)))
                mailbox = Address(name, mailbox.address)
            if mailbox.name or mailbox.address:
                found.append(mailbox)
            if len(found) == MAX_ADDRESSES:
                return tuple(found)
        budget = max(0, budget - len(value))
    return tuple(found)


class _Entry:
    """What stands between two commas."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None

    def add(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind == "angle":
            self.angle = token["angle"]
        elif kind == "quoted":
            self.phrase.append(_ESCAPED.sub(r"\1", token["quoted"]))
        else:
            self.phrase.append(" " if token[0] in {'"', "<", ">"} else token[0])

    def mailbox(self, hint: str | None) -> Address:
        phrase, address = "".join(self.phrase), self.angle
        if address is None and "=?" not in phrase:
            phrase, address = _split_bare(phrase)
        name = header_text(phrase, hint) if phrase.strip() else ""
        if not name and self.comments:
            name = header_text(" ".join(self.comments), hint)
        return Address(name, _address(address or "", hint))


def _entries(value: str) -> Iterator[_Entry]:
    entry = _Entry()
    comment: list[str] = []
    depth, closings, groups = 0, value.count(")"), value.count(";")
    for token in _TOKEN.finditer(value):
        special = token[0] if token.lastgroup == "special" else None
        closings -= special == ")"
        groups -= special == ";"
        if depth or (special == "(" and closings):
            depth += {"(": 1, ")": -1}.get(special or "", 0)
            comment.append(token[0])
            if not depth:
                entry.comments.append("".join(comment)[1:-1])
                comment.clear()
        elif special in {",", ";"} or (entry.angle is not None and token.lastgroup == "angle"):
            yield entry
            entry = _Entry()
            if special is None:
                entry.add(token)
        elif special == ":" and groups:
            entry.phrase.clear()  # what came before it is a group's name
        else:
            entry.add(token)
    yield entry


def _split_bare(phrase: str) -> tuple[str, str]:
    """Give what stands around an address without angle brackets, and the address."""
    before, at, after = phrase.partition("@")
    domain, _, rest = after.strip().partition(" ") if not after.startswith(" ") else ("", "", "")
    start = before[:-1].rfind('"') if before.endswith('"') else before.rfind(" ")
    start = max(start, 0)
    local = before[start:]
    return (f"{before[:start]} {rest}", f"{local.strip()}@{domain}") if at and domain and local else (phrase, "")


def _address(text: str, hint: str | None) -> str:
    text = one_line(raw_text(text, hint))
    text = text if '"' in text else "".join(text.split())
    text = _ROUTE.sub("", text, count=1) if text.startswith("@") else text
    text = text.removeprefix("mailto:").strip("<>',;")
    text = text[1:-1] if text.startswith('"') and text.endswith('"') else text
    local, at, domain = text.rpartition("@")
    return text if local and at and domain and len(text) <= _MAX_ADDRESS else ""
