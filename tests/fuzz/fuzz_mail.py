"""`python -m tests.fuzz.fuzz_mail CORPUS_FOLDER`: any bytes are a message of which something can be said."""

import json
from collections.abc import Callable
from typing import TypeVar

import atheris  # type: ignore[import-untyped]  # published without types

with atheris.instrument_imports(include=["functions.intake_email", "email"]):
    from functions.intake_email.parsing.mime.defects import Defects
    from functions.intake_email.parsing.parser import parse_mail

from ops.parse_mail import as_json
from tests.corpus.everything import CASES
from tests.fuzz.fuzzing import fuzz

MOST_GROWTH = 4
"""Attached bytes for each byte of the message: compression in a winmail.dat, a forwarded message and its own files."""

FOUND = (b'From: ivan@example.ru\nContent-Type: text/plain; charset="a\0b"\n\xff no header\n\ntext\n',)
"""What once broke the reader."""

T = TypeVar("T")


def attempt(_defects: Defects, _what: str, read: Callable[[], T], _otherwise: T) -> T:
    """In place of `Defects.attempt`, which would turn the surprise that is looked for into a defect."""
    return read()


def check(data: bytes) -> None:
    mail = parse_mail(data)

    # Firestore takes no lone surrogates either.
    json.dumps(as_json(mail), ensure_ascii=False, allow_nan=False).encode()
    assert len(mail.text.encode()) <= MOST_GROWTH * len(data) + 1000
    assert len(mail.reply) <= len(mail.text)
    assert sum(file.size for file in mail.attachments) <= MOST_GROWTH * len(data)


if __name__ == "__main__":
    Defects.attempt = attempt  # type: ignore[assignment]  # see there
    fuzz(check, (*FOUND, *(case.raw for case in CASES)))
