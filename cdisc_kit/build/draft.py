"""One dataset under construction: its blocks of rows, then its columns, each computed on first use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdisc_kit.build.block import BlockRows, lay_out
from cdisc_kit.build.rows import StudyRows
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import number, series, text
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import EVERY_BLOCK, Call, DomainSpec, VariableSpec
from cdisc_kit.spec.names import resolve


class Draft:
    """One dataset under construction: its blocks of rows, then its columns."""

    def __init__(self, workspace: Workspace, domain: DomainSpec) -> None:
        self.workspace = workspace
        self.domain = domain
        self.blocks = [lay_out(workspace, domain, block) for block in domain.blocks]
        sizes = [block.length for block in self.blocks]
        self.length = sum(sizes)
        for block, end in zip(self.blocks, np.cumsum(sizes), strict=True):
            block.start = int(end) - block.length
        self._columns: dict[str, pd.Series] = {}
        self._order: np.ndarray | None = None

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
            numbered = name == self.domain.sequence
            self._columns[name] = self._numbers() if numbered else self._compute(self.target(name))
        return self._columns[name]

    def row(self, number: int) -> tuple[BlockRows, int]:
        """The block that holds record `number` of the final dataset (from 1), and its position there."""
        at = int(self.order()[number - 1])
        block = next(block for block in reversed(self.blocks) if block.start <= at)
        return block, at - block.start

    def order(self) -> np.ndarray:
        """Draft positions in the order of the sort keys: null first, ties in raw file order."""
        if self._order is None:
            self._order = self._sorted()
        return self._order

    def _sorted(self) -> np.ndarray:
        keys = {}
        for name in self.domain.sort:
            values = self.column(name)
            if name in self.domain.orders:
                ranks = {value: rank for rank, value in enumerate(self.domain.orders[name], start=1)}
                values = text(values).map(ranks)
            keys[name] = values
        frame = pd.DataFrame(keys)
        if frame.empty:
            return np.arange(self.length)
        ordered = frame.sort_values(list(keys), kind="stable", na_position="first")
        return ordered.index.to_numpy()

    def _numbers(self) -> pd.Series:
        """1, 2, 3 … within the subject, in the order of the sort keys."""
        subjects = self.usubjid().iloc[self.order()]
        return (subjects.groupby(subjects, sort=False).cumcount() + 1).sort_index().astype("float64")

    def _compute(self, target: VariableSpec) -> pd.Series:
        whole: dict[int, pd.Series] = {}
        parts = []
        for block in self.blocks:
            call = target.by.get(block.spec.id) or target.by.get(EVERY_BLOCK)
            parts.append(self._part(block, call, whole))
        joined = _concatenated(parts, self.length)
        kind = self.type_of(target)
        if kind == "Num":
            return self._numeric(target, text(joined))
        return text(joined) if kind == "Char" and pd.api.types.is_numeric_dtype(joined) else joined

    def _numeric(self, target: VariableSpec, values: pd.Series) -> pd.Series:
        """The values as numbers; text that is none is reported before it becomes null."""
        numbers: pd.Series = number(values)
        lost = (numbers.isna() & (values != "")).to_numpy(dtype=bool)
        for at in np.flatnonzero(lost):
            self.workspace.findings.append(self._not_a_number(target, int(at), str(values.iloc[at])))
        return numbers

    def _not_a_number(self, target: VariableSpec, at: int, value: str) -> Finding:
        block = next(block for block in reversed(self.blocks) if block.start <= at)
        form, file, sheet, row = block.source_of(at - block.start)
        return Finding(
            rule="NUM-LOST",
            severity="ERROR",
            message="a value of a Num variable is not a number; left null",
            message_zh="数值型变量的取值不是数字,已置空",
            dataset=self.domain.name,
            variable=target.name,
            usubjid=str(self.usubjid().iloc[at]),
            value=value,
            form=form,
            source_file=file,
            source_sheet=sheet,
            source_row=row,
            spec_file=self.domain.file,
            spec_line=target.line,
        )

    def _part(self, block: BlockRows, call: Call | None, whole: dict[int, pd.Series]) -> pd.Series:
        if call is None:
            return series(np.full(block.length, "", dtype=object))
        if call.operation.scope == "dataset":
            if id(call) not in whole:
                whole[id(call)] = call.operation.run(DatasetRows(self, call), call.params)
            return block.own_part(whole[id(call)])
        return block.run(call)

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
        return series(np.full(length, "", dtype=object))
    if all(pd.api.types.is_numeric_dtype(part) for part in filled):
        return pd.concat(filled, ignore_index=True)
    texts: list[pd.Series] = [text(part) for part in filled]
    return texts[0] if len(texts) == 1 else pd.concat(texts, ignore_index=True)


class DatasetRows(StudyRows):
    """All rows of a dataset, for operations that look across blocks."""

    def __init__(self, draft: Draft, call: Call) -> None:
        self.workspace, self.domain, self.draft = draft.workspace, draft.domain, draft
        self.length, self.call = draft.length, call

    def usubjid(self) -> pd.Series:
        return self.draft.usubjid()

    def column(self, name: str) -> pd.Series:
        resolved = resolve(self.workspace.spec, self.domain, None, name)
        if resolved is None:
            raise KeyError(f"{self.domain.name}: unknown variable {name}")
        if resolved.kind == "subject":
            return self._subject_value(resolved.source, resolved.name)
        if resolved.kind == "identifier":
            return self._identifier(name)
        return self.draft.column(resolved.name)
