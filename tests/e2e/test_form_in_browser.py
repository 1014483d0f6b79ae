"""A person with a real browser, from the form to the letter in the mailbox."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Dialog, Page, expect

from shared.request_fields import LIMITS
from tests.browser import DESKTOP, fill_in, number_on, send
from tests.e2e.conftest import Open
from tests.running_stack import RunningStack, wait_for

SPECIALISTS = "specialists@pass24online.ru"
SETTLING = 1.5  # seconds in which a second letter, if there were one, would have come


def address() -> str:
    return f"client-{uuid.uuid4().hex[:12]}@example.ru"


def letters_about(stack: RunningStack, number: int) -> list[str]:
    """The subjects of the specialists' letters about a ticket."""
    return [letter["subject"] for letter in stack.letters(SPECIALISTS) if f"[#{number}]" in letter["subject"]]


def pictured(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_r1_r5_r11_without_javascript_from_the_form_to_the_letters(
    visit: Open, stack: RunningStack, screenshots: Path, device: str
) -> None:
    page = visit(java_script_enabled=False, **(DESKTOP if device == "desktop" else {}))
    client = address()
    fill_in(page, email=client, name="Иван Петров", description="Не открывается шлагбаум на въезде")
    pictured(page, screenshots, f"form-{device}")

    send(page)

    number = number_on(page)
    pictured(page, screenshots, f"registered-{device}")
    expect(page.get_by_text("Скопировать")).to_be_hidden()
    [letter] = wait_for(lambda: stack.letters(client))
    assert letter["subject"] == f"[#{number}] Обращение зарегистрировано"
    assert f"Номер обращения: #{number}" in letter["text"]
    assert wait_for(lambda: letters_about(stack, number)) == [f"[#{number}] Не открывается шлагбаум на въезде"]


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_no_page_is_wider_than_the_screen(visit: Open, device: str) -> None:
    page = visit(**(DESKTOP if device == "desktop" else {"viewport": {"width": 320, "height": 600}}))
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    form_is_wide = page.evaluate(wide)
    fill_in(page, email=address(), subject="Ы" * 200, description="ш" * 500)

    send(page)

    assert (form_is_wide, page.evaluate(wide)) == (False, False)


def test_the_form_can_be_filled_in_and_sent_with_the_keyboard_alone(visit: Open) -> None:
    page = visit(**DESKTOP)
    typed = {"email": address(), "description": "Вопрос о пропуске", "device_model": "Samsung A54"}
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.type")
        reached.append(focused)
        if focused in typed:
            page.keyboard.type(typed[focused])
        if focused == "consent":
            page.keyboard.press("Space")
        if focused == "submit":
            break
    assert "website" not in reached

    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert number_on(page) > 0
    expect(page.get_by_text(typed["email"])).to_be_visible()


def test_errors_come_back_with_everything_that_was_typed(visit: Open, screenshots: Path) -> None:
    page = visit(java_script_enabled=False)
    typed = {name: f"Текст «{name}» & <b>знаки</b>"[:limit] for name, limit in LIMITS.items()}
    typed |= {"email": "ivan@nowhere", "phone": "нет", "description": "Первая строка\n  вторая <строка>"}
    fill_in(page, **typed)
    page.locator("#urgent").check()

    send(page)

    pictured(page, screenshots, "errors-phone")
    for name, text in typed.items():
        assert page.locator(f"#{name}").input_value() == text
    expect(page.locator("#urgent")).to_be_checked()
    expect(page.locator("#consent")).to_be_checked()
    wrong = page.locator("[aria-invalid=true]").evaluate_all("fields => fields.map(field => field.id)")
    assert wrong == ["email", "phone", "previous_ticket"]
    for name in wrong:
        expect(page.locator(f"#{name}-error")).to_be_visible()
    page.locator("#email").fill(address())
    page.locator("#phone").fill("8 916 123-45-67")
    page.locator("#previous_ticket").fill("")
    send(page)
    assert number_on(page) > 0


def test_the_script_asks_for_contact_before_anything_is_sent(visit: Open) -> None:
    page = visit()
    fill_in(page, description="Вопрос")
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.method) if request.method == "POST" else None)

    page.get_by_role("button", name="Отправить обращение").click()

    assert (
        page.locator("#email").evaluate("field => field.validationMessage") == "Укажите электронную почту или телефон."
    )
    assert posts == []
    page.locator("#phone").fill("8 916 123-45-67")
    send(page)
    expect(page.get_by_text("запишите номер")).to_be_visible()


@pytest.mark.parametrize("scripted", [True, False])
def test_a_double_click_makes_one_ticket_and_one_letter(visit: Open, stack: RunningStack, *, scripted: bool) -> None:
    page = visit(java_script_enabled=scripted)
    client = address()
    fill_in(page, email=client, description="Двойной щелчок")

    page.get_by_role("button", name="Отправить обращение").dblclick(no_wait_after=True)

    expect(page.locator(".number")).to_be_visible()
    page.wait_for_load_state()
    number = number_on(page)
    assert len(wait_for(lambda: stack.letters(client))) == 1
    time.sleep(SETTLING)
    assert [letter["subject"] for letter in stack.letters(client)] == [f"[#{number}] Обращение зарегистрировано"]
    assert len(letters_about(stack, number)) == 1


def test_reloading_the_answer_gives_the_same_number_and_no_second_letter(visit: Open, stack: RunningStack) -> None:
    page = visit()
    client = address()
    fill_in(page, email=client, description="Обновление страницы")
    send(page)
    number = number_on(page)

    page.reload()

    assert number_on(page) == number
    expect(page.get_by_role("heading", level=1)).to_have_text("Это обращение уже зарегистрировано")
    assert len(wait_for(lambda: stack.letters(client))) == 1
    time.sleep(SETTLING)
    assert len(stack.letters(client)) == 1
    assert len(letters_about(stack, number)) == 1


