"""What headers say, however they are written."""

import time
from base64 import b64encode
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.mime.headers import addresses, charset, filename, header_text, message_ids
from functions.intake_email.parsing.parsed import Address


def as_parsed(raw: bytes | str) -> str:
    """Give a value as the parser gives it: bytes out of ASCII stand as surrogates."""
    raw = raw.encode() if isinstance(raw, str) else raw
    return raw.decode("ascii", "surrogateescape")


def word(text: str, codec: str, label: str) -> str:
    return f"=?{label}?B?{b64encode(text.encode(codec)).decode()}?="


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Gate", "Gate"),
        (word("Привет", "utf_8", "utf-8"), "Привет"),
        ("=?UTF-8?q?=D0=9F=D1=80=D0=B8=D0=B2=D0=B5=D1=82?=", "Привет"),
        ("=?utf-8*ru?B?0J/RgNC40LLQtdGC?=", "Привет"),
        (f"Re: {word('Привет', 'koi8_r', 'koi8-r')} again", "Re: Привет again"),
        ("=?utf-8?Q?=D0=9F?= =?utf-8?Q?=D1=80?=", "Пр"),
        ("=?utf-8?Q?=D0=9F?=\r\n\t=?utf-8?Q?=D1=80?=", "Пр"),
        ("=?utf-8?Q?=D0=9F=D1?=\r\n =?utf-8?Q?=80?=", "Пр"),
        ("=?utf-8?B?0J/R?= =?utf-8?B?gNC4?=", "При"),
        ("=?utf-8?B?0J/Rg?= =?utf-8?B?NC4?=", "При"),
        ("=?utf-8?Q?=D0=9F?= x =?utf-8?Q?=D1=80?=", "П x р"),
        ("=?utf-8?Q?=D0=9F_a_b?=", "П a b"),
        ("=?utf-8?Q?=D0=9F a b?=", "П a b"),
        ("[t]=?utf-8?Q?=D0=9F?=[u]", "[t]П[u]"),
        ('"=?utf-8?Q?=D0=9F?=" x', '"П" x'),
        ("=?utf-8?B?0J/RgNC40LLQtdGC?", "=?utf-8?B?0J/RgNC40LLQtdGC?"),
        ("=?utf-8?B?0J/RgNC40LLQtdGC0L?=", "Привет\ufffd"),
        ("=?utf-8?B?0J/RgNC40LLQtdGCIQ?=", "Привет!"),
        ("=?utf-8?B?0J8=0YA=?=", "Пр"),
        ("=?utf-8?X?abc?=", "abc"),
        ("=?x-unknown?Q?abc?=", "abc"),
        (word("Не приходит код", "cp1251", "x-unknown"), "Не приходит код"),
        (word("Не приходит код", "cp1251", "koi8-r"), "Не приходит код"),
        (word("Не приходит код", "koi8_r", "windows-1251"), "Не приходит код"),
        (word("Не приходит код", "utf_8", "us-ascii"), "Не приходит код"),
        (word("Не приходит код", "cp1251", "utf-8"), "Не приходит код"),
        (word("ゲートが開きません", "iso2022_jp", "ISO-2022-JP"), "ゲートが開きません"),
        (f"{word('Привет', 'cp1251', 'windows-1251')} {word('мир', 'utf_8', 'utf-8')}", "Приветмир"),
        ("Не приходит код".encode(), "Не приходит код"),
        ("Не приходит код".encode("cp1251"), "Не приходит код"),
        ("Не приходит код".encode("koi8_r"), "Не приходит код"),
        ("Re: Fwd: Привет".encode("cp1251"), "Re: Fwd: Привет"),
        ("=?utf-8?Q?Привет?=", "Привет"),
        ("one\r\n two\r\n\tthree", "one two three"),
        ("=?utf-8?Q?a=0D=0ABcc:_x@y=00=1B?=", "a Bcc: x@y"),
        ("=?utf-8?Q?a=E2=80=AEb=E2=81=A6c?=", "abc"),
        ("  a  ", "a"),
        ("", ""),
    ],
)
def test_text_is_read(raw: bytes | str, text: str) -> None:
    assert header_text(as_parsed(raw)) == text


def test_a_hint_tells_the_charset_of_raw_bytes() -> None:
    raw = as_parsed("да".encode("cp1251"))
    assert (header_text(raw, "windows-1251"), header_text(raw, "koi8-r")) == ("да", "ДЮ")


