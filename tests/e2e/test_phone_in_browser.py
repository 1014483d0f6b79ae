"""A specialist on the phone with a real browser: by keyboard alone, and nothing typed is lost (R1, R10, R15)."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.browser import DESKTOP
from tests.function_instance import World
from tests.phone_instance import LEAST, Instance, instance, served, settings_of
from tests.running_stack import RunningStack, wait_for
from tests.staff import ANNA, Issuer, headers

Visit = Callable[..., Page]

DRAFTS = "Object.keys(localStorage).filter((key) => key.startsWith('pass24-call-')).length"
DRAFT_ID = "sessionStorage.getItem('pass24-call')"
DESCRIPTION = "Не открывается шлагбаум на въезде №2"
TYPED = {
    "phone": "+7 916 123-45-67",
    "name": "Иван Петров",
    "email": "ivan@example.ru",
    "description": "Вылетает приложение\nпри входе",
    "device_model": "Samsung A54",
    "os_version": "Android 14",
    "product_version": "2.14.0",
    "steps": "Открыл, ввёл код",
}


@pytest.fixture
def phone(world: World) -> Iterator[Instance]:
    with Issuer() as issuer, instance(settings_of(world, issuer), issuer) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, phone: Instance) -> Iterator[Visit]:
    """Opens the page of a call as ANNA, in a profile of its own or in the `context` of another page.

    Other arguments are those of `Browser.new_context`.
    """
    contexts: list[BrowserContext] = []
    with served(phone) as address:

        def opened(path: str = "/", context: BrowserContext | None = None, **profile: object) -> Page:
            if context is None:
                context = browser.new_context(
                    **{**DESKTOP, "locale": "ru-RU", "timezone_id": "Asia/Vladivostok", **profile},  # type: ignore[arg-type]  # the caller's options
                    extra_http_headers=headers(phone.issuer, ANNA),
                    base_url=address,
                )
                context.set_default_timeout(15_000)
                contexts.append(context)
            page = context.new_page()
            page.goto(path)
            return page

        yield opened
        for context in contexts:
            context.close()


def focused(page: Page) -> str:
    return str(
        page.evaluate("document.activeElement.id || document.activeElement.type || document.activeElement.tagName")
    )


def save(page: Page) -> int:
    """Ctrl+Enter, and the number of the page that follows."""
    page.keyboard.press("Control+Enter")
    return number_on(page)


def number_on(page: Page) -> int:
    page.wait_for_url("**/saved?*")
    return int(page.locator(".number strong").inner_text())


def type_call(page: Page, **typed: str) -> None:
    for name, text in {"phone": "89161234567", "description": DESCRIPTION, **typed}.items():
        page.locator(f"#{name}").fill("")
        page.locator(f"#{name}").press_sequentially(text)


def only(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    [document] = documents.values()
    return document


def test_r1_r10_a_call_is_registered_and_told_by_keyboard_alone(visit: Visit, world: World) -> None:
    page = visit()
    began = datetime.now(UTC)
    keys = page.keyboard
    expect(page.locator("#phone")).to_be_focused()

    keys.type("89161234567")
    for text in ("Иван Петров", "", DESCRIPTION):
        keys.press("Enter")
        keys.type(text)
    assert focused(page) == "description"
    keys.press("Tab")
    for text in ("Samsung A54", "Android 14", "2.14.0"):
        keys.type(text)
        keys.press("Enter")
    assert focused(page) == "steps"
    keys.press("Tab")
    keys.press("Space")
    keys.press("Control+Enter")

    assert number_on(page) == 12345
    size = page.locator(".number strong").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
    assert size > 150
    expect(page.get_by_role("button", name="Номер сообщён клиенту")).to_be_focused()
    assert world.documents("tickets")["12345"]["acceptance"] == "pending"
    keys.press("Enter")
    expect(page.get_by_text("Клиент знает номер")).to_be_visible()
    ticket, submission = world.documents("tickets")["12345"], only(world.documents("submissions"))
    assert (ticket["acceptance"], ticket["accepted_by"]) == ("accepted", "Анна Петрова <anna@pass24online.ru>")
    assert (ticket["urgent"], submission["contact"]["phone"]) == (True, "+79161234567")
    assert submission["details"]["device_model"] == "Samsung A54"
    assert began - timedelta(seconds=2) <= submission["received_at"] <= ticket["registered_at"]
    expect(page.get_by_role("main").get_by_role("link", name="Новый звонок")).to_be_focused()
    keys.press("Enter")
    page.wait_for_url(re.compile(r"/$"))
    expect(page.locator("#phone")).to_be_focused()
    assert page.locator("#phone").input_value() == ""
    assert page.evaluate(DRAFTS) == 0


def test_r10_the_tabulator_goes_from_the_contact_to_the_description_and_the_time_comes_last(visit: Visit) -> None:
    page = visit()
    order = [focused(page)]
    while order[-1] != "call_started_at" and len(order) < 20:
        page.keyboard.press("Tab")
        order.append(focused(page))
    contact, device = ["phone", "name", "email"], ["device_model", "os_version", "product_version", "steps"]
    assert order == [*contact, "description", *device, "urgent", "same_as", "submit", "reset", "call_started_at"]


def test_r5_r7_r10_the_client_gets_the_number_by_letter_and_is_asked_for_what_is_missing(
    browser: Browser, stack: RunningStack
) -> None:
    client = f"client-{uuid.uuid4().hex[:12]}@example.ru"
    with browser.new_context(**DESKTOP) as context:  # type: ignore[arg-type]  # the options of a desktop
        page = context.new_page()
        page.goto(stack.url("intake_phone"))
        page.get_by_role("button", name="Анна Петрова").press("Enter")
        page.locator("#phone").wait_for()
        type_call(page, email=client, description="Вылетает приложение PASS24")
        number = save(page)
        expect(page.get_by_text("В нём просим прислать то, чего не хватает.")).to_be_visible()

    [letter] = wait_for(lambda: stack.letters(client))
    assert letter["subject"] == f"[#{number}] Обращение зарегистрировано"
    assert "модель телефона" in letter["text"].lower()
    assert wait_for(lambda: stack.ticket(number).get("acceptance") == "accepted")


def values(page: Page) -> dict[str, str]:
    return {name: page.locator(f"#{name}").input_value() for name in (*TYPED, "same_as", "call_started_at")}


def test_r1_reloading_loses_nothing_not_even_the_beginning_of_the_call(visit: Visit, world: World) -> None:
    page = visit()
    type_call(page, **TYPED)
    page.locator("#urgent").check()
    before = values(page)
    assert {name: before[name] for name in TYPED} == TYPED

    page.reload()

    assert values(page) == before
    expect(page.locator("#urgent")).to_be_checked()
    assert page.evaluate(DRAFTS) == 1
    assert save(page) == 12345
    began = datetime.fromisoformat(f"{before['call_started_at']}+03:00")
    assert only(world.documents("submissions"))["received_at"] == began
    assert page.evaluate(DRAFTS) == 0


def test_r1_without_a_connection_the_call_waits_and_is_saved_once_by_itself(visit: Visit, world: World) -> None:
    page = visit()
    type_call(page)
    page.context.set_offline(True)

    page.keyboard.press("Control+Enter")

    expect(page.locator("#notice")).to_contain_text("Связи нет")
    assert page.locator("#description").input_value() == DESCRIPTION
    assert page.evaluate(DRAFTS) == 1
    assert world.documents("submissions") == {}
    page.context.set_offline(False)
    assert number_on(page) == 12345
    assert len(world.documents("submissions")) == 1
    assert page.evaluate(DRAFTS) == 0


def once(page: Page, handle: Callable[[Route], None]) -> None:
    """Something happens to the next call; those after it reach the server.

    Playwright's own `times=1` ends the interception while the call is still held, and may let it go.
    """
    handlers = [handle]
    page.route("**/", lambda route: handlers.pop()(route) if handlers else route.continue_())


def lose_answer(page: Page) -> None:
    """The server saves the next call, and its answer does not arrive."""

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    once(page, lose)


def test_r1_a_call_whose_answer_was_lost_has_one_number(visit: Visit, world: World) -> None:
    page = visit()
    type_call(page)
    lose_answer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("Связи нет")
    assert len(world.documents("submissions")) == 1

    page.reload()  # it goes on by itself

    assert number_on(page) == 12345
    expect(page.get_by_role("heading", name="Этот звонок уже сохранён")).to_be_visible()
    assert len(world.documents("submissions")) == 1


def test_r1_who_types_on_after_a_lost_answer_adds_to_the_same_ticket(visit: Visit, world: World) -> None:
    page = visit()
    type_call(page)
    lose_answer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("Связи нет")

    page.locator("#description").press_sequentially(", номер А123ВС")
    expect(page.locator("#notice")).to_contain_text("Звонок ещё не сохранён")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("зарегистрирован под № 12345")
    assert page.locator("#same_as").input_value() == "12345"

    assert save(page) == 12345
    expect(page.get_by_role("heading", name="Звонок добавлен к обращению")).to_be_visible()
    texts = {each["details"]["description"] for each in world.documents("submissions").values()}
    assert texts == {DESCRIPTION, f"{DESCRIPTION}, номер А123ВС"}
    assert list(world.documents("tickets")) == ["12345"]
    assert page.evaluate(DRAFTS) == 0


def answer_once(page: Page, **answer: Any) -> None:  # noqa: ANN401  # playwright's own
    """Somebody answers the next call in the server's place."""
    once(page, lambda route: route.fulfill(**answer))


