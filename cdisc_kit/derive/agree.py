"""`agree`: one value where several coded columns agree, another word where they differ (IG 4.2.8.3)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.map import map_arms, mapped
from cdisc_kit.derive.operation import NAMES, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    first, differ = _compared(rows, params)
    agreed = mapped(rows, first, params, params["agree"][0])
    return agreed.where(~differ, str(params["differ"]))


def _compared(rows: Rows, params: Map) -> tuple[pd.Series, np.ndarray]:
    """The first answer of each row, '' where one is blank; and where two answers of the row differ."""
    cells = [text(rows.column(name)) for name in params["agree"]]
    first = cells[0]
    for other in cells[1:]:
        first = first.where(first != "", other)
    differ, lacking = np.zeros(rows.length, dtype=bool), np.zeros(rows.length, dtype=bool)
    for other in cells:
        blank = (other == "").to_numpy(dtype=bool)
        differ |= (other != first).to_numpy(dtype=bool) & ~blank
        lacking |= blank
    return first.where(~lacking, ""), differ


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    first, differ = _compared(rows, params)
    return {**map_arms(rows, params, [first[~differ]]), "answers differ": bool(differ.any())}


OPERATION = Operation(
    key="agree",
    summary=(
        "The mapped value all the columns agree on; `differ` where two do not. Null where one is blank and "
        "the others agree: what is unknown may differ from them."
    ),
    schema={"agree": NAMES, "ct": TEXT, "differ": TEXT},
    required=("ct", "differ"),
    run=run,
    needs=lambda params: Needs(columns=tuple(params["agree"]), maps=(params["ct"],)),
    arms=_arms,
    origin="Collected",
    source="Investigator",
)
