"""The rows of one record block: raw records, rows of another dataset, a table of the mapping, or visits."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

import numpy as np
import pandas as pd

from cdisc_kit.build.join import join_positions
from cdisc_kit.build.last import last_of_each
from cdisc_kit.build.levels import ITEM, RECORD, ROW, Level, Levels, places
from cdisc_kit.build.place import raw_column
from cdisc_kit.build.rows import StudyRows
from cdisc_kit.build.visits import VisitRows
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded, constant_text, number, repeated, series, text
from cdisc_kit.expression import Expression
from cdisc_kit.spec.model import BlockSpec, Call, DomainSpec, UnpivotSpec
from cdisc_kit.spec.names import resolve
from cdisc_kit.standard import anchors


class BlockRows(StudyRows):
    """Rows of one block. `record` points into the source; `item` into the unpivot's items (None: no unpivot).

    `start` is the position of the block's first row in its dataset.
    """

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
        self.levels = Levels(workspace, domain, spec)
        self._shared: dict[Level, tuple[BlockRows, np.ndarray]] = {}
        self._own: dict[str, pd.Series] | None = None
        self.joins: dict[str, np.ndarray] = {}
        self.start = 0

    def usubjid(self) -> pd.Series:
        if self.spec.kind == "from":
            return self._take(self.workspace.forms[self.spec.source].column("USUBJID"))
        if self.spec.kind == "dataset":
            return self._take(self.workspace.draft(self.spec.source).usubjid().to_numpy(dtype=object))
        if self.visit_rows is not None:
            return self._take(self.visit_rows.frame["USUBJID"].to_numpy(dtype=object))
        return series(repeated(np.nan, self.length))

    def _take(self, values: np.ndarray) -> pd.Series:
        return series(values[self.record])

    def column(self, name: str) -> pd.Series:
        resolved = resolve(self.workspace.spec, self.domain, self.spec, name)
        if resolved is None:
            raise KeyError(f"{self.domain.name} {self.spec.id}: unknown column {name}")
        readers: dict[str, Callable[[str, str], pd.Series]] = {
            "raw": lambda form, name: self._take(self.workspace.forms[form].column(name)),
            "joined": self._joined,
            "source": lambda other, name: self._take(self.workspace.draft(other).column(name).to_numpy()),
            "table": self._from_table,
            "visit": self._from_visits,
            "subject": self._subject_value,
            "identifier": lambda _, name: self._identifier(name),
            "item": self._item,
            "alias": self._alias,
            "own": self._own_variable,
        }
        return readers[resolved.kind](resolved.source, resolved.name)

    def _own_variable(self, dataset: str, name: str) -> pd.Series:
        if self._own is None:
            return self.own_part(self.workspace.draft(dataset).column(name))
        if name not in self._own:
            call = self.levels.call_of(name)
            assert call is not None  # the level looked
            made = text(self._uncoded(call))
            self._own[name] = number(made) if self.levels.type_of(name) == "Num" else made
        return self._own[name]

    def own_part(self, values: pd.Series) -> pd.Series:
        """This block's rows of a column of the whole dataset."""
        return values.iloc[self.start : self.start + self.length].reset_index(drop=True)

    def _from_table(self, _: str, name: str) -> pd.Series:
        return self._take(np.array([row.get(name, "") for row in self.spec.table], dtype=object))

    def _from_visits(self, _: str, name: str) -> pd.Series:
        assert self.visit_rows is not None
        return self._take(self.visit_rows.frame[name].to_numpy())

    def _joined(self, form: str, name: str) -> pd.Series:
        if form not in self.joins:
            join = next(join for join in self.spec.joins if join.form == form)
            self.joins[form] = join_positions(self.workspace, self.spec, join)
        values = np.append(self.workspace.forms[form].column(name), "")
        return series(values[self.joins[form][self.record]])

    def _item(self, _: str, name: str) -> pd.Series:
        """A constant of the unpivot's item behind each row."""
        assert self.spec.unpivot is not None and self.item is not None
        constants = [item.get(name, "") for item in self.spec.unpivot.items]
        return series(np.array(constants, dtype=object)[self.item])

    def _alias(self, form: str, name: str) -> pd.Series:
        """The raw column that `name` stands for in the item behind each row."""
        return self._coded(name).column()

    def _coded(self, name: str) -> Coded:
        """The cells of a raw column or an alias by their distinct texts."""
        unpivot, form = self.spec.unpivot, self.workspace.forms[self.spec.source]
        if unpivot is None or name not in unpivot.aliases:
            return form.coded(name).take(self.record)
        assert self.item is not None
        rows, columns = len(form.table.row), unpivot.aliases[name]
        cells = [form.coded(column) if column else constant_text("", rows) for column in columns]
        return Coded.stacked(cells).take(self.item * rows + self.record)

    def run(self, call: Call) -> pd.Series | Coded:
        """The call's values, one per row; worked out once for all rows that share what it reads."""
        level = self.levels.of(call)
        if level == ROW:
            return self._uncoded(call)
        base, back = self._base(level)
        values = base._uncoded(call)
        if pd.api.types.is_numeric_dtype(values):
            return series(values.to_numpy()[back])
        return Coded.of(text(values)).take(back)

    def mask(self, condition: Expression) -> np.ndarray:
        """The rows that meet a condition."""
        level = self.levels.of_names(condition.names, pure=True)
        if level == ROW:
            return condition.mask(self.column, self.length)
        base, back = self._base(level)
        return np.asarray(condition.mask(base.column, base.length)[back])

    def _uncoded(self, call: Call) -> pd.Series:
        # a view for this call: reading a column may run other calls on this block before this one reports
        view = copy(self)
        view.call = call
        return call.operation.run(view, call.params).reset_index(drop=True)

    def subjects(self) -> Coded:
        """USUBJID of each row, '' where there is none."""
        if self.spec.kind == "from":
            return self.workspace.forms[self.spec.source].coded("USUBJID").take(self.record)
        return Coded.of(text(self.usubjid()))

    def _base(self, level: Level) -> tuple[BlockRows, np.ndarray]:
        """The records, items or cells behind the rows, one row each, and the place of each row there."""
        if level not in self._shared:
            base, back = self._shared_rows(level)
            base._own = {}
            self._shared[level] = base, back
        return self._shared[level]

    def _shared_rows(self, level: Level) -> tuple[BlockRows, np.ndarray]:
        context = self.workspace, self.domain, self.spec
        if level == ITEM:
            assert self.item is not None and self.spec.unpivot is not None
            items = np.arange(len(self.spec.unpivot.items))
            return BlockRows(*context, np.zeros_like(items), items), self.item
        if level == RECORD:
            at, back = places(self.record, int(self.record.max(initial=-1)) + 1)
            return BlockRows(*context, self.record[at]), back
        coded = self._coded(level.name)
        at, back = places(coded.codes, len(coded.values))
        item = self.item[at] if self.item is not None else None
        return BlockRows(*context, self.record[at], item), back

    def _subject_value(self, dataset: str, variable: str) -> pd.Series:
        if self.spec.kind != "from" or variable in anchors.IDENTIFIERS:
            return super()._subject_value(dataset, variable)
        by_subject, subjects = self.workspace.by_subject(dataset, variable), self.subjects()
        found = by_subject.reindex(subjects.values)
        if not pd.api.types.is_numeric_dtype(by_subject):
            found = found.astype(object).fillna("")
        return series(found.to_numpy()[subjects.codes])

    def same_record(self, dataset: str, variable: str) -> pd.Series:
        draft = self.workspace.draft(dataset)
        values = text(draft.column(variable)).to_numpy(dtype=object)
        found = np.full(len(self.workspace.forms[self.spec.source].table.row), "", dtype=object)
        for block in reversed(draft.blocks):
            if block.spec.source == self.spec.source:
                own = values[block.start : block.start + block.length]
                # from the last to the first, so that the first record of a raw record stays
                found[block.record[::-1]] = own[::-1]
        return self._take(found)

    def unreadable(self, column: str) -> np.ndarray:
        return np.asarray(self.workspace.forms[self.spec.source].unreadable(column)[self.record])

    def source_of(self, at: int) -> tuple[str, str, str, int]:
        if self.spec.kind != "from":
            return ("", "", "", 0)
        table = self.workspace.forms[self.spec.source].table
        record = int(self.record[at])
        return (table.form, table.file_at(record), table.sheet, int(table.row[record]))

    def raw_column(self, name: str, at: int) -> str:
        return self.column_behind(name, int(self.item[at]) if self.item is not None else None)

    def column_behind(self, name: str, item: int | None) -> str:
        """The raw column that a variable is first made from on the rows of an item; '' for none."""
        return raw_column(self.workspace.spec, self.domain, self.spec, name, item)

    def raw_cell(self, column: str, at: int) -> str:
        return str(self.workspace.forms[self.spec.source].column(column)[self.record[at]])