@pytest.mark.parametrize("status", [500, 502, 503])
def test_r1_a_server_that_is_away_is_asked_again(visit: Visit, world: World, status: int) -> None:
    page = visit()
    type_call(page)
    answer_once(page, status=status, content_type="text/html", body="<h1>Bad gateway</h1>")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("отправится само")
    assert number_on(page) == 12345
    assert len(world.documents("submissions")) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 302, "headers": {"Location": "https://accounts.example/signin"}},
        {"status": 401, "content_type": "text/plain", "body": "Invalid IAP credentials: empty token"},
        {"status": 403, "content_type": "application/problem+json", "body": '{"detail": "Войдите заново."}'},
        {"status": 200, "content_type": "text/html", "body": "<form>Sign in</form>"},
    ],
)
def test_r1_who_has_to_sign_in_again_loses_nothing(visit: Visit, world: World, answer: dict[str, Any]) -> None:
    page = visit()
    type_call(page)
    answer_once(page, **answer)

    page.keyboard.press("Control+Enter")

    expect(page.locator("#notice")).to_contain_text("Войдите")
    expect(page.locator("#description")).to_have_value(DESCRIPTION)
    assert page.evaluate(DRAFTS) == 1
    assert world.documents("submissions") == {}
    assert save(page) == 12345


