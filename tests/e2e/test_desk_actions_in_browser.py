"""R9, R12, R15, R17: a specialist with a real browser puts right what the machine could not, over the whole stack."""

import re
import smtplib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

from local.processes import HOST
from local.services import OFFSETS
from shared.domain.submission import Quarantine
from tests.browser import DESKTOP
from tests.desk_instance import desk_instance, everything, kept, quarantined, served
from tests.function_instance import World
from tests.running_stack import RunningStack, wait_for
from tests.staff import ANNA, Issuer, headers

Open = Callable[..., Page]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

scripted = pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])


@pytest.fixture
def come(browser: Browser, stack: RunningStack) -> Iterator[Open]:
    """Opens a page of the desk as Anna; arguments are those of `Browser.new_context`."""
    contexts: list[BrowserContext] = []

    def opened(path: str, **profile: object) -> Page:
        context = browser.new_context(
            **{**DESKTOP, "locale": "ru-RU", **profile},  # type: ignore[arg-type]  # the caller's options
            base_url=stack.url("desk"),
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        press(page, page.get_by_role("button", name="Анна Петрова"))
        return page

    yield opened
    for context in contexts:
        context.close()


def press(page: Page, button: Locator) -> None:
    with page.expect_navigation():
        button.click()


def address() -> str:
    return f"{uuid.uuid4().hex}@example.ru"


def phone() -> str:
    return f"8 916 {uuid.uuid4().int % 10**7:07}"


def register(stack: RunningStack, email: str, **said: object) -> int:
    body = {"email": email, "name": "Иван Петров", "description": "Не открывается шлагбаум", "consent": True, **said}
    answer = requests.post(stack.form, json=body, timeout=20)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["ticket"])


def becomes(stack: RunningStack, number: int, acceptance: str) -> bool:
    return wait_for(lambda: stack.ticket(number).get("acceptance") == acceptance)


@scripted
def test_r9_r12_a_bounced_letter_is_found_its_address_corrected_and_the_ticket_accepted(
    come: Open, stack: RunningStack, screenshots: Path, *, scripted: bool
) -> None:
    wrong, right = address(), address()
    stack.fault(delivery="bounce", to=wrong, reason="550 5.1.1 no such user", status="5.1.1", times=1)
    number = register(stack, wrong)
    assert becomes(stack, number, "undeliverable")

    page = come("/", java_script_enabled=scripted)
    found = page.get_by_role("listitem").filter(has_text=f"#{number}").first
    expect(found).to_contain_text("адрес не существует")
    press(page, found.get_by_role("link", name=f"#{number}"))

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"[#{number}]")
    page.screenshot(path=screenshots / "desk-ticket-bounced.png", full_page=True)
    concern = page.get_by_role("region", name="Клиент не получил номер")
    expect(concern).to_contain_text(f"Письмо на {wrong} не доставлено: адрес не существует")
    concern.get_by_label("Адрес клиента").fill(right)
    press(page, concern.get_by_role("button", name="Отправить письмо ещё раз"))

    expect(page.get_by_role("status")).to_contain_text("Письмо отправляется ещё раз")
    assert becomes(stack, number, "accepted")
    page.reload()
    expect(page.get_by_text("принято: клиент знает номер").first).to_be_visible()
    expect(page.get_by_role("region", name="История")).to_contain_text(f"Исправлен адрес клиента: {right}")
    [letter] = stack.letters(right)
    assert f"#{number}" in str(letter)
    page.goto("/")
    # It still lacks data, and nothing else.
    waiting = page.locator("section").filter(has=page.get_by_role("link", name=f"#{number}"))
    expect(waiting).to_have_class(re.compile("information"))


@scripted
def test_r15_two_tickets_are_merged_and_taken_apart_again(come: Open, stack: RunningStack, *, scripted: bool) -> None:
    first, second = register(stack, address()), register(stack, address())
    page = come(f"/tickets/{second}", java_script_enabled=scripted)
    page.get_by_text("Объединить с другим обращением").click()
    page.get_by_label("Номер другого обращения").fill(f"#{first}")
    press(page, page.get_by_role("button", name="Объединить", exact=True))

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"[#{first}]")
    expect(page.get_by_role("status")).to_have_text("Обращения объединены.")
    press(page, page.get_by_role("region", name="Связанные обращения").get_by_role("link", name=f"#{second}"))
    expect(page.get_by_text("продолжается под номером").first).to_be_visible()
    press(page, page.get_by_role("button", name="Отменить объединение"))

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"[#{second}]")
    expect(page.get_by_role("region", name="История")).to_contain_text("Отменено объединение с обращением")
    assert "merged_into" not in stack.ticket(second)
    assert stack.ticket(second)["apart"] == [first]


