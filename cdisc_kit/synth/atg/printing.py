"""From canonical text to what stands in a cell, and from cells to files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

from cdisc_kit.synth.atg.layout import Column, Form, Layout
from cdisc_kit.synth.atg.pages import Forms, Row
from cdisc_kit.synth.workbook import write_workbook

RESOLUTION = ("form", "SUBJNO", "VISIT", "ROWNO", "field", "entry1", "entry2", "final", "by", "date")
MANIFEST = (
    "case_id",
    "form",
    "subject",
    "visit",
    "row",
    "field",
    "clean_value",
    "dirty_value",
    "expected_rule",
    "expected_severity",
    "expected_output",
    "caused_by",
)
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


def print_form(form: Form, rows: list[Row]) -> list[Row]:
    """The printed rows of a form, column key -> cell text, in order of subject number."""
    ordered = sorted(rows, key=lambda row: row["SUBJNO"])
    return [{c.key: print_cell(c, row.get(c.key, "")) for c in form.columns} for row in ordered]


def write_forms(out: Path, layout: Layout, forms: Forms) -> None:
    """Write every form to its file or files below `out`."""
    for name, form in layout.forms.items():
        printed = print_form(form, forms[name])
        for file, encoding in form.files:
            path = out / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if encoding:
                path.write_bytes(_csv_text(form, printed).encode(encoding))
            else:
                write_workbook(path, {form.sheet: _sheet(form, printed)})


def _csv_text(form: Form, printed: list[Row]) -> str:
    rows = [[row[column.key] for column in form.columns] for row in printed]
    return table_text([column.label for column in form.columns], rows, "\r\n")


def table_text(header: list[str], rows: list[list[str]], newline: str) -> str:
    """A CSV table as text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=newline)
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def _sheet(form: Form, printed: list[Row]) -> list[list[object]]:
    rows: list[list[object]] = [[column.label for column in form.columns]]
    rows += [[_excel_cell(column, row[column.key]) for column in form.columns] for row in printed]
    return rows


def _excel_cell(column: Column, text: str) -> object:
    """A real date or number where the text is one, otherwise the text (a hospital system exports it so)."""
    if not text:
        return None
    if column.type == "integer" and text.isdigit():
        return int(text)
    pattern = {"date": "%Y/%m/%d", "datetime": "%Y/%m/%d %H:%M"}.get(column.type)
    if pattern is None:
        return text
    try:
        moment = dt.datetime.strptime(text, pattern)
    except ValueError:
        return text
    return moment if column.type == "datetime" else moment.date()


def write_records(out: Path, truth: dict[str, object]) -> None:
    """The adjudication table and dirt manifest (headings only: the data are clean) and the hidden truth."""
    resolution = table_text(list(RESOLUTION), [], "\r\n")
    (out / "resolution.csv").write_bytes(resolution.encode("utf-8-sig"))
    (out / "dirt_manifest.csv").write_bytes(table_text(list(MANIFEST), [], "\n").encode("utf-8"))
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "truth.json").write_bytes((text + "\n").encode("utf-8"))
