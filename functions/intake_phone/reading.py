"""From an HTTP request to what a specialist, or the telephone system, has sent; within bounds, and not yet trusted."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Request

from functions.intake_phone.call import SAME_AS, STARTED_AT, Typed
from shared.posts import Refusal, idempotency_key, read_form, read_json_object, refusals
from shared.request_fields import LABELS, LIMITS, SPECIALISTS_FLAGS, typed_in
from shared.staff.people import Person
from shared.staff.post_tokens import FIELD, PostTokens, from_other_site

MOST_BYTES = 500_000
"""Of a post; the longest description takes a tenth of it."""

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

_OWN = (*LIMITS, *SPECIALISTS_FLAGS)
_CALLER = ("phone", "email")


@dataclass(frozen=True, slots=True)
class Post:
    """What was posted.

    Attributes:
        values: By field name.
        token: The page's; empty for a program's post.
        request_id: What the page's token names; None for a program's post, and where the token is of no use.
        key: A program's idempotency key; empty where there is none.
    """

    values: Mapping[str, object]
    token: str = ""
    request_id: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts.

    Attributes:
        zone: Of the times that people type.
    """

    tokens: PostTokens
    zone: ZoneInfo

    def read(self, request: Request, person: Person) -> Post:
        """Read what was posted.

        Raises:
            Refusal: It can't be read at all, or comes from another site: 400, 403, 413, 415, or 422 for JSON that is no
                object.
        """
        _refuse_other_sites(request)
        key = idempotency_key(request)
        with refusals(request, _too_large()):
            if request.mimetype == FORM:
                form = read_form(request, MOST_BYTES, MOST_BYTES)
                token = form.get(FIELD, "")
                page = self.tokens.read(token, person)
                return Post(form.to_dict(), token, page.request_id if page else None)
            if request.mimetype == JSON:
                names = ", ".join((*_OWN, STARTED_AT, SAME_AS))
                return Post(read_json_object(request, MOST_BYTES, names), key=key)
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Неподходящий вид данных", f"Возможны {JSON} и {FORM}.")

    def caller(self, request: Request) -> Mapping[str, str]:
        """Read whose tickets are asked for: `phone` and `email` as far as they are typed; empty where not given.

        Raises:
            Refusal: As of `read`; and 422 for a number or an address that is no text.
        """
        _refuse_other_sites(request)
        if request.mimetype != JSON:
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Неподходящий вид данных", f"Возможен {JSON}.")
        with refusals(request, _too_large()):
            said = read_json_object(request, MOST_BYTES, ", ".join(_CALLER))
        given = {name: "" if said.get(name) is None else said[name] for name in _CALLER}
        texts = {name: value for name, value in given.items() if isinstance(value, str)}
        errors = {name: f"{LABELS[name]}: ожидается строка." for name in _CALLER if name not in texts}
        if errors:
            title, text = "Не понято, чьи обращения нужны", "Исправьте отмеченные поля."
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, title, text, errors)
        return texts

    def form(self, post: Post) -> Typed:
        """Give what was typed into a page of ours; what it has no fields for is left out."""
        return Typed(
            fields=typed_in(post.values, SPECIALISTS_FLAGS),
            started_at=post.values.get(STARTED_AT),
            same_as=post.values.get(SAME_AS),
            key=f"page {post.request_id}",
            zone=self.zone,
        )

    def json(self, post: Post) -> Typed:
        """Give what a program says; what it has no business to say is among its fields, and found wrong there."""
        said = dict(post.values)
        return Typed(
            started_at=said.pop(STARTED_AT, None),
            same_as=said.pop(SAME_AS, None),
            fields=said,
            key=f"header {post.key or secrets.token_hex(16)}",
        )


def _refuse_other_sites(request: Request) -> None:
    if from_other_site(request):
        title, text = "Запрос пришёл с другого сайта", "Откройте эту страницу сами и повторите."
        raise Refusal(HTTPStatus.FORBIDDEN, title, text)


def _too_large() -> Refusal:
    text = f"Всё вместе может занимать не больше {MOST_BYTES // 1000} КБ. Сократите описание."
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Слишком длинная запись", text)
