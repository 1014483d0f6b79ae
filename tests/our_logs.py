"""The project's own logging, switched on for one test and read back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

from shared.logs import configure_logs


@contextmanager
def our_logs(project: str = "pass24-test") -> Iterator[StringIO]:
    """Gives what is written to stdout; puts pytest's own logging back at the end."""
    root, library = logging.getLogger(), logging.getLogger("python_http_client")
    handlers, level, library_level = root.handlers[:], root.level, library.level
    written = StringIO()
    with redirect_stdout(written):
        configure_logs(project)
    try:
        yield written
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        library.setLevel(library_level)
