"""The rows of one record block, and how the operations see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cdisc_kit.build.join import join_positions
from cdisc_kit.build.visits import VisitRows, visit_of
from cdisc_kit.build.workspace import Draft, Workspace
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec, UnpivotSpec
from cdisc_kit.spec.names import Resolved, resolve
from cdisc_kit.standard import anchors

# Names that have one value per record, however many rows an unpivot makes of it.
_RECORD_LEVEL = frozenset({"raw", "joined", "source", "table", "visit", "subject", "identifier"})


class _Rows:
    """What block rows and dataset rows share: lookups by subject, study-wide things, findings."""

    length: int
    workspace: Workspace
    domain: DomainSpec
    call: Call | None = None

    def usubjid(self) -> pd.Series:
        raise NotImplementedError

    def collection(self, reference: str) -> tuple[pd.Series, pd.Series]:
        return self.workspace.collection(reference)

    def dataset(self, name: str, variables: Sequence[str]) -> pd.DataFrame:
        draft = self.workspace.draft(name)
        return pd.DataFrame({variable: draft.column(variable) for variable in variables})

    def code_map(self, name: str) -> Any:
        return self.workspace.spec.maps[name]

    def table(self, name: str) -> pd.DataFrame:
        return self.workspace.table(name)

    def parameter(self, name: str) -> str:
        return self.workspace.spec.parameters[name].value

    def paired_term(self, codelist: str, value: str) -> str:
        found = self.workspace.ct.find(codelist)
        return self.workspace.ct.paired(found, value).value if found is not None and value in found.terms else ""

    def raw_rows(self) -> pd.Series:
        numbers = [str(self.source_of(at)[3]) for at in range(self.length)]
        return pd.Series(numbers, dtype=object)

    def visits(self, code: pd.Series, date: pd.Series) -> pd.DataFrame:
        return visit_of(self.workspace, self.usubjid(), code, date)

    def _subject_value(self, dataset: str, variable: str) -> pd.Series:
        if variable in anchors.IDENTIFIERS:
            return self.usubjid()
        by_subject = self.workspace.by_subject(dataset, variable)
        found = self.usubjid().map(by_subject)
        return found if pd.api.types.is_numeric_dtype(by_subject) else found.astype(object).fillna("")

    def _identifier(self, name: str) -> pd.Series:
        if name == "USUBJID":
            return self.usubjid()
        value = self.workspace.spec.studyid if name == "STUDYID" else self.domain.name
        return pd.Series(np.full(self.length, value, dtype=object))

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        """(form, file, sheet, row) of the raw record behind row `at`; blanks where there is none."""
        return ("", "", "", 0)

    def report(
        self,
        rule: str,
        severity: str,
        message: str,
        where: np.ndarray,
        *,
        column: str = "",
        values: pd.Series | None = None,
        message_zh: str = "",
    ) -> None:
        subjects = self.usubjid()
        for at in np.flatnonzero(where):
            form, file, sheet, row = self.source_of(int(at))
            self.workspace.findings.append(
                Finding(
                    rule=rule,
                    severity=severity,
                    message=message,
                    message_zh=message_zh,
                    dataset=self.domain.name,
                    usubjid=str(subjects.iloc[at] or ""),
                    value=str(values.iloc[at]) if values is not None else "",
                    form=form,
                    source_file=file,
                    source_sheet=sheet,
                    source_row=row,
                    source_column=column,
                    spec_file=self.call.file if self.call else "",
                    spec_line=self.call.line if self.call else 0,
                )
            )


class BlockRows(_Rows):
    """Rows of one block. `record` points into the source; `item` into the unpivot's items (None: no unpivot)."""

    def __init__(
        self,
        workspace: Workspace,
        domain: DomainSpec,
        spec: BlockSpec,
        record: np.ndarray,
        item: np.ndarray | None = None,
    ) -> None:
        self.workspace, self.domain, self.spec = workspace, domain, spec
        self.record, self.item = record, item
        self.length = len(record)
        self.visit_rows: VisitRows | None = None
        self.joins: dict[str, np.ndarray] = {}
        self.start = 0

    def usubjid(self) -> pd.Series:
        if self.spec.kind == "from":
            return self._take(self.workspace.forms[self.spec.source].column("USUBJID"))
        if self.spec.kind == "dataset":
            return self._take(self.workspace.draft(self.spec.source).usubjid().to_numpy(dtype=object))
        if self.visit_rows is not None:
            return self._take(self.visit_rows.frame["USUBJID"].to_numpy(dtype=object))
        return pd.Series(np.full(self.length, np.nan, dtype=object))

    def _take(self, values: np.ndarray) -> pd.Series:
        return pd.Series(values[self.record])

    def column(self, name: str) -> pd.Series:
        resolved = resolve(self.workspace.spec, self.domain, self.spec, name)
        if resolved is None:
            raise KeyError(f"{self.domain.name} {self.spec.id}: unknown column {name}")
        return self._resolved(resolved)

    def _resolved(self, resolved: Resolved) -> pd.Series:
        kind, source, name = resolved
        if kind == "raw":
            return self._take(self.workspace.forms[source].column(name))
        if kind == "joined":
            return self._joined(source, name)
        if kind == "source":
            return self._take(self.workspace.draft(source).column(name).to_numpy())
        if kind == "table":
            return self._take(np.array([row.get(name, "") for row in self.spec.table], dtype=object))
        if kind == "visit":
            assert self.visit_rows is not None
            return self._take(self.visit_rows.frame[name].to_numpy())
        if kind == "subject":
            return self._subject_value(source, name)
        if kind == "identifier":
            return self._identifier(name)
        if kind in ("item", "alias"):
            return self._unpivoted(kind, name)
        own = self.workspace.draft(self.domain.name).column(name)
        return own.iloc[self.start : self.start + self.length].reset_index(drop=True)

    def _joined(self, form: str, name: str) -> pd.Series:
        if form not in self.joins:
            join = next(join for join in self.spec.joins if join.form == form)
            self.joins[form] = join_positions(self.workspace, self.spec, join)
        values = np.append(self.workspace.forms[form].column(name), "")
        return pd.Series(values[self.joins[form][self.record]])

    def _unpivoted(self, kind: str, name: str) -> pd.Series:
        unpivot = self.spec.unpivot
        assert unpivot is not None and self.item is not None
        if kind == "item":
            return pd.Series(
                np.array([item.get(name, "") for item in unpivot.items], dtype=object)[self.item]
            )
        result = np.full(self.length, "", dtype=object)
        for position, column in enumerate(unpivot.aliases[name]):
            rows = self.item == position
            if column and rows.any():
                values = self.workspace.forms[self.spec.source].column(column)
                result[rows] = values[self.record[rows]]
        return pd.Series(result)

    def run(self, call: Call, start: int) -> pd.Series:
        """The call's values, one per row; computed once per record where only record-level names are read."""
        self.start = start
        if self.item is not None and self._is_record_level(call):
            records, back = np.unique(self.record, return_inverse=True)
            base = BlockRows(self.workspace, self.domain, self.spec, records)
            base.call = call
            values = call.operation.run(base, call.params)
            return pd.Series(values.to_numpy()[back])
        self.call = call
        return call.operation.run(self, call.params).reset_index(drop=True)

    def _is_record_level(self, call: Call) -> bool:
        found = [resolve(self.workspace.spec, self.domain, self.spec, name) for name in call.needs.columns]
        kinds = {resolved.kind for resolved in found if resolved is not None}
        return kinds <= _RECORD_LEVEL and call.operation.key != "number_within"

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        if self.spec.kind != "from":
            return ("", "", "", 0)
        table = self.workspace.forms[self.spec.source].table
        return (table.form, table.file, table.sheet, int(table.row[self.record[at]]))


