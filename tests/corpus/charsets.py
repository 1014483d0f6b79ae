"""Messages in every charset, declared and not, in every transfer encoding and way to write a header."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from quopri import encodestring
from urllib.parse import quote_from_bytes

from tests.corpus.case import Case

_SUBJECT = "Не открывается шлагбаум на въезде"
_NAME = "Ирина Соколова"
_TEXT = "Здравствуйте!\nПосле обновления приложения пропуск для гостя не создаётся.\nПомогите, пожалуйста."
_FILE = "Снимок экрана.png"
_CHARSETS = {
    "utf-8": "utf_8",
    "windows-1251": "cp1251",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "ibm866": "cp866",
    "iso-8859-5": "iso8859_5",
    "x-mac-cyrillic": "mac_cyrillic",
}
"""Charsets of Russian by the names that mail programs give them, and Python's codecs."""
_WRONG = {
    "utf-8": ("windows-1251", "koi8-r", "iso-8859-1", "us-ascii"),
    "windows-1251": ("koi8-r", "utf-8", "iso-8859-1", "us-ascii", "ibm866"),
    "koi8-r": ("windows-1251", "utf-8", "iso-8859-1", "iso-8859-5"),
    "ibm866": ("windows-1251", "utf-8", "koi8-r"),
    "iso-8859-5": ("windows-1251", "utf-8", "koi8-r"),
}
"""Labels that such text is really seen with."""
_FOREIGN = {
    "gb2312": ("gb2312", "无法打开大门", "您好！\n更新应用程序以后，访客通行证不能使用。\n谢谢。"),
    "gbk": ("gbk", "无法打开大门", "您好！\n更新应用程序以后，访客通行证不能使用。"),
    "gb18030": ("gb18030", "无法打开大门", "您好！\n更新应用程序以后，访客通行证不能使用。"),
    "big5": ("big5", "無法打開大門", "您好！\n更新應用程式以後，訪客通行證不能使用。"),
    "iso-2022-jp": ("iso2022_jp", "ゲートが開きません", "こんにちは。\nアプリを更新してから入れません。"),
    "shift_jis": ("shift_jis", "ゲートが開きません", "こんにちは。\nアプリを更新してから入れません。"),
    "euc-jp": ("euc_jp", "ゲートが開きません", "こんにちは。\nアプリを更新してから入れません。"),
    "euc-kr": ("euc_kr", "문이 열리지 않습니다", "안녕하세요.\n앱을 업데이트한 후 들어갈 수 없습니다."),
    "iso-8859-1": ("latin_1", "Schranke öffnet nicht", "Guten Tag,\ndie Schranke öffnet für Gäste nicht. Grüße"),
    "iso-8859-15": ("iso8859_15", "Schranke öffnet nicht", "Guten Tag,\ndie Gebühr beträgt 5 €. Grüße"),
    "iso-8859-2": ("iso8859_2", "Szlaban się nie otwiera", "Dzień dobry,\nproszę o pomoc, gość nie może wjechać."),
    "windows-1254": ("cp1254", "Bariyer açılmıyor", "Merhaba,\nmisafir kartı çalışmıyor, teşekkürler."),
    "iso-8859-7": ("iso8859_7", "Η μπάρα δεν ανοίγει", "Καλημέρα,\nη εφαρμογή δεν λειτουργεί μετά την ενημέρωση."),
    "windows-1255": ("cp1255", "השער לא נפתח", "שלום,\nהאפליקציה לא עובדת אחרי העדכון האחרון."),
    "koi8-u": ("koi8_u", "Не відкривається шлагбаум", "Добрий день!\nПісля оновлення гостьова перепустка не діє."),
    "windows-1251": ("cp1251", "Шлагбаўм не адчыняецца", "Добры дзень!\nПасля абнаўлення праграмы пропуск не працуе."),
    "kz-1048": ("kz1048", "Шлагбаум ашылмайды", "Сәлеметсіз бе!\nҚонақтың рұқсаты жұмыс істемейді, көмектесіңіз."),
    "utf-16": ("utf_16", _SUBJECT, _TEXT),
    "utf-16le": ("utf_16_le", _SUBJECT, _TEXT),
    "utf-7": ("utf_7", _SUBJECT, _TEXT),
}
"""Other languages and charsets, rightly declared: codec, subject, text."""
_UNKNOWN = ("x-unknown", "unknown-8bit", "ansi_x3.110-1983", "default_charset")
_ALIASES = {
    "cp-1251": "cp1251",
    "win-1251": "cp1251",
    "windows1251": "cp1251",
    "CP1251": "cp1251",
    "utf8mb4": "utf_8",
    "UTF8": "utf_8",
    "'utf-8'": "utf_8",
    "koi8r": "koi8_r",
    "cp866": "cp866",
    "unicode-1-1-utf-7": "utf_7",
}


