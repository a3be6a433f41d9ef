"""`number_within`: 1, 2, 3 … within a group of raw records, in file order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    groups = {name: text(rows.column(name)) for name in params["number_within"]}
    frame = pd.DataFrame({"subject": rows.usubjid().to_numpy(dtype=object), **groups})
    order = np.arange(rows.length)
    if "order" in params:
        keys = pd.DataFrame({name: text(rows.column(name)).astype(str) for name in params["order"]})
        order = keys.sort_values(keys.columns.tolist(), kind="stable").index.to_numpy()
    numbers = frame.iloc[order].groupby(list(frame), sort=False, dropna=False).cumcount() + 1
    return numbers.sort_index().astype("int64").astype(str).astype(object)


OPERATION = Operation(
    key="number_within",
    summary="Running number within the subject and the listed columns, in file order (or by `order`).",
    schema={"number_within": {**NAMES, "minItems": 0}, "order": NAMES},
    run=run,
    needs=lambda params: Needs(columns=(*params["number_within"], *params.get("order", ()))),
    method=lambda params: "Running number within subject " + ", ".join(params["number_within"]) + ".",
    scope="block",
)
