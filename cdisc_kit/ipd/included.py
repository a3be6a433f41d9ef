"""Subjects whose data stay behind: where a few are seen to differ, no form of the others' data hides them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from cdisc_kit.dataset import Dataset
from cdisc_kit.ipd.plan import Decision
from cdisc_kit.ipd.policy import Policy
from cdisc_kit.standard.anchors import SUBJECT_LEVEL

Included = tuple[dict[str, Dataset], tuple[Decision, ...], dict[str, np.ndarray]]


def included(datasets: Mapping[str, Dataset], policy: Policy) -> Included:
    """`datasets` without the subjects that `policy` leaves out, with a decision for each that lost rows.

    The last holds where each row that stays stood. Records of nobody (USUBJID blank) stay.
    """
    out: set[str] = set()
    rule = reason = ""
    if policy.left_out is not None:
        variable, values, reason = policy.left_out
        roster = datasets[SUBJECT_LEVEL].frame
        out = set(roster.loc[roster[variable].isin(values), "USUBJID"])
        rule = f"subjects left out: {variable} {', '.join(values)}"
    kept, decisions, stood = {}, [], {}
    for name, dataset in datasets.items():
        subjects = dataset.frame.get("USUBJID", pd.Series("", index=dataset.frame.index))
        stays = ~subjects.isin(out).to_numpy()
        kept[name], stood[name] = dataset, np.flatnonzero(stays)
        if not stays.all():
            kept[name] = replace(dataset, frame=dataset.frame[stays].reset_index(drop=True), lineage=None)
            decisions.append(Decision(name, "", rule, reason, int((~stays).sum())))
    return kept, tuple(decisions), stood