def lay_out(workspace: Workspace, domain: DomainSpec, spec: BlockSpec) -> BlockRows:
    """The rows of a block: source records that pass `when`, then the unpivot's rows that pass `keep`."""
    if spec.kind == "visits":
        rows = VisitRows.of(workspace, spec)
        block = BlockRows(workspace, domain, spec, np.arange(len(rows.frame)))
        block.visit_rows = rows
        return block
    block = BlockRows(workspace, domain, spec, _known_subjects(workspace, spec))
    if spec.when is not None:
        block = _kept(block, block.mask(spec.when))
    if spec.first_per:
        block = _kept(block, _first_of_each(block, spec.first_per))
    if spec.last_per_subject:
        block = _kept(block, last_of_each(workspace, domain, spec, block.record))
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


def _first_of_each(block: BlockRows, names: tuple[str, ...]) -> np.ndarray:
    """True on the subject's first row of each combination of the columns."""
    keys = pd.DataFrame({"": block.usubjid(), **{name: text(block.column(name)) for name in names}})
    return ~keys.duplicated().to_numpy()


def _expanded(block: BlockRows, unpivot: UnpivotSpec) -> BlockRows:
    width = len(unpivot.items)
    record = np.repeat(block.record, width)
    item = np.tile(np.arange(width), block.length)
    expanded = BlockRows(block.workspace, block.domain, block.spec, record, item)
    if unpivot.keep is None:
        return expanded
    return _kept(expanded, expanded.mask(unpivot.keep))
