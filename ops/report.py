"""The report over many days, computed from the ledger: a row for each working day, and all of them together (R16).

As CSV it is made for Excel with Russian settings: UTF-8 with a byte order mark (without it Excel takes the file for
windows-1251), `;` between cells, a comma in decimal fractions, CR LF at the ends of lines.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.daily_report import Arrival, Arrived, Figures, OpenedTicket, tally
from shared.domain.report_period import Period
from shared.domain.submission import Channel
from shared.domain.working_time import WorkingHours
from shared.reporting import Reports
from shared.wording import CHANNELS

CSV_ENCODING = "utf-8-sig"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet takes a text for a formula: https://owasp.org/www-community/attacks/CSV_Injection."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `label` is a day, as in ISO 8601, or what stands for all days."""

    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class _Column:
    """One number of a row.

    Attributes:
        name: In the table on the terminal.
        heading: In the CSV file.
    """

    name: str
    heading: str
    value: Callable[[Figures], Cell]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 2)


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 1)


def _of_channel(channel: Channel) -> Callable[[Figures], int]:
    return lambda figures: figures.channels[channel]


COLUMNS = (
    _Column("arrived", "Поступило", lambda figures: figures.arrivals),
    *(_Column(channel.value, name.capitalize(), _of_channel(channel)) for channel, name in CHANNELS.items()),
    _Column("off hours", "В нерабочее время", lambda figures: figures.out_of_hours),
    _Column("joined", "Сообщений к прежним обращениям", lambda figures: figures.joined),
    _Column("dupl.", "Повторов, объединённых автоматически", lambda figures: figures.duplicates),
    _Column("tickets", "Новых обращений", lambda figures: figures.registered),
    _Column("waiting", "Номера ещё нет", lambda figures: figures.waiting),
    _Column("quar.", "В карантине", lambda figures: figures.quarantined),
    _Column("in time", "Номер за 15 минут", lambda figures: figures.in_time),
    _Column("%", "Номер за 15 минут, %", lambda figures: _percent(figures.in_time_share)),
    _Column("median s", "До номера: медиана, с", lambda figures: _seconds(figures.median)),
    _Column("p95 s", "До номера: 95-й процентиль, с", lambda figures: _seconds(figures.p95)),
    _Column("worst s", "До номера: дольше всего, с", lambda figures: _seconds(figures.worst)),
    _Column("accepted", "Принято", lambda figures: figures.accepted),
    _Column("%", "Принято, %", lambda figures: _percent(figures.accepted_share)),
    _Column("median s", "До принятия: медиана, с", lambda figures: _seconds(figures.acceptance_median)),
    _Column("pending", "Письмо в пути", lambda figures: figures.pending),
    _Column("undel.", "Письмо не доставлено", lambda figures: figures.undeliverable),
    _Column("revoked", "Письмо вернулось после доставки", lambda figures: figures.revoked),
    _Column("to call", "Нет e-mail, ждут звонка", lambda figures: figures.awaiting_call),
    _Column("no letter", "Письмо не положено", lambda figures: figures.not_awaited),
    _Column("incompl.", "Неполные данные", lambda figures: figures.incomplete),
    _Column("flags", "Отмечено просрочек", lambda figures: figures.flags),
    _Column("no request", "Не обращения", lambda figures: figures.recorded),
    _Column("unread.", "Записей не прочитано", lambda figures: figures.unreadable),
)


def rows(reports: Reports, periods: Sequence[Period], hours: WorkingHours, now: datetime) -> Sequence[Row]:
    """Count each period, and all of them together, as they stand now."""
    days, arrivals, tickets, unreadable = [], list[Arrival](), list[OpenedTicket](), 0
    for period in periods:
        arrived = reports.arrived(period.since, period.until)
        days.append(Row(period.day.isoformat(), tally(arrived, hours, now)))
        arrivals += arrived.arrivals
        tickets += arrived.tickets
        unreadable += arrived.unreadable
    return [*days, Row("total", tally(Arrived(arrivals, tickets, unreadable), hours, now))]


def as_table(table: Sequence[Row]) -> str:
    """Write rows for a terminal."""
    lines = [["day", *(column.name for column in COLUMNS)]]
    lines += [[row.label, *(_plain(column.value(row.figures)) for column in COLUMNS)] for row in table]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def as_csv(table: Sequence[Row]) -> str:
    """Write rows for a spreadsheet; see above."""
    written = io.StringIO(newline="")
    lines = csv.writer(written, delimiter=";", lineterminator="\r\n")
    lines.writerow([cell("Рабочий день"), *(cell(column.heading) for column in COLUMNS)])
    for row in table:
        label = "Итого" if row.label == "total" else row.label
        lines.writerow([cell(label), *(cell(column.value(row.figures)) for column in COLUMNS)])
    return written.getvalue()


def cell(value: Cell) -> str:
    """Write a cell that a spreadsheet shows and does not carry out; a number stays one, even below zero."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return str(value).replace(".", ",")


def _plain(value: Cell) -> str:
    return "-" if value is None else str(value)
