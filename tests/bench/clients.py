"""HTTP clients in a process of their own: `python -m tests.bench.clients DOOR PORT CLIENTS POSTS` prints posts/s."""

import sys
import threading
from http.client import HTTPConnection

from local.processes import HOST
from tests.bench.door import DOORS, post
from tests.bench.measure import rate


def main(target: str, port: int, clients: int, posts: int) -> float:
    """Post from as many connections as there are clients; give the posts per second, all of them registered."""
    door = DOORS[target]
    # Made before the clock starts: what is measured is the server.
    calls = [door.call() for _ in range(posts)]
    own = threading.local()

    def work() -> None:
        if not hasattr(own, "connection"):
            own.connection = HTTPConnection(HOST, port, timeout=60)
        status = post(own.connection, calls.pop())
        if status != door.done:
            raise RuntimeError(f"answered with {status}")

    return rate(work, clients, posts)


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], *map(int, sys.argv[2:]))))
