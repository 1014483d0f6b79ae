"""Chromium, and how people fill in the form with it."""

import os
import re
from collections.abc import Mapping

from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
PHONE: Mapping[str, object] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "ru-RU",
    "timezone_id": "Europe/Moscow",
}
DESKTOP: Mapping[str, object] = {
    "viewport": {"width": 1280, "height": 900},
    "device_scale_factor": 1,
    "is_mobile": False,
    "has_touch": False,
}
# It talks to nobody but the page; root, which containers run as, has no sandbox.
_QUIET = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def launch(playwright: Playwright) -> Browser:
    """Starts the system's Chromium."""
    sandbox = () if os.geteuid() else ("--no-sandbox",)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*_QUIET, *sandbox])


def fill_in(page: Page, **typed: str) -> None:
    """Types into fields by their names, and agrees to the processing of personal data."""
    for name, text in typed.items():
        page.locator(f"#{name}").fill(text)
    page.locator("#consent").check()


def send(page: Page) -> None:
    """Presses the button, and waits for the answer's page."""
    with page.expect_navigation():
        page.get_by_role("button", name="Отправить обращение").click()


def number_on(page: Page) -> int:
    """The ticket's number on the answer's page."""
    found = re.fullmatch(r"#(\d+)", page.locator(".number strong").inner_text())
    assert found
    return int(found[1])
