"""Double entry: two passes of one form become one table; what differs is decided on paper, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cdisc_kit.findings import Finding
from cdisc_kit.raw import RawTable, Resolution
from cdisc_kit.spec.model import FormSpec

Canonical = Callable[[str, str], str]  # (column, text as written) -> canonical text


@dataclass(frozen=True)
class Decisions:
    """The decided cells of one form; `canonical` reads them as the form's own cells are read."""

    resolutions: tuple[Resolution, ...]
    canonical: Canonical

    @classmethod
    def of(cls, form: FormSpec, resolutions: Sequence[Resolution], canonical: Canonical) -> Decisions:
        return cls(
            tuple(r for r in resolutions if r.form == form.name and r.field in form.columns), canonical
        )

    def matches(self, decided: Resolution, form: FormSpec, frame: pd.DataFrame) -> np.ndarray:
        """The rows a decision speaks of: those that agree with every part of its key that the form has."""
        found = np.ones(len(frame), dtype=bool)
        for column, text in decided.key.items():
            if column in form.columns and column != decided.field:
                found &= (frame[column] == self.canonical(column, text)).to_numpy(dtype=bool)
        return found


UNDECIDED = Decisions((), lambda column, text: text)


def reconcile(
    form: FormSpec, tables: tuple[RawTable, ...], decisions: Decisions = UNDECIDED
) -> tuple[RawTable, list[Finding]]:
    """One table of the passes' rows, the first pass's first, and what was found on the way.

    Rows are paired by the form's key (and by their order among rows of an equal key); the passes are
    normalised already, so a difference is one of meaning, not of spelling. A decided difference takes its
    final value (INFO `DDE-RESOLVED`); an open one is null (`DDE-MISMATCH`: ERROR, FATAL where the column is
    critical). A row of one pass only is taken and told (ERROR `DDE-ONLYONE`).
    """
    findings: list[Finding] = []
    corrected = []
    for number, table in enumerate(tables):
        fixed, notes = _correct_keys(form, table, decisions, number)
        corrected.append(fixed)
        findings += notes
    first = corrected[0]
    for other in corrected[1:]:
        first, notes = _merge(form, first, other, decisions)
        findings += notes
    return first, findings


def _correct_keys(
    form: FormSpec, table: RawTable, decisions: Decisions, number: int
) -> tuple[RawTable, list[Finding]]:
    """Key cells that a decision corrects in this pass: rows can be paired only by right keys."""
    frame, findings = table.frame, []
    for decided in decisions.resolutions:
        if decided.field not in form.key:
            continue
        entered = decisions.canonical(decided.field, decided.entry1 if number == 0 else decided.entry2)
        final = decisions.canonical(decided.field, decided.final)
        rows = decisions.matches(decided, form, frame)
        rows &= (frame[decided.field] == entered).to_numpy(dtype=bool)
        if entered == final or not rows.any():
            continue
        findings += [_resolved(form, table, int(at), decided) for at in np.flatnonzero(rows)]
        frame = frame.assign(**{decided.field: frame[decided.field].where(~rows, final)})
    return replace(table, frame=frame), findings


def _merge(
    form: FormSpec, first: RawTable, other: RawTable, decisions: Decisions
) -> tuple[RawTable, list[Finding]]:
    left, right = _keyed(form, first), _keyed(form, other)
    position = right.index.get_indexer(left.index)
    pairs = np.flatnonzero(position >= 0)
    alone = np.flatnonzero(~right.index.isin(left.index))
    findings = [_only_one(form, first, other, int(at)) for at in np.flatnonzero(position < 0)]
    findings += [_only_one(form, other, first, int(at)) for at in alone]
    frame = first.frame.copy()
    for column in form.columns:
        ours, theirs = left[column].to_numpy(dtype=object), right[column].to_numpy(dtype=object)
        differ = pairs[np.asarray(ours[pairs] != theirs[position[pairs]], bool)]
        if len(differ):
            values, notes = _decide(form, column, (first, differ), (other, position[differ]), decisions)
            frame.loc[differ, column] = values
            findings += notes
    return _joined(replace(first, frame=frame), other, alone), findings


def _keyed(form: FormSpec, table: RawTable) -> pd.DataFrame:
    keys = list(form.key or form.columns)
    repeat = table.frame.groupby(keys, sort=False, dropna=False).cumcount()
    index = pd.MultiIndex.from_frame(table.frame[keys].assign(_repeat=repeat))
    return table.frame.set_axis(index, axis=0)


