"""R14: texts of which nobody can tell what the matter is, and clear ones that look like them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.clarity import is_unclear
from shared.domain.submission import Details

UNCLEAR = (
    ("", ""),
    ("", "(письмо без текста)"),
    ("Проблема", "Не работает!!!"),
    ("", "Ничего не работает, сделайте что-нибудь"),
    ("приложение", "не работает ваше приложение"),
    ("Здравствуйте", "Добрый день! Помогите, пожалуйста.\n\nС уважением,\nПётр Осипов\nдиректор ООО «Луч»"),
    ("Re: ", "?????"),
    ("", "Срочно перезвоните 8 916 555-01-02, Ольга"),
    ("Вопрос", "Это Смирнова из 12 квартиры, позвоните мне"),
    ("", "см. фото"),
    ("help", "Hello, it doesn't work. Please help"),
    ("", "ааааа"),
    ("", "Жду ответа!\n\nОтправлено с iPhone"),
    ("", "Уже третий день жду решения, сколько можно, безобразие"),
    ("Помогите", "Не работает!\n\nП. Осипов"),
    ("", "Помогите\nЭто Мстислав, кв 3"),
)
CLEAR = (
    ("Не открывается калитка", "(письмо без текста)"),
    ("домофон", "не работает"),
    ("", "Не работает шлагбаум"),
    ("", "нет связи с замком"),
    ("", "не могу войти"),
    ("", "сайт не открывается"),
    ("", "Верните деньги"),
    ("", "не видно фото гостя"),
    ("Пропуск", "Помогите"),
    ("", "не приходит звонок"),
    ("", "gate is closed"),
    ("", "П. Калитка\nне работает"),
    ("", "не открывается\nничего не работает\nприложение"),
    ("", "Не работает face id"),
    ("", "брелок"),
    ("", "Машина не проезжает, а пишет ошибка"),
)


@pytest.mark.parametrize(("subject", "text"), UNCLEAR)
def test_r14_what_says_nothing_is_unclear(subject: str, text: str) -> None:
    assert is_unclear(_details(subject, text))


@pytest.mark.parametrize(("subject", "text"), CLEAR)
def test_r14_a_single_word_to_the_matter_makes_it_clear(subject: str, text: str) -> None:
    assert not is_unclear(_details(subject, text))


def test_r14_what_phone_it_is_says_nothing_of_the_matter() -> None:
    assert is_unclear(_details("", "Lenovo K12, версия 4.12.1, не работает", device="Lenovo K12", version="4.12.1"))


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_is_clear_or_unclear(subject: str, text: str) -> None:
    assert is_unclear(_details(subject, text)) in {True, False}


@pytest.mark.parametrize(
    "text", ["не работает " * 4_000, "\n" * 50_000, "-" * 50_000, " с уважением" * 4_000, "a@" * 590]
)
def test_a_long_text_is_judged_in_bounded_time(text: str) -> None:
    begun_at = time.perf_counter()
    is_unclear(_details(text[:200], text))
    assert time.perf_counter() - begun_at < 1


def _details(subject: str, text: str, *, device: str = "", version: str = "") -> Details:
    return Details(
        subject=subject,
        description=text,
        steps="",
        product_version=version,
        device_model=device,
        os_version="",
        urgent=False,
        previous_ticket=None,
    )
