"""`python -m tests.e2e.readme_images` takes the README's pictures anew: docs/images/form.png and registered.png."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import FloatRect, sync_playwright

from local.processes import ROOT
from tests.browser import PHONE, launch, send
from tests.running_stack import running_stack

IMAGES = ROOT / "docs" / "images"
TYPED = {
    "name": "Анна Смирнова",
    "email": "anna.smirnova@example.ru",
    "subject": "Не открывается шлагбаум",
    "description": "ЖК «Северный», въезд № 2. С утра шлагбаум не открывается по кнопке в приложении, "
    "на экране «Нет связи с устройством».",
}


def main() -> int:
    """Fill in a form on a phone, and take a picture of it and of the answer."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), MIN_FILL_TIME="0.1", FIRST_TICKET_NUMBER="12345") as stack,
        sync_playwright() as playwright,
        launch(playwright) as browser,
        browser.new_context(**{**PHONE, "device_scale_factor": 1.5, "color_scheme": "light"}) as context,  # type: ignore[arg-type]  # one table of options
    ):
        page = context.new_page()
        page.goto(stack.form)
        for name, text in TYPED.items():
            page.locator(f"#{name}").fill(text)
        page.locator("#consent").check()
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        last = page.locator("#description").bounding_box()
        assert last
        clip = FloatRect(x=0, y=0, width=390, height=last["y"] + last["height"] + 20)
        page.screenshot(path=IMAGES / "form.png", full_page=True, clip=clip)
        send(page)
        page.screenshot(path=IMAGES / "registered.png", full_page=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