def test_r10_what_is_wrong_is_shown_at_its_field_and_the_first_one_is_focused(visit: Visit, world: World) -> None:
    page = visit()
    page.locator("#email").press_sequentially("ivan@")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#email-error")).to_contain_text("проверьте адрес")
    expect(page.locator("#description-error")).to_contain_text("Описание")
    expect(page.locator("#email")).to_be_focused()
    assert world.documents("submissions") == {}
    type_call(page, email="ivan@example.ru")
    assert save(page) == 12345


def test_r1_tabs_have_drafts_of_their_own(visit: Visit) -> None:
    one = visit()
    type_call(one, name="Первый")
    other = visit(context=one.context)
    type_call(other, name="Второй")
    one.reload()
    other.reload()
    assert [page.locator("#name").input_value() for page in (one, other)] == ["Первый", "Второй"]
    assert one.evaluate(DRAFT_ID) != other.evaluate(DRAFT_ID)


def test_r1_a_duplicated_tab_goes_on_with_a_copy(visit: Visit) -> None:
    one = visit()
    type_call(one, name="Первый")
    draft = one.evaluate(DRAFT_ID)
    other = visit(context=one.context)
    # What browsers do when a tab is duplicated.
    other.evaluate("id => sessionStorage.setItem('pass24-call', id)", draft)
    other.reload()
    assert other.locator("#name").input_value() == "Первый"
    assert wait_for(lambda: other.evaluate(DRAFT_ID) != draft)
    other.locator("#name").fill("Второй")
    one.reload()
    assert (one.locator("#name").input_value(), one.evaluate(DRAFT_ID)) == ("Первый", draft)


