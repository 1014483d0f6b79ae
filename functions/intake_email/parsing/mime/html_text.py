"""Readable text from the HTML of a mail."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from functions.intake_email.parsing.mime.html_source import harmless
from functions.intake_email.parsing.mime.text_lines import Lines

_ELEMENTS = {
    "skipped": "applet audio base datalist embed frameset head iframe link map math meta noembed noframes noscript "
    "object param script select style svg template textarea title video",
    "blocks": "address article aside body center dd details dir div dl dt fieldset figcaption figure footer form "
    "header hgroup html legend li main menu nav section summary tbody tfoot thead tr",
    "paragraphs": "blockquote caption h1 h2 h3 h4 h5 h6 ol p pre table ul",
}
_SKIPPED, _BLOCKS, _PARAGRAPHS = (frozenset(_ELEMENTS[kind].split()) for kind in ("skipped", "blocks", "paragraphs"))
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)
_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0", re.IGNORECASE)
_INDENT = re.compile(r"margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px\s*;\s*border\s*:\s*(?:none|0)", re.IGNORECASE)
"""What the buttons of Gmail and Apple Mail write."""
_RULE = "_" * 32
"""What mail programs write in plain text for a horizontal rule, above the header of a quoted message, for instance."""
_MAX_ADDRESS = 2000
_LINK = re.compile(r"(https?://|mailto:)(?:www\.)?([^\s<>]+?)/?", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class _List:
    """A list that is open; `number` is that of its next item, None for one without numbers."""

    number: int | None


class _Reader:
    """Walks through a tree, not recursively: mails nest their tables deeply."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.lists: list[_List] = []
        self.rows: list[int] = []
        self.link: tuple[str, int] | None = None

    def read(self, root: LexborNode) -> str:
        node: LexborNode | None = root
        last = root.mem_id
        while node is not None:
            below = self._enter(node)
            if below is not None:
                node = below
                continue
            while node is not None:
                if node.is_element_node:
                    self._leave(node)
                if node.mem_id == last:
                    return self.lines.text()
                following = node.next
                if following is not None:
                    node = following
                    break
                node = node.parent
        return self.lines.text()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Write what comes before the element's content, or the text; give the first node of the content."""
        if node.is_text_node:
            self.lines.add(node.text_content or "")
            return None
        tag = node.tag
        if not node.is_element_node or tag in _SKIPPED or tag is None or _hidden(node.attributes):
            return None
        self._open(tag, node.attributes)
        return node.child

    def _open(self, tag: str, attributes: dict[str, str | None]) -> None:
        match tag:
            case "br":
                self.lines.line_break()
            case "hr":
                self.lines.rule(_RULE)
            case "img":
                self._image(attributes)
            case "a":
                self.link = (attributes.get("href") or "", self.lines.mark())
            case "td" | "th":
                self.lines.cell(follows=bool(self.rows) and self.lines.mark() > self.rows[-1])
            case "li":
                self._item()
            case "ul" | "ol":
                self._list(tag, attributes)
            case _:
                self._open_block(tag, attributes)

    def _open_block(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in _PARAGRAPHS or tag in _BLOCKS:
            self.lines.block(paragraph=tag != "blockquote" and _spaced(tag, attributes))
        if tag == "blockquote" and not _indented(attributes):
            self.lines.quote(+1)
        elif tag == "pre":
            self.lines.preformatted += 1
        elif tag == "tr":
            self.rows.append(self.lines.mark())

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "a":
            self._end_link()
        elif tag in {"td", "th"}:
            self.lines.end_cell()
        elif tag in _PARAGRAPHS or tag in _BLOCKS:
            self._close(tag, node.attributes)

    def _close(self, tag: str, attributes: dict[str, str | None]) -> None:
        if _hidden(attributes):  # it was not entered: its lists, rows and quotes never began
            return
        if tag == "blockquote" and not _indented(attributes):
            self.lines.quote(-1)
        elif tag == "pre":
            self.lines.preformatted -= 1
        elif tag == "tr":
            self.rows.pop()
        elif tag in {"ul", "ol"}:
            self.lists.pop()
            self.lines.block(paragraph=not self.lists)
            return
        self.lines.block(paragraph=_spaced(tag, attributes))

    def _image(self, attributes: dict[str, str | None]) -> None:
        text = _SPACES.sub(" ", attributes.get("alt") or "").strip()
        if text:
            self.lines.add(f"[{text}]")

    def _list(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.lines.block(paragraph=not self.lists)
        start = attributes.get("start") or ""
        first = int(start) if start.isascii() and start.isdigit() and len(start) <= 6 else 1  # noqa: PLR2004  # digits
        self.lists.append(_List(first if tag == "ol" else None))

    def _item(self) -> None:
        self.lines.block()
        marker = "- "
        current = self.lists[-1] if self.lists else None
        if current is not None and current.number is not None:
            marker = f"{current.number}. "
            current.number += 1
        self.lines.bullet("  " * min(len(self.lists) - 1, 8) + marker)

    def _end_link(self) -> None:
        if self.link is None:
            return
        (href, mark), self.link = self.link, None
        found = _LINK.fullmatch(href.strip()[:_MAX_ADDRESS])
        text = self.lines.since(mark).strip()
        if found is None or not text:
            return
        shown = _LINK.fullmatch(text)
        said = (shown[2] if shown else text).removeprefix("www.").rstrip("/")
        if said.lower() != found[2].lower():
            self.lines.add(f" <{href.strip().removeprefix('mailto:')}>")


def _hidden(attributes: dict[str, str | None]) -> bool:
    return bool(attributes) and ("hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or "")))


def _indented(attributes: dict[str, str | None]) -> bool:
    """Say whether a `blockquote` is what a person indented: their own words, no quotation."""
    style = attributes.get("style") or ""
    return "type" not in attributes and "border-left" not in style.lower() and bool(_INDENT.search(style))


def _spaced(tag: str, attributes: dict[str, str | None]) -> bool:
    """Say whether an element has an empty line around it; Outlook's and Word's paragraphs have none."""
    if tag not in _PARAGRAPHS or tag in {"table", "caption"}:
        return False
    if tag != "p" or not attributes:
        return True
    return "Mso" not in (attributes.get("class") or "") and not _NO_MARGIN.search(attributes.get("style") or "")


def html_to_text(html: str) -> str:
    r"""Give the readable text of a mail's HTML; never raises.

    Blocks stand on lines of their own, paragraphs between empty lines; quotations begin with `> ` for each level, items
    of lists with `- ` or their number; cells are parted by tabs. A link's address follows its text where it says more.
    Scripts, styles and hidden parts are left out.

    Args:
        html: Of any length, of which two million characters are read.

    Returns:
        Text with `\n` as line end and no space at its ends.
    """
    root = LexborHTMLParser(harmless(html).encode("utf-8", "replace")).root
    return _Reader().read(root) if root is not None else ""
