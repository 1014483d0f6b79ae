"""Transfer encodings, files in texts, winmail.dat, RTF: from bytes to bytes."""

import base64
import binascii
import struct
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tnefparse import TNEF  # type: ignore[import-untyped]  # published without types

from functions.intake_email.parsing.mime.invitation import invitation_text
from functions.intake_email.parsing.mime.rtf import RtfError, decompress_rtf, rtf_to_text
from functions.intake_email.parsing.mime.signed import signed_content
from functions.intake_email.parsing.mime.texts import is_placeholder
from functions.intake_email.parsing.mime.tnef import TnefError, read_tnef
from functions.intake_email.parsing.mime.transfer import decode_transfer
from functions.intake_email.parsing.mime.uuencoded import take_uuencoded
from functions.intake_email.parsing.parser import parse_mail
from tests.corpus.structures import HEAD, PLAIN, multipart, part, signed, uuencoded
from tests.corpus.tnef import (
    ATTACHMENT,
    ATTACHMENT_PROPERTIES,
    BINARY,
    MESSAGE,
    MESSAGE_OBJECT,
    MESSAGE_PROPERTIES,
    OBJECT,
    PR_BODY,
    PR_DATA,
    PR_LONG_NAME,
    PR_RTF,
    RENDERING,
    UNICODE,
    attribute,
    properties,
    tnef,
    unicode_value,
)

RTF = (
    rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset204 Arial;}}{\*\generator x;}"
    rb"\f0 \'cf\'f0\'e8\u1074?\u1077?\'f2\par b\{\}}"
)


@given(st.binary(max_size=2_000), st.integers(1, 100), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_base64_of_any_line_length_comes_back(content: bytes, length: int, line_break: bytes) -> None:
    digits = base64.b64encode(content)
    lines = line_break.join(digits[at : at + length] for at in range(0, len(digits), length))
    assert decode_transfer(memoryview(lines), "base64") == (content, None)


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=2, max_size=5))
def test_pieces_of_base64_behind_one_another_come_back(pieces: list[bytes]) -> None:
    encoded = b"\r\n".join(map(base64.b64encode, pieces))
    assert decode_transfer(memoryview(encoded), "base64")[0] == b"".join(pieces)


@given(st.binary(max_size=1_000))
def test_base64_cut_off_anywhere_gives_what_is_there(content: bytes) -> None:
    digits = base64.b64encode(content).rstrip(b"=")
    for cut in range(max(0, len(digits) - 5), len(digits) + 1):
        decoded, _ = decode_transfer(memoryview(digits[:cut]), "base64")
        assert content.startswith(decoded)
        assert len(decoded) >= cut * 3 // 4 - 1


@given(before=st.binary(max_size=500), content=st.binary(max_size=2_000), pieces=st.booleans())
def test_what_a_signature_encloses_comes_back(before: bytes, content: bytes, *, pieces: bool) -> None:
    assert signed_content(signed(content, pieces=pieces)) == content
    assert signed_content(before) is None
    for cut in range(0, len(content), 100):
        enclosed = signed_content(signed(content, pieces=pieces)[:cut])
        assert enclosed is None or content.startswith(enclosed)


def test_endless_pieces_of_a_signed_message_take_a_bounded_time() -> None:
    started = time.process_time()
    whole = signed(b"x", pieces=True)
    assert signed_content(whole.replace(b"\x04\x01x", b"\x04\x00" * 5_000_000)) is None
    assert time.process_time() - started < 5


@given(st.binary(max_size=500))
def test_quoted_printable_comes_back(content: bytes) -> None:
    encoded = binascii.b2a_qp(content, istext=False)
    assert decode_transfer(memoryview(encoded), "quoted-printable") == (content, None)


@given(st.binary(min_size=1, max_size=500), st.sampled_from([b"\n", b"\r\n"]))
def test_r17_a_uuencoded_file_comes_back(content: bytes, line_break: bytes) -> None:
    encoded = uuencoded("a b.bin", content).replace(b"\r\n", line_break)
    text, (file,) = take_uuencoded(b"before\n" + encoded + b"after")
    assert (text, file.name, file.content) == (b"before\nafter", b"a b.bin", content)


@pytest.mark.parametrize(
    "text", [b"begin 644 x", b"begin 644 x\nend", b"begin the day\n#86)C\nend\n", b"begin 644 a\n#86)C\n"]
)
def test_a_text_about_beginning_stays_text(text: bytes) -> None:
    kept, files = take_uuencoded(text)
    assert not any(file.content for file in files)
    assert kept == text or files


def test_winmail_dat_is_read_as_tnefparse_reads_it() -> None:
    content = tnef([("Договор.pdf", b"%PDF" * 99), ("b.png", b"\x89PNG")], body="Текст")
    ours, theirs = read_tnef(content), TNEF(content)
    assert [file.content for file in ours.files] == [each.data for each in theirs.attachments]
    assert [file.filename for file in ours.files] == [each.long_filename() for each in theirs.attachments]
    assert ours.text == "Текст"


