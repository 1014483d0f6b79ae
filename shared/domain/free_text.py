"""Free text as clients write it: spelling made comparable, and which words are said of the client's own phone now."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

_LOOKALIKES = dict(zip(map(ord, "аеёкмнорстухі"), "aeekmhopctyxi", strict=True))
_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_FOLD = {
    **{ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІ"},
    **{ord(space): " " for space in _SPACES},
    **{ord(dash): "-" for dash in "‐‑‒–—―−"},
}
_FOLDING = {**_LOOKALIKES, **{code: letter.translate(_LOOKALIKES) for code, letter in _FOLD.items()}}
_FOLDING_CP1251 = bytes(range(256)).decode("cp1251", "replace").translate(_FOLDING).encode("cp1251", "replace")

# Control characters, marks that turn the direction of writing, half surrogates: none of them is text.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def fold(text: str) -> str:
    """Give the text in lower case and with one letter for those that look alike (Latin a, Cyrillic а).

    Character by character: a position in the result is the same position in the text.
    """
    try:
        # Bytes fold ten times as fast, and most Russian letters have no other characters.
        return text.encode("cp1251").translate(_FOLDING_CP1251).decode("cp1251")
    except UnicodeEncodeError:
        return text.translate(_FOLDING)


class Pattern:
    """A regular expression for folded text, compiled when first used: few texts need them all.

    It is written in lower case, with the letters that people see. The methods are those of `re.Pattern`.
    """

    search: Callable[..., re.Match[str] | None]
    match: Callable[..., re.Match[str] | None]
    fullmatch: Callable[..., re.Match[str] | None]
    finditer: Callable[..., Iterator[re.Match[str]]]
    split: Callable[..., list[str]]
    sub: Callable[..., str]

    def __init__(self, source: str) -> None:
        self._source = source

    def __getattr__(self, method: str) -> object:
        """Give a method at its first use; from then on it is an attribute."""
        value = getattr(re.compile(self._source.translate(_LOOKALIKES)), method)
        setattr(self, method, value)
        return value


_BEGINNING = re.compile(r"(\w{3})\w*")
_NUMERAL = re.compile(r"[^\W_a-zа-я]")
# The first character apart, so that the search skips all others at once.
_SENTENCE_END = Pattern(r"[.!?\n;](?:(?<=[\n;])|(?=\s|$))")
_CLAUSE_END = Pattern(
    r"[.!?\n;,:()\s](?:(?<=[\n;,:()])|(?<=[.!?])(?=\s|$)|(?<=\s)(?:-\s|(?:а|но|but|while|whereas)(?=\s)))"
)

_OWN_WORDS = (
    r"(?:(?:на|с|со|у|для|под|в|из|от|в версии|версии|версия|an?|the|on|for|with|in|my|this|мой|моем|samsung|самсунг"
    r"|xiaomi|apple|телефоне?|смартфоне?|модель|модели)\s+){0,3}$"
)
_DENIED_BEFORE = (
    r"(?:\b(?:не|нет|без|кроме|вместо|ваш|вашего|вашем|your|not|no|isn't|without|except|instead of)"
    r"|\bне (?:использую|пользуюсь|имею|пользуемся)|(?:don't|do not) (?:have|use|own))\s+" + _OWN_WORDS
)
_DENIED_AFTER = Pattern(r"\s*(?:у (?:меня|нас)\s+)?(?:нет|не имею|отсутствует)\s*(?:[.,;:!?()\n]|но |а |$)")
# "у меня на Redmi 9 нет": the phone is there, and what works elsewhere is not.
_ON = Pattern(r"\b(?:на|с|on|with)\s+$")
_SUPPOSED = (
    r"\b(?:если|бы|будет ли|будут ли|работает ли|есть ли|можно ли|планиру\w+|собира(?:юсь|емся)|куплю|купим"
    r"|(?:хочу|хотим|думаю|решил\w?|буду|будем)\s+(?:\w+\s+)?(?:купить|взять|приобрести|перейти|поменять|сменить)"
    r"|поддержива\w+|совместим\w*|(?:пойдет|потянет|установится) ли|присматрива\w+|рассматриваю|подойдет|подойдут"
    r"|требует|требуют|нужен|нужна|минимальн\w+|начиная с|не ниже|ниже"
    r"|например|допустим|предположим|рекоменд\w+|посоветуйте"
    r"|if|would|will it|does it|do you support|supports|supported|requires?|planning|going to buy|for example|e\.g\.?"
    r"|such as|when will)\b|(?:^|\s)(?:типа|вроде|как у|как на)\s+$"
)
# Of the whole sentence before: "Верните, пожалуйста, версию 4.10", "У вас написано: iPhone 8".
_WISHED = Pattern(
    r"\b(?:(?<!внизу )(?<!тут )(?<!там )написано|указано|обновите|обновиться|please update|update to"
    r"|подходят|верните|вернуть|откатит\w*|выйдет|выпустите|когда будет|скачать"
    r"|bring back|roll back)\b"
)
_OWN = Pattern(r"\b(?:у меня|у нас|мо[йяе]|моем|мы|я|my|i)\b")
_OPEN_ENDED = Pattern(r"\s*(?:\+|(?:и|или|and|or)\s+(?:выше|новее|старше|позже|above|higher|later|newer|up)\b)")
_WORKS = Pattern(
    r"\b(?:работает|работают|все (?:ок|хорошо|нормально|открывает\w*)|нормально|без проблем|в порядке|works?|fine)\b"
)
# Of another person's phone; of the own it is said before the trouble is told.
_WORKS_ELSEWHERE = Pattern(
    r"\b(?:отлично|прекрасно|исправно|норм|ок|без вопросов|как часы|летает|открывает\w*|заходит|приход[ия]т|пускает"
    r"|грузит"
    r"|perfectly|okay|ok|opens)\b"
)
_WORKED = Pattern(r"\b(?:работал[аои]?|летал[аои]?|worked)\b")
_WORKS_PARTS = tuple(
    fold("работа|все |нормально|без проблем|в порядке|летал|проблем нет|нет проблем|no problem|work|fine").split("|")
)
_WORKS_BEGINNINGS = frozenset(map(fold, ("раб", "все", "нор", "без", "пор", "лет", "про", "pro", "wor", "fin")))
"""What says that it works or worked has one of the first, and a word that begins like one of the second."""

_NO_TROUBLE = Pattern(r"\b(?:проблем нет|нет проблем|no problems?)\b")
_TROUBLE = Pattern(r"\b(?:не|нет|ни|перестал\w*|плохо|криво|медленно|с ошибк\w+|not|no|doesn't|stopped|never)\b|n't")
_YET = Pattern(r"\s*(?:но|однако|but)\b(?!.{0,20}\b(?:меня|моем|другом|my|на|у|on)\b)")
_PAST = (
    r"\b(?:(?:раньше|прежде|до этого)\s+(?:\w+\s+){0,2}(?:был[ао]?|стоял[ао]?|пользов\w+|использ\w+)"
    r"|(?:поменял|сменил|заменил|продал|потерял|утопил|разбил)а?\s+(?:(?:свой|мой)\s+)?$"
    r"|после смен\w\s+$|прошл\w+|бывш\w+|стар(?:ый|ом|ого|ая|ой|ую)|прежн\w+|предыдущ\w+|previous\w*|old|used "
    r"to)(?:\b|$)"
)
_FROM = Pattern(r"\b(?:с|со|from)\s+(?:(?:верси[ия]|version|телефона)\s+)?v?\.?$")
_TO = Pattern(r"\s*(?:\S+\s+)?(?:на|до|to)\s")
_SOMEBODY_ELSE = Pattern(
    r"\b(?:жен[аыеу]|женин\w{1,2}|муж[ауе]?|сосед\w*|друг[аиуо]\w*|коллег\w+|сын\w?|дочер\w+|мам[аыеу]|пап[аыеу]"
    r"|родител\w+|гост\w+"
    r"|ребенк\w|супруг\w*|брат\w?|сестр\w|внук\w?|внучк\w|бабушк\w|тещ\w|partner\w*|wife\w*|husband\w*"
    r"|neighbou?r\w*|friend\w*|colleague\w*)\b"
)
_SOMEBODYS_BEGINNINGS = frozenset(
    fold("жен муж сос дру кол сын доч мам пап род гос реб суп бра сес вну баб тещ par wif hus nei fri col").split()
)
_OWN_AGAIN = Pattern(r"\s*(?:а |но )?(?:у меня|у нас|мо[йяе]|мне|on mine|mine|my)\b")
_OWN_BESIDE = Pattern(r"\b(?:у меня|у нас|мо[йяе]|моем|мне|mine|my phone|i)\b")
_HIS = Pattern(r"\s*(?:у него|у нее|у них) ")
_ONLY = Pattern(r"(?<!не )\b(?:только|лишь|only) (?:(?:на|с|у|on|with|from|my|моем|моего) ){1,2}\Z")
_BOTH = Pattern(r"\b(?:оба|обоих|обе|обеих|both)\b")
_TOO = Pattern(r"\b(?:тоже|также|оба|обоих|обе|обеих|both|as well|too|same)\b")
_OTHER_KIND = (
    r"\b(?:ноутбук|домофон|камер|шлагбаум|телевизор|монитор|панел|контроллер|видеорегистратор|регистратор|час|роутер"
    r"|модем|принтер|наушник|колонк|трекер|браслет|замок|замк|считывател|привод|терминал|laptop|watch|intercom|camera"
    r"|barrier|printer|router)\w{0,3}\s+(?:(?:марк|фирм|модел|бренд)\w{1,2}\s+)?[\"«]?$"
)
_NOT_STATED_BEFORE = Pattern(f"{_DENIED_BEFORE}|{_SUPPOSED}|{_PAST}|{_OTHER_KIND}")
_HYPOTHETICAL = Pattern(_SUPPOSED)
_SIGNED_BY_PROGRAM = Pattern(r"\b(?:отправлено|послано|написано|sent|posted)\s+(?:с|со|из|from|via|using)\b")


@dataclass(frozen=True)
class FreeText:
    """A text, its folded twin, and its sentences and clauses.

    Attributes:
        written: As the client wrote it, control characters and line ends aside.
        folded: See `fold`.
    """

    written: str
    folded: str
    _ends: dict[tuple[Pattern, int, int], list[int]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, text: str) -> "FreeText":
        """Clean a text of what is no text."""
        written = _NO_TEXT.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
        return cls(written, fold(written))

    @cached_property
    def first_digit(self) -> int | None:
        """The position of the first digit, or letter of another alphabet; None: there is no digit of any kind."""
        found = _NUMERAL.search(self.folded)
        return found and found.start()

    def may_have_digits(self, number: int) -> bool:
        """Tell whether there may be so many digits of any kind; letters of other alphabets count, too."""
        return self.first_digit is not None and len(_NUMERAL.findall(self.folded, self.first_digit)) >= number

    def has_any(self, words: tuple[str, ...], start: int = 0) -> bool:
        """Tell whether one of some folded words, or parts of words, stands anywhere from a place on."""
        return any(map(self.folded[start:].__contains__, words))

    @cached_property
    def _says_that_it_works(self) -> bool:
        return not self.beginnings.isdisjoint(_WORKS_BEGINNINGS) and self.has_any(_WORKS_PARTS)

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The first three letters of all folded words that have as many."""
        return frozenset(_BEGINNING.findall(self.folded))

    @cached_property
    def _speaks_of_others(self) -> bool:
        return bool(self.beginnings & _SOMEBODYS_BEGINNINGS and _SOMEBODY_ELSE.search(self.folded))

    def value(self, start: int, end: int) -> str:
        """Give what the client wrote there, on one line."""
        return " ".join(self.written[start:end].split())

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Give the bounds of the sentence around a place."""
        return self._around(_SENTENCE_END, start, end)

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Give the bounds of the part of a sentence around a place."""
        return self._around(_CLAUSE_END, start, end)

    def _around(self, part_end: Pattern, start: int, end: int) -> tuple[int, int]:
        # Every part ends with its line, so other lines need not be looked at.
        line_start = self.folded.rfind("\n", 0, start) + 1
        line_end = self.folded.find("\n", end - 1) + 1 or len(self.folded)
        key = part_end, line_start, line_end
        if (ends := self._ends.get(key)) is None:
            ends = [found.end() for found in part_end.finditer(self.folded, line_start, line_end)]
            self._ends[key] = ends
        before = bisect_right(ends, start)
        after = bisect_left(ends, end)
        first = ends[before - 1] if before else line_start
        last = ends[after] if after < len(ends) else line_end
        # Far enough for a cue; a text without full stops must not make every place look at all of it.
        return max(first, start - 200), min(last, end + 200)

    def is_stated(self, start: int, end: int) -> bool:
        """Tell whether what stands there is said to be so: not denied, supposed, past, or of another kind of device."""
        clause_start, clause_end = self.clause(start, end)
        before, after = self.folded[clause_start:start], self.folded[end:clause_end]
        sentence_start, sentence_end = self.sentence(start, end)
        introduction, following = self.folded[sentence_start:start], self.folded[end:sentence_end]
        return not (
            _NOT_STATED_BEFORE.search(before)
            or (_DENIED_AFTER.match(after) and not _ON.search(before))
            or _HYPOTHETICAL.search(after)
            or _OPEN_ENDED.match(following)
            or (_TO.match(following) and _FROM.search(before))
            or _WISHED.search(_OWN.split(introduction)[-1])
            or _SIGNED_BY_PROGRAM.search(introduction)
        )

    def is_unaffected(self, start: int, end: int, *, past_too: bool) -> bool:
        """Tell whether the text says that everything is well there (`past_too`: or was)."""
        if not self._says_that_it_works and not self._speaks_of_others:
            return False
        clause_start, clause_end = self.clause(start, end)
        clause = self.folded[clause_start:clause_end]
        _, sentence_end = self.sentence(start, end)
        rest = self.folded[clause_end:sentence_end]
        if _HIS.match(clause):
            # "The husband gets in all right, he has a Honor 50"
            clause = self.folded[self.clause(max(clause_start - 2, 0), clause_start - 1)[0] : clause_end]
        others = _SOMEBODY_ELSE.search(clause)
        if others:
            following = self.folded[clause_end : self.clause(clause_end, clause_end + 1)[1]]
            clause += "" if _OWN_AGAIN.match(following) else following
        good = _WORKS.search(clause) or (past_too and _WORKED.search(clause))
        good = good or _NO_TROUBLE.search(clause) or (others and _WORKS_ELSEWHERE.search(clause))
        trouble = _TROUBLE.search(_NO_TROUBLE.sub(" ", clause))
        return bool(good and not trouble and not _YET.match(rest))

    def is_signed(self, start: int, end: int) -> bool:
        """Tell whether it stands in the closing line of a mail program, which names the phone that it runs on."""
        return bool(_SIGNED_BY_PROGRAM.search(self.folded[self.sentence(start, end)[0] : start]))

    def is_somebody_elses(self, start: int, end: int) -> bool:
        """Tell whether it belongs to another person who is not said to have the same trouble."""
        if not self._speaks_of_others:
            return False
        clause_start, clause_end = self.clause(start, end)
        sentence_start, sentence_end = self.sentence(start, end)
        return bool(
            _SOMEBODY_ELSE.search(self.folded[clause_start:clause_end])
            and not _TOO.search(self.folded[sentence_start:sentence_end])
        )

    def is_set_against_own(self, start: int, end: int) -> bool:
        """Tell whether it is another person's, and the rest of the sentence is about the writer's own."""
        if not self.is_somebody_elses(start, end):
            return False
        return _OWN_BESIDE.search(self.folded[end : self.sentence(start, end)[1]]) is not None

    def is_the_only_one(self, start: int) -> bool:
        """Tell whether the text says that it is so with this one alone."""
        return bool(_ONLY.search(self.folded[max(0, start - 40) : start]))

    def says_also(self, start: int, end: int) -> bool:
        """Tell whether the sentence says that this one is affected as well as another."""
        sentence_start, sentence_end = self.sentence(start, end)
        following = self.folded[sentence_end : sentence_end + 40]
        return bool(_TOO.search(self.folded[sentence_start:sentence_end]) or _BOTH.search(following))
