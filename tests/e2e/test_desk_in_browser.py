"""A specialist with a real browser, at the desk: what needs him, the list, the day; from a phone to a wall screen."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # published without types
from playwright.sync_api import Browser, BrowserContext, Page

from shared.domain.delivery import Report
from tests.browser import DESKTOP
from tests.desk_instance import (
    DeskInstance,
    arrival,
    described,
    desk_instance,
    everything,
    hear,
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
    """Opens a page as a specialist, in a profile of its own; arguments are those of `Browser.new_context`."""
    contexts: list[BrowserContext] = []
    with served(desk) as address:

        def opened(path: str, person: str = ANNA, **profile: object) -> Page:
            context = browser.new_context(
                **{**DESKTOP, "locale": "ru-RU", **profile},  # type: ignore[arg-type]  # the caller's options
                extra_http_headers=headers(desk.issuer, person),
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
