"""Lines of text in the making: white space as HTML means it, paragraphs, quotations, items of lists."""

import re

_SPACES = re.compile(r"[ \t\n\r\f\xa0\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff]|\u200d(?![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])"
)
"""Nothing that can be seen; but the joiner of two emoji makes another one."""
_MAX_QUOTE = 20
_NO_GAP, _LINE, _PARAGRAPH = range(3)


class Lines:
    """Collects text piece by piece.

    Attributes:
        preformatted: How many elements around keep white space as it is.
    """

    def __init__(self) -> None:
        self.preformatted = 0
        self._done: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._gap = _NO_GAP
        self._quotes = 0
        self._line_quotes = 0
        self._bullet = ""
        self._opened = False
        self._pieces: list[str] = []

    def add(self, text: str) -> None:
        """Write text on the present line."""
        if self.preformatted:
            self._add_preformatted(text)
            return
        blank = "\xa0" in text
        text = _SPACES.sub(" ", _INVISIBLE.sub("", text) if not text.isascii() else text)
        starts = self._gap > _NO_GAP or not self._line
        if starts or self._line[-1].endswith((" ", "\t")):
            text = text.lstrip(" ")
        if text:
            self._start()
            self._line.append(text)
            self._pieces.append(text)
        elif blank and starts:
            # A paragraph of nothing but a fixed space is how mail programs make an empty line.
            self._gap = _PARAGRAPH

    def _add_preformatted(self, text: str) -> None:
        for number, line in enumerate(_INVISIBLE.sub("", text.replace("\r\n", "\n")).split("\n")):
            if number:
                self.line_break()
            if line:
                self._start()
                self._line.append(line)
                self._pieces.append(line)

    def _start(self) -> None:
        if self._gap > _NO_GAP:
            self._end_line()
            if self._gap == _PARAGRAPH:
                self._end_line(empty=True)
            self._gap = _NO_GAP
        if not self._line:
            self._line_quotes = self._quotes
        if self._bullet:
            self._line.append(self._bullet)
            self._bullet = ""
        self._opened = False

    def _end_line(self, *, empty: bool = False) -> None:
        text = "".join(self._line).rstrip()
        self._line.clear()
        if text:
            self._done.append((self._line_quotes, text))
        elif empty and self._done and self._done[-1][1]:
            self._done.append((min(self._quotes, self._done[-1][0]), ""))

    def line_break(self) -> None:
        """End the present line, or write an empty one."""
        if self._line and self._gap == _NO_GAP:
            self._end_line()
        else:
            self._gap = _PARAGRAPH

    def block(self, *, paragraph: bool = False) -> None:
        """Let what follows begin on a line of its own, after an empty one for a paragraph."""
        if self._opened:  # the first paragraph in a cell or a quotation has nothing before it
            return
        self._gap = max(self._gap, _PARAGRAPH if paragraph and not self._bullet else _LINE)

    def cell(self, *, follows: bool) -> None:
        """Begin a table's cell, in the same line when it follows another one's text in its row."""
        if follows and self._line:
            self._gap = _NO_GAP
            self._line.append("\t")
        self._opened = True

    def end_cell(self) -> None:
        """End a table's cell; rows stand together."""
        self._opened = False
        self._gap = min(self._gap, _LINE)

    def quote(self, step: int) -> None:
        """Begin (1) or end (-1) a quotation."""
        self._quotes += step
        self._opened = step > 0

    def bullet(self, marker: str) -> None:
        """Write a marker before the text that follows."""
        self._bullet = marker

    def rule(self, line: str) -> None:
        """Write a line of its own."""
        self.block()
        self._start()
        self._line.append(line)
        self.block()

    def mark(self) -> int:
        """Remember a place for `since`."""
        return len(self._pieces)

    def since(self, mark: int) -> str:
        """Give the text that was written since."""
        return "".join(self._pieces[mark:])

    def text(self) -> str:
        """Give everything, with quotation marks before the lines."""
        self._end_line()
        prefixes = [
            "> " * min(depth, _MAX_QUOTE) for depth in range(max((depth for depth, _ in self._done), default=0) + 1)
        ]
        return "\n".join(f"{prefixes[depth]}{text}".rstrip() for depth, text in self._done).strip()
