"""Every non-blank raw cell ends with one fate, or is a finding `LEDGER-OPEN`.

The record counts that the mapping reads: of a form entered twice that is the first entry, and the rows that
stand in the second one alone (`DDE-ONLYONE`). The rest of the second is equal to the first cell by cell or
told (`DDE-MISMATCH`), so it is counted whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Form, Workspace
from cdisc_kit.columns import Coded
from cdisc_kit.findings import SEVERITIES, Finding
from cdisc_kit.ledger.fates import OPEN, Fate, FormLedger, Ledger
from cdisc_kit.ledger.uses import LeftOut, Use, uses
from cdisc_kit.raw import Beside, RawTable
from cdisc_kit.raw.ragged import RAGGED
from cdisc_kit.spec.model import StudySpec

_UNPAIRED = "DDE-ONLYONE"  # a row of one entry alone
_SET_APART = ("FORM-DRAFT", "ID-NOCONSENT")


def account(
    workspace: Workspace,
    raw: dict[str, tuple[RawTable, ...]],
    findings: Iterable[Finding],
    beside: Iterable[Beside] = (),
) -> tuple[Ledger, list[Finding]]:
    """The ledger of a build, and an ERROR `LEDGER-OPEN` for each column with cells that nothing accounts for.

    `raw` are the tables as read, `findings` those of the whole build, `beside` the sheets and files that no
    form declares.
    """
    read = _by_column(uses(workspace))
    found = _by_form(findings)
    files, forms, again = [], [], [(0, 0)]
    for name, tables in raw.items():
        for table in tables:
            told = found.get((name, table.file), [])
            own = table
            if table.entry != tables[0].entry:
                alone = np.isin(table.row, [f.source_row for f in told if f.rule == _UNPAIRED])
                again.append(_size(table.take(np.flatnonzero(~alone))))
                if not alone.any():
                    continue
                own = table.take(np.flatnonzero(alone))
            files.append(own)
            forms.append(_Columns(workspace, workspace.forms[name], own, told).ledger(read))
    opened = [note for form, table in zip(forms, files, strict=True) for note in _open(form, table)]
    twice = (sum(rows for rows, _ in again), sum(cells for _, cells in again))
    return Ledger((*forms, *map(_beside, beside)), twice), opened


def _beside(beside: Beside) -> FormLedger:
    """The cells of a sheet or file that is no form's: they end in the finding that tells it."""
    fate = Fate("finding", reason=beside.told.rule)
    return FormLedger(beside.place, beside.row, beside.columns, (fate,), np.where(beside.filled, 0, -1))


def declared(spec: StudySpec, form: str, column: str) -> str:
    """Why a column is not submitted, by the dataset mappings or sources.yaml; '' where nobody says so."""
    name = f"{form}.{column}"
    for domain in spec.domains.values():
        for key in (name, f"{form}.*"):
            if key in domain.not_submitted:
                return domain.not_submitted[key]
    patterns = spec.sources.not_submitted.items()
    return next((reason for pattern, reason in patterns if fnmatchcase(name, pattern)), "")


def _by_column(found: Iterable[Use | LeftOut]) -> dict[tuple[str, str], list[Use | LeftOut]]:
    result: dict[tuple[str, str], list[Use | LeftOut]] = {}
    for use in found:
        result.setdefault((use.form, use.column), []).append(use)
    return result


