"""What holds for any message, and for any bytes."""

import json
from dataclasses import dataclass
from email.encoders import encode_base64, encode_noop, encode_quopri
from email.generator import BytesGenerator
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.policy import compat32
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.intake_email.parsing.parser import parse_mail
from ops.parse_mail import as_json
from tests.corpus.everything import CASES

SHORT = [case.raw for case in CASES if len(case.raw) < 20_000]
ENCODERS = {"base64": encode_base64, "quoted-printable": encode_quopri, "8bit": encode_noop}


@dataclass(frozen=True)
class Leaf:
    content: bytes
    encoding: str
    name: str | None


@dataclass(frozen=True)
class Branch:
    kind: str
    inside: tuple["Leaf | Branch", ...]


NAMES = st.text("abcdefghij-_ 0123456789", min_size=1, max_size=30).map(lambda name: f"f{name.strip()}.bin")
FILES = st.builds(Leaf, st.binary(max_size=300), st.just("base64"), NAMES)
WORDS = st.text("абвгд abc", max_size=200).map(lambda text: f"т{text}я".encode())
TEXTS = st.builds(Leaf, WORDS, st.sampled_from(sorted(ENCODERS)), st.none())
TREES = st.recursive(
    FILES | TEXTS,
    lambda inside: st.builds(
        Branch, st.sampled_from(["mixed", "related", "signed"]), st.lists(inside, min_size=1, max_size=4).map(tuple)
    ),
    max_leaves=12,
)


def built(tree: Leaf | Branch) -> MIMEBase:
    if isinstance(tree, Branch):
        return MIMEMultipart(tree.kind, _subparts=[built(each) for each in tree.inside])
    part = MIMEBase("application", "x-b") if tree.name else MIMEBase("text", "plain", charset="utf-8")
    if tree.encoding == "8bit":
        part.set_payload(tree.content.decode("ascii", "surrogateescape"))
        part["Content-Transfer-Encoding"] = "8bit"
    else:
        part.set_payload(tree.content)
        ENCODERS[tree.encoding](part)
    if tree.name:
        part.add_header("Content-Disposition", "attachment", filename=tree.name)
    return part


def leaves(tree: Leaf | Branch) -> list[Leaf]:
    return [leaf for each in tree.inside for leaf in leaves(each)] if isinstance(tree, Branch) else [tree]


@given(TREES, st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=150, deadline=None)
def test_r17_files_and_texts_of_any_tree_come_back_byte_for_byte(tree: Leaf | Branch, line_break: str) -> None:
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, policy=compat32.clone(linesep=line_break)).flatten(built(tree))
    mail = parse_mail(out.getvalue())
    files = [leaf for leaf in leaves(tree) if leaf.name]
    assert [(each.filename, each.content) for each in mail.attachments] == [(leaf.name, leaf.content) for leaf in files]
    assert mail.text == "\n\n".join(leaf.content.decode() for leaf in leaves(tree) if not leaf.name)
    assert mail.defects == ()


def encodable(raw: bytes, return_path: str | None) -> None:
    json.dumps(as_json(parse_mail(raw, return_path)), ensure_ascii=False).encode()


@given(st.binary(max_size=500), st.none() | st.just("") | st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_message(raw: bytes, return_path: str | None) -> None:
    encodable(raw, return_path)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_a_damaged_message_of_the_corpus_is_read(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(SHORT))
    for _ in range(data.draw(st.integers(1, 4))):
        begin, size = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 40))
        other = data.draw(st.sampled_from(SHORT))
        at = data.draw(st.integers(0, len(other)))
        insert = data.draw(st.binary(max_size=8) | st.just(other[at : at + data.draw(st.integers(0, 200))]))
        raw = raw[:begin] + insert + raw[begin + size :]
    encodable(raw, None)


@given(
    st.lists(
        st.sampled_from(
            [
                b"\r\n",
                b"\n",
                b"--b",
                b"--",
                b"Content-Type: ",
                b"multipart/mixed; boundary=b",
                b"message/rfc822",
                b"text/html",
                b"Content-Transfer-Encoding: base64",
                b"QUI=",
                b" ",
                b";",
                b"begin 644 x",
                b"end",
                b"#86)C",
                b"=?utf-8?b?0Y8=?=",
                b"Subject: ",
                b"\xd0",
                b"From ",
            ]
        )
    )
)
@settings(max_examples=300, deadline=None)
def test_any_order_of_a_message_s_pieces_is_a_message(pieces: list[bytes]) -> None:
    encodable(b"".join(pieces), None)