def test_text_is_bounded() -> None:
    assert len(header_text("x" * 10_000)) == 2000
    assert len(header_text(as_parsed(word("Ж" * 5000, "utf_8", "utf-8")))) == 2000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a@b.ru", [("", "a@b.ru")]),
        ("<a@b.ru>", [("", "a@b.ru")]),
        ("Ivan Petrov <a@b.ru>", [("Ivan Petrov", "a@b.ru")]),
        ('"Petrov, Ivan" <a@b.ru>, c@d.ru', [("Petrov, Ivan", "a@b.ru"), ("", "c@d.ru")]),
        ("Petrov, Ivan <a@b.ru>, c@d.ru", [("Petrov, Ivan", "a@b.ru"), ("", "c@d.ru")]),
        ("Petrov, Ivan a@b.ru", [("Petrov", ""), ("Ivan", "a@b.ru")]),
        (r'"a \"b\" c" <a@b.ru>', [('a "b" c', "a@b.ru")]),
        ("a@b.ru (Ivan (the) Petrov)", [("Ivan (the) Petrov", "a@b.ru")]),
        ("(comment) Ivan <a@b.ru>", [("Ivan", "a@b.ru")]),
        ("Friends: a@b.ru, Petr <c@d.ru>;, e@f.ru", [("", "a@b.ru"), ("Petr", "c@d.ru"), ("", "e@f.ru")]),
        ("undisclosed-recipients:;", []),
        ("<@r1.ru,@r2.ru:a@b.ru>", [("", "a@b.ru")]),
        ("Ivan <a@b.ru", [("Ivan", "a@b.ru")]),
        ("Ivan Petrov a@b.ru", [("Ivan Petrov", "a@b.ru")]),
        ('"Ivan <a@b.ru>', [("Ivan", "a@b.ru")]),
        ("Ivan (x <a@b.ru>", [("Ivan (x", "a@b.ru")]),
        ("Ivan :) <a@b.ru>", [("Ivan :)", "a@b.ru")]),
        ("<<a@b.ru>>", [("", "a@b.ru")]),
        ("a@b.ru; c@d.ru", [("", "a@b.ru"), ("", "c@d.ru")]),
        ("<mailto:a@b.ru>", [("", "a@b.ru")]),
        ('"a b"@c.ru', [("", '"a b"@c.ru')]),
        ("user@[192.0.2.1]", [("", "user@[192.0.2.1]")]),
        ("Ivan\r\n <a@b.ru>,\r\n\tc@d.ru", [("Ivan", "a@b.ru"), ("", "c@d.ru")]),
        ("Иван <иван@почта.рф>", [("Иван", "иван@почта.рф")]),
        ("Иван Петров <a@b.ru>".encode("cp1251"), [("Иван Петров", "a@b.ru")]),
        (f"{word('Иван Петров', 'koi8_r', 'koi8-r')} <a@b.ru>", [("Иван Петров", "a@b.ru")]),
        (f'"{word("Иван", "utf_8", "utf-8")}" <a@b.ru>', [("Иван", "a@b.ru")]),
        (f"a@b.ru ({word('Иван', 'utf_8', 'utf-8')})", [("Иван", "a@b.ru")]),
        ("=?utf-8?Q?Petrov,_Ivan?= <a@b.ru>", [("Petrov, Ivan", "a@b.ru")]),
        ("=?utf-8?q?victim=40bank.ru?= <attacker@x.ru>", [("victim@bank.ru", "attacker@x.ru")]),
        ("=?utf-8?q?x_=3Cvictim=40bank.ru=3E=2C?= <attacker@x.ru>", [("x <victim@bank.ru>,", "attacker@x.ru")]),
        ("victim@bank.ru <attacker@x.ru>", [("victim@bank.ru", "attacker@x.ru")]),
        ("=?utf-8?q?victim=40bank.ru?=", [("victim@bank.ru", "")]),
        ("MAILER-DAEMON", [("MAILER-DAEMON", "")]),
        ("<>", []),
        ("", []),
        (",,;,", []),
    ],
)
def test_mailboxes_are_read(raw: bytes | str, expected: list[tuple[str, str]]) -> None:
    assert addresses([as_parsed(raw)]) == tuple(Address(*pair) for pair in expected)


