"""Rows entered twice in one file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec


def without_repeats(form: FormSpec, table: RawTable) -> tuple[RawTable, list[Finding]]:
    """The first row of each key. An equal repeat is INFO `ROW-DUP`, another row ERROR `ROW-DUPKEY`.

    Expects canonical cells. Rows of a form without a key are all kept: equal ones may be two events.
    """
    if not form.key:
        return table, []
    again = table.frame.duplicated(list(form.key)).to_numpy(dtype=bool)
    if not again.any():
        return table, []
    number = table.frame.groupby(list(form.key), sort=False, dropna=False).ngroup().to_numpy()
    first_of = np.full(len(number), -1)
    first_of[number[~again]] = np.flatnonzero(~again)
    cells = table.frame.to_numpy(dtype=object)
    findings = []
    for at in np.flatnonzero(again):
        kept = int(first_of[number[at]])
        findings.append(_finding(form, table, int(at), kept, equal=bool((cells[at] == cells[kept]).all())))
    return table.take(np.flatnonzero(~again)), findings


def _finding(form: FormSpec, table: RawTable, at: int, first: int, *, equal: bool) -> Finding:
    row, kept = int(table.row[at]), int(table.row[first])
    place = Finding(
        rule="ROW-DUP",
        severity="INFO",
        message=f"row {row} repeats row {kept}; one is kept",
        message_zh=f"第{row}行与第{kept}行完全相同,保留一行",
        form=form.name,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=row,
    )
    return place if equal else _unequal(form, table.frame.iloc[[first, at]], kept, place)


def _unequal(form: FormSpec, pair: pd.DataFrame, kept: int, place: Finding) -> Finding:
    """`pair` is the row kept and the row left out, at the place of the latter."""
    row = place.source_row
    differ = [column for column in form.columns if pair[column].iloc[0] != pair[column].iloc[1]]
    return replace(
        place,
        rule="ROW-DUPKEY",
        severity="ERROR",
        message=f"rows {kept} and {row} have one key but differ in {', '.join(differ)}; row {kept} is kept",
        message_zh=f"第{kept}行与第{row}行关键字段相同而内容不同,保留第{kept}行",
        value=" | ".join(f"{c}={pair[c].iloc[0]}/{pair[c].iloc[1]}" for c in differ),
        source_column=differ[0],
        query=f"{form.title_zh} 第{kept}行与第{row}行为同一记录但内容不同,请核对后保留正确的一行。",
    )
