"""What specialists do about a ticket on the desk: each action, repeated, refused, and overtaken by a colleague."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from shared.domain.concern import Concern
from shared.domain.delivery import Report
from shared.domain.submission import Attachment
from shared.domain.ticket import Ticket
from shared.joining import Joiner
from shared.ledger import LedgerConflictError, LedgerUnavailableError
from shared.resending import Resender
from shared.store.changes import FirestoreChanges
from shared.store.dossier import FirestoreDossiers
from shared.store.tickets import FirestoreTickets
from tests.desk_acts import act, at_once, form_to, forms_of, location_of, send, token_for
from tests.desk_instance import (
    DeskInstance,
    arrival,
    bounced,
    capped,
    described,
    desk_instance,
    hear,
    incomplete,
    phone_only,
    possible_duplicate,
    register,
    text_of,
)
from tests.function_instance import World
from tests.operators import SilentBell
from tests.registered import SPECIALISTS
from tests.staff import ANNA, BORIS, Issuer

# Of letters is heard some time after they were asked for.
NOW = datetime.now(UTC) - timedelta(hours=1)
RIGHT = "ivan.petrov@example.ru"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def desk(world: World, issuer: Issuer) -> Iterator[DeskInstance]:
    with desk_instance(world, issuer) as running:
        yield running


def lines(world: World, number: int) -> list[tuple[str, str, str]]:
    found = world.documents(f"tickets/{number}/history").values()
    return [(line["event"], line["by"], line["about"]) for line in sorted(found, key=lambda line: line["at"])]


def ticket_of(world: World, number: int) -> dict[str, object]:
    return world.documents("tickets")[str(number)]


def page(ticket: Ticket | int) -> str:
    return f"/tickets/{ticket if isinstance(ticket, int) else ticket.number}"


def join(world: World, key: str, number: int, attachment: Attachment) -> None:
    joiner = Joiner(FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: datetime.now(UTC))
    joiner.join(arrival(key, NOW), number, attachment)


# Told


def test_r10_a_number_that_was_told_accepts_the_ticket_and_stands_in_the_history(
    desk: DeskInstance, world: World
) -> None:
    ticket = phone_only(world, NOW)
    form = form_to(desk.get(page(ticket)), "/told")
    first, again = send(desk, form), send(desk, form)
    assert location_of(first) == location_of(again) == "/tickets/12345?done=told"
    assert lines(world, 12345) == [("number_told", ANNA, "phone-only")]
    assert (ticket_of(world, 12345)["acceptance"], ticket_of(world, 12345)["accepted_by"]) == ("accepted", ANNA)
    shown = text_of(desk.get(location_of(first)))
    assert "Записано: номер сообщён клиенту." in shown
    assert "Анна Петрова" in shown
    assert "Нужно позвонить" not in shown


def test_r15_of_a_merged_ticket_the_other_number_is_to_be_told(desk: DeskInstance, world: World) -> None:
    first, second = register(world, arrival("one", NOW)), phone_only(world, NOW)
    act(desk, f"{page(first)}/merge", other=str(second.number))
    refused = act(desk, f"{page(second)}/told")
    assert refused.status_code == 409
    assert "Сообщите клиенту номер #12345" in text_of(refused)
    assert 'href="/tickets/12345"' in refused.get_data(as_text=True)


def test_r10_who_knows_the_number_already_need_not_be_told(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    hear(world, ticket, Report.DELIVERED)
    refused = act(desk, f"{page(ticket)}/told")
    assert refused.status_code == 409
    assert "Письмо с номером доставлено" in text_of(refused)
    assert [event for event, _, _ in lines(world, 12345)] == ["accepted"]


# Resend


def test_r12_the_corrected_address_gets_the_letter_once_whatever_is_clicked(desk: DeskInstance, world: World) -> None:
    form = form_to(desk.get(page(bounced(world, NOW))), "/resend")
    assert form.fields["to"] == "ivan@example.ru"
    first, again = send(desk, form, to=f" {RIGHT.upper()} "), send(desk, form, to=RIGHT)
    assert location_of(first) == location_of(again) == "/tickets/12345?done=resend"
    letter = world.documents("notifications")["12345-confirmation-2"]
    assert (letter["recipient"], letter["requested_by"], letter["state"]) == (RIGHT, ANNA, "requested")
    assert lines(world, 12345)[1:] == [
        ("contact_corrected", ANNA, "12345-confirmation-2"),
        ("letter_asked_again", ANNA, "12345-confirmation-2"),
    ]
    assert world.rings() == ["12345-confirmation-2"]
    assert "12345-confirmation-3" not in world.documents("notifications")
    assert ticket_of(world, 12345)["contact"]["email"] == RIGHT  # type: ignore[index]  # a map


def test_r9_a_dead_address_is_refused_and_can_be_insisted_on(desk: DeskInstance, world: World) -> None:
    refused = send(desk, form_to(desk.get(page(bounced(world, NOW))), "/resend"))
    assert refused.status_code == 409
    assert "адрес не существует" in text_of(refused)
    assert "12345-confirmation-2" not in world.documents("notifications")
    insisting = form_to(refused, "/resend")
    assert insisting.button == "Всё равно отправить"
    # There is no key to change SendGrid's own list with.
    assert location_of(send(desk, insisting)) == "/tickets/12345?done=resend_listed"
    assert world.documents("notifications")["12345-confirmation-2"]["recipient"] == "ivan@example.ru"
    assert world.documents("addresses") == {}


def test_r12_a_letter_that_is_on_its_way_is_not_sent_twice_unless_a_person_insists(
    desk: DeskInstance, world: World
) -> None:
    ticket = register(world, arrival("one", NOW))
    refused = act(desk, f"{page(ticket)}/resend")
    assert refused.status_code == 409
    assert "уже в пути" in text_of(refused)
    assert location_of(send(desk, form_to(refused, "/resend"))).startswith("/tickets/12345?done=resend")
    assert len([letter for letter in world.documents("notifications") if "confirmation" in letter]) == 2


def test_r9_whom_no_letter_goes_to_gets_one_at_a_person_s_word(desk: DeskInstance, world: World) -> None:
    ticket = capped(world, NOW)
    refused = act(desk, f"{page(ticket)}/resend")
    assert "слишком много автоматических писем" in text_of(refused)
    form = form_to(desk.get(page(ticket)), "/resend", force="1")
    assert location_of(send(desk, form)).startswith("/tickets/12345?done=resend")
    assert "12345-confirmation" in world.documents("notifications")


@pytest.mark.parametrize("forced", ["", "1"])
def test_r12_two_clicks_at_the_same_moment_are_one_letter(desk: DeskInstance, world: World, forced: str) -> None:
    form = form_to(desk.get(page(bounced(world, NOW))), "/resend")
    click = partial(send, desk, form, to=RIGHT, force=forced)
    for response in at_once(click, click, click):
        assert location_of(response).startswith("/tickets/12345?done=resend")
    copies = [letter for letter in world.documents("notifications") if letter.startswith("12345-confirmation")]
    assert sorted(copies) == ["12345-confirmation", "12345-confirmation-2"]
    assert len(lines(world, 12345)) == 3


@pytest.mark.parametrize("address", ["kein Wort", "a@", "<script>@example.ru"])
def test_what_is_no_address_comes_back_with_what_was_typed(desk: DeskInstance, world: World, address: str) -> None:
    response = act(desk, f"{page(bounced(world, NOW))}/resend", to=address)
    assert response.status_code == 422
    assert form_to(response, "/resend").fields["to"] == address
    assert len(lines(world, 12345)) == 1


def test_r11_a_letter_to_the_specialists_can_be_sent_again(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    world.ledger.document("notifications/12345-new-ticket").update({"state": "delivered"})
    assert location_of(act(desk, f"{page(ticket)}/resend", kind="new-ticket")) == "/tickets/12345?done=resend"
    assert "12345-new-ticket-2" in world.documents("notifications")


# Merge and split


def test_r15_two_tickets_become_one_from_either_page(desk: DeskInstance, world: World) -> None:
    first = register(world, arrival("one", NOW))
    second = possible_duplicate(world, NOW, first)
    form = form_to(desk.get(page(second)), "/merge", other="12345")
    done, again = send(desk, form), send(desk, form)
    assert location_of(done) == location_of(again) == "/tickets/12345?done=merge"
    assert ticket_of(world, 12346)["merged_into"] == 12345
    assert lines(world, 12345) == [("merged", ANNA, "12346")]
    shown = desk.get(page(second))
    assert "продолжается под номером #12345" in text_of(shown)
    assert [form.action for form in forms_of(shown)] == ["/tickets/12346/split"]


@pytest.mark.parametrize(
    ("other", "status", "words"),
    [
        ("12345", 409, "Это одно и то же обращение"),
        ("#99999", 409, "Обращения #99999 не существует"),
        ("завтра", 422, "Номер — это цифры"),
        ("", 422, "Номер — это цифры"),
        ("9" * 40, 422, "Номер — это цифры"),
    ],
)
def test_what_can_not_be_merged_says_why_and_keeps_what_was_typed(
    desk: DeskInstance, world: World, other: str, status: int, words: str
) -> None:
    response = act(desk, f"{page(register(world, arrival('one', NOW)))}/merge", other=other)
    assert response.status_code == status
    assert words in text_of(response)
    assert form_to(response, "/merge").fields["other"] == other
    assert lines(world, 12345) == []


def test_r15_what_is_one_already_is_told_to_the_second_who_merges(desk: DeskInstance, world: World) -> None:
    first, second = register(world, arrival("one", NOW)), register(world, arrival("two", NOW))
    act(desk, f"{page(first)}/merge", BORIS, other=str(second.number))
    refused = act(desk, f"{page(first)}/merge", other=str(second.number))
    assert refused.status_code == 409
    assert "Оба обращения идут под номером #12345" in text_of(refused)


def test_r15_a_merge_is_undone_from_the_page_of_the_number_that_is_gone(desk: DeskInstance, world: World) -> None:
    first, second = register(world, arrival("one", NOW)), register(world, arrival("two", NOW))
    act(desk, f"{page(first)}/merge", other=str(second.number))
    form = form_to(desk.get(page(second)), "/split")
    done, again = send(desk, form), send(desk, form)
    assert location_of(done) == location_of(again) == "/tickets/12346?done=split"
    assert "merged_into" not in ticket_of(world, 12346)
    written = sorted(event for event, _, _ in lines(world, 12346))
    assert written == ["letter_asked_again", "merge_undone", "merged"]


def test_r15_what_was_taken_for_the_same_gets_a_number_of_its_own(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    join(world, "two", ticket.number, Attachment.DUPLICATE)
    form = form_to(desk.get(page(ticket)), "/split", submission="two")
    done, again = send(desk, form), send(desk, form)
    assert location_of(done) == location_of(again) == "/tickets/12346?done=split"
    assert ticket_of(world, 12345)["submissions"] == ["one"]
    assert lines(world, 12345)[-1] == ("split_off", ANNA, "two")


def test_r7_what_gives_missing_data_is_no_request(desk: DeskInstance, world: World) -> None:
    ticket = incomplete(world, NOW)
    join(world, "answer", ticket.number, Attachment.ANSWER)
    assert "/split" not in desk.get(page(ticket)).get_data(as_text=True)
    for key in ("answer", "incomplete", "unknown"):
        refused = act(desk, f"{page(ticket)}/split", submission=key)
        assert refused.status_code == 409
    assert len(world.documents("tickets")) == 1


# Fill and settle


def test_r6_r10_what_was_heard_completes_the_ticket_with_the_specialist_s_name(
    desk: DeskInstance, world: World
) -> None:
    form = form_to(desk.get(page(incomplete(world, NOW))), "/fill")
    world.rings()
    typed = {"product_version": "4.12.1", "device_model": "Pixel 9", "os_version": "Android 16"}
    first, again = send(desk, form, **typed), send(desk, form, **typed)
    assert location_of(first) == location_of(again) == "/tickets/12345?done=fill"
    assert ticket_of(world, 12345)["missing"] == ["steps"]
    [heard] = [line for line in lines(world, 12345) if line[0] == "details_answered"]
    assert heard[1] == ANNA
    assert len(world.documents("submissions")) == 2
    # What one of them has written is no news to the specialists.
    assert world.rings() == []
    shown = text_of(desk.get("/tickets/12345"))
    assert "Записаны данные со слов клиента" in shown
    assert "Pixel 9 со слов клиента, записал специалист" in shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"device_model": "x" * 101}, "слишком длинно"), ({"steps": " "}, "Ничего не заполнено")],
)
def test_r6_what_can_not_be_written_down_comes_back_as_it_was_typed(
    desk: DeskInstance, world: World, typed: dict[str, str], words: str
) -> None:
    response = act(desk, f"{page(incomplete(world, NOW))}/fill", **typed)
    assert response.status_code == 422
    assert words in text_of(response)
    assert typed.items() <= form_to(response, "/fill").fields.items()
    assert len(world.documents("submissions")) == 1


@pytest.mark.parametrize("concern", [Concern.POSSIBLE_DUPLICATE, Concern.NO_LETTER])
def test_r9_r15_what_a_person_has_seen_to_is_over(desk: DeskInstance, world: World, concern: Concern) -> None:
    first = capped(world, NOW)
    alike = possible_duplicate(world, NOW, first)
    ticket = alike if concern is Concern.POSSIBLE_DUPLICATE else first
    form = form_to(desk.get(page(ticket)), "/settle", concern=concern.value)
    first_click, second_click = send(desk, form), send(desk, form)
    assert location_of(first_click) == location_of(second_click) == f"{page(ticket)}?done=settle"
    assert lines(world, ticket.number) == [("concern_settled", ANNA, concern.value)]
    assert ticket_of(world, ticket.number)["settled"] == [concern.value]
    assert concern.value not in (ticket_of(world, ticket.number).get("attention") or [])  # type: ignore[operator]  # a list


@pytest.mark.parametrize("concern", ["undelivered", "information", "nonsense", ""])
def test_what_a_word_does_not_end_is_refused(desk: DeskInstance, world: World, concern: str) -> None:
    assert act(desk, f"{page(bounced(world, NOW))}/settle", concern=concern).status_code == 409
    assert "settled" not in ticket_of(world, 12345)


# Two specialists


@pytest.mark.parametrize(
    ("action", "typed"),
    [
        ("resend", {"to": RIGHT}),
        ("merge", {"other": "12346"}),
        ("fill", {"os_version": "Android 16"}),
        ("told", {}),
    ],
)
def test_who_is_overtaken_sees_first_what_a_colleague_has_done_and_may_still_act(
    desk: DeskInstance, world: World, action: str, typed: dict[str, str]
) -> None:
    ticket = bounced(world, NOW)
    register(world, arrival("two", NOW))
    stale = form_to(desk.get(page(ticket)), f"/{action}")
    join(world, "more", ticket.number, Attachment.DUPLICATE)
    act(desk, f"{page(ticket)}/resend", BORIS, to="other@example.ru")
    before = world.documents("tickets"), lines(world, ticket.number), world.documents("notifications")

    overtaken = send(desk, stale, **typed)

    assert overtaken.status_code == 409
    shown = text_of(overtaken)
    assert "Пока вы смотрели, обращение изменилось" in shown
    assert "Борис Смирнов" in shown
    assert "Исправлен адрес клиента: other@example.ru" in shown
    assert "То же обращение пришло ещё раз" in shown
    # What was there before is no news.
    assert "не доставлено: ivan@example.ru" not in shown
    assert (world.documents("tickets"), lines(world, ticket.number), world.documents("notifications")) == before

    offered = form_to(overtaken, f"/{action}")
    assert typed.items() <= offered.fields.items()
    assert location_of(send(desk, offered)).startswith("/tickets/12345?done=")
    assert lines(world, ticket.number)[-1][1] == ANNA


def test_what_the_system_does_by_itself_stops_nobody(desk: DeskInstance, world: World) -> None:
    ticket = phone_only(world, NOW)
    form = form_to(desk.get(page(ticket)), "/told")
    handed_on = {"at": datetime.now(UTC), "by": "system", "event": "handed_on", "about": "1"}
    world.ledger.document("tickets/12345/history/handed_on-1").create(handed_on)
    assert location_of(send(desk, form)) == "/tickets/12345?done=told"


def test_a_line_that_comes_in_between_earlier_ones_is_seen_as_new(desk: DeskInstance, world: World) -> None:
    ticket = register(world, arrival("one", NOW))
    act(desk, f"{page(ticket)}/fill", BORIS, os_version="Android 16")
    form = form_to(desk.get(page(ticket)), "/told")
    hear(world, ticket, Report.DELIVERED)
    overtaken = send(desk, form)
    assert "Клиент получил номер" in text_of(overtaken)
    assert "Записаны данные" not in text_of(overtaken)


def test_r15_what_becomes_of_a_letter_stops_nobody_who_merges_nor_the_second_click(
    desk: DeskInstance, world: World
) -> None:
    first, ticket = register(world, arrival("one", NOW)), register(world, arrival("two", NOW))
    form = form_to(desk.get(page(ticket)), "/merge")
    hear(world, ticket, Report.DELIVERED)
    clicks = [send(desk, form, other=str(first.number)) for _ in range(2)]
    assert [location_of(each) for each in clicks] == [f"{page(first)}?done=merge"] * 2
    assert ticket_of(world, ticket.number)["merged_into"] == first.number


@pytest.mark.parametrize("seen", ["", "0", "nonsense", "." * 100, "a" * 5000])
def test_whatever_a_page_claims_to_have_seen_only_shows_more(desk: DeskInstance, world: World, seen: str) -> None:
    ticket = bounced(world, NOW)
    assert act(desk, f"{page(ticket)}/told", seen=seen).status_code == 409
    assert len(lines(world, ticket.number)) == 1


def test_r10_of_two_who_tell_at_the_same_moment_one_stands_in_the_history(desk: DeskInstance, world: World) -> None:
    ticket = phone_only(world, NOW)
    forms = {person: form_to(desk.get(page(ticket), person), "/told") for person in (ANNA, BORIS)}
    answers = at_once(*(partial(send, desk, form, person) for person, form in forms.items()))
    assert sorted(each.status_code for each in answers) == [303, 409]
    [(_, by, _)] = lines(world, ticket.number)
    [refused] = [each for each in answers if each.status_code == 409]
    assert by.partition(" <")[0] in text_of(refused)


# The ledger


@pytest.mark.parametrize("seen", [True, False])
def test_without_an_answer_of_the_ledger_it_is_unknown_and_the_same_again_does_no_harm(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch, *, seen: bool
) -> None:
    ticket = bounced(world, NOW)
    form = form_to(desk.get(page(ticket)), "/resend")
    if not seen:
        del form.fields["seen"]
    write = FirestoreChanges.write

    def losing(self: FirestoreChanges, *arguments: object) -> None:
        write(self, *arguments)  # type: ignore[arg-type]  # as they came
        raise LedgerUnavailableError("the answer is lost")

    with monkeypatch.context() as patch:
        patch.setattr(FirestoreChanges, "write", losing)
        uncertain = send(desk, form, to=RIGHT)
    assert uncertain.status_code == 503
    assert uncertain.headers["Retry-After"]
    assert "Неизвестно, сделано ли" in text_of(uncertain)
    again = form_to(uncertain, "/resend")
    assert again.fields["to"] == RIGHT
    assert location_of(send(desk, again)) == "/tickets/12345?done=resend"
    assert "12345-confirmation-3" not in world.documents("notifications")


@pytest.mark.parametrize(("error", "status"), [(LedgerUnavailableError, 503), (LedgerConflictError, 409)])
def test_a_ledger_that_can_not_be_read_or_is_contended_is_told(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    def failing(*_: object) -> None:
        raise error("told to")

    ticket = phone_only(world, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(
            FirestoreDossiers if status == 503 else FirestoreChanges, "read" if status == 503 else "write", failing
        )
        response = act(desk, f"{page(ticket)}/told")
    assert response.status_code == status
    assert location_of(send(desk, form_to(response, "/told"))) == "/tickets/12345?done=told"


def test_a_fault_of_our_own_is_an_apology_and_no_trace_of_code(
    desk: DeskInstance, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("secret words")

    ticket = bounced(world, NOW)
    token = token_for(ANNA)
    with monkeypatch.context() as patch:
        patch.setattr(Resender, "ask", failing)
        response = desk.post(f"{page(ticket)}/resend", {"post_token": token})
    assert response.status_code == 500
    assert "secret words" not in response.get_data(as_text=True)


# Where one ends


@pytest.mark.parametrize(
    ("back", "there"),
    [
        ("/", "/?done=told&ticket=12345"),
        ("/tickets?concern=call&done=fill", "/tickets?concern=call&done=told&ticket=12345"),
        ("//evil.example/", "/tickets/12345?done=told"),
        ("/\\evil.example", "/tickets/12345?done=told"),
        ("https://evil.example/", "/tickets/12345?done=told"),
        ("javascript:alert(1)", "/tickets/12345?done=told"),
        ("/\r\nSet-Cookie: a=b", "/tickets/12345?done=told"),
        ("/" + "a" * 2000, "/tickets/12345?done=told"),
    ],
)
def test_who_came_from_a_list_goes_back_there_and_nowhere_else(
    desk: DeskInstance, world: World, back: str, there: str
) -> None:
    assert location_of(act(desk, f"{page(phone_only(world, NOW))}/told", back=back)) == there


@pytest.mark.parametrize(
    "query", ["done=<b>x", "done=nonsense", "done=told&ticket=<b>", "done=told&ticket=" + "9" * 40]
)
def test_an_address_puts_no_words_into_a_page(desk: DeskInstance, world: World, query: str) -> None:
    shown = desk.get(f"{page(phone_only(world, NOW))}?{query}")
    assert shown.status_code == 200
    assert "<b>x" not in shown.get_data(as_text=True)
    assert "nonsense" not in shown.get_data(as_text=True)
    assert "9" * 40 not in shown.get_data(as_text=True)


def test_an_unknown_number_is_404_for_every_action(desk: DeskInstance) -> None:
    for action in ("told", "resend", "merge", "split", "fill", "settle"):
        assert act(desk, f"/tickets/99999/{action}").status_code == 404


def test_r16_a_ticket_whose_number_was_told_late_stays_flagged_as_late(desk: DeskInstance, world: World) -> None:
    ticket = register(world, described(arrival("late", NOW), urgent=True), late=timedelta(minutes=20))
    assert location_of(act(desk, f"{page(ticket)}/told")) == "/tickets/12345?done=told"
    assert "поздно" in text_of(desk.get(page(ticket)))
