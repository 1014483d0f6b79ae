"""Posts that the staff's own pages made, and no other site (cross-site request forgery).

A browser's form carries a token that is signed for one person. A program's JSON needs none: no other site can have a
browser send it without asking first (Fetch standard, CORS protocol), and we allow nobody.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug import Request

from shared.settings import Secret
from shared.staff.people import Person

LIFETIME = timedelta(hours=24)
"""How long a page may stay open before it is sent."""

FIELD = "post_token"
"""Name of a form's hidden field."""

_SALT = "pass24-intake-staff-post"
_OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class PostToken:
    """The page that a form was sent from.

    Attributes:
        request_id: Random; the idempotency key's source, so that a repeated click is the same post.
        issued_at: To the second, cut.
    """

    request_id: str
    issued_at: datetime


class PostTokens:
    """Makes and reads tokens.

    Args:
        keys: The first signs, all verify, so that a key can be changed while pages are open.
    """

    def __init__(self, keys: Sequence[Secret]) -> None:
        # itsdangerous signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer([key.value for key in reversed(keys)], salt=_SALT)

    def issue(self, person: Person) -> str:
        """Make a token for a page that is given to a person."""
        return str(self._serializer.dumps([person.address, secrets.token_hex(16)]))

    def read(self, token: str, person: Person) -> PostToken | None:
        """Read a token; None when it was not made for this person, or not in the last 24 hours."""
        try:
            said, issued_at = self._serializer.loads(
                token, max_age=LIFETIME // timedelta(seconds=1), return_timestamp=True
            )
            address, request_id = said
        except (BadData, ValueError, TypeError):
            return None
        return PostToken(str(request_id), issued_at) if address == person.address else None


def from_other_site(request: Request) -> bool:
    """Tell whether a browser says that another site has made it send this (Fetch metadata; `Origin`, RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in _OWN_SITE
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.host
