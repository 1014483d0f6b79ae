"""R15: the same request once more by mail has one number, and its sender hears which; another's says nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.email_instance import REPLIES, SPECIALISTS, EmailInstance, email_instance, message, settings_of
from tests.function_instance import World

Start = Callable[..., EmailInstance]
TEXT = "Третий день не открывается шлагбаум на южном въезде, охрана не отвечает."
FIRST = {"state": "registered", "ticket": 12345}
SAME = {"state": "attached", "ticket": 12345}
ANOTHER = {"state": "registered", "ticket": 12346}


@pytest.fixture
def start_email(world: World) -> Iterator[Start]:
    """Starts instances of `intake_email` that recognise what came before."""
    with ExitStack() as running:
        wide = {**settings_of(world), "DUPLICATE_WINDOW": "3600"}
        yield lambda **settings: running.enter_context(email_instance({**wide, **settings}))


@pytest.fixture
def email(start_email: Start) -> EmailInstance:
    return start_email()


def post(email: EmailInstance, number: int, text: str = TEXT, *, spf: str = "pass", **headers: str) -> dict[str, Any]:
    """Mail a message with a Message-ID of its own; what became of it."""
    mail = message(text, **{"Message_ID": f"<{number}@example.ru>", **headers})
    answer = email.mail(mail, spf=spf)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def attached(world: World) -> dict[str, Any]:
    [entry] = [each for each in world.documents("submissions").values() if each["state"] == "attached"]
    return entry


def test_r15_the_same_request_by_another_mail_joins_its_ticket_and_its_sender_is_told_the_number(
    email: EmailInstance, world: World
) -> None:
    assert post(email, 1) == FIRST
    world.rings()

    assert post(email, 2) == SAME

    assert list(world.documents("tickets")) == ["12345"]
    assert (attached(world)["ticket"], attached(world)["attached_as"]) == (12345, "duplicate")
    letters = world.documents("notifications")
    assert letters["12345-already-registered-2"]["recipient"] == "ivan@example.ru"
    assert letters["12345-new-message-2"]["recipient"] == SPECIALISTS
    assert sorted(world.rings()) == ["12345-already-registered-2", "12345-new-message-2"]


def test_r15_a_duplicate_that_is_delivered_again_is_the_same_message(
    email: EmailInstance, start_email: Start, world: World
) -> None:
    post(email, 1)
    post(email, 2)
    world.rings()

    assert post(email, 2) == post(start_email(), 2) == SAME

    assert len(world.documents("tickets")["12345"]["submissions"]) == 2
    # The process that answered first may not have rung.
    assert set(world.rings()) == {"12345-already-registered-2", "12345-new-message-2"}


def test_r15_the_same_words_of_somebody_else_are_a_request_of_its_own(email: EmailInstance, world: World) -> None:
    post(email, 1)

    assert post(email, 2, From="petr@example.com") == ANOTHER

    assert "related" not in world.documents("tickets")["12346"]
    assert "12345-already-registered-2" not in world.documents("notifications")


def test_r15_a_sender_who_may_be_forged_is_not_recognised(email: EmailInstance, world: World) -> None:
    post(email, 1)

    assert post(email, 2, spf="fail") == ANOTHER

    assert world.documents("tickets")["12346"]["confirmation_omitted"] == "unverified_sender"


def test_r15_a_duplicate_beyond_the_limit_of_letters_joins_without_one(start_email: Start, world: World) -> None:
    email = start_email(LETTER_LIMIT="1")
    post(email, 1)

    assert post(email, 2) == SAME

    assert attached(world)["unanswered"] == "too_many_letters"
    assert sorted(world.documents("notifications")) == ["12345-confirmation", "12345-new-message-2", "12345-new-ticket"]


@pytest.mark.parametrize(
    "headers",
    [{"Subject": "Re: [#12345] Шлагбаум"}, {"References": REPLIES.thread_id(12345)}],
    ids=["its number", "our letter"],
)
def test_r5r_a_message_that_names_the_sender_s_own_ticket_joins_it_as_a_reply(
    email: EmailInstance, world: World, headers: dict[str, str]
) -> None:
    post(email, 1)

    assert post(email, 2, **headers) == SAME

    assert attached(world)["attached_as"] == "reply"
    assert "12345-already-registered-2" not in world.documents("notifications")


def test_r5r_a_message_that_names_another_s_ticket_hears_nothing_of_it(email: EmailInstance, world: World) -> None:
    post(email, 1)

    assert post(email, 2, From="petr@example.com", Subject="Re: [#12345] Шлагбаум") == ANOTHER

    ticket = world.documents("tickets")["12346"]
    assert (ticket["previous_ticket"], "related" in ticket) == (12345, False)
    assert len(world.documents("tickets")["12345"]["submissions"]) == 1


def test_r6_what_was_read_from_a_mail_says_so(email: EmailInstance, world: World) -> None:
    post(email, 1, f"{TEXT}\nВерсия приложения 4.12.1, айфон 13")
    post(email, 2, "Версия iOS 17.2", References=REPLIES.thread_id(12345))

    ticket = world.documents("tickets")["12345"]
    sources = {each["detail"]: each["source"] for each in ticket["known"]}
    assert (sources["product_version"], sources["device_model"], sources["os_version"]) == ("text", "text", "reply")
    [opening] = [each for each in world.documents("submissions").values() if each["state"] == "registered"]
    assert opening["from_text"] == ["product_version", "device_model"]
    assert attached(world)["from_text"] == ["os_version"]
