"""HTTP clients in one process: `python -m tests.bench.clients DOOR PORT CLIENTS POSTS PREPARED` prints posts/s."""

import sys
import threading
from http.client import HTTPConnection

from local.processes import HOST
from tests.bench.door import DOORS, post
from tests.bench.measure import rate


def main(target: str, port: int, clients: int, posts: int, prepared: int) -> float:
    """Post from as many connections as there are clients; give the posts per second, all of them registered."""
    door = DOORS[target]
    # A mail takes longer to make than to take; such requests are made before the clock starts.
    calls = [door.call() for _ in range(posts if prepared else 0)]
    own = threading.local()

    def work() -> None:
        if not hasattr(own, "connection"):
            own.connection = HTTPConnection(HOST, port, timeout=60)
        status = post(own.connection, calls.pop() if prepared else door.call())
        if status != door.done:
            raise RuntimeError(f"answered with {status}")

    return rate(work, clients, posts)


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], *map(int, sys.argv[2:]))))
