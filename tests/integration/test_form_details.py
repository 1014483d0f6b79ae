"""The page to which the request for information leads: who has the link adds what is missing (R7)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ops.audit import audit
from shared.domain.completeness import Detail
from shared.information_links import InformationLinks
from shared.ledger import LedgerUnavailableError
from shared.request_fields import LIMITS
from shared.settings import Secret
from shared.store.tickets import FirestoreTickets
from tests.email_instance import REPLIES, email_instance, message
from tests.email_instance import settings_of as email_settings
from tests.form_instance import LEAST, LINK_SECRET, Instance, text_of, value_of
from tests.function_instance import World

Start = Callable[..., Instance]

PAGE = "/details"
HTML = "text/html; charset=utf-8"
CRASH = {
    "email": "ivan@example.ru",
    "phone": "8 916 123-45-67",
    "name": "Иван Тайнов",
    "subject": "Вылетает приложение",
    "description": "Приложение PASS24 вылетает при входе. Секрет: дом 7.",
    "consent": True,
}
DEVICE = (Detail.STEPS, Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION)
ANSWER = {
    "steps": "1. Открыть\n2. Войти",
    "product_version": "4.12.1",
    "device_model": "Samsung A52",
    "os_version": "Android 13",
}


def token(
    ticket: int = 12345, details: tuple[Detail, ...] = DEVICE, secret: str = LINK_SECRET, age: timedelta = timedelta(0)
) -> str:
    links = InformationLinks("https://form.example", [Secret(secret)], timedelta(days=30))
    return links.link(ticket, details, datetime.now(UTC) - age).partition("?t=")[2]


@pytest.fixture
def asked(form: Instance) -> Instance:
    """A form with a ticket, 12345, that lacks all about app and phone."""
    assert form.post_json(CRASH).status_code == 201
    return form


def show(form: Instance, token_: str) -> TestResponse:
    return form.get(f"{PAGE}?t={token_}")


def answer(form: Instance, token_: str, /, **typed: str) -> TestResponse:
    return form.open("POST", PAGE, data={"t": token_, **typed})


def field_names(response: TestResponse) -> list[str]:
    return re.findall(r'<(?:input|textarea) id="(\w+)"', response.get_data(as_text=True))


def ticket_of(world: World, number: int = 12345) -> dict[str, Any]:
    return world.documents("tickets")[str(number)]


def answers_in(world: World) -> list[dict[str, Any]]:
    return [each for each in world.documents("submissions").values() if each.get("attached_as") == "answer"]


def heading(response: TestResponse) -> str:
    [found] = re.findall(r"<h1>(.*?)</h1>", response.get_data(as_text=True), re.DOTALL)
    return str(found).replace("&nbsp;", " ")


def test_r7_the_page_has_just_the_fields_that_were_asked_for_each_with_its_hint(asked: Instance) -> None:
    response = show(asked, token())
    two = show(asked, token(details=(Detail.OS_VERSION, Detail.STEPS)))

    assert (response.status_code, response.content_type) == (200, HTML)
    assert field_names(response) == ["steps", "product_version", "device_model", "os_version"]
    assert field_names(two) == ["steps", "os_version"]
    assert "«Настройки» → «О телефоне»" in text_of(response).replace("\u00a0", " ")


def test_r7_the_page_shows_nothing_of_the_ticket_but_number_and_title(asked: Instance) -> None:
    pages = [show(asked, token()), answer(asked, token(), os_version="Android 13"), answer(asked, token(), **ANSWER)]
    pages.append(show(asked, token()))

    for response in pages:
        said = text_of(response)
        assert "#12345" in said
        assert "Вылетает приложение" in said
        for secret in ("ivan", "Тайнов", "916", "дом 7"):
            assert secret not in said


def test_r7_the_page_is_kept_by_no_cache_and_lets_no_foreign_script_in(asked: Instance) -> None:
    response = show(asked, token())

    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in response.get_data(as_text=True)
    assert asked.open("HEAD", f"{PAGE}?t={token()}").status_code == 200


def test_r6_r7_an_answer_joins_the_ticket_and_makes_it_complete(asked: Instance, world: World) -> None:
    response = answer(asked, token(), **ANSWER)

    assert response.status_code == 200
    assert heading(response) == "Спасибо, теперь всё есть"
    ticket = ticket_of(world)
    assert ticket["missing"] == []
    sources = {each["detail"]: each["source"] for each in ticket["known"]}
    assert {sources[name] for name in ANSWER} == {"page"}
    [submission] = answers_in(world)
    assert {name: submission["details"][name] for name in ANSWER} == ANSWER
    assert (submission["channel"], submission["state"], submission["ticket"]) == ("form", "attached", 12345)
    assert submission["contact"].get("email") is None
    assert ticket["contact"]["email"] == "ivan@example.ru"
    history = [each.to_dict() or {} for each in world.ledger.collection("tickets/12345/history").stream()]
    assert "details_answered" in {each["event"] for each in history}


def test_r7_r11_the_specialists_are_told_of_an_answer_and_the_client_gets_no_letter(
    asked: Instance, world: World
) -> None:
    before = set(world.documents("notifications"))
    world.rings()

    answer(asked, token(), **ANSWER)

    added = {id_: each for id_, each in world.documents("notifications").items() if id_ not in before}
    assert [each["kind"] for each in added.values()] == ["new-message"]
    assert world.rings() == sorted(added)


def test_the_ledgers_invariants_hold_with_an_answer_in_it(asked: Instance, world: World) -> None:
    answer(asked, token(), **ANSWER)

    report = audit(world.ledger)

    assert not report.broken, report.text()


def test_r7_a_part_is_welcome_and_the_page_says_what_is_left(asked: Instance, world: World) -> None:
    link = token()
    response = answer(asked, link, device_model="Samsung A52", steps=" ")

    said = text_of(response)
    assert response.status_code == 200
    assert heading(response) == "Спасибо, ответ записан"
    assert "версия приложения PASS24" in said
    assert "версия операционной системы" in said
    assert "модель телефона" not in said
    assert f'href="{PAGE}?t={link}"' in response.get_data(as_text=True)
    assert ticket_of(world)["missing"] == ["steps", "product_version", "os_version"]
    assert field_names(show(asked, token())) == ["steps", "product_version", "os_version"]


def test_r6_steps_alone_are_asked_for_but_not_waited_for(asked: Instance, world: World) -> None:
    response = answer(asked, token(), **{**ANSWER, "steps": ""})

    assert heading(response) == "Спасибо, теперь всё есть"
    assert "шаги" in text_of(response)
    assert ticket_of(world)["missing"] == ["steps"]


def test_r7_an_empty_answer_is_refused(asked: Instance, world: World) -> None:
    response = answer(asked, token(), steps=" \r\n ", os_version="")

    assert response.status_code == 422
    assert "хотя бы одно поле" in text_of(response)
    assert field_names(response) == list(ANSWER)
    assert answers_in(world) == []


def test_r7_an_error_names_its_field_and_keeps_what_was_typed(asked: Instance, world: World) -> None:
    typed = {**ANSWER, "steps": "\n первая\n</textarea><script>alert(1)</script>", "os_version": "x" * 101}

    response = answer(asked, token(), **typed)

    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert {name: value_of(response, name) for name in typed} == typed
    assert re.findall(r'id="(\w+)"[^>]*aria-invalid="true"', page) == ["os_version"]
    assert "Версия операционной системы: слишком длинно" in text_of(response)
    assert "<script>alert" not in page
    assert answers_in(world) == []
    assert answer(asked, token(), **{**typed, "os_version": "13"}).status_code == 200


def test_r7_fields_that_were_not_asked_for_are_ignored(asked: Instance, world: World) -> None:
    link = token(details=(Detail.OS_VERSION,))

    response = answer(asked, link, os_version="13", device_model="Чужой", description="Чужое", email="evil@example.ru")

    assert response.status_code == 200
    [submission] = answers_in(world)
    assert submission["details"]["os_version"] == "13"
    assert "Чуж" not in f"{submission}"
    assert ticket_of(world)["contact"]["email"] == "ivan@example.ru"
    assert "device_model" in ticket_of(world)["missing"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("bad", ["", "rubbish", "tampered", "foreign key", "another ticket's signature", "x" * 100_000])
def test_r7_a_link_that_is_not_ours_opens_nothing(asked: Instance, world: World, method: str, bad: str) -> None:
    good, other = token(), token(12346)
    forged = {
        "tampered": f"{good[:5]}{'A' if good[5] != 'A' else 'B'}{good[6:]}",
        "foreign key": token(secret="another key"),
        "another ticket's signature": f"{good.rpartition('.')[0]}.{other.rpartition('.')[2]}",
    }.get(bad, bad)

    response = show(asked, forged) if method == "GET" else answer(asked, forged, **ANSWER)

    said = text_of(response)
    assert (response.status_code, response.content_type) == (404, HTML)
    assert "ответьте на это письмо" in said
    assert "324-24-42" in said
    assert "12345" not in said
    assert "Вылетает" not in said
    assert answers_in(world) == []
    # What somebody typed with care is not lost either.
    assert method == "GET" or all(text in said for text in ("4.12.1", "Samsung A52", "1. Открыть"))


def test_r7_a_link_without_its_token_is_no_link(asked: Instance) -> None:
    assert asked.get(PAGE).status_code == 404
    assert asked.open("POST", PAGE, data=ANSWER).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_r7_an_expired_link_says_what_to_do_instead(asked: Instance, world: World, method: str) -> None:
    old = token(age=timedelta(days=30, seconds=1))

    response = show(asked, old) if method == "GET" else answer(asked, old, **ANSWER)

    said = text_of(response)
    assert response.status_code == 410
    assert heading(response) == "Срок действия ссылки истёк"
    assert "ответьте на наше письмо" in said
    assert "324-24-42" in said
    assert "#12345" in said
    assert "Вылетает" not in said
    assert answers_in(world) == []


def test_r7_a_link_to_a_ticket_that_is_not_there_opens_nothing(asked: Instance) -> None:
    assert show(asked, token(99999)).status_code == 404
    assert answer(asked, token(99999), **ANSWER).status_code == 404


def test_r7_one_tickets_link_writes_to_no_other(asked: Instance, world: World) -> None:
    assert asked.post_json({**CRASH, "email": "anna@example.ru", "phone": None}).status_code == 201

    answer(asked, token(12345), **ANSWER, ticket="12346", number="12346")

    assert ticket_of(world, 12345)["missing"] == []
    assert len(ticket_of(world, 12346)["missing"]) == 4
    assert len(ticket_of(world, 12346)["submissions"]) == 1


@pytest.mark.usefixtures("asked")
def test_r7_keys_of_links_can_be_changed_while_links_are_out(start: Start) -> None:
    assert show(start(LINK_SECRETS=f"a new key,{LINK_SECRET}"), token()).status_code == 200
    assert show(start(LINK_SECRETS="a new key"), token()).status_code == 404


def test_r7_a_second_click_is_the_same_answer(asked: Instance, world: World) -> None:
    link = token()

    pages = [text_of(answer(asked, link, **ANSWER)) for _ in range(3)]

    assert len(set(pages)) == 1
    assert len(answers_in(world)) == 1
    assert len(ticket_of(world)["submissions"]) == 2
    kinds = [each["kind"] for each in world.documents("notifications").values()]
    assert kinds.count("new-message") == 1


def test_r7_clicks_at_the_same_moment_are_the_same_answer(asked: Instance, world: World) -> None:
    link = token()
    show(asked, link)

    with ThreadPoolExecutor(4) as clicks:
        statuses = list(clicks.map(lambda _: answer(asked, link, **ANSWER).status_code, range(4)))

    assert statuses == [200] * 4
    assert len(answers_in(world)) == 1
    assert len(ticket_of(world)["submissions"]) == 2


def test_r7_another_answer_by_the_same_link_is_kept_as_well(asked: Instance, world: World) -> None:
    answer(asked, token(), device_model="Samsung A52")
    response = answer(asked, token(), **{**ANSWER, "device_model": "Samsung A53"})

    assert heading(response) == "Спасибо, теперь всё есть"
    assert len(answers_in(world)) == 2
    first = next(each for each in ticket_of(world)["known"] if each["detail"] == "device_model")
    assert world.documents("submissions")[first["submission"]]["details"]["device_model"] == "Samsung A52"


def test_r7_a_ticket_that_a_mail_has_completed_meanwhile_says_so(asked: Instance, world: World) -> None:
    text = "Версия приложения 4.12.1, телефон Samsung A52, Android 13.\nШаги:\n1. Открыть\n2. Войти"
    with email_instance(email_settings(world)) as mail:
        reply = message(text, To=REPLIES.address(12345), Subject="Re: [#12345] Обращение зарегистрировано")
        assert mail.mail(reply).status_code == 200
    assert set(ticket_of(world)["missing"]) <= {"steps"}
    link = token(details=(Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION))

    shown, empty = show(asked, link), answer(asked, link)
    typed = answer(asked, link, os_version="Android 14")

    for response in (shown, empty):
        assert response.status_code == 200
        assert heading(response) == "По обращению #12345 всё есть"
        assert field_names(response) == []
    # What was typed before the page was sent is not thrown away.
    assert heading(typed) == "Спасибо, теперь всё есть"
    [submission] = answers_in(world)
    assert submission["details"]["os_version"] == "Android 14"


def test_r14_an_unclear_request_is_asked_what_the_matter_is(form: Instance, world: World) -> None:
    form.post_json({**LEAST, "description": "!!!"})
    link = token(details=(Detail.DESCRIPTION,))

    assert field_names(show(form, link)) == ["description"]
    still = answer(form, link, description="!!!")
    clear = answer(form, link, description="Шлагбаум на въезде № 2 не открывается по пропуску с утра")

    assert heading(still) == "Спасибо, ответ записан"
    assert "описание" in text_of(still)
    assert heading(clear) == "Спасибо, теперь всё есть"
    assert "description" not in ticket_of(world)["missing"]


def test_r15_an_answer_goes_to_the_ticket_that_goes_on(asked: Instance, world: World) -> None:
    for number in (12346, 12347):
        asked.post_json({**CRASH, "subject": f"Тема {number}"})
        world.ledger.document(f"tickets/{number}").update({"merged_into": number - 1})

    link = token(12347)

    shown = show(asked, link)
    response = answer(asked, link, **ANSWER)

    for page in (shown, response):
        said = text_of(page)
        assert "#12345" in said
        assert "#12347" in said
        assert "Тема 12347" in said
        assert "Вылетает" not in said, "of the other ticket just the number is shown"
    assert ticket_of(world, 12345)["missing"] == []
    assert len(ticket_of(world, 12347)["submissions"]) == 1
    assert text_of(answer(asked, link, **ANSWER)) == text_of(response)
    assert len(answers_in(world)) == 1


def test_a_title_is_text_on_every_page(form: Instance) -> None:
    attack = "\"'></title><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
    form.post_json({**CRASH, "subject": attack})

    for response in (show(form, token()), answer(form, token(), steps="x"), answer(form, token(), **ANSWER)):
        page = response.get_data(as_text=True)
        assert attack in unescape(page)
        assert not re.search(r"<img|<script(?![^>]* src=)", page)


def test_too_many_answers_are_put_off_with_all_that_was_typed(start: Start, asked: Instance, world: World) -> None:
    strict = start(ADDRESS_LIMIT="1")
    link = token()
    answer(asked, link, os_version="13")

    # A count that can't be had in time lets a post pass, so one post too many need not be enough.
    posts = [answer(strict, link, device_model=f"Samsung A{number}") for number in range(5)]
    refused = next(each for each in posts if each.status_code == 429)

    assert int(refused.headers["Retry-After"]) >= 1
    assert value_of(refused, "device_model").startswith("Samsung A")
    assert "Слишком много ответов" in text_of(refused)
    # The same again gets its answer, whatever the limit.
    assert answer(strict, link, os_version="13").status_code == 200
    assert len(answers_in(world)) < 6


class _Down:
    def __init__(self, *methods: str) -> None:
        self.methods = methods

    def __call__(self, patch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise LedgerUnavailableError("the test's own outage")

        for method in self.methods:
            patch.setattr(FirestoreTickets, method, fail)
        patch.setattr("shared.joining._PAUSE", 0.01)


@pytest.mark.parametrize("down", [_Down("find", "join"), _Down("join")], ids=["reading", "writing"])
def test_r7_when_the_ledger_is_down_nothing_that_was_typed_is_lost(
    asked: Instance, world: World, monkeypatch: pytest.MonkeyPatch, down: _Down
) -> None:
    with monkeypatch.context() as outage:
        down(outage)
        response = answer(asked, token(), **ANSWER)

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert {name: value_of(response, name) for name in ANSWER} == ANSWER
    assert "осталось здесь" in text_of(response)
    assert answers_in(world) == []
    [link] = re.findall(r'name="t" value="([^"]*)"', response.get_data(as_text=True))
    assert answer(asked, link, **ANSWER).status_code == 200


def test_r7_when_the_ledger_is_down_the_page_asks_to_come_again(
    asked: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Down("find")(monkeypatch)

    response = show(asked, token())

    assert (response.status_code, response.content_type) == (503, HTML)
    assert int(response.headers["Retry-After"]) >= 1


def test_r15_redirects_in_a_circle_end(asked: Instance, world: World) -> None:
    world.ledger.document("tickets/12345").update({"merged_into": 12345})

    assert show(asked, token()).status_code == 503
    response = answer(asked, token(), **ANSWER)
    assert (response.status_code, value_of(response, "os_version")) == (503, "Android 13")


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/plain", b"t=1", 415),
        ("application/x-www-form-urlencoded", b"steps=" + b"x" * 500_000, 413),
        ("multipart/form-data; boundary=x", b"x" * 500_001, 413),
    ],
)
def test_a_body_that_can_not_be_read_gets_its_own_status(
    asked: Instance, content_type: str, content: bytes, status: int
) -> None:
    assert asked.open("POST", PAGE, data=content, content_type=content_type).status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods_are_named_as_not_allowed(asked: Instance, method: str) -> None:
    response = asked.open(method, PAGE)

    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, POST")


def test_a_multipart_form_is_read_as_well_and_its_files_are_not(asked: Instance, world: World) -> None:
    body = {"t": token(), "os_version": "Android 13", "files": (BytesIO(b"1"), "x.png")}

    response = asked.open("POST", PAGE, data=body)

    assert response.status_code == 200
    assert world.objects() == {}
    assert answers_in(world)[0]["details"]["os_version"] == "Android 13"


def test_every_field_of_the_page_has_the_forms_own_limit(asked: Instance) -> None:
    page = show(asked, token()).get_data(as_text=True)

    found = {name: int(limit) for name, limit in re.findall(r'id="(\w+)"[^>]*? maxlength="(\d+)"', page, re.DOTALL)}
    assert found == {name: LIMITS[name] for name in ANSWER}
