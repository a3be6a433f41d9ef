"""The collected wording behind each translated value, so that nothing is lost in an English package."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build.draft import Draft
from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import series, text
from cdisc_kit.dataset import Dataset
from cdisc_kit.spec.model import EVERY_BLOCK, Call

COLUMNS = ("domain", "usubjid", "seq", "variable", "verbatim")
_TRANSLATION = "term_en"


def verbatim_rows(workspace: Workspace, dataset: Dataset, order: np.ndarray) -> pd.DataFrame:
    """One row per translated value of `dataset`: COLUMNS, in record order."""
    draft = workspace.draft(dataset.name)
    sequence = draft.domain.sequence
    parts = []
    for target in [*draft.domain.variables.values(), *draft.domain.supp.values()]:
        source = _source(draft, target.by)
        if source is not None:
            parts.append(_rows(dataset, sequence, target.name, source.iloc[order].reset_index(drop=True)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS, dtype=object)


def _source(draft: Draft, by: dict[str, Call]) -> pd.Series | None:
    """The raw text behind a variable on every draft row, or None where no block translates."""
    if not any(call.params.get("take") == _TRANSLATION for call in by.values()):
        return None
    parts = []
    for block in draft.blocks:
        call = by.get(block.spec.id) or by.get(EVERY_BLOCK)
        if call is not None and call.params.get("take") == _TRANSLATION:
            parts.append(text(block.column(call.params["lookup"])))
        else:
            parts.append(series(np.full(block.length, "", dtype=object)))
    return pd.concat(parts, ignore_index=True)


def _rows(dataset: Dataset, sequence: str, variable: str, source: pd.Series) -> pd.DataFrame:
    rows = np.flatnonzero((source != "").to_numpy(dtype=bool))
    parent = dataset.frame.iloc[rows]
    return pd.DataFrame(
        {
            "domain": dataset.name,
            "usubjid": parent["USUBJID"].to_numpy(dtype=object),
            "seq": text(parent[sequence]).to_numpy(dtype=object) if sequence else "",
            "variable": variable,
            "verbatim": source.iloc[rows].to_numpy(dtype=object),
        }
    )
