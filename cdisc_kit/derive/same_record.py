"""`same_record`: a variable of the record that the same raw record gives in another dataset."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.derive.operation import Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    dataset, _, variable = str(params["same_record"]).partition(".")
    return rows.same_record(dataset, variable)


def _needs(params: Map) -> Needs:
    dataset, _, variable = str(params["same_record"]).partition(".")
    return Needs(datasets=((dataset, variable),))


OPERATION = Operation(
    key="same_record",
    summary=(
        "DATASET.VARIABLE of the first record that the row's raw record gives there (its --SEQ, for a "
        "comment); blank where it gives none."
    ),
    schema={"same_record": {"type": "string", "pattern": r"^[A-Z]{2}[A-Z0-9]{0,6}\.[A-Z][A-Z0-9]{0,7}$"}},
    run=run,
    needs=_needs,
    method=lambda params: f"{params['same_record']} of the record made from the same CRF row.",
)
