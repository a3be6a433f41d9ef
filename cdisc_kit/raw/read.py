"""Read every form of a study from a raw folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.errors import InputError, RawDataError
from cdisc_kit.raw import csvfile, xlsxfile
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec, StudySpec
from cdisc_kit.spec.problems import suggestion


def read_raw(spec: StudySpec, folder: Path) -> dict[str, tuple[RawTable, ...]]:
    """Form -> its tables (one, or one for each entry pass), every cell text.

    Raises InputError when the folder or forms are missing (all of them named at once), RawDataError for
    encodings, missing columns and unreadable workbooks.
    """
    if not folder.is_dir():
        raise InputError(f"raw folder {folder} does not exist; give --raw DIR, or --demo for synthetic data")
    _check_files(spec, folder)
    workbooks: dict[Path, Any] = {}
    return {name: _read_form(form, folder, workbooks) for name, form in spec.sources.forms.items()}


def _check_files(spec: StudySpec, folder: Path) -> None:
    missing = [
        f"{form.name} ({pattern})"
        for form in spec.sources.forms.values()
        for pattern in _patterns(form)
        if not any(folder.glob(pattern))
    ]
    if missing:
        raise InputError(
            f"{folder}: no file for form {'; '.join(missing)}; export the missing forms (empty ones too)"
        )


def _patterns(form: FormSpec) -> list[str]:
    passes = form.reader.get("passes")
    return [str(entry["file"]) for entry in passes.values()] if passes else [str(form.reader["file"])]


def _read_form(form: FormSpec, folder: Path, workbooks: dict[Path, Any]) -> tuple[RawTable, ...]:
    if form.reader["type"] == "xlsx":
        return (_read_sheet(form, folder, workbooks),)
    passes = form.reader.get("passes") or {"": form.reader}
    return tuple(
        _read_csv(
            form,
            folder,
            _one_file(folder, str(entry["file"])),
            str(entry.get("encoding", "detect")),
            str(name),
        )
        for name, entry in passes.items()
    )


def _one_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) > 1:
        raise InputError(
            f"{folder}: {len(found)} files fit {pattern}; leave the one to be built: {found[0].name} …"
        )
    return found[0]


def _read_csv(form: FormSpec, folder: Path, path: Path, encoding: str, entry: str) -> RawTable:
    rows = csvfile.read_cells(path, encoding)
    if not rows:
        raise RawDataError(
            f"{path}: the file is empty, not even a header line; export form {form.name} again"
        )
    header = [cell.strip() for cell in rows[0][1]]
    positions = _positions(form, header, path, "label")
    _check_widths(rows[1:], len(header), path)
    numbers = np.array([number for number, _ in rows[1:]], dtype=np.int64)
    data = {key: [cells[at] for _, cells in rows[1:]] for key, at in positions.items()}
    frame = pd.DataFrame(data, columns=list(form.columns), dtype=object)
    return RawTable(form.name, path.relative_to(folder).as_posix(), "", numbers, frame, entry)


def _check_widths(rows: list[tuple[int, list[str]]], width: int, path: Path) -> None:
    for number, cells in rows:
        if len(cells) != width:
            raise RawDataError(
                f"{path}: line {number} has {len(cells)} cells, the header {width}; check quotes and commas"
            )


def _read_sheet(form: FormSpec, folder: Path, workbooks: dict[Path, Any]) -> RawTable:
    path = _one_file(folder, str(form.reader["file"]))
    if path not in workbooks:
        workbooks[path] = xlsxfile.open_workbook(path)
    sheet = str(form.reader["sheet"]) if "sheet" in form.reader else workbooks[path].sheet_names[0]
    rows = xlsxfile.read_cells(workbooks[path], path, sheet)
    by = "key" if "code_row" in form.reader else "label"
    header_row = int(form.reader.get("code_row", form.reader.get("header_row", "1")))
    data_row = int(form.reader.get("data_row", header_row + 1))
    header = next((cells for number, cells, _ in rows if number == header_row), [])
    if not header:
        raise RawDataError(
            f"{path}: sheet '{sheet}' has no header in row {header_row}; export form {form.name} again"
        )
    positions = _positions(form, header, path, by, sheet)
    body = [(number, cells, flags) for number, cells, flags in rows if number >= data_row]
    numbers = np.array([number for number, _, _ in body], dtype=np.int64)
    frame = pd.DataFrame(
        {
            key: [cells[at] if at < len(cells) else "" for _, cells, _ in body]
            for key, at in positions.items()
        },
        columns=list(form.columns),
        dtype=object,
    )
    dates = pd.DataFrame(
        {
            key: [flags[at] if at < len(flags) else False for _, _, flags in body]
            for key, at in positions.items()
        },
        columns=list(form.columns),
        dtype=bool,
    )
    return RawTable(form.name, path.relative_to(folder).as_posix(), sheet, numbers, frame, dates=dates)


def _positions(form: FormSpec, header: list[str], path: Path, by: str, sheet: str = "") -> dict[str, int]:
    """Column key -> position in the file. Columns are found by name, so their order does not matter."""
    where = f"{path}{f' sheet {sheet}' if sheet else ''}"
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        raise RawDataError(f"{where}: column '{doubled[0]}' stands twice in the header; rename one")
    names = {key: (key if by == "key" else column.label) for key, column in form.columns.items()}
    missing = [key for key, name in names.items() if name not in header]
    if missing:
        shown = "; ".join(f"{key} '{names[key]}'{suggestion(names[key], header)}" for key in missing)
        raise RawDataError(f"{where}: COL-MISSING: form {form.name} has no column {shown}")
    return {key: header.index(name) for key, name in names.items()}
