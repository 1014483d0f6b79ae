"""Delivery reports of the mail systems that our letters meet, and mail that only looks like them."""

from base64 import b64encode
from collections.abc import Sequence

from tests.corpus.case import Case

OURS = "<n-12345-confirmation@pass24online.ru>"
TO = "ivan@example.ru"
_LETTER = (
    "Received: from o1.sendgrid.net by mx.example.ru; Sun, 22 Nov 2026 20:20:46 +0000\r\n"
    "From: PASS24 <support@pass24online.ru>\r\nTo: <ivan@example.ru>\r\nSubject: [#12345] x\r\n"
    f"Message-ID: {OURS}\r\nDate: Sun, 22 Nov 2026 20:20:46 +0000\r\n"
)
_DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.ru>"
_SORRY = (
    "This is the mail system at host mx.example.ru.\r\n\r\n"
    "I'm sorry to have to inform you that your message could not\r\n"
    "be delivered to one or more recipients. It's attached below.\r\n\r\n"
)
Expected = dict[str, str | None]


def _bounce(kind: str, status: str | None = None, recipient: str | None = TO, original: str | None = OURS) -> Expected:
    return {"recipient": recipient, "status": status, "kind": kind, "original_message_id": original}


def _head(sender: str, return_path: str, subject: str, more: str = "") -> str:
    return (
        f"Return-Path: {return_path}\r\nFrom: {sender}\r\nTo: support@pass24online.ru\r\nSubject: {subject}\r\n"
        f"Date: Sun, 22 Nov 2026 20:21:00 +0000\r\nMessage-ID: <report@mx.example.ru>\r\nMIME-Version: 1.0\r\n{more}"
    )


def _dsn(  # noqa: PLR0913  # the fields by which reports differ
    name: str,
    recipient: str,
    expected: Expected | None,
    *,
    text: str = _SORRY,
    report_type: str = "; report-type=delivery-status",
    status_type: str = "message/delivery-status",
    letter_type: str = "message/rfc822",
    sender: str = _DAEMON,
    return_path: str = "<>",
    subtype: str = "report",
    subject: str = "Undelivered Mail Returned to Sender",
    more: str = "",
    automatic: bool = True,
) -> Case:
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}",
        f"Content-Type: {status_type}\r\n\r\nReporting-MTA: dns; mx.example.ru\r\n\r\n{recipient}" if recipient else "",
        f"Content-Type: {letter_type}\r\n\r\n{_LETTER}\r\nВаше обращение принято.\r\n" if letter_type else "",
    )
    body = "".join(f"--=_d\r\n{part}\r\n" for part in parts if part)
    head = _head(sender, return_path, subject, more)
    raw = f'{head}Content-Type: multipart/{subtype}{report_type}; boundary="=_d"\r\n\r\n{body}--=_d--\r\n'
    return Case(f"bounces-{name}", raw.encode(), {"bounce": expected, "auto_reply": automatic})


def _fields(status: str, diagnostic: str = "", action: str = "failed", recipient: str = f"rfc822; {TO}") -> str:
    code = f"Diagnostic-Code: {diagnostic}\r\n" if diagnostic else ""
    return f"Final-Recipient: {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n{code}"


def _text(  # noqa: PLR0913  # the fields by which reports differ
    name: str,
    text: str,
    expected: Expected | None,
    *,
    sender: str = _DAEMON,
    return_path: str = "<>",
    subject: str = "=?utf-8?B?0J7RgtGH0ZHRgg==?=",
    charset: str = "utf-8",
    more: str = "",
    automatic: bool = True,
) -> Case:
    head = _head(sender, return_path, subject, more)
    head += f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return Case(f"bounces-{name}", head.encode() + text.encode(charset), {"bounce": expected, "auto_reply": automatic})


_COPY = f"\r\n------ This is a copy of the message, including all the headers. ------\r\n\r\n{_LETTER}\r\nтекст\r\n"
_UNKNOWN = "smtp; 550 5.1.1 <ivan@example.ru>: Recipient address rejected: User unknown"
_EXCHANGE = (
    "Не удалось доставить сообщение следующим получателям или группам:\r\n\r\nivan@example.ru\r\n"
    "Введенный адрес электронной почты не найден. Проверьте адрес.\r\n"
)
_YANDEX = (
    "Это письмо отправлено почтовым сервером yandex.ru.\r\n\r\n"
    "К сожалению, мы вынуждены сообщить Вам о том, что Ваше\r\n"
    "письмо не может быть отправлено одному или нескольким адресатам.\r\n\r\n"
)
_BASE64 = b64encode(f"Reporting-MTA: dns; x\r\n\r\n{_fields('5.1.1', _UNKNOWN)}".encode()).decode()

