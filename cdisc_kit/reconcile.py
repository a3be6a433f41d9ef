"""Double entry: two passes of one form become one table, or the run stops."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.model import FormSpec


def reconcile(form: FormSpec, tables: tuple[RawTable, ...]) -> tuple[RawTable, list[Finding]]:
    """The first pass, with a FATAL `DDE-MISMATCH` for each cell and `DDE-ONLYONE` for each row that differ.

    Rows are paired by the form's key (and by their order among rows of an equal key); both passes are
    normalised already, so a difference is one of meaning, not of spelling.
    """
    first, *others = tables
    findings: list[Finding] = []
    for other in others:
        findings += _compare(form, first, other)
    return first, findings


def _compare(form: FormSpec, first: RawTable, other: RawTable) -> list[Finding]:
    left, right = _keyed(form, first), _keyed(form, other)
    position = right.index.get_indexer(left.index)
    found = position >= 0
    findings = [_only_one(form, first, other, int(at)) for at in np.flatnonzero(~found)]
    absent = ~right.index.isin(left.index)
    findings += [_only_one(form, other, first, int(at)) for at in np.flatnonzero(absent)]
    pairs = np.flatnonzero(found)
    for column in form.columns:
        differ = left[column].to_numpy()[pairs] != right[column].to_numpy()[position[pairs]]
        findings += [
            _mismatch(form, column, (first, int(at)), (other, int(position[at])))
            for at in pairs[np.asarray(differ, bool)]
        ]
    return findings


def _keyed(form: FormSpec, table: RawTable) -> pd.DataFrame:
    keys = list(form.key or form.columns)
    repeat = table.frame.groupby(keys, sort=False, dropna=False).cumcount()
    index = pd.MultiIndex.from_frame(table.frame[keys].assign(_repeat=repeat))
    return table.frame.set_axis(index, axis=0)


def _only_one(form: FormSpec, present: RawTable, absent: RawTable, at: int) -> Finding:
    return Finding(
        rule="DDE-ONLYONE",
        severity="FATAL",
        message=(
            f"row of form {form.name} is in {present.entry} but not in {absent.entry}; complete the entry"
        ),
        message_zh=f"{form.title_zh}:该行只在{present.entry}中出现,请补录另一遍",
        form=form.name,
        source_file=present.file,
        source_sheet=present.sheet,
        source_row=int(present.row[at]),
    )


def _mismatch(
    form: FormSpec, column: str, one: tuple[RawTable, int], another: tuple[RawTable, int]
) -> Finding:
    """The finding for one column of a pair of rows, each given as (table, position)."""
    (first, at), (other, other_at) = one, another
    return Finding(
        rule="DDE-MISMATCH",
        severity="FATAL",
        message=(
            f"{column} of form {form.name} differs between {first.entry} and {other.entry} "
            f"({other.file} row {int(other.row[other_at])}); correct one entry against the paper"
        ),
        message_zh=f"{form.title_zh}“{form.columns[column].label}”两遍录入不一致,请核对纸质CRF",
        value=f"{first.frame[column].iloc[at]} | {other.frame[column].iloc[other_at]}",
        form=form.name,
        source_file=first.file,
        source_sheet=first.sheet,
        source_row=int(first.row[at]),
        source_column=column,
    )
