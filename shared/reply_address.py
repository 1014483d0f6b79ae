"""Reply addresses and Message-IDs that prove which ticket a message belongs to (R5r).

A ticket's number is no secret, so a number alone lets nobody into a ticket. What we send carries a signature: whoever
has a letter of ours may write to its ticket. Signatures have no expiry, for people answer old letters; so an old key
stays among the secrets for as long as its letters may be answered.
"""

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from shared.settings import Secret

_BYTES = 10
"""80 bits: nobody guesses one, and the address stays short enough for RFC 5321's 64 characters."""

_SIGNED = re.compile(r"((?:[0-9]{1,15}|[a-z]{1,15}(?=-))(?:-[a-z0-9-]{1,60})?)\.([a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class ReplyAddresses:
    """Makes and recognises them.

    Attributes:
        mailbox: The support mailbox, `support@pass24online.ru`; its provider must deliver `support+…` as well.
        secrets: The first signs, all verify.
    """

    mailbox: str
    secrets: Sequence[Secret]

    def __post_init__(self) -> None:
        if not all(self._split(self.mailbox)):
            raise ValueError("the support mailbox is no address")
        if not self.secrets:
            raise ValueError("there is no key to sign reply addresses with")

    def address(self, number: int) -> str:
        """Give the address that answers to a ticket's letters go to: `support+12345.<signature>@…`."""
        local, _, domain = self.mailbox.rpartition("@")
        return f"{local}+{self._signed(str(number))}@{domain}"

    def thread_id(self, number: int) -> str:
        """Give the Message-ID that stands for a ticket among the `References` of its letters."""
        return f"<{self._signed(str(number))}@{self._domain}>"

    def message_id(self, notification: str) -> str:
        """Give the Message-ID of one letter, by its notification's id."""
        return f"<{self._signed(notification)}@{self._domain}>"

    def is_ours(self, address: str) -> bool:
        """Tell whether an address is the support mailbox, with or without a `+…` part."""
        own, domain = self._split(self.mailbox)
        local, other = self._split(address)
        return (local.partition("+")[0], other) == (own, domain)

    def number_at(self, addresses: Iterable[str]) -> int | None:
        """Give the ticket of the first address that is a reply address of ours; None when none is."""
        for address in addresses:
            if self.is_ours(address):
                named = self._verified(self._split(address)[0].partition("+")[2])
                if named is not None and named.isdecimal():
                    return int(named)
        return None

    def number_in(self, message_ids: Iterable[str]) -> int | None:
        """Give the ticket of the first Message-ID that we signed; None when we signed none."""
        named = (name.partition("-")[0] for name in map(self._named, message_ids) if name)
        # A letter about no single ticket names none.
        return next((int(number) for number in named if number.isdecimal()), None)

    def notification_in(self, message_ids: Iterable[str]) -> str | None:
        """Give the notification of the first Message-ID that is one of our letters'; None when none is."""
        return next((named for named in map(self._named, message_ids) if named and "-" in named), None)

    @property
    def _domain(self) -> str:
        return self.mailbox.rpartition("@")[2]

    def _named(self, message_id: str) -> str | None:
        local, domain = self._split(message_id.strip("<>"))
        return self._verified(local) if domain == self._domain.lower() else None

    def _signed(self, named: str, secret: Secret | None = None) -> str:
        key = (secret or self.secrets[0]).value.encode()
        # On the way some systems fold the case of addresses: hence base 32.
        signature = b32encode(hmac.digest(key, f"ticket {named}".encode(), sha256)[:_BYTES]).decode().lower()
        return f"{named}.{signature}"

    def _verified(self, text: str) -> str | None:
        found = _SIGNED.fullmatch(text)
        if found is None:
            return None
        named = found[1]
        known = any(hmac.compare_digest(text, self._signed(named, secret)) for secret in self.secrets)
        return named if known else None

    @staticmethod
    def _split(address: str) -> tuple[str, str]:
        local, _, domain = address.strip().lower().rpartition("@")
        return local, domain
