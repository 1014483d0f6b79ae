"""SendGrid's Inbound Parse call in raw mode, byte for byte: trace header, multipart body, signature.

The field names are documented (https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email, "raw
parameters"). Their order, the boundary, the line ends, `User-Agent` and the `Received` line are those of calls that
people recorded and published; two generations of them differ, and both are here.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import HeaderParser
from email.utils import format_datetime
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

CONTENT_TYPE = "multipart/form-data; boundary=xYzZY"
"""The boundary is a constant: a message that holds `--xYzZY` on a line of its own breaks the body open."""
SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

_MX = "mx-local.sendgrid.net"
_BOUNDARY = b"--xYzZY"
_MOST_HEADER_BYTES = 1 << 20  # of a message are looked at for the fields; the message itself is posted whole
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_NOT_IN_A_HELO = re.compile(r"[^\x21-\x7e]")
_LONGEST_HELO = 255
_REPORT = """Spam detection software, running on the system "{mx}",
has NOT identified this incoming email as spam.

Content analysis details:   ({score} points, 5.0 required)
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a message came over SMTP.

    Attributes:
        helo: The client's own name for itself.
        sender_ip: The client's address.
        recipients: All of the envelope, Bcc included.
        id: What the MX calls the message.
        at: Aware.
    """

    helo: str
    sender_ip: str
    recipients: Sequence[str]
    id: str
    at: datetime


def _current_trace(arrival: Arrival) -> str:
    # A single recipient is named; several would show each other's hidden copies.
    only = f" for <{arrival.recipients[0]}>" if len(arrival.recipients) == 1 else ""
    at = format_datetime(arrival.at.astimezone(UTC)).removesuffix(" +0000")
    return (
        f"Received: from {_helo(arrival)} (mxd [{arrival.sender_ip}]) by {_MX} with ESMTP id {arrival.id}{only}; "
        f"{at}.{arrival.at.microsecond // 1000:03} +0000 (UTC)\r\n"
    )


def _earlier_trace(arrival: Arrival) -> str:
    at = format_datetime(arrival.at.astimezone(UTC))
    return (
        f"Received: from {_helo(arrival)} (unknown [{arrival.sender_ip}])\r\n"
        f"\tby {_MX} with SMTP id {arrival.id}\r\n\t{at} (UTC)\r\n"
    )


def _helo(arrival: Arrival) -> str:
    return _NOT_IN_A_HELO.sub("?", arrival.helo)[:_LONGEST_HELO]


@dataclass(frozen=True, slots=True)
class Style:
    """One generation of SendGrid's calls.

    Attributes:
        user_agent: The header of that name.
        chunked: `Transfer-Encoding: chunked` instead of a `Content-Length`.
        fields: Their order in the body; those that a message does not have are left out.
        trace: Makes the `Received` line that the MX puts on top.
    """

    user_agent: str
    chunked: bool
    fields: tuple[str, ...]
    trace: Callable[[Arrival], str]


CURRENT = Style(
    user_agent="Sendlib/1.0",
    chunked=False,
    fields=(
        *("sender_ip", "to", "cc", "subject", "envelope", "spam_score", "spam_report", "email", "charsets", "dkim"),
        *("SPF", "from"),
    ),
    trace=_current_trace,
)
"""Since 2023 or before: the time stands after a semicolon, with milliseconds; the fields come in any order."""

EARLIER = Style(
    user_agent=f"Sendlib/1.0 {_MX}",
    chunked=True,
    fields=(
        *("dkim", "email", "to", "cc", "from", "sender_ip", "spam_report", "envelope", "subject", "spam_score"),
        *("charsets", "SPF"),
    ),
    trace=_earlier_trace,
)
"""Until 2022 or later: no semicolon before the time."""

STYLES = {"current": CURRENT, "earlier": EARLIER}


def trace_header(arrival: Arrival, style: Style = CURRENT) -> bytes:
    """The `Received` header, with its line end, that SendGrid's MX puts on top of a message."""
    return style.trace(arrival).encode("utf-8", "replace")


def inbound_body(  # noqa: PLR0913  # one argument for each thing that the call tells
    raw: bytes,
    *,
    recipients: Sequence[str],
    return_path: str,
    sender_ip: str,
    spf: str = "pass",
    dkim: str = "none",
    spam_score: str = "0.1",
    style: Style = CURRENT,
) -> bytes:
    """The body of the call that posts a message.

    Args:
        raw: The message as the MX took it, with the trace header on top; posted as it is.
        recipients: The envelope's, Bcc included.
        return_path: The envelope's sender; empty for the null return path `<>`.
        sender_ip: Whom the MX took it from.
        spf: The result's word (RFC 7208, 2.6).
        dkim: `none`, or SendGrid's own `{@example.com : pass}`, which is not JSON.
        spam_score: SpamAssassin's points.
        style: The generation of SendGrid's calls.
    """
    headers = headers_of(raw)
    shown = {
        name: decoded(headers[name]) for name in ("to", "cc", "from", "subject") if name != "cc" or name in headers
    }
    values = {
        **{name: _utf8(value) for name, value in shown.items()},
        "email": raw,
        "sender_ip": _utf8(sender_ip),
        "envelope": _utf8(_json({"to": list(recipients), "from": return_path})),
        "charsets": _utf8(_json(dict.fromkeys(shown, "UTF-8"))),
        "SPF": _utf8(spf),
        "dkim": _utf8(dkim),
        "spam_score": _utf8(spam_score),
        "spam_report": _utf8(_REPORT.format(mx=_MX, score=spam_score)),
    }
    pieces: list[bytes] = []
    for name in style.fields:
        if name in values:
            disposition = f'Content-Disposition: form-data; name="{name}"'.encode()
            pieces += [_BOUNDARY, b"\r\n", disposition, b"\r\n\r\n", values[name], b"\r\n"]
    return b"".join([*pieces, _BOUNDARY, b"--\r\n"])


def headers_of(raw: bytes) -> Message:
    """The headers of a message, as text; bytes that are not UTF-8 are replaced. Never raises."""
    start = raw[:_MOST_HEADER_BYTES]
    end = _BLANK_LINE.search(start)
    return HeaderParser().parsestr(start[: end.start() if end else None].decode("utf-8", "replace"))


def decoded(header: str | None) -> str:
    """A header's value on one line, its encoded words read (RFC 2047); as it is when they can't be."""
    line = re.sub(r"[\r\n]+", "", header or "").strip()
    try:
        return str(make_header(decode_header(line)))
    except (HeaderParseError, LookupError, ValueError):
        return line


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs calls as SendGrid does: ECDSA on P-256 with SHA-256 over the timestamp and the body.

    https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
    """

    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A signer with a key of its own."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: str) -> Self:
        """A signer with the private key in `pem`; ValueError when that is no P-256 key. The text is in no error."""
        try:
            key = serialization.load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("not the PEM text of a P-256 private key")  # noqa: TRY004  # its text is wrong, not its type
        return cls(key)

    @property
    def pem(self) -> str:
        """The private key (PKCS #8)."""
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        return self._key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()

    @property
    def public_key(self) -> str:
        """The public key as SendGrid shows it: base64 of the DER SubjectPublicKeyInfo."""
        encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self._key.public_key().public_bytes(encoding, form)).decode()

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """The two headers that go with a body which is posted at that moment."""
        timestamp = str(int(at.timestamp()))
        digest = hashlib.sha256(timestamp.encode())
        digest.update(body)  # in place: a body may have 30 MB
        signature = self._key.sign(digest.digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return {SIGNATURE_HEADER: base64.b64encode(signature).decode(), TIMESTAMP_HEADER: timestamp}
