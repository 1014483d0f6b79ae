"""The link by which a client gives what is missing in a request, without a login (R7).

Whoever has the link may add the asked data to one ticket, and sees nothing of it but its number and title. The token
names the ticket, what was asked for, and until when it holds; all of that is signed, none of it is secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from shared.domain.completeness import Detail
from shared.settings import Secret

DETAILS_PATH = "/details"
"""Where `intake_form` serves the page."""

TOKEN_PARAMETER = "t"  # noqa: S105  # a parameter's name
"""The token's name in the address and in the page's form."""

LIFETIME = timedelta(days=30)
"""How long a link holds, unless somebody decides otherwise."""

LONGEST_TOKEN = 500
"""Characters; ours take about 150."""

_SALT = "pass24-information-link"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link was made for.

    Attributes:
        ticket: Its number.
        details: What was asked for, in the order of `Detail`.
        expires_at: Until when the link holds.
    """

    ticket: int
    details: tuple[Detail, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """A link of ours that no longer holds."""

    ticket: int


class InformationLinks:
    """Makes and reads the links.

    Args:
        url: Public address of `intake_form`; reading does not need it.
        secrets: The first signs, all verify, so that a key can be changed while links are out.
        lifetime: How long a new link holds; stands in its token, so that a change leaves earlier links as they are.
    """

    def __init__(self, url: str, secrets: Sequence[Secret], lifetime: timedelta) -> None:
        if not secrets:
            raise ValueError("there is no key to sign links with")
        self._page = f"{url.rstrip('/')}{DETAILS_PATH}"
        self._lifetime = lifetime
        # itsdangerous signs with the last of its keys.
        self._serializer = URLSafeSerializer([secret.value for secret in reversed(secrets)], salt=_SALT)

    def link(self, ticket: int, details: Sequence[Detail], now: datetime) -> str:
        """Make a link.

        Args:
            ticket: Number of the ticket that lacks something.
            details: What is asked for.
            now: The present.
        """
        expires = int((now + self._lifetime).timestamp())
        token = self._serializer.dumps([ticket, [each.value for each in Detail if each in details], expires])
        return f"{self._page}?{TOKEN_PARAMETER}={token!s}"

    def read(self, token: str, now: datetime) -> Asked | Expired | None:
        """Read a link's token; None when we did not make it."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            ticket, names, expires = self._serializer.loads(token)
        except BadData:
            return None
        expires_at = datetime.fromtimestamp(expires, UTC)
        if now >= expires_at:
            return Expired(ticket)
        return Asked(ticket, tuple(map(Detail, names)), expires_at)
