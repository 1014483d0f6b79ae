"""A running stack, and a real browser: one of each for all tests, a fresh profile for every test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from local.processes import ROOT
from tests.browser import PHONE, launch
from tests.running_stack import RunningStack, running_stack

SCREENSHOTS = ROOT / ".artifacts" / "screenshots"

LINK_SECRET = "a throw-away key for links"

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """The local stack; a person who is played by a program fills in a form faster than others."""
    folder = tmp_path_factory.mktemp("stack")
    with running_stack(folder, MIN_FILL_TIME="0.1", CONTACT_LIMIT="1000", LINK_SECRETS=LINK_SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without it the tests fail."""
    with sync_playwright() as playwright, launch(playwright) as running:
        yield running


@pytest.fixture
def visit(browser: Browser, stack: RunningStack) -> Iterator[Open]:
    """Opens the form in a profile of its own; arguments are those of `Browser.new_context`."""
    contexts: list[BrowserContext] = []

    def opened(**profile: object) -> Page:
        context = browser.new_context(**{**PHONE, **profile})  # type: ignore[arg-type]  # the caller's options
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(stack.form)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder for full-page screenshots, to look at after a run."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
