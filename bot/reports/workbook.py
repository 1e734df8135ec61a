"""A table as a workbook, for a worker process: the library that writes it is heavy."""

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

from bot.reports.tables import Cell, harmless, plain

WIDTH_MAX = 40
"""A column as wide as a long name; more is read in the cell."""


def write(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Write a table as a workbook: numbers are numbers, dates are dates, the head stays in view."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    for at, name in enumerate(head, 1):
        longest = max((len(plain(row[at - 1])) for row in rows), default=0)
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


def _sheet_name(title: str) -> str:
    """Give a sheet a name that spreadsheets take: 31 signs, without a few of them."""
    return "".join(char for char in title if char not in r"[]:*?/\'")[:31].strip() or "Guichet"
