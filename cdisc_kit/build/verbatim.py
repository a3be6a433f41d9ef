"""The collected wording behind translated values: traceability in English, the text of a Chinese package.

A call that takes `term_en` from a coding table is a translation. A variable that passes on a helper column
with a translation (`CAUSE if … else …`) has its wording on the rows where the two are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cdisc_kit.build.block import BlockRows
from cdisc_kit.build.draft import Draft
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.build.written import as_written
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset
from cdisc_kit.spec.model import EVERY_BLOCK, Call, VariableSpec

COLUMNS = ("domain", "usubjid", "seq", "variable", "verbatim")
_TRANSLATION = "term_en"


@dataclass(frozen=True)
class Wording:
    """The collected text behind `variable` on each row of its dataset, '' for none.

    `translated` is False where the coding table lacks the text, so that a placeholder stands for it.
    """

    variable: str
    text: pd.Series
    translated: np.ndarray


def is_translation(call: Call) -> bool:
    """True for a call whose value is the translation of collected text."""
    return "lookup" in call.params and call.params.get("take") == _TRANSLATION


def wordings(workspace: Workspace, dataset: Dataset, order: np.ndarray) -> tuple[Wording, ...]:
    """The wording behind each translated variable and qualifier of `dataset`, in record order."""
    draft = workspace.draft(dataset.name)
    found = []
    for target in [*draft.domain.variables.values(), *draft.domain.supp.values()]:
        parts = [_of_block(draft, target, block) for block in draft.blocks]
        if any(part is not None for part in parts):
            source = pd.concat([_filled(p, b) for p, b in zip(parts, draft.blocks, strict=True)])
            source = source.iloc[order].reset_index(drop=True)
            found.append(Wording(target.name, source["text"], source["translated"].to_numpy(dtype=bool)))
    return tuple(found)


def _filled(part: pd.DataFrame | None, block: BlockRows) -> pd.DataFrame:
    blank = np.full(block.length, "", dtype=object)
    return pd.DataFrame({"text": blank, "translated": False}) if part is None else part


def _of_block(draft: Draft, target: VariableSpec, block: BlockRows) -> pd.DataFrame | None:
    """Text and `translated` on the rows of one block, or None where nothing there is translated."""
    call = _call(target, block)
    if call is None:
        return None
    if is_translation(call):
        return _looked_up(draft.workspace, block, call)
    result = None
    for name in call.needs.columns:
        helper = draft.domain.work.get(name)
        inner = _call(helper, block) if helper is not None else None
        if inner is not None and is_translation(inner):
            own, passed = (text(block.own_part(draft.column(n))) for n in (target.name, name))
            part = _looked_up(draft.workspace, block, inner)
            part["text"] = part["text"].where((own == passed).to_numpy(dtype=bool), "")
            result = part if result is None else part.where(part["text"] != "", result)
    return result


def _call(target: VariableSpec, block: BlockRows) -> Call | None:
    return target.by.get(block.spec.id) or target.by.get(EVERY_BLOCK)


def _looked_up(workspace: Workspace, block: BlockRows, call: Call) -> pd.DataFrame:
    cells = text(block.column(call.params["lookup"])).reset_index(drop=True)
    table = workspace.table(call.params["table"])
    known = cells.isin(table[table.columns[0]]).to_numpy(dtype=bool)
    if call.params.get("ascii") == "keep":
        known = known | np.array([str(cell).isascii() for cell in cells], dtype=bool)
    shown = as_written(block, call.params["lookup"], cells.to_numpy(dtype=object))
    return pd.DataFrame({"text": shown, "translated": known})


def verbatim_rows(workspace: Workspace, dataset: Dataset, found: Iterable[Wording]) -> pd.DataFrame:
    """One row per translated value of `dataset`: COLUMNS, in record order."""
    sequence = workspace.spec.domains[dataset.name].sequence
    parts = [_rows(dataset, sequence, wording) for wording in found]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS, dtype=object)


def _rows(dataset: Dataset, sequence: str, wording: Wording) -> pd.DataFrame:
    rows = np.flatnonzero((wording.text != "").to_numpy(dtype=bool))
    parent = dataset.frame.iloc[rows]
    return pd.DataFrame(
        {
            "domain": dataset.name,
            "usubjid": parent["USUBJID"].to_numpy(dtype=object),
            "seq": text(parent[sequence]).to_numpy(dtype=object) if sequence else "",
            "variable": wording.variable,
            "verbatim": wording.text.iloc[rows].to_numpy(dtype=object),
        }
    )
