"""`intake_form` over the emulators: what it answers, and what then stands in the ledger."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from shared.domain.working_time import WorkingHours
from shared.request_fields import LIMITS
from tests.form_instance import (
    LEAST,
    TYPED,
    Instance,
    is_ticked,
    moment,
    number_of,
    problem_of,
    text_of,
    token_of,
    value_of,
    wrong_fields,
)
from tests.function_instance import World

Start = Callable[..., Instance]

WHOLE = {
    "name": "Иван Петров",
    "email": "Ivan@Example.ru",
    "phone": "8 (495) 324-24-42 доб. 12",
    "subject": "Шлагбаум «Север»",
    "description": "Не открывается.\nНа экране <b>ошибка</b> & 'всё'.",
    "steps": "1. Открыть\n2. Нажать",
    "product_version": "4.12",
    "device_model": "Samsung A54",
    "os_version": "Android 14",
    "urgent": True,
    "previous_ticket": "№ 12345",
    "consent": True,
}
SPECIALISTS = "specialists@pass24online.ru"
HTML = "text/html; charset=utf-8"


def test_r1_the_page_asks_for_no_more_than_is_mandatory(form: Instance) -> None:
    response = form.get()

    page = response.get_data(as_text=True)
    required = re.findall(r'<(?:input|textarea) id="(\w+)"[^>]* required', page)
    assert (response.status_code, response.content_type) == (200, HTML)
    assert required == ["description", "consent"]
    assert set(LIMITS) <= set(re.findall(r'name="(\w+)"', page))


def test_every_page_has_a_token_of_its_own_and_is_kept_by_no_cache(form: Instance) -> None:
    assert form.token() != form.token()
    assert form.get().headers["Cache-Control"] == "no-store"


def test_head_tells_what_get_would(form: Instance) -> None:
    head = form.open("HEAD")

    assert head.status_code == 200
    assert head.get_data() == b""
    assert set(head.headers.keys()) == set(form.get().headers.keys())


def test_r4_a_programs_post_is_answered_with_number_title_and_times(form: Instance) -> None:
    before = datetime.now(UTC)
    response = form.post_json(WHOLE)
    after = datetime.now(UTC)

    body = json.loads(response.get_data(as_text=True))
    assert (response.status_code, response.content_type) == (201, "application/json")
    assert body.keys() == {"ticket", "title", "received_at", "registered_at", "response_starts_at"}
    assert (body["ticket"], body["title"]) == (12345, "[#12345] Шлагбаум «Север»")
    received_at, registered_at = moment(body["received_at"]), moment(body["registered_at"])
    assert before - timedelta(milliseconds=1) <= received_at <= registered_at <= after
    hours = WorkingHours.parse("09:00-18:00", "Europe/Moscow")
    assert moment(body["response_starts_at"]) == hours.next_working_time(received_at)


def test_r2_r3_r17_all_that_was_said_stands_in_the_ledger(form: Instance, world: World) -> None:
    form.post_json(WHOLE)

    [submission] = world.documents("submissions").values()
    assert (submission["channel"], submission["state"], submission["ticket"]) == ("form", "registered", 12345)
    assert submission["contact"] == {
        "name": "Иван Петров",
        "email": "ivan@example.ru",
        "phone": "+74953242442",
        "phone_as_typed": "8 (495) 324-24-42 доб. 12",
    }
    said = {name: value for name, value in WHOLE.items() if name not in {"name", "email", "phone", "consent"}}
    assert submission["details"] == {**said, "previous_ticket": 12345}
    assert submission["consented_at"] == submission["received_at"]
    [ticket] = world.documents("tickets").values()
    assert ticket["received_at"] == submission["received_at"]
    assert (ticket["missing"], ticket["urgent"]) == ([], True)


def test_r5_r11_letters_to_client_and_specialists_are_requested_and_announced(form: Instance, world: World) -> None:
    form.post_json(WHOLE)

    recipients = {id_: letter["recipient"] for id_, letter in world.documents("notifications").items()}
    assert recipients == {"12345-confirmation": "ivan@example.ru", "12345-new-ticket": SPECIALISTS}
    assert world.rings() == sorted(recipients)


def test_r5_who_left_only_a_phone_gets_no_letter_and_the_ticket_says_why(form: Instance, world: World) -> None:
    assert form.post_json({"phone": "89161234567", "description": "Вопрос", "consent": True}).status_code == 201

    assert list(world.documents("notifications")) == ["12345-new-ticket"]
    assert world.documents("tickets")["12345"]["confirmation_omitted"] == "no_email"


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded"])
def test_r1_r4_a_person_gets_a_page_with_the_number(form: Instance, world: World, encoding: str) -> None:
    typed = {**TYPED, "subject": "Шлагбаум", "page_token": form.token()}

    response = form.post_form(typed) if encoding == "multipart" else form.open("POST", data=typed)

    assert (response.status_code, response.content_type) == (201, HTML)
    assert number_of(response) == 12345
    assert "ivan@example.ru" in text_of(response)
    assert world.documents("tickets")["12345"]["title"] == "[#12345] Шлагбаум"


def test_a_browsers_script_may_ask_for_json(form: Instance) -> None:
    typed = {**TYPED, "page_token": form.token()}

    response = form.post_form(typed, headers={"Accept": "application/json"})

    assert (response.status_code, response.content_type) == (201, "application/json")
    assert wrong_fields(form.post_form({}, headers={"Accept": "application/json"})).keys() >= {"description"}


def repeat_of_json(form: Instance) -> Callable[[], TestResponse]:
    return lambda: form.post_json(LEAST, {"Idempotency-Key": "3f1c"})


def repeat_of_page(form: Instance) -> Callable[[], TestResponse]:
    token = form.token()
    return lambda: form.post_form({**TYPED, "page_token": token})


@pytest.mark.parametrize("repeat", [repeat_of_json, repeat_of_page])
def test_a_repeated_post_gets_the_first_answer_and_makes_no_second_ticket_or_letter(
    form: Instance, world: World, repeat: Callable[[Instance], Callable[[], TestResponse]]
) -> None:
    post = repeat(form)
    first, *others = [post() for _ in range(3)]

    assert (first.status_code, [other.status_code for other in others]) == (201, [200, 200])
    for other in others:
        if other.is_json:
            assert other.get_data() == first.get_data()
        else:
            assert number_of(other) == number_of(first) == 12345
            assert "уже зарегистрировано" in text_of(other)
    assert list(world.documents("tickets")) == ["12345"]
    assert len(world.documents("submissions")) == 1
    assert len(world.documents("notifications")) == 2
    assert world.documents("counters")["tickets"]["last"] == 12345


def test_one_key_at_the_same_moment_makes_one_ticket(form: Instance, world: World) -> None:
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda _: form.post_json(LEAST, {"Idempotency-Key": "3f1c"}), range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.get_data() for answer in answers}) == 1
    assert list(world.documents("tickets")) == ["12345"]


def test_r4_twenty_posts_at_once_get_numbers_without_gaps(form: Instance, world: World) -> None:
    with ThreadPoolExecutor(20) as senders:
        answers = list(senders.map(lambda i: form.post_json({**LEAST, "email": f"{i}@example.ru"}), range(20)))

    numbers = sorted(json.loads(answer.get_data())["ticket"] for answer in answers)
    assert numbers == list(range(12345, 12365))
    assert len(world.documents("notifications")) == 40


def test_a_key_with_other_content_is_refused_and_nothing_is_lost(form: Instance, world: World) -> None:
    form.post_json(LEAST, {"Idempotency-Key": "3f1c"})

    response = form.post_json({**LEAST, "description": "Другое"}, {"Idempotency-Key": "3f1c"})

    assert response.status_code == 422
    assert "Idempotency-Key" in problem_of(response)["detail"]
    assert list(world.documents("tickets")) == ["12345"]


def test_other_text_from_a_used_page_comes_back_with_a_fresh_token_and_can_be_sent(form: Instance) -> None:
    token = form.token()
    form.post_form({**TYPED, "page_token": token})

    refused = form.post_form({**TYPED, "description": "Другой вопрос", "page_token": token})

    assert refused.status_code == 422
    assert value_of(refused, "description") == "Другой вопрос"
    assert token_of(refused) != token
    again = form.post_form({**TYPED, "description": "Другой вопрос", "page_token": token_of(refused)})
    assert (again.status_code, number_of(again)) == (201, 12346)


def test_posts_without_a_key_are_requests_of_their_own(form: Instance) -> None:
    assert [json.loads(form.post_json(LEAST).get_data())["ticket"] for _ in range(2)] == [12345, 12346]


def test_a_programs_bad_post_hears_of_all_wrong_fields_at_once(form: Instance, world: World) -> None:
    response = form.post_json({"email": "ivan@", "phone": "нет", "previous_ticket": True, "urgent": 1, "oops": 2})

    assert response.status_code == 422
    fields = wrong_fields(response)
    assert fields.keys() == {"email", "phone", "previous_ticket", "urgent", "oops", "description", "consent"}
    assert all(re.search("[а-яё]", message) for message in fields.values())
    assert world.documents("submissions") == {}


def test_a_person_gets_the_page_back_with_everything_that_was_typed(form: Instance, world: World) -> None:
    typed = {name: f"<b>{name}</b> & \"кавычки\" 'и' \\" for name in LIMITS}
    typed |= {"description": "\n первая\nвторая </textarea><script>alert(1)</script>", "email": "не почта"}
    token = form.token()

    response = form.post_form({**typed, "urgent": "1", "consent": "1", "page_token": token})

    assert (response.status_code, response.content_type) == (422, HTML)
    assert {name: value_of(response, name) for name in typed} == typed
    assert is_ticked(response, "urgent")
    assert is_ticked(response, "consent")
    assert token_of(response) == token
    assert "<script>alert" not in response.get_data(as_text=True)
    marked = re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', response.get_data(as_text=True))
    assert marked == ["email", "phone", "previous_ticket"]
    assert world.documents("submissions") == {}


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("text/plain", b"{}", 415),
        ("application/xml", b"<a/>", 415),
        ("application/vnd.api+json", b"{}", 415),
        ("", b"{}", 415),
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b'{"email": NaN}', 400),
        ("application/json", b"\xff\xfe{", 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", b'{"previous_ticket": ' + b"9" * 10_000 + b"}", 400),
        ("application/json", b"[]", 422),
        ("application/json", b"null", 422),
        ("application/json", b'{"\\ud800": 1}', 422),
        ("application/json", b'{"a": "' + b"x" * 500_000 + b'"}', 413),
    ],
)
def test_a_body_that_can_not_be_read_gets_its_own_status(
    form: Instance, content_type: str, content: bytes, status: int
) -> None:
    response = form.open("POST", data=content, content_type=content_type)

    assert response.status_code == status
    problem_of(response)


def test_a_form_over_the_limit_gets_a_page_that_says_so(start: Start) -> None:
    form = start(MAX_REQUEST_BYTES=str(2**20))

    response = form.open("POST", data=b"x" * (2**20 + 1), content_type="multipart/form-data; boundary=x")

    assert (response.status_code, response.content_type) == (413, HTML)
    assert "1 МБ" in text_of(response)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_named_as_not_allowed(form: Instance, method: str) -> None:
    response = form.open(method)

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    problem_of(response)


def test_an_idempotency_key_may_have_255_characters(form: Instance) -> None:
    assert form.post_json(LEAST, {"Idempotency-Key": "k" * 255}).status_code == 201
    assert form.post_json(LEAST, {"Idempotency-Key": "k" * 256}).status_code == 400


def test_what_is_not_there_is_404_for_people_and_programs(form: Instance) -> None:
    page = form.get("/admin", Accept="text/html")

    assert (page.status_code, page.content_type) == (404, HTML)
    assert form.get("/admin").status_code == 404
    problem_of(form.get("/admin"))


def test_scripts_of_other_sites_are_let_in_only_by_name(start: Start) -> None:
    form = start(CORS_ALLOWED_ORIGINS="https://pass24online.ru, https://lk.pass24online.ru")
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "idempotency-key"}
    ours, theirs = {"Origin": "https://lk.pass24online.ru"}, {"Origin": "https://evil.example"}

    allowed = form.open("OPTIONS", headers={**preflight, **ours})
    posted = form.post_json(LEAST, ours)
    refused = form.open("OPTIONS", headers={**preflight, **theirs})

    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://lk.pass24online.ru"
    assert allowed.headers["Access-Control-Allow-Methods"] == "POST"
    assert {"Content-Type", "Idempotency-Key"} <= set(allowed.headers["Access-Control-Allow-Headers"].split(", "))
    assert (posted.status_code, posted.headers["Access-Control-Allow-Origin"]) == (201, ours["Origin"])
    assert form.post_json({}, ours).headers["Access-Control-Allow-Origin"] == ours["Origin"]
    assert "Access-Control-Allow-Origin" not in refused.headers
    for response in (allowed, posted, refused, form.get()):
        assert "Origin" in response.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_all_sites_may_be_let_in_and_without_the_setting_none_is(start: Start, form: Instance) -> None:
    origin = {"Origin": "https://any.example"}

    everybody = start(CORS_ALLOWED_ORIGINS="*").post_json(LEAST, origin)

    assert everybody.headers["Access-Control-Allow-Origin"] == "https://any.example"
    assert "Access-Control-Allow-Origin" not in form.post_json(LEAST, origin).headers


def test_the_form_stands_in_no_frame_unless_a_site_is_named(start: Start, form: Instance) -> None:
    framed = start(FRAME_ANCESTORS="https://pass24online.ru,https://*.pass24online.ru")

    assert "frame-ancestors 'none'" in form.get().headers["Content-Security-Policy"]
    policy = framed.get().headers["Content-Security-Policy"]
    assert "frame-ancestors https://pass24online.ru https://*.pass24online.ru" in policy


def test_no_page_lets_a_foreign_script_or_style_in(form: Instance) -> None:
    for response in (form.get(), form.post_form({}), form.get("/x", Accept="text/html")):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<script(?![^>]* src=)", response.get_data(as_text=True))


def test_the_pages_script_is_served_under_an_address_that_changes_with_it(form: Instance) -> None:
    [address] = re.findall(r'<script src="(/form\.js\?v=\w+)"', form.get().get_data(as_text=True))

    script = form.get(address)

    assert (script.status_code, script.content_type) == (200, "text/javascript; charset=utf-8")
    assert "immutable" in script.headers["Cache-Control"]
