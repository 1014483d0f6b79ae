"""R2, R3, R6, R17: what is made of a message: who asks, what for, how it came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.parsed import Address, ParsedMail
from functions.intake_email.reading import (
    SUBJECT_LENGTH,
    TEXT_LENGTH,
    OwnAddresses,
    as_message,
    how_it_came,
    read_request,
)
from functions.intake_email.webhook.post import InboundPost
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.notification import NotificationKind
from shared.domain.submission import Channel, Details, Mark, Message, Submission
from tests.sample_ticket import REPLIES, SPECIALISTS
from tests.unit.test_letters_of_asking import lacking, written

ARRIVED = datetime(2026, 11, 23, 9, tzinfo=UTC)
OWN = OwnAddresses(REPLIES, frozenset({SPECIALISTS, "noreply@pass24online.ru"}))
SUPPORT = REPLIES.mailbox
IVAN = Address("Иван Петров", "ivan@example.ru")
OLGA = Address("Ольга", "olga@example.ru")
HOW = Message("mail/raw/1.eml", recipients=(SUPPORT,), return_path="bounce@example.ru", spf="pass", dkim="none")
EAI = Address("Пётр", "пётр@пример.рф")
"""An address that needs SMTPUTF8 (RFC 6531): SendGrid can't write to it."""

MAIL = ParsedMail(
    sender=IVAN,
    reply_to=(),
    to=(Address("", SUPPORT),),
    cc=(),
    subject="Не открывается шлагбаум",
    text="Не открывается шлагбаум.",
    attachments=(),
    message_id="<1@example.ru>",
    in_reply_to=(),
    references=(),
    automatic=None,
    bounce=None,
    defects=(),
)


def mail(text: str | None = None, reply: str | None = None, **changes: object) -> ParsedMail:
    if text is not None:
        changes["text"] = text
    letter = replace(MAIL, **changes)  # type: ignore[arg-type]  # any field
    if reply is not None:
        vars(letter)["reply"] = reply  # as if it had been found in the text already
    return letter


def request(letter: ParsedMail, how: Message = HOW) -> Submission:
    return read_request("mail-1", ARRIVED, how, letter, OWN)


def message(submission: Submission) -> Message:
    assert submission.message is not None
    return submission.message


def test_r2_r3_a_plain_message_is_a_request_with_all_that_is_mandatory() -> None:
    assert request(MAIL) == Submission(
        key="mail-1",
        channel=Channel.EMAIL,
        received_at=ARRIVED,
        contact=Contact("Иван Петров", "ivan@example.ru", None),
        details=Details(
            "Не открывается шлагбаум", "Не открывается шлагбаум.", "", "", "", "", urgent=False, previous_ticket=None
        ),
        message=replace(HOW, message_id="<1@example.ru>", sender="ivan@example.ru", participants=("ivan@example.ru",)),
    )


OURS = Address("Поддержка", SUPPORT)
REPLY_ADDRESS = Address("", REPLIES.address(12345))
NOBODY = Address("Имя без адреса", "")


@pytest.mark.parametrize(
    ("sender", "reply_to", "return_path", "email"),
    [
        (IVAN, (), "bounce@example.ru", "ivan@example.ru"),
        (IVAN, (OLGA,), "bounce@example.ru", "olga@example.ru"),
        (IVAN, (NOBODY, EAI, OLGA, IVAN), "bounce@example.ru", "olga@example.ru"),
        (IVAN, (EAI,), "bounce@example.ru", "ivan@example.ru"),
        (Address("", "IVAN@Example.RU"), (), "", "ivan@example.ru"),
        (Address("", "ivan@пример.рф"), (), "", "ivan@xn--e1afmkfd.xn--p1ai"),
        (EAI, (), "bounce@example.ru", "bounce@example.ru"),
        (NOBODY, (), "bounce@example.ru", "bounce@example.ru"),
        (None, (), "bounce@example.ru", "bounce@example.ru"),
        (None, (OLGA,), "", "olga@example.ru"),
        (IVAN, (OURS,), "", "ivan@example.ru"),
        (IVAN, (REPLY_ADDRESS,), "", "ivan@example.ru"),
        (IVAN, (Address("", "Support+x@PASS24online.ru"),), "", "ivan@example.ru"),
        (IVAN, (Address("", SPECIALISTS.upper()), Address("", "noreply@pass24online.ru")), "", "ivan@example.ru"),
        (OURS, (OLGA,), SUPPORT, "olga@example.ru"),
        (OURS, (), SUPPORT, None),
        (Address("", SPECIALISTS), (), SPECIALISTS, None),
        (EAI, (), "", None),
        (None, (), "", None),
        (None, (), "<>", None),
        (Address("", "ivan@localhost"), (), "", None),
        (Address("", "ivan@[192.0.2.1]"), (), "", None),
        (Address("", "a" * 1_000_000 + "@example.ru"), (), "@" * 1_000, None),
    ],
)
def test_r3_contact_is_the_first_usable_address_that_is_not_ours(
    sender: Address | None, reply_to: Sequence[Address], return_path: str, email: str | None
) -> None:
    found = request(mail(sender=sender, reply_to=tuple(reply_to)), replace(HOW, return_path=return_path))

    assert found.contact.email == email


