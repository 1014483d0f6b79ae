"""The report over many days, as a table and as a file for Excel."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.report import COLUMNS, as_csv, as_table, cell, rows
from shared.domain.daily_report import Arrival, Arrived, OpenedTicket, OpenFlag
from shared.domain.report_period import periods_between
from shared.domain.submission import Channel, SubmissionState
from shared.domain.ticket import Acceptance
from tests.sample_ticket import HOURS

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
MONDAY, TUESDAY = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)
PERIODS = periods_between(date(2026, 11, 20), date(2026, 11, 24), HOURS)


class Days:
    """`shared.reporting.Reports` with tickets that took so many seconds to register, by the moment of arrival."""

    def __init__(self, took: Mapping[datetime, Sequence[float]]) -> None:
        self._took = took

    def arrived(self, since: datetime, until: datetime) -> Arrived:
        found = [(at, each) for at, several in self._took.items() if since <= at < until for each in several]
        arrivals = [Arrival(Channel.EMAIL, at, SubmissionState.REGISTERED) for at, _ in found]
        tickets = [
            OpenedTicket(at, at + timedelta(seconds=took), Acceptance.ACCEPTED, at + timedelta(seconds=took + 1))
            for at, took in found
        ]
        return Arrived(arrivals, tickets, unreadable=len(arrivals))

    def open_flags(self, most: int) -> tuple[int, Sequence[OpenFlag]]:
        raise NotImplementedError(most)

    def exists(self, day: date) -> bool:
        raise NotImplementedError(day)

    def create(self, report: object, letter: object) -> None:
        raise NotImplementedError(report, letter)


TABLE = rows(Days({MONDAY: [1, 2, 1000.25], TUESDAY: [3]}), PERIODS, HOURS, NOW)


def parsed() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(TABLE), newline=""), delimiter=";"))


def test_r16_there_is_a_row_for_each_working_day_and_one_for_all() -> None:
    assert [row.label for row in TABLE] == ["2026-11-20", "2026-11-23", "2026-11-24", "total"]
    assert [row.figures.arrivals for row in TABLE] == [0, 3, 1, 4]
    assert [row.figures.unreadable for row in TABLE] == [0, 3, 1, 4]


def test_r16_the_total_is_counted_anew_and_no_mean_of_the_days() -> None:
    total = TABLE[-1].figures
    assert (total.in_time, total.requests) == (3, 4)
    assert total.median == timedelta(seconds=2)
    assert total.worst == timedelta(seconds=1000.25)


def test_the_file_has_a_heading_for_each_number_and_decimal_commas() -> None:
    empty, monday, _, total = parsed()
    assert len(set(monday)) == len(COLUMNS) + 1
    assert monday["Рабочий день"] == "2026-11-23"
    assert (monday["Номер за 15 минут"], monday["Номер за 15 минут, %"]) == ("2", "66,67")
    assert monday["До номера: дольше всего, с"] == "1000,2"
    assert (empty["Номер за 15 минут, %"], empty["До номера: медиана, с"]) == ("", "")
    assert (total["Рабочий день"], total["Поступило"]) == ("Итого", "4")


def test_lines_end_as_excel_expects_and_all_have_as_many_cells() -> None:
    lines = as_csv(TABLE).split("\r\n")
    assert lines.pop() == ""
    assert {line.count(";") for line in lines} == {len(COLUMNS)}
    assert not any("\n" in line for line in lines)


def test_the_table_s_columns_stand_under_each_other() -> None:
    lines = as_table(TABLE).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[:2] == ["day", "arrived"]
    assert lines[2].split()[:2] == ["2026-11-23", "3"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+7 916", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A"]
)
def test_a_text_that_a_spreadsheet_would_carry_out_is_shown(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), (0, "0"), (-5, "-5"), (-0.5, "-0,5"), (66.67, "66,67"), ("слово", "слово"), ("", ""), ("1-2", "1-2")],
)
def test_numbers_and_plain_texts_stay_what_they_are(value: str | float | None, written: str) -> None:
    assert cell(value) == written


@given(st.text())
def test_no_cell_begins_as_a_formula_does(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell(text).removeprefix("'") == text.removeprefix("'")
