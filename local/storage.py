"""The Cloud Storage emulator: `python -m local.storage PORT`; everything is in memory.

Two things make the published one fail where many write at once: it lets five callers wait, and resets the others'
connections; and at each upload it writes the list of all objects anew, for a next start that memory does not have.
"""

import sys
from http.server import HTTPServer

from gcp_storage_emulator.server import create_server
from gcp_storage_emulator.storage import Storage

from local.processes import HOST

_WAITING = 128


def main(port: int) -> None:
    """Serve until the process ends."""
    HTTPServer.request_queue_size = _WAITING
    Storage._write_config_to_file = lambda _: None  # noqa: SLF001  # it has no setting for it
    create_server(HOST, port, in_memory=True).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
