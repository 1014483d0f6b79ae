"""Messages by their structure: how parts lie in each other, and how they are broken."""

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence

from tests.corpus.case import Case
from tests.corpus.tnef import BINARY, MESSAGE, MESSAGE_PROPERTIES, PR_HTML, attribute, properties, tnef

HEAD = (
    b"From: =?utf-8?B?0JjQstCw0L0=?= <ivan@example.com>\r\nTo: support@pass24online.ru\r\n"
    b"Subject: gate\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
)
TEXT = "Не открывается шлагбаум.\nПроверьте, пожалуйста."
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256))
PDF = b"%PDF-1.4\r\n\x00\xff\n%%EOF\r\n"

PLAIN = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + TEXT.encode().replace(
    b"\n", b"\r\n"
)
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>" + "Текст из HTML".encode() + b"</p>"
PIXEL_HTML = b'Content-Type: text/html\r\n\r\n<p>look</p><img src="cid:pixel@1">'


def part(kind: str, content: bytes, *headers: str) -> bytes:
    """A part in base64."""
    head = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + base64.encodebytes(content).replace(b"\n", b"\r\n").rstrip()


def multipart(kind: str, *parts: bytes, boundary: str = "b1", close: bool = True, preamble: bytes = b"") -> bytes:
    """A multipart with its headers."""
    line = f"\r\n--{boundary}".encode()
    body = preamble + b"".join(line + b"\r\n" + each for each in parts) + (line + b"--\r\n" if close else b"")
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + body


def file(name: str, kind: str, content: bytes, *, inline: bool = False) -> Mapping[str, object]:
    """An attachment as the JSON shows it."""
    digest = hashlib.sha256(content).hexdigest()
    return {"filename": name, "content_type": kind, "size": len(content), "sha256": digest, "inline": inline}


def attached(name: str, kind: str, content: bytes, *headers: str) -> bytes:
    """A part that is an attachment."""
    return part(f"{kind}", content, f'Content-Disposition: attachment; filename="{name}"', *headers)


def read(name: str, body: bytes, text: str = TEXT, *attachments: Mapping[str, object], **more: object) -> Case:
    """A message of the usual sender."""
    return Case(name, HEAD + body, {"text": text, "attachments": list(attachments), **more})


FORWARDED = b"From: Petr <petr@example.com>\r\nSubject: broken\r\n\r\nthe barrier is stuck\r\n"
FORWARD = b"Content-Type: message/rfc822\r\n\r\n" + FORWARDED
FORWARDED_TEXT = "Пересланное письмо от Petr <petr@example.com>, тема: broken\n\nthe barrier is stuck"
INVITE = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Gate\\, north\r\n"
    b"DESCRIPTION:It is\\nst\r\n uck\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
NOTES = b"line 1\r\nline 2\r\n"


def uuencoded(name: str, content: bytes) -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]).rstrip(b"\n") for at in range(0, len(content), 45)]
    return b"\r\n".join([f"begin 644 {name}".encode(), *lines, b"`", b"end", b""])


def _encoded(text: str) -> bytes:
    return b"=?utf-8?B?" + base64.b64encode(text.encode()) + b"?="


def der(tag: int, *content: bytes, pieces: bool = False) -> bytes:
    """An element of ASN.1, of a length that only its end shows if it comes in pieces."""
    body = b"".join(content)
    if pieces:
        return bytes((tag, 0x80)) + body + b"\0\0"
    size = len(body)
    return bytes((tag, size) if size < 128 else (tag, 0x82, size >> 8, size & 255)) + body


def signed(content: bytes, kind: str = "2a864886f70d010702", *, pieces: bool = False) -> bytes:
    """A message with a signature that encloses it, as Outlook (whole) and OpenSSL (in pieces) write it."""
    octets = (der(0x04, content[:9]), der(0x04, content[9:])) if pieces else (content,)
    data = der(0xA0, der(0x24 if pieces else 0x04, *octets, pieces=pieces), pieces=pieces)
    enclosed = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010701")), data, pieces=pieces)
    body = der(0x30, der(0x02, b"\1"), der(0x31), enclosed, der(0x31), pieces=pieces)
    return der(0x30, der(0x06, bytes.fromhex(kind)), der(0xA0, body, pieces=pieces), pieces=pieces)