def _encoded(content: bytes, transfer: str) -> bytes:
    if transfer == "base64":
        digits = b64encode(content)
        return b"\r\n".join(digits[start : start + 76] for start in range(0, len(digits), 76))
    if transfer == "quoted-printable":
        return encodestring(content).replace(b"\n", b"\r\n").replace(b"=0A", b"\r\n")
    return content.replace(b"\n", b"\r\n")


def _header(text: str, codec: str, label: str, style: str) -> bytes:
    content = text.encode(codec)
    if style == "raw":
        return content
    if style == "B":
        return b"=?" + label.encode() + b"?B?" + b64encode(content) + b"?="
    quoted = b"".join(b"_" if byte == 32 else b"=%02X" % byte for byte in content)
    return b"=?" + label.encode() + b"?Q?" + quoted + b"?="


def _names(subject: bytes, name: bytes) -> bytes:
    return b"From: " + name + b" <irina@example.ru>\r\nTo: support@pass24online.ru\r\nSubject: " + subject


def _message(head: bytes, label: str | None, transfer: str, body: bytes, more: bytes = b"") -> bytes:
    content_type = b"text/plain" + (b"; charset=" + label.encode() if label else b"")
    head += b"\r\nDate: Mon, 02 Jun 2025 10:00:00 +0300\r\nMessage-ID: <1@example.ru>\r\nMIME-Version: 1.0\r\n"
    part = b"Content-Type: " + content_type + b"\r\nContent-Transfer-Encoding: " + transfer.encode()
    part += b"\r\n\r\n" + _encoded(body, transfer) + b"\r\n"
    if not more:
        return head + part
    head += b'Content-Type: multipart/mixed; boundary="border"\r\n\r\n'
    return head + b"--border\r\n" + part + b"--border\r\n" + more + b"\r\n\r\niVBORw0KGgo=\r\n--border--\r\n"


def _expected(subject: str, name: str, text: str) -> dict[str, object]:
    return {"subject": subject, "from": {"address": "irina@example.ru", "name": name}, "text": text}


def _russian(name: str, codec: str, label: str | None, transfer: str, style: str) -> Case:
    body = _TEXT.encode(codec)
    word_label = label or "x-unknown"
    head = _names(_header(_SUBJECT, codec, word_label, style), _header(_NAME, codec, word_label, style))
    raw = _message(head, label, transfer, body)
    return Case(name, raw, _expected(_SUBJECT, _NAME, _TEXT))


def _declared_right() -> Iterator[Case]:
    for charset, codec in _CHARSETS.items():
        for transfer in ("8bit", "quoted-printable", "base64"):
            for style in ("B", "Q", "raw"):
                yield _russian(f"right {charset} {transfer} {style}", codec, charset, transfer, style)


