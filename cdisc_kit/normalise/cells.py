"""Cells of a form to canonical text, by the type each column declares."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from cdisc_kit.findings import Finding
from cdisc_kit.normalise.dates import DateFormats, is_iso, iso_date, iso_datetime, iso_time
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import ColumnSpec, FormSpec, StudySpec

Parser = Callable[[str], str | None]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_DATES = ("date", "datetime")
_YES_NO = {"是": "Y", "否": "N", "Y": "Y", "N": "N"}
SEPARATOR = ";"


def normalise(spec: StudySpec, table: RawTable) -> tuple[RawTable, list[Finding]]:
    """The table with canonical cells: ISO dates, plain numbers, Y/N, answer codes; '' for blank.

    A cell that does not fit its column's type is reported (ERROR) and left blank in the copy; the raw
    table keeps what was written.
    """
    form = spec.sources.forms[table.form]
    formats = DateFormats.of(spec.sources.date_formats, spec.sources.unknown)
    findings: list[Finding] = []
    columns = {}
    for key, column in form.columns.items():
        cells = table.frame[key]
        dated = table.dates[key].to_numpy() if table.dates is not None and column.type in _DATES else None
        columns[key], misfits = _column(cells, _parser(column, formats), dated)
        findings += [_misfit(table, form, column, int(table.row[at]), str(cells.iloc[at])) for at in misfits]
    frame = pd.DataFrame(columns, columns=list(form.columns), dtype=object)
    return replace(table, frame=frame), findings


def _column(cells: pd.Series, parser: Parser, dated: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Canonical cells, and the positions of those that do not fit; `dated` marks workbook dates."""
    codes, uniques = pd.factorize(cells)
    stripped = [str(value).strip() for value in uniques]
    parsed = [parser(value) if value else "" for value in stripped]
    values = np.array([value if value is not None else "" for value in parsed], dtype=object)[codes]
    bad = np.array([value is None for value in parsed], dtype=bool)[codes]
    if dated is not None and dated.any():
        typed = dated & np.array([is_iso(value) for value in stripped], dtype=bool)[codes]
        values = np.where(typed, np.array(stripped, dtype=object)[codes], values)
        bad &= ~typed
    return values, np.flatnonzero(bad)


def _parser(column: ColumnSpec, formats: DateFormats) -> Parser:
    if column.type == "date":
        return partial(iso_date, formats=formats)
    if column.type == "datetime":
        return partial(iso_datetime, formats=formats)
    if column.type in ("code", "codes"):
        answers = {text: code for code, text in column.codes.items()} | {code: code for code in column.codes}
        return answers.get if column.type == "code" else partial(_several, answers=answers)
    return _PARSERS[column.type]


def _several(text: str, answers: dict[str, str]) -> str | None:
    parts = [answers.get(part.strip()) for part in text.split(SEPARATOR)]
    return None if None in parts else SEPARATOR.join(part for part in parts if part)


def _number(text: str) -> str | None:
    return text if _NUMBER.fullmatch(text) else None


def _integer(text: str) -> str | None:
    return str(int(text)) if re.fullmatch(r"[+-]?\d+", text) else None


_PARSERS: dict[str, Parser] = {
    "text": lambda text: text,
    "qualitative": lambda text: text,
    "time": iso_time,
    "number": _number,
    "integer": _integer,
    "yesno": _YES_NO.get,
}

_RULES = {
    "date": "DT-INVALID",
    "datetime": "DT-INVALID",
    "time": "DT-INVALID",
    "number": "NUM-INVALID",
    "integer": "NUM-INVALID",
    "yesno": "CODE-INVALID",
    "code": "CODE-INVALID",
    "codes": "CODE-INVALID",
}


def _misfit(table: RawTable, form: FormSpec, column: ColumnSpec, row: int, value: str) -> Finding:
    return Finding(
        rule=_RULES[column.type],
        severity="ERROR",
        message=f"{column.key} does not read as {column.type}; left null, ask the site",
        message_zh=f"“{column.label}”的填写不符合该字段的格式,已置空,请核对原始记录",
        value=value,
        form=form.name,
        source_file=table.file,
        source_sheet=table.sheet,
        source_row=row,
        source_column=column.key,
        query=f"{form.title_zh} 第{row}行“{column.label}”填写为“{value}”,请核对并更正。",
    )