class DatasetRows(_Rows):
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


def lay_out(workspace: Workspace, domain: DomainSpec, spec: BlockSpec) -> BlockRows:
    """The rows of a block: source records that pass `when`, then the unpivot's rows that pass `keep`."""
    if spec.kind == "visits":
        rows = VisitRows.of(workspace, spec)
        block = BlockRows(workspace, domain, spec, np.arange(len(rows.frame)))
        block.visit_rows = rows
        return block
    block = BlockRows(workspace, domain, spec, _known_subjects(workspace, spec))
    if spec.when is not None:
        block = _kept(block, spec.when.mask(block.column, block.length))
    if spec.last_per_subject:
        block = _kept(block, ~block.usubjid().duplicated(keep="last").to_numpy())
    return _expanded(block, spec.unpivot) if spec.unpivot is not None else block


def _known_subjects(workspace: Workspace, spec: BlockSpec) -> np.ndarray:
    if spec.kind == "from":
        return np.flatnonzero(workspace.forms[spec.source].column("USUBJID") != "")
    if spec.kind == "dataset":
        return np.arange(workspace.draft(spec.source).length)
    return np.arange(len(spec.table))


def _kept(block: BlockRows, mask: np.ndarray) -> BlockRows:
    item = block.item[mask] if block.item is not None else None
    return BlockRows(block.workspace, block.domain, block.spec, block.record[mask], item)


def _expanded(block: BlockRows, unpivot: UnpivotSpec) -> BlockRows:
    width = len(unpivot.items)
    record = np.repeat(block.record, width)
    item = np.tile(np.arange(width), block.length)
    expanded = BlockRows(block.workspace, block.domain, block.spec, record, item)
    if unpivot.keep is None:
        return expanded
    return _kept(expanded, unpivot.keep.mask(expanded.column, expanded.length))
