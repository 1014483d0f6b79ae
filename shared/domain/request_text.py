"""What a request says, in a form that can be compared: the client's own words apart from what is quoted below them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from shared.domain.request_facts import Facts, Numbers, facts_of, numbers_of, plain, without_numbers
from shared.domain.request_signs import mentions_before

LOOKED_AT = 10_000
"""Characters of a text that are compared; of a longer one it is never said that all of it was said before."""

_LONGEST_SUBJECT = 300

_QUOTE_BEGINS = re.compile(
    r"^[ \t]*(?:-{2,} ?(?:начало )?(?:forwarded|пересыла|пересланн|переадресованн|перенаправленн|исходн|оригинальн"
    r"|original|первоначальн)[^\n]{0,60}|_{10,}|(?:begin forwarded message|начало пере[^\n]{0,40}):?"
    r"|(?:[^\n]{0,120}(?:\d{1,2}:\d\d|\d{4}|@)[^\n]{0,120}(?:пишет|писал\(?а?\)?|написал\(?а?\)?|wrote)|цитирую"
    r"|(?:в|on) [^\n]{0,120}(?:пишет|писала?|написала?|wrote)"
    r"|(?:[^\n<>]{0,20}\d[^\n<>]{0,80}|[^\n<>]{0,80})<[^\n<>]{1,120}@[^\n<>]{1,120}>) ?:"
    r"|(?:от|от кого|from) ?: [^\n]{1,200}\n"
    r"(?=[ \t]*(?:дата|отправлено|кому|тема|date|sent|to|subject) ?:)[^\n]{0,200})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_MARK = re.compile(r"^[ \t]*>[ \t>]*", re.MULTILINE)
_QUOTED_LINE = re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE)
_QUOTE_HEADER = re.compile(
    r"^[ \t>]*(?:от|от кого|кому|копия|дата|отправлено|тема|from|to|cc|sent|date|subject)[ \t]*:[^\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_GREETING = re.compile(
    r"^[ \t]*(?:(?:здравствуй\w*|добр(?:ый|ое|ой|ого|ы)\s+(?:день|дня|вечер\w?|утр\w|время суток|времени суток)"
    r"|доброго времени|приветствую|привет|салам|уважаем\w+(?:\s+\w+){0,3}|коллеги|господа|(?:hello|hi)(?: again)?"
    r"|dear(?:\s+\w+){0,3}|good (?:day|morning|evening|afternoon)|zdravstvuyte)(?:[\s,!.;]+|$))+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:--[ \t]*|с уважением\b[^\n]*|с наилучшими\b[^\n]*|best regards\b[^\n]*|(?:kind |best )?regards,?[ \t]*"
    r"|отправлено (?:с|из)\b[^\n]*|sent from my\b[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_CLOSING_WITHIN = re.compile(r"(?<=[.!?]) ?(?:с уважением|с наилучшими пожеланиями),?[^.!?\n]{0,80}$", re.IGNORECASE)
_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fwd?|fw|отв|ответ|пересл|пер|ha|на)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n\s*\n")

_WORD = re.compile(r"[^\W\d_]+")
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+")
_REFLEXIVE = re.compile(r"(?<=[а-я]{3})(?:ся|сь)$")
_ENDING = re.compile(
    r"(?<=[а-я]{3})(?:иями|[яа]ми|и[еия]й|ия[мх]|ого|его|[оеу]му|[ыи]ми|[аяие]ть|[уюая]ют|[аяеи]ет|[аяие]л[аио]?"
    r"|ен[аоы]?|[ыио]й|[ая]я|[оеыи]е|[ую]ю|[еоая]м|[аяыи]х|[оей]в|е[йт]|ит|[юуая]т|ь[юея]|и[яюи]|[аяоеуюыиьй])$"
)
_LATIN_ENDING = re.compile(r"(?<=[a-z]{3})(?:ing|ed|es|s)$")

_SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("авт", "автомобил", "автомашин", "тачк"), "машин"),
    **dict.fromkeys(("аккаунт", "учетк", "уч"), "учетн"),
    **dict.fromkeys(("прил", "программ", "прог"), "приложен"),
    **dict.fromkeys(("sms", "сообщен"), "смс"),
    **dict.fromkeys(("iphone",), "айфон"),
    **dict.fromkeys(("android",), "андроид"),
    **dict.fromkeys(("push", "уведомлен"), "пуш"),
    **dict.fromkeys(("почт", "email", "mail", "мейл"), "почт"),
    **dict.fromkeys(("старая",), "прежн"),
    **dict.fromkeys(("гостев",), "гост"),
}

_SILENT = frozenset(
    re.findall(
        r"\w+",
        """
        а без более бы был была было были быть в вам вами вас ваш ваша ваше вашу во вот все всем всех вы г где да для до
        его ее ей если есть еще же за и из или им их к как какой когда ко который которая которое которые кто
        ли либо лишь меня мне мной мой моя мое мои моего моей моему моих мою мы на нам нами нас наш наша наше нашу нашей
        ним них но ну о об однако он она они оно от очень по под после потом потому при про раз с сам сама свой со
        так такой там то тот тогда только ту ты у уж уже хотя чего чем что чтобы чтоб эта эти это этот этого этой этом
        я день дня вчера сегодня сейчас пока просто вообще тут здесь снова опять пожалуйста спасибо просьба прошу просим
        заранее помогите подскажите скажите будет будьте добры можно надо нужно хочу ребят ребята девушка алло
        просит просят спрашивает говорит сообщает клиент клиентка клиента клиентки абонент звонит звонил звонила
        писал писала писали написал написала клиентом повторно поводу насчет таки
        the a an of to in on is are was it my your i we you and or for with at this that from not be have has please
        hello thanks dear
        """,
    )
)
"""Words that say nothing of what a request is about."""

_CORRESPONDENCE = frozenset(
    re.findall(
        r"\w+",
        """
        письм отв ответ новост реакц заявк обращен форм звонк звон коллег напомин напомина жду жде ждат ждал ждут подним
        подня дубл дублир статус сут сутк час дн недел срочн получ получен отправ отправл писа пиш напис напиш утр вечер
        вчерашн позавчер назад спам дат прос попрос договор оператор перезвон тишин уточн уточня увид увидет случ всяк
        вложен вложи прикреп прилаг приложи забы забыл извин прост прощ разобр разобрат посмотр ускор повтор повторн
        втор
        перв сообщ направл направля пересла пересыл просьб женщин мужчин прошл минут раз почт девушк говор спрос узна
        актуальн обратн связ виде видел жалова reminder
        message mail again reply new morning got nothing wrote first second through sure yesterday back answer
        """,
    )
)
"""Stems of what is said of the correspondence itself rather than of what is asked for."""

_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        работ неработ приложен телефон пропуск открыва откры открыт ошибк пиш выда показыва проблем вход войт вой номер
        вопрос заявк обращен нажима кнопк доступ получа приход нельз мож могу мог помощ нужн сдела дела пользова систем
        экран выход обновлен запуска загружа груз завис зависа вис исправ зайт зайд помог помоч срочн дел
        квартир дом корпус участ добавьт добав app work open pass phone error
        """,
    )
)
"""Stems that stand in so many requests that they tell little of one."""


