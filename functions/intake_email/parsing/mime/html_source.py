"""Makes hostile HTML harmless before it is parsed: bounded in length and depth, without what makes trees explode."""

import re

_MAX_LENGTH = 2_000_000
_HARMLESS_LENGTH = 20_000
_MAX_DEPTH = 400
_LONG_TAG = 2000
_MAX_ATTRIBUTES = 400
_EMBEDDED = re.compile(r"data:[^\"'()\s<>]{200,}", re.IGNORECASE)
_FORMATTING = re.compile(r"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/><]{0,30})[^<>]*>?")
_NOT_NESTING = frozenset(
    "area base br col colgroup dd dt embed hr img input li link meta p source tbody td tfoot th thead tr wbr".split()  # noqa: SIM905  # shorter than a line for each
)
"""Elements that have no content, or that the next of their kind closes."""
_ONCE = frozenset({"html", "body"})


def harmless(html: str) -> str:
    """Give HTML that a parser reads in time and memory that grow with its length alone.

    Formatting elements become `span`: HTML's rules repeat those that are left open in every later paragraph. Tags that
    are nested too deeply are dropped, attributes of tags that have too many; text stays. Files within the HTML go.
    """
    if "data:" in html:
        html = _EMBEDDED.sub("", html)
    html = _FORMATTING.sub(r"<\1span", html[:_MAX_LENGTH])
    return _bounded(html) if len(html) > _HARMLESS_LENGTH else html


def _bounded(html: str) -> str:
    depth = 0
    seen: set[str] = set()

    def bound(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        if name in _ONCE:
            if tag[0] in seen or len(seen) > len(_ONCE):
                return ""
            seen.add(tag[0])
        elif name not in _NOT_NESTING:
            closing = bool(tag[1])
            dropped = depth >= _MAX_DEPTH + closing
            depth = max(0, depth - 1) if closing else depth + 1
            if dropped:
                return ""
        return _few_attributes(tag)

    return _TAG.sub(bound, html)


def _few_attributes(tag: re.Match[str]) -> str:
    text = tag[0]
    if len(text) > _LONG_TAG and len(text.split()) + text.count("/") + text.count("=") > _MAX_ATTRIBUTES:
        return f"<{tag[1]}{tag[2]}>"
    return text