def test_several_headers_are_one_list_and_it_is_bounded() -> None:
    assert [found.address for found in addresses(["a@b.ru", "c@d.ru"])] == ["a@b.ru", "c@d.ru"]
    assert len(addresses([", ".join(f"a{n}@b.ru" for n in range(1000))])) == 100
    assert addresses(["x" * 400 + "@b.ru"]) == ()
    assert addresses(["Ivan <" + "x" * 400 + "@b.ru>"]) == (Address("Ivan", ""),)


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (["<a@b>"], ["<a@b>"]),
        ([" <a@b>\r\n <c@d>,<e@f> "], ["<a@b>", "<c@d>", "<e@f>"]),
        (["<a@b>", "<c@d>", "<a@b>"], ["<a@b>", "<c@d>"]),
        (["a@b"], ["<a@b>"]),
        (["<a@b"], ["<a@b>"]),
        (["a b@c"], []),
        (["<a\r\n b@c>"], ["<ab@c>"]),
        (["(was <no@x>) <a@b>"], ["<a@b>"]),
        (["(was x) <a@b> (added)"], ["<a@b>"]),
        (["Your message of <some day> <a@b>"], ["<a@b>"]),
        ([as_parsed("<привет@b> <a@b>")], ["<a@b>"]),
        (["<" + "x" * 997 + ">"], []),
        (["<" + "x" * 996 + ">"], ["<" + "x" * 996 + ">"]),
        (["<>"], []),
        ([], []),
    ],
)
def test_message_ids_are_read(values: list[str], ids: list[str]) -> None:
    assert message_ids(values) == tuple(ids)


def test_the_last_hundred_ids_are_kept() -> None:
    found = message_ids([" ".join(f"<{n}@x>" for n in range(500))])
    assert found == tuple(f"<{n}@x>" for n in range(400, 500))


def part(*headers: bytes | str) -> Message:
    lines = [header.encode() if isinstance(header, str) else header for header in headers]
    return message_from_bytes(b"\r\n".join(lines) + b"\r\n\r\nx")


DISPOSITION = "Content-Disposition: attachment; "
SPLIT = f"{word('Счёт за ', 'utf_8', 'utf-8')}\r\n {word('июнь.pdf', 'utf_8', 'utf-8')}"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (DISPOSITION + "filename=a.txt", "a.txt"),
        (DISPOSITION + 'filename="a b; c.txt"; size=5', "a b; c.txt"),
        (DISPOSITION + "filename=a b c.txt; size=5", "a b c.txt"),
        (DISPOSITION + 'FileName = "a.txt"', "a.txt"),
        (DISPOSITION + 'filename="a "b" c.txt"; size=5', 'a "b" c.txt'),
        (DISPOSITION + 'filename="a.txt', "a.txt"),
        (DISPOSITION + "filename*=utf-8''%D0%A1%D1%87%D1%91%D1%82.pdf; filename=x.pdf", "Счёт.pdf"),
        (DISPOSITION + "filename*=koi8-r''%F3%DE%A3%D4.pdf", "Счёт.pdf"),
        (DISPOSITION + "filename*=windows-1251'ru'%D1%F7%B8%F2.pdf", "Счёт.pdf"),
        (DISPOSITION + "filename*=%D0%A1%D1%87%D1%91%D1%82.pdf", "Счёт.pdf"),
        (
            DISPOSITION + "filename*0*=utf-8''%D0%A1%D1;\r\n filename*1*=%87%D1%91%D1%82;\r\n filename*2=.pdf",
            "Счёт.pdf",
        ),
        (DISPOSITION + "filename*1*=%D1%82.pdf; filename*0*=utf-8''%D0%A1%D1%87%D1%91", "Счёт.pdf"),
        (DISPOSITION + 'filename*0="long na"; filename*1="me.txt"', "long name.txt"),
        (DISPOSITION + f'filename="{word("Счёт.pdf", "utf_8", "utf-8")}"', "Счёт.pdf"),
        (DISPOSITION + f"filename={word('Счёт.pdf', 'koi8_r', 'koi8-r')}", "Счёт.pdf"),
        (DISPOSITION + f'filename="{SPLIT}"', "Счёт за июнь.pdf"),
        (DISPOSITION + f'filename*0="{word("Счёт.pdf", "utf_8", "utf-8")}"', "Счёт.pdf"),
        (DISPOSITION + 'filename="%D0%A1%D1%87%D1%91%D1%82.pdf"', "Счёт.pdf"),
        (DISPOSITION + 'filename="100%25.txt"', "100%25.txt"),
        (DISPOSITION + 'filename="Счёт.pdf"', "Счёт.pdf"),
        ((DISPOSITION + 'filename="Счёт №5.pdf"').encode("cp1251"), "Счёт №5.pdf"),
        ((DISPOSITION + "filename=Счёт №5.pdf").encode("cp1251"), "Счёт №5.pdf"),
        ('Content-Type: application/pdf; name="Счёт за июнь.pdf"'.encode("koi8_r"), "Счёт за июнь.pdf"),
        ("Content-Type: application/pdf; name*=utf-8''%D0%A1.pdf", "С.pdf"),
        (f'Content-Type: application/pdf;\r\n\tname="{SPLIT}"', "Счёт за июнь.pdf"),
        (DISPOSITION + r'filename="D:\photos\a.txt"', "a.txt"),
        (DISPOSITION + 'filename="../../etc/passwd"', "passwd"),
        (DISPOSITION + "filename*=utf-8''..%2F..%5Ca.txt", "a.txt"),
        (DISPOSITION + "filename*=utf-8''a%00%0D%0Ab%E2%80%AEgpj.exe", "a bgpj.exe"),
        (DISPOSITION + 'filename=".."', None),
        (DISPOSITION + 'filename="/"', None),
        (DISPOSITION + 'filename=""', None),
        ("Content-Disposition: attachment", None),
        ("X: y", None),
    ],
)
def test_file_names_are_read_and_made_safe(header: bytes | str, name: str | None) -> None:
    assert filename(part(header)) == name


