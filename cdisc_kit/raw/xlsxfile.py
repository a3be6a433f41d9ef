"""XLSX workbooks: text cells, and dates only where the workbook's own number format says date."""

from __future__ import annotations

import datetime
import re
import zipfile
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from cdisc_kit.errors import RawDataError

Workbook = CalamineWorkbook


def open_workbook(path: Path) -> Workbook:
    """The workbook. Raises RawDataError naming the file when it is not a readable one."""
    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise RawDataError(f"{path}: not a readable XLSX workbook; export it again") from error


def read_cells(workbook: Workbook, path: Path, sheet: str) -> list[tuple[int, list[str], list[bool]]]:
    """(row number, cells, is-date flags) for each row of the sheet up to the last that holds something."""
    if sheet not in workbook.sheet_names:
        known = ", ".join(workbook.sheet_names)
        raise RawDataError(f"{path}: sheet '{sheet}' is missing; the workbook has {known}")
    rows = []
    content = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    for number, values in enumerate(content, start=1):
        cells = [value if type(value) is str else _text(value) for value in values]
        rows.append((number, cells, [isinstance(value, _DATES) for value in values]))
    while rows and not any(rows[-1][1]):
        rows.pop()
    return rows


def epoch(path: Path) -> str:
    """The workbook's date system, `1900` or `1904`, from its own property and never from its dates."""
    try:
        with zipfile.ZipFile(path) as archive:
            properties = re.search(rb"<(?:\w+:)?workbookPr\b[^>]*>", archive.read("xl/workbook.xml"))
    except (zipfile.BadZipFile, KeyError):
        return "1900"  # another container than XLSX, without the property
    flagged = properties is not None and re.search(rb"\bdate1904=\"(1|true)\"", properties.group())
    return "1904" if flagged else "1900"


_DATES = (datetime.date, datetime.time)


def _text(value: object) -> str:
    """A cell as text: dates as ISO 8601 (midnight has no time), whole numbers without a point."""
    if isinstance(value, float):
        # a workbook shows and takes 15 digits; what is behind them is the noise of its sums
        return str(int(value)) if value.is_integer() else format(value, ".15g")
    if isinstance(value, datetime.datetime):
        # the workbook stores days as a float: a time may come out a few microseconds early
        moment = value + datetime.timedelta(microseconds=500_000)
        midnight = moment.hour == moment.minute == moment.second == 0
        return moment.strftime("%Y-%m-%d" if midnight else "%Y-%m-%dT%H:%M")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)
