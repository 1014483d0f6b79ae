"""A message becomes a ticket, joins one, is recorded, or waits for a person; none is lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.email_instance import REPLIES, SPECIALISTS, EmailInstance, email_instance, message, settings_of
from tests.function_instance import World
from tests.inbound import signed_post

Start = Callable[..., EmailInstance]


@pytest.fixture
def start_email(world: World) -> Iterator[Start]:
    """Starts instances of `intake_email`, with settings of their own."""
    with ExitStack() as running:
        yield lambda **settings: running.enter_context(email_instance({**settings_of(world), **settings}))


@pytest.fixture
def email(start_email: Start) -> EmailInstance:
    return start_email()


def only(documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    [document] = documents.values()
    return document


def state(response: TestResponse) -> str:
    assert response.status_code == 200, response.get_data(as_text=True)
    return str(response.get_json()["state"])


def opened(response: TestResponse) -> int:
    assert state(response) == "registered"
    return int(response.get_json()["ticket"])


def test_r1_r2_r3_r4_a_message_becomes_a_ticket(email: EmailInstance, world: World) -> None:
    mail = message("Не открывается шлагбаум.\nВерсия приложения 4.12.1, айфон 13, iOS 17.2.")
    mail["Received"] = "by mx0032p1las1.sendgrid.net with SMTP id zz0; Mon, 23 Nov 2026 09:00:05 +0000 (UTC)"
    response = email.mail(mail.as_bytes())
    assert opened(response) == 12345
    ticket = world.documents("tickets")["12345"]
    assert ticket["title"] == "[#12345] Шлагбаум"
    assert ticket["channels"] == ["email"]
    assert ticket["contact"] == {"name": "Иван Петров", "email": "ivan@example.ru", "phone_as_typed": ""}
    assert ticket["missing"] == ["steps"]
    submission = only(world.documents("submissions"))
    assert submission["state"] == "registered"
    assert submission["details"]["description"].startswith("Не открывается шлагбаум.")
    assert submission["details"]["product_version"] == "4.12.1"
    assert submission["message"]["message_id"] == "<1@example.ru>"
    assert submission["message"]["spf"] == "pass"
    assert world.rings() == ["12345-confirmation", "12345-new-ticket"]


def test_r17_the_message_is_kept_as_it_came(email: EmailInstance, world: World) -> None:
    raw = message("Привет").as_bytes().replace(b"\n", b"\r\n").replace(b"utf-8", b"koi8-r")
    raw = raw[: raw.index(b"\r\n\r\n") + 4] + "Шлагбаум".encode("koi8-r") + bytes(range(256))
    email.mail(raw)
    kept = only(world.documents("submissions"))["message"]["raw"]
    assert world.objects()[kept][0] == raw


def test_r17_attachments_are_kept_under_their_own_names(email: EmailInstance, world: World) -> None:
    mail = message()
    mail.add_attachment(b"\x89PNG...", maintype="image", subtype="png", filename="Снимок экрана.png")
    mail.add_attachment(b"MZ...", maintype="application", subtype="octet-stream", filename="../запуск.exe")
    email.mail(mail)
    files = only(world.documents("submissions"))["files"]
    assert [file["name"] for file in files] == ["Снимок экрана.png", "запуск.exe"]
    assert [world.objects()[file["stored_as"]][0] for file in files] == [b"\x89PNG...", b"MZ..."]


def test_r1_the_same_message_again_is_the_same_ticket(email: EmailInstance, start_email: Start, world: World) -> None:
    assert opened(email.mail(message())) == 12345
    relayed = b"Received: from a by b\r\n" + message().as_bytes()
    assert opened(start_email().mail(relayed)) == 12345
    assert list(world.documents("tickets")) == ["12345"]
    assert world.rings() == ["12345-confirmation"] * 2 + ["12345-new-ticket"] * 2


def test_r1_a_reused_message_id_with_other_content_is_another_request(email: EmailInstance, world: World) -> None:
    assert opened(email.mail(message("Первый вопрос"))) == 12345
    assert opened(email.mail(message("Второй вопрос"))) == 12346
    assert len(world.documents("submissions")) == 2


def test_r1_a_message_without_message_id_is_registered_once(email: EmailInstance) -> None:
    assert opened(email.mail(message(Message_ID=""))) == 12345
    assert opened(email.mail(message(Message_ID=""))) == 12345


REPLY = {
    "Message_ID": "<2@example.ru>",
    "In_Reply_To": REPLIES.message_id("12345-confirmation"),
    "Subject": "Re: [#12345] Обращение зарегистрировано",
}


def test_r5r_an_answer_to_our_letter_joins_its_ticket(email: EmailInstance, world: World) -> None:
    opened(email.mail(message()))
    world.rings()
    mail = message(
        "Версия приложения 4.12.1\n\n"
        '23.11.2026, 12:05, "Служба" <support@pass24online.ru>:\n> Здравствуйте!\n> Телефон Samsung A52',
        **REPLY,
    )
    mail.add_attachment(b"log", maintype="text", subtype="plain", filename="журнал.txt")
    response = email.mail(mail, sender="ivan@example.ru")
    assert response.get_json() == {"state": "attached", "ticket": 12345}
    assert list(world.documents("tickets")) == ["12345"]
    ticket = world.documents("tickets")["12345"]
    assert len(ticket["submissions"]) == 2
    assert ticket["missing"] == ["steps", "device_model", "os_version"]
    joined = world.documents("submissions")[ticket["submissions"][1]]
    assert (joined["state"], joined["ticket"]) == ("attached", 12345)
    assert joined["details"]["description"] == "Версия приложения 4.12.1"
    assert [file["name"] for file in joined["files"]] == ["журнал.txt"]
    letter = world.documents("notifications")["12345-new-message-2"]
    assert (letter["recipient"], letter["submission"]) == (SPECIALISTS, ticket["submissions"][1])
    assert world.rings() == ["12345-new-message-2"]
    [entry] = world.ledger.collection("tickets/12345/history").stream()
    assert (entry.to_dict() or {})["event"] == "message_joined"


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Subject": "Ещё вопрос"}, {"to": (REPLIES.address(12345),)}),
        ({"Subject": "Ещё вопрос", "To": REPLIES.address(12345).upper()}, {}),
        ({"Subject": "Ещё вопрос", "References": f"<a@b.ru> {REPLIES.thread_id(12345)} <c@d.ru>"}, {}),
        ({"From": "ivan@gmail.com", "In_Reply_To": REPLIES.message_id("12345-confirmation")}, {}),
        ({"Subject": "По обращению #12345"}, {}),
        ({"Subject": "Re: [#12345] Шлагбаум"}, {}),
        ({"Subject": "заявка 12345"}, {}),
    ],
)
def test_r5r_what_lets_a_message_into_a_ticket(
    email: EmailInstance, headers: dict[str, str], said: dict[str, tuple[str, ...]]
) -> None:
    opened(email.mail(message()))
    response = email.mail(message("Дополнение", **{"Message_ID": "<2@example.ru>", **headers}), **said)
    assert response.get_json() == {"state": "attached", "ticket": 12345}


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"From": "petr@example.com", "Subject": "[#12345] Шлагбаум"}, {}),
        ({"Subject": "[#12345] Шлагбаум"}, {"spf": "fail"}),
        ({"Subject": "[#12345] Шлагбаум"}, {"sender": "attacker@example.com"}),
        ({"Subject": "[#12345] Шлагбаум"}, {"sender": "attacker@example.com", "spf": "none"}),
        ({"Subject": "[#12345] Шлагбаум"}, {"sender": "attacker@made-up.example.ru", "spf": "none"}),
        ({"Subject": "[#12345] Шлагбаум"}, {"sender": "attacker@ru", "spf": "none"}),
        ({"Subject": "[#12345] Шлагбаум"}, {"spf": "fail", "dkim": "{@example.com : pass}"}),
        ({"Subject": "Шлагбаум", "To": "support+12345.aaaaaaaaaaaaaaaa@pass24online.ru"}, {}),
        ({"Subject": "[#99999] Шлагбаум"}, {}),
        ({"From": "petr@example.com", "In_Reply_To": "<12345-confirmation.aaaaaaaaaaaaaaaa@pass24online.ru>"}, {}),
    ],
)
def test_r5r_nobody_gets_into_another_s_ticket(
    email: EmailInstance, world: World, headers: dict[str, str], said: dict[str, str]
) -> None:
    opened(email.mail(message("Тайна")))
    assert opened(email.mail(message("Что там?", **{"Message_ID": "<2@example.com>", **headers}), **said)) == 12346
    assert len(world.documents("tickets")["12345"]["submissions"]) == 1
    shown = repr([world.documents("tickets")["12346"], world.documents("submissions")])
    assert world.documents("tickets")["12346"].get("previous_ticket") in {None, 12345, 99999}
    assert shown.count("Тайна") == 1


def test_r5r_a_participant_may_join_by_the_number(email: EmailInstance) -> None:
    opened(email.mail(message(Cc="Ольга <olga@example.com>")))
    mail = message("Я тоже", From="olga@example.com", Message_ID="<2@example.com>", Subject="Re: [#12345] Шлагбаум")
    assert email.mail(mail, sender="olga@example.com").get_json() == {"state": "attached", "ticket": 12345}


def test_r5r_a_reply_to_a_merged_ticket_follows_the_redirect(email: EmailInstance, world: World) -> None:
    for number in range(3):
        opened(email.mail(message(f"Вопрос {number}", Message_ID=f"<q{number}@example.ru>")))
    world.ledger.document("tickets/12347").update({"merged_into": 12346})
    world.ledger.document("tickets/12346").update({"merged_into": 12345})
    mail = message("Ответ", Message_ID="<3@example.ru>", References=REPLIES.thread_id(12347))
    assert email.mail(mail).get_json() == {"state": "attached", "ticket": 12345}


def test_a_repeated_reply_is_one_message(email: EmailInstance, start_email: Start, world: World) -> None:
    opened(email.mail(message()))
    world.rings()
    for door in (email, start_email()):
        assert state(door.mail(message("Дополнение", **REPLY))) == "attached"
    assert len(world.documents("tickets")["12345"]["submissions"]) == 2
    assert world.rings() == ["12345-new-message-2"] * 2


@pytest.mark.parametrize(
    ("headers", "said", "omitted"),
    [
        ({"Auto_Submitted": "auto-replied"}, {}, "automatic"),
        ({"Precedence": "bulk"}, {}, "automatic"),
        ({"Subject": "Автоответ: я в отпуске"}, {}, "automatic"),
        ({"List_Id": "<news.example.ru>"}, {}, "automatic"),
        ({}, {"sender": ""}, "automatic"),
        ({"From": "support@pass24online.ru"}, {}, "automatic"),
        ({}, {"spf": "fail", "dkim": "{@example.ru : fail}"}, "unverified_sender"),
        ({}, {"spf": "softfail", "dkim": "none"}, "unverified_sender"),
        ({}, {"spf": "fail", "dkim": "{@example.com : pass}"}, "unverified_sender"),
    ],
)
def test_r1_what_must_not_be_answered_is_registered_all_the_same(
    email: EmailInstance, world: World, headers: dict[str, str], said: dict[str, str], omitted: str
) -> None:
    assert opened(email.mail(message("Вопрос", **headers), **said)) == 12345
    assert world.documents("tickets")["12345"]["confirmation_omitted"] == omitted
    assert list(world.documents("notifications")) == ["12345-new-ticket"]


def test_an_address_with_too_many_letters_gets_one_an_hour(start_email: Start, world: World) -> None:
    email = start_email(LETTER_LIMIT="2")
    for number in range(4):
        opened(email.mail(message(f"Вопрос {number}", Message_ID=f"<{number}@example.ru>")))
    omitted = [world.documents("tickets")[str(number)].get("confirmation_omitted") for number in range(12345, 12349)]
    assert omitted == [None, None, "too_many_letters", "too_many_letters"]


def test_a_robot_that_reads_the_specialists_letters_can_not_keep_them_busy(start_email: Start, world: World) -> None:
    email = start_email(LETTER_LIMIT="2")
    opened(email.mail(message()))
    for number in range(5):
        mail = message(f"Ответ {number}", Message_ID=f"<{number}@example.org>", From="robot@pass24online.ru")
        said = {"to": (REPLIES.address(12345),), "sender": "robot@pass24online.ru"}
        assert email.mail(mail, **said).get_json() == {"state": "attached", "ticket": 12345}
    assert len(world.documents("tickets")["12345"]["submissions"]) == 6
    told = sorted(name for name in world.documents("notifications") if "new-message" in name)
    assert told == ["12345-new-message-2", "12345-new-message-3"]


def test_a_client_s_answer_through_a_mailing_list_of_ours_is_no_letter_of_ours(email: EmailInstance) -> None:
    opened(email.mail(message()))
    mail = message(
        "Версия 4.12.1",
        From="support@pass24online.ru",
        Reply_To="ivan@example.ru",
        Message_ID="<2@example.ru>",
        References=REPLIES.thread_id(12345),
        List_Id="<support.pass24online.ru>",
    )
    assert email.mail(mail).get_json() == {"state": "attached", "ticket": 12345}


def test_our_own_letter_that_comes_back_is_recorded_and_opens_nothing(email: EmailInstance, world: World) -> None:
    opened(email.mail(message()))
    own = message(
        "Ваше обращение зарегистрировано",
        From="support@pass24online.ru",
        Message_ID="<other@sendgrid.example>",
        References=REPLIES.thread_id(12345),
        Auto_Submitted="auto-replied",
    )
    assert state(email.mail(own)) == "recorded"
    assert list(world.documents("tickets")) == ["12345"]
    assert len(world.documents("tickets")["12345"]["submissions"]) == 1


def bounce(message_id: str, action: str = "failed", status: str = "5.1.1") -> EmailMessage:
    """A delivery status notification (RFC 3464), as a mail server writes it."""
    report = (
        "From: MAILER-DAEMON@mx.example.ru\nTo: support@pass24online.ru\nSubject: Undelivered Mail\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\nMIME-Version: 1.0\n'
        f"Message-ID: <{action}{status}@mx.example.ru>\n\n"
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.ru\n\n"
        f"Final-Recipient: rfc822; ivan@example.ru\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {message_id}\nSubject: x\n\ntext\n--b--\n"
    )
    return message_from_string(report, policy=policy.default)


def test_r9_a_bounce_is_recorded_on_the_letter_that_came_back_and_the_specialists_are_told(
    email: EmailInstance, world: World
) -> None:
    opened(email.mail(message()))
    world.rings()
    for _ in range(2):
        assert state(email.mail(bounce(REPLIES.message_id("12345-confirmation")), sender="")) == "recorded"
    letters = world.documents("notifications")
    assert letters["12345-confirmation"]["state"] == "bounced"
    assert "5.1.1" in letters["12345-confirmation"]["failure"]["reason"]
    assert letters["12345-undelivered-1-bounced"]["recipient"] == "specialists@pass24online.ru"
    assert world.rings() == ["12345-undelivered-1-bounced"]
    assert [ticket["acceptance"] for ticket in world.documents("tickets").values()] == ["undeliverable"]
    assert [each["address"] for each in world.documents("addresses").values()] == ["ivan@example.ru"]


def test_r9_a_delay_leaves_the_letter_as_it_is(email: EmailInstance, world: World) -> None:
    opened(email.mail(message()))
    mail = bounce(REPLIES.message_id("12345-confirmation"), "delayed", "4.4.1")
    assert state(email.mail(mail, sender="")) == "recorded"
    assert world.documents("notifications")["12345-confirmation"]["state"] == "requested"


def test_a_bounce_of_a_letter_that_is_not_ours_waits_for_a_person(email: EmailInstance, world: World) -> None:
    opened(email.mail(message()))
    assert state(email.mail(bounce("<forged@pass24online.ru>"), sender="")) == "quarantined"
    assert world.documents("notifications")["12345-confirmation"]["state"] == "requested"


def test_spam_waits_for_a_person(email: EmailInstance, world: World) -> None:
    assert state(email.mail(message(), spam_score=9.1)) == "quarantined"
    submission = only(world.documents("submissions"))
    assert (submission["state"], submission["reason"]) == ("quarantined", "spam")
    assert "check_at" in submission
    assert world.documents("tickets") == {}
    assert world.rings() == []


def test_an_answer_to_our_letter_is_no_spam(email: EmailInstance) -> None:
    opened(email.mail(message()))
    assert state(email.mail(message("Ответ", **REPLY), spam_score=9.1)) == "attached"


def test_r3_a_message_from_nobody_waits_for_a_person(email: EmailInstance, world: World) -> None:
    raw = b"Subject: hello\r\n\r\ntext"
    assert state(email.mail(raw, sender="")) == "quarantined"
    assert only(world.documents("submissions"))["reason"] == "no_contact"


def test_a_call_that_the_message_has_broken_open_waits_for_a_person(email: EmailInstance, world: World) -> None:
    raw = message('x\r\n--xYzZY\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n{}\r\n').as_bytes()
    body, headers = signed_post(raw)
    assert state(email.call(body, headers)) == "quarantined"
    submission = only(world.documents("submissions"))
    assert submission["reason"] == "malformed"
    assert world.objects()[submission["message"]["raw"]][0] == body


def test_r17_a_large_call_that_is_broken_open_says_that_its_middle_is_missing(start_email: Start, world: World) -> None:
    inside = '\r\n--xYzZY\r\nContent-Disposition: form-data; name="envelope"\r\n\r\n{}\r\n'
    email = start_email(MAX_REQUEST_BYTES="300000")
    assert state(email.mail(message(inside).as_bytes() + b"x" * 500_000)) == "quarantined"
    assert only(world.documents("submissions"))["marks"] == ["message_cut"]


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 100, b"From", b"Content-Type: multipart/mixed; boundary=\r\n\r\n--"]
)
def test_whatever_bytes_come_are_kept(email: EmailInstance, world: World, raw: bytes) -> None:
    assert state(email.mail(raw)) in {"registered", "quarantined"}
    assert only(world.documents("submissions"))["message"]["raw"] in world.objects()


def test_r17_a_message_that_is_too_large_is_registered_and_its_sender_told(start_email: Start, world: World) -> None:
    email = start_email(MAX_REQUEST_BYTES="300000")
    mail = message("Смотрите вложение")
    mail.add_attachment(b"x" * 500_000, maintype="application", subtype="zip", filename="архив.zip")
    assert opened(email.mail(mail)) == 12345
    submission = only(world.documents("submissions"))
    assert submission["marks"] == ["message_cut"]
    assert submission["details"]["description"] == "Смотрите вложение"
    assert all("stored_as" not in file for file in submission["files"])
    assert world.rings() == ["12345-confirmation", "12345-new-ticket"]


@pytest.mark.parametrize("path", ["/inbound", "/intake_email/"])
def test_r1_a_call_at_another_path_is_taken_too(email: EmailInstance, path: str) -> None:
    body, headers = signed_post(message().as_bytes())
    assert opened(email.app.test_client().post(path, data=body, headers=headers)) == 12345


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_post_is_allowed(email: EmailInstance, world: World, method: str) -> None:
    body, headers = signed_post(message().as_bytes())
    response = email.app.test_client().open("/", method=method, data=body, headers=headers)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert world.documents("submissions") == {}
