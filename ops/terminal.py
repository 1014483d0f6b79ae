"""What operators type and read: tickets' numbers, their own names, and texts from outside that must do no harm."""

import argparse
import getpass
import re
import sys

from shared.domain.erasure import Client, parse_client

_NUMBER = re.compile(r"\[?#?([0-9]{1,15})\]?")
_LONGEST_NAME = 100


def ticket_number(text: str) -> int:
    """Read a ticket's number as people write it: `12345`, `#12345`, `[#12345]`.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no ticket's number")
    return int(found[1])


def person_name(text: str) -> str:
    """Read the name of a person, as it shall stand in the ledger.

    Raises:
        argparse.ArgumentTypeError: It is empty, too long, or holds what can't be shown.
    """
    name = " ".join(text.split())
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise argparse.ArgumentTypeError("a name has 1 to 100 characters that can be printed")
    return name


def login_name() -> str | None:
    """Give the name of whoever is logged in; None when this login has none, or none that can be shown."""
    try:
        return person_name(getpass.getuser())
    except (OSError, KeyError, argparse.ArgumentTypeError):
        return None


def client(text: str) -> Client:
    """Read by what a client is known: an e-mail address or a phone number.

    Raises:
        argparse.ArgumentTypeError: It is neither.
    """
    try:
        return parse_client(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is neither an e-mail address nor a phone number: {error}") from error


def harmless(text: str) -> str:
    """Give a text on one line in which nothing moves the cursor, colours the screen or turns the writing round.

    Control characters, marks of direction, invisible and unassigned characters and halves of surrogate pairs become
    visible escapes (backslash, `u202e`); every kind of white space becomes a space.
    """
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode()


def say(*lines: str) -> None:
    """Print lines; what the terminal's encoding has no letter for is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        print(line.encode(encoding, errors="backslashreplace").decode(encoding))
