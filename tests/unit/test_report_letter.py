"""The day's report as the head of support reads it (R16)."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from functions.notify.letters import Letter, compose
from functions.notify.report_values import _duration, _share
from shared.domain.daily_report import Arrival, Arrived, DailyReport, OpenedTicket, OpenFlag, tally
from shared.domain.flag import Flag, FlagKind
from shared.domain.report_period import period_of
from shared.domain.submission import Channel, SubmissionState
from shared.domain.ticket import Acceptance, Ticket
from shared.reporting import report_letter
from shared.subjects import ReportSubject
from tests.sample_ticket import FULL, HOURS, LINKS, PLAIN, REPLIES, opened, with_details
from tests.unit.test_letters import OUR_TAGS, TAGS_OF_THE_REPORT, Reading

MOSCOW = ZoneInfo("Europe/Moscow")
HEAD = "head@pass24online.ru"
PERIOD = period_of(date(2026, 11, 23), HOURS)
assert PERIOD is not None
NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BOUNCED = Flag(FlagKind.NOT_CONFIRMED, NOON, "Письмо с номером не доставлено: ящик переполнен. Позвоните клиенту.")
KEPT = Flag(FlagKind.NOT_REGISTERED, NOON + MINUTE, "Обращение сохранено, но номера у него ещё нет.")


def report(
    arrivals: tuple[Arrival, ...] = (),
    tickets: tuple[OpenedTicket, ...] = (),
    open_flags: tuple[OpenFlag, ...] = (),
    count: int | None = None,
    unreadable: int = 0,
) -> DailyReport:
    assert PERIOD is not None
    figures = tally(Arrived(arrivals, tickets, unreadable), HOURS, PERIOD.until)
    return DailyReport(PERIOD, PERIOD.until, figures, len(open_flags) if count is None else count, open_flags)


def letter(made: DailyReport, *tickets: Ticket) -> Letter:
    subject = ReportSubject(made, {ticket.number: ticket for ticket in tickets})
    return compose(report_letter(made, HEAD), subject, MOSCOW, REPLIES, LINKS)


BUSY = report(
    arrivals=(
        Arrival(Channel.FORM, NOON, SubmissionState.REGISTERED),
        Arrival(Channel.EMAIL, NOON, SubmissionState.REGISTERED),
        Arrival(Channel.EMAIL, NOON + 61 * MINUTE, SubmissionState.REGISTERED),
        Arrival(Channel.EMAIL, NOON, SubmissionState.ATTACHED),
        Arrival(Channel.EMAIL, NOON, SubmissionState.RECORDED),
    ),
    tickets=(
        OpenedTicket(NOON, NOON + timedelta(seconds=2), Acceptance.ACCEPTED, NOON + timedelta(seconds=65)),
        OpenedTicket(NOON, NOON + 3 * MINUTE, Acceptance.UNDELIVERABLE, incomplete=True, flags=(BOUNCED,)),
        OpenedTicket(NOON, NOON + 75 * MINUTE, Acceptance.PENDING),
    ),
    open_flags=(OpenFlag(12345, None, BOUNCED), OpenFlag(None, "mail-1", KEPT)),
    count=25,
)


def test_r16_the_text_tells_everything() -> None:
    written = letter(BUSY, opened(PLAIN))
    assert written.subject == (
        "Отчёт за 23 ноября 2026 г.: поступило 4, номер за 15 минут 66,6 %, открытых просрочек 25"
    )
    assert (
        written.text
        == """\
Отчёт за 23 ноября 2026 г., понедельник

Поступило: 4
Номер за 15 минут: 66,6 %
Открытых просрочек: 25

Период: 20 ноября 2026 г., 18:00 (МСК) — 23 ноября 2026 г., 18:00 (МСК)
По состоянию на 23 ноября 2026 г., 18:00 (МСК)

Поступило
- Всего: 4
- Форма на сайте: 1
- Электронная почта: 3
- Телефон: 0
- В нерабочее время: 0
- Новых обращений: 3
- Сообщений к прежним обращениям: 1
- Повторов, объединённых автоматически: 0
- Сверх того возвраты писем и другие не обращения: 1

Номер за 15 минут
- Вовремя: 2 из 3 (66,6 %)
- Половина — не дольше: 3 мин
- 95 % — не дольше: 1 ч 15 мин
- Дольше всего: 1 ч 15 мин
- Номера ещё нет: 0
- Ждут решения в карантине: 0

Клиент получил номер
- Принято: 1 из 3 (33,3 %)
- Половина — не дольше: 1 мин 5 с
- Письмо в пути: 1
- Письмо не доставлено: 1
- Письмо вернулось после доставки: 0
- Нет e-mail, ждут звонка: 0
- Письмо не положено (роботы, рассылки): 0

