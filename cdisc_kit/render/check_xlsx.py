"""The merged verdict of a check as a workbook: groups, findings, what was not judged, decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdisc_kit.checked import CheckResult
    from cdisc_kit.decisions import Decision

_CREATED = dt.datetime(2025, 1, 1)  # the format wants a creation time; a fixed one keeps the bytes equal
_MAX_ROWS = 1_048_575  # of a sheet, below its heading
_WIDE, _NARROW = 48, 14
_LONG = ("Message", "说明", "Value", "Reason", "What", "Example", "Reference", "Evidence")

Rows = Iterable[Sequence[object]]

_DECISION = ("Stands", "Decision", "Reason", "Evidence", "Who", "When", "Decided in")
_GROUPS = (
    *("Severity", "Rule", "Engine", "Reference", "Place", "Variable", "Count", "Message", "说明"),
    "Example",
)
_FINDINGS = (
    *("Severity", "Rule", "Engine", "Dataset", "Variable", "Row", "USUBJID", "Seq", "Value"),
    *("Message", "说明"),
    *("Form", "Source file", "Source sheet", "Source row", "Source column", "Mapping", "Line"),
)


def write_check_workbook(path: Path, result: CheckResult) -> None:
    """Write the workbook; the same verdict gives the same bytes. Text is never a formula."""
    import xlsxwriter  # type: ignore[import-untyped]  # noqa: PLC0415

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": _CREATED, "author": "", "comments": ""})
        formats = (
            book.add_format({"bold": True, "bg_color": "#DDE6F0", "border": 1, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        for name, columns, rows in _sheets(result):
            _write_sheet(book.add_worksheet(name), columns, list(rows)[:_MAX_ROWS], formats)


def _sheets(result: CheckResult) -> list[tuple[str, tuple[str, ...], Rows]]:
    stale = [(s.place, s.where, s.reason) for s in result.stale]
    broken = [("failed", *pair) for pair in result.errors]
    skipped = [("skipped", *pair) for pair in result.skipped]
    unchecked = [("not checked", "", "", sentence) for sentence in result.not_checked]
    return [
        ("Rules", (*_GROUPS, *_DECISION), _group_rows(result)),
        ("Findings", (*_FINDINGS, *_DECISION), _finding_rows(result)),
        ("Not judged", ("How", "Rule", "Dataset", "Reason"), [*broken, *skipped, *unchecked]),
        ("Stale decisions", ("Place", "What", "Reason"), stale),
    ]


def _group_rows(result: CheckResult) -> Rows:
    for group in result.groups():
        rule, first = group.rule, group.examples[0]
        yield (
            *(group.severity, rule.code, rule.engine, rule.reference, group.place, group.variable),
            *(group.count, first.message, first.message_zh, first.value),
            *_decision(group.stands, group.decision),
        )


def _finding_rows(result: CheckResult) -> Rows:
    for settled in result.findings:
        f = settled.finding
        yield (
            *(
                f.severity,
                f.rule,
                result.rules[f.rule].engine,
                f.dataset,
                f.variable,
                f.row,
                f.usubjid,
                f.seq,
            ),
            *(f.value, f.message, f.message_zh, f.form, f.source_file, f.source_sheet, f.source_row),
            *(f.source_column, f.spec_file, f.spec_line),
            *_decision(settled.stands, settled.decision),
        )


def _decision(stands: bool, decision: Decision | None) -> tuple[object, ...]:
    state = "yes" if stands else "no"
    if decision is None:
        return (state, "", "", "", "", "", "")
    return (
        state,
        decision.action,
        decision.reason,
        decision.evidence,
        decision.who,
        decision.when,
        decision.place,
    )


def _write_sheet(
    sheet: Any, columns: tuple[str, ...], rows: list[Sequence[object]], formats: tuple[Any, Any]
) -> None:
    head, body = formats
    for at, title in enumerate(columns):
        sheet.set_column(at, at, _WIDE if title in _LONG else _NARROW)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    for at, title in enumerate(columns):
        sheet.write_string(0, at, title, head)
    for line, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, int):
                if cell:  # 0 is "not applicable"
                    sheet.write_number(line, at, cell, body)
            else:
                sheet.write_string(line, at, str(cell)[:32_767], body)  # the most a cell can hold
