"""Steps to reproduce, where a client lists them (R6)."""

from itertools import dropwhile, islice

from shared.domain.free_text import FreeText, Pattern, fold

_LONGEST = 10_000
_MOST_LABELS = 20

_LABEL = Pattern(
    r"(?:(?<=\n)|^|(?<=[.!?] ))[ >*•-]{0,4}(?:\d[.)] ?)?(?:(?:шаги|действия)(?: (?:для |по |к )?воспроизведени[юя])?"
    r"|как (?:повторить|воспроизвести)(?: (?:проблему|ошибку|баг))?|(?:последовательность|порядок) (?:моих )?действий"
    r"|мои действия|что (?:я )?делал[аи]?|steps(?: to (?:reproduce|repeat))?|how to reproduce|reproduction steps)"
    r"(?: ?\([^()\n]{1,40}\))?(?: ?:| -(?= )| ?(?=\n))"
)
_LABEL_BEGINNINGS = frozenset(map(fold, ("шаг", "дей", "пов", "вос", "дел", "ste", "rep")))
"""Every label has a word that begins so."""

_LIST_ITEM = Pattern(r"[ >]{0,8}(?:(?:шаг |step )?\d{1,2} ?[.):-](?!\d)|[-*•+] )")
_NUMBERED = Pattern(r"[ >]{0,8}(?:шаг |step )?(\d{1,2}) ?[.):](?!\d) ?([^\n]*)")
_END = Pattern(
    r"[ >*•-]{0,4}(?:(?:(?:ожидаем|фактическ|реальн)\w{2} \w+|ожида\w+|что (?:получ\w+|вышло|ожида\w+|происходит)"
    r"|результат|версия|модель|телефон|тел\.?|смартфон|устройство"
    r"|ос|os|система|приложение|android|ios|проблема|описание|дополнительно|комментарий|контакты?|expected|actual"
    r"|result"
    r"|version|app|device|phone|model)(?: [^\n:]{0,30})?(?: ?:| - )|(?:с уважением|спасибо|заранее|best regards|regards"
    r"|thanks|thank you|--)(?!\w))"
)
_NOT_SAID = Pattern(
    r"[\s.?*_-]*(?:(?:нет|не (?:знаю|помню|могу|понятно|воспроизв\w+)|незнаю|неизвестн\w*|хз|n/a|none|no|unknown"
    r"|don't know)[\s.!?]*)?$"
)

_FILLERS = frozenset(map(fold, ("я", "мы", "затем", "потом", "далее", "снова", "опять", "и", "then", "i", "we")))
_STEMS = tuple(
    map(
        fold,
        (
            *(
                "откр",
                "закр",
                "наж",
                "жм",
                "захо",
                "зай",
                "зашел",
                "зашл",
                "выбир",
                "выбер",
                "выбр",
                "ввод",
                "ввож",
                "введ",
            ),
            *("ввел", "ввес", "запус", "перехо", "перей", "переш", "тап", "клик", "поднош", "поднес", "подхо", "подой"),
            *(
                "подош",
                "подъе",
                "жд",
                "подожд",
                "обнов",
                "перезагр",
                "перезапус",
                "удал",
                "устан",
                "авторизу",
                "авторизов",
            ),
            *(
                "вой",
                "вош",
                "вхо",
                "логин",
                "залогин",
                "созда",
                "оформ",
                "заказыва",
                "закаж",
                "заказал",
                "отправ",
                "сохран",
            ),
            *(
                "скан",
                "отскан",
                "прикл",
                "листа",
                "прокр",
                "провер",
                "смотр",
                "добав",
                "укаж",
                "указ",
                "заполн",
                "включ",
            ),
            *(
                "выключ",
                "отключ",
                "пыта",
                "пробу",
                "попроб",
                "набира",
                "набер",
                "звон",
                "позвон",
                "свайп",
                "разблок",
                "выхо",
            ),
            *("выхож", "вый", "выш", "вызыв", "приезж", "возвра", "верн", "ставл", "став", "ищу", "пишу", "дела"),
        ),
    )
)
_ENDINGS = tuple(
    map(
        fold,
        (
            *(
                "ю",
                "у",
                "юсь",
                "усь",
                "ть",
                "ться",
                "ти",
                "чь",
                "те",
                "тесь",
                "й",
                "и",
                "ь",
                "л",
                "ла",
                "ли",
                "лся",
                "лась",
            ),
            *("ем", "им", "ём", "емся", "имся"),
        ),
    )
)
_ENGLISH = frozenset(
    (
        *(
            "open",
            "close",
            "click",
            "tap",
            "press",
            "go",
            "select",
            "choose",
            "enter",
            "launch",
            "log",
            "login",
            "sign",
        ),
        *(
            "start",
            "restart",
            "type",
            "scroll",
            "swipe",
            "wait",
            "install",
            "reinstall",
            "turn",
            "try",
            "create",
            "add",
            "save",
        ),
        *("scan", "hold", "navigate", "switch", "push", "run", "opened", "clicked", "tapped", "pressed", "selected"),
    )
)
_ENGLISH_FOLDED = frozenset(map(fold, _ENGLISH))
_REQUEST = Pattern(
    r"\b(?:прош[уи]м?|просьба|нужно|надо|необходимо|требуется|хоте\w+|хотим|хочу|предлага\w+|вопрос\w*|пожелани\w*"
    r"|please|could|request\w*|need)\b[^\n]{0,80}\n{0,2}[ ]{0,4}$"
)
_TOLD_SUPPORT = Pattern(
    r"(?:добавьте|удалите|исправьте|проверьте|подключите|измените|сделайте|пришлите|верните|выдайте|настройте|создайте"
    r"|разблокируйте|подскажите|объясните|отправьте|включите|отключите|please)(?!\w)"
)


