"""What free text clearly says of the data that the rule book asks for (R6).

A wrong value is worse than none: nobody asks for it again. So a value is taken only where it is stated of the client's
own, present phone, under a label or with a word that tells what it is; a denial, a supposition, a question about other
phones, or a phone on which all is well states nothing, and a mail program's closing line counts where no other phone is
named. Of several values all are given,
joined by ", ", where the text lists them side by side or says that both are affected; otherwise the first.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from shared.domain.device_names import device_mentions, is_maker_only
from shared.domain.free_text import FreeText, Pattern
from shared.domain.labels import labelled_values
from shared.domain.mention import Mention
from shared.domain.phone_in_text import find_phone
from shared.domain.product_versions import version_mentions
from shared.domain.reproduction_steps import find_steps
from shared.domain.system_versions import system_mentions
from shared.domain.told_steps import told_steps
from shared.domain.version_words import OS, PRODUCT, SKIN, VERSION_WORD

_LOOKED_AT = 20_000
_MOST_MENTIONS = 40
_LONGEST = 100

_BESIDE = Pattern(
    r"[\s,;/(&+)]*(?:(?:и|ни|and|or|или|а также|плюс|также|еще|на базе|на|у|on|с|под|оболочка|прошивка|телефон\w*"
    r"|смартфон\w*|жены|мужа|андроид|samsung|самсунг)[\s,;/(&+:)]*){0,4}"
)
_NOT_SAID = Pattern(
    r"[\s.?*_-]*(?:$|(?:не|нет|неизвестн\w*|незнаю|хз|без|см\.?|разн\w+|люб\w+|все|всех|последн\w+|n/a|none|no|not"
    r"|unknown|any|latest|all|don't|various)(?!\w))"
)
_VALUE_END = Pattern(rf"[.!?](?= |$)|,? (?:(?:на|с|под|with|on) )?(?:{OS}|{SKIN}|{VERSION_WORD}|{PRODUCT} \d)")
_MODEL_NUMBER = re.compile(r"(?:\b[^\W\d_])?\d")
_BETWEEN = re.compile(r"[\W_]")
_TRAILING = " \t\n,;:.!?/(-–—|"


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the text clearly says; empty where it does not. All but `steps` as the client wrote it, on one line.

    Attributes:
        steps: How to make the trouble happen again, at most 10,000 characters, on as many lines as they came.
        product_version: Version number of the product, with its build, without the words around it.
        phone: The client's number in E.164, or None.
    """

    steps: str
    product_version: str
    device_model: str
    os_version: str
    phone: str | None


def extract(text: str) -> Extracted:
    """Pick out what stands clearly in the first 20,000 characters of a Russian or English text; never raises."""
    free = FreeText.of(text[:_LOOKED_AT])
    labelled = labelled_values(free)
    devices = [
        Mention(each.start, each.end, each.maker + _model(free.folded[each.start : each.end]))
        for each in islice(device_mentions(free.folded), _MOST_MENTIONS)
    ]
    systems = list(islice(system_mentions(free, devices), _MOST_MENTIONS))
    versions = list(islice(version_mentions(free, [*devices, *systems]), _MOST_MENTIONS))
    return Extracted(
        steps=find_steps(free) or told_steps(free),
        product_version=_said(free, labelled["version"], versions, lambda _: False, past_too=True),
        device_model=_said(free, labelled["device"], devices, lambda value: not is_maker_only(value), past_too=False)
        or _said(free, labelled["handset"], devices, lambda _: False, past_too=False)
        or _signed(free, devices),
        os_version=_said(free, labelled["os"], systems, _may_be_system, past_too=True),
        phone=find_phone(free),
    )


def _model(device: str) -> str:
    """Give what tells a maker's models apart: "а52" of "самсунг а52", "13pro" of "iPhone 13 Pro"."""
    if numbered := _MODEL_NUMBER.search(device):
        return _BETWEEN.sub("", device[numbered.start() :])
    return _BETWEEN.sub("", device.rpartition(" (")[0] or device)[-2:]


def _said(
    free: FreeText,
    labelled: Iterable[tuple[int, int]],
    mentions: list[Mention],
    is_answer: Callable[[str], bool],
    *,
    past_too: bool,
) -> str:
    """Give what a label says, else what the text states.

    `is_answer` tells whether a label's folded value is one although nothing in it was recognised; `past_too`: where all
    *was* well does not count either.
    """
    for start, end in labelled:
        if _NOT_SAID.match(free.folded[start:end]):
            continue
        inside = [each for each in mentions if start <= each.start < end]
        if value := _joined(free, inside):
            return value
        cut = _VALUE_END.search(free.folded, start + 1, end)
        stop = cut.start() if cut and cut.start() > start + 1 else end
        value = free.value(start, stop).strip(_TRAILING)
        if value and len(value) <= _LONGEST and is_answer(free.folded[start:stop].strip(_TRAILING)):
            return value
    if not mentions:
        return ""
    stated = [each for each in mentions if free.is_stated(each.start, each.end)]
    affected = [
        each
        for each in stated
        if not free.is_unaffected(each.start, each.end, past_too=past_too)
        and not free.is_set_against_own(each.start, each.end)
    ]
    if len(affected) > 1:
        only = [each for each in affected if free.is_the_only_one(each.start)]
        own = [each for each in affected if not free.is_somebody_elses(each.start, each.end)]
        affected = only or own or affected
    return _joined(free, affected)


def _signed(free: FreeText, devices: list[Mention]) -> str:
    """Give the phone that a mail program names in its closing line, where it is the only one in the text."""
    alone = len(devices) == 1 and free.is_signed(devices[0].start, devices[0].end)
    return _joined(free, devices) if alone else ""


def _joined(free: FreeText, mentions: list[Mention]) -> str:
    kept: list[Mention] = []
    for each in mentions:
        if any(each.same_as == other.same_as for other in kept):
            continue
        if kept:
            between = free.folded[kept[-1].end : each.start]
            if not _BESIDE.fullmatch(between[:60]) and not free.says_also(each.start, each.end):
                continue
        kept.append(each)
    values = [free.value(each.start, each.end).strip(_TRAILING) for each in kept]
    while len(", ".join(values)) > _LONGEST:
        values.pop()
    return ", ".join(values)


def _may_be_system(value: str) -> bool:
    return any(map(str.isdigit, value)) and len(value) <= 40  # noqa: PLR2004  # longer than any system's name
