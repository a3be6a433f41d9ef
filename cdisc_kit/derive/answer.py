"""`answer`: one answer of a field that takes several, in the order they were given."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.map import mapped
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_SEPARATOR = ";"


def run(rows: Rows, params: Map) -> pd.Series:
    return mapped(rows, _chosen(rows, params), params, params["answer"])


def _chosen(rows: Rows, params: Map) -> pd.Series:
    wanted = int(params["number"]) - 1
    codes, uniques = pd.factorize(text(rows.column(params["answer"])))
    split = [str(value).split(_SEPARATOR) for value in uniques]
    chosen = pd.Series([parts[wanted] if wanted < len(parts) else "" for parts in split], dtype=object)
    return chosen.take(codes).reset_index(drop=True)


OPERATION = Operation(
    key="answer",
    summary="Answer `number` (from 1) of a field with several answers, through a map of ct.yaml.",
    schema={"answer": NAME, "number": {**TEXT, "pattern": "^[1-9]$"}, "ct": TEXT},
    required=("number", "ct"),
    run=run,
    needs=lambda params: Needs(columns=(params["answer"],), maps=(params["ct"],)),
    arms=lambda rows, params: {"given": bool((_chosen(rows, params) != "").any())},
    origin="Collected",
    source="Investigator",
)
