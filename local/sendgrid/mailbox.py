"""The letters that the stand-in accepted, with what became of them, in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from local.sendgrid.events import Event

CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class Letter:
    """What one personalization of an accepted call would put on the wire.

    `id` is the call's X-Message-Id, so the personalizations of one call share it, and `part` counts them. `text` and
    `html` are None when the letter has no such part; `subject` is empty when only a template could know it. `headers`
    and `custom_args` are the call's own with the personalization's on top. Substitutions and templates are not
    applied; copies (cc, bcc) are not followed. `inline` are the parts that its HTML shows as `cid:…`, as data URLs by
    their Content-ID; other attachments are not kept. `received_at` is aware.
    """

    id: str
    part: int
    to: tuple[str, ...]
    sender: str
    reply_to: str
    subject: str
    text: str | None
    html: str | None
    headers: Mapping[str, str]
    custom_args: Mapping[str, str]
    inline: Mapping[str, str]
    received_at: datetime


def letters_of(body: Mapping[str, Any], message_id: str, received_at: datetime) -> list[Letter]:
    """Return one letter per personalization of a body that `contract.validate` found no fault with."""
    contents: dict[str, str] = {}
    for content in body.get("content", []):
        contents.setdefault(content["type"].lower(), content["value"])
    return [
        Letter(
            id=message_id,
            part=part,
            to=tuple(recipient["email"] for recipient in personalization["to"]),
            sender=personalization.get("from", body["from"])["email"],
            reply_to=_reply_to(body) or personalization.get("from", body["from"])["email"],
            subject=personalization.get("subject", body.get("subject", "")),
            text=contents.get("text/plain"),
            html=contents.get("text/html"),
            headers={**body.get("headers", {}), **personalization.get("headers", {})},
            custom_args={**body.get("custom_args", {}), **personalization.get("custom_args", {})},
            inline=_inline(body),
            received_at=received_at,
        )
        for part, personalization in enumerate(body["personalizations"])
    ]


def _reply_to(body: Mapping[str, Any]) -> str:
    """Give the address, or the addresses, that answers go to; empty when that is the sender's."""
    several = body.get("reply_to_list") or [body.get("reply_to") or {}]
    return ", ".join(each["email"] for each in several if "email" in each)


def _inline(body: Mapping[str, Any]) -> dict[str, str]:
    return {
        part["content_id"]: f"data:{part.get('type', 'application/octet-stream')};base64,{part['content']}"
        for part in body.get("attachments", [])
        if part.get("disposition") == "inline" and part.get("content_id")
    }


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter with the events that were told of it, in the order in which they were told."""

    letter: Letter
    events: tuple[Event, ...] = ()

    @property
    def state(self) -> str:
        """What the events come to: `accepted` before the first one, then an event's name; a bounce may be `blocked`.

        The processing comes before all else, whenever it is told.
        """
        for event in reversed(self.events):
            if event["event"] != "processed":
                return str(event["type"] if event["event"] == "bounce" else event["event"])
        return "processed" if self.events else "accepted"


class Mailbox:
    """Keeps the latest `capacity` letters; safe to use from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[tuple[str, int], Kept] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, letters: Iterable[Letter]) -> None:
        """Keep the letters of one call together; the oldest ones go when the box is full."""
        with self._lock:
            for letter in letters:
                self._kept[letter.id, letter.part] = Kept(letter)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def record(self, letter: Letter, event: Event) -> None:
        """Write down what was told of a letter; nothing when it is not here any more."""
        with self._lock:
            kept = self._kept.get((letter.id, letter.part))
            if kept is not None:
                self._kept[letter.id, letter.part] = Kept(letter, (*kept.events, event))

    def letters(self, to: str | None = None) -> list[Kept]:
        """Return the letters, newest last; with `to`, only those to that address (letter case aside)."""
        with self._lock:
            everything = list(self._kept.values())
        if to is None:
            return everything
        wanted = to.lower()
        return [kept for kept in everything if wanted in (address.lower() for address in kept.letter.to)]

    def with_id(self, message_id: str) -> list[Kept]:
        """Return the letters of the call that was answered with this X-Message-Id; maybe none."""
        return [kept for kept in self.letters() if kept.letter.id == message_id]

    def clear(self) -> None:
        """Empty the box."""
        with self._lock:
            self._kept.clear()
