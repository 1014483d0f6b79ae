"""What came with a request, kept as it came in Cloud Storage (R17).

Through the JSON API and the standard library: the client library would take 0.2 s of every cold start of the mail's
door, and most of a small mail's time (docs/adr/0010-cloud-storage-over-its-json-api.md).
https://cloud.google.com/storage/docs/uploading-objects#uploading-an-object
"""

import json
import os
import random
import time
import unicodedata
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import PurePosixPath
from typing import IO, Protocol
from urllib.parse import quote, urlsplit

from google.auth.exceptions import GoogleAuthError

_API = "https://storage.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_CONNECTIONS = 64
"""Kept open; no fewer than a process has threads."""
_SMALL = 2**16
_BLOCK = 2**16
_READ_TIME = 60.0
"""Seconds without a byte after which reading a file is given up."""
_DELETE_TIME = 10.0
"""Seconds that the store may be silent when a file is deleted."""
_FOLDERS = ("form/{}/", "mail/{}/", "mail/raw/{}/")
"""What the names of all that is kept of a submission begin with, by its key."""
_MOST_PAGES = 100
"""Of up to 1,000 files each; a submission has some."""
_DELETED = frozenset({("DELETE", HTTPStatus.NO_CONTENT), ("DELETE", HTTPStatus.NOT_FOUND)})
_TRIES = 3
_PAUSE = 0.2
"""Seconds before the second try; twice as long before the third."""
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that may be gone at the next try (https://cloud.google.com/storage/docs/retry-strategy)."""
_NAME_LENGTH = 200


class FileStoreError(Exception):
    """A file could not be kept, or not be read."""


class FileStore(Protocol):
    """Keeps files."""

    def put(self, name: str, content: IO[bytes], size: int, content_type: str, timeout: float) -> None:
        """Keep a file under a name, replacing an earlier upload of the same.

        Args:
            name: The object's name.
            content: Read from its beginning.
            size: Bytes.
            content_type: What it is served as.
            timeout: Seconds that the store may be silent.

        Raises:
            FileStoreError: It was not kept.
        """
        ...


class FileRemoval(Protocol):
    """Removes files."""

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is deleted already.

        Raises:
            FileStoreError: It may still be there.
        """
        ...

    def delete_of(self, submission: str) -> int:
        """Delete all that is kept of a submission, by its key, listed there or not; give how many files there were.

        Raises:
            FileStoreError: Some may still be there.
        """
        ...


class Files(FileStore, FileRemoval, Protocol):
    """Keeps files, and removes them."""


class CloudStorageFiles:
    """`Files` in a Cloud Storage bucket.

    Args:
        bucket: The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = quote(bucket, safe="")
        self._idle: deque[HTTPConnection] = deque(maxlen=_CONNECTIONS)
        weakref.finalize(self, _close, self._idle)

    def put(self, name: str, content: IO[bytes], size: int, content_type: str, timeout: float) -> None:
        """See `FileStore.put`."""
        content.seek(0)
        path = f"/upload/storage/v1/b/{self._bucket}/o?uploadType=media&name={quote(name)}"
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        self._call("POST", path, timeout, headers, content.read() if size <= _SMALL else content)

    def get(self, name: str) -> bytes:
        """Read a file.

        Raises:
            FileStoreError: It can't be read, or is not there.
        """
        path = f"/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}?alt=media"
        return self._call("GET", path, _READ_TIME, {}, b"")

    def delete(self, name: str) -> None:
        """See `FileRemoval.delete`."""
        self._call("DELETE", f"/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}", _DELETE_TIME, {}, b"")

    def delete_of(self, submission: str) -> int:
        """See `FileRemoval.delete_of`."""
        return sum(self._delete_all(folder.format(submission)) for folder in _FOLDERS)

    def _delete_all(self, folder: str) -> int:
        deleted = 0
        path = f"/storage/v1/b/{self._bucket}/o?prefix={quote(folder, safe='')}&fields=items(name)"
        for _ in range(_MOST_PAGES):
            listed = json.loads(self._call("GET", path, _DELETE_TIME, {}, b"")).get("items")
            if not listed:
                return deleted
            # What is deleted is not on the next page.
            for each in listed:
                self.delete(each["name"])
            deleted += len(listed)
        raise FileStoreError("there are always more files")

    def _call(self, method: str, path: str, timeout: float, headers: dict[str, str], body: bytes | IO[bytes]) -> bytes:
        """Make a call; what passes is tried again, for the same content comes under the same name."""
        tries = _TRIES
        while True:
            tries -= 1
            try:
                status, answer = self._try(method, path, timeout, headers, body)
            except (HTTPException, GoogleAuthError, OSError) as error:
                # A store that was silent so long is asked once more, and not twice.
                if isinstance(error, TimeoutError):
                    tries -= 1
                if tries <= 0 or isinstance(error, GoogleAuthError):
                    # Its text may hold the object's name, and that a client's file's.
                    raise FileStoreError(type(error).__name__) from error
            else:
                if status == HTTPStatus.OK or (method, status) in _DELETED:
                    return answer
                if tries <= 0 or status not in _PASSING:
                    raise FileStoreError(f"Cloud Storage answered {status}")
            time.sleep(_PAUSE * (_TRIES - tries) * random.uniform(1, 2))  # noqa: S311  # not a secret

    def _try(
        self, method: str, path: str, timeout: float, headers: dict[str, str], body: bytes | IO[bytes]
    ) -> tuple[int, bytes]:
        scheme, host = self._address
        self._authorize(method, f"{scheme}://{host}{path}", headers)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, "\r\n"]).encode("ascii")
        try:
            return self._exchange(self._idle.pop(), method, timeout, head, body)
        except TimeoutError:
            raise
        except IndexError:
            pass  # None is open.
        except (HTTPException, OSError):
            # The store had closed it, and with it probably the others.
            _close(self._idle)
        make = HTTPSConnection if scheme == "https" else HTTPConnection
        return self._exchange(make(host, timeout=timeout, blocksize=_BLOCK), method, timeout, head, body)

    def _exchange(
        self, connection: HTTPConnection, method: str, timeout: float, head: bytes, body: bytes | IO[bytes]
    ) -> tuple[int, bytes]:
        """Send a request and read its answer; a small one goes out in one piece, which `http.client` would not do."""
        try:
            if connection.sock is not None and connection.timeout != timeout:
                # A call to the system, and a wait for the interpreter's lock, that few uploads need.
                connection.sock.settimeout(timeout)
                connection.timeout = timeout
            if isinstance(body, bytes):
                connection.send(head + body)
            else:
                body.seek(0)
                connection.send(head)
                connection.send(body)
            with HTTPResponse(connection.sock, method=method) as response:
                response.begin()
                answer = response.read()
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._idle.append(connection)
        return response.status, answer

    @cached_property
    def _address(self) -> tuple[str, str]:
        url = urlsplit(os.environ.get("STORAGE_EMULATOR_HOST") or _API)
        return url.scheme, url.netloc

    @cached_property
    def _authorize(self) -> Callable[[str, str, dict[str, str]], None]:
        """Add to a request's headers what shows who asks; renews credentials that are about to expire."""
        if os.environ.get("STORAGE_EMULATOR_HOST"):
            return lambda _method, _url, _headers: None
        # An emulator asks for no credentials.
        import google.auth  # noqa: PLC0415  # see above
        import urllib3  # noqa: PLC0415  # the same
        from google.auth.transport.urllib3 import Request  # noqa: PLC0415  # the same

        credentials, _ = google.auth.default(scopes=[_SCOPE])
        renewing = Request(urllib3.PoolManager())  # type: ignore[no-untyped-call]  # published without types
        return partial(credentials.before_request, renewing)


def _close(connections: deque[HTTPConnection]) -> None:
    with suppress(IndexError):
        while True:
            connections.pop().close()


def safe_name(name: str) -> str:
    """Give a file's own name, Cyrillic and spaces included, without its folders and without control characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip() or "file"
    path = PurePosixPath(name)
    suffix = path.suffix[:20]
    return name.removesuffix(path.suffix)[: _NAME_LENGTH - len(suffix)] + suffix
