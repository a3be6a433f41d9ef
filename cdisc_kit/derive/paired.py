"""`paired`: the name of a test or parameter from its short name, by the paired CDISC codelists."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import series, text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    codes, uniques = pd.factorize(text(rows.column(params["paired"])))
    names = np.array([_name(rows, params["codelists"], str(value)) for value in uniques], dtype=object)
    return series(names[codes] if len(names) else np.empty(rows.length, dtype=object))


def _name(rows: Rows, codelists: list[str], value: str) -> str:
    for codelist in codelists:
        name = rows.paired_term(codelist, value)
        if name:
            return name
    return ""


OPERATION = Operation(
    key="paired",
    summary="The partner list's term for a short name (LBTEST for LBTESTCD, TSPARM for TSPARMCD).",
    schema={"paired": NAME, "codelists": {"type": "array", "items": TEXT, "minItems": 1}},
    required=("codelists",),
    run=run,
    pure=True,
    needs=lambda params: Needs(columns=(params["paired"],), codelists=tuple(params["codelists"])),
    origin="Assigned",
)
