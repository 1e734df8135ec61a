"""A table as a file that a spreadsheet opens: CSV or XLSX, with nothing in it that it would run.

A cell that begins like a formula is a name somebody typed to be run on the organiser's computer:
it is kept as text, behind an apostrophe, in both kinds of file.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

Cell = str | int | Decimal | datetime | None

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
"""Signs that make a spreadsheet run what follows them."""

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
    write.writerows([plain(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_file(title: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Write a table as a workbook: numbers are numbers, dates are dates, the head stays in view."""
    from bot.reports import workbook  # noqa: PLC0415 (45 MB and half a second, for workers only)

    return workbook.write(title, head, rows)


def plain(cell: Cell) -> str:
    """Write a cell as text."""
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell:%d/%m/%Y %H:%M}"
        case str():
            return harmless(cell)
    return str(cell)
