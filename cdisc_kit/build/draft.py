"""One dataset under construction: its blocks of rows, then its columns, each computed on first use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cdisc_kit.build.block import BlockRows, lay_out
from cdisc_kit.build.rows import StudyRows
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded, constant_text, number, series, text
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import EVERY_BLOCK, Call, DomainSpec, VariableSpec
from cdisc_kit.spec.names import resolve
from cdisc_kit.standard import load_sdtm_model

_MOST = 2**62  # places of a combined sort key, with room in 64 bits


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
        self._coded: dict[str, Coded] = {}
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
        made = self._made(name)
        return made.column() if isinstance(made, Coded) else made

    def coded(self, name: str) -> Coded:
        """A text column by its distinct values."""
        if name == "USUBJID" and name not in self._coded and self.blocks:
            self._coded[name] = Coded.stacked([block.subjects() for block in self.blocks])
        elif name not in self._coded:
            made = self._made(name)
            self._coded[name] = made if isinstance(made, Coded) else Coded.of(text(made))
        return self._coded[name]

    def taken(self, name: str, positions: np.ndarray) -> pd.Series | Coded:
        """The text at `positions` of a column, in that order."""
        made = self.coded(name) if name == "USUBJID" else self._made(name)
        if isinstance(made, Coded):
            return made.take(positions)
        taken: pd.Series = text(series(made.to_numpy()[positions]))
        return taken

    def _made(self, name: str) -> pd.Series | Coded:
        """The column as it was computed first."""
        if name in self._columns:
            return self._columns[name]
        if name not in self._coded:
            numbered = name == self.domain.sequence
            made = self._numbers() if numbered else self._compute(self.target(name))
            if not isinstance(made, Coded):
                self._columns[name] = made
                return made
            self._coded[name] = made
        return self._coded[name]

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
        ranks = [self._ranks(name) for name in self.domain.sort]
        if not ranks or not self.length:
            return np.arange(self.length)
        place = ranks[0]
        for rank in ranks[1:]:
            width = int(rank.max()) + 1
            if (int(place.max()) + 1) * width > _MOST:
                return np.lexsort(ranks[::-1])
            place = place * width + rank
        return np.argsort(place, kind="stable")  # several times as fast as a sort by each key

    def _ranks(self, name: str) -> np.ndarray:
        """The place of each row's value among the values of a sort key; 0 for null where there is one."""
        if name in self.domain.orders:
            places = {value: place for place, value in enumerate(self.domain.orders[name], start=1)}
            coded = self.coded(name)
            known = np.array([places.get(value, 0) for value in coded.values], dtype=np.int64)
            return np.asarray(known[coded.codes])
        made = self.coded(name) if name == "USUBJID" else self._made(name)
        if not isinstance(made, Coded) and pd.api.types.is_numeric_dtype(made):
            codes: np.ndarray = pd.factorize(made.to_numpy(), sort=True)[0]
            return codes + 1
        coded = self.coded(name)
        ranks: np.ndarray = np.unique(coded.values, return_inverse=True)[1]
        return np.asarray(ranks[coded.codes])

    def _numbers(self) -> pd.Series:
        """1, 2, 3 … within the subject, in the order of the sort keys."""
        order = self.order()
        coded = self.coded("USUBJID")
        subjects = pd.factorize(coded.values)[0][coded.codes][order]  # a value may stand there twice
        by_subject = np.argsort(subjects, kind="stable")
        begins = np.flatnonzero(np.diff(subjects[by_subject], prepend=-1))
        sizes = np.diff(begins, append=self.length)
        numbers = np.empty(self.length, dtype="float64")
        numbers[order[by_subject]] = np.arange(1, self.length + 1) - np.repeat(begins, sizes)
        return series(numbers)

    def _compute(self, target: VariableSpec) -> pd.Series | Coded:
        whole: dict[int, pd.Series] = {}
        parts = []
        for block in self.blocks:
            call = target.by.get(block.spec.id) or target.by.get(EVERY_BLOCK)
            parts.append(self._part(block, call, whole))
        joined = _concatenated(parts, self.length)
        return self._numeric(target, joined) if self.type_of(target) == "Num" else joined

    def _numeric(self, target: VariableSpec, column: pd.Series | Coded) -> pd.Series:
        """The values as numbers; text that is none is reported before it becomes null."""
        if not isinstance(column, Coded) and pd.api.types.is_numeric_dtype(column):
            found = column.to_numpy(dtype="float64", copy=True)
            shown, lost = found, np.isinf(found)  # an amount divided by 0
        else:
            coded = column if isinstance(column, Coded) else Coded.of(text(column))
            numbers = number(series(coded.values)).to_numpy(dtype="float64")
            wrong = ~np.isfinite(numbers) & (coded.values != "")
            found, shown, lost = numbers[coded.codes], coded.values[coded.codes], wrong[coded.codes]
        for at in np.flatnonzero(lost):
            self.workspace.findings.append(self._not_a_number(target, int(at), str(shown[at])))
        found[lost] = np.nan
        return series(found)

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        """(form, file, sheet, row) of the raw record behind row `at`; blanks where there is none."""
        block = next(block for block in reversed(self.blocks) if block.start <= at)
        return block.source_of(at - block.start)

    def _not_a_number(self, target: VariableSpec, at: int, value: str) -> Finding:
        form, file, sheet, row = self.source_of(at)
        return Finding(
            rule="NUM-LOST",
            severity="ERROR",
            message="a value of a Num variable is no finite number; left null: correct cell or mapping",
            message_zh="数值型变量的取值不是有限数字,已置空,请更正原始数据或映射",
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

    def _part(self, block: BlockRows, call: Call | None, whole: dict[int, pd.Series]) -> pd.Series | Coded:
        if call is None:
            return constant_text("", block.length)
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
        model = load_sdtm_model().find(self.domain.standard.cls, target.name, self.domain.name)
        if model is not None and target.name in self.domain.variables:
            return model.type
        return "Char" if target.name in self.domain.variables or target.name in self.domain.supp else ""


def _concatenated(parts: Sequence[pd.Series | Coded], length: int) -> pd.Series | Coded:
    """Blocks under one another; text as soon as one of them is text."""
    filled = [part for part in parts if len(part.codes if isinstance(part, Coded) else part)]
    if not filled:
        return constant_text("", length)
    coded = [part for part in filled if isinstance(part, Coded)]
    if len(coded) == len(filled):
        return Coded.stacked(coded)
    plain = [part.column() if isinstance(part, Coded) else part for part in filled]
    if not all(pd.api.types.is_numeric_dtype(part) for part in plain):
        plain = [text(part) for part in plain]
    return plain[0] if len(plain) == 1 else pd.concat(plain, ignore_index=True)


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

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        return self.draft.source_of(at)
