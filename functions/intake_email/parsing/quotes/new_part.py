"""The new part of a reply: a message's text without the quoted history of the correspondence.

Precise rather than greedy: a line that a person could have written stays, and where nothing would remain, all does.
"""

import re
from dataclasses import dataclass, field

from functions.intake_email.parsing.quotes import header_block
from functions.intake_email.parsing.quotes.attributions import LAST_LINE, LONGEST, Evidence, attribution, visible
from functions.intake_email.parsing.quotes.device_line import trimmed, without_device_line
from functions.intake_email.parsing.quotes.header_block import unquoted

_ATTRIBUTION_LINES = 4
"""Over how many lines a mail program's wrapping spreads one attribution."""
_MOST_ATTEMPTS = 5_000
"""Lines that look like an attribution and are none; no person's letter has so many, and each costs time."""
_LONGEST_LINE = 2_000
"""Characters; a longer line is text, whatever it contains."""

_FORWARD = re.compile(
    r"-{2,} ?(?:начало )?(?:forwarded|пересыла|пересланн|переадресованн|перенаправленн)[а-я]{0,8} "
    r"(?:message|e-?mail|сообщени|письм)[а-я]{0,2} ?-{2,}"
    r"|(?:begin forwarded message|начало (?:переадресованного|пересылаемого|пересланного) (?:сообщения|письма)):?"
    r"|this is a forwarded message|это пересылаемое (?:сообщение|письмо)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,} ?(?:original|исходн(?:о[ег]о?|ая)|оригинально[ег]о?|первоначально[ег]о?) "
    r"(?:message|appointment|e-?mail|сообщени|письм|встреч)[а-я]{0,2} ?-{2,}",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(?<!-)(-{5,40} ?(?:original message|исходное сообщение) ?-{5,40})(?= {0,3}(?:from|от): )", re.IGNORECASE
)
"""Samsung's programs write it without line breaks, behind the signature as well."""
_WHERE = r"(?:ниже|в тексте|по тексту|красным|синим|зел[её]ным|жирным|цветом|курсивом)"
_BELOW = re.compile(
    rf"\b(?:ответ(?:ы|ил[аи]?)|комментари[ий]|пояснени[яе])(?: [\w(]{{1,15}}){{0,2}} \(?{_WHERE}\b"
    rf"|\b{_WHERE}(?: \w{{1,15}}){{0,2}} (?:ответы|ответил[аи]?|комментарии|пояснения)\b"
    r"|(?:\bсм\.|\bсмотри(?:те)?|\bчитайте) (?:\w{1,20} ){0,2}(?:ниже|в тексте|по тексту)\b"
    r"|\b(?:answer(?:s|ed)?|repl(?:y|ies|ied)|responses?|responded|comments?)"
    r"(?: (?:are|is|my|your|questions?|to|you)){0,3} (?:below|in-?line|in (?:red|blue|green|bold|the text))\b"
    r"|\bsee (?:(?:my|the|answers?|comments?|replies|responses?) ){0,3}(?:below|in-?line)\b",
    re.IGNORECASE,
)
"""Many answer inside the letter below, in its own lines, where at most a colour tells their words from ours."""
_SAID_WITHIN = 20_000
_TIME_OR_ADDRESS = re.compile(r"\d:\d\d|<")
_RULE = re.compile(r"[-_=—–*]{5,200}")
_INITIALS = re.compile(r"\s{0,4}[A-Za-zА-ЯЁа-яё]{1,4}>")
"""The Bat! quotes with the initials of the one who wrote: `ИП> текст`."""

_GREETING = re.compile(
    r"(?:здравствуйте|приветствую|добр(?:ый|ого) (?:день|дня|вечер|времени суток)|доброе утро|уважаем(?:ые|ая|ый)"
    r"|hello|hi|dear|good (?:morning|day|afternoon|evening))"
    r"(?:,? (?:(?-i:[А-ЯЁA-Z])[\w.-]{0,30}|коллеги|всем|all|team|there)){0,3}[ ,.!)]{0,3}",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"--|с уважением\b.{0,80}|(?:best |kind )?regards\b.{0,80}", re.IGNORECASE)


