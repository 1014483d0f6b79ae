"""Mail of robots, and of people whose mail looks like it."""

from collections.abc import Mapping, Sequence
from email.header import Header

from tests.corpus.case import Case

_PERSON = {
    "Return-Path": "<ivan@example.ru>",
    "From": "=?utf-8?B?0JjQstCw0L0g0J/QtdGC0YDQvtCy?= <ivan@example.ru>",
    "To": "support@pass24online.ru",
    "Date": "Sun, 22 Nov 2026 20:20:46 +0300",
    "Message-ID": "<m1@example.ru>",
    "MIME-Version": "1.0",
}
_TEXT = "Здравствуйте! Меня не будет до 5 декабря, пишите на info@example.ru.\r\n"
_QUESTION = "Здравствуйте! Подскажите, пожалуйста, что делать?\r\n"


def _mail(  # noqa: PLR0913  # what mails differ by
    name: str,
    subject: str,
    *,
    automatic: bool,
    fields: Mapping[str, str] | None = None,
    text: str = "",
    charset: str = "utf-8",
) -> Case:
    headers = _PERSON | {"Content-Type": f'text/plain; charset="{charset}"', "Content-Transfer-Encoding": "8bit"}
    headers |= dict(fields or {})
    lines = [f"{key}: {value}" for key, value in headers.items()]
    lines.append(f"Subject: {Header(subject, charset).encode(linesep=chr(13) + chr(10))}")
    text = text or (_TEXT if automatic else _QUESTION)
    raw = "\r\n".join(lines).encode() + b"\r\n\r\n" + text.encode(charset)
    return Case(f"robots-{name}", raw, {"auto_reply": automatic, "bounce": None, "subject": subject})


def _by_field(name: str, field: str, value: str, *, automatic: bool = True) -> Case:
    return _mail(name, "Re: [#12345] Ваше обращение принято", automatic=automatic, fields={field: value})


def _by_subject(name: str, subject: str, *, automatic: bool, charset: str = "utf-8") -> Case:
    return _mail(name, subject, automatic=automatic, charset=charset)


def _parts(name: str, content_type: str, *parts: str, fields: Mapping[str, str] | None = None) -> Case:
    headers = _PERSON | {"Subject": "Report"} | dict(fields or {})
    headers["Content-Type"] = f'{content_type}; boundary="=_b"'
    body = "".join(f"--=_b\r\n{part}\r\n" for part in parts) + "--=_b--\r\n"
    raw = "\r\n".join(f"{key}: {value}" for key, value in headers.items()) + "\r\n\r\n" + body
    return Case(f"robots-{name}", raw.encode(), {"auto_reply": True, "bounce": None})


_PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\nСообщение прочитано.\r\n"

