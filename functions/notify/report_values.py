"""What the templates of the day's report are filled with (R16)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.daily_report import Figures, OpenFlag
from shared.domain.russian_time import format_moment
from shared.domain.ticket import Ticket, tag
from shared.subjects import ReportSubject
from shared.wording import CHANNELS

_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_TENTH_OF_A_PERCENT = 1000

Row = Mapping[str, object]


def report_values(subject: ReportSubject, zone: ZoneInfo) -> Mapping[str, object]:
    """Give what the templates may use; every number and time is a text already."""
    report = subject.report
    figures, period = report.figures, report.period
    return {
        "day": _day(period.day, zone),
        "weekday": _WEEKDAYS[period.day.weekday()],
        "since": format_moment(period.since, zone),
        "until": format_moment(period.until, zone),
        "at": format_moment(report.at, zone),
        "arrivals": figures.arrivals,
        "in_time": _share(figures.in_time_share),
        "late": figures.late,
        "sections": [
            {"heading": "Поступило", "rows": _arrivals(figures)},
            {"heading": "Номер за 15 минут", "rows": _registration(figures)},
            {"heading": "Клиент получил номер", "rows": _acceptance(figures)},
            {"heading": "Внимание", "rows": _attention(figures, report.open_flags)},
        ],
        "hours": "; ".join(f"{hour}–{hour + 1} ч: {count}" for hour, count in enumerate(figures.hours) if count),
        "open_flags": report.open_flags,
        "flags": [_flag(each, subject.tickets, zone) for each in report.oldest_open],
        "omitted": max(report.open_flags - len(report.oldest_open), 0),
    }


def _arrivals(figures: Figures) -> list[Row]:
    by_channel = [_row(CHANNELS[channel].capitalize(), count) for channel, count in figures.channels.items()]
    return [
        _row("Всего", figures.arrivals),
        *by_channel,
        _row("В нерабочее время", figures.out_of_hours),
        _row("Новых обращений", figures.registered),
        _row("Сообщений к прежним обращениям", figures.joined),
        _row("Повторов, объединённых автоматически", figures.duplicates),
        _row("Сверх того возвраты писем и другие не обращения", figures.recorded),
    ]


def _registration(figures: Figures) -> list[Row]:
    return [
        _row("Вовремя", f"{figures.in_time} из {figures.requests}", _share(figures.in_time_share)),
        _row("Половина — не дольше", _duration(figures.median)),
        _row("95 % — не дольше", _duration(figures.p95)),
        _row("Дольше всего", _duration(figures.worst)),
        _row("Номера ещё нет", figures.waiting),
        _row("Ждут решения в карантине", figures.quarantined),
    ]


def _acceptance(figures: Figures) -> list[Row]:
    awaited = figures.registered - figures.not_awaited
    return [
        _row("Принято", f"{figures.accepted} из {awaited}", _share(figures.accepted_share)),
        _row("Половина — не дольше", _duration(figures.acceptance_median)),
        _row("Письмо в пути", figures.pending),
        _row("Письмо не доставлено", figures.undeliverable),
        _row("Письмо вернулось после доставки", figures.revoked),
        _row("Нет e-mail, ждут звонка", figures.awaiting_call),
        _row("Письмо не положено (роботы, рассылки)", figures.not_awaited),
    ]


def _attention(figures: Figures, open_flags: int) -> list[Row]:
    unreadable = [_row("Записей не удалось прочитать, в отчёт они не вошли", figures.unreadable)]
    return [
        *(unreadable if figures.unreadable else ()),
        _row("Неполные данные", figures.incomplete),
        _row("Отмечено просрочек за период", figures.flags),
        _row("Открытых просрочек сейчас", open_flags),
    ]


def _row(name: str, value: object, remark: str = "") -> Row:
    return {"name": name, "value": str(value), "remark": remark}


def _flag(each: OpenFlag, tickets: Mapping[int, Ticket], zone: ZoneInfo) -> Row:
    ticket = tickets.get(each.ticket or 0)
    number = f"[{tag(each.ticket)}]" if each.ticket else f"Без номера: {each.submission}"
    return {
        "name": " ".join(ticket.title.split()) if ticket else number,
        "since": format_moment(each.flag.raised_at, zone),
        "reason": each.flag.reason,
    }


def _day(day: date, zone: ZoneInfo) -> str:
    """Write a date: the day of a moment at its noon."""
    return format_moment(datetime.combine(day, time(12), zone), zone).partition(",")[0]


def _share(share: float | None) -> str:
    """Write a part of a whole, rounded down, for 100 % are all of them; nothing when there is no whole."""
    if share is None:
        return ""
    tenths = int(share * _TENTH_OF_A_PERCENT + 1e-9)
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10},{tenths % 10} %"


def _duration(duration: timedelta | None) -> str:
    """Write a duration to the two largest units, cut and not rounded."""
    if duration is None:
        return "—"
    if duration < timedelta(seconds=1):
        return "меньше секунды"
    minutes, seconds = divmod(duration // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "дн."), (hours, "ч"), (minutes, "мин"), (seconds, "с")]
    while parts[0][0] == 0:
        del parts[0]
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)
