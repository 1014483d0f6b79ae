"""`python -m tests.e2e.readme_images` takes the README's pictures anew, into docs/images/."""

import smtplib
import sys
import tempfile
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from local.processes import ROOT
from tests.browser import DESKTOP, PHONE, launch, send
from tests.running_stack import RunningStack, running_stack, wait_for

IMAGES = ROOT / "docs" / "images"
TYPED = {
    "name": "Анна Смирнова",
    "email": "anna.smirnova@example.ru",
    "subject": "Не открывается шлагбаум",
    "description": "ЖК «Северный», въезд № 2. С утра шлагбаум не открывается по кнопке в приложении, "
    "на экране «Нет связи с устройством».",
}
WRONG = "olga.ivanova@exmaple.ru"
POSTED = (
    {
        "name": "Ольга Иванова",
        "email": WRONG,
        "phone": "+7 916 765-43-21",
        "subject": "Не приходит код подтверждения",
        "description": "При входе в приложение не приходит код. Версия 3.2.1, iPhone 13, iOS 17.5.",
    },
    {
        "name": "Пётр Волков",
        "phone": "+7 495 111-22-33",
        "description": "Не могу заказать пропуск гостю: приложение закрывается на выборе даты",
    },
)
CALL = {
    "phone": "9167654321",
    "name": "Ольга Иванова",
    "description": "Звонит второй раз: код так и не приходит, войти не может. Просит выслать номер на другую почту.",
}
_PATIENCE = 20.0


def main() -> int:
    """Play a client with a phone and a specialist at a screen, and take pictures of what they see."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), MIN_FILL_TIME="0.1", FIRST_TICKET_NUMBER="12345") as stack,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        client(browser, stack)
        arrivals(stack)
        specialist(browser, stack)
    return 0


def client(browser: Browser, stack: RunningStack) -> None:
    """The form on a phone, and the page with the number."""
    context = browser.new_context(**{**PHONE, "device_scale_factor": 1.5, "color_scheme": "light"})  # type: ignore[arg-type]  # one table of options
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
    context.close()


def arrivals(stack: RunningStack) -> None:
    """Requests that need a person: a letter that came back, a client without an address, a mail in quarantine."""
    stack.fault(delivery="bounce", to=WRONG, reason=f"550 5.1.1 <{WRONG}>: user unknown", times=1)
    for request in POSTED:
        answer = requests.post(stack.form, json={**request, "consent": True}, timeout=_PATIENCE)
        answer.raise_for_status()
    mail = EmailMessage()
    mail["From"], mail["To"] = "Выгодно <sale@example.com>", "support@pass24online.ru"
    mail["Subject"], mail["X-Local-Spam-Score"] = "Оптовые поставки", "9"
    mail.set_content("Предлагаем оптовые поставки по низким ценам.")
    smtp = urlsplit(stack.url("smtp"))
    with smtplib.SMTP(smtp.hostname or "", smtp.port or 0) as server:
        server.send_message(mail)
    assert wait_for(lambda: stack.ticket(12346).get("acceptance") == "undeliverable")


def specialist(browser: Browser, stack: RunningStack) -> None:
    """The desk, a ticket, a call, the mailbox."""
    context = browser.new_context(**{**DESKTOP, "locale": "ru-RU", "timezone_id": "Europe/Moscow"})  # type: ignore[arg-type]  # as above
    page = context.new_page()
    page.goto(stack.url("desk"))
    page.get_by_role("button", name="Анна Петрова").click()
    page.screenshot(path=IMAGES / "desk.png", full_page=True)
    page.goto(f"{stack.url('desk')}/tickets/12346")
    page.screenshot(path=IMAGES / "ticket.png", full_page=True)
    call(page, stack)
    page.goto(stack.url("mailbox"))
    page.screenshot(path=IMAGES / "mailbox.png")
    context.close()


def call(page: Page, stack: RunningStack) -> None:
    """A call that is being typed; the caller's earlier ticket shows."""
    page.goto(stack.url("intake_phone"))
    page.locator("#phone").press_sequentially(CALL["phone"])
    page.locator('input[value="12346"]').wait_for()
    for name in ("name", "description"):
        page.locator(f"#{name}").fill(CALL[name])
    page.screenshot(path=IMAGES / "phone.png", full_page=True)


if __name__ == "__main__":
    sys.exit(main())
