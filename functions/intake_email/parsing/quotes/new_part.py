"""The new part of a reply: a message's text without the quoted history of the correspondence.

Precise rather than greedy: a line that a person could have written stays, and where nothing would remain, all does.
"""

import re
from dataclasses import dataclass, field

from functions.intake_email.parsing.quotes import header_block
from functions.intake_email.parsing.quotes.attributions import LAST_LINE, LONGEST, Evidence, attribution, visible
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
    r"-{2,} ?(?:original|исходно[ег]о?|оригинально[ег]о?|первоначально[ег]о?) "
    r"(?:message|appointment|e-?mail|сообщени|письм)[а-я]{0,2} ?-{2,}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-_=—–*]{5,200}")
_INITIALS = re.compile(r"\s{0,4}[A-Za-zА-ЯЁа-яё]{1,4}>")
"""The Bat! quotes with the initials of the one who wrote: `ИП> текст`."""

_LINK = re.compile(r"[<(\[] ?https?://[^<>()\[\]\s]{0,1000} ?[>)\]]|https?://\S{1,1000}")
_DEVICE_LINES: tuple[str, ...] = (
    r"отправлено с (?:мо(?:его|ей) |мобильного |устройства |смартфона |телефона ){0,3}MODEL",
    r"отправлено с (?:моего |мобильного ){0,2}(?:устройства|смартфона|телефона|планшета)",
    r"отправлено (?:из|через|с помощью) (?:ADJECTIVE ){0,3}PROGRAM",
    r"отправлено из мобильной почты",
    r"(?:скачать|скачайте|получить|загрузить|get|download) (?:outlook|bluemail|yahoo mail|mymail) (?:для|for) DEVICE",
    r"sent (?:from|via|with|using) (?:my |the |a |new )?(?:mobile )?(?:MODEL|PROGRAM)",
    r"sent from my (?:mobile|phone|smartphone|tablet)(?: device)?",
    r"(?:простите за краткость, создано в|please excuse my brevity, sent (?:from|with)) k-9 mail",
)
_ADJECTIVE = r"(?:мобильно[йг]о?|приложения|новой|защищ[её]нной|электронной|почтового клиента)"
_PROGRAM = (
    r"(?:outlook|яндекс[. ]?почты|yandex[. ]?mail|почты mail(?:\.ru)?|почты yahoo|yahoo mail|почт[ыа](?: proton ?mail)?"
    r"|proton ?mail(?: secure email)?|почты vk|mail(?:\.ru)?|mymail|gmail|bluemail|spark|vk workmail|aqua mail)"
    r"(?: (?:на|для|for|on) (?:мобильных|mobile|DEVICE)| app)?"
)
_DEVICE = (
    r"(?:iphone|ipad|ipod|mac|macbook|apple|android|ios|windows|samsung|galaxy|huawei|honor|xiaomi|redmi|poco|realme"
    r"|oppo|vivo|nokia|sony|lg|asus|tecno|infinix|oneplus|google pixel|pixel|blackberry)"
)


def _device_line() -> re.Pattern[str]:
    shapes = "|".join(_DEVICE_LINES)
    for word, pattern in (
        ("ADJECTIVE", _ADJECTIVE),
        ("PROGRAM", _PROGRAM),
        ("MODEL", "DEVICE(?: [a-z0-9+-]{1,20}){0,4}"),
        ("DEVICE", _DEVICE),
    ):
        shapes = shapes.replace(word, pattern)
    return re.compile(rf"(?:{shapes})[ .:!]{{0,3}}", re.IGNORECASE)


_DEVICE_LINE = _device_line()
_SIGNATURE = re.compile(r"--|с уважением\b.{0,80}|(?:best |kind )?regards\b.{0,80}", re.IGNORECASE)


def new_part(text: str) -> str:
    r"""A message's text without the letters that it quotes; without a last line such as `Отправлено с iPhone`, too.

    Answers between the quoted lines stay, in their order. Nothing after an explicit mark of forwarding is taken away.
    Where nothing but a signature would remain, the message is a forwarded one, and all of its text is returned.

    Args:
        text: Plain text; `> ` before quoted lines, as in mail or made from HTML's block quotes.

    Returns:
        Lines of `text` with `\n` between them, no blank ones at either end. Never raises; linear in the text's length.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own = _without_device_line(_trimmed(_Reading(lines).own_lines()))
    said = next((line for line in own if line.strip()), "--")
    return "\n".join(_trimmed(lines) if _SIGNATURE.fullmatch(said.strip()) else own)


@dataclass(slots=True)
class _Reading:
    """One pass over the lines.

    Attributes:
        kept: The person's own lines so far.
        quoting: An attribution has been seen: quoted lines are history from here on, not a pasted log.
        gap: Something was left out after the last kept line.
        block_end: Up to here header lines were looked at already.
        attempts: How often a line was compared with the attributions.
    """

    lines: list[str]
    kept: list[str] = field(default_factory=list)
    quoting: bool = False
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
            else:
                self._leave_out(quoted=False)
                break
        return self.kept

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
            found, by_whom_first = self._found(joined, end)
            if found and by_whom_first and end > index and self._found(line, end)[0]:
                # The last line is complete without those above it: they are no part of it.
                return None
            if found:
                return end + 1
        return None

    def _found(self, text: str, last: int) -> tuple[bool, bool]:
        self.attempts += 1
        match = attribution(text)
        if match is None:
            return False, False
        evidence, by_whom_first = match
        return evidence is Evidence.ALONE or self._follows_quote(last + 1), by_whom_first

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
        self.kept.append(line)

    def _leave_out(self, *, quoted: bool) -> None:
        """Pass over an introduction, and over what a mail program put above it."""
        if quoted:
            while self.kept and _is_marked(self.kept[-1]):
                self.kept.pop()
        else:
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


def _trimmed(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]


def _without_device_line(lines: list[str]) -> list[str]:
    if not lines or len(lines[-1]) > _LONGEST_LINE:
        return lines
    last = " ".join(_LINK.sub(" ", visible(lines[-1])).split())
    if not _DEVICE_LINE.fullmatch(last):
        return lines
    rest = _trimmed(lines[:-1])
    return _trimmed(rest[:-1]) if rest and rest[-1].strip() in {"--", "—", "__"} else rest
