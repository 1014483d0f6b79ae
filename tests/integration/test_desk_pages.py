"""The desk's pages that show many tickets, over the emulators: what they say, to whom, and what they lead to."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from werkzeug.test import TestResponse

from local.processes import HOST
from shared.domain.concern import Concern
from shared.domain.contact import Contact
from shared.domain.delivery import Report
from shared.domain.flag import Flag, FlagKind
from shared.domain.submission import Quarantine
from shared.staff.post_tokens import FIELD
from tests.desk_instance import (
    CLIENT,
    DeskInstance,
    arrival,
    bounced,
    capped,
    change,
    described,
    desk_instance,
    everything,
    hear,
    incomplete,
    kept,
    phone_only,
    possible_duplicate,
    quarantined,
    register,
    text_of,
)
from tests.function_instance import World
from tests.staff import BORIS, STRANGER, VERA, Issuer

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PAGES = ("/", "/tickets", "/today")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    with desk_instance(world, issuer) as running:
        # What is of today depends on the time of day. The door is wired at its first request.
        vars(sys.modules["main"])["_now"] = lambda: NOW + MINUTE
        yield running


def sections(page: TestResponse) -> dict[str, str]:
    """The source of each section of the first page, by what it is about."""
    parts = re.findall(r'<section class="waiting (\w+)".*?</section>', page.get_data(as_text=True), re.DOTALL)
    sources = re.findall(r'<section class="waiting .*?</section>', page.get_data(as_text=True), re.DOTALL)
    return dict(zip(parts, sources, strict=True))


def words(source: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", source)).split())


def forms(source: str) -> dict[str, dict[str, str]]:
    """The forms of a page: their fields by where they are posted."""
    found = {}
    for action, inside in re.findall(r'<form[^>]*? action="([^"]*)"[^>]*>(.*?)</form>', source, re.DOTALL):
        inputs = re.findall(r"<input\b([^>]*)>", inside)
        pairs = [(re.search(r' name="([^"]*)"', each), re.search(r' value="([^"]*)"', each)) for each in inputs]
        found[unescape(action)] = {name[1]: unescape(value[1]) if value else "" for name, value in pairs if name}
    return found


def shown(page: TestResponse) -> list[int]:
    """The numbers in the list, in its order."""
    return [
        int(number) for number in re.findall(r'<a class="title" href="/tickets/(\d+)"', page.get_data(as_text=True))
    ]


def link(page: TestResponse, rel: str) -> str:
    """Where the link to another page of the list leads."""
    [found] = re.findall(rf'href="([^"]*)" rel="{rel}"', page.get_data(as_text=True))
    return unescape(found)


# Who may


@pytest.mark.parametrize("path", [*PAGES, "/assets/desk.css", "/assets/desk.js", "/assets/staff.css", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_nobody_sees_anything_without_an_assertion(desk: DeskInstance, path: str, method: str) -> None:
    for person in (None, STRANGER):
        response = desk.open(method, path, person)

        assert response.status_code == 403
        assert "К разбору" not in response.get_data(as_text=True)
        assert method == "HEAD" or "head@pass24online.ru" in text_of(response)


@pytest.mark.parametrize("person", [BORIS, VERA])
@pytest.mark.parametrize("path", PAGES)
def test_specialists_and_heads_see_every_page(desk: DeskInstance, path: str, person: str) -> None:
    response = desk.get(path, person)

    assert response.status_code == 200
    assert person.partition(" <")[0] in text_of(response)
    assert response.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert not re.search(r'\sstyle="|<style|<script>|\son\w+="', response.get_data(as_text=True))


def test_a_program_that_may_not_hears_so_as_a_problem_document(desk: DeskInstance) -> None:
    response = desk.get("/", None, Accept="application/json")

    assert (response.status_code, response.content_type) == (403, "application/problem+json")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_is_only_looked_at_takes_no_post(desk: DeskInstance, path: str) -> None:
    response = desk.post(path, {})

    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/nothing", "/tickets/", "/assets/", "/assets/../main.py", "/assets/no.css", "/today/1"]
)
def test_what_is_not_there_is_said_to_be_missing(desk: DeskInstance, path: str) -> None:
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_head_is_answered_as_get_without_a_body(desk: DeskInstance, path: str) -> None:
    response = desk.open("HEAD", path)

    assert (response.status_code, response.get_data()) == (200, b"")


def test_style_and_scripts_are_there_and_kept_by_browsers(desk: DeskInstance) -> None:
    sources = re.findall(r'(?:href|src)="(/assets/[^"]*)"', desk.get("/").get_data(as_text=True))

    assert {source.partition("?")[0] for source in sources} >= {
        "/assets/staff.css",
        "/assets/desk.css",
        "/assets/desk.js",
    }
    for source in sources:
        response = desk.get(source)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


# Needs attention


def test_when_nothing_waits_the_page_says_so(world: World, desk: DeskInstance) -> None:
    hear(
        world, register(world, described(arrival("done", NOW), description="Вопрос по оплате счёта")), Report.DELIVERED
    )

    page = desk.get("/")

    assert "Всё разобрано" in text_of(page)
    assert sections(page) == {}


def test_everything_that_needs_a_person_is_there_in_the_order_in_which_it_presses(
    world: World, desk: DeskInstance
) -> None:
    everything(world, NOW)

    page = desk.get("/")

    assert list(sections(page)) == [
        *("quarantine", "kept", "undelivered", "call", "no_letter", "possible_duplicate", "information"),
    ]
    # Two in quarantine, one kept, and four tickets; what the clients have to answer needs nobody yet.
    assert "Требует внимания: 7" in text_of(page)


def test_r9_a_letter_that_came_back_says_why_in_russian_and_can_be_sent_to_another_address(
    world: World, desk: DeskInstance
) -> None:
    ticket = bounced(world, NOW - 10 * MINUTE)

    part = sections(desk.get("/"))["undelivered"]

    assert f"#{ticket.number} Не открывается шлагбаум" in words(part)
    assert "Иван Петров" in words(part)
    assert "Письмо на ivan@example.ru не доставлено: адрес не существует" in words(part)
    assert 'href="tel:+79161234567"' in part
    resend = forms(part)[f"/tickets/{ticket.number}/resend"]
    assert (resend["to"], resend["back"]) == ("ivan@example.ru", "/")
    assert resend[FIELD]
    assert forms(part)[f"/tickets/{ticket.number}/told"]["back"] == "/"


def test_r9_a_letter_that_came_back_after_its_delivery_says_so(world: World, desk: DeskInstance) -> None:
    ticket = register(world, arrival("revoked", NOW - 10 * MINUTE))
    hear(world, ticket, Report.DELIVERED)
    hear(world, ticket, Report.BOUNCED, "550 5.1.1 no such user")

    assert "было доставлено, но вернулось" in words(sections(desk.get("/"))["undelivered"])


def test_r10_a_client_without_an_address_is_called(world: World, desk: DeskInstance) -> None:
    ticket = phone_only(world, NOW)

    part = sections(desk.get("/"))["call"]

    assert "Анна Сергеева" in words(part)
    assert 'href="tel:+79161234568"' in part
    assert list(forms(part)) == [f"/tickets/{ticket.number}/told"]


def test_r16_what_is_flagged_says_what_its_flag_says(world: World, desk: DeskInstance) -> None:
    flag = Flag(FlagKind.NOT_CONFIRMED, NOW, "Письмо с номером ещё не отправлено.")
    ticket = change(world, register(world, arrival("late", NOW - 20 * MINUTE)), flags=(flag,))

    part = sections(desk.get("/"))["late"]

    assert "Письмо с номером ещё не отправлено." in words(part)
    assert set(forms(part)) == {f"/tickets/{ticket.number}/{action}" for action in ("resend", "told")}


def test_a_client_who_gets_no_letter_is_shown_with_the_reason(world: World, desk: DeskInstance) -> None:
    ticket = capped(world, NOW)

    part = sections(desk.get("/"))["no_letter"]

    assert "слишком много автоматических писем" in words(part)
    assert forms(part)[f"/tickets/{ticket.number}/settle"]["concern"] == Concern.NO_LETTER
    assert forms(part)[f"/tickets/{ticket.number}/resend"]["force"] == "1"


def test_r15_a_possible_duplicate_names_the_other_and_can_be_merged_or_left(world: World, desk: DeskInstance) -> None:
    first = register(world, arrival("first", NOW - 30 * MINUTE))
    ticket = possible_duplicate(world, NOW, first)

    part = sections(desk.get("/"))["possible_duplicate"]

    assert f"Похоже на #{first.number}" in words(part)
    assert f'href="/tickets/{first.number}"' in part
    assert forms(part)[f"/tickets/{ticket.number}/merge"]["other"] == str(first.number)
    assert forms(part)[f"/tickets/{ticket.number}/settle"]["concern"] == Concern.POSSIBLE_DUPLICATE


def test_r7_what_the_client_was_asked_for_is_named(world: World, desk: DeskInstance) -> None:
    ticket = incomplete(world, NOW - 5 * MINUTE)

    part = sections(desk.get("/"))["information"]

    assert "Не хватает:" in words(part)
    assert "модель телефона" in words(part)
    assert "Запрошено:" in words(part)
    assert f'href="/tickets/{ticket.number}#fill"' in part


@pytest.mark.parametrize(
    ("reason", "said", "actions"),
    [
        (Quarantine.SPAM, "похоже на спам", {"release", "discard"}),
        (Quarantine.UNKNOWN_BOUNCE, "недоставке", {"release", "discard"}),
        (Quarantine.NO_CONTACT, "ни адреса, ни телефона", {"discard"}),
        (Quarantine.MALFORMED, "испорченном", {"discard"}),
        (Quarantine.FAILED, "не смогла", {"discard"}),
        (Quarantine.REFUSED, "не принимает", {"discard"}),
    ],
)
def test_what_is_in_quarantine_says_why_and_can_be_judged(
    world: World, desk: DeskInstance, reason: Quarantine, said: str, actions: set[str]
) -> None:
    submission = quarantined(world, NOW, reason=reason, subject="Счёт за июнь")

    part = sections(desk.get("/"))["quarantine"]

    assert "Счёт за июнь" in words(part)
    assert "ivan@example.ru" in words(part)
    assert said in words(part)
    assert f'href="/submissions/{submission.key}"' in part
    assert set(forms(part)) == {f"/submissions/{submission.key}/{action}" for action in actions}


def test_r1_what_has_no_number_yet_can_be_registered_at_once(world: World, desk: DeskInstance) -> None:
    submission = kept(world, NOW)

    assert list(forms(sections(desk.get("/"))["kept"])) == [f"/submissions/{submission.key}/register"]


def test_what_does_not_fit_on_the_page_is_counted_and_stands_in_the_list(world: World, desk: DeskInstance) -> None:
    tickets = [phone_only(world, NOW - number * MINUTE, f"call-{number}") for number in range(22)]

    page = desk.get("/")
    part = sections(page)["call"]
    rest = desk.get("/tickets?concern=call")

    assert "Требует внимания: 22" in text_of(page)
    assert 'href="/tickets?concern=call"' in part
    assert "и ещё 2" in words(part)
    assert shown(rest) == [ticket.number for ticket in tickets]


def test_what_was_done_is_told_by_a_code_and_never_by_the_address(desk: DeskInstance) -> None:
    assert 'role="status"' in desk.get("/?done=told").get_data(as_text=True)
    assert 'role="status"' not in desk.get("/?done=Вы+выиграли").get_data(as_text=True)
    assert "выиграли" not in text_of(desk.get("/?done=Вы+выиграли"))


# List and search


def test_the_list_shows_what_there_is_to_know_at_a_glance(world: World, desk: DeskInstance) -> None:
    ticket = register(world, described(arrival("urgent", NOW), subject="Авария на въезде", urgent=True))
    hear(world, ticket, Report.DELIVERED)

    text = text_of(desk.get("/tickets"))

    assert f"#{ticket.number} Авария на въезде Иван Петров сегодня," in text
    assert "форма срочно номер у клиента" in text


def test_pages_lead_on_and_back(world: World, desk: DeskInstance) -> None:
    tickets = [register(world, arrival(f"form-{number}", NOW - number * MINUTE)).number for number in range(60)]

    first = desk.get("/tickets?channel=form")
    second = desk.get(link(first, "next"))
    register(world, arrival("new", NOW + MINUTE))
    third = desk.get(link(second, "next"))
    back = desk.get(link(third, "prev"))

    assert shown(first) + shown(second) + shown(third) == tickets
    assert shown(back) == shown(second)
    assert "channel=form" in link(second, "next")


@pytest.mark.parametrize("query", ["12345", "%2312345", "[%2312345]", "№ 12345"])
def test_a_number_leads_to_its_ticket(desk: DeskInstance, query: str) -> None:
    response = desk.get(f"/tickets?q={query}")

    assert (response.status_code, response.headers["Location"]) == (303, "/tickets/12345")


@pytest.mark.parametrize(
    "query",
    ["q=IVAN@example.ru", "q=8+916+123-45-67", "q=не+открыв", "q=ИВАН&in=client", "state=pending", "channel=form"],
)
def test_a_ticket_is_found_by_whatever_is_known_of_it(world: World, desk: DeskInstance, query: str) -> None:
    ticket = register(world, arrival("form-1", NOW))
    other = Contact("Пётр", "petr@example.ru", None)
    register(world, described(arrival("form-2", NOW, other), description="Другое"))

    found = shown(desk.get(f"/tickets?{query}"))

    assert found[-1] == ticket.number
    assert len(found) == (1 if "q=" in query else 2)


def test_a_merged_ticket_leads_to_the_one_that_goes_on(world: World, desk: DeskInstance) -> None:
    first = register(world, arrival("form-1", NOW - MINUTE))
    second = register(world, arrival("form-2", NOW))
    change(world, second, merged_into=first.number)

    page = desk.get("/tickets?q=ivan@example.ru")

    assert shown(page) == [second.number, first.number]
    assert f"объединено с #{first.number}" in text_of(page)


def test_a_filter_that_can_not_be_applied_is_said(desk: DeskInstance) -> None:
    assert "День к поиску по тексту не применён" in text_of(desk.get("/tickets?q=шлагбаум&day=2026-11-20"))


def test_what_is_not_found_is_said_with_advice(world: World, desk: DeskInstance) -> None:
    register(world, arrival("form-1", NOW))

    text = text_of(desk.get("/tickets?q=шлагбаум"))

    assert "Ничего не найдено" in text
    assert "с начала темы" in text


@pytest.mark.parametrize(
    "query",
    [
        f"q={HOSTILE}",
        "q=%00%01%ff%fe",
        "q=" + "%D1%88" * 5_000,
        f"state={HOSTILE}",
        f"channel={HOSTILE}&concern={HOSTILE}&in={HOSTILE}",
        f"day={HOSTILE}",
        "day=9999-12-31",
        f"older={HOSTILE}",
        "older=W10&newer=W10",
        "older=WzEsMV0",
        "newer=WzEsMV0",
        "older=WyJcdWQ4MDAiLDFd&q=ш",
        "q=a&q=b&q=c",
        "__class__=1",
    ],
)
def test_a_hostile_address_is_answered_with_a_list(world: World, desk: DeskInstance, query: str) -> None:
    register(world, arrival("form-1", NOW))

    response = desk.get(f"/tickets?{query}")

    assert response.status_code == 200
    assert "<script>alert" not in response.get_data(as_text=True)
    assert "49" not in re.findall(r'value="([^"]*)"', response.get_data(as_text=True))


@pytest.mark.parametrize("path", ["/", "/tickets", "/tickets?q=ivan@example.ru"])
def test_nothing_that_comes_from_outside_becomes_part_of_a_page(world: World, desk: DeskInstance, path: str) -> None:
    contact = replace(CLIENT, name=HOSTILE, phone_as_typed=HOSTILE)
    ticket = register(world, described(arrival("form-1", NOW - MINUTE, contact), subject=HOSTILE))
    hear(world, ticket, Report.BOUNCED, HOSTILE)
    quarantined(world, NOW, subject=HOSTILE)

    source = desk.get(path).get_data(as_text=True)

    assert "&lt;script&gt;alert(1)" in source
    assert "<script>alert" not in source
    assert "<img" not in source


# Today


def test_todays_picture_is_of_today(world: World, desk: DeskInstance) -> None:
    hear(world, register(world, arrival("form-1", NOW)), Report.DELIVERED)
    register(world, arrival("form-2", NOW - timedelta(days=2)))

    page = desk.get("/today")
    figures = dict(re.findall(r'<th scope="row">([^<]*)</th><td>(\d+)</td>', page.get_data(as_text=True)))

    assert figures["зарегистрировано"] == "1"
    assert figures["форма на сайте"] == "1"
    assert "Номер у клиента 100 %" in text_of(page)
    assert "Номер за 15 минут 100 %" in text_of(page)


def test_a_ledger_that_does_not_answer_is_said_and_a_later_try_promised(world: World, issuer: Issuer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", f"{HOST}:9")
        with desk_instance(world, issuer) as desk:
            response = desk.get("/tickets")

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "База данных не отвечает" in text_of(response)
