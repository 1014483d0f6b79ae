"""What was done, told on the next page: by a code in its address, so that no address can put words into our mouth."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug.datastructures import MultiDict

_DONE, _TICKET = "done", "ticket"
_LONGEST_PATH = 1000
_LONGEST_NUMBER = 15

TEXTS: Mapping[str, str] = {
    "told": "Записано: номер сообщён клиенту.",
    "resend": "Письмо отправляется ещё раз. Станет ли оно доставленным, будет видно здесь же.",
    "resend_listed": (
        "Письмо отправляется, но адрес, возможно, ещё стоит в списке возвратов SendGrid: тогда оно не уйдёт. Снимите"
        " его там (Suppressions → Bounces) и отправьте ещё раз."
    ),
    "merge": "Обращения объединены.",
    "split": "Сообщение теперь отдельное обращение.",
    "split_soon": "Сообщение выделено; номер оно получит в течение минуты.",
    "fill": "Записано со слов клиента.",
    "settle": "Отмечено как разобранное.",
    "release": "Зарегистрировано.",
    "release_soon": "Принято; номер появится в течение минуты.",
    "erase": "Персональные данные клиента удалены. Номера, время и каналы сохранены.",
    "discard": "Закрыто: это не обращение. Сообщение остаётся в журнале.",
}
"""By code."""


@dataclass(frozen=True, slots=True)
class Flash:
    """What a page says was done.

    Attributes:
        ticket: The number that it is about; None where the page says so itself.
    """

    text: str
    ticket: int | None


def read_flash(arguments: MultiDict[str, str]) -> Flash | None:
    """Read it from a page's query; None when there is none that we know."""
    text = TEXTS.get(arguments.get(_DONE, ""))
    number = arguments.get(_TICKET, "")
    named = number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER
    return None if text is None else Flash(text, int(number) if named else None)


def with_flash(path: str, code: str, ticket: int | None = None) -> str:
    """Give the address of a page of ours that tells what was done.

    Args:
        path: The page, perhaps with a query.
        code: One of `TEXTS`.
        ticket: The number that it is about, where the page is about more.
    """
    parts = urlsplit(path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {_DONE, _TICKET}]
    told = [(_DONE, code), *([] if ticket is None else [(_TICKET, str(ticket))])]
    return f"{parts.path}?{urlencode([*kept, *told])}"


def local_page(path: str) -> str | None:
    """Give a path that a form names as the page to go back to; None when it is none of ours."""
    plain = path.isascii() and path.isprintable() and len(path) <= _LONGEST_PATH and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else None
