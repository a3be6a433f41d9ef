"""`split`: one piece of a text that says several things at once, by patterns the study declares."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.lookup import KEY
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.errors import SpecError
from cdisc_kit.yamltext import Map

PATTERN = "pattern"


def run(rows: Rows, params: Map) -> pd.Series:
    cells = text(rows.column(params["split"]))
    codes, uniques = pd.factorize(cells)
    pieces = _pieces(rows, params, [str(value) for value in uniques])
    apart = np.array([found is not None for found in pieces], dtype=bool)[codes]
    if "rule" in params and apart.any():
        rows.report(
            str(params["rule"]),
            "WARN",
            f"{params['split']} was taken apart by a pattern of '{params['patterns']}'; check the pieces",
            apart,
            column=params["split"],
            values=cells,
            message_zh=f"{params['split']} 的文字包含多项内容,已按模式表“{params['patterns']}”拆分,请核对",
            ask="包含多项内容,请核对后分别填写",
        )
    values = np.array([_taken(params, *pair) for pair in zip(uniques, pieces, strict=True)], dtype=object)
    return pd.Series(values[codes] if len(values) else np.empty(rows.length, dtype=object))


def _taken(params: Map, value: str, pieces: dict[str, str] | None) -> str:
    if pieces is None:
        return value if params.get("else") == "whole" else ""
    piece = pieces.get(params["take"], "")
    return piece.upper() if params.get("case") == "upper" else piece


def _pieces(rows: Rows, params: Map, values: list[str]) -> list[dict[str, str] | None]:
    """The pieces by the first pattern that fits all of a text; None where none does or the text is known."""
    patterns = [_compiled(params, str(pattern)) for pattern in rows.table(params["patterns"])[PATTERN]]
    known = set(rows.table(params["known"])[KEY]) if "known" in params else set()
    result: list[dict[str, str] | None] = []
    for value in values:
        fits = (pattern.fullmatch(value) for pattern in patterns if value and value not in known)
        found = next((match for match in fits if match), None)
        result.append(
            None if found is None else {name: piece or "" for name, piece in found.groupdict().items()}
        )
    return result


def _compiled(params: Map, pattern: str) -> re.Pattern[str]:
    where = f"coding/{params['patterns']}.csv"
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise SpecError([f"{where}: pattern '{pattern}' is no regular expression: {error}"]) from error
    if not compiled.groupindex:
        raise SpecError([f"{where}: pattern '{pattern}' has no named group, as in (?P<name>...)"])
    return compiled


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    """Taken apart, and as it stands."""
    held = [value for value in pd.unique(text(rows.column(params["split"]))) if value != ""]
    pieces = _pieces(rows, params, held)
    return {"a pattern": any(p is not None for p in pieces), "no pattern": any(p is None for p in pieces)}


OPERATION = Operation(
    key="split",
    summary=(
        "One piece (`take`, a named group) of a text by the first regular expression of coding table "
        "`patterns` that fits all of it. Text that none fits, or that coding table `known` has, gives null, "
        "or itself with `else: whole`. `rule` reports what was taken apart."
    ),
    schema={
        "split": NAME,
        "patterns": TEXT,
        "take": TEXT,
        "known": TEXT,
        "else": {"const": "whole"},
        "case": {"const": "upper"},
        "rule": TEXT,
    },
    required=("patterns", "take"),
    run=run,
    needs=lambda params: Needs(
        columns=(params["split"],),
        tables=(
            (params["patterns"], PATTERN),
            *(((params["known"], KEY),) if "known" in params else ()),
        ),
    ),
    arms=_arms,
    origin="Collected",
    source="Investigator",
)
