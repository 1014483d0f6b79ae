"""R5r: which ticket a message belongs to, and what it hears of those that are none of its business: nothing."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.intake_email.parsing.parsed import Address, ParsedMail
from functions.intake_email.threads import Belonging, Threads
from shared.domain.completeness import Detail
from shared.domain.contact import Contact
from shared.domain.submission import Channel, Message, Submission
from shared.ledger import LedgerUnavailableError, StoredTicket
from shared.reply_address import ReplyAddresses
from shared.settings import Secret
from tests.sample_ticket import PLAIN, REPLIES, opened

IVAN, OLGA, STRANGER = "ivan.petrov@example.ru", "olga@example.ru", "stranger@example.com"
FORGED = ReplyAddresses(REPLIES.mailbox, (Secret("somebody else's key"),))
SUPPORT = REPLIES.mailbox
ID = "<1@example.ru>"
FIRST = replace(opened(PLAIN), participants=(OLGA,))
BY_PHONE = opened(replace(PLAIN, contact=Contact("Анна", None, "+79161234567")), 12346)
LETTER = REPLIES.message_id("12345-confirmation")


@dataclass
class FakeTickets:
    asked: list[int] = field(default_factory=list)
    away: bool = False

    def find(self, number: int) -> StoredTicket | None:
        self.asked.append(number)
        if self.away:
            raise LedgerUnavailableError("told to")
        return {each.number: StoredTicket(each, None) for each in (FIRST, BY_PHONE)}.get(number)


def mail(
    subject: str = "Вопрос",
    *,
    to: Sequence[str] = (SUPPORT,),
    cc: Sequence[str] = (),
    in_reply_to: Sequence[str] = (),
    references: Sequence[str] = (),
) -> ParsedMail:
    return ParsedMail(
        sender=Address("", IVAN),
        reply_to=(),
        to=tuple(Address("", each) for each in to),
        cc=tuple(Address("", each) for each in cc),
        subject=subject,
        text="Текст",
        attachments=(),
        message_id=ID,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        automatic=None,
        bounce=None,
        defects=(),
    )


def submission(sender: str | None = IVAN, recipients: Sequence[str] = (SUPPORT,)) -> Submission:
    message = Message("mail/raw/1.eml", sender=sender, recipients=tuple(recipients))
    return replace(PLAIN, key="mail-1", channel=Channel.EMAIL, message=message)


def belonging(
    letter: ParsedMail, sender: str | None = IVAN, recipients: Sequence[str] = (SUPPORT,), *, authentic: bool = True
) -> Belonging:
    threads = Threads(REPLIES, FakeTickets().find)
    return threads.belonging(letter, submission(sender, recipients), authentic=authentic)


NOWHERE = Belonging(None, None)
JOINED = Belonging(12345, None, FIRST.missing)

SIGNED: dict[str, tuple[ParsedMail, Sequence[str]]] = {
    "envelope": (mail(), (REPLIES.address(12345),)),
    "envelope of a blind copy": (mail(to=(OLGA,)), (SUPPORT, REPLIES.address(12345))),
    "To": (mail(to=(OLGA, REPLIES.address(12345))), (SUPPORT,)),
    "To in capitals": (mail(to=(REPLIES.address(12345).upper(),)), (SUPPORT,)),
    "Cc": (mail(cc=(OLGA, REPLIES.address(12345))), (SUPPORT,)),
    "In-Reply-To a letter": (mail(in_reply_to=(LETTER,)), (SUPPORT,)),
    "In-Reply-To a ticket": (mail(in_reply_to=(REPLIES.thread_id(12345),)), (SUPPORT,)),
    "References": (mail(references=(ID, LETTER, "<2@example.ru>")), (SUPPORT,)),
    "References behind a foreign reply": (
        mail(in_reply_to=("<2@example.ru>",), references=(REPLIES.thread_id(12345), "<2@example.ru>")),
        (SUPPORT,),
    ),
    "an unknown number in the subject": (mail("Re: [#99999] шлагбаум", in_reply_to=(LETTER,)), (SUPPORT,)),
    "another ticket's number in the subject": (mail("Re: [#12346]", in_reply_to=(LETTER,)), (SUPPORT,)),
}


@pytest.mark.parametrize("authentic", [True, False])
@pytest.mark.parametrize("sender", [IVAN, STRANGER, None])
@pytest.mark.parametrize(("letter", "recipients"), SIGNED.values(), ids=SIGNED.keys())
def test_r5r_what_we_signed_lets_anybody_in_who_has_it(
    letter: ParsedMail, recipients: Sequence[str], sender: str | None, *, authentic: bool
) -> None:
    assert belonging(letter, sender, recipients, authentic=authentic) == JOINED


@pytest.mark.parametrize(
    ("letter", "recipients", "ticket"),
    [
        (mail(in_reply_to=(REPLIES.thread_id(12346),)), (REPLIES.address(12345),), 12345),
        (mail(to=(REPLIES.address(12346),)), (REPLIES.address(12345),), 12345),
        (mail(in_reply_to=(LETTER,), references=(REPLIES.thread_id(12346),)), (SUPPORT,), 12345),
        (mail(references=(REPLIES.thread_id(12346), LETTER)), (SUPPORT,), 12345),
    ],
    ids=["envelope before ids", "envelope before To", "In-Reply-To before References", "the last reference"],
)
def test_r5r_of_several_signs_the_nearest_counts(letter: ParsedMail, recipients: Sequence[str], ticket: int) -> None:
    assert belonging(letter, STRANGER, recipients).ticket == ticket


@pytest.mark.parametrize(
    ("letter", "recipients"),
    [
        (mail(to=(FORGED.address(12345),)), (FORGED.address(12345),)),
        (
            mail(in_reply_to=(FORGED.thread_id(12345),), references=(FORGED.message_id("12345-confirmation"),)),
            (SUPPORT,),
        ),
        (mail(to=("support+12345@pass24online.ru",)), ("support+12345@pass24online.ru",)),
        (mail(to=(REPLIES.address(12345).replace("pass24online.ru", "example.com"),)), (SUPPORT,)),
        (mail(to=("", "@", "support")), ("",)),
        (mail(to=(), cc=()), ()),
        (mail(to=(REPLIES.address(99999),)), (REPLIES.address(99999),)),
    ],
    ids=[
        "a foreign signature",
        "foreign ids",
        "a bare number",
        "a foreign domain",
        "no addresses",
        "nobody",
        "no ticket",
    ],
)
def test_r5r_what_we_did_not_sign_lets_nobody_in(letter: ParsedMail, recipients: Sequence[str]) -> None:
    assert belonging(letter, IVAN, recipients) == NOWHERE


def test_r5r_a_forged_sign_takes_no_right_away() -> None:
    letter = mail("Re: [#12345] шлагбаум", to=(FORGED.address(12346),), in_reply_to=(FORGED.thread_id(12346),))

    assert belonging(letter) == JOINED
    assert belonging(letter, STRANGER) == Belonging(None, 12345)


def test_r5r_a_signed_number_without_a_ticket_leaves_the_subject_to_decide() -> None:
    assert belonging(mail("Re: [#12345]", in_reply_to=(REPLIES.thread_id(99999),))) == JOINED


OUR_NUMBER = [
    "[#12345] Не открывается шлагбаум",
    "Re: [#12345] Не открывается шлагбаум",
    "RE: FW: [#12345]",
    "Ответ: [#12345] тема — новое сообщение",
    "#12345",
    "#12345: не открывается",
    "# 12345",
    "(#12345)",
    "Шлагбаум, #12345, снова",
    "обращение#12345",
    "Обращение 12345",
    "Обращение №12345",
    "Обращение № 12345",
    "Обращение №\u00a012345",
    "Обращение #\u00a012345",
    "ОБРАЩЕНИЕ № 12345",
    "по обращению 12345",
    "По обращению N12345",
    "по обращению n 12345",
    "Вопрос по заявке 12345",
    "заявка №12345 до сих пор не решена",
    "Заявку № 12345 закрыть",
    "тикет 12345",
    "Тикет №12345?",
    "по тикету 12345.",
    "Ticket 12345",
    "ticket #12345",
    "Ticket No. 12345",
    "ticket no 12345",
    "Request #12345",
    "Re:#12345",
    "№#12345",
    "обращение 12345. Не открывается",
    "обращение 12345.Не открывается",
    "обращение 12345: 2 вопроса",
    "обращение 12345-шлагбаум",
    "#12345, #12346",
    "#12345,12346",
    "Case 12345",
]


@pytest.mark.parametrize("subject", OUR_NUMBER)
def test_r5r_a_number_in_the_subject_joins_whoever_takes_part(subject: str) -> None:
    assert belonging(mail(subject)) == JOINED
    assert belonging(mail(subject), OLGA) == JOINED


@pytest.mark.parametrize("subject", OUR_NUMBER)
@pytest.mark.parametrize(
    ("sender", "authentic"),
    [(STRANGER, True), (None, True), (IVAN, False), (SUPPORT, True)],
    ids=["a stranger", "nobody", "a forged sender", "ourselves"],
)
def test_r5r_a_number_in_the_subject_lets_nobody_else_in(subject: str, sender: str | None, *, authentic: bool) -> None:
    assert belonging(mail(subject), sender, authentic=authentic) == Belonging(None, 12345)


@pytest.mark.parametrize("sender", [IVAN, STRANGER, None, "", "None", "+79161234567"])
def test_r5r_nobody_joins_a_ticket_without_addresses_by_its_number(sender: str | None) -> None:
    assert belonging(mail("[#12346]"), sender) == Belonging(None, 12346)


@pytest.mark.parametrize("sender", [IVAN, STRANGER])
def test_r5r_a_ticket_that_is_not_there_looks_to_a_stranger_like_one_that_is(sender: str) -> None:
    assert belonging(mail("[#12347] шлагбаум"), sender) == Belonging(None, 12347)
    assert belonging(mail("[#12345] шлагбаум"), STRANGER) == Belonging(None, 12345)


NO_NUMBER = [
    "",
    "Не открывается шлагбаум",
    "12345",
    "Re: 12345",
    "№12345",
    "№ 12345",
    "кв. № 12345",
    "Квартира №12345",
    "Пропуск № 12345 не приходит",
    "Пропуск 12345",
    "Договор №12345 от 12.03.2026",
    "Счёт № 12345",
    "Дом 12345",
    "тел. 12345",
    "Тел. +7 916 12345",
    "8 (916) 123-45-67",
    "12345 руб.",
    "12345 ₽ за обращение",
    "2026 год, обращение",
    "Обращение от 12.03.2026",
    "Обращение 12.03.2026",
    "Заявка от 12345",
    "Обращение с № 12345",
    "Обращение к 12345 жильцам",
    "заявка 12",
    "Тикет в театр на 12345",
    "Перезаявка12345678901234567",
    "[#]",
    "##",
    "#шлагбаум12345",
    "#" + "1" * 16,
    "обращение " + "1" * 16,
    "обращение №" + " " * 20 + "12345",
    "#１２３４５",
    "обращение 89161234567",
    "Заявка, перезвоните на #89161234567",
    "#79161234567",
    "#12345-67",
    "заявка 2026-11-23",
    "обращение 2026.11.23",
    "#12.03.2026",
    "заявка 12345 руб.",
    "заявка 12345₽",
    "#12345 рублей",
    "заявка 123.45",
    "заявка 2026 года",
    "Заявка 2026г.",
    "Тикет 2026 год",
    "ticket 192.168.1.1",
    "request 12:30",
    "request 1230:45",
    "C# 12345",
    "C#12345",
    "&#1055;&#1088;&#1080;&#1074;&#1077;&#1090;",
    "showcase 12345",
    "prerequest 12345",
    "staircase12345",
    "Cтолик12345",
    "requesting 5 of 12345",
]


@pytest.mark.parametrize("subject", NO_NUMBER)
def test_r5r_other_numbers_are_no_tickets(subject: str) -> None:
    assert belonging(mail(subject)) == NOWHERE


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Не открывается калитка #3", 3),
        ("Re: [#12346] обращение 12345", 12346),
        ("обращение 12345, раньше #12346", 12345),
        ("обращение 12345, а не 12346", 12345),
    ],
)
def test_r5r_the_first_number_of_several_is_the_one_that_is_meant(subject: str, number: int) -> None:
    assert belonging(mail(subject), STRANGER) == Belonging(None, number)


@given(st.integers(0, 10**9 - 1), st.sampled_from(["[#{}] тема", "обращение №{:03}", "Re: Ticket {:05}"]))
def test_a_foreign_number_says_nothing_but_itself(number: int, subject: str) -> None:
    assert belonging(mail(subject.format(number)), STRANGER) == Belonging(None, number)


@given(st.text(max_size=60), st.text(alphabet="#№[] 0123456789обращениеticket\u00a0\n", max_size=60))
def test_no_subject_lets_a_stranger_in(one: str, other: str) -> None:
    for subject in (one, other, f"{one} [#12345] {other}"):
        assert belonging(mail(subject), STRANGER).ticket is None


@pytest.mark.parametrize(
    "subject",
    ["# " * 500_000, "обращение №" * 100_000, "#" * 1_000_000, "1" * 1_000_000, "обращени" + " " * 1_000_000],
    ids=["tags", "words", "hashes", "digits", "spaces"],
)
def test_a_hostile_subject_takes_bounded_time(subject: str) -> None:
    began = time.process_time()

    assert belonging(mail(subject)) == NOWHERE
    assert time.process_time() - began < 2


@pytest.mark.parametrize("letter", [mail("[#12345]"), mail(in_reply_to=(LETTER,))], ids=["number", "signed"])
def test_r7_a_message_of_a_ticket_knows_what_the_ticket_that_goes_on_lacks(letter: ParsedMail) -> None:
    goes_on = replace(FIRST, number=12300, missing=(Detail.OS_VERSION,))
    between = replace(FIRST, number=12301, merged_into=12300, missing=())
    there = {each.number: each for each in (replace(FIRST, merged_into=12301), between, goes_on)}

    def find(number: int) -> StoredTicket | None:
        return StoredTicket(there[number], None)

    found = Threads(REPLIES, find).belonging(letter, submission(), authentic=True)

    assert found == Belonging(12345, None, (Detail.OS_VERSION,))


def test_a_circle_of_redirects_is_left_alone() -> None:
    circle = StoredTicket(replace(FIRST, merged_into=12345), None)

    found = Threads(REPLIES, lambda _: circle).belonging(mail("[#12345]"), submission(), authentic=True)

    assert found == Belonging(12345, None, ())


def test_nobody_is_asked_about_a_message_that_names_nothing() -> None:
    tickets = FakeTickets()

    Threads(REPLIES, tickets.find).belonging(mail(), submission(), authentic=True)

    assert tickets.asked == []


@pytest.mark.parametrize(
    ("letter", "authentic"),
    [(mail("[#12345]"), True), (mail(in_reply_to=(LETTER,)), True), (mail(in_reply_to=(LETTER,)), False)],
)
def test_a_ledger_that_is_away_decides_nothing(letter: ParsedMail, *, authentic: bool) -> None:
    with pytest.raises(LedgerUnavailableError):
        Threads(REPLIES, FakeTickets(away=True).find).belonging(letter, submission(), authentic=authentic)


def test_a_message_of_which_nothing_is_known_belongs_nowhere_by_its_number() -> None:
    bare = replace(submission(), message=None)

    assert Threads(REPLIES, FakeTickets().find).belonging(mail("[#12345]"), bare, authentic=True) == Belonging(
        None, 12345
    )