CASES: Sequence[Case] = (
    _by_field("auto-submitted", "Auto-Submitted", "auto-replied"),
    _by_field(
        "auto-submitted-comment-and-case", "Auto-Submitted", "(vacation (sieve)) Auto-Replied; owner-email=a@b.ru"
    ),
    _by_field("auto-submitted-generated", "Auto-Submitted", "auto-generated"),
    _by_field("auto-submitted-extension", "Auto-Submitted", "x-vendor-notice"),
    _by_field("auto-submitted-no", "Auto-Submitted", "No", automatic=False),
    _by_field("auto-submitted-no-with-comment", "Auto-Submitted", "no (written by hand)", automatic=False),
    _by_field("auto-submitted-no-with-parameter", "Auto-Submitted", "no; x=y", automatic=False),
    _by_field("null-return-path", "Return-Path", "<>"),
    _by_field("precedence-bulk", "Precedence", "bulk"),
    _by_field("precedence-auto-reply", "Precedence", "auto_reply"),
    _by_field("precedence-first-class", "Precedence", "first-class", automatic=False),
    _by_field("suppress-exchange", "X-Auto-Response-Suppress", "DR, OOF, AutoReply"),
    _by_field("suppress-all", "X-Auto-Response-Suppress", "All"),
    _by_field("suppress-receipts-only", "X-Auto-Response-Suppress", "RN, NRN", automatic=False),
    _by_field("list-unsubscribe", "List-Unsubscribe", "<https://news.example.ru/u>"),
    _by_field("list-id", "List-Id", "Residents <residents.example.ru>"),
    _by_field("feedback-id", "Feedback-ID", "c1:cust:esp"),
    _by_field("x-loop", "X-Loop", "crm@example.ru"),
    _by_field("x-autoreply", "X-Autoreply", "yes"),
    _by_field("x-autoreply-no", "X-Autoreply", "no", automatic=False),
    # It counts how often a rule has redirected, forwarded or answered:
    # https://techcommunity.microsoft.com/t5/exchange-team-blog/loop-prevention-in-exchange-online-demystified/ba-p/2312258
    _by_field("exchange-inbox-rule", "X-MS-Exchange-Inbox-Rules-Loop", "ivan@example.ru", automatic=False),
    _by_field("lotus-class", "X-POST-MessageClass", "9; Autoresponder"),
    _by_field("first-class", "X-FC-MachineGenerated", "true"),
    _by_field("receipt-is-asked-for", "Disposition-Notification-To", "ivan@example.ru", automatic=False),
    _by_field("from-noreply", "From", "Bank <no-reply@bank.example>"),
    _by_field("from-noreply-suffix", "From", "<calendar-noreply@example.com>"),
    _by_field("return-path-bounces", "Return-Path", "<bounces+123-ab=example.ru@esp.example>"),
    _by_field("return-path-microsoft-forwards", "Return-Path", "<bounces+SRS=44ldt=IX@uk.example>", automatic=False),
    _by_field("from-noreply-in-the-name-only", "From", '"noreply@bank" <ivan@example.ru>', automatic=False),
    _by_field("name-like-bounce", "From", "<bouncer.olga@example.ru>", automatic=False),
    _by_subject("subject-exchange-ru", "Автоматический ответ: [#12345] Не открывается шлагбаум", automatic=True),
    _by_subject("subject-exchange-en", "Automatic reply: [#12345] Request", automatic=True),
    _by_subject("subject-exchange-1251", "Автоматический ответ: Обращение", automatic=True, charset="windows-1251"),
    _by_subject("subject-yandex", "Автоответ: Re: [#12345] Пропуск", automatic=True, charset="koi8-r"),
    _by_subject("subject-out-of-office-ru", "Вне офиса", automatic=True),
    _by_subject("subject-vacation-ru", "Я в отпуске до 5 декабря 2026 г.", automatic=True),
    _by_subject("subject-named-vacation", "Иван Петров в отпуске с 01.12 по 14.12", automatic=True),
    _by_subject("subject-lotus", "AUTO: Ivan Petrov is out of the office (returning 30.11.2026)", automatic=True),
    _by_subject("subject-out-of-office-en", "Out of Office AutoReply: [#12345] Request", automatic=True),
    _by_subject("subject-receipt", "Уведомление о прочтении: [#12345] Пропуск", automatic=True),
    _by_subject("subject-read-english", "Read: [#12345] Пропуск", automatic=True),
    _by_subject("subject-deleted", "Удалено без прочтения: [#12345] Пропуск", automatic=True),
    _by_subject("subject-not-delivered-ru", "Не удается доставить: [#12345] Пропуск", automatic=True),
    _by_subject("subject-tag-ru", "[Автоответ] Пропуск", automatic=True),
    _by_subject("writes-about-delivery", "Не доставлено: код из SMS", automatic=False),
    _by_subject("writes-about-reading", "Read: how to read the log", automatic=False),
    _by_subject("writes-about-automatic-reply", "Автоответ не приходит", automatic=False),
    _by_subject("writes-about-automatic-reply-1251", "Автоответ: не приходит", automatic=False, charset="windows-1251"),
    _by_subject("asks-about-automatic-reply", "Re: Автоответ: как отключить?", automatic=False),
    _by_subject("writes-about-out-of-office", "Проблема: письмо «вне офиса» уходит гостям", automatic=False),
    _by_subject(
        "vacation-in-a-sentence", "Я в отпуске, а пропуск для курьера не создаётся", automatic=False, charset="koi8-r"
    ),
    _by_subject("outside-the-office", "Вне офиса не открывается приложение", automatic=False),
    _by_subject("car", "Авто: А123ВС77 не пускает шлагбаум", automatic=False),
    _by_subject("out-of-office-in-a-sentence", "Out of office hours the gate stays closed", automatic=False),
    _parts(
        "read-receipt",
        "multipart/report; report-type=disposition-notification",
        _PLAIN,
        "Content-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822; ivan@example.ru\r\nOriginal-Message-ID: <ours@pass24online.ru>\r\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\r\n",
    ),
    _parts(
        "abuse-report",
        'multipart/report; report-type="feedback-report"',
        _PLAIN,
        "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: FBL/1.0\r\nVersion: 1\r\n",
        "Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours@pass24online.ru>\r\nSubject: x\r\n\r\nx\r\n",
        fields={"From": "fbl@mail.example"},
    ),
    _parts(
        "calendar-reply",
        "multipart/alternative",
        _PLAIN,
        'Content-Type: text/calendar; charset="utf-8"; method=REPLY\r\n\r\n'
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n",
    ),
)
