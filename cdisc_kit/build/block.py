"""The rows of one record block: raw records, rows of another dataset, a table of the mapping, or visits."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

import numpy as np
import pandas as pd

from cdisc_kit.build.join import join_positions
from cdisc_kit.build.last import last_of_each
from cdisc_kit.build.place import raw_column
from cdisc_kit.build.rows import StudyRows
from cdisc_kit.build.visits import VisitRows
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import Coded, number, series, text
from cdisc_kit.spec.model import EVERY_BLOCK, BlockSpec, Call, DomainSpec, UnpivotSpec
from cdisc_kit.spec.names import resolve

# Names that have one value per record, however many rows an unpivot makes of it.
_RECORD_LEVEL = frozenset({"raw", "joined", "source", "table", "visit", "subject", "identifier"})
_ITEM, _RECORD, _ROW = "item", "record", "row"


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
        self._shared: dict[str, tuple[BlockRows, np.ndarray]] = {}
        self._aliases: dict[str, np.ndarray] = {}
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
        return series(np.full(self.length, np.nan, dtype=object))

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
            call = self._call_of(name)
            assert call is not None  # `_level` looked
            made = text(self._uncoded(call))
            self._own[name] = number(made) if self._type_of(name) == "Num" else made
        return self._own[name]

    def _type_of(self, name: str) -> str:
        """Char or Num where the guide or the mapping says it; else ''."""
        draft = self.workspace.draft(self.domain.name)
        target = draft.target(name)
        return draft.type_of(target) if target.type or name in self.domain.standard.variables else ""

    def _call_of(self, name: str) -> Call | None:
        """How this block makes a variable of its dataset."""
        domain = self.domain
        for section in (domain.variables, domain.work, domain.supp):
            if name in section:
                by = section[name].by
                return by.get(self.spec.id) or by.get(EVERY_BLOCK)
        return None

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
        if name not in self._aliases:
            self._aliases[name] = self._picked(form, name)
        return series(self._aliases[name])

    def _picked(self, form: str, name: str) -> np.ndarray:
        assert self.spec.unpivot is not None and self.item is not None
        result = np.full(self.length, "", dtype=object)
        for position, column in enumerate(self.spec.unpivot.aliases[name]):
            rows = self.item == position
            if column and rows.any():
                values = self.workspace.forms[form].column(column)
                result[rows] = values[self.record[rows]]
        return result

    def run(self, call: Call) -> pd.Series | Coded:
        """The call's values, one per row; worked out once per record or item where nothing else is read."""
        level = self._level(call) if self.item is not None else _ROW
        if level == _ROW:
            return self._uncoded(call)
        base, back = self._base(level)
        values = base._uncoded(call)
        if pd.api.types.is_numeric_dtype(values):
            return series(values.to_numpy()[back])
        return Coded.of(text(values)).take(back)

    def _uncoded(self, call: Call) -> pd.Series:
        # a view for this call: reading a column may run other calls on this block before this one reports
        view = copy(self)
        view.call = call
        return call.operation.run(view, call.params).reset_index(drop=True)

    def subjects(self) -> Coded:
        """USUBJID of each row, '' where there is none."""
        if self.item is None:
            return Coded.of(text(self.usubjid()))
        base, back = self._base(_RECORD)
        return Coded.of(text(base.usubjid())).take(back)

    def _base(self, level: str) -> tuple[BlockRows, np.ndarray]:
        """The records (or items) behind the unpivot's rows, one row each, and the place of each row there."""
        if level not in self._shared:
            assert self.item is not None and self.spec.unpivot is not None
            if level == _ITEM:
                items = np.arange(len(self.spec.unpivot.items))
                base = BlockRows(self.workspace, self.domain, self.spec, np.zeros_like(items), items)
                back = self.item
            else:
                records, back = np.unique(self.record, return_inverse=True)
                base = BlockRows(self.workspace, self.domain, self.spec, records)
            base._own = {}
            self._shared[level] = base, back
        return self._shared[level]

    def _subject_value(self, dataset: str, variable: str) -> pd.Series:
        if self.item is None:
            return super()._subject_value(dataset, variable)
        base, back = self._base(_RECORD)
        return series(base._subject_value(dataset, variable).to_numpy()[back])

    def _level(self, call: Call) -> str:
        """What the call's value can differ between: the unpivot's items, its records, or its rows."""
        if call.operation.scope != "row":
            return _ROW
        kinds = self._kinds(call)
        if call.operation.pure and kinds == {"item"}:
            return _ITEM
        return _RECORD if kinds <= _RECORD_LEVEL else _ROW

    def _kinds(self, call: Call) -> set[str]:
        """The kinds of names the call reads, looking through own variables made row by row."""
        kinds = set()
        for name in call.needs.columns:
            found = resolve(self.workspace.spec, self.domain, self.spec, name)
            if found is None or found.kind != "own":
                kinds.add(found.kind if found is not None else "own")
                continue
            kinds |= self._kinds_behind(found.name)
        return kinds

    def _kinds_behind(self, name: str) -> set[str]:
        """What an own variable is made of; `own` where that is no matter of its record or item alone."""
        made = self._call_of(name)
        if made is None or made.operation.scope != "row" or not self._type_of(name):
            return {"own"}
        kinds = self._kinds(made)
        # an item's constant may pass through a pure operation only: others may report, or look at subjects
        return kinds if made.operation.pure or "item" not in kinds else {"own"}

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
        block = _kept(block, spec.when.mask(block.column, block.length))
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
    return _kept(expanded, unpivot.keep.mask(expanded.column, expanded.length))
