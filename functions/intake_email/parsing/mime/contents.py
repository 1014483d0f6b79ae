"""Which of a message's parts are its text, and which are files (RFC 2046, 2183, 2387)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from mimetypes import MimeTypes
from urllib.parse import unquote_to_bytes

from functions.intake_email.parsing.mime.defects import Defects
from functions.intake_email.parsing.mime.head import header
from functions.intake_email.parsing.mime.headers import addresses, filename, header_text
from functions.intake_email.parsing.mime.invitation import invitation_text
from functions.intake_email.parsing.mime.signed import SIGNED_NAME, SIGNED_TYPES, signed_content
from functions.intake_email.parsing.mime.structure import EMBEDDED, Part, read_structure
from functions.intake_email.parsing.mime.texts import PLAIN, TextReader, is_placeholder
from functions.intake_email.parsing.mime.tnef import Tnef, TnefError, read_tnef
from functions.intake_email.parsing.mime.transfer import decode_transfer, transfer_encoding
from functions.intake_email.parsing.mime.uuencoded import take_uuencoded
from functions.intake_email.parsing.parsed import Attachment

_RICH = frozenset({"text/html", "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html"})
_TNEF_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_TNEF_NAMES = frozenset({"winmail.dat", "win.dat"})
_SPEAKING = frozenset({"audio", "image", "text", "video"})
"""Types that make a name for a file without one."""
_MOST_EMBEDDED_TEXTS = 10
_MOST_UNWRAPPED = 5
_NAME_CHARACTERS = 150
_TYPES = MimeTypes()
"""Without the machine's own files, which differ."""

