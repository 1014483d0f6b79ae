"""Steps to reproduce that a client tells in passing: "I open the app, choose the gate and press the button" (R6).

Two different actions or more, one after the other, told by whoever did them. At least one must be a hand's on a screen
or a reader, or there must be three of them, for papers are sent and filled in, too. What was tried afterwards
(restarted, reinstalled) are no steps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from shared.domain.free_text import FreeText, Pattern, fold

_MOST_ACTIONS = 40
_LONGEST = 1_000
_FAR = 120
"""Characters from one action to the next, at most."""

_ENOUGH = 2
_ENOUGH_OF_OTHERS = 3

_BY_HAND = (
    "открыв откро откры нажа нажи нажм жм захож захо заше заш зайд выбир выбер выбра ввож вводи вве впис вби вбив "
    "запуск "
    "запуст тапа тапн клика кликн подно поднес листа свайп смах скани отскани прокр воше вош вхож входи авториз "
    "логин "
    "залог тян потян зажа зажи встави вставля копиру приложи прилож набира набра набер тыка ткн"
)
_OTHER = (
    "закры переход перехож переше переш перейд переключ подход подхож подош подъех подъезж подожд созда оформ заказ "
    "закаж отправ сохран прикреп добав указ укаж запол включ выключ отключ разблок выхож выходи выше выш вызыва "
    "вызва "
    "став постав доста зарегистр скача подтвер зада увелич навож наве верн возвращ редактир измени изменя загруж "
    "загруз отмеча отмет беру взял отвеча ответи "
    "принима подним поднял дожида дожда"
)
_ENGLISH_TOLD = (
    *("opened", "entered", "typed", "tapped", "pressed", "clicked", "selected", "chose", "scanned", "attached", "sent"),
    *("launched", "toggled", "swiped", "logged in", "went to", "signed in"),
)
_ENGLISH_STEP = (
    *("open", "enter", "type", "tap", "press", "click", "select", "choose", "scan", "launch", "toggle", "swipe"),
    *("log in", "go to"),
)


_STEMS = sorted({*map(fold, (*_BY_HAND.split(), *_OTHER.split()))}, key=len, reverse=True)
_HANDS = frozenset(map(fold, _BY_HAND.split()))
_SHORT_STEM = fold("жм")
"""The only one of less than three letters."""
_BEGINNINGS = frozenset(stem[:3] for stem in _STEMS)
_COUNTED = _BEGINNINGS | {fold("жму")}
_ENGLISH_ACTION = Pattern(
    rf"\b(?:{'|'.join(_ENGLISH_TOLD)})\b"
    rf"|(?:\b(?:i|then|and) |-> ?|→ ?|^ ?|\n ?|\. )(?:{'|'.join(_ENGLISH_STEP)})\b"
)
_ENGLISH = frozenset(("ope", "ent", "typ", "tap", "pre", "cli", "sel", "cho", "sca", "lau", "tog", "swi", "log", "goe"))
_ANY_ENGLISH = frozenset(words[:3] for words in (*_ENGLISH_TOLD, *_ENGLISH_STEP) if words != "go to")
_THEY_DID, _HE_DOES, _TO_DO = map(fold, ("ли", "т", "ть"))
_NO_ACTION = Pattern(r"(?:достал\w*|входу|выходу|заходу|переходу|подходу|\w*(?:ку|тую|ную|щую))\b")
_DENIED = Pattern(r"(?:\b(?:не|ни|к|ко|по|на|в|за) |[«\"“„(])$")
_SOMEBODY = Pattern(
    r"\b(?:охран\w+|консьерж\w*|мастер\w*|водител\w+|курьер\w*|диспетчер\w*|администратор\w*"
    r"|управляющ\w+|сосед\w*|вы|оно|они|кто-то|дети|оператор\w*|бухгалтер\w*)\b"
)
_WE = Pattern(r"\bмы\b")
_IF = Pattern(r"\b(?:если|сначала|сперва)\b")
_CLIENTS_PERSON = Pattern(
    r"\b(?:муж|жена|супруг\w?|сын|дочь|дочка|мама|отец|бабушка|гость|жилец|житель|собственник|арендатор"
    r"|пользователь|клиент|абонент"
    r"|сотрудник|сотрудница|коллега)\b"
)


@dataclass(frozen=True, slots=True)
class _Action:
    """What somebody says to have done.

    Attributes:
        kind: Two with the same text here are the same action.
        by_hand: Done on a screen or a reader.
    """

    start: int
    end: int
    kind: str
    by_hand: bool


def told_steps(free: FreeText) -> str:
    """Give the sentences that tell the steps, on one line; empty where none are told."""
    if len(free.beginnings & _COUNTED) < _ENOUGH and len(free.beginnings & _ENGLISH) < _ENOUGH:
        return ""
    run: list[_Action] = []
    for action in [*islice(_actions(free), _MOST_ACTIONS), None]:
        if action is not None and (not run or action.start - run[-1].end <= _FAR):
            run.append(action)
            continue
        if _are_steps(run):
            break
        run = [action] if action else []
    if not _are_steps(run):
        return ""
    start, _ = free.sentence(run[0].start, run[0].end)
    _, end = free.sentence(run[-1].start, run[-1].end)
    return free.value(start, end)[:_LONGEST].strip()


def _actions(free: FreeText) -> Iterator[_Action]:
    """Find the actions, in their order."""
    beginnings = {_SHORT_STEM, *(free.beginnings & _BEGINNINGS)}
    found = [each for beginning in beginnings for each in _beginning_with(beginning).finditer(free.folded)]
    if free.beginnings & _ANY_ENGLISH or "go to" in free.folded:
        found += _ENGLISH_ACTION.finditer(free.folded)
    for each in sorted(found, key=re.Match.start):
        start, end = each.span()
        if each.lastgroup is None:
            yield _Action(start, end, each[0].split()[-1], by_hand=True)
            continue
        before = free.folded[free.sentence(start, end)[0] : start]
        if (
            _is_told(each["ending"], before)
            and not _NO_ACTION.match(each[0])
            and not _DENIED.search(before[-6:])
            and not _SOMEBODY.search(before)
        ):
            yield _Action(start, end, each["stem"], by_hand=each["stem"] in _HANDS)


@cache
def _beginning_with(beginning: str) -> Pattern:
    """Give what finds the Russian actions whose stems have these first three letters, by which it is fast."""
    rests = "|".join(stem.removeprefix(beginning) for stem in _STEMS if stem[:3] == beginning)
    return Pattern(
        rf"(?P<stem>{beginning}(?<!\w{beginning})(?:{rests}))\w{{0,8}}?"
        r"(?P<ending>[юу](?:сь)?|л(?:а|ся|ась)?|ли(?:сь)?|ть(?:ся)?|[еи]шь|(?<!и)ем|им|[аяи]в(?:ши)?|[еия]т)\b"
    )


def _is_told(ending: str, before: str) -> bool:
    """Tell whether a verb says what was done; "they opened" is somebody else, "to open" is wanted but for "if"."""
    if ending.startswith(_THEY_DID):
        return _WE.search(before) is not None
    if ending.endswith(_HE_DOES):
        return _CLIENTS_PERSON.search(before) is not None
    return not ending.startswith(_TO_DO) or _IF.search(before) is not None


def _are_steps(actions: list[_Action]) -> bool:
    by_hand = any(action.by_hand for action in actions)
    return len({action.kind for action in actions}) >= (_ENOUGH if by_hand else _ENOUGH_OF_OTHERS)