@pytest.mark.parametrize(
    ("sender", "name", "normalised"),
    [
        (IVAN, "Иван Петров", "ivan@example.ru"),
        (Address("", "Ivan@Example.ru"), "", "ivan@example.ru"),
        (EAI, "Пётр пётр@пример.рф", None),
        (Address("", "пётр@пример.рф"), "пётр@пример.рф", None),
        (Address("Админ", "root@localhost"), "Админ root@localhost", None),
        (NOBODY, "Имя без адреса", None),
        (None, "", None),
        (Address("я" * 300, "ivan@example.ru"), "я" * 199 + "…", "ivan@example.ru"),
        (Address("", "я" * 300), "я" * 199 + "…", None),
    ],
)
def test_r3_an_address_that_can_not_be_written_to_is_shown_beside_the_name(
    sender: Address | None, name: str, normalised: str | None
) -> None:
    found = request(mail(sender=sender))

    assert found.contact.name == name
    assert message(found).sender == normalised


@pytest.mark.parametrize(
    ("sender", "reply_to", "to", "cc", "participants"),
    [
        (IVAN, (), (OURS,), (), ("ivan@example.ru",)),
        (IVAN, (OLGA,), (OURS,), (), ("ivan@example.ru", "olga@example.ru")),
        (
            IVAN,
            (),
            (OURS, OLGA),
            (Address("", "PETR@example.ru"),),
            ("ivan@example.ru", "olga@example.ru", "petr@example.ru"),
        ),
        (IVAN, (IVAN,), (Address("", "IVAN@example.ru"),), (IVAN,), ("ivan@example.ru",)),
        (IVAN, (REPLY_ADDRESS,), (REPLY_ADDRESS,), (Address("", SPECIALISTS.title()),), ("ivan@example.ru",)),
        (OURS, (), (OLGA,), (), ("olga@example.ru",)),
        (EAI, (NOBODY,), (OURS,), (OLGA,), ("olga@example.ru",)),
        (None, (), (), (), ()),
    ],
)
def test_r5r_participants_are_all_others_who_are_named_each_once(
    sender: Address | None,
    reply_to: tuple[Address, ...],
    to: tuple[Address, ...],
    cc: tuple[Address, ...],
    participants: tuple[str, ...],
) -> None:
    assert message(request(mail(sender=sender, reply_to=reply_to, to=to, cc=cc))).participants == participants


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        (SUPPORT, True),
        (SUPPORT.upper(), True),
        (REPLIES.address(1), True),
        (SPECIALISTS, True),
        (SPECIALISTS.upper(), True),
        ("noreply@pass24online.ru", True),
        ("ivan@pass24online.ru", False),
        ("specialists@example.ru", False),
        ("", False),
    ],
)
def test_our_own_addresses_are_known(address: str, *, ours: bool) -> None:
    assert OWN.hold(address) is ours


@pytest.mark.parametrize("text", ["", "   ", "\r\n\t\n", "\u00a0\u2003"])
def test_r14_a_message_without_text_is_a_request_too(text: str) -> None:
    assert request(mail(text)).details.description == "(письмо без текста)"
    assert as_message(request(MAIL), mail("Вопрос", text), OWN).details.description == "(письмо без текста)"


@pytest.mark.parametrize(
    ("length", "shortened"), [(TEXT_LENGTH - 1, False), (TEXT_LENGTH, False), (TEXT_LENGTH + 1, True), (10**6, True)]
)
def test_r17_a_text_that_is_too_long_is_shortened_and_marked(length: int, *, shortened: bool) -> None:
    text = "я" * length
    letters = [request(mail(f"\n {text} \n")), as_message(request(MAIL), mail("Вопрос", f" {text}\n"), OWN)]

    for found in letters:
        assert found.details.description == (text[: TEXT_LENGTH - 1] + "…" if shortened else text)
        assert found.marks == ((Mark.TEXT_SHORTENED,) if shortened else ())


