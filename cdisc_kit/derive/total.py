"""`total`: the sum of a column over the subject's records that agree in other columns."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import number, text
from cdisc_kit.derive.operation import NAME, NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    keys = [rows.usubjid(), *[text(rows.column(name)) for name in params["per"]]]
    values = pd.Series(number(rows.column(params["total"])).to_numpy(dtype="float64"))
    groups = [key.to_numpy(dtype=object) for key in keys]
    sums: pd.Series = values.groupby(groups, sort=False, dropna=False).transform("sum")
    return sums


OPERATION = Operation(
    key="total",
    summary="Sum of a column over the subject's records of the block with the same values of `per`.",
    schema={"total": NAME, "per": NAMES},
    required=("per",),
    run=run,
    needs=lambda params: Needs(columns=(params["total"], *params["per"])),
    method=lambda params: f"Sum of {params['total']} of the subject by {', '.join(params['per'])}.",
    scope="block",
)
