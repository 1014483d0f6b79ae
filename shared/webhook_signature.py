"""SendGrid's signature on its webhooks: Inbound Parse and the Event Webhook.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/securing-your-parse-webhooks
"""

import hashlib
import re
from base64 import b64decode
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _hashlib import HASH

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

_SIGNATURE_LENGTH = 128
"""Characters; base64 of a P-256 signature in DER takes 96 at most."""

_TIMESTAMP = re.compile(r"[0-9]{1,20}", re.ASCII)
"""Seconds since 1970. Nothing but digits: timestamp and body are signed as one text without anything in between, and a
body's first characters, moved into this header, would leave the signature valid."""


class ForgedCallError(Exception):
    """A call that does not carry a valid signature; every reason looks the same."""

    def __init__(self) -> None:
        super().__init__("the signature is missing or not valid")


class WebhookSignatures:
    """Verifies calls that SendGrid signed with any of several keys, so that a key can be replaced without a gap.

    There is no limit to a call's age: SendGrid repeats a failed call for up to 72 hours, and does not say whether it
    signs it anew. Whoever repeats a call that was seen before must meet deduplication.

    Args:
        keys: Public keys as SendGrid shows them: base64 of a DER SubjectPublicKeyInfo, curve P-256.

    Raises:
        ValueError: A key is malformed, or there is none: our own settings are wrong, not the call. Says which key it
            is, never its value.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("there is no verification key")
        self._keys = tuple(_read_key(key, position) for position, key in enumerate(keys, 1))

    def body_hash(self, timestamp: str | None) -> "HASH":
        """Begin the hash of what is signed; the body as it comes, to its last byte, must be added with `update`.

        Args:
            timestamp: The header `TIMESTAMP_HEADER`; None when there is none.

        Raises:
            ForgedCallError: It is nothing that SendGrid sends.
        """
        if timestamp is None or not _TIMESTAMP.fullmatch(timestamp):
            raise ForgedCallError
        return hashlib.sha256(timestamp.encode())

    def verify(self, signature: str | None, digest: bytes) -> None:
        """Let a call pass that one of the keys has signed.

        Args:
            signature: The header `SIGNATURE_HEADER`; None when there is none.
            digest: Of the hash that `body_hash` began.

        Raises:
            ForgedCallError: None has.
        """
        # Loaded with the keys.
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # see `_read_key`
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415  # the same
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415  # the same
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # the same

        if not signature or len(signature) > _SIGNATURE_LENGTH:
            raise ForgedCallError
        try:
            der = b64decode(signature, validate=True)
        except ValueError:
            raise ForgedCallError from None
        for key in self._keys:
            try:
                key.verify(der, digest, ECDSA(Prehashed(SHA256())))
            except InvalidSignature:
                continue
            return
        raise ForgedCallError


def _read_key(text: str, position: int) -> "EllipticCurvePublicKey":
    # 0.05 s that only the function's first call pays, not its start.
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # see above
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey  # noqa: PLC0415  # same
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415  # the same

    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        # Without the cause: its text may hold a part of the key.
        raise ValueError(f"verification key {position} is not base64 of a DER public key") from None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError(f"verification key {position} is not of the curve P-256")  # noqa: TRY004  # a value from outside
    return key
