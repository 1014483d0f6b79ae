"""A specialist with a real browser, at the desk: what needs him, the list, the day; from a phone to a wall screen."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from shared.domain.contact import Contact
from shared.domain.delivery import Report
from tests.browser import DESKTOP
from tests.contract.configuration import of_type
from tests.desk_instance import (
    DeskInstance,
    arrival,
    bounced,
    described,
    desk_instance,
    everything,
    hear,
    phone_only,
    register,
    served,
)
from tests.function_instance import World
from tests.staff import ANNA, Issuer, headers

Open = Callable[..., Page]
PAGES = ("/", "/tickets", "/today")
WIDTHS = (390, 1440, 2560)


@pytest.fixture
def desk(world: World) -> Iterator[DeskInstance]:
    with Issuer() as issuer, desk_instance(world, issuer) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, desk: DeskInstance) -> Iterator[Open]:
    """Opens a page as a specialist, in a profile of its own; arguments are those of `Browser.new_context`.

    `clocked`: the page's timers go by `page.clock` alone.
    """
    contexts: list[BrowserContext] = []
    with served(desk) as address:

        def opened(path: str, person: str = ANNA, *, clocked: bool = False, **profile: object) -> Page:
            context = browser.new_context(
                **{**DESKTOP, "locale": "ru-RU", **profile},  # type: ignore[arg-type]  # the caller's options
                extra_http_headers=headers(desk.issuer, person),
                base_url=address,
            )
            context.set_default_timeout(15_000)
            contexts.append(context)
            page = context.new_page()
            if clocked:
                page.clock.install()
            page.goto(path)
            return page

        yield opened
        for context in contexts:
            context.close()


def fill_the_ledger(world: World) -> None:
    """One of each that needs a person, and a day like others."""
    now = datetime.now(UTC)
    everything(world, now)
    subjects = (
        "Пропуск не приходит",
        "Вопрос по оплате",
        "Не работает распознавание номеров на въезде со стороны парковки",
    )
    for number in range(30):
        text = subjects[number % len(subjects)]
        ticket = register(
            world,
            described(
                arrival(f"day-{number}", now - timedelta(minutes=7 * number)), subject=text, urgent=number % 9 == 4
            ),
        )
        if number % 4:
            hear(world, ticket, Report.DELIVERED)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_no_wider_than_the_screen(
    visit: Open, world: World, screenshots: Path, scheme: str
) -> None:
    fill_the_ledger(world)
    wrong = []
    for path in PAGES:
        page = visit(path, color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            name = f"desk-{path.strip('/') or 'attention'}-{width}-{scheme}"
            page.screenshot(path=screenshots / f"{name}.png", full_page=True)
            wrong += [f"{name}: {each}" for each in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{name}: wider than the screen")

    assert wrong == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_empty_desk_is_a_pleasure_and_accessible(visit: Open, screenshots: Path, scheme: str) -> None:
    page = visit("/", color_scheme=scheme)
    page.screenshot(path=screenshots / f"desk-empty-{scheme}.png", full_page=True)

    expect(page.get_by_role("heading", name="Всё разобрано")).to_be_visible()
    assert violations(page) == []


def test_r12_a_ticket_is_found_by_its_client_with_the_keyboard_alone_and_without_javascript(
    visit: Open, world: World
) -> None:
    now = datetime.now(UTC)
    ticket = register(world, arrival("form-1", now))
    other = Contact("Пётр", "petr@example.ru", None)
    register(world, arrival("form-2", now, other))
    page = visit("/", java_script_enabled=False)

    page.get_by_role("searchbox").focus()
    page.keyboard.type("8 (916) 123-45-67")
    page.keyboard.press("Enter")

    expect(page.get_by_role("listitem").filter(has_text="Не открывается")).to_have_count(1)
    expect(page.get_by_role("link", name=f"#{ticket.number}")).to_be_visible()


def test_a_search_stands_in_no_entry_of_the_log_but_those_that_are_not_kept(visit: Open, world: World) -> None:
    for number in range(30):
        register(world, arrival(f"form-{number}", datetime.now(UTC) - timedelta(minutes=number)))
    page = visit("/tickets")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108  # Playwright marks its handlers, and built-in methods take no marks

    page.get_by_label("Найти").fill("Иван")
    page.get_by_label("Текст искать").select_option(label="в начале имени")
    page.get_by_label("Найти").press("Enter")
    page.get_by_role("link", name="Дальше").first.click()
    page.wait_for_url("**older=*")
    page.locator(".list a").first.click()
    page.wait_for_url("**/tickets/1*")

    [exclusion] = of_type("google_logging_project_exclusion").values()
    [pattern] = re.findall(r'requestUrl=~\\"(.*?)\\"', exclusion["filter"])
    kept = [each for each in asked if not re.search(pattern, each.url)]
    pages = [each.url for each in asked if each.is_navigation_request()]
    assert (len(pages), [each.url for each in kept if each.is_navigation_request()]) == (3, pages[2:])
    referers = {each.all_headers().get("referer", "") for each in kept}
    assert referers <= {"", page.evaluate("`${location.origin}/`")}
    assert not [each.url for each in kept if "q=" in each.url or "older=" in each.url]


def test_a_number_in_the_search_box_leads_to_its_ticket(visit: Open, world: World) -> None:
    ticket = register(world, arrival("form-1", datetime.now(UTC)))
    page = visit("/tickets")

    page.get_by_label("Найти").fill(f"[#{ticket.number}]")
    page.get_by_role("button", name="Показать").click()

    expect(page).to_have_url(re.compile(rf"/tickets/{ticket.number}$"))


def test_the_first_page_keeps_itself_fresh(visit: Open, world: World) -> None:
    page = visit("/", clocked=True)
    expect(page.get_by_role("heading", name="Всё разобрано")).to_be_visible()
    phone_only(world, datetime.now(UTC))

    page.clock.run_for(61_000)

    expect(page.get_by_role("heading", name="Требует внимания: 1")).to_be_visible()
    expect(page).to_have_title(re.compile("Требует внимания: 1"))


def test_what_somebody_has_begun_to_type_stays(visit: Open, world: World) -> None:
    bounced(world, datetime.now(UTC))
    page = visit("/", clocked=True)
    address = page.get_by_label("Адрес клиента")
    address.fill("right@example.ru")
    address.blur()
    phone_only(world, datetime.now(UTC))

    page.clock.run_for(300_000)

    expect(address).to_have_value("right@example.ru")
    expect(page.get_by_role("heading", name="Требует внимания: 1")).to_be_visible()


def test_the_chart_has_a_table_with_the_same_figures(visit: Open, world: World) -> None:
    now = datetime.now(UTC)
    for number in range(3):
        register(world, arrival(f"form-{number}", now))
    page = visit("/today")
    drawn = page.locator("svg.hours text.value").all_text_contents()

    page.get_by_text("Таблица по часам").click()

    listed = page.get_by_role("region", name="Таблица по часам").get_by_role("cell").all_inner_texts()
    assert [count for count in listed if count != "0"] == drawn == ["3"]
