"""`count`: how many non-blank values a column has for the subject (in the whole study in trial design)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import missing
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    subjects, values = rows.collection(params["count"])
    present = subjects[~missing(values).to_numpy(dtype=bool)]
    own = rows.usubjid()
    if own.isna().all():
        return pd.Series(np.full(rows.length, str(len(present)), dtype=object))
    return pd.Series(own.map(present.value_counts()).fillna(0).to_numpy(dtype="float64"))


OPERATION = Operation(
    key="count",
    summary="Number of non-blank values of DATASET.VARIABLE or FORM.COLUMN for the subject.",
    schema={"count": NAME},
    run=run,
    needs=lambda params: Needs(collections=(params["count"],)),
    method=lambda params: f"Number of records with {params['count']}.",
)
