"""`generation`: how far a record stands below the first one of its line, by what it names as its parent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.decode import joined
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map

_NONE = -1


def _parents(rows: Rows, params: Map) -> tuple[np.ndarray, np.ndarray]:
    """(position of the subject's record that each row names as its parent, -1 for none; names one)."""
    subjects, parents = rows.usubjid(), text(rows.column(params["generation"]))
    known = joined([subjects, rows.column(params["identifier"])])
    first = np.flatnonzero(~known.duplicated().to_numpy())
    named = (parents != "").to_numpy(dtype=bool)
    found = pd.Index(known.iloc[first]).get_indexer(pd.Index(joined([subjects, parents])))
    return np.where(named & (found != _NONE), first[found], _NONE), named


def run(rows: Rows, params: Map) -> pd.Series:
    at, named = _parents(rows, params)
    # A parent that is not among the records still makes the record a second generation.
    level = np.where(named & (at == _NONE), 2, 1)
    above = at.copy()
    for _ in range(rows.length):
        climbing = above != _NONE
        if not climbing.any():
            break
        top = climbing & named[above] & (at[above] == _NONE)
        level += np.where(top, 2, climbing.astype(int))
        above = np.where(climbing, at[above], _NONE)
    endless = above != _NONE
    column = params["generation"]
    message = f"{column} names a record that the subject does not have"
    zh, ask = "所填上级编号在该受试者的记录中不存在,请核实", "该受试者没有此编号的记录,请核实"
    rows.report(
        params["unknown"], "ERROR", message, named & (at == _NONE), column=column, message_zh=zh, ask=ask
    )
    message = f"{column} leads back to the record itself; left null"
    zh, ask = "上级编号循环指向该记录自身,已置空,请核实", "循环指向该记录自身,请核实"
    rows.report(params["unknown"], "ERROR", message, endless, column=column, message_zh=zh, ask=ask)
    return pd.Series(np.where(endless, np.nan, level.astype("float64")))


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    at, named = _parents(rows, params)
    return {
        "first generation": bool((~named).any()),
        "below another record": bool((at != _NONE).any()),
        "parent unknown": bool((named & (at == _NONE)).any()),
    }


OPERATION = Operation(
    key="generation",
    summary=(
        "1 for a record that names no parent, otherwise one more than the subject's record whose "
        "`identifier` it names; `unknown` is the rule for a parent that is not there."
    ),
    schema={"generation": NAME, "identifier": NAME, "unknown": TEXT},
    required=("identifier", "unknown"),
    run=run,
    needs=lambda params: Needs(columns=(params["generation"], params["identifier"])),
    method=lambda params: (
        f"1 where {params['generation']} is blank, otherwise one more than the record of the subject whose "
        f"{params['identifier']} it names."
    ),
    scope="dataset",
    arms=_arms,
)
