"""Names of charsets as mail programs write them.

Only what is listed here is ever given to Python's codecs, some of which don't decode text at all (`zlib`, `base64`).
"""

import re
from functools import lru_cache

CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
"""Codecs of Cyrillic text with one byte a letter, the most usual first."""
EAST_ASIAN = ("gb18030", "euc_jp", "cp932", "big5hkscs", "cp949")
"""Codecs of Chinese, Japanese and Korean, the most usual first."""
EUROPEAN = ("cp1250", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874")
"""Codecs of other scripts that are in use on Windows."""
WIDE = frozenset({"utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be"})
"""Codecs in which ASCII is no ASCII."""
ESCAPED = frozenset({"utf_7", "hz", "iso2022_jp_2", "iso2022_kr"})
"""Codecs that write everything in bytes of ASCII."""

_CODECS = {
    "utf_8": "utf8 utf8mb4 utf8mb3 utf8bom utf8sig xutf8 cp65001 65001 unicode11utf8 unicode20utf8 utf8n utf",
    "ascii": "ascii usascii us ansix341968 ansix341986 iso646us cp367 isoir6 646 7bit",
    "cp1251": "cp1251 windows1251 win1251 1251 xcp1251 windowscp1251 mscyrl microsoftcp1251 ansi1251 wincyr",
    "koi8_r": "koi8r koi8 koi cskoi8r xkoi8r koi8ru 20866 cp20866",
    "koi8_u": "koi8u xkoi8u 21866 cp21866",
    "cp866": "cp866 ibm866 866 csibm866 dos866 alt xcp866 ibm866nav",
    "iso8859_5": "iso88595 iso885951988 isoir144 cyrillic cscyrillic iso885951 28595 8859 88595 isolatincyrillic",
    "mac_cyrillic": "maccyrillic xmaccyrillic xmacukrainian macukrainian macukraine xmacukraine 10007",
    "cp855": "cp855 ibm855 855",
    "ptcp154": "ptcp154 pt154 cp154 csptcp154 cyrillicasian",
    "kz1048": "kz1048 strk10482002 rk1048",
    "koi8_t": "koi8t",
    "cp1252": "cp1252 windows1252 win1252 1252 xcp1252 xansi ansi iso88591 iso885911987 isoir100 latin1 l1 cp819 ibm819"
    " isolatin1 88591 latin 28591",
    "cp1250": "cp1250 windows1250 win1250 xcp1250",
    "cp1253": "cp1253 windows1253 xcp1253",
    "cp1254": "cp1254 windows1254 xcp1254 iso88599 iso885991989 latin5 l5",
    "cp1255": "cp1255 windows1255 xcp1255",
    "cp1256": "cp1256 windows1256 xcp1256",
    "cp1257": "cp1257 windows1257 xcp1257",
    "cp1258": "cp1258 windows1258 xcp1258",
    "cp874": "cp874 windows874 tis620 iso885911 dos874",
    "iso8859_2": "iso88592 iso885921987 latin2 l2",
    "iso8859_3": "iso88593 latin3",
    "iso8859_4": "iso88594 latin4",
    "iso8859_6": "iso88596 iso88596i iso88596e arabic",
    "iso8859_7": "iso88597 greek greek8",
    "iso8859_8": "iso88598 iso88598i iso88598e hebrew",
    "iso8859_10": "iso885910 latin6",
    "iso8859_13": "iso885913 latin7",
    "iso8859_14": "iso885914 latin8",
    "iso8859_15": "iso885915 latin9 latin0",
    "iso8859_16": "iso885916 latin10",
    "mac_roman": "macroman macintosh mac xmacroman",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852 852",
    # GB 18030 contains both of its forerunners, whose names are often given to text that needs the younger one.
    "gb18030": "gb18030 gb2312 gb231280 xgbk gbk cp936 936 windows936 ms936 euccn xeuccn chinese isoir58",
    "hz": "hz hzgb hzgb2312",
    "big5hkscs": "big5 big5hkscs cnbig5 csbig5 xxbig5 big5tw cp950 950 windows950",
    "iso2022_jp_2": "iso2022jp iso2022jp1 iso2022jp2 csiso2022jp jis",
    "cp932": "shiftjis sjis xsjis mskanji cp932 windows31j csshiftjis 932 ms932 windows932",
    "euc_jp": "eucjp xeucjp xeuc ujis",
    "cp949": "euckr ksc5601 ksc56011987 ksc56011989 cp949 949 windows949 korean uhc cseuckr ms949 isoir149",
    "iso2022_kr": "iso2022kr csiso2022kr",
    "johab": "johab cp1361",
    "utf_7": "utf7 unicode11utf7 unicode20utf7 xutf7 cp65000 65000",
    "utf_16": "utf16 unicode ucs2 iso10646ucs2 csunicode",
    "utf_16_le": "utf16le ucs2le unicodelittle",
    "utf_16_be": "utf16be ucs2be unicodebig",
    "utf_32": "utf32 ucs4 iso10646ucs4",
    "utf_32_le": "utf32le",
    "utf_32_be": "utf32be",
}
_CODEC_OF = {name: codec for codec, names in _CODECS.items() for name in names.split()}
_NAME = re.compile(r"(?:charset\s*=\W*)?([a-z0-9][a-z0-9._:+-]{0,59})", re.ASCII | re.IGNORECASE)
_JUNK = re.compile(r"[^a-z0-9]")


def clean_name(declared: str) -> str | None:
    """Give a charset's name in lower case, without quotes and other garbage; None when nothing is left."""
    found = _NAME.search(declared[:1000])
    return found[1].lower().rstrip(".:+-") if found else None


@lru_cache(maxsize=64)
def codec_of(declared: str | None) -> str | None:
    """Give the Python codec for a declared charset: the same one, or one that contains it; None when it is unknown.

    Sources: IANA's character sets, WHATWG's Encoding Standard (labels), what mail programs write.
    """
    name = clean_name(declared) if declared else None
    return _CODEC_OF.get(_JUNK.sub("", name)) if name else None