def test_a_long_name_keeps_its_ending() -> None:
    name = filename(part(DISPOSITION + f'filename="{"x" * 500}.docx"'))
    assert name is not None
    assert (len(name), name[-6:]) == (200, "x.docx")


def test_the_disposition_counts_before_the_type() -> None:
    assert (
        filename(part("Content-Type: a/b; name=type.txt", DISPOSITION + "filename=disposition.txt"))
        == "disposition.txt"
    )
    assert filename(part("Content-Type: a/b; name=type.txt", "Content-Disposition: inline; filename=..")) == "type.txt"


@pytest.mark.parametrize(
    ("header", "declared"),
    [
        ("Content-Type: text/plain; charset=UTF-8", "utf-8"),
        ('Content-Type: text/plain; format=flowed;\r\n charset = "Windows-1251" ', "windows-1251"),
        ("Content-Type: text/plain; charset='koi8-r'", "koi8-r"),
        ("Content-Type: text/plain; charset*=us-ascii'en'utf-8", "utf-8"),
        ('Content-Type: text/plain; charset="utf-8', "utf-8"),
        ("Content-Type: text/plain; charset=", None),
        ("Content-Type: text/plain", None),
        ("Content-Type: text/plain; charset=ж", None),
        ("X: y", None),
    ],
)
def test_the_declared_charset_is_cleaned(header: str, declared: str | None) -> None:
    assert charset(part(header)) == declared


PIECES = [
    "=?",
    "=?utf-8?Q?",
    "?=",
    "=D0",
    '"',
    "\\",
    "<",
    ">",
    "(",
    ")",
    ",",
    ";",
    ":",
    "@",
    "a",
    " ",
    "\r\n ",
    "\udcd0",
]
PIECES += ["filename", "filename*0*=", "name=", "''", "%D0", "[", "]", "'", "=", "*"]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join))
def test_any_header_is_read_without_an_error(value: str) -> None:
    message = Message()
    message.set_raw("Content-Disposition", value)
    message.set_raw("Content-Type", value)
    texts = [header_text(value), filename(message) or "", charset(message) or "", *message_ids([value])]
    for found in addresses([value, value]):
        assert found.name or "@" in found.address
        texts += [found.name, found.address]
    for text in texts:
        text.encode()
        assert not set(text) & set("\r\n\0\u202e\u2066")


READERS: dict[str, Callable[[str], object]] = {
    "header_text": header_text,
    "addresses": lambda value: addresses([value]),
    "message_ids": lambda value: message_ids([value]),
    "filename": lambda value: filename(_with_parameters(value)),
    "charset": lambda value: charset(_with_parameters(value)),
}


def _with_parameters(value: str) -> Message:
    message = Message()
    message.set_raw("Content-Disposition", "attachment;" + value)
    message.set_raw("Content-Type", "text/plain;" + value)
    return message


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("piece", [*PIECES, '\\"', '"\\', "((a)", "; ", "<a@b>,", "a@", 'a="', "filename*0=a;", '"<'])
def test_a_header_of_a_megabyte_takes_no_time(piece: str, reader: str) -> None:
    value = piece * (1_000_000 // len(piece))
    started = time.process_time()
    READERS[reader](value)
    assert time.process_time() - started < 1
