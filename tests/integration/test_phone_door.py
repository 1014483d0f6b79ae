"""The specialists' door over the emulators: a call by form or JSON gets its number, or joins a ticket (R1, R2, R10)."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.domain.delivery import Report
from tests.form_instance import moment
from tests.function_instance import World
from tests.operators import report
from tests.phone_instance import (
    LEAST,
    Instance,
    number_on,
    problem_of,
    text_of,
    token_of,
    value_of,
    wrong_fields,
)
from tests.staff import ANNA, BORIS, VERA

FULL = {
    "phone": "+7 916 123-45-67",
    "name": "Иван Петров",
    "email": "ivan@example.ru",
    "description": "Вылетает приложение\nпри входе",
    "steps": "Открыл, ввёл код",
    "product_version": "2.14.0",
    "device_model": "Samsung A54",
    "os_version": "Android 14",
    "urgent": True,
}
Start = Callable[..., Instance]
OTHER = {"phone": "8 495 765-43-21", "description": "Как продлить договор на обслуживание?"}


def body_of(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    body: dict[str, Any] = json.loads(response.get_data(as_text=True))
    return body


def only(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    [document] = documents.values()
    return document


def test_r1_r2_r10_a_call_by_json_is_registered_as_of_its_beginning(phone: Instance, world: World) -> None:
    began = datetime.now(UTC) - timedelta(minutes=5)

    answer = body_of(phone.post_json({**FULL, "call_started_at": began.isoformat()}), 201)

    assert answer.keys() == {"ticket", "title", "received_at", "registered_at", "response_starts_at", "way"}
    assert (answer["ticket"], answer["title"], answer["way"]) == (
        12345,
        "[#12345] Вылетает приложение при входе",
        "new",
    )
    assert abs(moment(answer["received_at"]) - began) < timedelta(milliseconds=1)
    assert moment(answer["registered_at"]) > began + timedelta(minutes=4)
    submission = only(world.documents("submissions"))
    assert (submission["channel"], submission["by"]) == ("phone", "Анна Петрова <anna@pass24online.ru>")
    assert submission["details"]["device_model"] == "Samsung A54"
    ticket = world.documents("tickets")["12345"]
    assert (ticket["channels"], ticket["urgent"], ticket["received_at"]) == (["phone"], True, began)
    assert "missing" not in ticket or ticket["missing"] == []


def test_r5_r7_r11_client_and_specialists_get_their_letters(phone: Instance, world: World) -> None:
    phone.post_json({**LEAST, "email": "ivan@example.ru", "description": "Вылетает приложение"})
    letters = {each["kind"]: each["recipient"] for each in world.documents("notifications").values()}
    assert letters == {"confirmation": "ivan@example.ru", "new-ticket": "specialists@pass24online.ru"}
    assert world.rings() == ["12345-confirmation", "12345-new-ticket"]
    assert world.documents("tickets")["12345"]["asked_at"]


def test_r10_a_browser_is_led_to_the_number_and_may_load_it_again(phone: Instance, world: World) -> None:
    typed = {name: "1" if value is True else str(value) for name, value in FULL.items()}

    response = phone.post_form(typed)

    pages = [phone.saved(response) for _ in range(2)]
    assert [number_on(page) for page in pages] == [12345, 12345]
    assert "Звонок зарегистрирован" in text_of(pages[0])
    assert "Вылетает приложение при входе" in text_of(pages[0])
    assert "ivan@example.ru" in text_of(pages[0])
    assert len(world.documents("submissions")) == 1
    assert only(world.documents("submissions"))["details"]["urgent"] is True


def test_r10_without_an_address_the_page_says_that_there_is_no_letter_and_what_to_ask(phone: Instance) -> None:
    page = text_of(phone.saved(phone.post_form({**LEAST, "description": "Вылетает приложение"})))
    assert "Письма не будет: почты нет." in page
    assert "Спросите, пока клиент на линии" in page
    assert "модель телефона" in page


def test_r7_with_an_address_the_page_says_that_the_letter_asks(phone: Instance) -> None:
    page = text_of(
        phone.saved(phone.post_form({**LEAST, "email": "i@example.ru", "description": "Вылетает приложение"}))
    )
    assert "Письмо с номером: на i@example.ru" in page
    assert "В нём просим прислать то, чего не хватает." in page


def test_r2_the_form_s_time_is_moscow_s(phone: Instance, world: World) -> None:
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    moscow = f"{began + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}"
    phone.post_form({**LEAST, "call_started_at": moscow})
    assert only(world.documents("submissions"))["received_at"] == began


def test_r2_an_empty_page_begins_now(phone: Instance) -> None:
    shown = datetime.fromisoformat(f"{value_of(phone.get(), 'call_started_at')}+03:00")
    assert abs(datetime.now(UTC) - shown) < timedelta(seconds=30)


def test_r1_the_same_page_sent_twice_is_one_call(phone: Instance, world: World) -> None:
    typed = {**LEAST, "post_token": phone.token()}
    first, second = phone.saved(phone.post_form(typed)), phone.saved(phone.post_form(typed))
    assert (number_on(first), number_on(second)) == (12345, 12345)
    assert "уже сохранён" in text_of(second)
    assert len(world.documents("submissions")) == 1


def test_r1_the_same_idempotency_key_is_one_call_of_one_specialist(phone: Instance, world: World) -> None:
    key = {"Idempotency-Key": "draft-1"}
    first, again = body_of(phone.post_json(LEAST, key), 201), body_of(phone.post_json(LEAST, key), 200)
    other = body_of(phone.asked_by(BORIS).post_json(OTHER, key), 201)
    assert again == {**first, "way": "repeated"}
    assert other["ticket"] == 12346
    assert len(world.documents("submissions")) == 2


def test_r1_a_call_that_is_sent_again_keeps_its_first_beginning(phone: Instance) -> None:
    key, began = {"Idempotency-Key": "draft-1"}, datetime.now(UTC) - timedelta(hours=1)
    first = body_of(phone.post_json({**LEAST, "call_started_at": began.isoformat()}, key), 201)
    again = body_of(phone.post_json(LEAST, key), 200)
    assert again["received_at"] == first["received_at"]


def test_r1_without_a_key_each_call_is_a_new_one(start_phone: Start, world: World) -> None:
    phone = start_phone(DUPLICATE_WINDOW="0")
    assert [body_of(phone.post_json(LEAST), 201)["ticket"] for _ in range(2)] == [12345, 12346]
    assert len(world.documents("submissions")) == 2


def test_what_was_typed_after_a_lost_answer_is_kept_for_the_ticket(phone: Instance, world: World) -> None:
    key = {"Idempotency-Key": "draft-1"}
    phone.post_json(LEAST, key)
    more = {**LEAST, "description": "Не открывается шлагбаум, номер А123ВС"}

    refused = phone.post_json(more, key)

    assert refused.status_code == 422
    assert problem_of(refused)["ticket"] == 12345
    answer = body_of(phone.post_json({**more, "same_as": 12345}, {"Idempotency-Key": "draft-2"}), 200)
    assert (answer["ticket"], answer["way"]) == (12345, "joined")
    texts = {each["details"]["description"] for each in world.documents("submissions").values()}
    assert texts == {LEAST["description"], more["description"]}


def test_what_was_typed_on_a_page_that_was_sent_comes_back_with_the_number(phone: Instance) -> None:
    token = phone.token()
    phone.post_form({**LEAST, "post_token": token})

    page = phone.post_form({**LEAST, "description": "И ещё одно", "post_token": token})

    assert page.status_code == 422
    assert (value_of(page, "description"), value_of(page, "same_as")) == ("И ещё одно", "12345")
    assert token_of(page) != token
    typed = {name: value_of(page, name) for name in ("phone", "description", "same_as", "call_started_at")}
    joined = phone.saved(phone.post_form({**typed, "post_token": token_of(page)}))
    assert number_on(joined) == 12345
    assert "Звонок добавлен к обращению" in text_of(joined)


def test_r15_the_same_request_has_its_number_already(phone: Instance, world: World) -> None:
    phone.post_json(LEAST)

    program = body_of(phone.post_json(LEAST), 200)
    page = phone.saved(phone.post_form(LEAST))

    assert (program["ticket"], program["way"]) == (12345, "duplicate")
    assert number_on(page) == 12345
    assert "Уже зарегистрировано под № 12345" in text_of(page)
    assert list(world.documents("tickets")) == ["12345"]
    lines = world.documents("tickets/12345/history").values()
    assert {line["by"] for line in lines if line["event"] == "duplicate_attached"} == {
        "Анна Петрова <anna@pass24online.ru>"
    }


@pytest.mark.parametrize("said", [12345, "12345", " №12345"])
def test_r5r_r10_r15_a_call_about_a_ticket_joins_it(phone: Instance, world: World, said: object) -> None:
    phone.post_json({**OTHER, "email": "ivan@example.ru"})
    world.rings()

    answer = body_of(phone.asked_by(BORIS).post_json({**LEAST, "email": "ivan@example.ru", "same_as": said}), 200)

    assert (answer["ticket"], answer["way"]) == (12345, "joined")
    assert list(world.documents("tickets")) == ["12345"]
    [joined] = [each for each in world.documents("submissions").values() if each["state"] == "attached"]
    assert (joined["ticket"], joined["details"]["description"]) == (12345, LEAST["description"])
    [line] = world.documents("tickets/12345/history").values()
    assert (line["event"], line["by"]) == ("message_joined", "Борис Смирнов <boris@pass24online.ru>")
    # Whoever works on the ticket hears of it; the client, who has the number, gets no second letter.
    assert world.rings() == ["12345-new-message-2"]


def test_r15_joining_twice_under_one_key_is_joining_once(phone: Instance, world: World) -> None:
    phone.post_json(OTHER)
    key = {"Idempotency-Key": "draft-1"}
    first, again = (body_of(phone.post_json({**LEAST, "same_as": 12345}, key), 200) for _ in range(2))
    without = body_of(phone.post_json(LEAST, key), 200)
    assert (first["way"], again["way"], without["way"]) == ("joined", "repeated", "repeated")
    assert {first["ticket"], again["ticket"], without["ticket"]} == {12345}
    assert len(world.documents("submissions")) == 2


def test_r15_a_call_that_has_a_number_is_not_moved_by_naming_another_ticket(phone: Instance, world: World) -> None:
    phone.post_json(OTHER)
    key = {"Idempotency-Key": "draft-1"}
    phone.post_json(LEAST, key)
    answer = body_of(phone.post_json({**LEAST, "same_as": 12345}, key), 200)
    assert (answer["ticket"], answer["way"]) == (12346, "repeated")
    assert world.documents("tickets/12345/history") == {}


def test_r5u_who_calls_again_because_it_is_urgent_now_makes_the_ticket_urgent(phone: Instance, world: World) -> None:
    phone.post_json(OTHER)
    phone.post_json({**LEAST, "same_as": 12345, "urgent": True})
    assert world.documents("tickets")["12345"]["urgent"] is True


def test_r6_what_a_further_call_says_is_no_longer_missing(phone: Instance, world: World) -> None:
    phone.post_json({**LEAST, "description": "Вылетает приложение"})
    phone.post_json({**LEAST, "description": "Samsung A54, Android 14, версия 2.14.0", "same_as": 12345})
    assert not set(world.documents("tickets")["12345"]["missing"]) & {"device_model", "os_version", "product_version"}


def test_r15_a_ticket_that_is_not_there_is_named_and_nothing_is_written(phone: Instance, world: World) -> None:
    program = phone.post_json({**LEAST, "same_as": 99999})
    person = phone.post_form({**LEAST, "same_as": "99999"})
    assert (program.status_code, person.status_code) == (422, 422)
    assert "99999 нет" in wrong_fields(program)["same_as"]
    assert "99999 нет" in text_of(person)
    assert value_of(person, "description") == LEAST["description"]
    assert world.documents("submissions") == {}


def test_r15_a_ticket_whose_client_was_erased_takes_nothing_more(phone: Instance, world: World) -> None:
    phone.post_json(OTHER)
    world.ledger.document("tickets/12345").update({"erased_at": datetime.now(UTC)})
    assert wrong_fields(phone.post_json({**LEAST, "same_as": 12345})).keys() == {"same_as"}
    assert len(world.documents("submissions")) == 1


def test_every_wrong_field_is_named_at_once_and_nothing_is_lost(phone: Instance, world: World) -> None:
    typed = {
        "phone": "нет",
        "name": "Иван «<b>»",
        "email": "ivan@",
        "description": "",
        "steps": "Раз\n<script>",
        "urgent": "1",
        "same_as": "много",
        "call_started_at": "2026-01-01T00:00:00",
    }

    page = phone.post_form(typed)

    assert page.status_code == 422
    assert {name: value_of(page, name) for name in typed} == typed
    assert re.search('<input id="urgent"[^>]* checked', page.get_data(as_text=True))
    said = text_of(page)
    for words in (
        "Телефон: проверьте",
        "Электронная почта: проверьте",
        "Описание:",
        "Начало разговора:",
        "только цифры",
    ):
        assert words in said
    assert wrong_fields(phone.post_json({**typed, "urgent": True, "call_started_at": "вчера"})).keys() == {
        *("phone", "email", "description", "same_as", "call_started_at")
    }
    assert world.documents("submissions") == {}


def test_r10_the_tick_accepts_the_ticket_of_a_client_without_an_address(phone: Instance, world: World) -> None:
    page = phone.saved(phone.post_form(LEAST))

    told = phone.post_form({"ticket": "12345", "post_token": token_of(page)}, path="/told")

    shown = phone.saved(told)
    assert number_on(shown) == 12345
    assert "Обращение принято" in text_of(shown)
    assert "Номер сообщён клиенту" not in text_of(shown)
    ticket = world.documents("tickets")["12345"]
    assert (ticket["acceptance"], ticket["accepted_by"]) == ("accepted", "Анна Петрова <anna@pass24online.ru>")
    [line] = world.documents("tickets/12345/history").values()
    assert (line["event"], line["by"]) == ("number_told", "Анна Петрова <anna@pass24online.ru>")


def test_r10_ticking_twice_changes_nothing(phone: Instance, world: World) -> None:
    phone.post_json(LEAST)
    first = body_of(phone.post_json({"ticket": 12345}, path="/told"), 200)
    before = world.documents("tickets"), world.documents("tickets/12345/history")
    again = body_of(phone.asked_by(VERA).post_json({"ticket": "#12345"}, path="/told"), 200)
    assert first == again
    assert (first["ticket"], moment(first["accepted_at"])) == (12345, moment(again["accepted_at"]))
    assert (world.documents("tickets"), world.documents("tickets/12345/history")) == before


def test_r10_r15_of_a_merged_ticket_the_number_that_goes_on_is_to_be_told(phone: Instance, world: World) -> None:
    phone.post_json(OTHER)
    phone.post_json(LEAST)
    world.ledger.document("tickets/12346").update({"merged_into": 12345})

    program = phone.post_json({"ticket": 12346}, path="/told")
    person = phone.post_form({"ticket": "12346"}, path="/told")

    assert (program.status_code, person.status_code) == (409, 409)
    assert (problem_of(program)["ticket"], number_on(person)) == (12345, 12345)
    assert "№ 12346 объединено с № 12345" in text_of(person)
    assert {each["acceptance"] for each in world.documents("tickets").values()} == {"pending"}
    assert (
        phone.post_form({"ticket": str(number_on(person)), "post_token": token_of(person)}, path="/told").status_code
        == 303
    )
    assert world.documents("tickets")["12345"]["acceptance"] == "accepted"


@pytest.mark.parametrize(
    ("said", "status"), [(99999, 404), (0, 422), ("много", 422), (None, 422), (True, 422), ([], 422)]
)
def test_r10_what_is_no_ticket_can_t_be_told(phone: Instance, said: object, status: int) -> None:
    program = phone.post_json({"ticket": said}, path="/told")
    assert (program.status_code, problem_of(program)["status"]) == (status, status)
    person = phone.post_form({"ticket": str(said)}, path="/told")
    assert person.status_code == status
    assert person.mimetype == "text/html"


def test_a_number_that_is_not_there_is_not_shown(phone: Instance) -> None:
    for query in ("99999", "0", "", "много", "<b>", "1" * 5000):
        assert phone.get("/saved", ticket=query).status_code == 404


def test_an_unknown_way_is_no_way(phone: Instance) -> None:
    phone.post_json(LEAST)
    page = phone.get("/saved", ticket="12345", way="<script>")
    assert (page.status_code, number_on(page)) == (200, 12345)
    assert "<script>" not in page.get_data(as_text=True)


def test_r10_what_is_missing_is_added_from_the_number_s_page(phone: Instance) -> None:
    phone.post_json({**FULL, "phone": "8 (916) 123-45-67 доб. 5"})
    page = phone.get("/", same_as="12345")
    assert (value_of(page, "same_as"), value_of(page, "name"), value_of(page, "email")) == (
        *("12345", "Иван Петров", "ivan@example.ru"),
    )
    assert value_of(page, "phone") == "8 (916) 123-45-67 доб. 5"
    assert value_of(page, "description") == ""
    unknown = phone.get("/", same_as="99999")
    assert (unknown.status_code, value_of(unknown, "same_as"), value_of(unknown, "phone")) == (200, "99999", "")
    assert value_of(phone.get("/", same_as="много"), "same_as") == ""


def recent(door: Instance, /, **caller: object) -> list[dict[str, Any]]:
    response = door.post_json(caller, path="/recent")
    assert response.headers["Cache-Control"] == "no-store"
    found: list[dict[str, Any]] = body_of(response, 200)["tickets"]
    return found


def test_r15_the_caller_s_recent_tickets_are_found_by_phone_and_address(phone: Instance, world: World) -> None:
    phone.post_json({**LEAST, "email": "ivan@example.ru"})
    phone.post_json({**OTHER, "email": "ivan@example.ru"})
    report(world.ledger, "12345-confirmation", Report.BOUNCED, datetime.now(UTC), "550 5.1.1 no such user")
    phone.post_json({"ticket": 12346}, path="/told")

    by_phone, by_email = recent(phone, phone="+7 (916) 1234567"), recent(phone, email="Ivan@Example.ru")

    assert [each["ticket"] for each in by_phone] == [12345]
    assert [each["ticket"] for each in by_email] == [12346, 12345]
    [shown] = by_phone
    assert shown["title"] == "[#12345] Не открывается шлагбаум"
    assert shown["state"].startswith("письмо с номером не доставлено")
    assert shown["url"] == "https://desk.pass24.example/tickets/12345"
    assert abs(datetime.now(UTC) - moment(shown["received_at"])) < timedelta(minutes=1)
    assert by_email[0]["state"].startswith("принято")


@pytest.mark.parametrize(
    "caller",
    [
        *({}, {"phone": None, "email": None}, {"phone": "+7 916"}, {"phone": "да", "email": "@"}),
        *({"phone": "9" * 5000}, {"email": "\0@я"}, {"email": "\ud800@example.ru", "phone": "\udfff"}),
    ],
)
def test_what_is_no_contact_yet_finds_nothing(phone: Instance, caller: dict[str, str | None]) -> None:
    phone.post_json(LEAST)
    assert recent(phone, **caller) == []


@pytest.mark.parametrize("said", [79161234567, True, [], {"number": "8 916 123-45-67"}])
def test_a_contact_that_is_no_text_is_named(phone: Instance, said: object) -> None:
    response = phone.post_json({"phone": said, "email": "ivan@example.ru"}, path="/recent")
    assert response.status_code == 422
    assert wrong_fields(response) == {"phone": "Телефон: ожидается строка."}


def test_a_caller_s_contact_is_taken_from_no_address_that_is_logged(phone: Instance) -> None:
    phone.post_json(LEAST)
    response = phone.open("POST", "/recent", query_string={"phone": LEAST["phone"]}, json={})
    assert body_of(response, 200) == {"tickets": []}
    asked = phone.get("/recent", phone=LEAST["phone"])
    assert (problem_of(asked)["status"], asked.headers["Allow"]) == (405, "POST")


def test_the_page_leads_to_the_desk_where_there_is_one(start_phone: Start) -> None:
    with_desk, without = start_phone(DESK_URL="https://desk.example/"), start_phone(DESK_URL="")
    assert 'href="https://desk.example"' in with_desk.get().get_data(as_text=True)
    assert "Стол поддержки" not in text_of(without.get())
    assert ANNA.partition(" <")[0] in text_of(without.get())
