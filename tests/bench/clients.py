"""HTTP clients in a process of their own: `python -m tests.bench.clients PORT CLIENTS POSTS` prints posts/s."""

import sys
import threading
from http.client import HTTPConnection

from local.processes import HOST
from tests.bench.door import post
from tests.bench.measure import rate

CREATED = 201


def main(port: int, clients: int, posts: int) -> float:
    """Post from as many connections as there are clients; give the posts per second, all of them answered with 201."""
    own = threading.local()

    def work() -> None:
        if not hasattr(own, "connection"):
            own.connection = HTTPConnection(HOST, port, timeout=60)
        status = post(own.connection)
        if status != CREATED:
            raise RuntimeError(f"answered with {status}")

    return rate(work, clients, posts)


if __name__ == "__main__":
    sys.stdout.write(str(main(*map(int, sys.argv[1:]))))
