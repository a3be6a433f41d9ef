"""`carried`: a measurement a record needs, from the subject's last record that has it where it is blank."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.columns import text
from cdisc_kit.derive.operation import NAME, TEXT, Needs, Operation, Rows
from cdisc_kit.yamltext import Map


def _carried(rows: Rows, params: Map) -> pd.Series:
    """The column, filled from the subject's earlier records; '' where none has it."""
    cells = text(rows.column(params["carried"]))
    frame = pd.DataFrame(
        {
            "subject": rows.usubjid().to_numpy(dtype=object),
            "date": text(rows.column(params["by"])).astype(str).to_numpy(),
            "value": cells.where(cells != "", None).to_numpy(dtype=object),
        }
    )
    ordered = frame.sort_values(["subject", "date"], kind="stable")
    filled = ordered.groupby("subject", sort=False)["value"].ffill().sort_index()
    return pd.Series(filled.astype(object).where(filled.notna(), "").to_numpy(dtype=object))


def run(rows: Rows, params: Map) -> pd.Series:
    cells = text(rows.column(params["carried"]))
    result = _carried(rows, params)
    known = (result != "").to_numpy(dtype=bool)
    column = params["carried"]
    filled_in = (cells == "").to_numpy(dtype=bool) & known
    message = f"{column} is blank; the subject's last value before it is used"
    zh = f"{column}为空,已沿用该受试者此前的值"
    ask = "已沿用此前的值,请补充"
    rows.report(params["filled"], "WARN", message, filled_in, column=column, message_zh=zh, ask=ask)
    message = f"{column} is blank and no earlier record has it"
    zh = f"{column}为空,此前的记录中也没有"
    rows.report(
        params["absent"], "ERROR", message, ~known, column=column, message_zh=zh, ask="此前也无记录,请补充"
    )
    return result


def _arms(rows: Rows, params: Map) -> dict[str, bool]:
    blank, result = text(rows.column(params["carried"])) == "", _carried(rows, params)
    carried, unknown = blank & (result != ""), result == ""
    return {
        "own value": bool((~blank).any()),
        "value carried": bool(carried.any()),
        "no value known": bool(unknown.any()),
    }


OPERATION = Operation(
    key="carried",
    summary=(
        "A column; where it is blank, its last value on the subject's earlier records of the block, by date "
        "`by`. `filled` and `absent` name the rules reported for a carried and for an unknown value."
    ),
    schema={"carried": NAME, "by": NAME, "filled": TEXT, "absent": TEXT},
    required=("by", "filled", "absent"),
    run=run,
    needs=lambda params: Needs(columns=(params["carried"], params["by"])),
    arms=_arms,
    method=lambda params: (
        f"{params['carried']}; where blank, the subject's last one on or before {params['by']}."
    ),
    scope="block",
)
