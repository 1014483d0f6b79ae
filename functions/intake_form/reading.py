"""From an HTTP request to what was posted, within bounds, and not yet trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Request
from werkzeug.datastructures import FileStorage

from functions.intake_form.page_token import PageToken, PageTokens
from shared.information_links import TOKEN_PARAMETER
from shared.posts import FORMS, Refusal, idempotency_key, read_form, read_json_object, refusals
from shared.request_fields import FLAGS, LIMITS, typed_in

_CAPTCHA_FIELD = "smart-token"


@dataclass(frozen=True, slots=True)
class Post:
    """What was posted, before anything in it is trusted.

    Attributes:
        raw: Values by field name.
        key: The idempotency key's source: the header, or the page's request id; None when there is neither.
        page: The page that a browser filled in; None for a program's post.
    """

    raw: Mapping[str, object]
    key: str | None
    captcha_token: str
    page: PageToken | None = None
    token: str = ""
    trap: str = ""
    uploads: Sequence[FileStorage] = field(default=())


@dataclass(frozen=True, slots=True)
class Answer:
    """What was posted from the page for what is missing, before anything in it is trusted.

    Attributes:
        token: The link's.
        raw: Values by field name.
    """

    token: str
    raw: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts.

    Attributes:
        max_request_bytes: A whole form with its files.
        max_json_bytes: A JSON post; also the texts of a form.
    """

    tokens: PageTokens
    max_request_bytes: int
    max_json_bytes: int

    def read(self, request: Request) -> Post:
        """Read what was posted.

        Raises:
            Refusal: It can't be read at all: 400, 413, 415, or 422 for JSON that is no object.
        """
        header = idempotency_key(request)
        whole, texts = f"{self.max_request_bytes // 2**20} МБ", f"{self.max_json_bytes // 1000} КБ"
        text = f"Обращение с файлами может занимать не больше {whole}, его тексты не больше {texts}."
        with refusals(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком большое обращение", text)):
            if request.mimetype in FORMS:
                return self._read_form(request, header)
            if request.mimetype == "application/json":
                return self._read_json(request, header)
        title = "Неподходящий вид данных"
        text = "Возможны application/json, application/x-www-form-urlencoded и multipart/form-data."
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, title, text)

    def read_answer(self, request: Request) -> Answer:
        """Read what was posted from the page for what is missing.

        Raises:
            Refusal: It can't be read at all: 400, 413 or 415.
        """
        text = f"Всё вместе может занимать не больше {self.max_json_bytes // 1000} КБ."
        with refusals(request, Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком длинный ответ", text)):
            if request.mimetype in FORMS:
                form = read_form(request, self.max_json_bytes, self.max_json_bytes)
                raw = {name: form[name] for name in LIMITS if name in form}
                return Answer(form.get(TOKEN_PARAMETER, ""), raw)
        title, text = "Неподходящий вид данных", f"Возможны {' и '.join(sorted(FORMS))}."
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, title, text)

    def _read_form(self, request: Request, header: str) -> Post:
        form = read_form(request, self.max_request_bytes, self.max_json_bytes)
        token = form.get("page_token", "")
        page = self.tokens.read(token)
        return Post(
            raw=typed_in(form),
            key=_key(header, page),
            captcha_token=form.get(_CAPTCHA_FIELD, ""),
            page=page,
            token=token,
            trap=form.get("website", ""),
            uploads=request.files.getlist("files"),
        )

    def _read_json(self, request: Request, header: str) -> Post:
        raw = read_json_object(request, self.max_json_bytes, ", ".join((*LIMITS, *FLAGS)))
        captcha_token = raw.pop(_CAPTCHA_FIELD, "")
        return Post(
            raw=raw,
            key=_key(header, None),
            captcha_token=captcha_token if isinstance(captcha_token, str) else "",
        )


def _key(header: str, page: PageToken | None) -> str | None:
    if header:
        return f"header {header}"
    return None if page is None else f"page {page.request_id}"
