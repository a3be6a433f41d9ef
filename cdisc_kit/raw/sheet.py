"""A form on a sheet of a workbook: its cells, dates, labels and formulas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cdisc_kit.errors import RawDataError
from cdisc_kit.findings import Finding
from cdisc_kit.raw import xlsxfile
from cdisc_kit.raw.formulas import faulty_cells
from cdisc_kit.raw.layout import Layout, Place, Rows, fold, framed, lay_out
from cdisc_kit.raw.table import RawTable
from cdisc_kit.raw.undeclared import of_rows, undeclared_columns
from cdisc_kit.spec.model import FormSpec


@dataclass
class Workbooks:
    """Workbooks of a folder, each opened once, with its date system; `told` are those whose 1904 base is."""

    opened: dict[Path, tuple[xlsxfile.Workbook, str]] = field(default_factory=dict)
    told: set[Path] = field(default_factory=set)

    def open(self, path: Path) -> tuple[xlsxfile.Workbook, str]:
        """The workbook and its date system, `1900` or `1904`."""
        if path not in self.opened:
            self.opened[path] = (xlsxfile.open_workbook(path), xlsxfile.epoch(path))
        return self.opened[path]


def sheet_name(form: FormSpec, workbook: xlsxfile.Workbook) -> str:
    """The sheet a form declares, else the first."""
    return str(form.reader["sheet"]) if "sheet" in form.reader else str(workbook.sheet_names[0])


def read_sheet(form: FormSpec, path: Path, folder: Path, workbooks: Workbooks) -> RawTable:
    """The form's rows. Raises RawDataError for a sheet that is missing or has no header."""
    workbook, epoch = workbooks.open(path)
    sheet = sheet_name(form, workbook)
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
    body = [rows[at] for at in layout.body]
    dates = framed(form, layout, [flags for _, _, flags in body], False).astype(bool)
    extra, unknown = undeclared_columns(place, layout, of_rows([cells for _, cells, _ in body]))
    notes = [*layout.notes, *unknown, *_other_labels(place, layout, cells), *_failed_formulas(place, layout)]
    if epoch == "1904" and dates.any(axis=None) and path not in workbooks.told:
        workbooks.told.add(path)
        notes.append(_old_base(place))
    return RawTable(
        form.name,
        place.file,
        sheet,
        np.array([number for number, _, _ in body], dtype=np.int64),
        framed(form, layout, [cells for _, cells, _ in body], ""),
        dates=dates,
        epoch=epoch,
        notes=tuple(notes),
        extra=extra,
    )


def _other_labels(place: Place, layout: Layout, rows: Rows) -> list[Finding]:
    """A WARN `COL-LABEL` for each field code that stands over another label than the declared one."""
    reader = place.form.reader
    at = layout.header + int(reader.get("label_row", 0)) - int(reader.get("code_row", 0))
    if "label_row" not in reader or "code_row" not in reader or not 0 <= at < len(rows):
        return []
    number, labels = rows[at]
    found = []
    for key, position in layout.columns.items():
        column = place.form.columns[key]
        label = labels[position].strip() if position < len(labels) else ""
        if label and fold(label) not in map(fold, (column.label, key, *column.aliases)):
            found.append(place.at(_other_label(place.form, key, label), number, key))
    return found


def _other_label(form: FormSpec, key: str, label: str) -> Finding:
    owner = next((other.key for other in form.columns.values() if fold(other.label) == fold(label)), "")
    said = f" (that of {owner})" if owner else ""
    return Finding(
        rule="COL-LABEL",
        severity="WARN",
        message=(
            f"column {key} stands over another label than declared{said}; it is read by its code, compare "
            "its cells with the CRF"
        ),
        message_zh=f"字段{key}的标签与约定的“{form.columns[key].label}”不同,已按字段代码读取,请核对该列内容是否错位",
        value=label,
        query=f"{form.title_zh}中字段{key}的标签为“{label}”,约定为“{form.columns[key].label}”,请核对该列数据。",
    )


def _failed_formulas(place: Place, layout: Layout) -> list[Finding]:
    """An ERROR at each declared column's cell that reads blank: an error value, or a formula not computed."""
    keys = {at + 1: key for key, at in layout.columns.items()}
    first = layout.header + 2  # cells of the heading rows hold no data
    return [
        place.at(_failed(place.form, row, place.form.columns[keys[column]].label, error), row, keys[column])
        for (row, column), error in faulty_cells(place.path, place.sheet).items()
        if column in keys and row >= first
    ]


def _failed(form: FormSpec, row: int, label: str, error: str) -> Finding:
    """`CELL-ERROR` for an error value, `CELL-FORMULA` where the file holds no result at all."""
    where = f"{form.title_zh}第{row}行“{label}”"
    if error:
        return Finding(
            rule="CELL-ERROR",
            severity="ERROR",
            message="a formula of the workbook failed in this cell; left null, enter the value",
            message_zh="单元格为Excel错误值(公式出错),已置空,请填写实际值",
            value=error,
            query=f"{where}为Excel错误值,请填写实际值。",
        )
    return Finding(
        rule="CELL-FORMULA",
        severity="ERROR",
        message=(
            "a formula whose result the workbook does not hold; left null, enter the value, or save the "
            "workbook in a program that computes it"
        ),
        message_zh="单元格为公式且文件中没有计算结果,已置空,请填写实际值,或用Excel重新计算后保存",
        query=f"{where}为未计算的公式,请填写实际值。",
    )


def _old_base(place: Place) -> Finding:
    told = Finding(
        rule="DT-1904",
        severity="INFO",
        message="the workbook counts its days from 1904, as its own property says; dates are read so",
        message_zh="工作簿使用1904日期系统,日期已按其自身属性换算",
    )
    return replace(place.at(told), form="", source_sheet="")
