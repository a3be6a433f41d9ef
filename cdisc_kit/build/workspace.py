"""The datasets under construction: every column is computed once, when something first asks for it.

DM needs EX (first dose), EX needs DM (study day), SE needs both: between datasets there is no order, between
variables there is. The load has checked that no variable depends on itself.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cdisc_kit.build.text import as_text
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.expression import number
from cdisc_kit.findings import Finding
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.domain import EVERY_BLOCK
from cdisc_kit.spec.model import Call, DomainSpec, StudySpec, VariableSpec
from cdisc_kit.spec.names import is_dataset_variable
from cdisc_kit.standard import ControlledTerminology

if TYPE_CHECKING:
    from cdisc_kit.build.rows import BlockRows, DatasetRows


@dataclass(frozen=True)
class Form:
    """One reconciled form: canonical cells, and USUBJID of each row ('' for an unknown subject)."""

    table: RawTable
    usubjid: pd.Series

    def column(self, name: str) -> np.ndarray:
        cells = self.usubjid if name == "USUBJID" else self.table.frame[name]
        return cells.to_numpy(dtype=object)


class Workspace:
    """Spec, terminology, raw forms and drafts of one build; collects findings."""

    def __init__(self, spec: StudySpec, ct: ControlledTerminology, forms: dict[str, Form]) -> None:
        self.spec = spec
        self.ct = ct
        self.forms = forms
        self.findings: list[Finding] = []
        self.drafts: dict[str, Draft] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._by_subject: dict[tuple[str, str], pd.Series] = {}

    def draft(self, name: str) -> Draft:
        """The dataset called `name`, its rows laid out on first use."""
        if name not in self.drafts:
            self.drafts[name] = Draft(self, self.spec.domains[name])
        return self.drafts[name]

    def table(self, name: str) -> pd.DataFrame:
        """Coding table coding/<name>.csv as text."""
        if name not in self._tables:
            path = self.spec.folder / "coding" / f"{name}.csv"
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            frame = pd.DataFrame(rows, dtype=object).fillna("")
            self._tables[name] = frame.drop_duplicates(frame.columns[0])
        return self._tables[name]

    def by_subject(self, dataset: str, variable: str) -> pd.Series:
        """`variable` of a one-record-per-subject dataset, indexed by USUBJID. FATAL where it is not."""
        key = (dataset, variable)
        if key not in self._by_subject:
            draft = self.draft(dataset)
            subjects = draft.usubjid()
            if subjects.duplicated().any():
                raise FatalFindingsError([*self.findings, self._repeated(dataset, subjects)])
            self._by_subject[key] = draft.column(variable).set_axis(subjects.to_numpy(dtype=object))
        return self._by_subject[key]

    def _repeated(self, dataset: str, subjects: pd.Series) -> Finding:
        at = int(np.flatnonzero(subjects.duplicated())[0])
        return Finding(
            rule="SUBJECT-REPEATED",
            severity="FATAL",
            message=f"{dataset} is read as one record per subject but a subject has several; mend its records",
            dataset=dataset,
            usubjid=str(subjects.iloc[at]),
            spec_file=self.spec.domains[dataset].file,
            spec_line=1,
        )

    def collection(self, reference: str) -> tuple[pd.Series, pd.Series]:
        """(USUBJID, values) over all rows of DATASET.VARIABLE or FORM.COLUMN."""
        source, _, name = reference.partition(".")
        if is_dataset_variable(self.spec, reference):
            draft = self.draft(source)
            return draft.usubjid(), draft.column(name)
        form = self.forms[source]
        return form.usubjid, pd.Series(form.column(name))


class Draft:
    """One dataset under construction: its blocks of rows, then its columns."""

    def __init__(self, workspace: Workspace, domain: DomainSpec) -> None:
        from cdisc_kit.build.rows import lay_out  # noqa: PLC0415 - rows need the workspace's drafts

        self.workspace = workspace
        self.domain = domain
        self.blocks = [lay_out(workspace, domain, block) for block in domain.blocks]
        sizes = [block.length for block in self.blocks]
        self.length = sum(sizes)
        self.starts = [0, *np.cumsum(sizes).tolist()]
        self._columns: dict[str, pd.Series] = {}

    def usubjid(self) -> pd.Series:
        """USUBJID of each row; missing in trial design."""
        parts = [block.usubjid() for block in self.blocks]
        return pd.concat(parts, ignore_index=True) if parts else pd.Series([], dtype=object)

    def target(self, name: str) -> VariableSpec:
        domain = self.domain
        for section in (domain.variables, domain.work, domain.supp):
            if name in section:
                return section[name]
        raise KeyError(f"{domain.name} has no variable {name}")

    def column(self, name: str) -> pd.Series:
        """One value per row: text with '' for missing, or float64 for a Num variable or computed number."""
        if name == "USUBJID":
            return self.usubjid()
        if name not in self._columns:
            self._columns[name] = self._compute(self.target(name))
        return self._columns[name]

    def _compute(self, target: VariableSpec) -> pd.Series:
        whole: dict[int, pd.Series] = {}
        parts = []
        for block, start in zip(self.blocks, self.starts, strict=False):
            call = target.by.get(block.spec.id) or target.by.get(EVERY_BLOCK)
            parts.append(self._part(block, start, call, whole))
        joined = _concatenated(parts, self.length)
        return number(as_text(joined)) if self.type_of(target) == "Num" else joined

    def _part(
        self, block: BlockRows, start: int, call: Call | None, whole: dict[int, pd.Series]
    ) -> pd.Series:
        if call is None:
            return pd.Series(np.full(block.length, "", dtype=object))
        if call.operation.scope == "dataset":
            if id(call) not in whole:
                whole[id(call)] = call.operation.run(self._whole(call), call.params)
            return whole[id(call)].iloc[start : start + block.length].reset_index(drop=True)
        return block.run(call, start)

    def _whole(self, call: Call) -> DatasetRows:
        from cdisc_kit.build.rows import DatasetRows  # noqa: PLC0415

        return DatasetRows(self, call)

    def type_of(self, target: VariableSpec) -> str:
        """Char or Num by the standard, or what the mapping declares; '' for a work variable."""
        if target.type:
            return target.type
        standard = self.domain.standard.variables.get(target.name)
        if standard is not None:
            return standard.type
        return "Char" if target.name in self.domain.variables or target.name in self.domain.supp else ""


def _concatenated(parts: Sequence[pd.Series], length: int) -> pd.Series:
    """Blocks under one another; text as soon as one of them is text."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.Series(np.full(length, "", dtype=object))
    if all(pd.api.types.is_numeric_dtype(part) for part in filled):
        return pd.concat(filled, ignore_index=True)
    return pd.concat([as_text(part) for part in filled], ignore_index=True)
