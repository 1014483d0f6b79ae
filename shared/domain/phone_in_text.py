"""The client's phone number in free text (R3)."""

import re

from shared.domain.contact import HOME_REGION
from shared.domain.free_text import FreeText, Pattern

_OWN_NUMBERS = frozenset({"+74953242442"})
_OTHER_NUMBER = Pattern(
    r"(?:\b(?:заказ|договор|инн|огрн|огрнип|кпп|бик|сч[её]т|карт|тикет|обращени|заявк|снилс|паспорт|лицев|трек|imei|серийн|полис"
    r"|ticket|order|invoice|card|account|id)\w*|[рклc]/с|№|#)(?P<since>[^\d\n.;]{0,25})\Z"
)
_OTHER_OWNER = Pattern(
    r"\b(?:гост|курьер|водител|шлагбаум|не мой|факс|сосед|guest|courier|driver)[^\d\n;]{0,30}\Z"
    r"|\b(?:мастер|такси|консьерж|охран|пост[ауе]? |звонил\w? (?:\w+ )?(?:по|на)|мошенник|реклам"
    r"|(?:стар|прежн|бывш|прошл)\w+ номер)[^\d\n;,.]{0,15}\Z"
)
_CUE = Pattern(
    r"\b(?:тел|моб|номер|набер|звон|позвон|перезвон|связ|контакт|whats|ватсап|вотсап|viber|phone|call|mobile|сот)"
)
_FEWEST_DIGITS = 10
"""Of a Russian number without its country code."""

_NOT_PHONE_DIGITS = frozenset({13, 15, 16, 20})
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_IN_A_WORD = re.compile(r"(?:[^\W\d]|[/=@.])\Z")
_DIGITS_BEFORE = re.compile(r"[\d \-]{1,30}\Z")
_DIGITS_AFTER = re.compile(r"[\d \-]{0,30}")


def find_phone(free: FreeText) -> str | None:
    """Give the first number, in E.164, that is neither ours, nor somebody else's, nor another kind of number."""
    # The metadata of all countries: only a text with digits enough has to load it.
    if not free.may_have_digits(_FEWEST_DIGITS) or sum(map(str.isdigit, free.written)) < _FEWEST_DIGITS:
        return None
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number  # noqa: PLC0415  # see above

    for found in PhoneNumberMatcher(free.written, HOME_REGION, leniency=Leniency.STRICT_GROUPING, max_tries=200):
        number: str = format_number(found.number, PhoneNumberFormat.E164)
        before, after = free.folded[max(0, found.start - 60) : found.start], free.folded[found.end : found.end + 30]
        around = "".join([*_DIGITS_BEFORE.findall(before), *_DIGITS_AFTER.findall(after)[:1]])
        longer = sum(map(str.isdigit, around + found.raw_string)) if any(map(str.isdigit, around)) else 0
        has_prefix = found.raw_string.lstrip("(")[:1] in {"+", "8", "7"}
        if (
            number not in _OWN_NUMBERS
            and not number.startswith("+7800")
            and longer not in _NOT_PHONE_DIGITS
            and not _IN_A_WORD.search(before)
            and not after.startswith(("@", "_", "/"))
            and not _OTHER_OWNER.search(before)
            and not ((other := _OTHER_NUMBER.search(before)) and not _CUE.search(other["since"]))
            and (has_prefix or _CUE.search(before[-30:]) or _CUE.search(_SENTENCE_END.split(before)[-1]))
        ):
            return number
    return None
