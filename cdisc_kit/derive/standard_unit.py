"""`standard_unit`: the unit of a standard result; blank where the result is no amount."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.derive.quantity import quantity
from cdisc_kit.standard.units import load_conversions
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    conversions = load_conversions()
    pairs = pd.MultiIndex.from_arrays(
        [text(rows.column(params["test"])), text(rows.column(params["standard_unit"]))]
    )
    codes, uniques = pairs.factorize()
    units = np.array([conversions[key].unit if key in conversions else "" for key in uniques], dtype=object)
    values, texts = pd.factorize(text(rows.column(params["result"])))
    measured = np.array([quantity(str(value)) is not None for value in texts], dtype=bool)
    if not len(texts):
        return pd.Series(np.empty(0, dtype=object))
    return pd.Series(np.where(measured[values], units[codes], ""), dtype=object)


OPERATION = Operation(
    key="standard_unit",
    summary="The standard unit of `test` where its standard `result` is an amount.",
    schema={"standard_unit": NAME, "test": NAME, "result": NAME},
    required=("test", "result"),
    run=run,
    needs=lambda params: Needs(columns=(params["standard_unit"], params["test"], params["result"])),
    origin="Assigned",
)
