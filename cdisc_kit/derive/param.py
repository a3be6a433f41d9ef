"""`param`: a value of study.yaml, so that what is assumed about a study stands in one place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    return pd.Series(np.full(rows.length, rows.parameter(params["param"]), dtype=object))


OPERATION = Operation(
    key="param",
    summary="A parameter of study.yaml on every row.",
    schema={"param": TEXT},
    run=run,
    needs=lambda params: Needs(parameters=(params["param"],)),
    origin="Protocol",
)