SIGNED = multipart("mixed", PLAIN, attached("a.pdf", "application/pdf", PDF))
SMIME = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"


def nested(depth: int, innermost: bytes, kind: str = "mixed") -> bytes:
    inner = innermost
    for level in range(depth):
        inner = multipart(kind, inner, boundary=f"level-{level}")
    return inner


def forwards(depth: int) -> bytes:
    inner = FORWARDED
    for level in range(depth):
        inner = f"From: <f{level}@example.com>\r\nContent-Type: message/rfc822\r\n\r\n".encode() + inner
    return inner


WINMAIL = tnef([("Договор.pdf", PDF), ("photo.png", PNG)], body="Текст письма")
HIDDEN = "Your mail program does not show HTML messages."
CR_ONLY = (HEAD + multipart("mixed", PLAIN, attached("a.pdf", "application/pdf", PDF))).replace(b"\r\n", b"\r")
LF_ONLY = (HEAD + multipart("mixed", PLAIN, attached("a.pdf", "application/pdf", PDF))).replace(b"\r\n", b"\n")
APDF = attached("a.pdf", "application/pdf", PDF)
A_PDF = file("a.pdf", "application/pdf", PDF)

IVAN = {"address": "ivan@example.com", "name": "Иван"}


def _whole_in_base64() -> bytes:
    head, _, body = multipart("mixed", PLAIN, APDF).partition(b"\r\n\r\n")
    return head + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(body)


_SHAPES: Sequence[Case] = (
    read("plain text", PLAIN, subject="gate", message_id="<1@example.com>", defects=[]),
    read("html only", HTML, "Текст из HTML"),
    read("no headers of mime", b"\r\nhello\r\n", "hello"),
    read("alternative prefers plain text", multipart("alternative", PLAIN, HTML)),
    read("alternative with html first", multipart("alternative", HTML, PLAIN)),
    read(
        "alternative with an empty plain text",
        multipart("alternative", b"Content-Type: text/plain\r\n\r\n \r\n\r\n", HTML),
        "Текст из HTML",
    ),
    read(
        "alternative with a placeholder",
        multipart("alternative", b"Content-Type: text/plain\r\n\r\n" + HIDDEN.encode(), HTML),
        "Текст из HTML",
    ),
    read("a placeholder alone is text", b"Content-Type: text/plain\r\n\r\n" + HIDDEN.encode(), HIDDEN),
    read(
        "related: an image that the html shows is inline",
        multipart("related", PIXEL_HTML, part("image/png", PNG, "Content-ID: <pixel@1>")),
        "look",
        file("image-1.png", "image/png", PNG, inline=True),
    ),
    read(
        "related: an image that is not shown is a file",
        multipart("related", HTML, part("image/png; name=p.png", PNG, "Content-ID: <other@1>")),
        "Текст из HTML",
        file("p.png", "image/png", PNG),
    ),
    read(
        "an image shown by the html of an alternative whose plain text is read",
        multipart(
            "related",
            multipart("alternative", PLAIN, PIXEL_HTML, boundary="b2"),
            attached("p.png", "image/png", PNG, "Content-ID: <pixel@1>"),
        ),
        TEXT,
        file("p.png", "image/png", PNG, inline=True),
    ),
    read(
        "inline by disposition",
        multipart("mixed", PLAIN, part("image/png", PNG, 'Content-Disposition: INLINE; filename="p.png"')),
        TEXT,
        file("p.png", "image/png", PNG, inline=True),
    ),
    read(
        "alternative in mixed in related",
        multipart(
            "related",
            multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="b3"), APDF, boundary="b2"),
            part("image/png; name=p.png", PNG, "Content-Disposition: inline"),
        ),
        TEXT,
        A_PDF,
        file("p.png", "image/png", PNG, inline=True),
    ),
    read(
        "a file within an alternative is kept",
        multipart("alternative", PLAIN, multipart("mixed", HTML, APDF, boundary="b2")),
        TEXT,
        A_PDF,
    ),
    read(
        "several texts are joined",
        multipart("mixed", PLAIN, APDF, b"\r\nsecond", b"Content-Type: text/html\r\n\r\n<b>third</b>"),
        f"{TEXT}\n\nsecond\n\nthird",
        A_PDF,
    ),
    read(
        "texts with names are files",
        multipart(
            "mixed",
            PLAIN,
            part("text/plain; name=log.txt", NOTES),
            attached("t.csv", "text/csv", b"a;b\n"),
            attached("page.html", "text/html", b"<p>x"),
        ),
        TEXT,
        file("log.txt", "text/plain", NOTES),
        file("t.csv", "text/csv", b"a;b\n"),
        file("page.html", "text/html", b"<p>x"),
    ),
    read(
        "a named text is read where there is no other",
        part("text/plain; name=m.txt", b"hi"),
        "hi",
        file("m.txt", "text/plain", b"hi"),
    ),
    read(
        "a file alone",
        attached("a.pdf", "application/pdf", PDF),
        "",
        A_PDF,
    ),
    read("two files of one name", multipart("mixed", APDF, APDF), "", A_PDF, A_PDF),
    read(
        "an empty file",
        multipart("mixed", PLAIN, attached("e.bin", "application/x-e", b"")),
        TEXT,
        file("e.bin", "application/x-e", b""),
    ),
    read(
        "a file without a name",
        multipart("mixed", PLAIN, part("application/pdf", PDF)),
        TEXT,
        file("attachment-1.pdf", "application/pdf", PDF),
    ),
)