def test_r17_files_arrive_under_their_own_names_and_a_refused_one_is_named(
    visit: Open, stack: RunningStack, screenshots: Path, tmp_path: Path
) -> None:
    contents = {
        "Счёт №5 (копия).pdf": b"%PDF-1.7 " + bytes(range(256)),
        "снимок экрана.png": b"\x89PNG",
        "вирус.exe": b"MZ",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    page = visit()
    client = address()
    fill_in(page, email=client, description="С файлами")
    page.locator("#files").set_input_files([tmp_path / name for name in contents])

    send(page)

    number = number_on(page)
    pictured(page, screenshots, "refused-file-phone")
    expect(page.locator(".warn li")).to_have_text(["вирус.exe: файлы такого типа не принимаются."])
    # Other tests of this stack send mail.
    objects = {name: content for name, content in stack.objects().items() if name.startswith("form/")}
    stored = {name.rsplit("/", 1)[1]: content for name, content in objects.items()}
    assert stored == {name: content for name, content in contents.items() if not name.endswith(".exe")}
    [letter] = wait_for(lambda: [each for each in stack.letters(SPECIALISTS) if f"[#{number}]" in each["subject"]])
    assert all(name in letter["text"] for name in contents)


def test_the_number_can_be_copied(visit: Open, stack: RunningStack) -> None:
    page = visit(**DESKTOP, permissions=["clipboard-read", "clipboard-write"])
    fill_in(page, email=address(), description="Копирование")
    send(page)

    page.get_by_role("button", name="Скопировать").click()

    expect(page.get_by_role("status").first).to_have_text("Скопировано")
    assert page.evaluate("navigator.clipboard.readText()") == f"#{number_on(page)}"
    assert page.url == stack.form


def test_after_the_back_button_another_text_is_not_lost(visit: Open, stack: RunningStack) -> None:
    page = visit()
    fill_in(page, email=address(), description="Первое обращение")
    send(page)
    first = number_on(page)

    page.go_back()
    fill_in(page, email=address(), description="Второе обращение, с той же страницы")
    send(page)

    if page.locator(".number").count() == 0:
        # The page had sent its request already: the second one comes back, to be sent by one more press.
        expect(page.get_by_role("alert")).to_contain_text("другое обращение")
        assert page.locator("#description").input_value() == "Второе обращение, с той же страницы"
        send(page)
    second = number_on(page)
    assert second > first
    expected = [f"[#{second}] Второе обращение, с той же страницы"]
    assert wait_for(lambda: letters_about(stack, second)) == expected


def test_r4_r5_twenty_quick_posts_get_numbers_in_a_row_and_one_confirmation_each(stack: RunningStack) -> None:
    clients = [address() for _ in range(20)]

    def post(client: str) -> dict[str, int]:
        body = {"email": client, "description": "Быстрое", "consent": True}
        answer = requests.post(stack.form, json=body, headers={"Idempotency-Key": client}, timeout=20)
        assert answer.status_code == 201
        ticket: dict[str, int] = answer.json()
        return ticket

    with ThreadPoolExecutor(10) as senders:
        numbers = [answer["ticket"] for answer in senders.map(post, clients)]

    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 20))
    wait_for(lambda: all(stack.letters(client) for client in clients))
    time.sleep(SETTLING)
    for client, number in zip(clients, numbers, strict=True):
        assert [letter["subject"] for letter in stack.letters(client)] == [f"[#{number}] Обращение зарегистрировано"]


ATTACK = "\"'></textarea></title></style><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"


def test_what_was_typed_is_text_on_every_page_and_in_every_letter(
    visit: Open, stack: RunningStack, tmp_path: Path
) -> None:
    dialogs: list[Dialog] = []

    def close(dialog: Dialog) -> None:
        dialogs.append(dialog)
        dialog.dismiss()

    page = visit(**DESKTOP)
    page.on("dialog", close)
    evil = tmp_path / "<img src=x onerror=alert(3)>.png"
    evil.write_bytes(b"1")
    client = address()
    texts = {name: ATTACK[: LIMITS[name]] for name in ("name", "subject", "description", "steps", "device_model")}
    fill_in(page, **texts, product_version=ATTACK[:100], os_version=ATTACK[:100], phone="<script>alert(4)</script>")
    page.locator("#email").fill(client)
    page.locator("#files").set_input_files([evil])

    send(page)
    assert {name: page.locator(f"#{name}").input_value() for name in texts} == texts
    expect(page.locator("#files-lost li")).to_have_text([evil.name])
    page.locator("#phone").fill("")
    page.locator("#files").set_input_files([evil.rename(tmp_path / "<img src=x onerror=alert(3)>.exe")])
    send(page)
    number = number_on(page)
    assert ATTACK in page.locator("dl").inner_text()
    expect(page.locator(".warn li")).to_contain_text(["<img src=x onerror=alert(3)>.exe"])

    [letter] = wait_for(lambda: [each for each in stack.letters(SPECIALISTS) if f"[#{number}]" in each["subject"]])
    [confirmation] = wait_for(lambda: stack.letters(client))
    assert "alert(" not in f"{confirmation}"
    assert not re.search(r"<script|<img", letter["html"])
    for address_ in ("/", f"/messages/{letter['id']}", f"/messages/{letter['id']}/html"):
        page.goto(f"{stack.url('mailbox')}{address_}")
        assert page.locator("script, img").count() == 0
    expect(page.get_by_text(ATTACK).first).to_be_visible()
    assert dialogs == []