def _decide(
    form: FormSpec,
    column: str,
    one: tuple[RawTable, np.ndarray],
    another: tuple[RawTable, np.ndarray],
    decisions: Decisions,
) -> tuple[list[str], list[Finding]]:
    """The value of each cell that differs, given as (table, positions) of both passes: decided, or null."""
    (first, ours), (other, theirs) = one, another
    values, findings = [], []
    for at, other_at in zip(map(int, ours), map(int, theirs), strict=True):
        entries = (str(first.frame[column].iloc[at]), str(other.frame[column].iloc[other_at]))
        decided = _decision(form, column, first.frame.iloc[[at]], entries, decisions)
        if decided is None:
            values.append("")
            findings.append(_mismatch(form, column, (first, at), (other, other_at)))
        else:
            values.append(decisions.canonical(column, decided.final))
            findings.append(_resolved(form, first, at, decided))
    return values, findings


def _decision(
    form: FormSpec, column: str, row: pd.DataFrame, entries: tuple[str, str], decisions: Decisions
) -> Resolution | None:
    """The decision on this cell; one that names other entries than these is about another state."""
    for decided in decisions.resolutions:
        if decided.field == column and bool(decisions.matches(decided, form, row)[0]):
            said = (decisions.canonical(column, decided.entry1), decisions.canonical(column, decided.entry2))
            if said == entries:
                return decided
    return None


def _joined(first: RawTable, other: RawTable, alone: np.ndarray) -> RawTable:
    """The first pass's rows, then those of the other pass alone; both logs."""
    logs = [table.log for table in (first, other) if table.log is not None]
    log = pd.concat(logs, ignore_index=True) if logs else None
    if not len(alone):
        return replace(first, log=log)
    extra = other.take(alone)
    files = [[table.file_at(at) for at in range(len(table.row))] for table in (first, extra)]
    return replace(
        first,
        row=np.concatenate([first.row, extra.row]),
        frame=pd.concat([first.frame, extra.frame], ignore_index=True),
        dates=None,
        files=np.array([*files[0], *files[1]], dtype=object),
        log=log,
    )


def _only_one(form: FormSpec, present: RawTable, absent: RawTable, at: int) -> Finding:
    row = int(present.row[at])
    return Finding(
        rule="DDE-ONLYONE",
        severity="ERROR",
        message=(
            f"row of form {form.name} is in {present.entry} but not in {absent.entry}; "
            "it is taken unverified, complete the entry"
        ),
        message_zh=f"{form.title_zh}:该行只在{present.entry}中出现,未经核对即采用,请补录另一遍",
        form=form.name,
        source_file=present.file,
        source_sheet=present.sheet,
        source_row=row,
        query=f"{form.title_zh} {present.entry} 第{row}行在{absent.entry}中没有对应记录,请补录或删除。",
    )


def _mismatch(
    form: FormSpec, column: str, one: tuple[RawTable, int], another: tuple[RawTable, int]
) -> Finding:
    """The finding for one column of a pair of rows, each given as (table, position)."""
    (first, at), (other, other_at) = one, another
    label, critical = form.columns[column].label, form.columns[column].critical
    entries = (first.frame[column].iloc[at], other.frame[column].iloc[other_at])
    left = "the build stops" if critical else "left null"
    return Finding(
        rule="DDE-MISMATCH",
        severity="FATAL" if critical else "ERROR",
        message=(
            f"{column} of form {form.name} differs between {first.entry} and {other.entry} "
            f"({other.file} row {int(other.row[other_at])}); {left}, decide it against the paper"
        ),
        message_zh=f"{form.title_zh}“{label}”两遍录入不一致,请核对纸质CRF",
        value=f"{entries[0]} | {entries[1]}",
        form=form.name,
        source_file=first.file_at(at),
        source_sheet=first.sheet,
        source_row=int(first.row[at]),
        source_column=column,
        query=f"{form.title_zh}“{label}”两遍录入分别为“{entries[0]}”与“{entries[1]}”,请核对纸质CRF后裁定。",
    )


def _resolved(form: FormSpec, table: RawTable, at: int, decided: Resolution) -> Finding:
    return Finding(
        rule="DDE-RESOLVED",
        severity="INFO",
        message=f"{decided.field} of form {form.name} is as decided in {decided.file} row {decided.row}",
        message_zh=f"{form.title_zh}“{form.columns[decided.field].label}”按裁定结果采用",
        value=decided.final,
        form=form.name,
        source_file=table.file_at(at),
        source_sheet=table.sheet,
        source_row=int(table.row[at]),
        source_column=decided.field,
    )
