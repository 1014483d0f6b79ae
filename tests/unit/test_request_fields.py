"""The form's rules: what is mandatory (R3, R14), what is made of the rest, and every wrong field at once."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.contact import Contact
from shared.domain.submission import Details
from shared.request_fields import FLAGS, LABELS, LIMITS, InvalidFieldsError, read_answer, read_fields

LEAST = {"email": "ivan@example.ru", "description": "Не открывается шлагбаум", "consent": True}


def errors_of(raw: Mapping[str, object]) -> Mapping[str, str]:
    with pytest.raises(InvalidFieldsError) as caught:
        read_fields(raw)
    return caught.value.errors


def details_of(**more: object) -> Details:
    return read_fields({**LEAST, **more})[1]


def contact_of(**more: object) -> Contact:
    return read_fields({**LEAST, **more})[0]


def test_r14_contact_description_and_consent_are_enough() -> None:
    contact, details = read_fields(LEAST)

    assert contact == Contact("", "ivan@example.ru", None, "")
    assert details == Details("", "Не открывается шлагбаум", "", "", "", "", urgent=False, previous_ticket=None)


def test_r3_a_phone_is_contact_enough() -> None:
    contact, _ = read_fields({"phone": "8-916-123-45-67", "description": "Вопрос", "consent": True})

    assert contact == Contact("", None, "+79161234567", "8-916-123-45-67")


def test_everything_that_is_said_is_kept() -> None:
    raw = {
        "name": "Иван Петров",
        "email": "Ivan@Example.ru",
        "phone": "8 (495) 324-24-42 доб. 12",
        "subject": "Шлагбаум",
        "description": "Не открывается",
        "steps": "1. Открыть\n2. Нажать",
        "product_version": "4.12",
        "device_model": "Samsung A54",
        "os_version": "Android 14",
        "urgent": True,
        "previous_ticket": "#12345",
        "consent": True,
    }

    assert read_fields(raw) == (
        Contact("Иван Петров", "ivan@example.ru", "+74953242442", "8 (495) 324-24-42 доб. 12"),
        Details(
            subject="Шлагбаум",
            description="Не открывается",
            steps="1. Открыть\n2. Нажать",
            product_version="4.12",
            device_model="Samsung A54",
            os_version="Android 14",
            urgent=True,
            previous_ticket=12345,
        ),
    )


def test_r3_an_empty_form_names_all_that_is_mandatory() -> None:
    assert errors_of({}).keys() == {"email", "phone", "description", "consent"}


@pytest.mark.parametrize("nothing", [None, "", " \t\r\n", "\x00\x07", "\u202e\u200e"])
def test_r3_what_holds_no_text_is_not_given(nothing: str | None) -> None:
    raw = dict.fromkeys(("email", "phone", "description"), nothing)

    assert errors_of({**raw, "consent": True}).keys() == {"email", "phone", "description"}


def test_every_wrong_field_is_named_at_once_with_its_own_message_in_russian() -> None:
    raw: dict[str, object] = {name: "я" * (limit + 1) for name, limit in LIMITS.items()}
    raw |= {"urgent": "да", "consent": "да", "telephone": "1"}

    errors = errors_of(raw)

    assert errors.keys() == {*LIMITS, *FLAGS, "telephone"}
    assert all(errors[name].startswith(f"{LABELS[name]}: ") for name in (*LIMITS, *FLAGS))
    assert "«telephone»" in errors["telephone"]


def test_a_wrong_phone_counts_even_when_the_email_is_right() -> None:
    assert errors_of({**LEAST, "phone": "не скажу"}).keys() == {"phone"}


def test_a_wrong_email_counts_even_when_the_phone_is_right() -> None:
    assert errors_of({**LEAST, "phone": "89161234567", "email": "ivan@"}).keys() == {"email"}


@pytest.mark.parametrize("consent", [{}, {"consent": None}, {"consent": False}])
def test_without_consent_there_is_no_request(consent: Mapping[str, object]) -> None:
    rest = {name: value for name, value in LEAST.items() if name != "consent"}

    assert errors_of({**rest, **consent}).keys() == {"consent"}


@pytest.mark.parametrize("value", ["true", "on", 1, 0, [], {}, 1.0])
@pytest.mark.parametrize("name", FLAGS)
def test_a_truth_value_is_true_or_false_and_nothing_like_it(name: str, value: object) -> None:
    assert errors_of({**LEAST, name: value}) == {name: f"{LABELS[name]}: ожидается true или false."}


@pytest.mark.parametrize("value", [5, 1.5, True, ["Иван"], {"a": 1}])
@pytest.mark.parametrize("name", sorted(LIMITS.keys() - {"previous_ticket"}))
def test_a_text_is_a_string_and_nothing_like_it(name: str, value: object) -> None:
    errors = errors_of({**LEAST, name: value})

    assert errors == {name: f"{LABELS[name]}: ожидается строка."}


@pytest.mark.parametrize(
    ("stated", "number"),
    [
        ("12345", 12345),
        ("#12345", 12345),
        (" # 12345 ", 12345),
        ("№ 12345", 12345),
        ("№12345", 12345),
        ("0012345", 12345),
        (12345, 12345),
        (10**15 - 1, 10**15 - 1),
        ("", None),
        (None, None),
    ],
)
def test_previous_ticket_is_read_however_people_write_it(stated: object, number: int | None) -> None:
    assert details_of(previous_ticket=stated).previous_ticket == number


@pytest.mark.parametrize(
    "stated",
    [0, -1, 10**15, 10**30, -(10**30), True, False, 1.5, [12345], "0", "-1", "12 345", "##1", "1e5", "abc", "１２３"],
)
def test_what_can_be_no_tickets_number_is_refused(stated: object) -> None:
    assert errors_of({**LEAST, "previous_ticket": stated}).keys() == {"previous_ticket"}


@pytest.mark.parametrize("name", sorted(LIMITS.keys() - {"email", "phone", "previous_ticket"}))
def test_a_text_may_have_as_many_characters_as_its_limit(name: str) -> None:
    limit = LIMITS[name]

    assert details_or_name(name, "я" * limit) == "я" * limit
    [message] = errors_of({**LEAST, name: "я" * (limit + 1)}).values()
    assert f"{limit + 1} знаков" in message
    assert str(limit) in message


def details_or_name(name: str, value: str) -> object:
    contact, details = read_fields({**LEAST, name: value})
    return contact.name if name == "name" else getattr(details, name)


def test_a_line_break_is_one_character_however_the_browser_sends_it() -> None:
    lines = ("я" * 99 + "\r\n") * 199 + "я" * 100

    assert len(details_of(description=lines).description) == LIMITS["description"]
    assert errors_of({**LEAST, "description": lines + "я"}).keys() == {"description"}


def test_spaces_around_do_not_count_and_lines_stay_lines() -> None:
    details = details_of(
        subject="  Шлагбаум \r\n не   открывается\t", description="\n первое\r\n\r\n  второе\rтретье \n"
    )

    assert details.subject == "Шлагбаум не открывается"
    assert details.description == "первое\n\n  второе\nтретье"


def test_no_field_of_one_line_can_carry_a_second_one() -> None:
    details = details_of(
        **dict.fromkeys(("subject", "product_version", "device_model", "os_version"), "а\r\nBcc: x\u2028y\u2029z\x85w")
    )

    for text in (details.subject, details.product_version, details.device_model, details.os_version):
        assert len(text.splitlines()) == 1


def test_control_characters_and_turned_writing_are_removed() -> None:
    details = details_of(subject="\u202eшалг\u202cбаум\u2066\x1b[31m\x00", description="а\x00б\u202dв\x07г\x7fд\te")

    assert details.subject == "шалгбаум[31m"
    assert details.description == "абвгд\te"


def test_half_surrogates_become_replacement_characters_and_pairs_their_character() -> None:
    assert details_of(description="сбой \ud83d\ude00 и \ud83d всё").description == "сбой 😀 и \ufffd всё"


def test_letters_of_every_script_and_emoji_stay() -> None:
    text = "Ёлка, naïve, 日本語, עברית, 👩\u200d👧, е\u0308"

    assert details_of(description=text).description == text


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r"])
def test_text_in_an_unknown_encoding_is_asked_for_again(codec: str) -> None:
    arrived = "Не открывается шлагбаум".encode(codec).decode("utf-8", "replace")

    [message] = errors_of({**LEAST, "description": arrived}).values()

    assert "UTF-8" in message


def test_a_few_damaged_characters_do_not_stop_a_request() -> None:
    text = "Не открывается шлагбаум \ufffd\ufffd на въезде"

    assert details_of(description=text).description == text


def test_an_unknown_field_is_named_so_that_a_typing_error_in_it_is_seen() -> None:
    errors = errors_of({**LEAST, "e-mail": "ivan@example.ru", "Description": None})

    assert errors.keys() == {"e-mail", "Description"}
    assert all("description" in message for message in errors.values())


def test_many_unknown_fields_make_no_long_answer() -> None:
    assert 1 <= len(errors_of({**LEAST, **{f"field{number}": 1 for number in range(60_000)}})) <= 10


@pytest.mark.parametrize("name", ["\ud800", "x" * 10_000, "a\r\nb", "\x00"])
def test_an_unknown_fields_name_is_fit_to_be_answered(name: str) -> None:
    [(shown, message)] = errors_of({**LEAST, name: 1}).items()

    assert len(shown) <= 100
    assert len(f"{shown} {message}".encode()) < 1000
    assert len(message.splitlines()) == 1


ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*LIMITS, *FLAGS]) | ANY_TEXT, ANY_JSON, max_size=8))
def test_whatever_is_posted_is_read_or_refused_field_by_field(raw: dict[str, object]) -> None:
    try:
        contact, details = read_fields(raw)
    except InvalidFieldsError as error:
        assert error.errors  # noqa: PT017  # both endings are right; hypothesis looks for a third
        "".join([*error.errors, *error.errors.values()]).encode()
    else:
        assert contact.email or contact.phone
        assert details.description


@given(st.fixed_dictionaries(dict.fromkeys(["name", "subject", "description", "steps"], ANY_TEXT)))
def test_what_is_accepted_is_clean_and_stays_the_same_when_it_is_read_again(texts: dict[str, str]) -> None:
    try:
        contact, details = read_fields({**LEAST, **texts})
    except InvalidFieldsError:
        return  # refused, which the test above looks at
    again = {
        "name": contact.name,
        "subject": details.subject,
        "description": details.description,
        "steps": details.steps,
    }

    assert read_fields({**LEAST, **again}) == (contact, details)
    "".join(again.values()).encode()


ASKED = ("description", "steps", "product_version", "device_model", "os_version")


def test_r7_an_answer_holds_what_was_asked_for_and_nothing_else() -> None:
    raw = {"steps": " 1. Открыть\r\n2. Войти ", "os_version": "Android\n13", "device_model": "Чужой", "name": "Иван"}

    details = read_answer(raw, ["steps", "os_version"])

    assert details == Details("", "", "1. Открыть\n2. Войти", "", "", "Android 13", urgent=False, previous_ticket=None)


def test_r7_every_wrong_field_of_an_answer_is_named() -> None:
    with pytest.raises(InvalidFieldsError) as caught:
        read_answer({"device_model": "x" * 101, "os_version": "\ufffd" * 10, "steps": "1"}, ASKED)

    assert caught.value.errors.keys() == {"device_model", "os_version"}


@given(st.dictionaries(st.sampled_from([*LIMITS, "t"]), ANY_TEXT, max_size=8))
def test_r7_whatever_is_answered_is_read_or_refused_field_by_field(raw: dict[str, str]) -> None:
    try:
        details = read_answer(raw, ASKED)
    except InvalidFieldsError as error:
        assert error.errors.keys() <= set(ASKED)  # noqa: PT017  # both endings are right
    else:
        assert (details.subject, details.urgent, details.previous_ticket) == ("", False, None)
        assert all(len(getattr(details, name)) <= LIMITS[name] for name in ASKED)
