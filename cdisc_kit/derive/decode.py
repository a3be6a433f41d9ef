"""`decode`: a variable of another dataset (usually trial design) found by matching values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_SEPARATOR = "\x1f"


def run(rows: Rows, params: Map) -> pd.Series:
    match: Map = params["match"]
    source = rows.dataset(params["decode"], [*match, params["take"]])
    wanted = joined([rows.column(name) for name in match.values()])
    offered = joined([source[name] for name in match])
    first = ~offered.duplicated()
    values = pd.Series(source[params["take"]].to_numpy()[first], index=offered[first].to_numpy())
    found = wanted.map(values)
    numeric = pd.api.types.is_numeric_dtype(values)
    return pd.Series(
        found.to_numpy() if numeric else found.astype(object).where(found.notna(), "").to_numpy()
    )


def joined(columns: list[pd.Series]) -> pd.Series:
    """Several columns as one key per row."""
    parts = [text(column).astype(str).to_numpy(dtype=object) for column in columns]
    key = parts[0]
    for part in parts[1:]:
        key = key + _SEPARATOR + part
    return pd.Series(np.asarray(key, dtype=object))


def _method(params: Map) -> str:
    conditions = ", ".join(f"{key} = {value}" for key, value in params["match"].items())
    return f"{params['decode']}.{params['take']} of the record with {conditions}."


OPERATION = Operation(
    key="decode",
    summary="A variable of the record of another dataset whose variables equal the given columns.",
    schema={
        "decode": NAME,
        "match": {"type": "object", "minProperties": 1, "additionalProperties": NAME},
        "take": NAME,
    },
    required=("match", "take"),
    run=run,
    needs=lambda params: Needs(
        columns=tuple(params["match"].values()),
        datasets=tuple((params["decode"], name) for name in [*params["match"], params["take"]]),
    ),
    arms=lambda rows, params: {"found": bool((text(run(rows, params)) != "").any())},
    method=_method,
)