@dataclass(frozen=True)  # no slots: of most texts little is looked at
class Part:
    """A stretch of text.

    Attributes:
        text: As the client wrote it.
    """

    text: str

    @cached_property
    def plain(self) -> str:
        """In lower case, in one line, ё as е."""
        return plain(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Those that say something, numbers aside, as they stand there in lower case."""
        words = _WORD.findall(without_numbers(self.plain))
        return frozenset(word for word in words if len(word) > 1) - _SILENT

    @cached_property
    def numbers(self) -> Numbers:
        """What the text has in digits."""
        return numbers_of(self.plain)

    @cached_property
    def facts(self) -> Facts:
        """What the text names."""
        return facts_of(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of the words, and the numbers with a sign that they are."""
        return (frozenset(map(stem, self.words)) - _CORRESPONDENCE) | {f"#{number}" for number in self.numbers.all}

    @cached_property
    def named_words(self) -> frozenset[str]:
        """The words, as they stand there, that are about the matter rather than about the correspondence."""
        return frozenset(word for word in self.words if stem(word) not in _CORRESPONDENCE)

    @cached_property
    def sequence(self) -> list[str]:
        """All words, by their stems, and numbers, in the order of the text."""
        return [f"#{word}" if word[0].isdigit() else stem(word) for word in self.tokens]

    @cached_property
    def tokens(self) -> list[str]:
        """All words in lower case, and numbers, in the order of the text."""
        return _WORD_OR_NUMBER.findall(self.plain)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Stems that are not in every other request."""
        return self.stems - _COMMON


@dataclass(frozen=True)  # no slots, as above
class RequestText:
    """A request's subject and text.

    Attributes:
        own: What the client wrote, the subject included, without greeting and signature.
        body: The same without the subject.
        quote: What the client did not write anew.
        is_whole: Whether all of the text was looked at.
    """

    own: Part
    body: Part
    quote: Part
    is_whole: bool

    @cached_property
    def sentences(self) -> list[str]:
        """The body's sentences, as the client wrote them."""
        return [each for each in _SENTENCE_END.split(self.body.text) if each.strip()]

    @cached_property
    def news(self) -> Part:
        """What the client wrote without the sentences that mention an earlier request."""
        rest = [each for each in self.sentences if not mentions_before(plain(each))]
        return self.own if len(rest) == len(self.sentences) else Part("\n".join(rest))


@lru_cache(maxsize=2)  # one request is compared with many
def read_text(subject: str, text: str) -> RequestText:
    """Take a request's words apart; never raises."""
    whole = text
    text = text[:LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    quotes: list[str] = []
    if begins := _QUOTE_BEGINS.search(text):
        quotes.append(text[begins.end() :])
        text = text[: begins.start()]
    if ">" in text:
        quotes[:0] = _QUOTED_LINE.findall(text)
        text = _QUOTED_LINE.sub("", text)
    text = _GREETING.sub("", text.strip())
    for closing in (_CLOSING.search(text), _CLOSING_WITHIN.search(text)):
        if closing:
            text = text[: closing.start()]
    subject = _REPLY_PREFIX.sub("", subject[:_LONGEST_SUBJECT])
    quote = _QUOTED_MARK.sub("", _QUOTE_HEADER.sub("", "\n".join(quotes))).strip()
    return RequestText(Part(f"{subject}\n{text}"), Part(text), Part(quote), is_whole=len(whole) <= LOOKED_AT)


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """Give what is left of a word in lower case without its endings: rough, but the same for most of its forms."""
    bare = _LATIN_ENDING.sub("", word) if word.isascii() else _ENDING.sub("", _REFLEXIVE.sub("", word))
    return _SYNONYMS.get(bare, bare)


def weight(word: str) -> float:
    """Give how much a stem tells of what a request is about."""
    return 0.3 if word in _COMMON else 1.0
