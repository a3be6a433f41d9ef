"""`reference_range`: lower limit, upper limit or wording of a printed range (`3.5-9.5`, `<40`, `阴性`)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.map import map_arms
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.derive.quantity import quantity
from cdisc_kit.yamltext import Map

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_BETWEEN = re.compile(rf"({_NUMBER})\s*(?:--|[-~～–—至])\s*({_NUMBER})")


def limits(printed: str) -> tuple[str, str] | None:
    """(lower, upper) of a printed range, '' for an open end; None where it gives no limit."""
    between = _BETWEEN.fullmatch(printed.strip())
    if between is not None:
        return between.group(1), between.group(2)
    bound = quantity(printed)
    if bound is None or not bound.sign:
        return None
    return ("", bound.number) if bound.sign.startswith("<") else (bound.number, "")


def run(rows: Rows, params: Map) -> pd.Series:
    cells: pd.Series = text(rows.column(params["reference_range"]))
    codes, uniques = pd.factorize(cells)
    if not len(uniques):
        return cells
    found = [limits(str(value)) for value in uniques]
    if params["part"] != "text":
        side = 0 if params["part"] == "low" else 1
        return pd.Series(np.array([pair[side] if pair else "" for pair in found], dtype=object)[codes])
    terms = rows.code_map(params["ct"]).terms
    words = ["" if pair else terms.get(str(value)) for value, pair in zip(uniques, found, strict=True)]
    unread = np.array([word is None for word in words], dtype=bool) & (np.asarray(uniques) != "")
    if "unread" in params:
        rows.report(
            str(params["unread"]),
            "WARN",
            f"{params['reference_range']} reads neither as limits nor as a word of map '{params['ct']}'",
            unread[codes],
            column=params["reference_range"],
            values=cells,
            message_zh="参考范围无法识别,已置空",
            ask="无法识别为参考范围,请核实并更正",
        )
    return pd.Series(np.array([word or "" for word in words], dtype=object)[codes])


OPERATION = Operation(
    key="reference_range",
    summary=(
        "One part of a printed reference range: `low`, `high` or `text` (a word, through the map `ct`). A "
        "single bound leaves the other limit blank; `unread` is the rule for a range that is neither."
    ),
    schema={"reference_range": NAME, "part": {"enum": ["low", "high", "text"]}, "ct": TEXT, "unread": TEXT},
    required=("part",),
    run=run,
    needs=lambda params: Needs(
        columns=(params["reference_range"],), maps=(params["ct"],) if "ct" in params else ()
    ),
    arms=lambda rows, params: map_arms(rows, params, [rows.column(params["reference_range"])]),
    origin="Collected",
    source="Investigator",
)
