"""What came with a request, kept as it came in Cloud Storage (R17).

Through the JSON API and google-auth's transport: the client library would take 0.2 s of every cold start of the mail's
door, and most of a small mail's time (docs/adr/0010-cloud-storage-over-its-json-api.md).
https://cloud.google.com/storage/docs/uploading-objects#uploading-an-object
"""

import os
import unicodedata
from functools import cached_property
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from google.auth.exceptions import GoogleAuthError

if TYPE_CHECKING:
    from google.auth.transport.urllib3 import AuthorizedHttp
    from urllib3 import BaseHTTPResponse, PoolManager, Retry

_API = "https://storage.googleapis.com"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
_CONNECTIONS = 64
"""Kept open; no fewer than a process has threads."""
_SMALL = 2**16
_READ_TIME = 60.0
"""Seconds without a byte after which reading a file is given up."""
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


class CloudStorageFiles:
    """`FileStore` in a Cloud Storage bucket.

    Args:
        bucket: The bucket's name.
    """

    def __init__(self, bucket: str) -> None:
        self._bucket = quote(bucket, safe="")

    def put(self, name: str, content: IO[bytes], size: int, content_type: str, timeout: float) -> None:
        """See `FileStore.put`."""
        content.seek(0)
        # A small one goes out together with its headers.
        body = content.read() if size <= _SMALL else content
        query = urlencode({"uploadType": "media", "name": name})
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        self._call("POST", f"/upload/storage/v1/b/{self._bucket}/o?{query}", timeout, body=body, headers=headers)

    def get(self, name: str) -> bytes:
        """Read a file.

        Raises:
            FileStoreError: It can't be read, or is not there.
        """
        path = f"/storage/v1/b/{self._bucket}/o/{quote(name, safe='')}?alt=media"
        return self._call("GET", path, _READ_TIME).data

    def _call(self, method: str, path: str, timeout: float, **options: Any) -> "BaseHTTPResponse":  # noqa: ANN401  # urllib3's own
        from urllib3.exceptions import HTTPError  # noqa: PLC0415  # loaded with the connections

        try:
            response = self._http.request(
                method, f"{self._url}{path}", timeout=timeout, retries=self._retries, redirect=False, **options
            )
        except (HTTPError, GoogleAuthError, OSError) as error:
            # Its text holds the object's name, and that a client's file's.
            raise FileStoreError(type(error).__name__) from error
        if response.status != HTTPStatus.OK:
            raise FileStoreError(f"Cloud Storage answered {response.status}")
        return response

    @property
    def _url(self) -> str:
        return os.environ.get("STORAGE_EMULATOR_HOST") or _API

    @cached_property
    def _http(self) -> "PoolManager | AuthorizedHttp":
        """The connections, made at the first use."""
        import urllib3  # noqa: PLC0415  # a form without files does not need it

        pool = urllib3.PoolManager(maxsize=_CONNECTIONS)
        if self._url != _API:
            return pool
        import google.auth  # noqa: PLC0415  # an emulator asks for no credentials
        from google.auth.transport.urllib3 import AuthorizedHttp  # noqa: PLC0415  # the same

        credentials, _ = google.auth.default(scopes=[_SCOPE])
        # It renews expired credentials before a call. After a call it would repeat that without rewinding the content.
        return AuthorizedHttp(credentials, http=pool, refresh_status_codes=())  # type: ignore[no-untyped-call]  # published without types

    @cached_property
    def _retries(self) -> "Retry":
        """Doing a call again changes nothing: the same content comes under the same name."""
        from urllib3 import Retry  # noqa: PLC0415  # see `_http`

        return Retry(
            connect=2,
            read=1,
            status=2,
            status_forcelist=(408, 429, 500, 502, 503, 504),
            allowed_methods=None,
            backoff_factor=0.2,
            backoff_jitter=0.2,
            raise_on_status=False,
            respect_retry_after_header=False,
        )


def safe_name(name: str) -> str:
    """Give a file's own name, Cyrillic and spaces included, without its folders and without control characters."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs"}).strip() or "file"
    path = PurePosixPath(name)
    suffix = path.suffix[:20]
    return name.removesuffix(path.suffix)[: _NAME_LENGTH - len(suffix)] + suffix