_MESSAGES: Sequence[Case] = (
    read(
        "a forward without words of its own",
        multipart("mixed", FORWARD),
        FORWARDED_TEXT,
        file("broken.eml", "message/rfc822", FORWARDED.removesuffix(b"\r\n") + b"\r\n"),
        reply=FORWARDED_TEXT,
    ),
    read("a forward as the whole message", FORWARD, FORWARDED_TEXT, file("broken.eml", "message/rfc822", FORWARDED)),
    read(
        "a forward with words of its own",
        multipart("mixed", PLAIN, FORWARD),
        TEXT,
        file("broken.eml", "message/rfc822", FORWARDED),
    ),
    read(
        "a forward in base64, which is not allowed",
        multipart("mixed", PLAIN, part("message/rfc822", FORWARDED)),
        TEXT,
        file("broken.eml", "message/rfc822", FORWARDED),
    ),
    read(
        "a forward with files keeps them within",
        multipart("mixed", PLAIN, b"Content-Type: message/rfc822\r\n\r\n" + multipart("mixed", APDF, boundary="b2")),
        TEXT,
        file("message.eml", "message/rfc822", multipart("mixed", APDF, boundary="b2")),
    ),
    read(
        "a forward with a Cyrillic subject of slashes",
        multipart(
            "mixed",
            PLAIN,
            b"Content-Type: message/rfc822\r\n\r\nSubject: " + _encoded('КПП 1/2: "север"') + b"\r\n\r\nx",
        ),
        TEXT,
        file(
            "КПП 1_2_ _север.eml",
            "message/rfc822",
            b"Subject: " + _encoded('КПП 1/2: "север"') + b"\r\n\r\nx",
        ),
    ),
    read(
        "a forward of a forward",
        b"Content-Type: message/rfc822\r\n\r\n" + forwards(1),
        f"Пересланное письмо от <f0@example.com>\n\n{FORWARDED_TEXT}",
        file("message.eml", "message/rfc822", forwards(1)),
    ),
    read(
        "a digest",
        multipart("digest", b"\r\n" + FORWARDED, b"\r\n" + FORWARDED),
        f"{FORWARDED_TEXT}\n\n{FORWARDED_TEXT}",
        file("broken.eml", "message/rfc822", FORWARDED),
        file("broken.eml", "message/rfc822", FORWARDED),
    ),
    read(
        "a fragment and a reference",
        multipart(
            "mixed",
            PLAIN,
            b'Content-Type: message/partial; id="1"; number=1\r\n\r\nSubject: x\r\n\r\nhalf',
            b"Content-Type: message/external-body; access-type=URL\r\n\r\nContent-Type: image/png\r\n\r\n",
        ),
        TEXT,
        file("partial-1.txt", "message/partial", b"Subject: x\r\n\r\nhalf"),
        file("external-body-2.txt", "message/external-body", b"Content-Type: image/png\r\n\r\n"),
    ),
    read(
        "an invitation with a text",
        multipart("alternative", PLAIN, part("text/calendar; method=REQUEST", INVITE)),
        TEXT,
        file("invite.ics", "text/calendar", INVITE),
    ),
    read(
        "an invitation alone",
        part("text/calendar; charset=utf-8", INVITE),
        "Gate, north\n\nIt is\nstuck",
        file("invite.ics", "text/calendar", INVITE),
    ),
    read(
        "a signed message",
        multipart("signed", PLAIN, attached("smime.p7s", "application/pkcs7-signature", b"0\x82")),
        TEXT,
        file("smime.p7s", "application/pkcs7-signature", b"0\x82"),
    ),
    read(
        "winmail.dat with a text beside it",
        multipart("mixed", PLAIN, part("application/ms-tnef; name=winmail.dat", WINMAIL)),
        TEXT,
        file("Договор.pdf", "application/pdf", PDF),
        file("photo.png", "image/png", PNG),
    ),
    read(
        "a signature that encloses the message",
        attached("smime.p7m", SMIME, signed(SIGNED)),
        TEXT,
        file("a.pdf", "application/pdf", PDF),
    ),
    read(
        "a signature that encloses the message in pieces",
        attached("smime.p7m", SMIME, signed(SIGNED, pieces=True)),
        TEXT,
        file("a.pdf", "application/pdf", PDF),
    ),
    read(
        "an encrypted message stays closed",
        attached("smime.p7m", "application/pkcs7-mime", signed(SIGNED, "2a864886f70d010703")),
        "",
        file("smime.p7m", "application/pkcs7-mime", signed(SIGNED, "2a864886f70d010703")),
    ),
    read(
        "a signed message cut off",
        attached("smime.p7m", SMIME, signed(SIGNED)[:40]),
        "",
        file("smime.p7m", "application/pkcs7-mime", signed(SIGNED)[:40]),
    ),
    read(
        "base64 with a text that a mail server appended",
        part("text/plain; charset=utf-8", TEXT.encode()) + b"\r\n--\r\nThis message was checked for viruses.\r\n",
        f"{TEXT}\n\n--\nThis message was checked for viruses.",
    ),
    read(
        "a comment in the type",
        b"Content-Type: text/plain (of a person); charset=utf-8\r\n\r\n" + TEXT.encode().replace(b"\n", b"\r\n"),
    ),
    Case(
        "an escaped mbox line before the headers",
        b">From ivan@example.com\r\n" + HEAD + PLAIN,
        {"text": TEXT, "subject": "gate"},
    ),
    read(
        "a text that asks for HTML",
        multipart(
            "alternative", b"Content-Type: text/plain\r\n\r\nThis message requires an HTML-capable mail client.", HTML
        ),
        "Текст из HTML",
    ),
    read(
        "a multipart of one part without a boundary in its headers",
        b"Content-Type: multipart/mixed\r\n\r\n--b1\r\n" + PLAIN + b"\r\n--b1--\r\n",
    ),
    read(
        "winmail.dat alone, known by its name",
        part("application/octet-stream; name=WinMail.dat", WINMAIL),
        "Текст письма",
        file("Договор.pdf", "application/pdf", PDF),
        file("photo.png", "image/png", PNG),
    ),
    read(
        "winmail.dat with HTML only",
        part(
            "application/ms-tnef",
            tnef([], more=attribute(MESSAGE, MESSAGE_PROPERTIES, properties((BINARY, PR_HTML, b"<p>rich</p>")))),
        ),
        "rich",
    ),
    read(
        "winmail.dat cut off",
        multipart("mixed", PLAIN, part("application/ms-tnef; name=winmail.dat", WINMAIL[:-9])),
        TEXT,
        file("winmail.dat", "application/ms-tnef", WINMAIL[:-9]),
        defects=["winmail.dat can't be unpacked: cut off"],
    ),
    read(
        "uuencoded file in the text",
        b"\r\nbefore\r\n" + uuencoded("a.pdf", PDF * 9) + b"after\r\n",
        "before\nafter",
        file("a.pdf", "application/pdf", PDF * 9),
    ),
    read("only a begin line", b"\r\nbegin 644 x.txt\r\nthe day\r\n", "begin 644 x.txt\nthe day"),
    read(
        "a thousand parts",
        multipart("mixed", PLAIN, *(part(f"image/png; name=p{n}.png", b"%d" % n) for n in range(999))),
        TEXT,
        *(file(f"p{n}.png", "image/png", b"%d" % n) for n in range(999)),
        defects=[],
    ),
    read("nested forty levels deep", nested(40, PLAIN), TEXT, defects=[]),
    read(
        "nested three hundred levels deep",
        nested(300, PLAIN),
        "",
        file("attachment-1.bin", "multipart/mixed", nested(250, PLAIN).removesuffix(b"\r\n") + b"\r\n"),
        defects=["nested deeper than 50 levels: the rest was kept as a file"],
    ),
)

