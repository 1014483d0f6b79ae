"""R12, R20: a ticket's page on the desk holds all that is known of it, and nothing on it comes to life."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from werkzeug.test import TestResponse

from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.delivery import Report
from shared.domain.flag import Flag, FlagKind
from shared.domain.history import Event, HistoryEntry
from shared.domain.submission import (
    Attachment,
    Channel,
    Details,
    File,
    Mark,
    Message,
    Quarantine,
    Submission,
)
from shared.domain.ticket import Handover
from shared.joining import Joiner
from shared.ledger import LedgerUnavailableError
from shared.store import documents
from shared.store.dossier import FirestoreDossiers
from shared.store.submissions import FirestoreSubmissions
from shared.store.tickets import FirestoreTickets
from tests.desk_acts import act, form_to, forms_of, send
from tests.desk_instance import (
    DeskInstance,
    arrival,
    bounced,
    capped,
    change,
    described,
    desk_instance,
    hear,
    incomplete,
    mail,
    phone_only,
    possible_duplicate,
    register,
    text_of,
)
from tests.function_instance import World
from tests.operators import SilentBell
from tests.registered import SPECIALISTS
from tests.sample_ticket import FULL
from tests.staff import ANNA, BORIS, STRANGER, Issuer

NOW = datetime.now(UTC)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    with desk_instance(world, issuer) as running:
        yield running


def join(world: World, submission: Submission, number: int, attachment: Attachment) -> None:
    joiner = Joiner(FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: datetime.now(UTC))
    joiner.join(submission, number, attachment)


def test_r20_the_page_holds_everything_that_is_known(desk: DeskInstance, world: World) -> None:
    ticket = register(world, replace(FULL, key="full", received_at=NOW - timedelta(hours=2)))
    assert ticket.number == 12345
    reply = replace(mail("reply", NOW), details=replace(mail("reply", NOW).details, description="Всё ещё не пришло"))
    join(world, reply, 12345, Attachment.REPLY)
    hear(world, ticket, Report.BOUNCED, "550 5.1.1 no such user")
    page = desk.get("/tickets/12345")
    shown = text_of(page)
    for words in (
        "[#12345] Пропуск не приходит",
        "экстренное",
        "письмо с номером не доставлено",
        "Анна Сергеева",
        "8 (916) 123-45-67 доб. 12",
        "Поступило",
        "Отвечать с",
        # What came, and how.
        "Заказала пропуск.",
        "СМС не пришло.",
        "1. Открыть приложение",
        "Pixel 9 поле формы",
        "сервис капчи был недоступен",
        "запись.exe 50 КБ — такие файлы не принимаются",
        "Всё ещё не пришло",
        "сообщение по обращению",
        "SPF pass",
        # The letters, and what became of them.
        "Клиенту: номер обращения вернулось",
        "адрес не существует (ответ: «550 5.1.1 no such user»)",
        "Специалистам: новое обращение",
        # The check-list, all seven points.
        "Обращение получено из любого канала связи",
        "Обращение зарегистрировано в системе обработки обращений",
        "Присвоен уникальный идентификатор (ID)",
        "Отправлено уведомление клиенту с ID обращения",
        "Проверена полнота информации в обращении",
        "При необходимости подготовлен запрос дополнительной информации",
        "Обращение передано на дальнейшую обработку (классификацию)",
        # The history.
        "Зарегистрировано, номер #12345",
        "Пришло сообщение по обращению (электронная почта)",
        "Письмо с номером не доставлено: anna@example.ru",
    ):
        assert words in shown, words
    assert 'href="/tickets/12001"' in page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_r20_the_history_reads_as_sentences_with_names_newest_last(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    lines = [
        HistoryEntry(NOW + timedelta(minutes=minute), by, event, about)
        for minute, (event, by, about) in enumerate((event, ANNA, _about(event)) for event in Event)
    ]
    for line in lines:
        path = documents.history_path(ticket.number, line)
        world.ledger.document(path).create(documents.history_document(line))
    shown = text_of(desk.get("/tickets/12345"))
    story = shown.partition("История")[2].partition("Контрольный список")[0]
    sentences = [part.strip() for part in story.split("Анна Петрова")[1:]]
    assert len(sentences) == len(Event)
    assert all(event.value not in story for event in Event)
    assert "anna@pass24online.ru" not in story
    assert "#777" in sentences[list(Event).index(Event.MERGED)]
    assert "возможно, это повтор" in sentences[list(Event).index(Event.CONCERN_SETTLED)].lower()


def _about(event: Event) -> str:
    about = {Event.MERGED: "777", Event.MERGE_UNDONE: "777", Event.CONCERN_SETTLED: "possible_duplicate"}
    return about.get(event, "12345-confirmation")


def test_what_needs_a_person_comes_first_with_its_remedies(desk: DeskInstance, world: World) -> None:
    first = bounced(world, NOW)
    for ticket, title, actions in (
        (first, "Клиент не получил номер", ["resend", "told"]),
        (phone_only(world, NOW), "Нужно позвонить и сообщить номер", ["told"]),
        (capped(world, NOW), "Клиенту не ушло письмо", ["settle", "resend", "told"]),
        (possible_duplicate(world, NOW, first), "Возможно, это повтор", ["merge", "settle"]),
    ):
        page = desk.get(f"/tickets/{ticket.number}")
        shown = text_of(page)
        assert shown.index(title) < shown.index("Что пришло"), title
        offered = [form.action.rpartition("/")[2] for form in forms_of(page)]
        assert offered[: len(actions)] == actions


def test_a_ticket_that_needs_nobody_asks_for_nothing(desk: DeskInstance, world: World) -> None:
    ticket = register(world, described(arrival("one", NOW), description="Верните деньги за май"))
    hear(world, ticket, Report.DELIVERED)
    page = desk.get("/tickets/12345")
    assert "concern" not in page.get_data(as_text=True).replace("/settle", "")
    assert "принято: клиент знает номер" in text_of(page)


def test_r7_what_is_missing_and_when_it_was_asked_for_is_shown(desk: DeskInstance, world: World) -> None:
    ticket = change(world, incomplete(world, NOW), reminded_at=NOW)
    shown = text_of(desk.get(f"/tickets/{ticket.number}"))
    assert "Не хватает данных" in shown
    assert "Не хватает: шаги воспроизведения, версия продукта, модель телефона, версия ОС телефона" in shown
    assert "напомнили" in shown


def test_r15_every_number_on_the_page_leads_to_its_ticket(desk: DeskInstance, world: World) -> None:
    ticket = register(world, described(arrival("one", NOW), previous_ticket=11))
    change(world, ticket, related=22, merged=(12377,), apart=(12388,), merged_into=None)
    html = desk.get("/tickets/12345").get_data(as_text=True)
    for number in (11, 22, 12377, 12388):
        assert f'href="/tickets/{number}"' in html


def test_r16_r18_times_flags_and_handing_on_are_shown(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW), late=timedelta(minutes=20))
    flags = (
        Flag(FlagKind.REGISTERED_LATE, NOW, "Номер присвоен через 20 мин.", NOW),
        Flag(FlagKind.NOT_CONFIRMED, NOW, "Письмо с номером ещё не отправлено."),
    )
    change(world, ticket, flags=flags, handed_on=Handover(NOW, 1, complete=False))
    shown = text_of(desk.get("/tickets/12345"))
    assert "поздно" in shown
    assert "снято Номер присвоен через 20 мин." in shown
    assert "сейчас Письмо с номером ещё не отправлено." in shown
    assert "без недостающих данных" in shown


def test_a_long_text_is_folded_and_whole(desk: DeskInstance, world: World) -> None:
    text = "Шлагбаум. " * 1000 + "Конец."
    register(world, described(arrival("one", NOW), description=text))
    page = desk.get("/tickets/12345")
    assert "Текст целиком, знаков: 10006" in text_of(page)
    assert text in page.get_data(as_text=True)


def test_an_erased_ticket_keeps_number_and_times_and_offers_nothing(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    nobody = Contact("", None, None)
    change(world, ticket, contact=nobody, erased_at=NOW, title="[#12345] Данные удалены по запросу клиента", known=())
    page = desk.get("/tickets/12345")
    assert page.status_code == 200
    assert "данные клиента удалены" in text_of(page)
    assert not [form for form in forms_of(page) if form.action.endswith(("/told", "/resend", "/merge", "/fill"))]


def test_what_the_ledger_has_lost_does_not_break_the_page(desk: DeskInstance, world: World) -> None:
    register(world, arrival("one", NOW))
    world.ledger.document("submissions/one").delete()
    page = desk.get("/tickets/12345")
    assert page.status_code == 200
    assert "В журнале ничего нет." in text_of(page)


@pytest.mark.parametrize("path", ["/tickets/99999", "/tickets/0", "/tickets/999999999999999"])
def test_an_unknown_number_is_404(desk: DeskInstance, path: str) -> None:
    page = desk.get(path)
    assert page.status_code == 404
    assert "Такого обращения нет" in text_of(page)


@pytest.mark.parametrize(
    "path", ["/tickets/12345/", "/tickets/-1", "/tickets/1e3", "/tickets/" + "9" * 30, "/tickets/١"]
)
def test_what_is_no_number_is_no_page(desk: DeskInstance, path: str) -> None:
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/tickets/12345", "/submissions/one", "/files/a.b.c"])
def test_only_people_of_the_lists_look(desk: DeskInstance, world: World, path: str) -> None:
    register(world, arrival("one", NOW))
    for person in (None, STRANGER):
        refused = desk.get(path, person)
        assert refused.status_code == 403
        assert "Иван" not in refused.get_data(as_text=True)


def test_without_the_ledger_the_page_says_so(desk: DeskInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise LedgerUnavailableError("told to")

    with monkeypatch.context() as patch:
        patch.setattr(FirestoreDossiers, "read", failing)
        page = desk.get("/tickets/12345")
    assert page.status_code == 503
    assert page.headers["Retry-After"]


# Stored cross-site scripting

EVIL = """<script>alert(1)</script>"'><img src=x onerror=alert(1)><svg/onload=alert(1)>{{7*7}}&lt;b&gt;"""
HOSTILE = Submission(
    key="hostile",
    channel=Channel.EMAIL,
    received_at=NOW,
    contact=Contact(f"n{EVIL}", f"m{EVIL}", "+79161234567", f"p{EVIL}"),
    details=Details(
        f"s{EVIL}", f"d{EVIL}", f"t{EVIL}", f"v{EVIL}", f"w{EVIL}", f"o{EVIL}", urgent=True, previous_ticket=7
    ),
    files=(
        File(f"f{EVIL}.html", f"c{EVIL}", 1, "0" * 64, "mail/hostile/0/x.html"),
        File(f"g{EVIL}", f"c{EVIL}", 1, "0" * 64, None, f"r{EVIL}"),
    ),
    marks=tuple(Mark),
    message=Message(
        raw=f"mail/raw/{EVIL}.eml",
        message_id=f"<i{EVIL}>",
        references=(f"<e{EVIL}>",),
        sender=f"a{EVIL}",
        participants=(f"b{EVIL}",),
        recipients=(f"k{EVIL}",),
        return_path=f"l{EVIL}",
        sender_ip=f"q{EVIL}",
        spf=f"u{EVIL}",
        dkim=f"y{EVIL}",
        spam_score=9.0,
        automatic=f"z{EVIL}",
        defects=(f"j{EVIL}",),
    ),
    by=f"h{EVIL}",
)
_RUN = {"script", "img", "iframe", "object", "embed", "base", "link", "meta"}
_OURS = {("link", "stylesheet"), ("link", "icon")}


