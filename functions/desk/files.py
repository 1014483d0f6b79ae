"""What came with a request, downloaded through short-lived signed links (docs/adr/0019-files-through-the-desk.md)."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from pathlib import PurePosixPath

from flask import Request
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from werkzeug import Response
from werkzeug.utils import send_file

from functions.desk.door import Route
from shared.domain.submission import File, Message
from shared.files import CloudStorageFiles, FileStoreError
from shared.logs import fields
from shared.settings import Secret
from shared.staff.pages import StaffPages
from shared.staff.people import Person

log = logging.getLogger(__name__)

_SALT = "pass24-intake-desk-file"
_PATH = re.compile(r"/files/([A-Za-z0-9_.-]{1,4000})")
_POLICY = "default-src 'none'; sandbox"
"""Whatever a browser may be brought to do with the content, no script of it runs."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link leads to.

    Attributes:
        stored_as: The object's name.
        name: What the file is called.
        page: The page that the link stood on.
        expired: Whether the link is too old.
    """

    stored_as: str
    name: str
    page: str
    expired: bool


class FileLinks:
    """Makes and reads links; each is for one person.

    Args:
        keys: The first signs, all verify.
        lifetime: How long a link works.
    """

    def __init__(self, keys: Sequence[Secret], lifetime: timedelta) -> None:
        # itsdangerous signs with the last of its keys.
        self._serializer = URLSafeTimedSerializer([key.value for key in reversed(keys)], salt=_SALT)
        self._lifetime = lifetime

    def file(self, file: File, person: Person, page: str) -> str | None:
        """Give the link to a file that came with a submission; None when it was not kept."""
        return None if file.stored_as is None else self._link(file.stored_as, file.name, person, page)

    def message(self, message: Message, key: str, person: Person, page: str) -> str | None:
        """Give the link to a message as it came, of a submission by its key; None when it is not there any more."""
        if not message.raw:
            return None
        return self._link(message.raw, f"{key}{PurePosixPath(message.raw).suffix}", person, page)

    def read(self, token: str, person: Person) -> Linked | None:
        """Read a link's token; None when it was not made for this person."""
        expired = False
        try:
            said = self._serializer.loads(token, max_age=self._lifetime // timedelta(seconds=1))
        except SignatureExpired:
            expired = True
            said = self._serializer.loads(token)
        except BadData:
            return None
        address, stored_as, name, page = map(str, said)
        return Linked(stored_as, name, page, expired) if address == person.address else None

    def _link(self, stored_as: str, name: str, person: Person, page: str) -> str:
        return f"/files/{self._serializer.dumps([person.address, stored_as, name, page])}"


@dataclass(frozen=True, slots=True)
class FileDoor:
    """Gives files out; a browser never shows one of them."""

    links: FileLinks
    files: CloudStorageFiles
    pages: StaffPages

    def routes(self) -> Sequence[Route]:
        """Give what can be asked for."""
        return [Route("GET", _PATH, self._give)]

    def _give(self, request: Request, person: Person, match: re.Match[str]) -> Response:
        linked = self.links.read(match[1], person)
        if linked is None:
            text = "Ссылка на файл составлена не для вас или повреждена. Откройте обращение и возьмите файл оттуда."
            return self.pages.message(HTTPStatus.FORBIDDEN, "Файл по этой ссылке не получить", text, person)
        if linked.expired:
            status = HTTPStatus.GONE
            return self.pages.render(status, "expired_link.html", person, name=linked.name, page=linked.page)
        try:
            content = self.files.get(linked.stored_as)
        except FileStoreError as error:
            log.warning("file_not_given", extra=fields(error=str(error)))
            text = "Файла нет, или хранилище не отвечает. Попробуйте ещё раз; не поможет — сообщите администратору."
            return self.pages.message(HTTPStatus.NOT_FOUND, "Файл не найден", text, person)
        response = send_file(
            BytesIO(content),
            request.environ,
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=linked.name,
            conditional=False,
            etag=False,
        )
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