def test_r1_the_draft_of_a_closed_tab_is_offered(visit: Visit) -> None:
    one = visit()
    type_call(one, name="Первый")
    context = one.context
    one.close()

    other = visit(context=context)
    offer = other.locator("[data-drafts]")
    expect(offer).to_contain_text("Не сохранён звонок: +7 916 123-45-67")
    offer.get_by_role("button", name="Продолжить").press("Enter")

    expect(other.locator("#name")).to_have_value("Первый")
    expect(offer).to_be_hidden()
    assert save(other) == 12345
    assert other.evaluate(DRAFTS) == 0


def test_a_draft_that_is_not_wanted_goes(visit: Visit) -> None:
    one = visit()
    type_call(one)
    context = one.context
    one.close()
    other = visit(context=context)
    other.locator("[data-drafts]").get_by_role("button", name="Удалить").press("Enter")
    expect(other.locator("[data-drafts]")).to_be_hidden()
    assert other.evaluate(DRAFTS) == 0

    type_call(other)
    other.once("dialog", lambda dialog: dialog.dismiss())
    other.get_by_role("button", name="Стереть").press("Enter")
    assert (other.locator("#description").input_value(), other.evaluate(DRAFTS)) == (DESCRIPTION, 1)
    other.once("dialog", lambda dialog: dialog.accept())
    other.get_by_role("button", name="Стереть").press("Enter")
    expect(other.locator("#phone")).to_be_focused()
    assert (other.locator("#description").input_value(), other.evaluate(DRAFTS)) == ("", 0)

    type_call(other)
    for name in ("phone", "description"):
        other.locator(f"#{name}").fill("")
    assert other.evaluate(DRAFTS) == 0


def test_r1_a_browser_that_keeps_nothing_says_so_and_saves_the_call(visit: Visit, world: World) -> None:
    page = visit("/assets/phone.css")
    forbidden = "{ get() { throw new DOMException('', 'SecurityError'); } }"
    for storage in ("localStorage", "sessionStorage"):
        page.add_init_script(f"Object.defineProperty(window, '{storage}', {forbidden});")
    page.goto("/")
    type_call(page)
    expect(page.get_by_text("Браузер не хранит черновик")).to_be_visible()
    assert save(page) == 12345
    assert len(world.documents("submissions")) == 1


def test_a_client_s_data_stay_in_the_browser_for_a_day_at_most(visit: Visit) -> None:
    page = visit()
    type_call(page)
    age = """hours => {
      const key = Object.keys(localStorage).find((each) => each.startsWith('pass24-call-'));
      const draft = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify({ ...draft, at: Date.now() - hours * 3_600_000 }));
    }"""
    page.evaluate(age, 23)
    page.reload()
    assert page.locator("#description").input_value() == DESCRIPTION
    page.evaluate(age, 25)
    page.reload()
    assert page.locator("#description").input_value() == ""
    page.evaluate("localStorage.setItem('pass24-call-x', 'rubbish')")
    page.reload()
    assert page.evaluate(DRAFTS) == 0


def test_r2_a_browser_whose_clock_is_wrong_tells_the_right_beginning(visit: Visit, world: World) -> None:
    blank = visit("/assets/phone.css")
    blank.clock.install(time=datetime.now(UTC) + timedelta(days=2))
    blank.goto("/")
    began = datetime.now(UTC)
    type_call(blank)
    assert save(blank) == 12345
    assert abs(only(world.documents("submissions"))["received_at"] - began) < timedelta(seconds=5)


