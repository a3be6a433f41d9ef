"""`highest`: the greatest number of a column for the subject (of the whole study in trial design)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import number
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    subjects, values = rows.collection(params["highest"])
    numbers = pd.Series(number(values).to_numpy(dtype="float64"))
    own = rows.usubjid()
    if own.isna().all():
        found = pd.Series(np.full(rows.length, numbers.max()))
    else:
        found = own.map(numbers.groupby(subjects.to_numpy(dtype=object)).max()).astype("float64")
    if "at_least" not in params:
        return found
    least = float(params["at_least"])
    return found.fillna(least).clip(lower=least)


def _method(params: Map) -> str:
    least = f", at least {params['at_least']}" if "at_least" in params else ""
    return f"Highest {params['highest']}{least}."


OPERATION = Operation(
    key="highest",
    summary="Greatest number of DATASET.VARIABLE or FORM.COLUMN for the subject, never below `at_least`.",
    schema={"highest": NAME, "at_least": {**TEXT, "pattern": r"^-?\d+(\.\d+)?$"}},
    run=run,
    needs=lambda params: Needs(collections=(params["highest"],)),
    method=_method,
)
