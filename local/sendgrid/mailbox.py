"""The letters that the stand-in accepted, in memory."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Letter:
    """What one personalization of an accepted call would put on the wire.

    `id` is the call's X-Message-Id, so the personalizations of one call share it. `text` and `html` are None
    when the letter has no such part; `subject` is empty when only a template could know it. `headers` and
    `custom_args` are the call's own with the personalization's on top. Substitutions and templates are not
    applied. `received_at` is aware.
    """

    id: str
    to: tuple[str, ...]
    sender: str
    reply_to: str
    subject: str
    text: str | None
    html: str | None
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    received_at: datetime


def letters_of(body: Mapping[str, Any], message_id: str, received_at: datetime) -> list[Letter]:
    """Return one letter per personalization of a body that `contract.validate` found no fault with."""
    parts: dict[str, str] = {}
    for part in body.get("content", []):
        parts.setdefault(part["type"].lower(), part["value"])
    return [
        Letter(
            id=message_id,
            to=tuple(recipient["email"] for recipient in personalization["to"]),
            sender=personalization.get("from", body["from"])["email"],
            reply_to=_reply_to(body) or personalization.get("from", body["from"])["email"],
            subject=personalization.get("subject", body.get("subject", "")),
            text=parts.get("text/plain"),
            html=parts.get("text/html"),
            headers={**body.get("headers", {}), **personalization.get("headers", {})},
            custom_args={**body.get("custom_args", {}), **personalization.get("custom_args", {})},
            received_at=received_at,
        )
        for personalization in body["personalizations"]
    ]


def _reply_to(body: Mapping[str, Any]) -> str:
    """Give the address, or the addresses, that answers go to; empty when that is the sender's."""
    several = body.get("reply_to_list") or [body.get("reply_to") or {}]
    return ", ".join(each["email"] for each in several if "email" in each)


class Mailbox:
    """Keeps the latest `capacity` letters; safe to use from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._letters: deque[Letter] = deque(maxlen=capacity)
        self._lock = threading.Lock()

    def add(self, letters: Iterable[Letter]) -> None:
        """Keep the letters of one call together; the oldest ones go when the box is full."""
        with self._lock:
            self._letters.extend(letters)

    def letters(self, to: str | None = None) -> list[Letter]:
        """Return the letters, newest last; with `to`, only those to that address (letter case aside)."""
        with self._lock:
            kept = list(self._letters)
        if to is None:
            return kept
        wanted = to.lower()
        return [letter for letter in kept if wanted in (address.lower() for address in letter.to)]

    def with_id(self, message_id: str) -> list[Letter]:
        """Return the letters of the call that was answered with this X-Message-Id; maybe none."""
        return [letter for letter in self.letters() if letter.id == message_id]

    def clear(self) -> None:
        """Empty the box."""
        with self._lock:
            self._letters.clear()
