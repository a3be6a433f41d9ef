"""`map`: raw codes to terms of a map in ct.yaml; an unmapped value is an error unless said otherwise."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows, Schema
from cdisc_kit.yamltext import Map

# What `map` and its relatives may say: a second map, for wordings that are read but reported.
MAP_PARAMETERS: Schema = {
    "ct": TEXT,
    "on_unmapped": {"enum": ["null", "keep"]},
    "doubtful": {
        "type": "object",
        "properties": {"ct": TEXT, "rule": TEXT},
        "required": ["ct", "rule"],
        "additionalProperties": False,
    },
}


def maps_of(params: Map) -> tuple[str, ...]:
    """The maps of ct.yaml that a call names, the one that lists the values first."""
    named = [params["ct"]] if "ct" in params else []
    return (*named, *([params["doubtful"]["ct"]] if "doubtful" in params else []))


def run(rows: Rows, params: Map) -> pd.Series:
    return mapped(rows, text(rows.column(params["map"])), params, params["map"])


def mapped(rows: Rows, cells: pd.Series, params: Map, column: str) -> pd.Series:
    """`cells` through the map `params['ct']`; blank stays blank, an unmapped value is reported."""
    sure = rows.code_map(params["ct"]).terms
    doubtful = rows.code_map(params["doubtful"]["ct"]).terms if "doubtful" in params else {}
    terms = {**doubtful, **sure}
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
            ask="不是可识别的内容,请核实并更正",
        )
    doubted = np.array([value in terms and value not in sure for value in uniques], dtype=bool)
    if doubted.any():
        rows.report(
            str(params["doubtful"]["rule"]),
            "WARN",
            f"wording of {column} is read by map '{params['doubtful']['ct']}' of ct.yaml; please confirm",
            doubted[codes],
            column=column,
            values=cells,
            message_zh=f"{column} 的写法不规范,已按 ct.yaml 的映射“{params['doubtful']['ct']}”识别,请核对",
            ask="写法不规范,请确认其含义",
        )
    return pd.Series(targets[codes] if len(targets) else np.empty(rows.length, dtype=object))


def code_arms(rows: Rows, ct: str, cells: Iterable[pd.Series]) -> dict[str, bool]:
    """Each code of a map, and whether any of the cells holds it."""
    held = {value for part in cells for value in pd.unique(text(part))}
    return {code: code in held for code in rows.code_map(ct).terms}


def map_arms(rows: Rows, params: Map, cells: Iterable[pd.Series]) -> dict[str, bool]:
    """The codes of each map a call names."""
    cells = list(cells)
    return {code: hit for ct in maps_of(params) for code, hit in code_arms(rows, ct, cells).items()}


OPERATION = Operation(
    key="map",
    summary=(
        "A coded column through a map of ct.yaml. `doubtful` names a second map, whose wordings are read too "
        "but reported under its `rule`."
    ),
    schema={"map": NAME, **MAP_PARAMETERS},
    required=("ct",),
    run=run,
    needs=lambda params: Needs(columns=(params["map"],), maps=maps_of(params)),
    arms=lambda rows, params: map_arms(rows, params, [rows.column(params["map"])]),
    origin="Collected",
    source="Investigator",
)
