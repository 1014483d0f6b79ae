"""What a specialist, or the telephone system, has typed becomes a call, or a list of what is wrong (R2, R3, R10)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_phone.call import (
    CLOCKS_APART,
    OLDEST,
    SAME_AS,
    STARTED_AT,
    Call,
    Typed,
    read_call,
    read_number,
    submission_key,
)
from shared.domain.submission import Channel
from shared.request_fields import InvalidFieldsError
from shared.staff.people import Person, Role

NOW = datetime(2026, 11, 26, 9, 30, 15, 250_000, UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
ANNA = Person("anna@pass24online.ru", "Анна Петрова", Role.SPECIALIST)
BORIS = replace(ANNA, address="boris@pass24online.ru")
LEAST: Mapping[str, object] = {"phone": "8 916 123-45-67", "description": "Не открывается шлагбаум"}
PROGRAM = Typed(LEAST, None, None, "header 1")
PERSON = replace(PROGRAM, key="page 1", zone=MOSCOW)


def read(typed: Typed) -> Call:
    return read_call(typed, ANNA, NOW)


def wrong(typed: Typed) -> Mapping[str, str]:
    with pytest.raises(InvalidFieldsError) as raised:
        read(typed)
    return raised.value.errors


def test_r2_r10_a_call_says_who_called_when_and_who_wrote_it_down() -> None:
    submission = read(replace(PROGRAM, started_at="2026-11-26T12:00:00+03:00")).submission
    assert submission.channel is Channel.PHONE
    assert submission.received_at == datetime(2026, 11, 26, 9, tzinfo=UTC)
    assert submission.contact.phone == "+79161234567"
    assert submission.by == "Анна Петрова <anna@pass24online.ru>"
    assert submission.consented_at is None


def test_r2_a_call_without_a_beginning_begins_now() -> None:
    assert read(PROGRAM).submission.received_at == NOW
    assert read(replace(PERSON, started_at="")).submission.received_at == NOW


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-26T09:00:00Z", datetime(2026, 11, 26, 9, tzinfo=UTC)),
        ("2026-11-26 12:00:00.5+03:00", datetime(2026, 11, 26, 9, 0, 0, 500_000, UTC)),
        ("2026-11-25T23:00:00-05:00", datetime(2026, 11, 26, 4, tzinfo=UTC)),
        (" 2026-11-26T09:00:00Z ", datetime(2026, 11, 26, 9, tzinfo=UTC)),
    ],
)
def test_r2_a_program_says_the_beginning_with_its_zone(said: str, at: datetime) -> None:
    assert read(replace(PROGRAM, started_at=said)).submission.received_at == at


@pytest.mark.parametrize("said", ["2026-11-26T12:00", "2026-11-26T12:00:00", "2026-11-26T12:00:00.000"])
def test_r2_a_person_types_the_beginning_by_the_clock_on_the_wall(said: str) -> None:
    assert read(replace(PERSON, started_at=said)).submission.received_at == datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        *("вчера", "2026-11-26", "2026-11-26T12:00", "2026-11-26T12:00:00", "2026-11-26T12:00:00+0300"),
        *(
            "2026-13-26T12:00:00Z",
            "2026-11-26T25:00:00Z",
            "2026-11-26T12:00:60Z",
            "2026-W48-4T12:00:00Z",
            "20261126T120000Z",
        ),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *("٢٠٢٦-11-26T12:00:00Z", "2026-11-26T12:00:00Z\0", 1_795_000_000, True, [], {}),
    ],
)
def test_r2_what_is_no_moment_is_named_in_russian(said: object) -> None:
    errors = wrong(replace(PROGRAM, started_at=said))
    assert errors.keys() == {STARTED_AT}
    assert errors[STARTED_AT].startswith("Начало разговора: ")


@pytest.mark.parametrize(
    "said", ["2026-11-26T12:00:00Z", "2026-11-26T12:00+03:00", "26.11.2026 12:00", "2026-02-30T12:00"]
)
def test_r2_what_a_person_can_t_have_picked_is_named(said: str) -> None:
    assert wrong(replace(PERSON, started_at=said)).keys() == {STARTED_AT}


def at(moment: datetime) -> Typed:
    return replace(PROGRAM, started_at=moment.isoformat())


def test_r2_a_clock_that_is_a_little_ahead_begins_now() -> None:
    assert read(at(NOW + CLOCKS_APART)).submission.received_at == NOW
    assert "не наступило" in wrong(at(NOW + CLOCKS_APART + timedelta(milliseconds=1)))[STARTED_AT]


def test_r2_a_call_of_last_week_is_written_down_and_an_older_one_is_a_wrong_date() -> None:
    assert read(at(NOW - OLDEST)).submission.received_at == NOW - OLDEST
    assert "7 дней" in wrong(at(NOW - OLDEST - timedelta(milliseconds=1)))[STARTED_AT]


def test_every_wrong_field_is_named_at_once() -> None:
    typed = Typed({"email": "nobody", "urgent": "да", "surname": "Петров"}, "вчера", "много", "header 1")
    assert wrong(typed).keys() == {"email", "description", "urgent", "surname", STARTED_AT, SAME_AS}


def test_r3_a_call_needs_a_contact_and_a_description_and_no_consent() -> None:
    assert wrong(replace(PROGRAM, fields={})).keys() == {"email", "phone", "description"}
    assert wrong(replace(PROGRAM, fields={**LEAST, "consent": True})).keys() == {"consent"}


def test_r6_what_the_client_has_said_of_the_phone_need_not_be_asked_for() -> None:
    typed = replace(PROGRAM, fields={**LEAST, "description": "Вылетает приложение 2.14.0 на Samsung A54, Android 14"})
    submission = read(typed).submission
    assert submission.details.device_model
    assert submission.details.os_version == "Android 14"
    assert {"device_model", "os_version"} <= set(submission.from_text)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (12345, 12345),
        ("12345", 12345),
        ("#12345", 12345),
        (" № 12345 ", 12345),
        ("00012345", 12345),
        (10**15 - 1, 10**15 - 1),
    ],
)
def test_a_number_is_read_with_or_without_its_sign(said: object, number: int) -> None:
    assert read_number(said) == number


@pytest.mark.parametrize(
    "said",
    [
        0,
        -5,
        10**15,
        10**4000,
        1.0,
        float("inf"),
        True,
        None,
        [],
        {},
        "",
        "0",
        "000",
        "-5",
        "12345a",
        "１２３",
        "1" * 17,
        "#",
        "№№1",
    ],
)
def test_what_is_no_number_is_none(said: object) -> None:
    assert read_number(said) is None


@pytest.mark.parametrize("said", [0, True, "много", [12345], {"ticket": 1}, 1.5])
def test_r15_a_ticket_that_can_t_be_one_is_named(said: object) -> None:
    assert wrong(replace(PROGRAM, same_as=said)).keys() == {SAME_AS}


@pytest.mark.parametrize("said", [None, "", "  "])
def test_r15_without_a_ticket_a_call_is_a_new_request(said: object) -> None:
    assert read(replace(PROGRAM, same_as=said)).same_as is None


def test_r1_the_same_page_of_the_same_specialist_is_the_same_call_and_no_other_is() -> None:
    keys = {submission_key(source, person) for source in ("page 1", "page 2", "header 1") for person in (ANNA, BORIS)}
    assert len(keys) == 6
    assert submission_key("page 1", ANNA) == read(PERSON).submission.key
    assert all(key.startswith("phone-") and key.isascii() for key in keys)


@given(st.text(), st.text(max_size=300))
def test_whatever_a_key_holds_it_becomes_a_document_s_id(source: str, address: str) -> None:
    key = submission_key(
        source.encode(errors="replace").decode(), replace(ANNA, address=address.encode(errors="replace").decode())
    )
    assert len(key) == len("phone-") + 32
    assert key.removeprefix("phone-").isalnum()


@given(st.text() | st.integers() | st.none() | st.floats(), st.text() | st.integers() | st.none(), st.booleans())
def test_whatever_is_typed_is_a_call_or_named(started_at: object, same_as: object, by_person: bool) -> None:  # noqa: FBT001  # drawn
    typed = Typed(LEAST, started_at, same_as, "page 1", MOSCOW if by_person else None)
    try:
        received_at = read(typed).submission.received_at
        errors: Mapping[str, str] = {}
    except InvalidFieldsError as error:
        received_at, errors = NOW, error.errors
    assert errors.keys() <= {STARTED_AT, SAME_AS}
    assert NOW - OLDEST <= received_at <= NOW
