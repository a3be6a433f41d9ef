"""`assign`: a column as it is (raw column, own variable, joined column, or DATASET.VARIABLE by subject)."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    return rows.column(params["assign"])


OPERATION = Operation(
    key="assign",
    summary="A column's value as it is.",
    schema={"assign": NAME},
    run=run,
    pure=True,
    needs=lambda params: Needs(columns=(params["assign"],)),
    origin="Collected",
    source="Investigator",
    method=lambda params: f"Equal to {params['assign']}.",
)
