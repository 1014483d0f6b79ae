"""An HTTP server of a test's own, that keeps what is posted to it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.processes import HOST

Take = Callable[[str, str, dict[str, str], bytes], int]
"""Given method, path, headers and body of a post: the status of the answer."""


@contextmanager
def serving_posts(take: Take, port: int = 0) -> Iterator[int]:
    """Serve on a port, a free one by default; gives it. Posts may be chunked, and come at the same time."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            chunked = self.headers.get("Transfer-Encoding") == "chunked"
            body = self._chunks() if chunked else self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(take(self.command, self.path, dict(self.headers), body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _chunks(self) -> bytes:
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' output is pytest's."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
