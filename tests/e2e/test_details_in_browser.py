"""A person with a phone follows the link of our letter, and gives what is missing (R7)."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Dialog, Page, expect

from shared.domain.completeness import Detail
from shared.information_links import InformationLinks
from shared.settings import Secret
from tests.browser import DESKTOP, fill_in, number_on, send
from tests.e2e.conftest import LINK_SECRET, Open
from tests.running_stack import RunningStack

DEVICE = (Detail.STEPS, Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION)
CRASH = "Приложение PASS24 вылетает при входе"
ANSWER = {
    "steps": "1. Открыть приложение\n2. Нажать «Войти»",
    "product_version": "4.12.1",
    "device_model": "Samsung Galaxy A52",
    "os_version": "Android 13",
}


def register(stack: RunningStack, subject: str = "Вылетает приложение") -> int:
    body = {"email": f"{uuid.uuid4().hex}@example.ru", "subject": subject, "description": CRASH, "consent": True}
    answer = requests.post(stack.form, json=body, timeout=20)
    assert answer.status_code == 201
    return int(answer.json()["ticket"])


def link(stack: RunningStack, ticket: int, details: tuple[Detail, ...] = DEVICE, age: timedelta = timedelta(0)) -> str:
    links = InformationLinks(stack.form, [Secret(LINK_SECRET)], timedelta(days=30))
    return links.link(ticket, details, datetime.now(UTC) - age)


def submit(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Отправить").click()


def pictured(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_r7_without_javascript_what_is_missing_is_given_in_two_goes(
    visit: Open, stack: RunningStack, screenshots: Path, device: str
) -> None:
    page = visit(java_script_enabled=False, **(DESKTOP if device == "desktop" else {}))
    number = register(stack)
    page.goto(link(stack, number))
    pictured(page, screenshots, f"details-{device}")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(rf"Дополните обращение\s#{number}"))

    page.get_by_label("Модель телефона").fill(ANSWER["device_model"])
    submit(page)

    pictured(page, screenshots, f"details-partial-{device}")
    expect(page.locator(".info li")).to_have_count(3)
    page.get_by_role("link", name="Дополнить ещё").click()
    for name in ("steps", "product_version", "os_version"):
        page.locator(f"#{name}").fill(ANSWER[name])
    expect(page.locator("#device_model")).to_have_count(0)
    submit(page)

    pictured(page, screenshots, f"details-complete-{device}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, теперь всё есть")
    assert stack.ticket(number)["missing"] == []
    page.goto(link(stack, number))
    pictured(page, screenshots, f"details-nothing-missing-{device}")
    expect(page.locator("form")).to_have_count(0)


def test_r7_the_page_can_be_filled_in_and_sent_with_the_keyboard_alone(visit: Open, stack: RunningStack) -> None:
    page = visit(**DESKTOP)
    number = register(stack)
    page.goto(link(stack, number))
    reached = []
    for _ in range(15):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.type")
        reached.append(focused)
        if focused in ANSWER:
            page.keyboard.insert_text(ANSWER[focused])
        if focused == "submit":
            break
    assert reached[-5:] == [*ANSWER, "submit"]

    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, теперь всё есть")


@pytest.mark.parametrize("scripted", [True, False])
def test_r7_a_double_click_is_one_answer(visit: Open, stack: RunningStack, *, scripted: bool) -> None:
    page = visit(java_script_enabled=scripted)
    number = register(stack)
    page.goto(link(stack, number))
    page.locator("#os_version").fill("Android 13")

    page.get_by_role("button", name="Отправить").dblclick(no_wait_after=True)

    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, ответ записан")
    page.wait_for_load_state()
    assert len(stack.ticket(number)["submissions"]) == 2
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Спасибо, ответ записан")
    assert len(stack.ticket(number)["submissions"]) == 2


def test_r7_an_empty_answer_and_a_dead_link_are_explained(visit: Open, stack: RunningStack, screenshots: Path) -> None:
    page = visit()
    number = register(stack)
    page.goto(link(stack, number))

    submit(page)

    pictured(page, screenshots, "details-empty-phone")
    expect(page.get_by_role("alert")).to_contain_text("хотя бы одно поле")
    page.locator("#steps").fill("1. Открыть\n2. Войти")
    page.locator("[name=t]").evaluate("field => { field.value = field.value.slice(0, -3) }")
    submit(page)
    pictured(page, screenshots, "details-forged-phone")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Ссылка не\\sподходит"))
    expect(page.locator("dd")).to_have_text("1. Открыть\n2. Войти")
    page.goto(link(stack, number, age=timedelta(days=31)))
    pictured(page, screenshots, "details-expired-phone")
    expect(page.get_by_role("heading", level=1)).to_have_text("Срок действия ссылки истёк")
    assert len(stack.ticket(number)["missing"]) == 4


def test_r7_no_page_is_wider_than_a_small_phone(visit: Open, stack: RunningStack) -> None:
    page = visit(viewport={"width": 320, "height": 600})
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    number = register(stack, "Ы" * 200)
    found = []
    page.goto(link(stack, number, (Detail.DESCRIPTION, *DEVICE)))
    found.append(page.evaluate(wide))
    page.locator("#device_model").fill("ш" * 100)
    submit(page)
    found.append(page.evaluate(wide))
    page.goto(link(stack, number, age=timedelta(days=31)))
    found.append(page.evaluate(wide))

    assert found == [False] * 3


def test_r7_a_title_is_text_on_the_page(visit: Open, stack: RunningStack) -> None:
    dialogs: list[Dialog] = []

    def close(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    attack = "\"'></title><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"
    page = visit(**DESKTOP)
    page.on("dialog", close)
    number = register(stack, attack)

    page.goto(link(stack, number))

    expect(page.get_by_text(attack)).to_be_visible()
    assert page.locator("img").count() == 0
    assert dialogs == []


def test_r15_the_same_request_once_more_shows_its_number(visit: Open, stack: RunningStack, screenshots: Path) -> None:
    client = f"{uuid.uuid4().hex}@example.ru"
    page = visit()
    fill_in(page, email=client, description="Не открывается шлагбаум на въезде номер два")
    send(page)
    number = number_on(page)
    page.goto(stack.form)
    fill_in(page, email=client, description="Не открывается шлагбаум на въезде номер два")

    send(page)

    pictured(page, screenshots, "duplicate-phone")
    assert number_on(page) == number
    expect(page.get_by_role("heading", level=1)).to_have_text("Такое обращение уже зарегистрировано")
    expect(page.locator("dl")).to_have_count(0)
