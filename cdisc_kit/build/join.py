"""Joins with a declared cardinality: a key that repeats where it must not stops the build."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.errors import FatalFindingsError
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import BlockSpec, JoinSpec

_SEPARATOR = "\x1f"


def join_positions(workspace: Workspace, block: BlockSpec, join: JoinSpec) -> np.ndarray:
    """For each row of the block's form the position of its partner in the joined form, -1 for none.

    Raises FatalFindingsError (`JOIN-CARDINALITY`) when the join would multiply rows.
    """
    left, _ = _keys(workspace, block.source, [own for own, _ in join.on])
    right, usable = _keys(workspace, join.form, [other for _, other in join.on])
    findings = _repeated(workspace, block, join, join.form, _repeats(right, usable))
    if join.cardinality == "one_to_one":
        paired = np.isin(left, right[usable])
        findings += _repeated(workspace, block, join, block.source, _repeats(left, paired))
    if findings:
        raise FatalFindingsError([*workspace.findings, *findings])
    index = pd.Index(np.where(usable, right, [f"\x00{at}" for at in range(len(right))]), dtype=object)
    return index.get_indexer(pd.Index(left, dtype=object))


def _keys(workspace: Workspace, form: str, columns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The key of each row, and whether it can match: a key with a blank part belongs to no other row."""
    parts = [workspace.forms[form].column(name) for name in columns]
    joined = parts[0].astype(object)
    usable = parts[0] != ""
    for part in parts[1:]:
        joined = joined + _SEPARATOR + part
        usable = usable & (part != "")
    return joined, usable.astype(bool)


def _repeats(keys: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Positions of usable keys that stand further up already."""
    return np.flatnonzero(pd.Series(keys).duplicated().to_numpy() & usable)


def _repeated(
    workspace: Workspace, block: BlockSpec, join: JoinSpec, form: str, positions: np.ndarray
) -> list[Finding]:
    table = workspace.forms[form].table
    on = ", ".join(own for own, _ in join.on)
    return [
        Finding(
            rule="JOIN-CARDINALITY",
            severity="FATAL",
            message=(
                f"join {block.source} to {join.form} on {on} is declared {join.cardinality}, but {form} has "
                f"several rows of one key; correct the raw data or the join's keys"
            ),
            message_zh=f"表{form}中存在重复的关联键({on}),请核对",
            form=form,
            source_file=table.file_at(int(at)),
            source_sheet=table.sheet,
            source_row=int(table.row[at]),
            spec_file=block.file,
            spec_line=join.line,
        )
        for at in positions
    ]
