"""R12, R20: `python -m ops show`: all that the ledger holds of a ticket, harmless for the terminal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.contact import Contact
from shared.domain.delivery import Report
from shared.domain.submission import Attachment, Channel, Mark, Message
from shared.joining import Joiner
from shared.ledger import LedgerUnavailableError
from shared.store import dossier
from shared.store.dossier import FirestoreDossiers
from shared.store.tickets import FirestoreTickets
from tests.function_instance import World
from tests.operators import NO_SUCH_USER, Operators, SilentBell, register, report
from tests.sample_ticket import FRIDAY_NOON, FULL, PLAIN, SPECIALISTS, with_details

ASKED = "При необходимости подготовлен запрос дополнительной информации"
IVAN = "ivan.petrov@example.ru"


@pytest.fixture
def ops(world: World, capsys: pytest.CaptureFixture[str]) -> Operators:
    return Operators(world, capsys)


def shown(ops: Operators, *arguments: str) -> str:
    code, printed = ops("show", *arguments)
    assert code == 0, printed
    return printed


def section(printed: str, title: str) -> list[str]:
    """The lines under a title, without their indentation."""
    lines = printed.splitlines()
    following = lines[lines.index(title) + 1 :]
    end = following.index("") if "" in following else len(following)
    return [line.strip() for line in following[:end]]


def join(world: World, number: int) -> None:
    mail = replace(
        PLAIN,
        key="mail-2",
        channel=Channel.EMAIL,
        received_at=FRIDAY_NOON + timedelta(minutes=2),
        message=Message("mail/raw/2.eml", sender=IVAN, participants=(IVAN,), spf="pass"),
        details=replace(PLAIN.details, device_model="Pixel 9", description="Телефон — Pixel 9"),
    )
    joiner = Joiner(
        FirestoreTickets(world.ledger), SilentBell(), SPECIALISTS, lambda: FRIDAY_NOON + timedelta(minutes=2, seconds=1)
    )
    joiner.join(mail, number, Attachment.REPLY)


def test_r12_a_delivered_letter_and_everything_around_it_is_shown(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.DELIVERED)
    join(world, number)
    printed = shown(ops, f"#{number}")
    assert printed.splitlines()[:12] == [
        "[#12345] Не открывается шлагбаум",
        f"contact        Иван Петров, {IVAN}",
        "channels       форма на сайте, электронная почта",
        "received       2026-11-20 12:00:00 MSK",
        "registered     2026-11-20 12:00:01 MSK",
        "accepted       2026-11-20 12:00:10 MSK",
        "response from  2026-11-20 12:00:00 MSK",
        "acceptance     accepted, by 12345-confirmation",
        "missing        шаги воспроизведения, версия продукта, версия ОС телефона",
        "asked          2026-11-20 12:00:01 MSK",
        f"participants   {IVAN}",
        "next step      2026-11-20 12:01:01 MSK",
    ]
    assert section(printed, "known") == [
        "понятное описание проблемы: Не открывается шлагбаум (from a field of the form, arrival-1)",
        "модель телефона: Pixel 9 (from a message of the client, mail-2)",
        f"адрес или телефон для ответа: {IVAN} (from a field of the form, arrival-1)",
    ]
    assert section(printed, "submissions") == [
        "2026-11-20 12:00:00 MSK  form  registered  arrival-1",
        "Не открывается шлагбаум",
        "2026-11-20 12:02:00 MSK  email  attached as reply  mail-2",
        "Телефон — Pixel 9",
        f"from {IVAN}, SPF pass, DKIM none; as it came: mail/raw/2.eml",
    ]
    assert section(printed, "letters")[:2] == [
        f"12345-confirmation  delivered  to {IVAN}  0 attempts",
        "requested 2026-11-20 12:00:01 MSK, sent 2026-11-20 12:00:10 MSK, last event 2026-11-20 12:00:10 MSK",
    ]
    assert section(printed, "history") == [
        "2026-11-20 12:00:01 MSK  system: registered as #12345",
        f"2026-11-20 12:00:10 MSK  system: accepted: the client got 12345-confirmation to {IVAN}",
        f"2026-11-20 12:02:01 MSK  {IVAN}: message joined mail-2",
    ]
    assert section(printed, "check-list") == [
        "[x] Обращение получено из любого канала связи: да, 2026-11-20 12:00:00 MSK",
        "[x] Обращение зарегистрировано в системе обработки обращений: да, 2026-11-20 12:00:01 MSK",
        "[x] Присвоен уникальный идентификатор (ID): да, 2026-11-20 12:00:01 MSK, #12345",
        "[x] Отправлено уведомление клиенту с ID обращения: да, 2026-11-20 12:00:10 MSK, клиент получил номер",
        "[x] Проверена полнота информации в обращении: да, 2026-11-20 12:02:01 MSK, не хватает данных: 3",
        f"[x] {ASKED}: да, 2026-11-20 12:00:10 MSK, ответа ещё нет",
        "[ ] Обращение передано на дальнейшую обработку (классификацию): нет, ждём данных от клиента",
    ]


def test_r9_what_became_of_a_letter_is_explained_in_plain_russian(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=NO_SUCH_USER)
    printed = shown(ops, str(number))
    assert "acceptance     undeliverable, letter 12345-confirmation" in printed
    assert f"{IVAN} gets no letters since 2026-11-20 12:00:10 MSK: 12345-confirmation: {NO_SUCH_USER}" in printed
    letters = section(printed, "letters")
    assert letters[0].startswith("12345-confirmation  bounced")
    assert letters[2] == f"адрес не существует (ответ: «{NO_SUCH_USER}»)"
    assert any(line.startswith("12345-undelivered-1-bounced  requested") for line in letters)
    assert "[x] Отправлено уведомление клиенту с ID обращения" in printed
    assert "письмо не доставлено: адрес не существует" in printed


def test_r12_letters_that_were_asked_for_again_say_by_whom(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=NO_SUCH_USER)
    assert ops("resend", str(number), "--to", "anna@example.ru", "--by", "Анна")[0] == 0
    printed = shown(ops, str(number))
    assert any(line.endswith("asked for by Анна") for line in section(printed, "letters"))
    assert [line.partition("MSK  ")[2] for line in section(printed, "history")[-2:]] == [
        "Анна: the client's address was corrected by 12345-confirmation-2 to anna@example.ru",
        "Анна: letter asked for again: 12345-confirmation-2 to anna@example.ru",
    ]
    assert "acceptance     pending, letter 12345-confirmation-2" in printed


def test_r10_a_number_that_a_person_told_is_shown_with_the_name(world: World, ops: Operators) -> None:
    number = register(world.ledger, replace(PLAIN, contact=Contact("Иван", None, "+79161234567", "8 916 1234567")))
    assert ops("told", str(number), "--by", "Анна")[0] == 0
    printed = shown(ops, str(number))
    assert "acceptance     accepted, told by Анна" in printed
    assert "contact        Иван, +79161234567, typed as «8 916 1234567»" in printed
    assert "[-] Отправлено уведомление клиенту с ID обращения: не требуется" in printed
    assert "номер клиенту сообщил специалист: Анна" in printed


def test_r17_everything_that_came_is_shown(world: World, ops: Operators) -> None:
    number = register(world.ledger, FULL)
    printed = shown(ops, str(number))
    assert "urgent         yes" in printed
    assert "previous       #12001, as the client says" in printed
    assert "marks          сервис капчи был недоступен, отправитель не проверен" in printed
    assert "missing        nothing" in printed
    assert "response from  2026-11-23 09:00:00 MSK" in printed
    submissions = section(printed, "submissions")
    assert "Пропуск не приходит: Заказала пропуск. СМС не пришло." in submissions
    assert "file Снимок экрана.png, 204800 bytes: form/arrival-2/0/Снимок экрана.png" in submissions
    assert "file запись.exe, 51200 bytes: такие файлы не принимаются" in submissions
    assert "[-] При необходимости подготовлен запрос дополнительной информации: не требуется" in printed


def test_r16_open_flags_are_marked_and_cleared_ones_say_since_when(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    flag = {"kind": "not_confirmed", "raised_at": FRIDAY_NOON, "reason": "Письмо с номером не доставлено."}
    flags = [flag | {"cleared_at": FRIDAY_NOON + timedelta(minutes=20)}, flag]
    world.ledger.document(f"tickets/{number}").update({"flags": flags})
    assert section(shown(ops, str(number)), "flags") == [
        "2026-11-20 12:00:00 MSK  not_confirmed  cleared 2026-11-20 12:20:00 MSK  Письмо с номером не доставлено.",
        "2026-11-20 12:00:00 MSK  not_confirmed  OPEN  Письмо с номером не доставлено.",
    ]


def test_r6_r7_r15_r18_what_became_of_a_ticket_is_shown(world: World, ops: Operators) -> None:
    register(world.ledger, replace(PLAIN, key="arrival-3"))
    number = register(world.ledger, replace(FULL, key="arrival-4"))
    world.ledger.document("tickets/12345").update({"merged_into": number})
    world.ledger.document("submissions/arrival-4").update({"apart": [12001]})
    world.ledger.document(f"tickets/{number}").update(
        {
            "known": [{"detail": "description", "source": "field", "submission": "arrival-3"}],
            "device_data": False,
            "reminded_at": FRIDAY_NOON,
            "handed_on": {"at": FRIDAY_NOON, "revision": 2, "complete": False},
            "related": 12001,
            "merged": [12345, 12350],
            "apart": [12002],
        }
    )
    events = {"merged": "12345", "merge_undone": "12002", "split_off": "mail-9", "reminded": "12346-reminder"}
    for event, about in {**events, "handed_on": "2", "duplicate_attached": "mail-8", "details_answered": "a-1"}.items():
        line = {"at": FRIDAY_NOON, "by": "system", "event": event, "about": about}
        world.ledger.document(f"tickets/{number}/history/{event}").set(line)
    printed = shown(ops, str(number))
    head = printed.split("\n\n", maxsplit=1)[0].splitlines()
    assert {
        "device data    does not apply",
        "reminded       2026-11-20 12:00:00 MSK",
        "handed on      2026-11-20 12:00:00 MSK, revision 2, incomplete",
        "related        #12001",
        "merged here    #12345, #12350",
        "kept apart     #12002",
    } <= set(head)
    assert section(printed, "known") == [
        "понятное описание проблемы: Не открывается шлагбаум (from a field of the form, arrival-3)"
    ]
    assert "a person says that it does not belong to #12001" in section(printed, "submissions")
    assert {line.partition("system: ")[2] for line in section(printed, "history")} >= {
        "merged with ticket 12345",
        "taken apart again from ticket 12002",
        "made a request of its own of mail-9",
        "reminded the client of what is missing: 12346-reminder",
        "handed on to classification, revision 2",
        "the same request came once more: mail-8",
        "the client gave what was missing: a-1",
    }
    assert "[x] Обращение передано на дальнейшую обработку (классификацию): да, 2026-11-20 12:00:00 MSK" in printed


def test_r15_a_merged_ticket_is_shown_itself_and_says_into_which(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    register(world.ledger, replace(PLAIN, key="arrival-3"))
    world.ledger.document(f"tickets/{number}").update({"merged_into": 12346})
    assert shown(ops, str(number)).splitlines()[:2] == ["[#12345] Не открывается шлагбаум", "merged into #12346"]


HOSTILE = "\x1b]0;взлом\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\r\n\x00"


def test_what_strangers_wrote_does_the_terminal_no_harm(world: World, ops: Operators) -> None:
    hostile = replace(
        with_details(PLAIN, subject=f"Тема{HOSTILE}", description=f"Текст{HOSTILE}"),
        contact=Contact(f"Иван{HOSTILE}", IVAN, "+79161234567", f"8 916{HOSTILE}"),
        channel=Channel.EMAIL,
        marks=(Mark.MESSAGE_CUT,),
        files=(replace(FULL.files[0], name=f"a{HOSTILE}.png", stored_as=f"mail/a{HOSTILE}.png"),),
        message=Message(f"mail/{HOSTILE}", sender=IVAN, spf=f"pass{HOSTILE}", dkim=HOSTILE, automatic=HOSTILE),
    )
    number = register(world.ledger, hostile)
    report(world.ledger, f"{number}-confirmation", Report.BOUNCED, reason=f"{NO_SUCH_USER} {HOSTILE}")
    printed = shown(ops, str(number))
    assert [character for line in printed.split("\n") for character in line if not character.isprintable()] == []
    assert "\\x1b[2J" in printed
    assert "\\u202egnp.exe" in printed
    code, refused = ops("resend", str(number), "--by", "Анна")
    assert code == 1
    assert all(line.isprintable() for line in refused.split("\n"))


def test_a_very_long_text_is_cut(world: World, ops: Operators) -> None:
    number = register(world.ledger, with_details(PLAIN, description="Шлагбаум " * 1000))
    assert max(map(len, shown(ops, str(number)).splitlines())) < 300


def test_a_submission_that_the_ledger_does_not_hold_is_told_of(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    world.ledger.document("submissions/arrival-1").delete()
    printed = shown(ops, str(number))
    assert section(printed, "submissions") == ["arrival-1  is not in the ledger"]
    assert "[ ] Обращение получено из любого канала связи: нет" in printed


def test_letters_of_tickets_with_a_longer_or_shorter_number_are_others(world: World) -> None:
    register(world.ledger, PLAIN)
    for other in ("1234-confirmation", "123456-confirmation", "12346-confirmation", "digest-12345"):
        fields = world.documents("notifications")["12345-confirmation"]
        world.ledger.document(f"notifications/{other}").set(fields)
    found = FirestoreDossiers(world.ledger).letters(12345, 5.0)
    assert sorted(letter.id for letter in found) == ["12345-confirmation", "12345-new-ticket"]


def test_an_unknown_ticket_is_exit_code_1(ops: Operators) -> None:
    assert ops("show", "99999") == (1, "#99999: there is no such ticket")


def test_what_is_no_number_is_exit_code_2(ops: Operators) -> None:
    assert ops("show", "abc")[0] == 2


def test_a_ledger_that_does_not_answer_is_exit_code_2(ops: Operators, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise LedgerUnavailableError("503 try again")

    monkeypatch.setattr(dossier.FirestoreDossiers, "read", failing)
    assert ops("show", "12345") == (2, "python -m ops: LedgerUnavailableError: 503 try again")


def test_as_a_person_runs_it(world: World, ops: Operators) -> None:
    number = register(world.ledger, PLAIN)
    code, printed = ops.finish(ops.start("show", f"[#{number}]"))
    assert code == 0
    assert printed.startswith("[#12345] Не открывается шлагбаум\n")