def _declared_otherwise() -> Iterator[Case]:
    for charset, labels in _WRONG.items():
        for label in labels:
            for transfer, style in (("8bit", "B"), ("quoted-printable", "Q"), ("base64", "raw")):
                name = f"{charset} declared as {label} {transfer} {style}"
                yield _russian(name, _CHARSETS[charset], label, transfer, style)
    for charset in _WRONG:
        for transfer, style in (("8bit", "raw"), ("quoted-printable", "Q"), ("base64", "B")):
            yield _russian(f"{charset} undeclared {transfer} {style}", _CHARSETS[charset], None, transfer, style)
    for label in _UNKNOWN:
        for charset in ("utf-8", "windows-1251", "koi8-r"):
            yield _russian(f"{charset} declared as {label}", _CHARSETS[charset], label, "8bit", "B")
    for label, codec in _ALIASES.items():
        transfer = "7bit" if codec == "utf_7" else "8bit"
        yield _russian(f"alias {label}", codec, label, transfer, "B")


def _other_languages() -> Iterator[Case]:
    for charset, (codec, subject, text) in _FOREIGN.items():
        for transfer, style in (("base64", "B"), ("quoted-printable", "Q")):
            if codec.startswith("utf_16") and transfer == "quoted-printable":
                continue
            raw = _message(
                _names(_header(subject, codec, charset, style), b"Irina"), charset, transfer, text.encode(codec)
            )
            yield Case(f"language {charset} {transfer}", raw, _expected(subject, "Irina", text))


def _split_in_words() -> Iterator[Case]:
    """A character of two bytes begins in one encoded word and ends in the next one."""
    content = _SUBJECT.encode()
    for width in (5, 7, 21):
        pieces = [content[start : start + width] for start in range(0, len(content), width)]
        words = b"\r\n ".join(b"=?utf-8?B?" + b64encode(piece) + b"?=" for piece in pieces)
        raw = _message(_names(words, b"Irina"), "utf-8", "8bit", _TEXT.encode())
        yield Case(f"subject split at {width}", raw, _expected(_SUBJECT, "Irina", _TEXT))


def _file_headers(charset: str, codec: str) -> dict[str, bytes]:
    content, label = _FILE.encode(codec), charset.encode()
    percent = quote_from_bytes(content, safe="").encode()
    cut = percent.index(b"%", 30)
    digits = b64encode(content)
    word = b"=?" + label + b"?B?" + digits + b"?="
    halves = b"=?" + label + b"?B?" + digits[:16] + b"?=\r\n =?" + label + b"?B?" + digits[16:] + b"?="
    plain = b"Content-Type: image/png\r\nContent-Disposition: attachment; "
    return {
        "filename*": plain + b"filename*=" + label + b"''" + percent,
        "filename*0*": plain
        + b"\r\n filename*0*="
        + label
        + b"'ru'"
        + percent[:cut]
        + b";\r\n filename*1*="
        + percent[cut:],
        "encoded word": plain + b'filename="' + word + b'"',
        "encoded words": plain + b'filename="' + halves + b'"',
        "raw": plain + b'filename="' + content + b'"',
        "name": b'Content-Type: image/png; name="' + word + b'"\r\nContent-Disposition: attachment',
    }


def _file_names() -> Iterator[Case]:
    for charset in ("utf-8", "windows-1251", "koi8-r"):
        codec = _CHARSETS[charset]
        for style, header in _file_headers(charset, codec).items():
            more = header + b"\r\nContent-Transfer-Encoding: base64"
            raw = _message(
                _names(_header(_SUBJECT, codec, charset, "B"), b"Irina"), charset, "8bit", _TEXT.encode(codec), more
            )
            attachment = {
                "filename": _FILE,
                "content_type": "image/png",
                "size": 8,
                "sha256": "4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6",
                "inline": False,
            }
            yield Case(
                f"file name {charset} {style}", raw, _expected(_SUBJECT, "Irina", _TEXT) | {"attachments": [attachment]}
            )


CASES: Sequence[Case] = (
    *_declared_right(),
    *_declared_otherwise(),
    *_other_languages(),
    *_split_in_words(),
    *_file_names(),
)