@scripted
def test_r10_who_double_clicks_tells_once(come: Open, stack: RunningStack, *, scripted: bool) -> None:
    number = register(stack, "", phone=phone())
    page = come(f"/tickets/{number}", java_script_enabled=scripted)
    told = page.get_by_role("region", name="Нужно позвонить").get_by_role("button", name="Номер сообщён клиенту")
    told.dblclick(no_wait_after=True)
    expect(page.get_by_role("status")).to_have_text("Записано: номер сообщён клиенту.")
    expect(page.get_by_text(f"Клиенту сообщён номер #{number}")).to_have_count(1)


@scripted
def test_r1_r17_a_message_is_released_from_quarantine_and_its_file_saved_and_never_shown(
    come: Open, stack: RunningStack, *, scripted: bool
) -> None:
    subject = f"Калитка {uuid.uuid4().hex[:8]}"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Пётр <{address()}>", "support@pass24online.ru", subject
    mail["X-Local-Spam-Score"] = "9"
    mail.set_content("Калитка не открывается.")
    mail.add_attachment(b"<script>alert(1)</script>", maintype="text", subtype="html", filename="страница.html")
    with smtplib.SMTP(HOST, stack.base + OFFSETS["smtp"]) as door:
        door.send_message(mail)
    page = come("/", java_script_enabled=scripted)

    def shown() -> int:
        page.reload()
        return page.get_by_role("listitem").filter(has_text=subject).count()

    assert wait_for(shown) == 1
    waiting = page.get_by_role("listitem").filter(has_text=subject)
    expect(waiting).to_contain_text("оно похоже на спам")
    press(page, waiting.get_by_role("button", name="Зарегистрировать"))

    expect(page.get_by_role("status")).to_contain_text("Зарегистрировано.")
    press(page, page.get_by_role("status").get_by_role("link"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(subject)
    with page.expect_download() as download:
        page.get_by_role("link", name="страница.html").click()
    assert download.value.suggested_filename == "страница.html"
    assert download.value.path().read_bytes() == b"<script>alert(1)</script>"
    expect(page.get_by_role("heading", level=1)).to_contain_text(subject)


def test_two_specialists_at_once_the_second_sees_what_changed(
    come: Open, stack: RunningStack, screenshots: Path
) -> None:
    number = register(stack, "", phone=phone())
    first, second = come(f"/tickets/{number}"), come(f"/tickets/{number}")
    first.get_by_label("Модель телефона").fill("Pixel 9")
    press(first, first.get_by_role("button", name="Записать", exact=True))
    second.get_by_label("Версия ОС телефона").fill("Android 16")
    press(second, second.get_by_role("button", name="Записать", exact=True))

    expect(second.get_by_role("heading", level=1)).to_have_text("Пока вы смотрели, обращение изменилось")
    expect(second.get_by_role("region", name="Что произошло")).to_contain_text("Записаны данные со слов клиента")
    second.screenshot(path=screenshots / "desk-changed.png", full_page=True)
    expect(second.get_by_label("Версия операционной системы")).to_have_value("Android 16")
    press(second, second.get_by_role("button", name="Записать", exact=True))
    expect(second.get_by_role("status")).to_have_text("Записано со слов клиента.")
    assert {"device_model", "os_version"}.isdisjoint(stack.ticket(number)["missing"])


def test_what_a_client_writes_runs_nowhere_on_the_desk(come: Open, stack: RunningStack) -> None:
    email = address()
    number = register(stack, email, name=EVIL, subject=EVIL, description=EVIL, steps=EVIL, phone=phone())
    page = come("/")
    ran: list[str] = []

    def heard(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
    for path in (f"/tickets/{number}", "/tickets", f"/tickets?q={email}", "/tickets?q=%3Cscript%3E", "/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x]").count() == 0
    assert (ran, blocked) == ([], [])


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_one_ticket_or_one_message_is_accessible_and_no_wider_than_the_screen(
    browser: Browser, world: World, screenshots: Path, scheme: str
) -> None:
    now = datetime.now(UTC)
    tickets = everything(world, now)
    quarantined(world, now, "mail-failed", Quarantine.FAILED, "")
    kept(world, now - timedelta(minutes=2), "form-waiting")
    pages = {name: f"/tickets/{ticket.number}" for name, ticket in tickets.items()}
    pages |= {key: f"/submissions/{key}" for key in ("mail-quarantined", "mail-nobody", "mail-failed", "form-waiting")}
    wrong = []
    with Issuer() as issuer, desk_instance(world, issuer) as desk, served(desk) as url:
        admitted = headers(issuer, ANNA)
        context = browser.new_context(color_scheme=scheme, locale="ru-RU", extra_http_headers=admitted, base_url=url)  # type: ignore[arg-type]  # one of two words
        page = context.new_page()
        for name, path in pages.items():
            page.goto(path)
            for fold in page.locator("details").all():
                fold.evaluate("it => it.open = true")
            for width in (390, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=screenshots / f"desk-{name}-{width}-{scheme}.png", full_page=True)
                wrong += [f"{name} {width}: {each}" for each in violations(page)]
                if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    wrong.append(f"{name} {width}: wider than the screen")
        context.close()
    assert wrong == []
