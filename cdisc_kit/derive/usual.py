"""`usual`: the value most records of a group have, over all subjects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.decode import joined
from cdisc_kit.derive.operation import NAME, NAMES, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    values = text(rows.column(params["usual"])).to_numpy(dtype=object)
    groups = joined([rows.column(name) for name in params["per"]])
    asked = joined([rows.column(name) for name in params.get("of", params["per"])])
    counts = pd.DataFrame({"group": groups, "value": values})
    counts = counts[counts["value"] != ""].value_counts().rename("count").reset_index()
    most = counts[counts["count"] == counts.groupby("group")["count"].transform("max")]
    alone = most[~most["group"].duplicated(keep=False)]
    found = asked.map(alone.set_index("group")["value"])
    return pd.Series(np.where(found.notna(), found, ""), dtype=object)


def _needs(params: Map) -> Needs:
    return Needs(columns=(params["usual"], *params["per"], *params.get("of", ())))


OPERATION = Operation(
    key="usual",
    summary=(
        "The most frequent value of a column among all subjects' records of the block with the same values "
        "of `per`; blank where two are as frequent. `of` names the columns by which the group is looked "
        "up, so that a row can ask for the value of another group than its own."
    ),
    schema={"usual": NAME, "per": NAMES, "of": NAMES},
    required=("per",),
    run=run,
    needs=_needs,
    method=lambda params: f"Most frequent {params['usual']} by {', '.join(params['per'])}.",
    scope="block",
)
