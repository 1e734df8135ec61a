"""Files for spreadsheets: nothing in them runs, numbers stay numbers, accents survive."""

import csv
import io
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.reports.tables import RUNS, csv_file, harmless, xlsx_file

EVIL = (
    '=HYPERLINK("http://x.example","Cadeau")',
    "+2+5+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
)


@pytest.mark.parametrize("evil", EVIL)
def test_a_name_that_looks_like_a_formula_is_a_text(evil: str) -> None:
    """Whoever calls themselves `=HYPERLINK(...)` is a line of text in both kinds of file."""
    table = csv.reader(io.StringIO(csv_file(["Nom"], [(evil,)]).decode("utf-8-sig")), delimiter=";")
    [_, [written]] = list(table)
    assert written.startswith("'")
    sheet = load_workbook(io.BytesIO(xlsx_file("Liste", ["Nom"], [(evil,)]))).active
    assert sheet is not None
    cell = sheet["A2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


@given(st.text())
def test_no_cell_ever_begins_with_a_sign_that_runs(text: str) -> None:
    """Whatever people type, what is written begins with none of the signs."""
    assert not harmless(text).startswith(RUNS)


def test_numbers_and_dates_stay_what_they_are() -> None:
    """A price can be summed, a date sorted; negative numbers are numbers, not formulas."""
    at = datetime(2027, 6, 1, 10, 30)  # noqa: DTZ001 (the place's own time, as a spreadsheet keeps it)
    rows = [("Zoé Agbö", -5000, at, None)]
    sheet = load_workbook(io.BytesIO(xlsx_file("Nuit / Jazz: 1", list("abcd"), rows))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["Zoé Agbö", -5000, at, None]
    text = csv_file(list("abcd"), rows).decode("utf-8-sig")
    assert text.splitlines()[1] == "Zoé Agbö;-5000;01/06/2027 10:30;"
