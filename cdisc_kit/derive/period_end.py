"""`period_end`: the last day of a period of planned length."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.isodate import days, iso
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    length = int(rows.parameter(params["days"]))
    return iso(days(rows.column(params["period_end"])) + np.timedelta64(length - 1, "D"))


OPERATION = Operation(
    key="period_end",
    summary="The last day of a period that begins on a date and lasts `days` (a parameter of study.yaml).",
    schema={"period_end": NAME, "days": TEXT},
    required=("days",),
    run=run,
    needs=lambda params: Needs(columns=(params["period_end"],), parameters=(params["days"],)),
    method=lambda params: f"{params['period_end']} plus {params['days']} minus one day.",
)
