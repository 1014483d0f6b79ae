"""R15, R5r: whether a contact's later request is the earlier one once more, belongs to it, or is another matter."""

import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.contact import Contact
from shared.domain.differences import names_differ
from shared.domain.similarity import Judgement, Verdict, judge
from shared.domain.submission import Details, File, Submission
from tests.bench.pairs import DEV, MORE, Totals, measure
from tests.sample_ticket import PLAIN

GATE = "Калитка у пруда не открывается с телефона, приложение пишет «нет доступа»."
PLATE = "Прошу добавить постоянный пропуск на машину Skoda, госномер А123ВС777, участок 48."
RESIDENT = "Просим восстановить доступ жителю Ковалёву Игорю, дом 12, кв. 8, код уходит на старый номер."


def asked(  # noqa: PLR0913  # what requests differ in
    text: str,
    *,
    subject: str = "",
    name: str = "Анна Сергеева",
    device: str = "",
    after: float = 0,
    files: tuple[str, ...] = (),
) -> Submission:
    details = Details(subject, text, "", "", device, "", urgent=False, previous_ticket=None)
    kept = tuple(File(each, "image/png", 1, sha256(each.encode()).hexdigest(), None) for each in files)
    at = PLAIN.received_at + timedelta(hours=after)
    contact = Contact(name, "anna@example.ru", None)
    return replace(PLAIN, key=f"after-{after}", received_at=at, contact=contact, details=details, files=kept)


def verdict(earlier: str, later: str, hours: float = 5) -> Verdict:
    return judge(asked(earlier), asked(later, after=hours)).verdict


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (GATE, GATE),
        (GATE, GATE.upper().replace("«", "").replace("»", "")),
        (GATE, f"Добрый день!\n{GATE}\nС уважением,\nАнна, кв. 4\nОтправлено с iPhone"),
        (GATE, f"Дублирую своё письмо, ответа нет.\n{GATE}"),
        (GATE, f"Вчера писала вам. {GATE} Телефон Honor 50."),
        (GATE, f"Пересылаю ещё раз.\n\n-------- Пересылаемое сообщение --------\nОт: Анна\nТема: Калитка\n\n{GATE}"),
        (GATE, f"Когда будет ответ?\n\n25.11.2026 11:20, Анна Сергеева пишет:\n> {GATE}"),
        (GATE, "Утром отправляла письмо: с телефона не открывается калитка у пруда, «нет доступа» в приложении."),
        (PLATE, f"Повторно. {PLATE.replace('А123ВС777', 'a 123 bc 777')}"),
        (PLATE, f"Жду ответа второй день! {PLATE}"),
        (RESIDENT, f"Повторно направляем. {RESIDENT}"),
        (
            "The gate B does not react to my phone, villa 14.",
            "Resending again: the gate B does not react to my phone, villa 14",
        ),
    ],
)
def test_r15_the_same_request_once_more_is_recognised(earlier: str, later: str) -> None:
    assert verdict(earlier, later) is Verdict.SAME


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (PLATE, PLATE.replace("123", "132")),
        (PLATE, PLATE.replace("48", "49")),
        (PLATE, f"Повторно прошу. {PLATE.replace('А123ВС777', 'А132ВС777')}"),
        (RESIDENT, RESIDENT.replace("Игорю", "Ивану")),
        (RESIDENT, RESIDENT.replace("кв. 8", "кв. 80")),
        (RESIDENT, RESIDENT.replace("Ковалёву Игорю", "Ковалёвой Инне")),
        (GATE, GATE.replace("пруда", "леса")),
        (GATE, GATE.replace("Калитка", "Ворота")),
        (GATE, GATE.replace("нет доступа", "пропуск истёк")),
        ("Пропуск на 14 марта не создаётся, газель с мебелью.", "Пропуск на 16 марта не создаётся, газель с мебелью."),
        ("Деньги за январь списались два раза.", "Деньги за февраль списались два раза."),
        ("Ключ сына в школьных часах не открывает калитку.", "Ключ дочери в школьных часах не открывает калитку."),
        (
            "Поставьте группе «Смена А» круглосуточное расписание.",
            "Поставьте группе «Смена В» круглосуточное расписание.",
        ),
        ("пропуск на завтра не создается, гость петров", "пропуск на завтра не создается, гость петренко"),
        ("Просим заменить карту сотрудника Иванова в офисе", "Просим заменить карту сотрудника Ивановой в офисе"),
        ("GET /api/v1/guests отдаёт 500, тело пустое.", "GET /api/v1/cars отдаёт 500, тело пустое."),
        ("Шлагбаум на въезде долго не поднимается утром.", "Шлагбаум на выезде долго не поднимается утром."),
        (GATE, "Как поменять фотографию в профиле и язык приложения?"),
        (GATE, f"Как поменять фотографию в профиле?\n\n> {GATE}"),
        ("Не работает", "Не работает"),
        ("Здравствуйте, не могу войти, помогите", "Здравствуйте, не могу войти в подъезд, помогите"),
        (
            "Пропуск на завтра для няни не создаётся в приложении.",
            "Пропуск на завтра для няни не создаётся в приложении.",
        ),
    ],
)
def test_r15_another_matter_in_the_same_words_is_none(earlier: str, later: str) -> None:
    assert verdict(earlier, later, hours=20) is Verdict.OTHER