def new_part(text: str) -> str:
    r"""A message's text without the letters that it quotes; without a last line such as `Отправлено с iPhone`, too.

    Answers between the quoted lines stay, in their order. Nothing after an explicit mark of forwarding is taken away,
    nor a letter within which the person says to have answered, and has not between its lines.
    Where nothing but a greeting and a signature would remain, the message is a forwarded one, or what it says stands in
    the quoted lines: all of its text is returned.

    Args:
        text: Plain text; `> ` before quoted lines, as in mail or made from HTML's block quotes.

    Returns:
        Lines of `text` with `\n` between them, no blank ones at either end. Never raises; linear in the text's length.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = (_GLUED.sub(r"\n\1\n", text) if "-----" in text else text).split("\n")
    own = without_device_line(trimmed(_Reading(lines).own_lines()))
    said = next((line for line in own if line.strip() and not _GREETING.fullmatch(line.strip())), "--")
    return "\n".join(trimmed(lines) if _SIGNATURE.fullmatch(said.strip()) else own)


@dataclass(slots=True)
class _Reading:
    """One pass over the lines.

    Attributes:
        kept: The person's own lines so far.
        quoting: An attribution has been seen: quoted lines are history from here on, not a pasted log.
        answered: The person wrote below an attribution.
        gap: Something was left out after the last kept line.
        block_end: Up to here header lines were looked at already.
        attempts: How often a line was compared with the attributions.
    """

    lines: list[str]
    kept: list[str] = field(default_factory=list)
    quoting: bool = False
    answered: bool = False
    gap: bool = False
    block_end: int = 0
    attempts: int = 0

    def own_lines(self) -> list[str]:
        index = 0
        while index < len(self.lines):
            line = self.lines[index]
            if self.quoting and _is_quoted(line):
                self.gap = True
                index += 1
                continue
            if not line.strip() or len(line) > _LONGEST_LINE:
                self._keep(line)
                index += 1
                continue
            if _FORWARD.fullmatch(visible(unquoted(line))):
                return [*self.kept, *self.lines[index:]]
            end = self._history(index)
            if end is None:
                self._keep(line)
                index += 1
            elif self._follows_quote(end) or _is_marked(line):
                self._leave_out(quoted=_is_marked(line))
                index = end
            elif self._answers_below():
                return [*self.kept, *self.lines[index:]]
            else:
                self._leave_out(quoted=False)
                break
        return self.lines if self.quoting and not self.answered and self._answers_below() else self.kept

    def _answers_below(self) -> bool:
        return _BELOW.search("\n".join(self.kept), 0, _SAID_WITHIN) is not None

    def _history(self, index: int) -> int | None:
        """The line after what introduces a quoted letter here, None when nothing does."""
        line = visible(unquoted(self.lines[index]))
        if line.startswith("--") and _ORIGINAL.fullmatch(line):
            return self._after_headers(index + 1)
        if index >= self.block_end and header_block.begins(line):
            block = header_block.read(self.lines, index)
            self.block_end = block.end
            if block.history or (block.likely and self._ruled_off()):
                return block.end
        return self._attribution(index)

    def _after_headers(self, index: int) -> int:
        while index < len(self.lines) and not self.lines[index].strip():
            index += 1
        if index < len(self.lines) and header_block.begins(visible(unquoted(self.lines[index][:_LONGEST_LINE]))):
            return header_block.read(self.lines, index).end
        return index

    def _attribution(self, index: int) -> int | None:
        near = self.lines[index : index + _ATTRIBUTION_LINES]
        if self.attempts >= _MOST_ATTEMPTS or not any(line.rstrip().endswith(LAST_LINE) for line in near):
            return None
        marked = _is_marked(self.lines[index])
        joined = ""
        for end, raw in enumerate(near, index):
            line = visible(unquoted(raw)) if len(raw) <= LONGEST else ""
            if not line or (_is_marked(raw) and not marked):
                return None
            joined = f"{joined} {line}".lstrip()
            if not line.endswith(LAST_LINE):
                continue
            found, by_whom_first = self._found(joined, index, end)
            if found and by_whom_first and end > index and self._found(line, end, end)[0]:
                # The last line is complete without those above it: they are no part of it.
                return None
            if found:
                return end + 1
        return None

    def _found(self, text: str, first: int, last: int) -> tuple[bool, bool]:
        self.attempts += 1
        match = attribution(text)
        if match is None:
            return False, False
        evidence, by_whom_first = match
        if evidence is Evidence.PARAGRAPH and not self._begins_paragraph(first):
            return False, by_whom_first
        return evidence is Evidence.ALONE or self._follows_quote(last + 1), by_whom_first

    def _begins_paragraph(self, index: int) -> bool:
        """Whether an attribution in an unknown language may begin here: with time or address, below an empty line."""
        above = self.lines[index - 1][:_LONGEST_LINE] if index else ""
        return _TIME_OR_ADDRESS.search(self.lines[index]) is not None and not visible(unquoted(above))

    def _follows_quote(self, index: int) -> bool:
        for line in self.lines[index : index + 6]:
            if line.strip():
                return _is_quoted(line)
        return False

    def _ruled_off(self) -> bool:
        above = next((line for line in reversed(self.kept[-3:]) if line.strip()), "")
        return _RULE.fullmatch(above.strip()) is not None

    def _keep(self, line: str) -> None:
        blank = not line.strip()
        if blank and self.gap and not (self.kept and self.kept[-1].strip()):
            return
        self.gap = self.gap and blank
        self.answered = self.answered or (self.quoting and not blank)
        self.kept.append(line)

    def _leave_out(self, *, quoted: bool) -> None:
        """Pass over an introduction, and over what a mail program put above it."""
        while quoted and self.kept and _is_marked(self.kept[-1]):
            self.kept.pop()
        above = len(self.kept)
        while above and (not self.kept[above - 1].strip() or self._heads(self.kept[above - 1])):
            above -= 1
        rest = self.kept[above:]
        del self.kept[above:]
        if rest and not rest[0].strip():
            self.kept.append("")
        self.quoting = self.gap = True

    def _heads(self, line: str) -> bool:
        if len(line) > LONGEST:
            return False
        seen = visible(line)
        return _RULE.fullmatch(seen) is not None or (seen.endswith(";") and header_block.is_address_line(seen))


def _is_marked(line: str) -> bool:
    return line.lstrip(" \t").startswith(">")


def _is_quoted(line: str) -> bool:
    return _is_marked(line) or _INITIALS.match(line) is not None
