"""The assertions that Identity-Aware Proxy adds to each request: who asks, signed (JWT, RFC 7519, ES256).

https://cloud.google.com/iap/docs/signed-headers-howto
"""

from datetime import timedelta
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

HEADER = "X-Goog-IAP-JWT-Assertion"
ISSUER = "https://cloud.google.com/iap"
ALGORITHM = "ES256"
GOOGLES_KEYS = "https://www.gstatic.com/iap/verify/public_key-jwk"

_LEEWAY = timedelta(seconds=30)
"""How far two clocks may be apart; Google's own advice."""
_KEYS_LIFETIME = timedelta(hours=1)
_FETCH_TIME = 5.0  # seconds


class InvalidAssertionError(Exception):
    """The assertion is missing, forged, expired, for somebody else, or no assertion at all; says which, for the log."""


class KeysUnavailableError(Exception):
    """The issuer's keys could not be had, so that nothing can be verified."""


class _Keys(jwt.PyJWKClient):
    """The issuer's keys. What is wrong with them is told from what is wrong with an assertion."""

    def fetch_data(self) -> Any:  # noqa: ANN401  # the library's own signature
        try:
            return super().fetch_data()
        except (PyJWTError, ValueError, OSError) as error:  # no answer; no JSON, or no keys in it; broken off
            raise KeysUnavailableError(str(error)) from error


class Assertions:
    """Verifies assertions; keys are kept for an hour, and asked for anew, twice a minute at most, when one is unknown.

    Args:
        audience: What the assertion must be made for: the protected service, as IAP names it.
        keys_url: Where the issuer's keys are (RFC 7517).
    """

    def __init__(self, audience: str, keys_url: str = GOOGLES_KEYS) -> None:
        self._audience = audience
        lifespan = _KEYS_LIFETIME.total_seconds()
        self._keys = _Keys(keys_url, lifespan=lifespan, timeout=_FETCH_TIME)

    def verify(self, assertion: str) -> str:
        """Give the e-mail address of the account that asks, in lower case.

        Raises:
            InvalidAssertionError, KeysUnavailableError: See there.
        """
        try:
            key = self._keys.get_signing_key_from_jwt(assertion)
            claims = jwt.decode(
                assertion,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=ISSUER,
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "aud", "iss", "sub", "email"]},
            )
        except PyJWTError as error:
            raise InvalidAssertionError(type(error).__name__) from error
        email = claims["email"]
        if not isinstance(email, str) or "@" not in email:
            raise InvalidAssertionError("NoAddress")
        return email.lower()