@pytest.mark.parametrize(
    "later",
    [
        f"Писала вам утром про калитку у пруда. {GATE.replace('пруда', 'леса')}",
        "Вчера вы починили калитку у пруда, сегодня она опять не открывается с телефона, «нет доступа».",
        "Калитка у пруда теперь не открывается и у мужа с телефона, приложение пишет «нет доступа».",
        f"{GATE} То же и у соседей.",
        f"Мастер был, но калитка не открывается. {GATE}",
        f"Калитку у пруда починили, спасибо. А кто вернёт деньги?\n\n> {GATE}",
        f"Можно закрыть заявку.\n\n> {GATE}",
        f"И у жены.\n\n> {GATE}",
        "По моему вчерашнему обращению: когда будет ответ?",
        "По обращению #12870: открывается, но через раз.",
        f"К заявке о калитке у пруда: можно ли открыть её по карте? {GATE}",
    ],
)
def test_r5r_a_further_word_on_a_request_is_not_hidden_in_it(later: str) -> None:
    assert verdict(GATE, later, hours=20) is not Verdict.SAME


@pytest.mark.parametrize(
    "later",
    [
        "Вчера вы починили калитку у пруда, сегодня она опять не открывается с телефона, «нет доступа».",
        "Калитка у пруда теперь не открывается и у мужа с телефона, приложение пишет «нет доступа».",
        "Калитку у пруда починили, спасибо. Но теперь не закрывается.",
        "По моему вчерашнему обращению: когда будет ответ?",
        "По обращению #12870: открывается, но через раз.",
        "В дополнение к вчерашней заявке: ещё добавьте ворота.",
    ],
)
def test_r5r_a_further_word_on_a_request_is_related_to_it(later: str) -> None:
    assert verdict(GATE, later, hours=20) is Verdict.RELATED


def test_r15_another_phone_is_another_request() -> None:
    earlier = asked(GATE, device="Samsung Galaxy A52")
    assert judge(earlier, asked(GATE, device="iPhone 12", after=1)).verdict is not Verdict.SAME
    assert judge(earlier, asked(GATE, device="Galaxy A52", after=1)).verdict is Verdict.SAME
    assert judge(earlier, asked(GATE, after=1)).verdict is Verdict.SAME


def test_r15_two_people_in_one_mailbox_are_two_requests() -> None:
    earlier = asked(f"{GATE} {PLATE}", name="Мария Носова")
    again = f"Повторно направляю. {GATE} {PLATE}"
    assert judge(earlier, asked(again, name="Антон Носов", after=1)).verdict is not Verdict.SAME
    assert judge(earlier, asked(again, name="Носова М.", after=1)).verdict is Verdict.SAME
    assert judge(earlier, asked(again, name="", after=1)).verdict is Verdict.SAME


def test_r15_a_text_that_says_nothing_is_the_same_only_within_minutes() -> None:
    earlier = asked("приложение не работает")
    assert judge(earlier, asked("Приложение не работает!", after=0.1)).verdict is Verdict.SAME
    assert judge(earlier, asked("Приложение не работает!", after=1)).verdict is Verdict.OTHER


def test_r15_other_files_are_another_request() -> None:
    earlier = asked(GATE, files=("1.png",))
    assert judge(earlier, asked(GATE, files=("2.png",), after=1)).verdict is Verdict.OTHER
    assert judge(earlier, asked(GATE, files=("1.png",), after=1)).verdict is Verdict.SAME
    assert judge(asked(GATE), asked(GATE, files=("1.png",), after=1)).verdict is Verdict.SAME


