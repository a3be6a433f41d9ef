"""`map`: raw codes to terms of a map in ct.yaml; an unmapped value is an error unless said otherwise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    return mapped(rows, text(rows.column(params["map"])), params, params["map"])


def mapped(rows: Rows, cells: pd.Series, params: Map, column: str) -> pd.Series:
    """`cells` through the map `params['ct']`; blank stays blank, an unmapped value is reported."""
    terms = rows.code_map(params["ct"]).terms
    codes, uniques = pd.factorize(cells)
    unknown = np.array([value != "" and value not in terms for value in uniques], dtype=bool)
    keep = params.get("on_unmapped") == "keep"
    targets = np.array([terms.get(value, value if keep else "") for value in uniques], dtype=object)
    if unknown.any() and "on_unmapped" not in params:
        rows.report(
            "CT-UNMAPPED",
            "ERROR",
            f"value of {column} is not in map '{params['ct']}' of ct.yaml; left null",
            unknown[codes],
            column=column,
            values=cells,
            message_zh=f"{column} 的取值不在 ct.yaml 的映射“{params['ct']}”中,已置空",
        )
    return pd.Series(targets[codes] if len(targets) else np.empty(rows.length, dtype=object))


OPERATION = Operation(
    key="map",
    summary="A coded column through a map of ct.yaml.",
    schema={"map": NAME, "ct": TEXT, "on_unmapped": {"enum": ["null", "keep"]}},
    required=("ct",),
    run=run,
    needs=lambda params: Needs(columns=(params["map"],), maps=(params["ct"],)),
    origin="Collected",
    source="Investigator",
)
