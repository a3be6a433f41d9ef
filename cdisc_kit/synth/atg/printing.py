"""From canonical text to what stands in a cell, and from cells to files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from pathlib import Path

from cdisc_kit.synth.atg.layout import Column, Form, Layout
from cdisc_kit.synth.atg.pages import Forms, Row
from cdisc_kit.synth.dirt.raw import Cells, RawData, RawForm, raw_form
from cdisc_kit.synth.workbook import write_workbook

RESOLUTION = ("form", "SUBJNO", "VISIT", "ROWNO", "field", "entry1", "entry2", "final", "by", "date")
_YES_NO = {"Y": "是", "N": "否"}


def print_cell(column: Column, value: str) -> str:
    """What is written in the cell for a canonical value: codes as their text, dates as 年/月/日."""
    if not value:
        return ""
    if column.type == "code":
        return column.codes[value]
    if column.type == "codes":
        return ";".join(column.codes[part] for part in value.split(";"))
    if column.type == "yesno":
        return _YES_NO[value]
    if column.type in ("date", "datetime"):
        return _print_date(value)
    return value


def _print_date(value: str) -> str:
    """`2019-08` -> `2019/08/UK`; `2025-09-04T08:05` -> `2025/09/04 08:05`."""
    date, _, time = value.partition("T")
    parts = [*date.split("-"), "UK", "UK"][:3]
    return "/".join(parts) + (f" {time}" if time else "")


def print_form(form: Form, rows: list[Row]) -> RawForm:
    """The printed rows of a form, in order of subject number."""
    ordered = sorted(rows, key=lambda row: row["SUBJNO"])
    printed: list[Cells] = [
        {c.key: print_cell(c, row.get(c.key, "")) for c in form.columns} for row in ordered
    ]
    heading: Cells = {column.key: column.label for column in form.columns}
    entries = tuple(file.partition("/")[0] for file, encoding in form.files if encoding) or ("",)
    return raw_form(form.name, [heading], ordered, printed, entries, is_text=entries != ("",))


def print_data(layout: Layout, forms: Forms) -> RawData:
    """Every form as it is written when nothing has been soiled."""
    printed = {name: print_form(form, forms[name]) for name, form in layout.forms.items()}
    return RawData(printed, subject_key="SUBJNO", visit_key="VISIT")


def write_forms(out: Path, layout: Layout, raw: RawData) -> None:
    """Write every form to its file or files below `out`; a lone surrogate becomes the byte it stands for."""
    for name, form in layout.forms.items():
        printed = raw.forms[name]
        for (file, encoding), entry in zip(form.files, printed.entries, strict=True):
            path = out / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if encoding:
                text = table_text(printed.table(entry), "\r\n")
                path.write_bytes(text.encode(encoding, "surrogateescape"))
            else:
                write_workbook(path, {form.sheet: _sheet(form, printed)})


def table_text(rows: Sequence[Sequence[object]], newline: str) -> str:
    """A CSV table as text."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=newline).writerows(rows)
    return buffer.getvalue()


def _sheet(form: Form, printed: RawForm) -> list[list[object]]:
    types = {column.key: column.type for column in form.columns}
    heading = len(printed.headings)
    rows = printed.table("")
    return rows[:heading] + [
        [_excel_cell(types.get(key, ""), cell) for key, cell in zip(printed.columns, row, strict=True)]
        for row in rows[heading:]
    ]


def _excel_cell(kind: str, cell: object) -> object:
    """A real date or number where the text is one, otherwise the text (a hospital system exports it so)."""
    text = str(cell or "")
    if not text:
        return None
    if kind == "integer" and text.isdigit():
        return int(text)
    pattern = {"date": "%Y/%m/%d", "datetime": "%Y/%m/%d %H:%M"}.get(kind)
    if pattern is None:
        return text
    try:
        moment = dt.datetime.strptime(text, pattern)
    except ValueError:
        return text
    return moment if kind == "datetime" else moment.date()


def write_records(out: Path, truth: dict[str, object], manifest: str) -> None:
    """The adjudication table (nothing has been adjudicated), the dirt manifest and the hidden truth."""
    resolution = table_text([RESOLUTION], "\r\n")
    (out / "resolution.csv").write_bytes(resolution.encode("utf-8-sig"))
    (out / "dirt_manifest.csv").write_bytes(manifest.encode("utf-8"))
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_bytes((text + "\n").encode("utf-8"))
