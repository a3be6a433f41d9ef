"""`distinct`: the subject's different values of a column, sorted and joined by ';'."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    subjects, values = rows.collection(params["distinct"])
    frame = pd.DataFrame(
        {"subject": subjects.to_numpy(dtype=object), "value": text(values).to_numpy(dtype=object)}
    )
    frame = frame[frame["value"] != ""].drop_duplicates().sort_values(["subject", "value"])
    joined = frame.groupby("subject")["value"].agg(";".join)
    return pd.Series(text(rows.usubjid().map(joined)).to_numpy(dtype=object))


OPERATION = Operation(
    key="distinct",
    summary="The subject's different values of DATASET.VARIABLE or FORM.COLUMN, sorted, joined by ';'.",
    schema={"distinct": NAME},
    run=run,
    needs=lambda params: Needs(collections=(params["distinct"],)),
    method=lambda params: f"Different values of {params['distinct']} of the subject.",
)
