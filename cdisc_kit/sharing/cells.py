"""Text as a cell that no spreadsheet runs, and tables as CSV and XLSX with fixed bytes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence

# A spreadsheet takes a cell that begins like this for a formula, some also by the full-width signs; a plain
# number may begin so.
_FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_CREATED = dt.datetime(1980, 1, 1)  # the format wants a time of making; a true one would tell about handling
_WIDEST = 60  # characters

Cell = str | int


def neutral(text: str) -> str:
    """`text` as a cell that no spreadsheet runs: an apostrophe goes before what would begin a formula."""
    return f"'{text}" if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


def csv_table(rows: Iterable[Sequence[Cell]]) -> bytes:
    """`rows` (the first names the columns) as UTF-8 with BOM and CRLF, the way Excel opens CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def workbook(sheet: str, rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """`rows` as the only sheet of an XLSX; text stays text, whatever it begins with."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415 - only a release needs it

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": _CREATED, "title": title, "author": "", "comments": ""})
        head = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "text_wrap": True})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        page = book.add_worksheet(sheet)
        for at, width in enumerate(_widths(rows)):
            page.set_column(at, at, width)
        for line, row in enumerate(rows):
            for at, cell in enumerate(row):
                write = page.write_number if isinstance(cell, int) else page.write_string
                write(line, at, cell, head if line == 0 else body)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(len(rows) - 1, 1), len(rows[0]) - 1)
    return buffer.getvalue()


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Wide enough for the longest cell, a Chinese character counting two, up to a limit."""
    longest = [
        max(sum(1 + (ord(c) > 0xFF) for c in str(row[at])) for row in rows) for at in range(len(rows[0]))
    ]
    return [min(max(length + 1, 8), _WIDEST) for length in longest]