def _by_form(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    """Findings of raw rows by form and file, the worst last."""
    result: dict[tuple[str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f)):
        if finding.form and finding.source_row:
            result.setdefault((finding.form, finding.source_file), []).append(finding)
    return result


@dataclass
class _Columns:
    """The columns of one raw file, each with its cells' fates."""

    workspace: Workspace
    form: Form
    table: RawTable
    findings: list[Finding]
    fates: dict[Fate, int] = field(default_factory=dict)

    def ledger(self, read: dict[tuple[str, str], list[Use | LeftOut]]) -> FormLedger:
        names = tuple(self.workspace.spec.sources.forms[self.table.form].columns)
        cells = [self._column(name, read.get((self.table.form, name), [])) for name in names]
        for rule, unread in (("COL-UNKNOWN", self.table.extra), (RAGGED, self.table.beyond)):
            told = Fate("finding", reason=rule)
            cells += [np.where(filled, self._index(told), -1) for _, filled in unread]
            names = (*names, *(name for name, _ in unread))
        stacked = np.stack(cells, axis=1) if cells else np.empty((len(self.table.row), 0), dtype=np.int64)
        return FormLedger(self.table.form, self.table.row, names, tuple(self.fates), stacked)

    def _index(self, fate: Fate) -> int:
        return self.fates.setdefault(fate, len(self.fates))

    @cached_property
    def _position(self) -> np.ndarray:
        """For each raw row its position among the rows that the mapping reads, -1 where it was set apart."""
        kept = self.form.table
        mine = np.flatnonzero(kept.of_file(self.table.file))
        # an interval split around a pause has several rows of one raw row; the first holds all its cells
        own = mine[~pd.Series(kept.row[mine]).duplicated().to_numpy()]
        if np.array_equal(kept.row[own], self.table.row):
            return own
        at = pd.Index(kept.row[own]).get_indexer(pd.Index(self.table.row))
        return np.where(at >= 0, np.append(own, -1)[at], -1)

    @cached_property
    def _lost(self) -> np.ndarray:
        """Rows that no mapping sees: set apart, or without a known subject."""
        unknown = np.append(self.form.coded("USUBJID").isin(("",)), True)
        return np.asarray(unknown[self._position])

    @cached_property
    def _at(self) -> dict[int, int]:
        return {int(row): at for at, row in enumerate(self.table.row)}

    @cached_property
    def _by_row(self) -> np.ndarray:
        """Fate of each row that no mapping sees; -1 where no finding tells why."""
        result = np.full(len(self.table.row), -1)
        for finding in self.findings:
            at = self._at.get(finding.source_row, -1)
            if at >= 0 and self._lost[at]:
                fate = "filtered" if finding.rule in _SET_APART else "finding"
                result[at] = self._index(Fate(fate, reason=finding.rule))
        return result

    @cached_property
    def _broken(self) -> np.ndarray:
        """Fate of what nothing reads on a row with an error: a link that leads nowhere keeps its row out."""
        result = np.full(len(self.table.row), -1)
        for finding in self.findings:
            at = self._at.get(finding.source_row, -1)
            if at >= 0 and finding.severity in SEVERITIES[2:]:
                result[at] = self._index(Fate("finding", reason=finding.rule))
        return result

    @cached_property
    def _on_column(self) -> dict[str, list[Finding]]:
        result: dict[str, list[Finding]] = {}
        for finding in self.findings:
            result.setdefault(finding.source_column, []).append(finding)
        return result

    def _of_cell(self, column: str, *, built: bool) -> np.ndarray:
        """Fate of each cell that a finding points at: of reading it, or with `built` errors of datasets."""
        result = np.full(len(self.table.row), -1)
        for finding in self._on_column.get(column, ()):
            at = self._at.get(finding.source_row, -1)
            wanted = bool(finding.dataset) == built and (not built or finding.severity in SEVERITIES[2:])
            if at >= 0 and wanted:
                result[at] = self._index(Fate("finding", reason=finding.rule))
        return result

    def _column(self, name: str, read: list[Use | LeftOut]) -> np.ndarray:
        """Fates of a column: the later a statement below, the more it weighs."""
        blank = _blank(self.table.coded(name))
        lost = np.append(self.form.coded(name).isin(("",)), True)[self._position]
        reason = declared(self.workspace.spec, self.table.form, name)
        rest = self._index(Fate("not_submitted", reason=reason) if reason else Fate(OPEN))
        fates = np.full(len(blank), rest)
        fates = fates if reason else _over(fates, self._broken)
        fates = _over(fates, self._left_out(read)[self._position])
        fates = _over(fates, np.where(lost, -1, self._mapped(read)[self._position]))
        fates = _over(fates, self._of_cell(name, built=True))
        fates = _over(fates, np.where(lost, self._of_cell(name, built=False), -1))
        fates = _over(fates, np.where(self._lost, self._by_row, -1))
        fates[blank] = -1
        return fates

    def _mapped(self, read: list[Use | LeftOut]) -> np.ndarray:
        """Fate of each row of the form that is read, for all targets together; -1 for the others and last."""
        codes = np.zeros(len(self.form.table.row) + 1, dtype=np.int64)
        sets: list[frozenset[str]] = [frozenset()]
        for use in read:
            if isinstance(use, Use) and use.targets:
                pairs = codes * 2 + np.append(use.rows, False)
                found = np.flatnonzero(np.bincount(pairs, minlength=2 * len(sets)))
                places = np.zeros(2 * len(sets), dtype=np.int64)
                places[found] = np.arange(len(found))
                codes = places[pairs]
                sets = [sets[pair // 2] | (use.targets if pair % 2 else frozenset()) for pair in found]
        fates = [
            self._index(Fate("mapped", "; ".join(sorted(targets)))) if targets else -1 for targets in sets
        ]
        return np.array(fates)[codes]

    def _left_out(self, read: list[Use | LeftOut]) -> np.ndarray:
        """Fate of each row of the form that the first of the blocks left out; -1 for the others and last."""
        result = np.full(len(self.form.table.row) + 1, -1)
        for use in reversed(read):
            if isinstance(use, LeftOut) and use.rows.any():
                result[:-1][use.rows] = self._index(Fate("filtered", reason=use.reason))
        return result


def _over(fates: np.ndarray, better: np.ndarray) -> np.ndarray:
    return np.where(better >= 0, better, fates)


def _blank(cells: Coded) -> np.ndarray:
    return cells.where(lambda text: not text.strip())


def _size(table: RawTable) -> tuple[int, int]:
    """Rows that hold something, and their cells that do."""
    columns = [
        *(~_blank(table.coded(str(name))) for name in table.frame),
        *(cells for _, cells in (*table.extra, *table.beyond)),
    ]
    filled = np.stack(columns, axis=1)
    return int(filled.any(axis=1).sum()), int(filled.sum())


def _open(form: FormLedger, table: RawTable) -> list[Finding]:
    """A finding for each column with cells that nothing accounts for, at the first of them."""
    codes = [code for code, fate in enumerate(form.fates) if fate.fate == OPEN]
    findings: list[Finding] = []
    if not codes:
        return findings
    for at, column in enumerate(form.columns):
        rows = np.flatnonzero(np.isin(form.cells[:, at], codes))
        if len(rows):
            findings.append(
                Finding(
                    rule="LEDGER-OPEN",
                    severity="ERROR",
                    message=(
                        f"{len(rows)} cells of {form.form}.{column} reach no dataset and nothing says why; "
                        f"map the column or declare it not_submitted with a reason"
                    ),
                    message_zh=f"{form.form}.{column}有{len(rows)}个单元格未转换且未说明原因,请补充映射或声明不递交",
                    form=form.form,
                    source_file=table.file,
                    source_sheet=table.sheet,
                    source_row=int(form.row[rows[0]]),
                    source_column=column,
                )
            )
    return findings
