"""Files that come with the form: checked, then kept in Cloud Storage under their own names (R17).

A file that can't be kept never stands in the way of the request: it is named, with the reason, in the answer and in the
specialists' notice.
"""

import hashlib
import logging
import mimetypes
import time
from collections.abc import Sequence  # a dataclass's and a signature's types stay readable at run time
from dataclasses import dataclass, replace
from os import SEEK_END
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shared.domain.submission import File
from shared.files import FileStore, FileStoreError, safe_name
from shared.logs import fields

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

log = logging.getLogger(__name__)

ACCEPTED = frozenset(
    f".{ending}"
    for kinds in (
        ("png", "jpg", "jpeg", "gif", "webp", "heic", "heif", "bmp", "tif", "tiff"),
        ("mp4", "mov", "avi", "mkv", "webm", "3gp", "mp3", "m4a", "ogg", "wav", "aac", "amr"),
        ("pdf", "txt", "log", "csv", "json", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf"),
        ("eml", "msg", "zip", "rar", "7z", "gz"),
    )
    for ending in kinds
)
"""Endings of files that a support request may need; nothing that a double click would run."""

_MEBIBYTE = 2**20
_UPLOAD_TIME = 20.0
"""Seconds after which further files of a post are given one second each."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Checks and keeps the files of a post.

    Attributes:
        max_files: How many are kept.
        max_bytes: Size of one.
    """

    store_in: FileStore
    max_files: int
    max_bytes: int

    def examine(self, key: str, uploads: Sequence["FileStorage"]) -> tuple[File, ...]:
        """Look at the files of a post, without keeping any yet; what won't be kept has a `refusal`.

        Args:
            key: The submission's key. Objects are named after it and their content, so that a repeated post
                writes the same objects again.
            uploads: The request's files, in order; those without a name are fields that were left empty.
        """
        named = [upload for upload in uploads if upload.filename]
        return tuple(self._examine(key, index, upload) for index, upload in enumerate(named))

    def store(self, files: Sequence[File], uploads: Sequence["FileStorage"]) -> tuple[File, ...]:
        """Keep the files that were examined; those that the store does not take get their `refusal` here."""
        deadline = time.monotonic() + _UPLOAD_TIME
        named = [upload for upload in uploads if upload.filename]
        return tuple(self._store(file, upload, deadline) for file, upload in zip(files, named, strict=True))

    def _examine(self, key: str, index: int, upload: "FileStorage") -> File:
        name = safe_name(upload.filename or "")
        # The browser's claim is not trusted: what the file is served as follows from its ending alone.
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        digest = hashlib.file_digest(upload.stream, "sha256").hexdigest()  # type: ignore[arg-type]  # an open file
        # The digest of a file in memory is made without moving its position.
        upload.stream.seek(0, SEEK_END)
        size = upload.stream.tell()
        refusal = self._refusal(name, size, index)
        stored_as = None if refusal else f"form/{key}/{digest[:16]}/{name}"
        return File(name, content_type, size, digest, stored_as, refusal)

    def _store(self, file: File, upload: "FileStorage", deadline: float) -> File:
        if file.stored_as is None:
            return file
        timeout = max(1.0, deadline - time.monotonic())
        try:
            self.store_in.put(file.stored_as, upload.stream, file.size, file.content_type, timeout)
        except FileStoreError as error:
            log.error("file_not_kept", extra=fields(size=file.size, error=str(error)))  # noqa: TRY400  # expected, no trace
            return replace(file, stored_as=None, refusal="не удалось сохранить из-за сбоя на нашей стороне.")
        return file

    def _refusal(self, name: str, size: int, index: int) -> str | None:
        if index >= self.max_files:
            return f"можно приложить не больше {self.max_files} файлов."
        if PurePosixPath(name).suffix.lower() not in ACCEPTED:
            return "файлы такого типа не принимаются."
        if size > self.max_bytes:
            return f"файл больше {self.max_bytes // _MEBIBYTE} МБ."
        if not size:
            return "файл пуст."
        return None
