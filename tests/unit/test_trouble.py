"""R9: what mail servers say, and what a specialist reads of it; texts as mail servers and the provider write them."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import DeliveryEvent, Report
from shared.domain.notification import Failure
from shared.domain.trouble import KNOWN_DEAD_REASON, NOT_NEEDED, Trouble, classify, explain, is_for_good
from tests.sample_ticket import FRIDAY_NOON

NO_SUCH_ADDRESS = (
    # Gmail, as it says it and as SendGrid passes it on
    (
        "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's"
        " email address for typos or unnecessary spaces. For more information, go to"
        " https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a-gsmtp"
    ),
    (
        "550-5.1.1 The email account that you tried to reach does\n550-5.1.1 not exist. Please try double-checking the"
        " recipient's email\n550 5.1.1 address"
    ),
    # Yandex
    "550 5.7.1 No such user!",
    "550 5.7.1 <nobody@yandex.ru>: Recipient address rejected: No such user!",
    # Mail.ru
    "550 Message was not accepted -- invalid mailbox.  Local mailbox nobody@mail.ru is unavailable: user not found",
    "550 Message was not accepted -- invalid mailbox. Local mailbox x@bk.ru is unavailable: no such user",
    # Rambler
    "550 5.1.1 <nobody@rambler.ru>: Recipient address rejected: User unknown in virtual mailbox table",
    # Outlook.com, Exchange
    "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [AM7EUR06FT013.eop-eur06.prod]",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient nobody@contoso.com not found by SMTP address lookup",
    "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
    "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT042.eop-EUR01.prod.outlook.com]",
    "550 5.4.1 [nobody@contoso.com]: Recipient address rejected: Access denied",
    # Postfix
    "550 5.1.1 <nobody@example.ru>: Recipient address rejected: User unknown in local recipient table",
    '5.1.1 unknown user: "nobody"',
    "550 5.1.1 <nobody@example.ru>... User unknown",
    # Exim
    "550 No Such User Here",
    "550-5.1.1 no mailbox by that name is currently available",
    "550 Unrouteable address",
    "550 Unknown recipient",
    # Yahoo, AOL, GMX, ProtonMail, others
    "554 delivery error: dd This user doesn't have a yahoo.com account (nobody@yahoo.com) [0]",
    "552 1 Requested mail action aborted, mailbox not found",
    "550 Requested action not taken: mailbox unavailable For explanation visit https://postmaster.gmx.net/",
    "550 5.1.1 <nobody@proton.me>: Recipient address rejected: Address does not exist",
    "511 5.1.1 unknown address or alias: nobody@example.ru",
    "550 Invalid recipient nobody@example.ru (#5.1.1)",
    "550 5.1.1 sorry, no mailbox here by that name",
    "550 #5.1.0 Address rejected.",
    # words about something else in the address itself
    "550 5.1.1 <spam.blocked@full-quota.ru>: user unknown",
    # SendGrid
    "Invalid",
    # Russian
    "550 Пользователь не найден",
    "550 5.1.1 Адрес не существует",
    "550 Такого ящика не существует",
    "550 Нет такого пользователя",
    # the status alone
    "5.1.1",
    "550 5.1.1",
)
NO_SUCH_DOMAIN = (
    "553-5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors",
    "550 5.1.2 Host unknown (Name server: exmaple.ru: host not found)",
    "Host or domain name not found. Name service error for name=exmaple.ru type=MX: Host not found",
    "550 5.4.310 DNS domain exmaple.ru does not exist [Message=InfoDomainNonexistent]",
    "550 5.4.4 NXDOMAIN",
    "unable to get mx info: failed to get IPs from PTR record: lookup <nil>: unrecognized address",
    "all relevant MX records point to non-existent hosts",
    "556 5.1.10 <nobody@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)",
    "554 5.7.1 <nobody@example.ru>: Relay access denied",
    "550 relay not permitted",
    "550 Домен не найден",
    "550 Почтовый домен не существует",
    "5.4.4",
)
MAILBOX_FULL = (
    (
        "552-5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to"
        " https://support.google.com/mail/?p=OverQuotaPerm"
    ),
    (
        "452 4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to"
        " https://support.google.com/mail/?p=OverQuotaTemp"
    ),
    "552 5.2.2 Mailbox size limit exceeded",
    "552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full.",
    "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
    "5.2.2 maildir delivery failed: error writing message: Disk quota exceeded",
    "552 Requested mail action aborted: exceeded storage allocation",
    "550 Mailbox quota exceeded",
    "550 mailbox is full: quota exceeded",
    "552 5.2.2 user is over quota",
    "450 4.2.2 mailbox full, try again later",
    "550 Ящик переполнен",
    "550 Почтовый ящик пользователя переполнен",
    "552 Превышена квота почтового ящика",
    "mailbox full",
    "4.2.2",
)
MAILBOX_DISABLED = (
    "550-5.2.1 The email account that you tried to reach is disabled.",
    (
        "550 5.2.1 The email account that you tried to reach is inactive. For more information, go to"
        " https://support.google.com/mail/?p=DisabledUser"
    ),
    "550 Message was not accepted -- invalid mailbox.  Local mailbox x@bk.ru is unavailable: account is disabled",
    "550 Message was not accepted -- invalid mailbox. Local mailbox x@mail.ru is unavailable: user is terminated",
    "554 delivery error: dd Sorry, your message to x@yahoo.com cannot be delivered. This mailbox is disabled (554.30).",
    "550 5.2.1 <x@example.ru>: Mailbox disabled, not accepting messages",
    "550 5.7.1 Account suspended",
    "550 Ящик отключён",
    "550 Почтовый ящик заблокирован",
    "5.2.1",
)
TOO_LARGE = (
    "552 5.3.4 message size 35000000 exceeds size limit 26214400 of server mx.example.ru",
    "550 5.2.3 RESOLVER.RST.SendSizeLimit.Org; message too large for this organization",
    "552-5.3.4 Your message exceeded Google's message size limits.",
    "554 Message is too large",
    "552 Превышен допустимый размер письма",
    "5.3.4",
)
TAKEN_FOR_SPAM = (
    "550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail.",
    (
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to"
        " authenticate with either SPF or DKIM."
    ),
    "554 5.7.1 [2] Message rejected under suspicion of SPAM; https://ya.cc/1IrBc 1700000000",
    "550 5.7.1 Policy rejection on the target address",
    "550 spam message rejected. Please visit http://help.mail.ru/notspam-support/id?c=2x or report details",
    (
        "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider"
        " since part of their network is on our block list (S3150)."
    ),
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "550 5.7.509 Access denied, sending domain pass24online.ru does not pass DMARC verification",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 5.7.1 <nobody@example.ru>: Recipient address rejected: Blocked by policy",
    "550 5.7.1 Sender address rejected: not owned by user",
    "550 5.1.8 <support@pass24online.ru>: Sender address rejected: Domain not found",
    "550 Verification failed for <support@pass24online.ru>: sender verify failed",
    "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]",
    "554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes",
    "550 permanent failure for one or more recipients (nobody@example.com:blocked)",
    "550 High probability of spam",
    "Spam Content",
    "550 5.7.1 Письмо отклонено: похоже на спам",
    "550 5.7.1",
)
TEMPORARY = (
    "450 4.2.0 <nobody@example.ru>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/",
    "451 4.7.1 Sorry, the service is currently unavailable. Please come back later.",
    (
        "450-4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages"
        " from being delivered."
    ),
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints - 4.16.55.1",
    "451 4.7.500 Server busy. Please try again later from [192.0.2.1].",
    "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
    "451 4.4.4 Temporary server error. Please try again later ATTR5",
    "452 4.3.1 Insufficient system storage",
    "450 Requested mail action not taken: mailbox unavailable",
    "connect to mx.example.ru[192.0.2.1]:25: Connection timed out",
    "connect to mx.example.ru[192.0.2.1]:25: Connection refused",
    "lost connection with mx.example.ru[192.0.2.1] while sending RCPT TO",
    "Name service error for name=example.ru type=MX: Host not found, try again",
    "error dialing remote address: dial tcp 10.0.0.1:0->192.0.2.1:25: i/o timeout",
    "#550 4.4.7 QUEUE.Expired; message expired",
    "retry timeout exceeded",
    "421 Too many connections from your host",
    "450 4.1.1 <nobody@example.ru>: Recipient address rejected: unverified address: Address verification in progress",
    "550 4.2.1 mailbox temporarily disabled",
    "451 Сервис временно недоступен, попробуйте позже",
    "4.1.1",
    "451 4.7.1",
    "421 something that nobody has heard of",
)
SUPPRESSED = ("Bounced Address", "Unsubscribed Address", "Spam Reporting Address", "Group Unsubscribe")
API_REFUSED = ("Recipient List over Package Quota", "Invalid SMTPAPI header")
OTHER = (
    "",
    "550",
    "5.0.0",
    "5.4.6 too many hops",
    "550 5.4.14 Hop count exceeded - possible mail loop ATTR34",
    "mail for example.ru loops back to myself",
    "554 Transaction failed",
    "550 Ошибка 17",
    "1.5.1.1",
    "version 25.1.1",
)
TEXTS = {
    Trouble.NO_SUCH_ADDRESS: NO_SUCH_ADDRESS,
    Trouble.NO_SUCH_DOMAIN: NO_SUCH_DOMAIN,
    Trouble.MAILBOX_FULL: MAILBOX_FULL,
    Trouble.MAILBOX_DISABLED: MAILBOX_DISABLED,
    Trouble.TOO_LARGE: TOO_LARGE,
    Trouble.TAKEN_FOR_SPAM: TAKEN_FOR_SPAM,
    Trouble.TEMPORARY: TEMPORARY,
    Trouble.SUPPRESSED: SUPPRESSED,
    Trouble.API_REFUSED: API_REFUSED,
    Trouble.KNOWN_DEAD: (KNOWN_DEAD_REASON,),
    Trouble.NOT_NEEDED: tuple(sorted(NOT_NEEDED)),
    Trouble.OTHER: OTHER,
}
CASES = [(text, trouble) for trouble, texts in TEXTS.items() for text in texts]


def event(report: Report, reason: str, status: str = "") -> DeliveryEvent:
    return DeliveryEvent("12345-confirmation", "ivan@example.ru", report, FRIDAY_NOON, reason, status)


def test_r9_every_kind_of_trouble_has_texts() -> None:
    assert set(TEXTS) == set(Trouble)


@pytest.mark.parametrize(("text", "trouble"), CASES)
def test_r9_a_mail_server_s_words_are_understood(text: str, trouble: Trouble) -> None:
    assert classify(text) is trouble


@pytest.mark.parametrize(("text", "trouble"), CASES)
def test_r9_capitals_and_line_breaks_make_no_difference(text: str, trouble: Trouble) -> None:
    assert classify(text.upper()) is trouble
    assert classify("\r\n ".join(text.split(" "))) is trouble


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("550 5.1.1 no such user", "адрес не существует (ответ: «550 5.1.1 no such user»)"),
        ("5.1.2", "почтового домена не существует или он не принимает почту (ответ: «5.1.2»)"),
        ("mailbox full", "ящик переполнен (ответ: «mailbox full»)"),
        ("550 account is disabled", "ящик отключён (ответ: «550 account is disabled»)"),
        (
            "message\r\n too \t big",
            "письмо слишком велико для почтового сервера клиента (ответ: «message too big»)",
        ),
        ("try again later", "почтовый сервер клиента временно не принимает письма (ответ: «try again later»)"),
        (KNOWN_DEAD_REASON, "прежнее письмо на этот адрес вернулось как недоставляемое"),
        *((each, "письмо не понадобилось: его заменило другое, или сообщать стало не о чем") for each in NOT_NEEDED),
        ("550 Ошибка 17", "причина неизвестна, ответ сервера: «550 Ошибка 17»"),
        ("", "причина неизвестна"),
        (" \n ", "причина неизвестна"),
    ],
)
def test_r9_trouble_is_explained_in_plain_russian_with_the_server_s_words(text: str, words: str) -> None:
    assert explain(Failure(None, text)) == words


def test_r9_a_refusal_of_the_provider_s_api_is_not_laid_at_the_client_s_door() -> None:
    said = explain(Failure(400, "Does not contain a valid address."))

    assert said == "почтовый сервис отказался отправлять письмо (ответ: «Does not contain a valid address.»)"


@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.OTHER])
def test_r9_every_kind_of_trouble_has_words_of_its_own(trouble: Trouble) -> None:
    said = explain(Failure(None, TEXTS[trouble][0]))

    assert any("а" <= character <= "я" for character in said)
    assert not said.startswith("причина неизвестна")
    assert said[0].islower()
    assert not said.endswith(".")


def test_r9_a_long_answer_is_shown_up_to_a_point() -> None:
    assert len(explain(Failure(None, "550 no such user " + "blah " * 1000))) < 400


FOR_GOOD = (*NO_SUCH_ADDRESS, *NO_SUCH_DOMAIN, *MAILBOX_DISABLED)
MAY_PASS = (*MAILBOX_FULL, *TOO_LARGE, *TAKEN_FOR_SPAM, *TEMPORARY)


@pytest.mark.parametrize("text", [*FOR_GOOD, *OTHER])
def test_r9_an_address_that_bounced_hard_is_dead(text: str) -> None:
    assert is_for_good(event(Report.BOUNCED, text))


@pytest.mark.parametrize("text", MAY_PASS)
def test_r9_an_address_whose_trouble_may_pass_is_not_dead_even_where_the_provider_calls_it_a_bounce(text: str) -> None:
    assert not is_for_good(event(Report.BOUNCED, text))


@pytest.mark.parametrize("text", ["450 4.1.1 User unknown", "451 4.1.1 no such user", "4.1.2 host unknown"])
def test_r9_what_a_server_itself_calls_passing_kills_no_address(text: str) -> None:
    assert not is_for_good(event(Report.BOUNCED, text))


@pytest.mark.parametrize(
    ("reason", "dead"),
    [
        ("Bounced Address", True),
        ("Invalid", True),
        ("550 5.1.1 no such user", True),
        ("Unsubscribed Address", False),
        ("Spam Reporting Address", False),
        ("Spam Content", False),
        ("Recipient List over Package Quota", False),
        ("Invalid SMTPAPI header", False),
        ("", False),
        ("something new", False),
    ],
)
def test_r9_of_what_the_provider_dropped_only_bad_addresses_are_dead(reason: str, *, dead: bool) -> None:
    assert is_for_good(event(Report.DROPPED, reason)) is dead


@pytest.mark.parametrize("report", [Report.PROCESSED, Report.DEFERRED, Report.DELIVERED, Report.BLOCKED])
@pytest.mark.parametrize("text", ["550 5.1.1 no such user", "Bounced Address", ""])
def test_r9_nothing_but_a_bounce_or_a_drop_kills_an_address(report: Report, text: str) -> None:
    assert not is_for_good(event(report, text))


@pytest.mark.parametrize(
    ("status", "reason", "dead"),
    [
        ("5.1.1", "unknown user", True),
        ("5.0.0", "554 something", True),
        ("", "", True),
        ("5.2.2", "user over quota", False),
        ("4.4.7", "", False),
        ("5.7.1", "", False),
    ],
)
def test_r9_the_event_s_own_status_counts(status: str, reason: str, *, dead: bool) -> None:
    assert is_for_good(event(Report.BOUNCED, reason, status)) is dead


PIECES = (
    "mailbox ",
    "user ",
    "5.1.",
    "recipient address ",
    "@",
    "a@",
    "http://",
    "550-5.1.1 ",
    "не ",
    " ",
    "4",
    "domain",
)
HOSTILE = [piece * (100_000 // len(piece)) for piece in PIECES] + ["mailbox" + " " * 100_000, "x" * 100_000]


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(text[:20]) for text in HOSTILE])
def test_a_hostile_reason_of_100_kilobytes_takes_no_time(text: str) -> None:
    started = time.process_time()

    classify(text)
    explain(Failure(None, text))
    is_for_good(event(Report.BOUNCED, text, "5.1.1"))

    assert timedelta(seconds=time.process_time() - started) < timedelta(seconds=0.5)


@given(st.text(max_size=400))
def test_whatever_a_mail_server_says_there_is_an_explanation(text: str) -> None:
    said = explain(Failure(None, text))

    assert said
    assert len(said.splitlines()) == 1
    is_for_good(event(Report.BOUNCED, text))
