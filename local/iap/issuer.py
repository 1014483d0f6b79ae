"""Assertions as Identity-Aware Proxy makes them, signed with a key of the stand-in's own.

https://cloud.google.com/iap/docs/signed-headers-howto
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

from shared.staff.assertions import ALGORITHM, ISSUER

LIFETIME = timedelta(minutes=10)
"""How long an assertion is good for."""


class Issuer:
    """Signs assertions, and shows the public key.

    Args:
        pem: A P-256 private key, as text.

    Raises:
        ValueError: It is none; the text is in no error.
    """

    def __init__(self, pem: str) -> None:
        try:
            key = load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("not the PEM text of a P-256 private key")  # noqa: TRY004  # its text is wrong, not its type
        self._key = key
        public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        # Another key, another name: who keeps keys by their names then sees that it has changed.
        self._key_id = _digest(f"{public['x']}.{public['y']}")
        self._key_set = {"keys": [{**public, "kid": self._key_id, "alg": ALGORITHM, "use": "sig"}]}

    @property
    def key_set(self) -> Mapping[str, object]:
        """What its assertions are verified with: a JWK set (RFC 7517)."""
        return self._key_set

    def assertion(self, address: str, audience: str, now: datetime) -> str:
        """Sign that the account with this address asks the service; `now` is aware."""
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "email": address,
            "sub": f"accounts.google.com:{int(_digest(address), 16)}",
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self._key, ALGORITHM, {"kid": self._key_id})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
