"""`const`: the same text or number on every row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    return pd.Series(np.full(rows.length, str(params["const"]), dtype=object))


OPERATION = Operation(
    key="const",
    summary="The same value on every row.",
    schema={"const": TEXT},
    run=run,
    pure=True,
    needs=lambda params: Needs(),
    origin="Assigned",
)
