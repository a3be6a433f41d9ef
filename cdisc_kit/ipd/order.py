"""Rows in an order that only what is released decides, and numbered anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cdisc_kit.dataset import Dataset


def in_released_order(dataset: Dataset) -> tuple[Dataset, np.ndarray]:
    """The dataset sorted by its released keys, then by everything else; --SEQ counts from 1 a subject.

    The old order would tell the order of enrolment, and a folded term's place among its neighbours. Returns
    the old position of each row as well. Where the keys do not identify records any more, --SEQ joins them.
    """
    frame = dataset.frame
    sequence = f"{dataset.name}SEQ"
    names = [v.name for v in dataset.variables if v.name != sequence]
    leading = [name for name in dataset.keys if name in names]
    if dataset.is_reference or "USUBJID" not in frame:
        return dataset, np.arange(len(frame))
    by = [
        "USUBJID",
        *(n for n in leading if n != "USUBJID"),
        *(n for n in names if n not in leading and n != "USUBJID"),
    ]
    order = frame[by].sort_values(by, kind="stable").index.to_numpy()
    frame = frame.loc[order].reset_index(drop=True)
    keys = dataset.keys
    if sequence in frame:
        frame[sequence] = frame.groupby("USUBJID", sort=False).cumcount().astype(float) + 1
        if keys and frame.duplicated(list(keys)).any():
            keys = (*keys, sequence)
    return replace(dataset, frame=frame, keys=keys), order