Внимание
- Неполные данные: 1
- Отмечено просрочек за период: 1
- Открытых просрочек сейчас: 25

По часам: 12–13 ч: 3; 13–14 ч: 1

Открытые просрочки, начиная с самой давней

* [#12345] Не открывается шлагбаум
  С 23 ноября 2026 г., 12:00 (МСК)
  Письмо с номером не доставлено: ящик переполнен. Позвоните клиенту.

* Без номера: mail-1
  С 23 ноября 2026 г., 12:01 (МСК)
  Обращение сохранено, но номера у него ещё нет.

И ещё: 23

Номер считается полученным вовремя, если он присвоен не позже чем через 15 минут после поступления. \
Всё, у чего номера ещё нет, считается опоздавшим.
"""
    )


def test_r16_what_could_not_be_read_is_told() -> None:
    written = letter(report(unreadable=2))

    line = "Записей не удалось прочитать, в отчёт они не вошли"
    assert f"Внимание\n- {line}: 2\n" in written.text
    assert line in written.html
    assert line not in letter(BUSY).text


def test_r16_an_empty_day_says_so_and_has_no_picture() -> None:
    written = letter(report())
    assert written.subject == "Отчёт за 23 ноября 2026 г.: поступило 0"
    assert "- Вовремя: 0 из 0\n" in written.text
    assert "По часам: ничего не поступило" in written.text
    assert written.pictures == ()
    assert "<img" not in written.html


def test_r16_the_html_shows_every_number_that_the_text_has() -> None:
    written = letter(BUSY, opened(PLAIN))
    reading = Reading(written.html)
    rows = [line.removeprefix("- ") for line in written.text.splitlines() if line.startswith("- ")]
    shown = " ".join(reading.text.split())
    for row in rows:
        name, _, value = row.partition(": ")
        assert f"{name} {value.partition(' (')[0]}" in shown
    assert reading.tags <= OUR_TAGS | TAGS_OF_THE_REPORT


def test_r16_the_chart_has_a_text_for_who_can_t_see_it() -> None:
    written = letter(BUSY, opened(PLAIN))
    [picture] = written.pictures
    assert f'src="cid:{picture.id}"' in written.html
    assert 'alt="Поступило по часам: 12–13 ч: 3; 13–14 ч: 1"' in written.html


def test_markup_in_a_title_is_shown_and_not_obeyed() -> None:
    markup = "<img src=x onerror=alert(1)><script>1</script>"
    written = letter(BUSY, opened(with_details(PLAIN, subject=markup)))
    assert markup in Reading(written.html).text
    assert written.html.count("<img") == 1


def test_a_ticket_that_is_not_there_any_more_still_has_its_number() -> None:
    assert "* [#12345]\n" in letter(BUSY).text


def test_a_title_with_line_breaks_stays_one_line() -> None:
    ticket = replace(opened(FULL), title="[#12345] Пропуск\n\n\nне приходит")
    assert "* [#12345] Пропуск не приходит\n" in letter(BUSY, ticket).text


def test_the_letter_is_nobody_s_answer() -> None:
    written = letter(BUSY, opened(PLAIN))
    assert (written.id, written.recipient, written.reply_to) == ("report-20261123", HEAD, "support@pass24online.ru")
    assert written.headers["Auto-Submitted"] == "auto-generated"
    assert not {"References", "In-Reply-To"} & written.headers.keys()


@pytest.mark.parametrize(
    ("share", "written"),
    [(None, ""), (0.0, "0 %"), (1.0, "100 %"), (0.29, "29 %"), (2 / 3, "66,6 %"), (9999 / 10000, "99,9 %")],
)
def test_only_all_of_them_are_a_hundred_percent(share: float | None, written: str) -> None:
    assert _share(share) == written


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (None, "—"),
        (timedelta(0), "меньше секунды"),
        (timedelta(seconds=59.9), "59 с"),
        (timedelta(seconds=60), "1 мин"),
        (timedelta(minutes=59, seconds=59), "59 мин 59 с"),
        (timedelta(hours=1, seconds=5), "1 ч"),
        (timedelta(days=2, hours=3, minutes=4), "2 дн. 3 ч"),
    ],
)
def test_durations_are_written_in_their_two_largest_units(duration: timedelta | None, written: str) -> None:
    assert _duration(duration) == written


def test_no_number_of_the_letter_is_written_as_a_program_would() -> None:
    written = letter(BUSY, opened(PLAIN))
    assert not re.search(r"\d\.\d|None|timedelta", written.text.replace("2026 г.", ""))
