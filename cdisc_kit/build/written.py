"""Free text as it was written: with the punctuation that reading unifies for matching."""

from __future__ import annotations

import numpy as np

from cdisc_kit.build.block import BlockRows
from cdisc_kit.build.join import join_positions
from cdisc_kit.normalise import PUNCTUATION, spelling, wording
from cdisc_kit.raw.table import RawTable
from cdisc_kit.spec.names import resolve

_KEPT = f"[{PUNCTUATION}]"


def as_written(block: BlockRows, name: str, cells: np.ndarray) -> np.ndarray:
    """The cells of a raw column with the punctuation of its file; `cells` where the name is another thing."""
    resolved = resolve(block.workspace.spec, block.domain, block.spec, name)
    forms = block.workspace.forms
    if resolved is None or block.spec.kind != "from":
        return cells
    if resolved.kind == "raw":
        return np.asarray(_written(forms[resolved.source].table, name)[block.record])
    if resolved.kind == "joined":
        if resolved.source not in block.joins:
            join = next(join for join in block.spec.joins if join.form == resolved.source)
            block.joins[resolved.source] = join_positions(block.workspace, block.spec, join)
        written = np.append(_written(forms[resolved.source].table, resolved.name), "")
        return np.asarray(written[block.joins[resolved.source][block.record]])
    return _of_items(block, name, cells) if resolved.kind == "alias" else cells


def _of_items(block: BlockRows, name: str, cells: np.ndarray) -> np.ndarray:
    assert block.spec.unpivot is not None and block.item is not None
    table, result = block.workspace.forms[block.spec.source].table, cells.copy()
    for position, column in enumerate(block.spec.unpivot.aliases[name]):
        rows = block.item == position
        if column and rows.any():
            result[rows] = _written(table, column)[block.record[rows]]
    return result


def _written(table: RawTable, column: str) -> np.ndarray:
    """The column's cells; those that reading changed alone, and whose text it was, with their punctuation."""
    cells = table.frame[column].to_numpy(dtype=object)
    before = table.changes(column)["before"]
    result = cells.copy()
    for at in np.flatnonzero(before.str.contains(_KEPT, regex=True)):
        raw = str(before.iloc[at])
        if spelling(raw) == cells[at]:
            result[at] = wording(raw)
    return result
