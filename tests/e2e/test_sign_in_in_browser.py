"""A specialist with a real browser signs in at the local stack, and out again."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import DESKTOP, PHONE
from tests.running_stack import RunningStack

Open = Callable[..., Page]


@pytest.fixture
def come(browser: Browser) -> Iterator[Open]:
    """Opens an address in a profile of its own; arguments are those of `Browser.new_context`."""
    contexts: list[BrowserContext] = []

    def opened(url: str, **profile: object) -> Page:
        context = browser.new_context(**{**DESKTOP, "locale": "ru-RU", **profile})  # type: ignore[arg-type]  # the caller's options
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()


def choose(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def test_whoever_follows_a_link_signs_in_by_keyboard_and_is_there(come: Open, stack: RunningStack) -> None:
    wanted = f"{stack.url('desk')}/tickets?q=%2B7+916"
    page = come(wanted)
    expect(page).to_have_title("Вход для сотрудников")

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Анна Петрова")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert page.url == wanted
    expect(page.get_by_text("Анна Петрова")).to_be_visible()


def test_one_sign_in_opens_the_page_for_calls_as_well(come: Open, stack: RunningStack) -> None:
    page = come(stack.url("desk"))
    choose(page, "Борис Смирнов")
    page.goto(stack.url("intake_phone"))

    assert page.url == f"{stack.url('intake_phone')}/"
    expect(page.get_by_text("Борис Смирнов")).to_be_visible()


def test_a_stranger_reads_whom_to_ask(come: Open, stack: RunningStack) -> None:
    page = come(stack.url("desk"))
    choose(page, "Глеб Никитин")

    expect(page.get_by_role("heading", level=1)).to_have_text("Эта страница — для сотрудников поддержки")
    expect(page.get_by_text("head@pass24online.ru")).to_be_visible()


def test_who_signs_out_has_to_sign_in_again(come: Open, stack: RunningStack) -> None:
    page = come(stack.url("desk"))
    choose(page, "Вера Орлова")
    page.goto(f"{stack.url('desk')}/_sign-in")
    expect(page.get_by_text("Вы вошли: Вера Орлова")).to_be_visible()

    choose(page, "Выйти")
    page.goto(f"{stack.url('desk')}/today")

    expect(page).to_have_title("Вход для сотрудников")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_sign_in_page_is_accessible_and_no_wider_than_the_screen(
    come: Open, stack: RunningStack, screenshots: Path, device: dict[str, object], scheme: str
) -> None:
    page = come(f"{stack.url('desk')}/_sign-in", **device, color_scheme=scheme)
    choose(page, "Анна Петрова")
    page.goto(f"{stack.url('desk')}/_sign-in?next=/today")
    page.screenshot(path=screenshots / f"sign-in-{scheme}-{'phone' if device is PHONE else 'desktop'}.png")

    found = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