def test_a_subject_that_is_too_long_is_shortened() -> None:
    assert request(mail(subject="т" * SUBJECT_LENGTH)).details.subject == "т" * SUBJECT_LENGTH
    assert request(mail(subject="т" * 100_000)).details.subject == "т" * (SUBJECT_LENGTH - 1) + "…"
    assert request(mail(subject="")).details.subject == ""


SAID = "Не открывается шлагбаум.\nВерсия приложения: 4.12.1\nМодель телефона: Pixel 9\nВерсия ОС: Android 16"


def test_r6_what_clearly_stands_in_the_text_is_picked_out() -> None:
    found = request(mail(f"{SAID}\nТел. +7 916 123-45-67"))

    assert (found.details.product_version, found.details.device_model) == ("4.12.1", "Pixel 9")
    assert "16" in found.details.os_version
    assert found.contact.phone == "+79161234567"
    assert (found.details.urgent, found.details.previous_ticket) == (False, None)


def test_r5r_a_message_of_a_ticket_is_only_what_is_new_in_it() -> None:
    history = f"Тел. +7 916 123-45-67\n> {SAID}\n> Пожалуйста, сохраните номер обращения #12345"
    letter = mail(f"Спасибо, работает.\n{history}", "\nСпасибо, работает.\n", subject="Re: [#12345] шлагбаум")

    whole = replace(request(letter), marks=(Mark.TEXT_SHORTENED, Mark.MESSAGE_CUT))
    found = as_message(whole, letter, OWN)

    assert found.details == Details(
        "Re: [#12345] шлагбаум", "Спасибо, работает.", "", "", "", "", urgent=False, previous_ticket=None
    )
    assert found.contact == Contact("Иван Петров", "ivan@example.ru", None)
    assert found.marks == (Mark.MESSAGE_CUT,)
    assert (found.key, found.channel, found.received_at, found.message) == (
        whole.key,
        whole.channel,
        whole.received_at,
        whole.message,
    )


def test_r5r_r6_what_is_new_in_a_reply_completes_the_ticket() -> None:
    letter = mail(f"{SAID}\n> Здравствуйте!", SAID)

    found = as_message(request(letter), letter, OWN).details

    assert (found.product_version, found.device_model) == ("4.12.1", "Pixel 9")


def test_r6_a_submission_says_what_was_read_from_its_text() -> None:
    letter = mail(SAID, "Версия ОС: Android 16")

    assert request(letter).from_text == ("product_version", "device_model", "os_version")
    assert as_message(request(letter), letter, OWN).from_text == ("os_version",)
    assert request(MAIL).from_text == ()


BARE = "Добрый день!\n4.12.1, самсунг а52, андроид 13"
NUMBER = "Добрый день!\n4.12.1"


def test_r7_bare_values_answer_what_the_ticket_lacks() -> None:
    missing = (Detail.PRODUCT_VERSION, Detail.DEVICE_MODEL, Detail.OS_VERSION)
    letter = mail(BARE, BARE, subject="Re: [#12345]")

    found = as_message(request(letter), letter, OWN, missing)

    assert found.from_text == tuple(each.value for each in missing)
    assert found.details.product_version == "4.12.1"

    bare = mail(NUMBER, NUMBER, subject="Re: [#12345]")
    assert as_message(request(bare), bare, OWN, missing).details.product_version == "4.12.1"
    assert as_message(request(bare), bare, OWN).details.product_version == ""


def test_r7_what_is_clearly_said_far_below_an_answer_is_read_too() -> None:
    long = f"{BARE}\n{'Всё это началось ещё летом. ' * 200}\nКак повторить:\n1. Открыть приложение\n2. Нажать «Гость»"
    letter = mail(long, long, subject="Re: [#12345]")

    found = as_message(request(letter), letter, OWN, (Detail.STEPS, Detail.PRODUCT_VERSION))

    assert found.from_text[:2] == ("steps", "product_version")


@pytest.mark.parametrize(
    "changes",
    [{"subject": "Fwd: [#12345]"}, {"automatic": "Auto-Submitted"}, {"sender": Address("", SPECIALISTS)}],
    ids=["forwarded", "robot", "specialist"],
)
def test_r7_nobody_but_the_client_answers_with_bare_values(changes: dict[str, object]) -> None:
    letter = mail(NUMBER, NUMBER, **changes)

    found = as_message(request(letter), letter, OWN, (Detail.PRODUCT_VERSION,))

    assert found.details.product_version == ""


