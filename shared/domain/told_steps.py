"""Steps to reproduce that a client tells in passing: "I open the app, choose the gate and press the button" (R6).

Two different actions or more, one after the other, told by whoever did them. At least one must be a hand's on a screen
or a reader, or there must be three of them, for papers are sent and filled in, too. What was tried afterwards
(restarted, reinstalled) are no steps.
"""

import re
from collections.abc import Iterator
from itertools import islice

from shared.domain.alternatives import by_first_letter
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


def _actions_or(english: str) -> Pattern:
    stems = sorted({*_BY_HAND.split(), *_OTHER.split()}, key=len, reverse=True)
    return Pattern(
        rf"\b(?P<stem>{by_first_letter(stems)})\w{{0,8}}?"
        r"(?P<ending>[юу](?:сь)?|л(?:а|ся|ась)?|ли(?:сь)?|ть(?:ся)?|[еи]шь|(?<!и)ем|им|[аяи]в(?:ши)?|[еия]т)\b"
        rf"|(?P<english>{english})"
    )


_ACTION = _actions_or(
    rf"\b(?:{'|'.join(_ENGLISH_TOLD)})\b"
    rf"|(?:\b(?:i|then|and) |-> ?|→ ?|^ ?|\n ?|\. )(?:{'|'.join(_ENGLISH_STEP)})\b"
)
_RUSSIAN_ACTION = _actions_or(r"(?!)")
"""For texts without English words of that kind, which are most: it need not look everywhere for what goes before."""

_STEMS = frozenset(fold(stem)[:3] for stem in ("жму", *_BY_HAND.split(), *_OTHER.split()))
_HANDS = frozenset(map(fold, _BY_HAND.split()))
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


def told_steps(free: FreeText) -> str:
    """Give the sentences that tell the steps, on one line; empty where none are told."""
    if len(free.beginnings & _STEMS) < _ENOUGH and len(free.beginnings & _ENGLISH) < _ENOUGH:
        return ""
    pattern = _ACTION if free.beginnings & _ANY_ENGLISH or "go to" in free.folded else _RUSSIAN_ACTION
    run: list[re.Match[str]] = []
    for action in [*islice(_actions(free, pattern), _MOST_ACTIONS), None]:
        if action is not None and (not run or action.start() - run[-1].end() <= _FAR):
            run.append(action)
            continue
        if _are_steps(run):
            break
        run = [action] if action else []
    if not _are_steps(run):
        return ""
    start, _ = free.sentence(run[0].start(), run[0].end())
    _, end = free.sentence(run[-1].start(), run[-1].end())
    return free.value(start, end)[:_LONGEST].strip()


def _actions(free: FreeText, pattern: Pattern) -> Iterator[re.Match[str]]:
    for found in pattern.finditer(free.folded):
        if found["english"]:
            yield found
            continue
        start, _ = free.sentence(found.start(), found.end())
        before = free.folded[start : found.start()]
        if (
            not _NO_ACTION.match(found[0])
            and not _DENIED.search(before[-6:])
            and not _SOMEBODY.search(before)
            and _is_told(found["ending"], before)
        ):
            yield found


def _is_told(ending: str, before: str) -> bool:
    """Tell whether a verb says what was done; "they opened" is somebody else, "to open" is wanted but for "if"."""
    if ending.startswith(_THEY_DID):
        return _WE.search(before) is not None
    if ending.endswith(_HE_DOES):
        return _CLIENTS_PERSON.search(before) is not None
    return not ending.startswith(_TO_DO) or _IF.search(before) is not None


def _are_steps(actions: list[re.Match[str]]) -> bool:
    kinds = {action["stem"] or action["english"].split()[-1] for action in actions}
    by_hand = any(action["english"] or action["stem"] in _HANDS for action in actions)
    return len(kinds) >= (_ENOUGH if by_hand else _ENOUGH_OF_OTHERS)
