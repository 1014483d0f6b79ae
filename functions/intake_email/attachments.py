"""What was attached to a message, kept one by one so that a specialist can open each (R17).

Nothing is refused for its kind or size: all of it is in the message as it came, too. It is never shown as a page.
"""

import logging
import mimetypes
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

from functions.intake_email.parsing.parsed import Attachment
from shared.domain.submission import File
from shared.files import FileStore, FileStoreError, safe_name
from shared.logs import fields

log = logging.getLogger(__name__)

MOST_FILES = 100
"""Files of a message that are kept one by one."""

_TIME = 20.0
"""Seconds after which further files are left to the message as it came."""

_AT_ONCE = 8
_UNKNOWN = "application/octet-stream"
_ACTIVE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
"""What a browser would run."""
_IN_THE_MESSAGE = "не выделен в отдельный файл, есть в исходном письме."
_OF_A_CUT_MESSAGE = "письмо слишком большое, файл принят не полностью."


@dataclass(frozen=True, slots=True)
class Attachments:
    """Keeps them."""

    store_in: FileStore

    def store(self, key: str, attachments: Sequence[Attachment], *, cut: bool) -> tuple[File, ...]:
        """Keep the attachments of a message; those that are not kept one by one say why.

        Args:
            key: The submission's key. Objects are named after it and their content, so that a repeated delivery
                writes the same objects again.
            attachments: As they were parsed.
            cut: The middle of the message is missing, and with it parts of files.
        """
        deadline = time.monotonic() + _TIME
        listed, rest = attachments[:MOST_FILES], attachments[MOST_FILES:]
        if cut:
            files = [_file(each, None, _OF_A_CUT_MESSAGE) for each in listed]
        elif len(listed) <= 1:
            files = [self._store(key, each, deadline) for each in listed]
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                files = list(pool.map(lambda each: self._store(key, each, deadline), listed))
        if rest:
            size = sum(each.size for each in rest)
            files.append(File(f"и ещё файлов: {len(rest)}", _UNKNOWN, size, "", None, _IN_THE_MESSAGE))
        return tuple(files)

    def _store(self, key: str, attachment: Attachment, deadline: float) -> File:
        file = _file(attachment, f"mail/{key}/{attachment.sha256[:16]}/{safe_name(attachment.filename)}", None)
        left = deadline - time.monotonic()
        if left > 0 and file.stored_as:
            try:
                self.store_in.put(
                    file.stored_as, BytesIO(attachment.content), attachment.size, file.content_type, max(1.0, left)
                )
            except FileStoreError as error:
                log.warning("attachment_not_kept", extra=fields(size=file.size, error=str(error)))
            else:
                return file
        return _file(attachment, None, _IN_THE_MESSAGE)


def _file(attachment: Attachment, stored_as: str | None, refusal: str | None) -> File:
    name = safe_name(attachment.filename)
    # The sender's claim is not trusted: what the file is served as follows from its ending alone.
    content_type, encoding = mimetypes.guess_type(name)
    if content_type is None or encoding or content_type in _ACTIVE:
        content_type = _UNKNOWN
    return File(name, content_type, attachment.size, attachment.sha256, stored_as, refusal)
