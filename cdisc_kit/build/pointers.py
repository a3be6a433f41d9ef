"""Record-level relationships (IG 8.2), only where the CRF itself points from one record to another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.build.workspace import Workspace
from cdisc_kit.columns import text
from cdisc_kit.dataset import Dataset
from cdisc_kit.findings import Finding
from cdisc_kit.spec.model import PointerSpec


def pointed_records(
    workspace: Workspace,
    pointer: PointerSpec,
    datasets: dict[str, Dataset],
    orders: dict[str, np.ndarray],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows of USUBJID, RDOMAIN, IDVAR, IDVARVAL and RELID; an ERROR for each pointer to no record.

    One relationship of a subject is a target with all records that point to it, numbered in order of the
    target. `orders` gives the draft position of each row of a dataset.
    """
    pointing, targets = (
        _records(workspace, *end, datasets, orders) for end in (pointer.pointer, pointer.target)
    )
    keys = ["USUBJID", "value"]
    found = pd.MultiIndex.from_frame(pointing[keys]).isin(pd.MultiIndex.from_frame(targets[keys]))
    lost = [_lost(pointer, row, str(subject), str(seq)) for row, subject, seq in _places(pointing[~found])]
    used = pd.MultiIndex.from_frame(targets[keys]).isin(pd.MultiIndex.from_frame(pointing[keys]))
    targets, pointing = targets[used], pointing[found]
    number = targets.drop_duplicates(keys).assign(n=lambda f: f.groupby("USUBJID").cumcount() + 1)
    related = pd.concat([targets, pointing], ignore_index=True).merge(number[[*keys, "n"]], on=keys)
    related = related.sort_values(["USUBJID", "n"], kind="stable", ignore_index=True)
    return related.assign(RELID=pointer.relid + "-" + related["n"].astype(str)), lost


def _records(
    workspace: Workspace,
    dataset: str,
    variable: str,
    datasets: dict[str, Dataset],
    orders: dict[str, np.ndarray],
) -> pd.DataFrame:
    """The records of a dataset whose variable (maybe a work variable) is not blank, in record order."""
    sequence = workspace.spec.domains[dataset].sequence
    final = datasets[dataset].frame
    values = text(workspace.draft(dataset).column(variable)).iloc[orders[dataset]].to_numpy(dtype=object)
    frame = pd.DataFrame(
        {
            "USUBJID": final["USUBJID"].astype(object),
            "RDOMAIN": dataset,
            "IDVAR": sequence,
            "IDVARVAL": text(final[sequence]).astype(object),
            "value": pd.Series(values, dtype=object),
            "row": np.arange(1, len(final) + 1),
        }
    )
    return frame.loc[np.flatnonzero((values != "").astype(bool))]


def _places(records: pd.DataFrame) -> list[tuple[int, str, str]]:
    return list(zip(records["row"], records["USUBJID"], records["IDVARVAL"], strict=True))


def _lost(pointer: PointerSpec, row: int, subject: str, seq: str) -> Finding:
    dataset, variable = pointer.pointer
    return Finding(
        rule="LINK-MISS",
        severity="ERROR",
        message=f"points to a record of {pointer.target[0]} that the subject does not have; not related",
        message_zh=f"所指向的 {pointer.target[0]} 记录不存在,未建立关联,请核对序号",
        dataset=dataset,
        variable=variable,
        row=int(row),
        usubjid=subject,
        seq=seq,
    )
