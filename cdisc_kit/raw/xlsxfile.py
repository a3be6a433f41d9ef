"""XLSX workbooks: text cells, and dates only where the workbook's own number format says date."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from cdisc_kit.errors import RawDataError


def open_workbook(path: Path) -> Any:
    """The workbook, read-only. Raises RawDataError naming the file when it is not a workbook."""
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise RawDataError(f"{path}: not a readable XLSX workbook; export it again") from error


def read_cells(workbook: Any, path: Path, sheet: str) -> list[tuple[int, list[str], list[bool]]]:
    """(row number, cells, is-date flags) for each row of the sheet that is not blank."""
    if sheet not in workbook.sheetnames:
        known = ", ".join(workbook.sheetnames)
        raise RawDataError(f"{path}: sheet '{sheet}' is missing; the workbook has {known}")
    rows = []
    for number, values in enumerate(workbook[sheet].iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in values]
        if any(cells):
            flags = [isinstance(value, (datetime.date, datetime.time)) for value in values]
            rows.append((number, cells, flags))
    return rows


def _text(value: object) -> str:
    """A cell as text: dates as ISO 8601 (midnight has no time), whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        moment = value if value.microsecond == 0 else value + datetime.timedelta(microseconds=500_000)
        midnight = moment.hour == moment.minute == moment.second == 0
        return moment.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H:%M")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
