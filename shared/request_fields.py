"""A request's fields: what was typed becomes contact and details, or a list of what is wrong (R3, R14).

Only contact and description are mandatory, and from the client the consent: an unclear request is registered, too, and
clarified later.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from shared.domain.contact import Contact, parse_email, parse_phone
from shared.domain.submission import Details

LIMITS: Mapping[str, int] = {
    "name": 200,
    "email": 254,
    "phone": 60,
    "subject": 200,
    "description": 20_000,
    "steps": 10_000,
    "product_version": 100,
    "device_model": 100,
    "os_version": 100,
    "previous_ticket": 20,
}
"""Characters that a text field may have."""

NOTHING_SAID = Details("", "", "", "", "", "", urgent=False, previous_ticket=None)

FLAGS = ("urgent", "consent")

SPECIALISTS_FLAGS = ("urgent",)
"""What a specialist ticks for a client."""

LABELS: Mapping[str, str] = {
    "name": "Имя",
    "email": "Электронная почта",
    "phone": "Телефон",
    "subject": "Тема",
    "description": "Описание",
    "steps": "Шаги воспроизведения",
    "product_version": "Версия приложения",
    "device_model": "Модель телефона",
    "os_version": "Версия операционной системы",
    "previous_ticket": "Номер прежнего обращения",
    "urgent": "Экстренное обращение",
    "consent": "Согласие",
}

_TICKED = frozenset({"1", "on", "true", "yes"})
_SEVERAL_LINES = frozenset({"description", "steps"})
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNKNOWN_NAMED = 10
_DAMAGED_SHARE = 0.25
_TICKET_NUMBER = re.compile(r"\s*(?:#|№)?\s*([0-9]{1,15})\s*")


class InvalidFieldsError(Exception):
    """Fields are missing or wrong.

    Attributes:
        errors: For each wrong field one message in Russian.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


def typed_in(form: Mapping[str, object], flags: Collection[str] = FLAGS) -> dict[str, object]:
    """Give what a browser's form holds of the fields, as `read_fields` takes it; what it has besides is left out."""
    typed: dict[str, object] = {name: form[name] for name in LIMITS if name in form}
    return typed | {name: str(form.get(name, "")).strip().lower() in _TICKED for name in flags}


def read_fields(raw: Mapping[str, object], flags: Collection[str] = FLAGS) -> tuple[Contact, Details]:
    """Check and normalise the fields.

    Args:
        raw: Values by field name: texts and, for `flags`, truth values; `previous_ticket` may be a number. Absent and
            None mean "not given".
        flags: What may be ticked; the consent must be, where it is among them.

    Raises:
        InvalidFieldsError: With every wrong field.
    """
    errors: dict[str, str] = {}
    texts = {name: _text(name, raw.get(name), errors) for name in LIMITS}
    ticked = {name: _flag(name, raw.get(name), errors) for name in flags}
    for name in sorted(raw.keys() - LIMITS.keys() - set(flags))[:_UNKNOWN_NAMED]:
        shown = _clean(name, several_lines=False)[:100]
        errors[shown] = f"Поле «{shown}» неизвестно. Возможны: {', '.join((*LIMITS, *flags))}."

    email = _parsed(
        "email", texts, parse_email, "Электронная почта: проверьте адрес, например ivan@example.ru.", errors
    )
    phone = _parsed("phone", texts, parse_phone, "Телефон: проверьте номер, например +7 916 123-45-67.", errors)
    if not texts["email"] and not texts["phone"] and not errors.keys() & {"email", "phone"}:
        errors["email"] = "Укажите электронную почту или телефон: иначе мы не сможем ответить."
        errors["phone"] = "Укажите телефон, если нет электронной почты."
    if not texts["description"] and "description" not in errors:
        errors["description"] = "Описание: расскажите, в чём вопрос или проблема."
    if not ticked.get("consent", True) and "consent" not in errors:
        errors["consent"] = "Согласие: без согласия на обработку персональных данных мы не можем принять обращение."
    previous_ticket = _ticket_number(texts["previous_ticket"], errors)
    if errors:
        raise InvalidFieldsError(errors)
    contact = Contact(name=texts["name"], email=email, phone=phone, phone_as_typed=texts["phone"])
    details = Details(
        subject=texts["subject"],
        description=texts["description"],
        steps=texts["steps"],
        product_version=texts["product_version"],
        device_model=texts["device_model"],
        os_version=texts["os_version"],
        urgent=ticked["urgent"],
        previous_ticket=previous_ticket,
    )
    return contact, details


def read_answer(raw: Mapping[str, object], asked: Collection[str]) -> Details:
    """Check and normalise what was typed on the page for what is missing (R7); all else stays empty.

    Args:
        raw: Texts by field name.
        asked: Names of the text fields that were asked for; others are ignored.

    Raises:
        InvalidFieldsError: With every wrong field.
    """
    errors: dict[str, str] = {}
    texts = {name: _text(name, raw.get(name), errors) for name in asked}
    if errors:
        raise InvalidFieldsError(errors)
    return replace(NOTHING_SAID, **texts)  # type: ignore[arg-type]  # names of text fields


def _text(name: str, value: object, errors: dict[str, str]) -> str:
    if value is None:
        return ""
    if name == "previous_ticket" and isinstance(value, int | float) and not isinstance(value, bool):
        # JSON knows only numbers: 12345.0 is the same as 12345.
        value = str(int(value)) if abs(value) < 10**15 and value == int(value) else "?"
    if not isinstance(value, str):
        errors[name] = f"{LABELS[name]}: ожидается строка."
        return ""
    text = _clean(value, several_lines=name in _SEVERAL_LINES)
    if len(text) > LIMITS[name]:
        errors[name] = f"{LABELS[name]}: слишком длинно, {len(text)} знаков, а поместится {LIMITS[name]}."
    elif text.count("\ufffd") > _DAMAGED_SHARE * len(text):
        errors[name] = f"{LABELS[name]}: текст пришёл в неизвестной кодировке; отправьте его, пожалуйста, в UTF-8."
    return text


def _clean(text: str, *, several_lines: bool) -> str:
    """Remove what is no text: control characters, half surrogates, marks that turn the direction of writing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SURROGATES.search(text):
        # JSON may spell one character as two halves; a half alone is damage.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _NO_TEXT.sub("", text)
    return text.strip() if several_lines else " ".join(text.split())


def _flag(name: str, value: object, errors: dict[str, str]) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    errors[name] = f"{LABELS[name]}: ожидается true или false."
    return False


def _parsed(
    name: str, texts: Mapping[str, str], parse: Callable[[str], str], message: str, errors: dict[str, str]
) -> str | None:
    if not texts[name] or name in errors:
        return None
    try:
        return parse(texts[name])
    except ValueError:
        errors[name] = message
        return None


def _ticket_number(text: str, errors: dict[str, str]) -> int | None:
    if not text or "previous_ticket" in errors:
        return None
    written = _TICKET_NUMBER.fullmatch(text)
    if written is None or not int(written[1]):
        errors["previous_ticket"] = "Номер прежнего обращения: нужны только цифры, например 12345."
        return None
    return int(written[1])