_CID = re.compile(rb"cid:([^\s\"'<>)]{1,250})", re.IGNORECASE)
_DISPOSITION = re.compile(r"[\w-]+", re.ASCII)
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]{0,80}/[\w!#$&^.+-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Contents:
    """A message's text and files.

    Attributes:
        is_forwarded: The text is not the message's own, but that of a message in it.
    """

    text: str
    is_forwarded: bool
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that may be read, when it is wanted."""

    content_type: str
    read: Callable[[], str]


@dataclass(slots=True)
class _File:
    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    cid: str = ""


@dataclass(slots=True)
class ContentsReader:
    """Reads one message's texts and files.

    Attributes:
        texts: Decodes texts; knows the charset that the message's other parts declare.
    """

    texts: TextReader
    defects: Defects
    files: list[_File] = field(default_factory=list)
    spare: list[_Text] = field(default_factory=list)
    """Texts for a message that has no other."""
    rich: list[Part] = field(default_factory=list)
    unwrapped: int = 0
    """Signed files that were looked into."""

    def read(self, root: Part) -> Contents:
        """Read them all."""
        text = _joined(self._visit(root))
        if not text:
            text = next((text for spare in self.spare if (text := spare.read().strip("\n")).strip()), "")
        forwarded = "" if text else self._forwarded_text(root)
        self._mark_shown_files()
        attachments = (Attachment(each.filename, each.content_type, each.content, each.inline) for each in self.files)
        return Contents(self.texts.bounded(text or forwarded), bool(forwarded), tuple(attachments))

    def _visit(self, part: Part, *, alternative: bool = False) -> Sequence[_Text]:
        """Note the part's files, and give its texts."""
        if part.unread:
            self._add(part, part.whole)
        elif part.content_type == "multipart/alternative":
            return _best([self._visit(child, alternative=True) for child in part.parts])
        elif part.content_type.startswith("multipart/"):
            return [text for child in part.parts for text in self._visit(child)]
        elif part.content_type in EMBEDDED:
            self._add_embedded(part)
        else:
            read = partial(self._visit_leaf, part, alternative=alternative)
            texts = self.defects.attempt("a part", read, None)
            if texts is not None:
                return texts
            self.files.append(_File(self._made_up(part.content_type), part.content_type, bytes(part.encoded)))
        return ()

    def _visit_leaf(self, part: Part, *, alternative: bool) -> Sequence[_Text]:
        name, disposition, kind = filename(part.message, self.texts.hint), _disposition(part.message), part.content_type
        is_file = disposition == "attachment" or (name is not None and not alternative)
        if kind in _RICH:
            self.rich.append(part)
        if (kind in PLAIN or kind in _RICH) and not is_file:
            if kind in PLAIN:
                text = self._plain_text(part)
                return [_Text(kind, lambda: text)]
            return [_Text(kind, partial(self._rich_text, part))]
        if (opened := self._opened(part, name)) is not None:
            return opened
        content = self._content(part)
        if part.encoded.nbytes or name or disposition == "attachment":
            self._add(part, content, name, disposition)
        if kind == "text/calendar":
            self.spare.append(_Text(kind, lambda: invitation_text(self.texts.decode(part.message, content))))
        elif kind in PLAIN and disposition != "attachment":
            self.spare.append(_Text(kind, lambda: self.texts.decode(part.message, content)))
        elif kind in _RICH and disposition != "attachment":
            self.spare.append(_Text(kind, partial(self._rich_text, part)))
        return ()

    def _content(self, part: Part) -> bytes:
        content, defect = decode_transfer(part.encoded, transfer_encoding(part.message))
        self.defects.note(defect)
        return content

    def _plain_text(self, part: Part) -> str:
        text, files = take_uuencoded(self._content(part))
        for file in files:
            name = header_text(file.name.decode("ascii", "surrogateescape"), self.texts.hint)
            self.files.append(_File(self._safe(name), self._guessed_type(name), file.content))
        return self.texts.decode(part.message, text)

    def _rich_text(self, part: Part) -> str:
        html = self.texts.decode(part.message, self._content(part))
        return self.texts.html_text(html)

    def _add(self, part: Part, content: bytes, name: str | None = None, disposition: str = "") -> None:
        kind = part.content_type
        cid = str(part.message.get("content-id", "")).strip("<> \t\r\n") if not kind.startswith("text/") else ""
        inline = disposition == "inline" and not kind.startswith("text/")
        if name is None:
            name = "invite.ics" if kind == "text/calendar" else self._made_up(kind)
        self.files.append(_File(name, kind, content, inline, cid))

    def _made_up(self, kind: str) -> str:
        main, _, subtype = kind.partition("/")
        stem = self._safe(subtype) if main == "message" else main if main in _SPEAKING else "attachment"
        ending = ".txt" if main in {"message", "text"} else ".bin"
        return f"{stem}-{len(self.files) + 1}{_TYPES.guess_extension(kind) or ending}"

    def _add_embedded(self, part: Part) -> None:
        embedded = part.parts[0]
        name = filename(part.message, self.texts.hint)
        if name is None:
            subject = header(embedded.message, "subject")
            name = f"{self._safe(header_text(subject, self.texts.hint), 'message')}.eml"
        whole = embedded.source[embedded.start : embedded.end]
        self.files.append(_File(name, part.content_type, whole, inline=False))

    def _opened(self, part: Part, name: str | None) -> Sequence[_Text] | None:
        """Read what lies within a file of a mail program; None when it is none."""
        kind, known = part.content_type, (name or "").lower()
        if kind in _TNEF_TYPES or known in _TNEF_NAMES:
            self._unpack(part, name)
            return ()
        if (kind in SIGNED_TYPES or known == SIGNED_NAME) and self.unwrapped < _MOST_UNWRAPPED:
            self.unwrapped += 1
            signed = signed_content(self._content(part))
            return self._visit(read_structure(signed, self.defects)) if signed else None
        return None

    def _unpack(self, part: Part, name: str | None) -> None:
        content = self._content(part)
        try:
            tnef = read_tnef(content)
        except TnefError as error:
            self.defects.note(f"winmail.dat can't be unpacked: {error}")
            self._add(part, content, name or "winmail.dat", _disposition(part.message))
            return
        for file in tnef.files:
            kind = file.content_type.lower()
            kind = kind if _TYPE.fullmatch(kind) else self._guessed_type(file.filename)
            self.files.append(_File(self._safe(file.filename) or self._made_up(kind), kind, file.content))
        self.spare.append(_Text("application/ms-tnef", partial(self._tnef_text, tnef)))

    def _tnef_text(self, tnef: Tnef) -> str:
        return tnef.text if tnef.text.strip() else self.texts.html_text(tnef.html)

    def _guessed_type(self, name: str) -> str:
        return _TYPES.guess_type(f"file:{name}")[0] or "application/octet-stream"

    def _safe(self, name: str, otherwise: str = "") -> str:
        return _NOT_IN_NAMES.sub("_", name).strip(" ._")[:_NAME_CHARACTERS].strip() or otherwise

    def _forwarded_text(self, root: Part) -> str:
        """Give the texts of messages within the message, each with a line that says whom it is from."""
        found = []
        for embedded in _embedded_messages(root)[:_MOST_EMBEDDED_TEXTS]:
            contents = ContentsReader(self.texts, self.defects).read(embedded)
            if contents.text.strip():
                found.append(f"{self._introduction(embedded.message)}\n\n{contents.text}")
        return "\n\n".join(found)

    def _introduction(self, message: Message) -> str:
        senders = addresses([header(message, "from")], self.texts.hint)
        sender = f"{senders[0].name} <{senders[0].address}>".strip() if senders else "неизвестного отправителя"
        subject = header_text(header(message, "subject"), self.texts.hint)
        return f"Пересланное письмо от {sender}" + (f", тема: {subject}" if subject else "")

    def _mark_shown_files(self) -> None:
        """Mark the files that the HTML shows by their Content-ID (RFC 2392)."""
        if not any(file.cid and not file.inline for file in self.files):
            return
        shown = {unquote_to_bytes(cid) for part in self.rich for cid in _CID.findall(self._content(part))}
        for file in self.files:
            file.inline = file.inline or file.cid.encode("utf-8", "surrogateescape") in shown


def _best(alternatives: Sequence[Sequence[_Text]]) -> Sequence[_Text]:
    """Choose the alternative to read: plain text that says something, or HTML, or what else there is."""
    ranked = sorted((each for each in alternatives if each), key=lambda each: _rank(each[0].content_type))
    for texts in ranked:
        text = _joined(texts)
        if text and not (texts[0].content_type in PLAIN and len(ranked) > 1 and is_placeholder(text)):
            return [_Text(texts[0].content_type, partial(str, text))]
    return ranked[0] if ranked else ()


def _rank(kind: str) -> int:
    return 0 if kind in PLAIN else 1 if kind == "text/html" else 2


def _joined(texts: Sequence[_Text]) -> str:
    read = (text.read().strip("\n") for text in texts)
    return "\n\n".join(text for text in read if text.strip())


def _disposition(message: Message) -> str:
    found = _DISPOSITION.match(header(message, "content-disposition").lstrip())
    return found[0].lower() if found else ""


def _embedded_messages(part: Part) -> list[Part]:
    if part.content_type in EMBEDDED:
        return part.parts
    return [message for child in part.parts for message in _embedded_messages(child)]