def test_r15_recent_tickets_appear_while_the_number_is_typed_and_take_the_call(
    visit: Visit, phone: Instance, world: World
) -> None:
    for text in ("Как продлить договор?", DESCRIPTION):
        assert phone.post_json({**LEAST, "description": text}).status_code == 201
    page = visit()
    recent = page.locator("[data-recent]")

    page.keyboard.type("8916123456")
    expect(page.locator("#phone")).to_have_value("+7 916 123-45-6")
    expect(recent).to_be_hidden()
    page.keyboard.type("7")

    expect(recent.get_by_role("radio")).to_have_count(3)
    expect(recent).to_contain_text(f"№ 12346 {DESCRIPTION}")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.press("Alt+2")
    assert page.locator("#same_as").input_value() == "12345"
    link = recent.get_by_role("link")
    expect(link).to_have_count(1)
    assert link.get_attribute("href") == "https://desk.pass24.example/tickets/12345"
    page.keyboard.press("Alt+0")
    assert page.locator("#same_as").input_value() == ""
    # Without the shortcut: one stop of the tabulator, then the arrows.
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.locator("#same_as").input_value() == "12346"
    page.locator("#description").fill("Так и не открывается")
    page.reload()
    expect(recent.get_by_role("radio", checked=True)).to_have_attribute("value", "12346")

    assert save(page) == 12346
    expect(page.get_by_role("heading", name="Звонок добавлен к обращению")).to_be_visible()
    assert sorted(world.documents("tickets")) == ["12345", "12346"]


def test_r15_recent_tickets_are_found_by_address_too_and_go_when_it_is_another(visit: Visit, phone: Instance) -> None:
    phone.post_json({**LEAST, "email": "ivan@example.ru"})
    page = visit()
    page.locator("#email").press_sequentially("ivan@example.ru")
    expect(page.get_by_role("radio")).to_have_count(2)
    page.locator("#email").press_sequentially("x")
    expect(page.locator("[data-recent]")).to_be_hidden()


def test_r15_a_question_that_typing_has_overtaken_is_called_off(visit: Visit, phone: Instance) -> None:
    phone.post_json(LEAST)
    page = visit()

    def is_about_the_first(request: Request) -> bool:
        return request.url.endswith("/recent") and "+7 916" in (request.post_data or "")

    # Never answered.
    page.route("**/recent", lambda route: None if is_about_the_first(route.request) else route.continue_())
    with page.expect_request(is_about_the_first):
        page.keyboard.type("89161234567")
    with page.expect_event("requestfailed", is_about_the_first):
        page.locator("#phone").fill("+7 495 765-43-21")
    expect(page.locator("[data-recent]")).to_be_hidden()


def test_what_is_typed_of_a_client_stands_in_no_address_that_is_logged(visit: Visit, phone: Instance) -> None:
    phone.post_json({**LEAST, "email": "ivan@example.ru"})
    page = visit()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108  # Playwright marks its handlers, and built-in methods take no marks
    type_call(page, email="ivan@example.ru")
    expect(page.get_by_role("radio")).to_have_count(2)
    save(page)
    logged = [text for each in asked for text in (each.url, each.all_headers().get("referer", ""))]
    assert {each.method for each in asked if each.url.endswith("/recent")} == {"POST"}
    assert not [text for text in logged if re.search("916|ivan", unquote(text))]


