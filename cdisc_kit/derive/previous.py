"""`previous`: a column of the subject's record before this one, in the order of another column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    by = rows.column(params["order"])
    by = pd.Series((by if pd.api.types.is_numeric_dtype(by) else text(by)).to_numpy())
    order = by.sort_values(kind="stable").index.to_numpy()
    keys = [rows.usubjid(), *[text(rows.column(name)) for name in params.get("per", ())]]
    groups = [key.to_numpy(dtype=object)[order] for key in keys]
    values, rank = _ranked(text(rows.column(params["previous"])).to_numpy(dtype=object)[order])
    if params.get("choose") == "greatest":
        rank = rank.groupby(groups, sort=False, dropna=False).cummax()
    before = rank.groupby(groups, sort=False, dropna=False).shift().fillna(0).to_numpy(dtype=int)
    result = np.empty(rows.length, dtype=object)
    result[order] = values[before]
    return pd.Series(result)


def _ranked(cells: np.ndarray) -> tuple[np.ndarray, pd.Series]:
    """The different texts in order, blank first, and each cell's place among them (blank: 0)."""
    values = np.array(sorted({"", *cells}), dtype=object)
    return values, pd.Series(pd.Index(values).get_indexer(pd.Index(cells, dtype=object)))


OPERATION = Operation(
    key="previous",
    summary=(
        "The value of a column on the subject's record before this one, by `order` (and within `per`); with "
        "`choose: greatest` the greatest text or date of all records before it. Records of equal order "
        "follow the file."
    ),
    schema={"previous": NAME, "order": NAME, "per": NAMES, "choose": {"const": "greatest"}},
    required=("order",),
    run=run,
    needs=lambda params: Needs(columns=(params["previous"], params["order"], *params.get("per", ()))),
    method=lambda params: (
        f"{'Greatest ' if 'choose' in params else ''}{params['previous']} of the subject's "
        f"record{'s' if 'choose' in params else ''} before this one by {params['order']}."
    ),
    scope="block",
)
