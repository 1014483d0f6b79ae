"""`python -m ops parse-mail`: what is read from a message, as JSON; for operators, tests and comparisons."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from functions.intake_email.parsing.parsed import Address, Attachment, Bounce, ParsedMail
from functions.intake_email.parsing.parser import parse_mail

HELP = "read messages from files and print what is in them as JSON"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("--json", metavar="FILE", type=Path, help="print one object")
    form.add_argument(
        "--jsonl",
        metavar="FILE_OR_FOLDER",
        type=Path,
        nargs="+",
        help="print an object a line, with the file's path in `file`; folders with all that is in them",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print; exit code 2 when a file can't be read. One message at a time is held in memory."""
    files = [arguments.json] if arguments.json else _files(arguments.jsonl)
    unreadable = False
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as error:
            print(f"python -m ops: {path}: {error.strerror}", file=sys.stderr)
            unreadable = True
            continue
        read = as_json(parse_mail(raw))
        _print(read if arguments.json else {"file": str(path)} | read)
    return 2 if unreadable else 0


def as_json(mail: ParsedMail) -> dict[str, object]:
    """Give the message as a JSON object; an attachment by its digest."""
    return {
        "from": None if mail.sender is None else _address(mail.sender),
        "to": [_address(each) for each in mail.to],
        "subject": mail.subject,
        "text": mail.text,
        "reply": mail.reply,
        "attachments": [_attachment(each) for each in mail.attachments],
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "auto_reply": mail.automatic is not None or mail.bounce is not None,
        "bounce": None if mail.bounce is None else _bounce(mail.bounce),
        "defects": list(mail.defects),
    }


def _address(address: Address) -> dict[str, object]:
    return {"address": address.address, "name": address.name}


def _attachment(attachment: Attachment) -> dict[str, object]:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
    }


def _bounce(bounce: Bounce) -> dict[str, object]:
    return {
        "recipient": bounce.recipient,
        "status": bounce.status,
        "kind": bounce.kind.value,
        "original_message_id": bounce.original_message_id,
    }


def _files(named: Sequence[Path]) -> Iterator[Path]:
    for path in named:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        else:
            yield path


def _print(read: Mapping[str, object]) -> None:
    # The terminal's encoding does not matter: JSON is UTF-8 (RFC 8259, 8.1), and a path may hold any bytes.
    line = json.dumps(read, ensure_ascii=False).encode("utf-8", "replace")
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()