def test_r15_of_several_earlier_requests_the_most_alike_has_the_highest_score() -> None:
    later = asked("Вчера писала вам. Калитка у пруда не открывается, «нет доступа».", after=20)
    scores = [judge(asked(each), later).score for each in (PLATE, RESIDENT, GATE)]
    assert scores == sorted(scores)
    assert scores[1] < scores[2]


def test_r15_developed_pairs_are_judged_no_worse_than_before() -> None:
    totals = measure(DEV)
    assert totals.of(Verdict.SAME) >= Totals(precision=1.0, recall=0.5)
    assert totals.of(Verdict.RELATED) >= Totals(precision=0.7, recall=0.9)


def test_r15_no_request_that_was_written_to_mislead_the_judge_is_hidden() -> None:
    measured = measure(MORE)
    assert measured.wrong(Verdict.SAME) == 0
    assert measured.of(Verdict.SAME).recall >= 0.7


TEXTS = st.text(max_size=200) | st.lists(
    st.sampled_from(
        [
            *GATE.split(),
            *PLATE.split(),
            "опять",
            "повторно",
            "\n>",
            "#12345",
            "спасибо",
            "?",
            "-----Исходное сообщение-----\n",
        ]
    ),
    max_size=40,
).map(" ".join)


@given(TEXTS, TEXTS, TEXTS)
def test_judging_never_raises_and_gives_a_score_and_reasons(subject: str, one: str, other: str) -> None:
    judgement = judge(asked(one, subject=subject), asked(other, after=1))
    assert 0 <= judgement.score <= 1
    assert judgement.reasons or judgement.verdict is Verdict.OTHER


@given(st.lists(st.sampled_from([*GATE.split(), *RESIDENT.split()]), min_size=12, unique=True).map(" ".join))
def test_r15_what_says_something_is_the_same_as_itself(text: str) -> None:
    assert judge(asked(text), asked(text, after=1)).verdict is Verdict.SAME


@given(st.sampled_from([GATE, PLATE, RESIDENT]), st.integers(1, 99_999), st.integers(1, 99_999))
def test_r15_another_number_is_another_request_whichever_came_first(text: str, one: int, other: int) -> None:
    pair = asked(f"{text} Ключ {one}"), asked(f"{text} Ключ {other}")
    same = [judge(pair[0], pair[1]).verdict is Verdict.SAME, judge(pair[1], pair[0]).verdict is Verdict.SAME]
    assert same == [one == other] * 2


def test_judging_ordinary_requests_takes_a_fraction_of_a_millisecond() -> None:
    later = asked(f"{GATE} {PLATE}", after=1)
    others = [asked(f"{each} Вариант {number}") for each in (GATE, PLATE, RESIDENT) for number in range(30)]
    assert _least_time(others, later) / len(others) < 0.002  # seconds; several times what it takes


@pytest.mark.parametrize(
    "piece", ["калитка не открывается. ", "> ", "1 ", "А. ", "а", "«", "От: ", "кв 1 ", "пишет: ", "?", "\n-- \n"]
)
def test_judging_the_longest_texts_takes_no_long_time(piece: str) -> None:
    text = (piece * 50_000)[:50_000]
    assert _least_time([asked(text)], asked(f"{text[:-1]}я", after=1)) < 1.0  # seconds


def _least_time(others: list[Submission], later: Submission) -> float:
    judge(others[0], later)
    times = []
    for _ in range(3):
        begun_at = time.perf_counter()
        for each in others:
            judge(each, later)
        times.append(time.perf_counter() - begun_at)
    return min(times)


def test_the_library_is_not_loaded_before_there_is_something_to_compare() -> None:
    program = "import sys, shared.recognition; sys.exit('rapidfuzz' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603  # our own program


def test_a_judgement_tells_why() -> None:
    assert judge(asked(GATE), asked(GATE, after=1)) == Judgement(Verdict.SAME, 1.0, ("the same words",))
    assert judge(asked(PLATE), asked(PLATE.replace("48", "49"), after=1)).reasons == ("other numbers", "another place")


@pytest.mark.parametrize(
    ("earlier", "later", "differ"),
    [
        ("Мария", "Maria", False),
        ("Мария Носова", "maria nosova", False),
        ("Иван", "Ivan Petrov", False),
        ("Анна", "Ivan", True),
        ("Пётр", "Ivan Petrov", True),
        ("Ольга", "Oleg", True),
    ],
)
def test_a_name_in_latin_letters_is_the_same_name(earlier: str, later: str, *, differ: bool) -> None:
    one, other = (replace(PLAIN, contact=replace(PLAIN.contact, name=name)) for name in (earlier, later))
    assert names_differ(one, other) is differ
