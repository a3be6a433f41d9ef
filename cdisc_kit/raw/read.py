"""Read every form of a study from a raw folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from cdisc_kit.errors import FatalFindingsError, InputError, RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import csvfile, datasetfile, xlsxfile
from cdisc_kit.raw.errorcells import error_cells
from cdisc_kit.raw.layout import Layout, Place, lay_out
from cdisc_kit.raw.odmfile import OdmFile, read_odm
from cdisc_kit.raw.odmtable import odm_table, unread
from cdisc_kit.raw.plaincsv import PlainText, plain_text
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec, StudySpec
from cdisc_kit.yamltext import Map

Workbook = tuple[CalamineWorkbook, str]  # and its date system


@dataclass
class Opened:
    """Files that hold several forms, each read once; `old_base` are those whose 1904 base is told."""

    workbooks: dict[Path, Workbook] = field(default_factory=dict)
    old_base: set[Path] = field(default_factory=set)
    odm: dict[Path, OdmFile] = field(default_factory=dict)


def read_raw(spec: StudySpec, folder: Path) -> dict[str, tuple[RawTable, ...]]:
    """Form -> its tables (one, or one for each entry pass), every cell text.

    Raises InputError when the folder or forms are missing (all of them named at once) or two containers of
    the same data are there, RawDataError for unreadable files, FatalFindingsError for missing columns and for
    bytes of another encoding.
    """
    if not folder.is_dir():
        raise InputError(f"raw folder {folder} does not exist; give --raw DIR, or --demo for synthetic data")
    forms = _in_use(spec, folder)
    _check_files(forms, folder, spec.sources.alternative)
    opened = Opened()
    return {name: _read_form(form, forms, folder, opened) for name, form in forms.items()}


def _in_use(spec: StudySpec, folder: Path) -> dict[str, FormSpec]:
    """The forms with the readers that fit the folder: their own, or the study's alternative for all of them.

    Raises InputError where the folder holds files of both.
    """
    forms, alternative = spec.sources.forms, spec.sources.alternative
    if alternative is None or not any(folder.glob(str(alternative["file"]))):
        return forms
    own = next((str(p) for form in forms.values() for p in _patterns(form) if any(folder.glob(p))), None)
    if own is not None:
        raise InputError(
            f"{folder}: holds both {own} and {alternative['file']}, the same data twice; leave the one to be "
            "built"
        )
    return {name: replace(form, reader=alternative) for name, form in forms.items()}


def _check_files(forms: dict[str, FormSpec], folder: Path, alternative: Map | None) -> None:
    missing = [
        f"{form.name} ({pattern})"
        for form in forms.values()
        for pattern in _patterns(form)
        if not any(folder.glob(pattern))
    ]
    if missing:
        instead = f", or all of them as {alternative['file']}" if alternative is not None else ""
        raise InputError(
            f"{folder}: no file for form {'; '.join(missing)}; export the missing forms (empty ones too)"
            f"{instead}"
        )


def _patterns(form: FormSpec) -> list[str]:
    passes = form.reader.get("passes")
    return [str(entry["file"]) for entry in passes.values()] if passes else [str(form.reader["file"])]


def _read_form(
    form: FormSpec, forms: dict[str, FormSpec], folder: Path, opened: Opened
) -> tuple[RawTable, ...]:
    kind = str(form.reader["type"])
    if kind == "xlsx":
        return (_read_sheet(form, folder, opened),)
    if kind == "odm":
        return (_read_odm(form, forms, folder, opened),)
    if kind in datasetfile.READERS:
        path = _one_file(folder, str(form.reader["file"]))
        place = Place(form, path, path.relative_to(folder).as_posix(), "", "key")
        return (datasetfile.dataset_table(place, kind, str(form.reader.get("encoding", "detect"))),)
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
    if not found[0].is_file():
        raise InputError(f"{found[0]} is a folder; the mapping expects a file of this name")
    return found[0]


def _read_odm(form: FormSpec, forms: dict[str, FormSpec], folder: Path, opened: Opened) -> RawTable:
    """A form of an ODM file; what the file holds beside its forms is told with the first of them."""
    path = _one_file(folder, str(form.reader["file"]))
    place = Place(form, path, path.relative_to(folder).as_posix(), "", "key")
    first = path not in opened.odm
    if first:
        opened.odm[path] = read_odm(path)
    table = odm_table(place, opened.odm[path])
    if not first:
        return table
    same = [other for other in forms.values() if other.reader.get("file") == form.reader["file"]]
    return replace(table, notes=(*table.notes, *unread(opened.odm[path], same, place.file)))


def _read_csv(form: FormSpec, folder: Path, path: Path, encoding: str, entry: str) -> RawTable:
    place = Place(form, path, path.relative_to(folder).as_posix(), "", "label")
    text, guessed = _decoded(place, encoding)
    plain = plain_text(text)
    if plain is not None:
        return _by_column(place, plain, entry, guessed)
    rows = csvfile.split(path, text)
    if not rows:
        raise RawDataError(
            f"{path}: the file is empty, not even a header line; export form {form.name} again"
        )
    first = next(at for at, (_, cells) in enumerate(rows) if any(cell.strip() for cell in cells))
    layout = lay_out(place, rows, first, 1)
    body = [rows[at] for at in layout.body]
    _check_widths(body, layout.width, path)
    return RawTable(
        form.name,
        place.file,
        "",
        np.array([number for number, _ in body], dtype=np.int64),
        _frame(form, layout, [cells for _, cells in body], ""),
        entry,
        notes=(*guessed, *layout.notes),
    )


def _by_column(place: Place, plain: PlainText, entry: str, guessed: list[Finding]) -> RawTable:
    layout = lay_out(place, [(1, plain.header)], 0, 1)
    frame = pd.DataFrame({key: plain.cells[at] for key, at in layout.columns.items()}, dtype=object)
    return RawTable(
        place.form.name,
        place.file,
        "",
        np.arange(2, len(frame) + 2, dtype=np.int64),
        frame[list(place.form.columns)],
        entry,
        notes=(*guessed, *layout.notes),
    )


def _decoded(place: Place, encoding: str) -> tuple[str, list[Finding]]:
    """The text of the file, and INFO `ENC-GUESS` where the study does not say the encoding."""
    found = csvfile.detect(place.path) if encoding == "detect" else encoding
    told = Finding(
        rule="ENC-GUESS",
        severity="INFO",
        message=f"encoding not declared; every byte fits {found.removesuffix('-sig')}",
        message_zh=f"未声明编码,按{found.removesuffix('-sig')}读取",
    )
    try:
        text = csvfile.decode(place.path, found)
    except csvfile.UndecodableError as error:
        bad = Finding(rule="ENC-BAD", severity="FATAL", message=error.told, message_zh="文件含无法解码的字节")
        raise FatalFindingsError([place.at(bad, error.line)]) from error
    return text, [place.at(told)] if encoding == "detect" else []


def _check_widths(rows: list[tuple[int, list[str]]], width: int, path: Path) -> None:
    for number, cells in rows:
        if len(cells) != width:
            raise RawDataError(
                f"{path}: line {number} has {len(cells)} cells, the header {width}; check quotes and commas"
            )


def _read_sheet(form: FormSpec, folder: Path, opened: Opened) -> RawTable:
    path, workbooks, told = _one_file(folder, str(form.reader["file"])), opened.workbooks, opened.old_base
    if path not in workbooks:
        workbooks[path] = (xlsxfile.open_workbook(path), xlsxfile.epoch(path))
    workbook, epoch = workbooks[path]
    sheet = str(form.reader["sheet"]) if "sheet" in form.reader else workbook.sheet_names[0]
    rows = xlsxfile.read_cells(workbook, path, sheet)
    header_row = int(form.reader.get("code_row", form.reader.get("header_row", "1")))
    data_row = int(form.reader.get("data_row", header_row + 1))
    if len(rows) < header_row or not any(rows[header_row - 1][1]):
        raise RawDataError(
            f"{path}: sheet '{sheet}' has no header in row {header_row}; export form {form.name} again"
        )
    by = "key" if "code_row" in form.reader else "label"
    place = Place(form, path, path.relative_to(folder).as_posix(), sheet, by)
    cells = [(number, cells) for number, cells, _ in rows]
    layout = lay_out(place, cells, header_row - 1, data_row - header_row)
    dates = _frame(form, layout, [rows[at][2] for at in layout.body], False).astype(bool)
    notes = [*layout.notes, *_failed_formulas(place, layout)]
    if epoch == "1904" and dates.any(axis=None) and path not in told:
        told.add(path)
        notes.append(_old_base(place))
    return RawTable(
        form.name,
        place.file,
        sheet,
        np.array([rows[at][0] for at in layout.body], dtype=np.int64),
        _frame(form, layout, [rows[at][1] for at in layout.body], ""),
        dates=dates,
        epoch=epoch,
        notes=tuple(notes),
    )


def _failed_formulas(place: Place, layout: Layout) -> list[Finding]:
    """An ERROR `CELL-ERROR` at each declared column's cell that holds an error of the workbook."""
    keys = {at + 1: key for key, at in layout.columns.items()}
    return [
        place.at(
            Finding(
                rule="CELL-ERROR",
                severity="ERROR",
                message="a formula of the workbook failed in this cell; left null, enter the value",
                message_zh="单元格为Excel错误值(公式出错),已置空,请填写实际值",
                value=error,
                query=f"{place.form.title_zh}第{row}行“{place.form.columns[keys[column]].label}”为Excel错误值,请填写实际值。",
            ),
            row,
            keys[column],
        )
        for (row, column), error in error_cells(place.path, place.sheet).items()
        if column in keys
    ]


def _old_base(place: Place) -> Finding:
    told = Finding(
        rule="DT-1904",
        severity="INFO",
        message="the workbook counts its days from 1904, as its own property says; dates are read so",
        message_zh="工作簿使用1904日期系统,日期已按其自身属性换算",
    )
    return replace(place.at(told), form="", source_sheet="")


def _frame(form: FormSpec, layout: Layout, rows: Sequence[list[Any]], blank: object) -> pd.DataFrame:
    """The form's columns of the data rows; `blank` where a row ends before the column."""
    data = {
        key: [cells[at] if at < len(cells) else blank for cells in rows] for key, at in layout.columns.items()
    }
    return pd.DataFrame(data, columns=list(form.columns), dtype=object)
