"""A webhook for the tests of the SMTP door: keeps what is posted, and answers as the mail itself asks."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.processes import HOST
from tests.http_receiver import serving_posts

_PART = re.compile(rb'(?:\A|\r\n)--xYzZY\r\nContent-Disposition: form-data; name="([^"]+)"\r\n\r\n')
_END = b"\r\n--xYzZY--\r\n"
_ASKED = re.compile(rb"^X-Answers: (.+?)\r$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Call:
    """One post, as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def fields(self) -> list[tuple[str, bytes]]:
        """The parts in their order."""
        assert self.body.endswith(_END)
        _, *found = _PART.split(self.body.removesuffix(_END))
        return [(name.decode(), value) for name, value in zip(found[::2], found[1::2], strict=True)]

    def __getitem__(self, name: str) -> bytes:
        [value] = [value for found, value in self.fields if found == name]
        return value


@dataclass(slots=True)
class Receiver:
    """Answers 200, or what the mail's header `X-Answers: 500 hang 200` says, one after the other."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """What the door is told."""
        return f"http://{HOST}:{self.port}/"

    def calls_with(self, marker: bytes) -> list[Call]:
        """The posts that hold the marker, in their order."""
        return [call for call in list(self.calls) if marker in call.body]

    def answer(self, call: Call) -> int:
        """The status for a post; a hanging one gets it when the hanging are released."""
        earlier = [other for other in list(self.calls) if other.body == call.body]
        self.calls.append(call)
        asked = _ASKED.search(call.body)
        answers = asked[1].decode().split() if asked else ["200"]
        answer = answers[min(len(earlier), len(answers) - 1)]
        if answer == "hang":
            self.released.wait(60)
            return 200
        return int(answer)


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()

    def take(_method: str, _path: str, headers: dict[str, str], body: bytes) -> int:
        return receiver.answer(Call(headers, body))

    with serving_posts(take, port) as receiver.port:
        try:
            yield receiver
        finally:
            receiver.released.set()
