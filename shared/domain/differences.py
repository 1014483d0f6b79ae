"""What speaks against two requests being the same, whatever their words have in common (R15)."""

import re
from collections.abc import Iterator
from datetime import timedelta

from shared.domain.request_facts import Facts, name_stem
from shared.domain.request_text import Part, RequestText
from shared.domain.submission import Submission

_CYRILLIC = re.compile("[а-яё]")
_LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_SPELT = "a,b,v,g,d,e,e,zh,z,i,y,k,l,m,n,o,p,r,s,t,u,f,kh,ts,ch,sh,shch,,y,,e,yu,ya"
_LATIN = str.maketrans(dict(zip(_LETTERS, _SPELT.split(","), strict=True)))
_ALIKE = 81
"""Of 100: "mariya" and "maria" are one, "petr" and "petrov" are not."""

_SOME_HOURS = timedelta(hours=8)
_TOMORROW = re.compile(r"\bна (?:сегодня|завтра|послезавтра)\b|\b(?:завтра|послезавтра)\b")
_NAME_WORD = re.compile(r"[^\W\d_]{2,}")
_PATRONYMIC = re.compile(r"\w+(?:вич|вна|ична|ьич)$")
_ADDED = frozenset({"month", "relative", "barrier", "vehicle", "house part"})
"""Kinds of things of which a repetition names no more than the request did."""

_ROLES = frozenset(
    map(
        name_stem,
        (
            *("администратор", "администрация", "бухгалтер", "бухгалтерия", "главный", "директор", "диспетчер"),
            *("диспетчерская", "инженер", "менеджер", "мастер", "охрана", "охранник", "председатель", "прораб"),
            *("секретарь", "специалист", "старшая", "старший", "управляющая", "управляющий", "контора", "отдел"),
            *("кадров", "пост", "семья", "смены", "имени", "от", "по", "поручению", "бц", "жк", "ип", "кп", "ооо"),
            *("тсж", "тсн", "ук", "дом", "кв", "квартира", "корпус", "офис", "участок"),
        ),
    )
)
"""What stands beside a name, or for one: it does not tell two people of one mailbox apart."""

_DIGITS = re.compile(r"\d+")


def differences(earlier: Submission, later: Submission, before: RequestText, said: RequestText) -> Iterator[str]:
    """Give what two requests name differently, in English."""
    own_names = frozenset(map(name_stem, _words(earlier.contact.name, later.contact.name)))
    # What stands beside "I wrote this morning about gate 1" is about gate 2, although both are named.
    for part in (said.own,) if said.news is said.own else (said.own, said.news):
        numbers, others = before.own.numbers, part.numbers
        if _exclude(numbers.all, others.all) or (numbers.plates and others.plates - numbers.plates):
            yield "other numbers"
        yield from _differences_in_words(before.own.facts, part.facts, own_names)
    for field in ("product_version", "device_model", "os_version"):
        if _fields_differ(getattr(earlier.details, field), getattr(later.details, field)):
            yield f"another {field.replace('_', ' ')}"
    if names_differ(earlier, later):
        yield "another sender"
    if later.received_at - earlier.received_at > _SOME_HOURS and _TOMORROW.search(said.own.plain):
        yield "another day"
    if _files_differ(earlier, later):
        yield "other files"


def _differences_in_words(one: Facts, other: Facts, own_names: frozenset[str]) -> Iterator[str]:
    if any(other.places.get(kind, values) - values for kind, values in one.places.items()):
        yield "another place"
    named, named_now = one.names | one.capitalised, other.names | other.capitalised
    if one.names - named_now - own_names and other.names - named - own_names:
        yield "other names"
    if _exclude(one.letters, other.letters):
        yield "another letter"
    if any(_exclude(words, other.kinds.get(kind, words)) for kind, words in one.kinds.items()):
        yield "another kind of thing"
    if any(other.kinds.get(kind, words) > words for kind, words in one.kinds.items() if kind in _ADDED):
        yield "a further thing"
    if _quotes_differ(one.quotes, other.quotes):
        yield "another text in quotation marks"
    if _exclude(one.latin, other.latin):
        yield "another Latin word"


def names_differ(earlier: Submission, later: Submission) -> bool:
    """Tell whether two people send from one mailbox or number."""
    one, other = (frozenset(map(name_stem, _words(each.contact.name))) - _ROLES for each in (earlier, later))
    if not one or not other or one <= other or other <= one or _spelt_otherwise(earlier, later):
        return False
    left, right = one - other, other - one
    patronymics = {
        name_stem(each) for each in _words(earlier.contact.name, later.contact.name) if _PATRONYMIC.match(each)
    }
    if one & other:
        # "Мария Носова" and "Антон Носов" are two, "Геннадий Павлович" and "Геннадий Кротов" may be one.
        return bool(left - patronymics and right - patronymics)
    return True


def _spelt_otherwise(earlier: Submission, later: Submission) -> bool:
    """Tell whether one name is the other in Latin letters: mail programs and forms know a person by either."""
    one, other = earlier.contact.name.lower(), later.contact.name.lower()
    if bool(_CYRILLIC.search(one)) is bool(_CYRILLIC.search(other)):
        return False
    from rapidfuzz import fuzz  # noqa: PLC0415  # only where there is something to compare

    few, many = sorted((_words(name.translate(_LATIN)) for name in (one, other)), key=len)
    return all(any(fuzz.ratio(name, each) >= _ALIKE for each in many) for name in few)


def adds_nothing(shorter: Part, longer: Part) -> bool:
    """Tell whether the longer of two texts names nothing that the shorter one does not."""
    less, more = shorter.facts, longer.facts
    return (
        longer.numbers.all <= shorter.numbers.all
        and more.names <= less.names | less.capitalised
        and more.kinds.keys() <= less.kinds.keys()
        and more.quotes <= less.quotes
    )


def _words(*names: str) -> list[str]:
    return [each for name in names for each in _NAME_WORD.findall(name.lower())]


def _exclude(some: frozenset[str], others: frozenset[str]) -> bool:
    return bool(some and others and some - others and others - some)


def _quotes_differ(some: frozenset[str], others: frozenset[str]) -> bool:
    left = [each for each in some if not any(each in other or other in each for other in others)]
    right = [each for each in others if not any(each in other or other in each for other in some)]
    return bool(left and right)


def _fields_differ(one: str, other: str) -> bool:
    if not one.strip() or not other.strip():
        return False
    numbers, others = ({*_DIGITS.findall(each)} for each in (one, other))
    if numbers and others:
        return not (numbers <= others or others <= numbers)
    return one.casefold() != other.casefold()


def denies(said: str) -> bool:
    """Tell whether a plain text says what is not."""
    return " не " in f" {said} " or " нет " in f" {said} "


def _files_differ(earlier: Submission, later: Submission) -> bool:
    one, other = ({file.sha256 for file in each.files} for each in (earlier, later))
    return bool(one and other and not one & other)