_BROKEN: Sequence[Case] = (
    read(
        "no closing boundary",
        multipart("mixed", PLAIN, APDF, close=False),
        TEXT,
        A_PDF,
        defects=["a multipart without closing boundary"],
    ),
    read(
        "no closing boundary of the inner multipart",
        multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="b2", close=False), APDF),
        TEXT,
        A_PDF,
    ),
    read(
        "no boundary parameter",
        multipart("mixed", PLAIN, APDF).replace(b'; boundary="b1"', b""),
        TEXT,
        A_PDF,
        defects=["a multipart's boundary is missing or wrong, and was guessed"],
    ),
    read("a boundary parameter that is another", multipart("mixed", PLAIN, APDF).replace(b'"b1"', b"b9"), TEXT, A_PDF),
    read(
        "a multipart without any boundary",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nonly words",
        "only words",
        defects=["a multipart without parts was read as text"],
    ),
    read("a multipart of no parts", multipart("mixed"), "", defects=[]),
    read(
        "parts behind the closing boundary",
        multipart("mixed", PLAIN) + b"\r\n--b1\r\n" + APDF + b"\r\n--b1--",
        TEXT,
        A_PDF,
        defects=["parts behind the closing boundary"],
    ),
    read(
        "boundary with spaces behind it", multipart("mixed", PLAIN, APDF).replace(b"--b1\r", b"--b1 \t\r"), TEXT, A_PDF
    ),
    read(
        "inner boundary that begins like the outer",
        multipart("mixed", multipart("alternative", PLAIN, HTML, boundary="b1-inner"), APDF),
        TEXT,
        A_PDF,
    ),
    read("preamble and epilogue are no text", multipart("mixed", PLAIN, preamble=b"Use MIME!") + b"footer", TEXT),
    read("a multipart in base64", _whole_in_base64(), TEXT, A_PDF),
    read("a line of dashes is no boundary", b"\r\n--\r\n-- \r\n--b1\r\nx", "--\n-- \n--b1\nx"),
    Case(
        "nothing",
        b"",
        {
            "from": None,
            "to": [],
            "subject": "",
            "text": "",
            "reply": "",
            "attachments": [],
            "message_id": None,
            "defects": ["an empty message"],
        },
    ),
    Case("words without headers", b"just words\n", {"from": None, "text": "just words"}),
    read("empty body", b"\r\n", ""),
    Case("headers alone", HEAD, {"subject": "gate", "text": "", "attachments": []}),
    Case("headers cut off", HEAD[:-8], {"subject": "gate", "message_id": "<1@example.com>"}),
    read(
        "binary",
        b"Content-Type: application/x-b; name=b.bin\r\nContent-Transfer-Encoding: binary\r\n\r\n" + PNG,
        "",
        file("b.bin", "application/x-b", PNG),
    ),
    read(
        "quoted-printable with broken escapes",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"a=3D1, b=ZZ, c=\r\nd =",
        "a=1, b=ZZ, cd ",
    ),
    read(
        "base64 with foreign characters",
        b"Content-Type: application/x-b; name=b.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"!" + base64.b64encode(bytes(range(64))) + b"*",
        "",
        file("b.bin", "application/x-b", bytes(range(64))),
        defects=["foreign characters in base64"],
    ),
    read(
        "base64 cut off",
        b"Content-Type: application/x-b; name=b.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc\r\n",
        "",
        file("b.bin", "application/x-b", bytes(range(8))),
        defects=["broken base64"],
    ),
    read(
        "base64 of several pieces",
        b"Content-Type: application/x-b; name=b.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"AAE=\r\nAg==\r\nAw==\r\n",
        "",
        file("b.bin", "application/x-b", bytes(range(4))),
        defects=["broken base64"],
    ),
    read(
        "a text that is not base64 as it says",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + TEXT.encode(),
        TEXT,
        defects=["not base64 as declared"],
    ),
    read(
        "an unknown transfer encoding",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: x-own\r\n\r\n" + TEXT.encode(),
        TEXT,
        defects=["an unknown transfer encoding"],
    ),
    Case("lines end in LF", LF_ONLY, {"text": TEXT, "attachments": [A_PDF], "defects": []}),
    Case("lines end in CR", CR_ONLY, {"text": TEXT, "attachments": [A_PDF], "subject": "gate"}),
    Case(
        "lines end in CR CR LF",
        (HEAD + multipart("mixed", PLAIN, APDF)).replace(b"\r\n", b"\r\r\n"),
        {"text": TEXT, "attachments": [A_PDF], "defects": ["lines end in CR CR LF"]},
    ),
    read("lines end in all ways", b"\r\na\nb\r\nc\rd", "a\nb\nc\nd"),
    Case("mbox line first", b"From ivan@example.com Mon Nov 23\r\n" + HEAD + PLAIN, {"text": TEXT, "subject": "gate"}),
    Case("byte order mark first", b"\xef\xbb\xbf" + HEAD + PLAIN, {"text": TEXT, "from": IVAN}),
    Case("empty lines first", b"\r\n\n" + HEAD + PLAIN, {"text": TEXT, "from": IVAN}),
    read(
        "UTF-16",
        b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(TEXT.encode("utf-16")),
        TEXT,
    ),
    Case("a header of a megabyte", b"X-Big: " + b"x" * 10**6 + b"\r\n" + HEAD + PLAIN, {"text": TEXT, "from": IVAN}),
    Case(
        "a subject of a megabyte",
        b"Subject: " + b"\r\n ".join([b"word"] * 150_000) + b"\r\n" + HEAD.replace(b"Subject: gate\r\n", b"") + PLAIN,
        {"text": TEXT, "from": IVAN},
    ),
    Case("a hundred thousand headers", b"X: y\r\n" * 100_000 + PLAIN, {"from": None}),
    Case(
        "a line among the headers that is none",
        HEAD.replace(b"To: ", b"no header at all\r\nTo: ") + PLAIN,
        {
            "text": TEXT,
            "subject": "gate",
            "defects": ["no empty line between headers and body", "a line among the headers is no header"],
        },
    ),
    Case(
        "header injection in encoded words",
        b"From: =?utf-8?Q?a=0D=0ABcc:_b@example.com?= <ivan@example.com>\r\nSubject: =?utf-8?Q?a=0D=0ATo:_x?=\r\n\r\nx",
        {"from": {"address": "ivan@example.com", "name": "a Bcc: b@example.com"}, "subject": "a To: x", "to": []},
    ),
    Case(
        "folded headers",
        b"From: =?utf-8?B?0JjQstCw0L0=?=\r\n\t<ivan@example.com>\r\nSubject: one\r\n two\r\n\tthree\r\n\r\nx",
        {"from": IVAN, "subject": "one two three"},
    ),
    read(
        "a type that is none",
        multipart("mixed", PLAIN, attached("a.pdf", "pdf", PDF)),
        TEXT,
        file("a.pdf", "text/plain", PDF),
    ),
    read(
        "a file name with folders",
        multipart(
            "mixed", PLAIN, part("application/x-b", b"x", 'Content-Disposition: attachment; filename="../../etc/x"')
        ),
        TEXT,
        file("x", "application/x-b", b"x"),
    ),
    read("scripts in HTML", b"Content-Type: text/html\r\n\r\n<script>alert(1)</script><style>p{}</style><p>x</p>", "x"),
)

CASES: Sequence[Case] = (*_SHAPES, *_MESSAGES, *_BROKEN)
"""All of them."""