def test_r17_files_of_a_message_within_winmail_dat_are_kept() -> None:
    inner = tnef(
        [("inner.pdf", b"%PDF")],
        more=attribute(MESSAGE, MESSAGE_PROPERTIES, properties((UNICODE, PR_BODY, unicode_value("inner text")))),
    )
    held = properties((OBJECT, PR_DATA, MESSAGE_OBJECT + inner), (UNICODE, PR_LONG_NAME, unicode_value("Forward")))
    outer = (
        tnef([("outer.pdf", b"1")])
        + attribute(ATTACHMENT, RENDERING, bytes(14))
        + attribute(ATTACHMENT, ATTACHMENT_PROPERTIES, held)
    )
    files = [(file.filename, file.content) for file in read_tnef(outer).files]
    assert files == [("outer.pdf", b"1"), ("Forward.txt", b"inner text"), ("inner.pdf", b"%PDF")]


@given(st.data())
def test_a_broken_winmail_dat_is_refused_or_read(data: st.DataObject) -> None:
    content = bytearray(
        tnef(
            [("a.pdf", b"%PDF")],
            more=attribute(MESSAGE, MESSAGE_PROPERTIES, properties((BINARY, PR_RTF, compressed(RTF)))),
        )
    )
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(TnefError):
        read_tnef(bytes(content[: data.draw(st.integers(0, len(content)))]))


def compressed(rtf: bytes, claimed: int | None = None) -> bytes:
    """RTF in Outlook's compressed form, with literals only."""
    body = b"".join(b"\0" + rtf[at : at + 8] for at in range(0, len(rtf), 8))
    return struct.pack("<4I", len(body) + 12, claimed or len(rtf), 0x75465A4C, 0) + body


def test_rtf_of_winmail_dat_is_text_where_there_is_no_other() -> None:
    held = attribute(MESSAGE, MESSAGE_PROPERTIES, properties((BINARY, PR_RTF, compressed(RTF))))
    assert parse_mail(HEAD + part("application/ms-tnef", tnef([], more=held))).text == "Привет\nb{}"


def test_rtf_s_compression_example_of_its_specification() -> None:
    # MS-OXRTFCP, 4.1.1 and 4.2.1
    example = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress_rtf(example) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_decompression_bomb_is_cut() -> None:
    # References of 17 bytes, each to the bytes before: 17 times the size, again and again.
    body = b"\x00abcdefgh" + b"".join(
        b"\xff"
        + b"".join(struct.pack(">H", ((207 + 8 + (group * 8 + n) * 17 - 17) % 4096) << 4 | 15) for n in range(8))
        for group in range(200_000)
    )
    bomb = struct.pack("<4I", len(body), 2**32 - 1, 0x75465A4C, 0) + body
    assert len(decompress_rtf(bomb)) == 2 * 2**20


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (struct.pack("<I", 2**32 - 1), "a number of properties"),
        (struct.pack("<IHHI", 1, 0x1002, 0x1000, 2**32 - 1), "a number of short values"),
        (struct.pack("<IHHI", 1, 0x101E, 0x1000, 2**32 - 1), "a number of strings"),
        (struct.pack("<IHHII", 1, 0x1E, 0x1000, 1, 2**32 - 1), "a length"),
    ],
)
def test_a_winmail_dat_that_promises_the_world_is_kept_as_it_is(value: bytes, says: str) -> None:
    content = tnef([], more=attribute(MESSAGE, MESSAGE_PROPERTIES, value + bytes(8)))
    started = time.process_time()
    mail = parse_mail(HEAD + multipart("mixed", PLAIN, part("application/ms-tnef; name=winmail.dat", content)))
    assert time.process_time() - started < 1, says
    assert [(each.filename, each.content) for each in mail.attachments] == [("winmail.dat", content)]


@pytest.mark.parametrize("rtf", [b"", b"{", b"hello", b"\x00" * 20])
def test_what_is_no_rtf_is_refused(rtf: bytes) -> None:
    with pytest.raises(RtfError):
        rtf_to_text(rtf)
    with pytest.raises(RtfError):
        decompress_rtf(rtf)


@given(st.binary(max_size=300))
def test_any_rtf_is_text(rtf: bytes) -> None:
    rtf_to_text(b"{\\rtf1" + rtf).encode()


def test_an_invitation_s_words() -> None:
    calendar = "BEGIN:VEVENT\nSUMMARY;X=1:Gate\\; north\nDESCRIPTION:a\\nb\\\\c\n d\nSUMMARY:\nEND:VEVENT"
    assert invitation_text(calendar) == "Gate; north\n\na\nb\\cd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your email client does not support HTML messages.", True),
        ("Ваша почтовая программа не поддерживает HTML.", True),
        ("This is an HTML message; your reader can't display it.", True),
        ("Приложение не отображает пропуска.", False),
        ("Здравствуйте! Не открывается HTML-страница кабинета.", False),
        ("Your mail does not support HTML. " + "word " * 200, False),
    ],
)
def test_a_placeholder_is_known_by_what_it_says(text: str, expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_placeholder(text) is expected
