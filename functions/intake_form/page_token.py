"""The page's signed token: names the request that the page will send, and says when the page was made.

The token makes a repeated click the same request, and a bot has to fetch a page and wait before it can post. One page
makes one request: a token that is used again with other content is refused by the idempotency key. A copied token with
`Idempotency-Key` headers of its own is held up by the rate limit alone.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadData, URLSafeTimedSerializer

from shared.settings import Secret

_SALT = "pass24-intake-form-page"


@dataclass(frozen=True, slots=True)
class PageToken:
    """A page that was given out.

    Attributes:
        request_id: Random; nobody else can know it.
        issued_at: To the second, cut.
    """

    request_id: str
    issued_at: datetime


class PageTokens:
    """Makes and reads page tokens.

    Args:
        keys: The first signs, all verify, so that a key can be changed while pages are open.
    """

    def __init__(self, keys: Sequence[Secret]) -> None:
        # itsdangerous signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer([key.value for key in reversed(keys)], salt=_SALT)

    def issue(self) -> str:
        """Make a token for a new page."""
        return str(self._serializer.dumps(secrets.token_hex(16)))

    def read(self, token: str) -> PageToken | None:
        """Read a token; None when we did not make it. However old it is, what was typed on its page is welcome."""
        try:
            request_id, issued_at = self._serializer.loads(token, return_timestamp=True)
        except BadData:
            return None
        return PageToken(str(request_id), issued_at)
