"""R3: contact data in the one form in which it is stored and compared."""

import pytest

from shared.domain.contact import parse_email, parse_phone


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ivan@example.ru", "ivan@example.ru"),
        (" Ivan.Petrov@Example.RU ", "ivan.petrov@example.ru"),
        ("ivan+pass24@example.ru", "ivan+pass24@example.ru"),
        ("ivan@пример.рф", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("IVAN@ПРИМЕР.РФ", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("ivan@xn--e1afmkfd.xn--p1ai", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("a" * 64 + "@example.ru", "a" * 64 + "@example.ru"),
    ],
)
def test_r3_email_is_stored_in_lower_case_with_an_ascii_domain(typed: str, stored: str) -> None:
    assert parse_email(typed) == stored
    assert parse_email(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("", "ivan", "ivan@", "@example.ru", "ivan@example", "ivan@@example.ru", "ivan@example..ru"),
        *("иван@example.ru", "Иван <ivan@example.ru>", "ivan@example.ru, olga@example.ru", '"a b"@example.ru'),
        *("ivan@[127.0.0.1]", "ivan@localhost", "ivan@exam ple.ru", "ivan@example.ru\nBcc: olga@example.ru"),
        *("\u200bivan@example.ru", "ivan@example.ru\ud800", "a" * 65 + "@example.ru", "ivan@" + "a" * 64 + ".ru"),
    ],
)
def test_r3_what_mail_can_not_be_sent_to_is_no_email(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_email(typed)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("+7 916 123-45-67", "+79161234567"),
        ("8-916-123-45-67", "+79161234567"),
        ("8 (916) 123-45-67", "+79161234567"),
        ("9161234567", "+79161234567"),
        ("7 916 123 45 67", "+79161234567"),
        ("tel:+79161234567", "+79161234567"),
        ("8 (495) 324-24-42 доб. 123", "+74953242442"),
        ("+7 495 324-24-42 ext 5", "+74953242442"),
        ("8 800 555-35-35", "+78005553535"),
        ("+375 29 123-45-67", "+375291234567"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_r3_phone_is_stored_in_e164_and_read_as_russian_without_a_country_code(typed: str, stored: str) -> None:
    assert parse_phone(typed) == stored
    assert parse_phone(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("", "нет", "0", "112", "123-45-67", "+7 916 123-45-6", "+7 916 123-45-678", "+999 123456789"),
        *("9161234567890123456", "+" * 60, "1" * 300, "\ud800"),
    ],
)
def test_r3_what_can_not_be_dialled_is_no_phone(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_phone(typed)
