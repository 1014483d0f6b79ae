"""Text of Rich Text Format, and the compression in which Outlook sends it (MS-OXRTFCP)."""

import re
import struct
from dataclasses import dataclass, field, replace

_HEADER = struct.Struct("<4I")
_COMPRESSED = 0x75465A4C
_UNCOMPRESSED = 0x414C454D
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_WINDOW = 4096
_MOST_BYTES = 2 * 2**20
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|.", re.DOTALL
)
_BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t", b"emdash": "—", b"endash": "–"}
_SYMBOLS = {b"~": "\N{NO-BREAK SPACE}", b"\\": "\\", b"{": "{", b"}": "}", b"_": "-", b"\n": "\n", b"\r": "\n"}
_NOT_TEXT = frozenset({b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer"})
_CHARSETS = {b"0": 1252, b"204": 1251, b"238": 1250, b"161": 1253, b"162": 1254}
_MOST_DEPTH = 1_000


class RtfError(ValueError):
    """It is no such format."""


def decompress_rtf(compressed: bytes) -> bytes:
    """Undo Outlook's compression; what would be more than 2 MiB is cut.

    Raises:
        RtfError: It is not compressed RTF.
    """
    if len(compressed) < _HEADER.size:
        raise RtfError("too short")
    _, size, kind, _ = _HEADER.unpack_from(compressed)
    if kind == _UNCOMPRESSED:
        return compressed[_HEADER.size :][: min(size, _MOST_BYTES)]
    if kind != _COMPRESSED:
        raise RtfError("unknown compression")
    # One long output whose last 4,096 bytes are the format's ring: its position is the output's, modulo the ring.
    out = bytearray(_DICTIONARY)
    at, wanted = _HEADER.size, len(_DICTIONARY) + min(size, _MOST_BYTES)
    while at < len(compressed) and len(out) < wanted:
        flags = compressed[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += compressed[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(compressed[at : at + 2], "big")
            at += 2
            distance = (len(out) - (pair >> 4)) % _WINDOW
            if not distance or distance > len(out) or at > len(compressed):  # a reference to itself ends the text
                return bytes(out[len(_DICTIONARY) : wanted])
            for _ in range((pair & 15) + 2):
                out.append(out[-distance])
    return bytes(out[len(_DICTIONARY) : wanted])


def rtf_to_text(rtf: bytes) -> str:
    """Give the text of RTF, without its looks; of HTML that is wrapped in it (MS-OXRTFEX) its rendering.

    Raises:
        RtfError: It is not RTF.
    """
    if not rtf.startswith(b"{\\rtf"):
        raise RtfError("no RTF")
    reader = _RtfReader()
    for token in _TOKEN.finditer(rtf):
        if not reader.read(token):
            break
    # Characters beyond the first 65,536 come as two halves.
    return "".join(reader.out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds between braces: skipped or not, how many bytes stand in for a Unicode character, the font."""

    skipped: bool = False
    in_fonts: bool = False
    stand_ins: int = 1
    font: bytes = b""


@dataclass(slots=True)
class _RtfReader:
    out: list[str] = field(default_factory=list)
    codepage: str = "cp1252"
    fonts: dict[bytes, str] = field(default_factory=dict)
    group: _Group = _Group()
    outer: list[_Group] = field(default_factory=list)
    stand_ins_left: int = 0

    def read(self, token: re.Match[bytes]) -> bool:
        """Read a token; False at the end."""
        word, number, code, symbol, brace, text = token.groups()
        if brace:
            return self._read_brace(brace)
        if symbol == b"*" or word in _NOT_TEXT:
            self.group = replace(self.group, skipped=True, in_fonts=word == b"fonttbl")
        elif word and number and self._read_setting(word, number):
            pass
        elif not self.group.skipped:
            self._write(word, number, code, symbol, text)
        return True

    def _read_brace(self, brace: bytes) -> bool:
        if brace == b"{":
            self.outer.append(self.group)
            return len(self.outer) < _MOST_DEPTH
        if self.outer:
            self.group = self.outer.pop()
        return bool(self.outer)

    def _read_setting(self, word: bytes, number: bytes) -> bool:
        if word == b"ansicpg":
            self.codepage = f"cp{int(number)}"
        elif word == b"f":
            self.group = replace(self.group, font=number)
        elif word == b"uc":
            self.group = replace(self.group, stand_ins=max(0, min(int(number), 8)))
        elif word == b"fcharset":
            if self.group.in_fonts and number in _CHARSETS:
                self.fonts[self.group.font] = f"cp{_CHARSETS[number]}"
        else:
            return False
        return True

    def _write(self, word: bytes, number: bytes, code: bytes, symbol: bytes, text: bytes) -> None:
        if word == b"u" and number:
            self.out.append(chr(int(number) % 0x10000))
            self.stand_ins_left = self.group.stand_ins
        elif word in _BREAKS:
            self.out.append(_BREAKS[word])
        elif code and self.stand_ins_left:
            self.stand_ins_left -= 1
        elif code:
            self.out.append(_decode(bytes([int(code, 16)]), self.fonts.get(self.group.font, self.codepage)))
        elif symbol:
            self.out.append(_SYMBOLS.get(symbol, ""))
        elif text:
            self.out.append(_decode(text[self.stand_ins_left :], self.codepage))
            self.stand_ins_left = 0


def _decode(text: bytes, codepage: str) -> str:
    try:
        return text.decode(codepage, "replace")
    except LookupError:
        return text.decode("cp1252", "replace")
