"""`unreadable`: whether cells say something that could not be read."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import series
from cdisc_kit.derive.operation import NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    met = np.logical_or.reduce([rows.unreadable(name) for name in params["unreadable"]])
    return series(np.where(met, "Y", "").astype(object))


OPERATION = Operation(
    key="unreadable",
    summary=(
        "Y where one of the raw columns of the block's form says something that gave no value, so that it "
        "must not count as blank; blanks and marks for a missing value (`-`, `/`, `无`) are read."
    ),
    schema={"unreadable": NAMES},
    run=run,
    needs=lambda params: Needs(columns=tuple(params["unreadable"])),
    method=lambda params: f"Y where {' or '.join(params['unreadable'])} could not be read.",
)