def find_steps(free: FreeText) -> str:
    """Give the steps as written: what follows a label, else a numbered list of what somebody does; empty without."""
    labels = _LABEL.finditer(free.folded) if free.beginnings & _LABEL_BEGINNINGS else ()
    for label in islice(labels, _MOST_LABELS):
        end = _block_end(free, label.end())
        if end is not None:
            return _lines(free, label.end(), end)
    return "" if free.first_digit is None else _numbered_list(free, free.folded.rfind("\n", 0, free.first_digit) + 1)


def _lines(free: FreeText, start: int, end: int) -> str:
    lines = (line.strip() for line in free.written[start:end].splitlines())
    return "\n".join(line for line in lines if line)[:_LONGEST].strip()


def _block_end(free: FreeText, start: int) -> int | None:
    """Find where what a label introduces ends: at an empty line, another label, or the letter's close.

    Returns:
        None when it introduces nothing.
    """
    first, *lines = free.folded[start:].split("\n")
    if first.strip() and _NOT_SAID.match(first):
        return None
    end = start + len(first) if first.strip() else None
    position = start + len(first) + 1
    blank = False
    for line in lines:
        item = _LIST_ITEM.match(line) is not None
        if line.strip():
            if _END.match(line) or (blank and end is not None and not item):
                break
            # Under an empty label any line could be about something else, after a full one any that is not wrapped.
            wrapped = free.written[position : position + len(line)].lstrip(" >")[:1].islower()
            listed = end is not None and not first.strip()
            if not (item or listed or (first.strip() and wrapped) or _tells_an_action(line, within=6)):
                break
            end, blank = position + len(line), False
        else:
            blank = True
        position += len(line) + 1
    return end


def _numbered_list(free: FreeText, position: int) -> str:
    """Give a list that begins with 1 and of whose lines two or more, and most, tell what is done.

    `position`: the start of the first line that has a digit.
    """
    items, places = list[str](), list[tuple[int, int]]()
    for line in [*free.folded[position:].split("\n"), "end"]:
        numbered = _NUMBERED.match(line)
        if numbered and int(numbered[1]) == len(items) + 1:
            items.append(numbered[2])
            places.append((position, position + len(line)))
        elif items and line.strip():
            if _are_steps(items, free.folded[max(0, places[0][0] - 200) : places[0][0]]):
                return _lines(free, places[0][0], places[-1][1])
            items, places = [], []
            if numbered and int(numbered[1]) == 1:
                items, places = [numbered[2]], [(position, position + len(line))]
        position += len(line) + 1
    return ""


def _are_steps(items: list[str], before: str) -> bool:
    done = sum(map(_tells_an_action, items)) if len(items) > 1 else 0
    if done < 2 or 2 * done < len(items):  # noqa: PLR2004  # a single step is no list of them
        return False
    asked = any(_TOLD_SUPPORT.match(item) or item.rstrip().endswith("?") for item in items)
    return not (asked or _REQUEST.search(before))


def _tells_an_action(item: str, within: int = 1) -> bool:
    """Tell whether one of the first words, "я", "затем" and the like aside, is what somebody does."""
    words = (word.strip('"«».,:;()') for word in item.split(maxsplit=9)[:9])
    return any(
        word in _ENGLISH_FOLDED or (word.startswith(_STEMS) and word.endswith(_ENDINGS))
        for word in islice(dropwhile(_FILLERS.__contains__, words), within)
    )