def test_r7_what_our_letters_ask_for_is_nobody_s_answer() -> None:
    ticket = lacking(*(detail for detail in Detail if detail is not Detail.CONTACT))
    for kind in (NotificationKind.CONFIRMATION, NotificationKind.REMINDER):
        ours = written(ticket, kind).text
        # A mail program may quote so that nobody sees where the history begins.
        letter = mail(f"Спасибо\n{ours}", f"Спасибо\n{ours}", subject="Re: [#12345]")

        assert as_message(request(letter), letter, OWN, ticket.missing).from_text == ()


def test_r5r_a_short_reply_above_a_long_history_is_not_marked_as_shortened() -> None:
    letter = mail("Спасибо\n" + "> история\n" * TEXT_LENGTH, "Спасибо")
    whole = request(letter)

    assert whole.marks == (Mark.TEXT_SHORTENED,)
    assert as_message(whole, letter, OWN).marks == ()


def test_how_it_came_is_kept_as_the_provider_told_it() -> None:
    post = InboundPost(
        email=b"raw",
        recipients=(SUPPORT, "copy@example.ru"),
        return_path="bounce@example.ru",
        sender_ip="192.0.2.1",
        spf="pass",
        dkim="{@example.ru : pass}",
        spam_score=1.5,
    )

    how = how_it_came(post, "mail/raw/1.eml")
    kept = message(request(mail(automatic="Auto-Submitted", defects=("a defect",)), how))

    for name in ("recipients", "return_path", "sender_ip", "spf", "dkim", "spam_score"):
        assert getattr(kept, name) == getattr(post, name)
    assert (kept.raw, kept.automatic, kept.defects) == ("mail/raw/1.eml", "Auto-Submitted", ("a defect",))


def test_r5r_references_end_with_what_the_message_answers() -> None:
    letter = mail(references=("<1@a>", "<2@a>"), in_reply_to=("<2@a>", "<3@a>"), message_id=None)

    assert message(request(letter)).references == ("<1@a>", "<2@a>", "<3@a>")
    assert message(request(letter)).message_id is None


def test_a_message_with_everything_at_its_largest_fits_into_a_document() -> None:
    people = tuple(Address("имя", f"{index}.{'a' * 50}@{'b' * 60}.example.ru") for index in range(100))
    ids = tuple(f"<{index:03}{'i' * 990}@a>" for index in range(100))
    how = replace(HOW, recipients=tuple(each.address for each in people[:30]))
    letter = mail(
        "Я" * 10**6,
        reply_to=people[:30],
        to=people[30:],
        cc=people,
        references=ids,
        in_reply_to=ids,
        defects=tuple(f"defect {index}" for index in range(1000)),
    )

    kept = message(request(letter, how))

    assert len(kept.participants) <= 31
    assert set(kept.references) <= set(ids)
    assert len(repr(request(letter, how)).encode()) < 500_000


addresses = st.builds(Address, st.text(max_size=20), st.text(max_size=20) | st.emails())


@given(
    sender=st.none() | addresses,
    people=st.lists(addresses, max_size=5),
    subject=st.text(max_size=30),
    text=st.text(max_size=200),
    return_path=st.text(max_size=20) | st.emails(),
)
def test_anything_that_can_be_parsed_can_be_read(
    sender: Address | None, people: list[Address], subject: str, text: str, return_path: str
) -> None:
    letter = mail(text, sender=sender, reply_to=tuple(people), to=tuple(people), subject=subject)

    found = request(letter, replace(HOW, return_path=return_path))
    joined = as_message(found, letter, OWN)

    assert found.details.description
    assert joined.details.description
    assert found.contact.email is None or not OWN.hold(found.contact.email)
    assert not any(OWN.hold(each) for each in message(found).participants)


def test_a_message_that_names_hundreds_of_unusable_addresses_is_read_in_bounded_time() -> None:
    people = tuple(Address("", f"{index}@{'б' * 3000}") for index in range(100))
    letter = mail(sender=EAI, reply_to=people, to=people, cc=people)

    assert request(letter, replace(HOW, return_path="")).contact.email is None


@pytest.mark.parametrize(
    ("sender", "automatic"),
    [(Address("", "support@pass24online.ru"), None), (Address("", "noreply@pass24online.ru"), None), (None, "a robot")],
)
def test_r6_what_specialists_and_robots_write_fills_nothing_in(sender: Address | None, automatic: str | None) -> None:
    letter = replace(mail("Версия приложения 4.12.1? Или Android 13?"), automatic=automatic)
    letter = letter if sender is None else replace(letter, sender=sender)
    details = as_message(request(letter), letter, OWN).details
    assert (details.product_version, details.os_version) == ("", "")
    assert details.description == "Версия приложения 4.12.1? Или Android 13?"
