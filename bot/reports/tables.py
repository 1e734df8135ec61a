"""A table as a file that a spreadsheet opens: CSV or XLSX, with nothing in it that it would run.

A cell that begins like a formula is a name somebody typed to be run on the organiser's computer:
it is kept as text, behind an apostrophe, in both kinds of file.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

from openpyxl import Workbook
from openpyxl.cell import Cell as BookCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | Decimal | datetime | None

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""Signs that make a spreadsheet run what follows them."""

WIDTH_MAX = 40
"""A column as wide as a long name; more is read in the cell."""

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(text: str) -> str:
    """Give a text as a cell that no spreadsheet runs."""
    plain = "".join(char for char in text if char >= " " or char == "\n")
    return f"'{plain}" if plain.startswith(RUNS) or text.startswith(RUNS) else plain


def csv_file(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Write a table as CSV that a French spreadsheet opens by a double click.

    Such a spreadsheet parts cells at semicolons and reads UTF-8 only behind a byte order mark.
    """
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n")
    write.writerow([harmless(one) for one in head])
    write.writerows([_plain(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_file(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Write a table as a workbook: numbers are numbers, dates are dates, the head stays in view."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for at, name in enumerate(head, 1):
        longest = max((len(_plain(row[at - 1])) for row in rows), default=0)
        width = min(WIDTH_MAX, max(longest, len(name)) + 2)
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.append([_head(sheet, name) for name in head])
    for row in rows:
        sheet.append([_written(sheet, cell) for cell in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(head))}{len(rows) + 1}"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: WriteOnlyWorksheet, name: str) -> BookCell:
    cell = WriteOnlyCell(sheet, value=harmless(name))
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor="1F4E5F")
    return cell


def _written(sheet: WriteOnlyWorksheet, cell: Cell) -> BookCell:
    if isinstance(cell, datetime):
        written = WriteOnlyCell(sheet, value=cell.replace(tzinfo=None))
        written.number_format = "dd/mm/yyyy hh:mm"
        return written
    if isinstance(cell, Decimal):
        # The workbook writes its digits as they are; the library's types know floats alone.
        return WriteOnlyCell(sheet, value=cast("float", cell))
    written = WriteOnlyCell(sheet, value=harmless(cell) if isinstance(cell, str) else cell)
    if isinstance(cell, str):
        # A text stays a text, whatever it looks like.
        written.data_type = "s"
    return written


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell:%d/%m/%Y %H:%M}"
        case str():
            return harmless(cell)
    return str(cell)


def _sheet_name(title: str) -> str:
    """Give a sheet a name that spreadsheets take: 31 signs, without a few of them."""
    return "".join(char for char in title if char not in r"[]:*?/\'")[:31].strip() or "Guichet"
