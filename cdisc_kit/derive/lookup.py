"""`lookup`: verbatim text through a coding table of the study (coding/<table>.csv)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

KEY = "verbatim_zh"

_MISSING = {
    "type": "object",
    "properties": {"rule": TEXT, "value": TEXT},
    "required": ["rule", "value"],
    "additionalProperties": False,
}


def run(rows: Rows, params: Map) -> pd.Series:
    cells = text(rows.column(params["lookup"]))
    table = rows.table(params["table"])
    codes, uniques = pd.factorize(cells)
    position = pd.Index(table[KEY]).get_indexer(pd.Index(uniques, dtype=object))
    known = position >= 0
    values = np.where(known, table[params["take"]].to_numpy(dtype=object)[position], "")
    result = pd.Series(values[codes] if len(values) else np.empty(rows.length, dtype=object))
    if params.get("ascii") == "keep":
        plain = ~known & np.array([str(value).isascii() for value in uniques], dtype=bool)
        result = result.where(~plain[codes], cells)
        known |= plain
    absent = (~known & (np.asarray(uniques, dtype=object) != ""))[codes]
    return _fill_absent(rows, params, cells, result, absent) if absent.any() else result


def _fill_absent(
    rows: Rows, params: Map, cells: pd.Series, result: pd.Series, absent: np.ndarray
) -> pd.Series:
    """A term without an entry is never dropped: the placeholder stands in, the Finding says where."""
    missing = params.get("missing")
    if missing is None:
        return result
    rows.report(
        str(missing["rule"]),
        "ERROR",
        f"text of {params['lookup']} has no entry in coding table '{params['table']}'; add one",
        absent,
        column=params["lookup"],
        values=cells,
        message_zh=f"{params['lookup']} 的文字在编码表“{params['table']}”中没有条目,请补充",
    )
    return result.where(~absent, _placeholder(rows, str(missing["value"])))


def _placeholder(rows: Rows, wording: str) -> pd.Series:
    """What stands in on each row; `{form}` and `{row}` in it tell where the text stands."""
    result = pd.Series(np.full(rows.length, wording, dtype=object))
    for mark, parts in (("{form}", rows.raw_forms), ("{row}", rows.raw_rows)):
        if mark in wording:
            result = pd.Series(
                [a.replace(mark, b) for a, b in zip(result, parts(), strict=True)], dtype=object
            )
    return result


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    """With an entry in the table, and without one where the call says what then stands in."""
    held = {value for value in pd.unique(text(rows.column(params["lookup"]))) if value != ""}
    plain = {value for value in held if params.get("ascii") == "keep" and str(value).isascii()}
    known = held & set(rows.table(params["table"])[KEY])
    arms = {"an entry": bool(known)}
    if "missing" in params:
        arms["no entry"] = bool(held - known - plain)
    return arms


OPERATION = Operation(
    key="lookup",
    summary=(
        "Verbatim text through a coding table; `missing` says what stands in for text without an entry "
        "(`{form}` and `{row}` in it: where the text stands), `ascii: keep` leaves text that needs no "
        "translation (a liver segment S8) as it is."
    ),
    schema={"lookup": NAME, "table": TEXT, "take": TEXT, "missing": _MISSING, "ascii": {"const": "keep"}},
    required=("table", "take"),
    run=run,
    needs=lambda params: Needs(columns=(params["lookup"],), tables=((params["table"], params["take"]),)),
    arms=_arms,
    origin="Assigned",
)
