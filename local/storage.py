"""The Cloud Storage emulator: `python -m local.storage PORT`; everything is in memory.

As published it serves one caller at a time, lets five wait and resets the others' connections, ends every connection
after one answer, writes the list of all objects anew at each upload (for a next start that memory does not have), and
fails at uploads that are empty or JSON themselves. Cloud Storage does none of that.
"""

import sys
from collections.abc import Mapping, Sequence
from http import server

from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.storage import Storage

from local.processes import HOST


class _Server(server.ThreadingHTTPServer):
    request_queue_size = 128


_read_data = emulator._read_data  # noqa: SLF001  # the emulator has no settings: what is wrong is replaced


def _read_upload(handler: server.BaseHTTPRequestHandler, query: Mapping[str, Sequence[str]]) -> object:
    """Read a request's body; an object's content is bytes, whatever its type."""
    if query.get("uploadType") == ["media"]:
        return handler.rfile.read(int(handler.headers["Content-Length"]))
    return _read_data(handler, query)


def main(port: int) -> None:
    """Serve until the process ends."""
    server.HTTPServer = _Server  # type: ignore[misc]  # as above
    emulator.RequestHandler.protocol_version = "HTTP/1.1"
    emulator.RequestHandler.wbufsize = -1
    emulator.RequestHandler.disable_nagle_algorithm = True
    emulator._read_data = _read_upload  # noqa: SLF001  # as above
    Storage._write_config_to_file = lambda _: None  # noqa: SLF001  # as above
    emulator.create_server(HOST, port, in_memory=True).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
