"""From bytes to text, whatever charset they are in and whatever charset they are said to be in."""

import re
from collections.abc import Iterator, Mapping

from functions.intake_email.parsing.mime.charset_names import CYRILLIC, EAST_ASIAN, ESCAPED, EUROPEAN, WIDE, codec_of
from functions.intake_email.parsing.mime.plausibility import cost

_SAMPLE_WINDOW = 256
_SAMPLE_WINDOWS = 8
_WIDE_SAMPLE = 2048
_OVERRULING = 8.0
"""How many nats better than the declared reading another one must be."""
_AGAINST_HINT = 3.0
_VALID_LENGTH = 3
_VALID_UTF_8 = 5.0
"""How many nats it is worth that all of the bytes are valid UTF-8, which those of other charsets seldom are."""
_PLAUSIBLE = 3.3
"""Nats for each character out of ASCII, up to which a reading needs no comparison; Russian text costs about 2.7."""
_PLAUSIBLE_LENGTH = 12
_DOUBTFUL = 4.5
"""Nats for each character out of ASCII, from which no Russian reading is good."""
_DOUBTFUL_LENGTH = 6
_CLEARLY_BETTER = 0.7
_COMMON_CHINESE = 5.0
"""Nats for each character, up to which bytes of ASCII may be UTF-16, when they are declared so."""
_WORD = re.compile(rb"[\x80-\xff]{4}")
"""In languages with Latin letters, bytes out of ASCII seldom stand together."""
_BOMS = ((b"\xef\xbb\xbf", "utf_8"), (b"\xff\xfe", "utf_16_le"), (b"\xfe\xff", "utf_16_be"))
_DROPPED = bytes((*range(9), 11, 12, *range(14, 32), 127))
_DROPPED_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_SHIFT_OUT_OF_ASCII = {b"\x1b$)C": "iso2022_kr", b"\x1b$": "iso2022_jp_2", b"\x1b(J": "iso2022_jp_2"}


def decode_text(content: bytes, declared: str | None, hint: str | None = None) -> tuple[str, str | None]:
    r"""Read text; never raises.

    A declaration is followed unless it is unknown, or the bytes, read by it, look much stranger than read otherwise:
    windows-1251 that is said to be KOI8-R, say.

    Args:
        content: The text's bytes, after any transfer encoding.
        declared: Name of their charset, as it stands in the message; None when none does.
        hint: Name of the charset that other parts of the message declare.

    Returns:
        The text, with `\n` as line end and without other control characters but `\t`; and what was wrong, in English.
    """
    codec = codec_of(declared)
    if codec == "utf_8" and (text := _printable_utf_8(content)) is not None:
        return text, None
    if content.isascii() and b"\x1b" not in content and codec not in ESCAPED:
        wide = _wide_codec(content, codec)
        if wide is None:
            return _ascii(content), None
    content, chosen = _choose(content, codec, codec_of(hint))
    text = content.decode(chosen, "replace")
    replaced = "\ufffd" in text and "\ufffd".encode(chosen, "ignore") not in content
    return _clean(text), _defect(declared, codec, chosen, replaced=replaced)


def _printable_utf_8(content: bytes) -> str | None:
    """Read what most messages hold: nothing in it speaks for another charset, or has to be left out."""
    try:
        text = content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").isprintable() else None


