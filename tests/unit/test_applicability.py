"""R6: whether phone and app have a meaning for a request."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.applicability import deciding_rule, needs_device_data
from shared.domain.applicability_rules import RULES
from shared.domain.free_text import fold
from shared.domain.phrases import Phrases, Words
from shared.domain.submission import Details

DECIDED: tuple[tuple[str, str | None], ...] = (
    ("Прошу удалить мои персональные данные и закрыть учётную запись", "personal data"),
    ("Отзываю согласие на обработку персональных данных", "personal data"),
    ("Здравствуйте, у вас открыта вакансия инженера поддержки?", "work and advertising"),
    ("Мы занимаемся продвижением сайтов и предлагаем вам аудит", "work and advertising"),
    ("Хотим подключить наш посёлок на 200 домов, с чего начать?", "new house"),
    ("Пришлите прайс на оборудование для бизнес-центра", "new house"),
    ("Не могу выгрузить отчёт из веб-кабинета", "computer"),
    ("В админке пропала вкладка «Сотрудники»", "computer"),
    ("Грузовик сбил стойку у въезда", "vandalism"),
    ("Считыватель у лифта вырван, торчат провода", "vandalism"),
    ("Приложение не открывает калитку", "app"),
    ("Пытаюсь оплатить квитанцию в приложении, вечная загрузка", "app"),
    ("С телефона дверь не открывается, а с карты открывается", "app"),
    ("Не приходит код из СМС", "app"),
    ("QR-код гостя не читается турникетом", "app"),
    ("Выставьте, пожалуйста, счёт за второй квартал", "money and papers"),
    ("Сколько будет стоить второй брелок?", "money and papers"),
    ("Нужна справка об отсутствии задолженности", "money and papers"),
    ("Шлагбаум заклинило, не едет ни у кого", "out of order"),
    ("Панель домофона не включается, нужен мастер", "out of order"),
    ("Потеряла карту доступа, как получить новую?", "cards and fobs"),
    ("Охранник на въезде хамит жильцам", "people"),
    ("Ждали монтажника весь день, никто не приехал", "people"),
    ("Спасибо оператору Ольге, очень помогла!", "thanks"),
    ("Добавьте нового сотрудника Петрова с правами диспетчера", "changes in the books"),
    ("Купили квартиру 12, прошу переоформить доступ", "changes in the books"),
    ("Сохраните видео с камеры у подъезда за вчера для полиции", "recordings"),
    ("Не открывается шлагбаум", None),
    ("Камера на КПП-2 не узнаёт номер", None),
    ("Пропуск оплачен до июня, а въезд закрыт", None),
    ("Не могу войти", None),
    ("Спасибо, но всё равно не работает вход", None),
    ("Гостя не пустили, хотя пропуск заказан", None),
    ("", None),
)


@pytest.mark.parametrize(("text", "name"), DECIDED)
def test_r6_a_request_falls_under_the_rule_that_a_support_lead_would_name(text: str, name: str | None) -> None:
    rule = deciding_rule(_details(text))
    assert (rule.name if rule else None) == name
    assert needs_device_data(_details(text)) == (rule is None or rule.needed)


def test_r6_the_subject_counts_as_the_text_does() -> None:
    assert not needs_device_data(_details("Добрый день, жду ответа", subject="Акт сверки за март"))


def test_r6_who_names_a_phone_unasked_has_a_request_about_it() -> None:
    assert needs_device_data(_details("Выставлен счёт дважды", device_model="Redmi 9"))
    assert not needs_device_data(_details("Выставлен счёт дважды"))


def test_r6_an_annex_is_no_app() -> None:
    assert not needs_device_data(_details("Реквизиты в приложении к письму, выставьте счёт"))


def test_each_rule_says_what_it_is_and_why_and_no_two_share_a_name() -> None:
    assert all(rule.name and rule.because for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        ("договор*", "по Договору № 5", True),
        ("договор*", "уговор", False),
        ("акт", "акты", False),
        ("сколько .. стоит", "сколько сейчас у вас стоит брелок", True),
        ("сколько .. стоит", "сколько ждать. Шлагбаум стоит", False),
        ("(в|из) (приложени*|app)", "не открывается из app", True),
        ("счёт", "выставьте счет", True),
        ("прайс*, веб-кабинет*", "в веб-кабинете", True),
    ],
)
def test_phrases_stand_in_a_text_as_their_notation_says(phrase: str, text: str, stands: bool) -> None:  # noqa: FBT001  # a column of the table
    assert Phrases(phrase).are_in(Words(fold(text))) == stands


@pytest.mark.parametrize("phrase", ["*", "(ак*|да)", "не*"])
def test_a_phrase_that_begins_with_next_to_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="begin"):
        Phrases(phrase)


@given(st.text(max_size=400))
def test_any_text_is_decided_upon(text: str) -> None:
    assert needs_device_data(_details(text)) in {True, False}


@pytest.mark.parametrize(
    "text", ["шлагбаум " * 6_000, "сколько " * 7_000, "(" * 50_000, "удалить в приложении " * 2_500]
)
def test_a_long_text_is_decided_upon_in_bounded_time(text: str) -> None:
    begun_at = time.perf_counter()
    needs_device_data(_details(text))
    assert time.perf_counter() - begun_at < 1


def _details(text: str, *, subject: str = "", device_model: str = "") -> Details:
    return Details(
        subject=subject,
        description=text,
        steps="",
        product_version="",
        device_model=device_model,
        os_version="",
        urgent=False,
        previous_ticket=None,
    )