class _Alive(HTMLParser):
    """Finds whatever a browser would run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.alive: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own = (given.get("src") or "").startswith("/assets/") or (tag, given.get("rel")) in _OURS
        if tag in _RUN and not own and not (tag == "meta" and "http-equiv" not in given):
            self.alive.append(tag)
        for name, value in attrs:
            link = (value or "").strip().lower()
            outside = name in {"href", "src", "action"} and not link.startswith(("/", "#", "tel:", "data:,"))
            if name.startswith("on") or name == "style" or outside:
                self.alive.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_dead(page: TestResponse) -> str:
    parser = _Alive()
    parser.feed(page.get_data(as_text=True))
    assert parser.alive == []
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    return parser.text


def hostile_ticket(world: World) -> None:
    ticket = register(world, HOSTILE)
    join(world, replace(HOSTILE, key="hostile-2"), ticket.number, Attachment.REPLY)
    change(
        world,
        ticket,
        submissions=("hostile", "hostile-2"),
        accepted_by=f"x{EVIL}",
        participants=(f"p{EVIL}",),
        flags=(Flag(FlagKind.NOT_CONFIRMED, NOW, f"f{EVIL}"),),
        missing=(Detail.STEPS,),
    )
    letter = {"state": "bounced", "failure": {"reason": f"550 {EVIL}"}, "recipient": f"to{EVIL}", "requested_by": EVIL}
    world.ledger.document("notifications/12345-confirmation").update(letter)
    for event in Event:
        line = HistoryEntry(NOW, f"by{EVIL}", event, "12345-confirmation")
        world.ledger.document(documents.history_path(12345, line)).create(documents.history_document(line))
    odd = HistoryEntry(NOW, EVIL, Event.MERGED, "7")
    world.ledger.document(documents.history_path(12345, odd)).create(
        documents.history_document(replace(odd, about=f"7{EVIL}"))
    )


def test_nothing_that_comes_from_outside_comes_to_life_on_a_ticket_s_page(desk: DeskInstance, world: World) -> None:
    hostile_ticket(world)
    page = desk.get("/tickets/12345")
    assert page.status_code == 200
    shown = assert_dead(page)
    # All of it is there to be read.
    for mark in ("s", "d", "t", "v", "w", "n", "f", "r", "u", "y", "z", "j", "by"):
        assert f"{mark}{EVIL}" in shown, mark


def test_nothing_comes_to_life_in_lists_and_search(desk: DeskInstance, world: World) -> None:
    hostile_ticket(world)
    quarantine(world)
    for path in ("/", "/tickets", "/today", "/tickets?q=s%3Cscript", f"/tickets?q={'%3Cscript%3Ealert(1)'}&in=client"):
        page = desk.get(path)
        assert page.status_code in {200, 422}, path
        assert_dead(page)


def quarantine(world: World) -> None:
    waiting = replace(HOSTILE, key="mail-hostile")
    FirestoreSubmissions(world.ledger).quarantine(waiting, Quarantine.NO_CONTACT, NOW)


def test_nothing_comes_to_life_on_a_submission_s_page_or_in_its_form(desk: DeskInstance, world: World) -> None:
    quarantine(world)
    page = desk.get("/submissions/mail-hostile")
    assert page.status_code == 200
    assert_dead(page)
    form = form_to(page, "/register")
    assert form.fields["name"] == f"n{EVIL}"
    # What is wrong comes back with all that was typed.
    wrong = send(desk, form, email=EVIL)
    assert wrong.status_code == 422
    assert_dead(wrong)
    assert form_to(wrong, "/register").fields["email"] == EVIL


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        ("resend", {"to": EVIL}),
        ("merge", {"other": EVIL}),
        ("fill", {"steps": EVIL, "os_version": EVIL}),
        ("split", {"submission": EVIL}),
        ("settle", {"concern": EVIL}),
        ("told", {}),
    ],
)
def test_nothing_comes_to_life_on_the_pages_that_say_no(
    desk: DeskInstance, world: World, action: str, typed: dict[str, str]
) -> None:
    hostile_ticket(world)
    path = f"/tickets/12345/{action}"
    stale = desk.post(path, {**typed, "post_token": EVIL, "back": EVIL, "seen": EVIL})
    assert stale.status_code == 403
    assert_dead(stale)
    changed = act(desk, path, BORIS, **typed, seen="", back=EVIL)
    assert changed.status_code == 409
    assert_dead(changed)
    if action != "fill":
        refused = act(desk, path, **typed, back=EVIL)
        assert refused.status_code in {303, 409, 422}
        if refused.status_code != 303:
            assert_dead(refused)