def _ascii(content: bytes) -> str:
    text = content.translate(None, _DROPPED).decode("ascii")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _clean(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    if lines.replace("\n", "").isprintable():
        return lines
    text = _SURROGATES.sub("\ufffd", _DROPPED_TEXT.sub("", text))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _defect(declared: str | None, codec: str | None, chosen: str, *, replaced: bool) -> str | None:
    read_as = f"read as {chosen.replace('_', '-')}"
    if codec is None:
        return f"{'unknown charset' if declared else 'no charset declared'}, {read_as}"
    if codec != chosen and not (codec in WIDE and chosen in WIDE):
        return f"declared as {codec.replace('_', '-')}, {read_as}"
    return f"bytes that are not valid in {chosen.replace('_', '-')} were replaced" if replaced else None


def _choose(content: bytes, declared: str | None, hint: str | None) -> tuple[bytes, str]:
    """Give the content without its byte order mark, and the codec to read it with."""
    for mark, codec in _BOMS:
        if content.startswith(mark) and (declared in {None, codec} or declared in WIDE or codec == "utf_8"):
            return content[len(mark) :], codec
    if content.isascii():
        return content, _choose_for_ascii(content, declared)
    wide = _wide_codec(content, declared)
    if wide is not None:
        return content, wide
    valid_utf_8 = _decodes(content, "utf_8")
    if valid_utf_8 and declared in {"utf_8", "ascii", "cp1252", None}:
        return content, "utf_8"
    if declared in ESCAPED or declared in WIDE or declared == "ascii":
        declared = None
    return content, _compare(b" ".join(_sample(content)), declared, hint, valid_utf_8=valid_utf_8)


def _choose_for_ascii(content: bytes, declared: str | None) -> str:
    if declared in ESCAPED and _decodes(content, declared):
        return declared
    wide = _wide_codec(content, declared)
    if wide is not None:
        return wide
    for escape, codec in _SHIFT_OUT_OF_ASCII.items():
        if escape in content and _decodes(content, codec):
            return codec
    return "ascii"


def _decodes(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _wide_codec(content: bytes, declared: str | None) -> str | None:
    """Recognise UTF-16 and UTF-32 by the high bytes of Latin and Cyrillic letters (0 and 4), or by the declaration."""
    start = content[:_WIDE_SAMPLE]
    if declared in {"utf_32", "utf_32_le", "utf_32_be"} and b"\0\0" in start:
        return declared
    if b"\0" in start or b"\4" in start:
        pairs = max(1, len(start) // 2)
        even, odd = (sum(start[side::2].count(high) for high in (0, 4)) / pairs for side in (0, 1))
        if max(even, odd) > 0.5 > 2 * min(even, odd):  # noqa: PLR2004  # more than half, against less than a quarter
            return "utf_16_be" if even > odd else "utf_16_le"
    if declared not in {"utf_16", "utf_16_le", "utf_16_be"} or len(content) % 2:
        return None
    costs = {codec: cost(start.decode(codec, "replace")) for codec in ("utf_16_be", "utf_16_le")}
    if declared in costs:
        costs[declared] -= _OVERRULING
    best = min(costs, key=costs.__getitem__)
    if content.isascii():
        return best if costs[best] <= _COMMON_CHINESE * len(start) / 2 else None
    others = [start.decode(codec, "replace") for codec in CYRILLIC]
    plausible = _decodes(content, "utf_8") or any(cost(text) <= _PLAUSIBLE * _foreign_length(text) for text in others)
    return None if plausible else best


def _sample(content: bytes) -> Iterator[bytes]:
    """Give the surroundings of bytes out of ASCII, cut between words where that is possible."""
    position = 0
    for _ in range(_SAMPLE_WINDOWS):
        found = _HIGH.search(content, position)
        if found is None:
            return
        start = max(position, found.start() - 16)
        end = content.find(b" ", start + _SAMPLE_WINDOW, start + 2 * _SAMPLE_WINDOW)
        position = end if end >= 0 else start + _SAMPLE_WINDOW
        yield content[start:position]


def _compare(sample: bytes, declared: str | None, hint: str | None, *, valid_utf_8: bool) -> str:
    if declared is not None:
        text = sample.decode(declared, "replace")
        length, declared_cost = _foreign_length(text), cost(text)
        words = _WORD.search(sample) is not None or "\ufffd" in text
        if not valid_utf_8 and (not words or (length >= _PLAUSIBLE_LENGTH and declared_cost <= _PLAUSIBLE * length)):
            return declared
    handicaps = {codec: 0.3 * place for place, codec in enumerate(("utf_8", *CYRILLIC, "cp1252"))}
    if hint is not None and hint not in WIDE | ESCAPED:
        handicaps = {codec: handicap + _AGAINST_HINT for codec, handicap in handicaps.items()} | {hint: 0.0}
    costs = _costs(sample, handicaps)
    if valid_utf_8 and _foreign_length(sample.decode("utf_8", "replace")) >= _VALID_LENGTH:
        costs["utf_8"] -= _VALID_UTF_8
    if declared is not None:
        overruling = _OVERRULING if declared in handicaps else 2 * _OVERRULING
        costs = {codec: cost + overruling for codec, cost in costs.items()} | {declared: declared_cost}
    best = min(costs, key=costs.__getitem__)
    text = sample.decode(best, "replace")
    length = _foreign_length(text)
    if length >= _DOUBTFUL_LENGTH and costs[best] > _DOUBTFUL * length and (declared is None or "\ufffd" in text):
        return _detect(sample, costs[best]) or best
    return best


def _costs(sample: bytes, handicaps: Mapping[str, float]) -> dict[str, float]:
    return {codec: cost(sample.decode(codec, "replace")) + handicap for codec, handicap in handicaps.items()}


def _foreign_length(text: str) -> int:
    return len(text) - sum(map(str.isascii, text))


def _detect(sample: bytes, worst: float) -> str | None:
    """Look further than Russian: East Asia by the cost, anything else by charset-normalizer."""
    costs = _costs(sample, dict.fromkeys(EAST_ASIAN, 0.0))
    best = min(costs, key=costs.__getitem__)
    if costs[best] < _CLEARLY_BETTER * worst:
        return best
    if _foreign_length(sample.decode("latin_1")) < _PLAUSIBLE_LENGTH:
        return None
    from charset_normalizer import from_bytes  # noqa: PLC0415  # rarely needed, and its tables are large

    match = from_bytes(sample, cp_isolation=list(EUROPEAN), enable_fallback=False).best()
    return codec_of(match.encoding) if match else None
