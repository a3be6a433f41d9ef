"""`result`: a collected result as text: amounts as they are, words through a map of ct.yaml."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.map import MAP_PARAMETERS, map_arms, mapped, maps_of
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.derive.quantity import quantity
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    cells: pd.Series = text(rows.column(params["result"]))
    codes, uniques = pd.factorize(cells)
    amounts = [quantity(str(value)) for value in uniques]
    shown = np.array([amount.text if amount else "" for amount in amounts], dtype=object)
    measured = np.array([amount is not None for amount in amounts], dtype=bool)
    if not len(uniques):
        return cells
    words = mapped(rows, cells.where(~measured[codes], ""), params, params["result"])
    return words.where(~measured[codes], pd.Series(shown[codes]))


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    cells = text(rows.column(params["result"]))
    amount = any(quantity(str(value)) is not None for value in pd.unique(cells))
    return {**map_arms(rows, params, [cells]), "an amount": amount}


OPERATION = Operation(
    key="result",
    summary=(
        "A collected result: a number or a bound (`≤40` as `<=40`, `1.2E+4` as `12000`) as it is, "
        "any other text through a map of ct.yaml (and the map of `doubtful`, see `map`)."
    ),
    schema={"result": NAME, **MAP_PARAMETERS},
    required=("ct",),
    run=run,
    needs=lambda params: Needs(columns=(params["result"],), maps=maps_of(params)),
    arms=_arms,
    origin="Collected",
    source="Investigator",
    listed=False,
)