def test_xss_what_clients_have_written_is_shown_as_text(visit: Visit, phone: Instance) -> None:
    phone.post_json({**LEAST, "subject": "<img src=x onerror=alert(1)><b>x</b>"})
    page = visit()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.keyboard.type("89161234567")
    expect(page.locator("[data-recent]")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("[data-recent] img").count() == 0
    assert dialogs == []


FORMATTED = {
    "89161234567": "+7 916 123-45-67",
    "79161234567": "+7 916 123-45-67",
    "9161234567": "+7 916 123-45-67",
    "+79161234567": "+7 916 123-45-67",
    "8 (916) 123-45-67": "+7 916 123-45-67",
    "84957654321": "+7 495 765-43-21",
    "88001234567": "+7 800 123-45-67",
    "8": "8",
    "89": "+7 9",
    "8916123": "+7 916 123",
    "4957654321": "4957654321",
    "+380441234567": "+380441234567",
    "+44 20 7946 0958": "+44 20 7946 0958",
    "998901234567": "+998901234567",
    "810442079460958": "810442079460958",
    "доб. 12": "доб. 12",
}


def test_r10_a_phone_number_is_formatted_while_it_is_typed(visit: Visit) -> None:
    page = visit()
    shown = {}
    for typed in FORMATTED:
        page.locator("#phone").fill("")
        page.keyboard.type(typed)
        shown[typed] = page.locator("#phone").input_value()
    assert shown == FORMATTED


def test_r10_a_phone_number_is_corrected_where_the_caret_is(visit: Visit) -> None:
    page = visit()
    number, keys = page.locator("#phone"), page.keyboard
    keys.type("89161234567")
    for _ in range(len("45-67")):
        keys.press("ArrowLeft")
    # The caret stands before the 4: the separator behind it is no digit, and is there again.
    for _ in range(3):
        keys.press("Backspace")
    keys.type("98")
    assert number.input_value() == "+7 916 198-45-67"
    keys.press("End")
    for _ in range(30):
        keys.press("Backspace")
    assert number.input_value() == ""
    keys.type("89161234567 доб. 5")
    assert number.input_value() == "+7 916 123-45-67 доб. 5"


def test_r10_a_phone_number_may_be_pasted(visit: Visit) -> None:
    page = visit()
    page.keyboard.insert_text("8 (916) 123-45-67")
    assert page.locator("#phone").input_value() == "+7 916 123-45-67"
    page.locator("#phone").fill("")
    page.keyboard.insert_text("tel. +49 30 901820")
    assert page.locator("#phone").input_value() == "tel. +49 30 901820"


def test_r1_r10_without_javascript_all_works_by_the_form(visit: Visit, world: World) -> None:
    page = visit(java_script_enabled=False)
    page.locator("#phone").fill("8 916 123-45-67")
    page.locator("#urgent").check()
    page.get_by_role("button", name="Сохранить звонок").press("Enter")
    expect(page.locator("#notice")).to_contain_text("Описание")
    assert page.locator("#phone").input_value() == "8 916 123-45-67"
    expect(page.locator("#urgent")).to_be_checked()
    page.locator("#description").fill(DESCRIPTION)
    page.get_by_role("button", name="Сохранить звонок").press("Enter")
    assert number_on(page) == 12345
    page.get_by_role("button", name="Номер сообщён клиенту").press("Enter")
    expect(page.get_by_text("Клиент знает номер")).to_be_visible()
    assert world.documents("tickets")["12345"]["acceptance"] == "accepted"

    page.goto("/")
    page.locator("#phone").fill("8 916 123-45-67")
    page.locator("#description").fill("Так и не открывается")
    page.locator("#same_as").fill("12345")
    page.get_by_role("button", name="Сохранить звонок").press("Enter")
    assert number_on(page) == 12345
    assert list(world.documents("tickets")) == ["12345"]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_can_be_read_by_everybody_and_fit(
    visit: Visit, phone: Instance, screenshots: Path, width: int, scheme: str
) -> None:
    phone.post_json({**LEAST, "urgent": True, "description": "Ы" * 300})
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    wrong: list[str] = []

    def look(name: str) -> None:
        page.screenshot(path=screenshots / f"phone-{name}-{width}-{scheme}.png", full_page=True)
        wrong.extend(f"{name}: {each}" for each in violations(page))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{name}: wider than the screen")

    look("call")
    page.keyboard.type("89161234567")
    expect(page.get_by_role("radio")).to_have_count(2)
    page.keyboard.press("Alt+1")
    look("recent")
    page.locator("#email").fill("ivan@")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#description-error")).not_to_be_empty()
    look("errors")
    page.keyboard.press("Alt+0")
    type_call(page, email="ivan@example.ru", description="Вылетает приложение")
    assert save(page) == 12346
    look("saved")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Клиент знает номер")).to_be_visible()
    look("told")
    for name, path in (("kept", "/saved"), ("missing", "/elsewhere"), ("more", "/?same_as=12346")):
        page.goto(path)
        look(name)
    assert wrong == []


def test_no_page_is_wider_than_the_smallest_phone(visit: Visit, phone: Instance) -> None:
    phone.post_json({**LEAST, "description": "Ы" * 300})
    page = visit(viewport={"width": 320, "height": 600})
    page.keyboard.type("89161234567")
    expect(page.get_by_role("radio")).to_have_count(2)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)
    page.goto("/saved?ticket=12345")
    assert not page.evaluate(wide)
