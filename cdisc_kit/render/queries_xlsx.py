"""queries_zh.xlsx: the questions to the sites, one sheet for each site, ready to be sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdisc_kit.findings import Finding, at_or_above
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import SourcesSpec, StudySpec

COLUMNS = (
    "受试者 Subject",
    "表单 Form",
    "访视 Visit",
    "行 Row",
    "字段 Field",
    "值 Value",
    "质疑 Question (zh)",
    "Question (en)",
    "规则 Rule",
    "级别 Severity",
)
_WIDTHS = (12, 22, 14, 8, 22, 22, 60, 60, 16, 10)
_NO_SITE = "中心不详 no site"
_NONE = "无质疑 no queries"
_CREATED = dt.datetime(2025, 1, 1)  # the format wants a creation time; a fixed one keeps the bytes equal
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))

Raw = dict[str, tuple[RawTable, ...]]
Row = tuple[object, ...]


def write_queries(path: Path, spec: StudySpec, raw: Raw, findings: Iterable[Finding]) -> None:
    """Write the queries of a build; a workbook without queries says so on its only sheet."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415

    sheets = queries(spec, raw, findings)
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _CREATED, "author": "", "comments": ""})
        head = book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        for name, rows in sheets.items():
            _write_sheet(book.add_worksheet(name), rows, head, body)
        if not sheets:
            book.add_worksheet(_NONE).write_string(
                0, 0, "没有需要中心回答的质疑。 There are no queries for the sites."
            )


def _write_sheet(sheet: Any, rows: list[Row], head: Any, body: Any) -> None:
    for at, (title, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, title, head)
    for line, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            write = sheet.write_number if isinstance(cell, int) else sheet.write_string
            write(line, at, cell, body)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)


def queries(spec: StudySpec, raw: Raw, findings: Iterable[Finding]) -> dict[str, list[Row]]:
    """Sheet name -> rows of COLUMNS: findings with a raw row that ask something or are at least a WARN.

    Site, subject and visit are those of the raw row; a row without a site is on a sheet of its own.
    """
    found = list(findings)
    wanted = {*at_or_above(found, "WARN"), *(finding for finding in found if finding.query)}
    rows = _RawRows(spec.sources, raw)
    sheets: dict[str, list[Row]] = {}
    for finding in sorted(wanted):
        if finding.form in spec.sources.forms and finding.source_row:
            sheets.setdefault(_sheet_name(spec, rows.cell(finding, spec.sources.site)), []).append(
                _row(spec, rows, finding)
            )
    return {name: sorted(sheets[name], key=lambda row: tuple(map(str, row[:2]))) for name in sorted(sheets)}


def _row(spec: StudySpec, rows: _RawRows, finding: Finding) -> Row:
    form = spec.sources.forms[finding.form]
    column = form.columns.get(finding.source_column)
    return (
        rows.cell(finding, spec.sources.subject),
        f"{form.name} {form.title_zh}".strip(),
        rows.cell(finding, spec.sources.visit),
        finding.source_row,
        f"{column.key} {column.label}" if column is not None else finding.source_column,
        finding.value or rows.cell(finding, finding.source_column),
        finding.query or finding.message_zh,
        finding.message,
        finding.rule,
        finding.severity,
    )


def _sheet_name(spec: StudySpec, site: str) -> str:
    known = spec.study.get("sites", {}).get(site, {})
    name = f"{site} {known.get('zh', '')}".translate(_FORBIDDEN).strip(" '")
    return name[:31] if site else _NO_SITE  # the format allows 31 characters


@dataclass(frozen=True)
class _RawRows:
    """Cells of the raw rows that findings point at."""

    sources: SourcesSpec
    raw: Raw

    def cell(self, finding: Finding, column: str) -> str:
        """The cell of `column` on the finding's row as it was written; '' where there is none."""
        for table in self.raw.get(finding.form, ()):
            if table.file == finding.source_file and column in table.frame:
                at = (table.row == finding.source_row).nonzero()[0]
                return str(table.frame[column].iloc[at[0]]) if len(at) else ""
        return ""
