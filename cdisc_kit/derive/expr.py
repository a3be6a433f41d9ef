"""`expr`: an expression over columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.derive.operation import TEXT, Needs, Operation, Rows
from cdisc_kit.expression import parse
from cdisc_kit.influence import influence, is_guarded
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    value = parse(params["expr"]).evaluate(rows.column)
    if isinstance(value, pd.Series):
        return value
    return pd.Series(np.full(rows.length, value, dtype=object if isinstance(value, str) else None))


def _reads(rows: Rows, params: Map) -> dict[str, np.ndarray | None]:
    expression = parse(params["expr"])
    return {**influence(expression, rows.column, rows.length)} if is_guarded(expression) else {}


OPERATION = Operation(
    key="expr",
    summary="An expression over columns (see the expression language).",
    schema={"expr": TEXT},
    run=run,
    pure=True,
    needs=lambda params: Needs(columns=parse(params["expr"]).names),
    arms=lambda rows, params: parse(params["expr"]).branches(rows.column, rows.length),
    reads=_reads,
    method=lambda params: str(params["expr"]),
)
