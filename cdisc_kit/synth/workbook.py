"""Write an .xlsx workbook whose bytes depend on its content only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

# The file format wants a creation time; a fixed one keeps two runs byte-identical.
CREATED = dt.datetime(2025, 1, 1)


def write_workbook(
    path: Path, sheets: Mapping[str, Sequence[Sequence[object]]], *, date_1904: bool = False
) -> None:
    """Write `sheets` (sheet name -> rows of cells) to `path`; the same input gives the same bytes.

    A cell is None (left blank), text (never read as a formula or a link), a number, or a `date`,
    `datetime` or `time`, which becomes a real Excel date cell. Any other type raises TypeError.
    With `date_1904` the workbook counts days from 1904 and says so.
    """
    with xlsxwriter.Workbook(path, {"date_1904": date_1904}) as workbook:
        workbook.set_properties({"created": CREATED, "author": "", "comments": ""})
        formats = {
            dt.datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            dt.date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
            dt.time: workbook.add_format({"num_format": "hh:mm"}),
        }
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    _write_cell(sheet, row, column, cell, formats)


def _write_cell(sheet: Worksheet, row: int, column: int, cell: object, formats: dict[type, Format]) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif isinstance(cell, (dt.date, dt.time)):
        sheet.write_datetime(row, column, cell, formats[type(cell)])
    elif isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        sheet.write_number(row, column, cell)
    else:
        raise TypeError(f"cell {row + 1}:{column + 1} of sheet {sheet.get_name()} is a {type(cell).__name__}")
