"""The same request once more through the form: its sender sees the number that it has, and nothing else of it (R15)."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from tests.form_instance import LEAST, TYPED, Attachment, Instance, moment, number_of, text_of
from tests.function_instance import World

Start = Callable[..., Instance]

FIRST = {
    "name": "Иван Тайнов",
    "email": "ivan@example.ru",
    "phone": "8 916 123-45-67",
    "subject": "Шлагбаум",
    "description": "Не открывается шлагбаум",
    "steps": "Нажал «Открыть»",
    "urgent": True,
    "consent": True,
}
AGAIN = {"email": "ivan@example.ru", "description": "Шлагбаум Не открывается шлагбаум", "consent": True}
"""The same words, without anything that would tell of the first request."""


@pytest.fixture
def form(start: Start) -> Instance:
    return start(DUPLICATE_WINDOW="3600")


def body_of(response: TestResponse) -> dict[str, object]:
    body: dict[str, object] = json.loads(response.get_data(as_text=True))
    return body


def test_r15_a_program_hears_the_number_that_the_request_has_and_when_this_one_came(
    form: Instance, world: World
) -> None:
    first = body_of(form.post_json(FIRST))

    response = form.post_json(AGAIN)

    body = body_of(response)
    assert response.status_code == 200
    assert body.keys() == {"ticket", "duplicate", "received_at"}
    assert (body["ticket"], body["duplicate"]) == (12345, True)
    assert moment(str(body["received_at"])) >= moment(str(first["registered_at"]))
    assert list(world.documents("tickets")) == ["12345"]
    states = sorted(each["state"] for each in world.documents("submissions").values())
    assert states == ["attached", "registered"]


def test_r15_a_person_sees_the_number_and_nothing_else_of_the_first_request(form: Instance) -> None:
    form.post_json(FIRST)

    response = form.post_form(
        {
            "email": "ivan@example.ru",
            "description": str(AGAIN["description"]),
            "consent": "1",
            "page_token": form.token(),
        }
    )

    said = text_of(response)
    assert (response.status_code, number_of(response)) == (200, 12345)
    assert "уже зарегистрировано" in said
    assert "ivan@example.ru" in said
    for secret in ("Тайнов", "916 123", "Шлагбаум", "Открыть", "Экстренн", "Получено", "Зарегистрировано:", "Тема"):
        assert secret not in said.replace("Уже зарегистрировано", "")


def test_r15_files_that_came_with_the_repetition_are_kept_and_a_refused_one_is_named(
    form: Instance, world: World
) -> None:
    form.post_form({**TYPED, "page_token": form.token()})

    files = [Attachment("снимок.png", b"\x89PNG"), Attachment("вирус.exe", b"MZ")]
    response = form.post_form({**TYPED, "page_token": form.token()}, files)

    assert number_of(response) == 12345
    assert "вирус.exe" in text_of(response)
    assert [name.rsplit("/", 1)[1] for name in world.objects()] == ["снимок.png"]


def test_r15_the_client_is_told_once_however_often_the_repetition_is_delivered(form: Instance, world: World) -> None:
    form.post_json(LEAST)

    answers = [form.post_json(LEAST, {"Idempotency-Key": "again"}) for _ in range(3)]

    assert [(answer.status_code, body_of(answer)["ticket"]) for answer in answers] == [(200, 12345)] * 3
    assert all(body_of(answer)["duplicate"] for answer in answers)
    kinds = sorted(letter["kind"] for letter in world.documents("notifications").values())
    assert kinds.count("already-registered") == 1
    assert kinds.count("confirmation") == 1


def test_r15_the_same_words_of_somebody_else_are_another_request(form: Instance) -> None:
    form.post_json(LEAST)

    response = form.post_json({**LEAST, "email": "anna@example.ru"})

    assert (response.status_code, body_of(response)["ticket"]) == (201, 12346)


def test_r15_the_same_request_at_the_same_moment_gets_one_number(form: Instance, world: World) -> None:
    form.post_json({**LEAST, "email": "anna@example.ru"})  # the clients and the counter are there

    with ThreadPoolExecutor(4) as senders:
        answers = list(senders.map(lambda _: form.post_json(LEAST), range(4)))

    assert {body_of(answer)["ticket"] for answer in answers} == {12346}
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert sorted(world.documents("tickets")) == ["12345", "12346"]


def without_number_and_times(response: TestResponse) -> str:
    page = re.sub(r"#\d+", "#", response.get_data(as_text=True))
    page = re.sub(r"\d{1,2} [а-я]+ \d{4}[^<]*|[\d.]+ в [\d:]+", "", page)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\"ticket\": \d+", "", page)


@pytest.mark.parametrize("person", [True, False])
def test_r5r_naming_somebody_elses_ticket_looks_just_like_naming_one_that_is_not_there(
    form: Instance, world: World, *, person: bool
) -> None:
    form.post_json({**FIRST, "email": "anna@example.ru", "phone": "8 916 765-43-21"})

    def naming(number: str) -> TestResponse:
        said = {**TYPED, "description": f"Пропуск не пришёл, {number[0]}", "previous_ticket": number}
        if person:
            return form.post_form({**said, "page_token": form.token()})
        return form.post_json({**said, "consent": True})

    theirs, nobodys = naming("12345"), naming("99999")

    assert (theirs.status_code, nobodys.status_code) == (201, 201)
    assert without_number_and_times(theirs).replace("не пришёл, 1", "") == without_number_and_times(nobodys).replace(
        "не пришёл, 9", ""
    )
    tickets = world.documents("tickets")
    assert all("related" not in tickets[number] for number in ("12346", "12347"))


def test_r5r_a_clients_own_earlier_ticket_is_linked(form: Instance, world: World) -> None:
    form.post_json(LEAST)

    response = form.post_json({**LEAST, "description": "Пропуск для гостя не пришёл", "previous_ticket": 12345})

    assert response.status_code == 201
    assert world.documents("tickets")["12346"]["related"] == 12345


def test_r6_what_the_text_says_fills_the_empty_fields(start: Start, world: World) -> None:
    said = {**LEAST, "description": "Не открывается калитка. Телефон Samsung A52, Android 13.", "os_version": "14"}

    assert start().post_json(said).status_code == 201

    [submission] = world.documents("submissions").values()
    assert submission["details"]["device_model"] == "Samsung A52"
    assert submission["details"]["os_version"] == "14"
    assert submission["from_text"] == ["device_model"]
    known = {each["detail"]: each["source"] for each in world.documents("tickets")["12345"]["known"]}
    assert (known["device_model"], known["os_version"]) == ("text", "field")


def test_r6_a_repeated_post_is_the_same_one_although_its_text_filled_fields(form: Instance) -> None:
    said = {**LEAST, "description": "Не открывается калитка. Телефон Samsung A52, Android 13."}

    answers = [form.post_json(said, {"Idempotency-Key": "3f1c"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].get_data() == answers[1].get_data()
