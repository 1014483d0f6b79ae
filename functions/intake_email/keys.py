"""Idempotency keys of e-mails: the same message again, by whatever way, has the same key (R1).

The key is made of the Message-ID *and* of the content: some programs give several messages one Message-ID, and each of
them is a request of its own.
"""

import re
from hashlib import blake2b

_HEADER_BYTES = 2**20
_NO_HEADER = rb"(?![!-9;-~]+[ \t]*:|[ \t])"
_NO_HEADERS = re.compile(_NO_HEADER)
# The first character apart, so that the search skips all others at once.
_END_OF_HEADERS = re.compile(rb"[\r\n](?:(?<=\r)\n|(?<=\n)|(?<=\r)(?!\n))" + _NO_HEADER)
"""Before the first line that is neither a header nor the rest of one: blank or not, from there on all is content."""
_LASTING = re.compile(
    rb"^(Message-ID|From|Subject|Date)[ \t]*:([^\r\n]*+(?:\r?\n[ \t][^\r\n]*+)*+)", re.IGNORECASE | re.MULTILINE
)
_NAMES = (b"message-id", b"from", b"subject", b"date")


def submission_key(raw: bytes) -> str:
    """Give the submission's key for a message as it came.

    What mail servers add or change on the way (`Received`, say) makes no difference, as long as the message has a
    Message-ID or a date of its own; without both, only a message that is the same byte for byte is the same.
    """
    end = _NO_HEADERS.match(raw, 0, _HEADER_BYTES) or _END_OF_HEADERS.search(raw, 0, _HEADER_BYTES)
    if end is None:
        return _digest(raw)
    lasting: dict[bytes, bytes] = {}
    for name, value in _LASTING.findall(raw[: end.start()]):
        lasting.setdefault(name.lower(), b" ".join(value.split()))
    if not (lasting.get(b"message-id") or lasting.get(b"date")):
        return _digest(raw)
    return _digest(*(lasting.get(name, b"") for name in _NAMES), memoryview(raw)[end.end() :])


def _digest(*parts: bytes | memoryview) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        # With its length before each part, no two lists of parts give the same bytes.
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return f"mail-{digest.hexdigest()}"