CASES: Sequence[Case] = (
    _dsn("postfix-unknown-user", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1")),
    _dsn("headers-only", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1"), letter_type="text/rfc822-headers"),
    _dsn("no-letter", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1", original=None), letter_type=""),
    _dsn(
        "letter-named-in-a-field",
        _fields("5.1.1", _UNKNOWN),
        _bounce("hard", "5.1.1"),
        letter_type="",
        more=f"References: <first@x> {OURS}\r\n",
    ),
    _dsn("full", _fields("5.2.2", "smtp; 552 5.2.2 Mailbox size limit exceeded"), _bounce("soft", "5.2.2")),
    _dsn("full-generic", _fields("5.0.0", "smtp; 550 Mailbox is full"), _bounce("soft", "5.0.0")),
    _dsn("generic-words-tell", _fields("5.0.0", "smtp; 550 No such user here"), _bounce("hard", "5.0.0")),
    _dsn(
        "spam-yandex",
        _fields("5.7.1", "smtp; 554 5.7.1 Message rejected under suspicion of SPAM"),
        _bounce("soft", "5.7.1"),
    ),
    _dsn("too-large", _fields("5.3.4", "smtp; 552 5.3.4 Message too big"), _bounce("soft", "5.3.4")),
    _dsn("disabled", _fields("5.2.1", "smtp; 550 5.2.1 The email account is disabled."), _bounce("hard", "5.2.1")),
    _dsn("no-domain", _fields("5.4.4", "X-Postfix; Host or domain name not found"), _bounce("hard", "5.4.4")),
    _dsn("expired", _fields("4.4.1", "X-Postfix; connect to mx: Connection timed out"), _bounce("soft", "4.4.1")),
    _dsn("delayed", _fields("4.2.0", "smtp; 451 4.7.1 Greylisted", "delayed"), _bounce("soft", "4.2.0")),
    _dsn("sendmail-comments", _fields("5.1.1 (bad address)", "", "failed (unknown)"), _bounce("hard", "5.1.1")),
    _dsn("opensmtpd", _fields("5.0.0", "smtp; 550 Invalid recipient", "error"), _bounce("hard", "5.0.0")),
    _dsn(
        "alias",
        f"Original-Recipient: rfc822;{TO}\r\n" + _fields("5.1.1", _UNKNOWN, recipient="rfc822;root@internal.example"),
        _bounce("hard", "5.1.1"),
    ),
    _dsn(
        "second-of-three-failed",
        "\r\n".join(
            (
                _fields("2.0.0", "", "relayed", "rfc822; a@example.ru"),
                _fields("5.1.1", _UNKNOWN),
                _fields("4.0.0", "", "delayed", "rfc822; b@example.ru"),
            )
        ),
        _bounce("hard", "5.1.1"),
    ),
    _dsn(
        "utf8-address",
        _fields("5.1.1", "smtp; 550 Пользователь не найден", recipient="utf-8; иван@пример.рф"),
        _bounce("hard", "5.1.1", "иван@пример.рф"),
        status_type="message/global-delivery-status",
        letter_type="message/global",
    ),
    _dsn(
        "escaped-address",
        _fields("5.1.1", _UNKNOWN, recipient="utf-8; \\x{438}van@example.ru"),
        _bounce("hard", "5.1.1", "иvan@example.ru"),
    ),
    _dsn("angle-address", _fields("5.1.1", _UNKNOWN, recipient="RFC822;<ivan@example.ru>"), _bounce("hard", "5.1.1")),
    _dsn("report-type-missing", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1"), report_type=""),
    _dsn("report-type-wrong", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1"), report_type="; report-type=mail"),
    _dsn("mixed", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1"), subtype="mixed", report_type=""),
    _dsn("sender-is-not-null", _fields("5.1.1", _UNKNOWN), _bounce("hard", "5.1.1"), return_path="<a@mx.example.ru>"),
    Case(
        "bounces-status-in-base64",
        (
            _head(_DAEMON, "<>", "Failure")
            + 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nПисьмо\r\n'
            + "--b\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + f"{_BASE64}\r\n--b--\r\n"
        ).encode(),
        {"bounce": _bounce("hard", "5.1.1", original=None), "auto_reply": True},
    ),
    _dsn("no-status-part", "", _bounce("hard", "5.1.1"), text=f"{_SORRY}<{TO}>: host mx said: 550 5.1.1 User unknown"),
    _dsn(
        "exchange-ru",
        _fields("5.1.10", "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found"),
        _bounce("hard", "5.1.10"),
        text=_EXCHANGE,
        sender="postmaster@example.ru",
    ),
    _dsn(
        "office365-quota",
        _fields("5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver; QuotaExceededException"),
        _bounce("soft", "5.2.2"),
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.ru>",
    ),
    _dsn(
        "gmail-ru",
        _fields("5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist."),
        _bounce("hard", "5.1.1"),
        text=f"** Адрес не найден **\r\n\r\nВаше сообщение не доставлено: адрес {TO} не найден.\r\n",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        more=f"X-Failed-Recipients: {TO}\r\nAuto-Submitted: auto-replied\r\nIn-Reply-To: {OURS}\r\n",
    ),
    _dsn("yandex", _fields("5.1.1", "smtp; 550 5.7.1 No such user!"), _bounce("hard", "5.1.1"), text=_YANDEX),
    _text(
        "yandex-text", f"{_YANDEX}<{TO}>: host mx said: 550 5.7.1 No such user!\r\n{_COPY}", _bounce("hard", "5.7.1")
    ),
    _text(
        "yahoo",
        f"Sorry, we were unable to deliver your message to the following address.\r\n\r\n<{TO}>:\r\n"
        f"554: delivery error: dd This user doesn't have a yahoo.com account ({TO}) [0] - mta1.yahoo.com\r\n",
        _bounce("hard", original=None),
    ),
    _text(
        "exim-domain-without-mail",
        "A message that you sent could not be delivered to one or more of its\r\nrecipients. This is a permanent "
        f"error.\r\n\r\n  {TO}\r\n    all relevant MX records point to non-existent hosts\r\n",
        _bounce("hard", original=None),
        more=f"X-Failed-Recipients: {TO}\r\n",
    ),
    _text(
        "other-addresses-come-first",
        "Mail administrator: admin@example.ru\r\nA message from support+12345.0a1b2c@pass24online.ru could not be "
        f"delivered:\r\n\r\n<{TO}>: 550 relay not permitted\r\n",
        _bounce("soft", original=None),
    ),
    _text("postfix-text", f"{_SORRY}<{TO}>: mail for x loops\r\n", _bounce("soft", original=None)),
    _text(
        "exim",
        "This message was created automatically by mail delivery software.\r\n\r\nA message that you sent could not be "
        f"delivered to one or more of its\r\nrecipients. This is a permanent error.\r\n\r\n  {TO}\r\n"
        f"    Unrouteable address\r\n{_COPY}",
        _bounce("hard"),
        more=f"X-Failed-Recipients: {TO}\r\nAuto-Submitted: auto-replied\r\n",
    ),
    _text(
        "exim-delay",
        "This message was created automatically by mail delivery software.\r\nA message that you sent has not yet been "
        f"delivered to one or more of its recipients after 24 hours.\r\n\r\n  {TO}\r\n\r\n"
        "No action is required on your part.\r\n",
        _bounce("soft", original=None),
        subject="Warning: message 1abc delayed 24 hours",
    ),
    _text(
        "qmail",
        "Hi. This is the qmail-send program at mx.example.ru.\r\n"
        "I'm afraid I wasn't able to deliver your message.\r\n\r\n"
        f"<{TO}>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        f"--- Below this line is a copy of the message.\r\n\r\n{_LETTER}\r\n",
        _bounce("hard", "5.1.1"),
        subject="failure notice",
    ),
    _text(
        "mail-ru-1251",
        "Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\r\n\r\n"
        "К сожалению, Ваше письмо не "
        f"может быть доставлено одному или нескольким получателям:\r\n\r\n**********************\r\n\r\n{TO}\r\n"
        "почтовый ящик получателя переполнен\r\n",
        _bounce("soft", original=None),
        charset="windows-1251",
    ),
    _text(
        "rambler-koi8",
        f"Ваше сообщение не доставлено адресату {TO}: пользователь не найден\r\n",
        _bounce("hard", original=None),
        charset="koi8-r",
        sender="postmaster@rambler.example",
    ),
    _text(
        "russian-spam-verdict",
        f"Не удалось доставить письмо для {TO}: отвергнуто как спам\r\n",
        _bounce("soft", original=None),
    ),
    _text(
        "communigate",
        f"Failed to deliver to '{TO}'\r\nSMTP module(domain example.ru) reports:\r\n host mx says:\r\n"
        " 550 unknown user\r\n",
        _bounce("hard", original=None),
    ),
    _text(
        "lotus",
        f"Your message\r\n\r\n  Subject: [#12345] x\r\n\r\nwas not delivered to:\r\n\r\n  {TO}\r\n\r\nbecause:\r\n\r\n"
        "  User ivan (ivan@example.ru) not listed in Domino Directory\r\n",
        _bounce("hard", original=None),
        sender="Postmaster@example.ru",
    ),
    _text(
        "icloud",
        "Your message could not be delivered to the following recipients:\r\n\r\n"
        f"{TO}: 552 5.2.2 user is over quota\r\n",
        _bounce("soft", "5.2.2", original=None),
    ),
    _text(
        "old-format-that-only-flufl-knows",
        f"The following addresses had trouble\r\n   <{TO}>\r\n\r\n   ----- Transcript of session follows -----\r\n",
        _bounce("soft", original=None),
    ),
    _text(
        "report-turned-into-text",
        f"Отчёт\r\n\r\nReporting-MTA: dns; x\r\n\r\n{_fields('5.1.2', 'smtp; 550 Host unknown')}{_COPY}",
        _bounce("hard", "5.1.2"),
    ),
    # From here on: what only looks like a bounce.
    _dsn("delivered", _fields("2.0.0", "", "delivered"), None),
    _dsn("relayed", _fields("2.0.0", "", "relayed"), None),
    _dsn("expanded", _fields("2.0.0", "", "expanded"), None),
    Case(
        "bounces-forwarded-as-attachment",
        (
            _head("ivan@example.ru", "<ivan@example.ru>", "What is this?")
            + 'Content-Type: multipart/mixed; boundary="f"\r\n\r\n'
            + "--f\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            + "Здравствуйте! Мне пришло вот такое письмо, что делать?\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n"
            + _dsn("inner", _fields("5.1.1", _UNKNOWN), None).raw.decode()
            + "\r\n--f--\r\n"
        ).encode(),
        {"bounce": None, "auto_reply": False},
    ),
    _dsn(
        "forwarded-in-pieces",
        _fields("5.1.1", _UNKNOWN),
        None,
        sender="ivan@example.ru",
        return_path="<ivan@example.ru>",
        subtype="mixed",
        report_type="",
        subject="Returned letter",
        automatic=False,
    ),
    _text(
        "quoted-by-a-person",
        f"Здравствуйте, мне пришло вот такое письмо:\r\n\r\n{_YANDEX}<{TO}>: 550 5.1.1 No such user\r\n",
        None,
        sender="ivan@example.ru",
        return_path="<ivan@example.ru>",
        subject="=?utf-8?B?0J/QvtC80L7Qs9C40YLQtQ==?=",
        automatic=False,
    ),
    _text(
        "reply-of-a-postmaster",
        f"Добрый день! Ваше письмо не доставлено, потому что ящика {TO} нет.\r\n\r\n> 550 5.1.1 User unknown\r\n",
        None,
        sender="postmaster@example.ru",
        return_path="<postmaster@example.ru>",
        subject="Re: Undelivered Mail Returned to Sender",
    ),
    _text(
        "newsletter-of-a-postmaster",
        "Новости почтовой службы: теперь письма приходят быстрее. Пишите нам на news@example.ru.\r\n",
        None,
        sender="postmaster@example.ru",
        return_path="<news@example.ru>",
    ),
    _text(
        "vacation-with-null-sender",
        "Я в отпуске до 5 декабря. По срочным вопросам пишите на info@example.ru.\r\n",
        None,
        sender="ivan@example.ru",
        more="Auto-Submitted: auto-replied\r\n",
    ),
    _text(
        "vacation-that-speaks-of-delay",
        "I am away, my answer will be delayed until 5 December. Urgent matters: info@example.ru.\r\n",
        None,
        sender="ivan@example.ru",
        more=f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {OURS}\r\n",
    ),
    _text(
        "vacation-with-a-telephone",
        "Я в отпуске, почта не доставляется. Заместитель: petrov@example.ru, 8 495 550-51-10, 8 473 255-12-34.\r\n",
        None,
        sender="ivan@example.ru",
        more=f"Auto-Submitted: auto-generated\r\nIn-Reply-To: {OURS}\r\n",
    ),
    _text(
        "vacation-that-speaks-of-delivery",
        "Я в отпуске. Если письмо срочное и не доставлено адресату, пишите на info@example.ru.\r\n",
        None,
        sender="ivan@example.ru",
        more=f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {OURS}\r\n",
    ),
    _text(
        "list-with-null-sender",
        f"Some messages could not be delivered to {TO}.\r\n",
        None,
        sender="residents-owner@lists.example",
        more="List-Id: <residents.lists.example>\r\n",
    ),
    _dsn(
        "read-receipt",
        "",
        None,
        report_type="; report-type=disposition-notification",
        text="Ваше письмо прочитано.\r\n--=_d\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822; {TO}\r\nOriginal-Message-ID: {OURS}\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n",
        letter_type="",
    ),
    _dsn(
        "abuse-report",
        "",
        None,
        report_type="; report-type=feedback-report",
        text="Abuse report.\r\n--=_d\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        f"Version: 1\r\nOriginal-Rcpt-To: {TO}\r\n",
    ),
)
