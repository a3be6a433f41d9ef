"""`visit`: VISITNUM, VISIT or VISITDY of the visit a raw row belongs to (planned by TV, unplanned by SV)."""

from __future__ import annotations

import pandas as pd

from cdisc_kit.derive.operation import NAME, Needs, Operation, Rows
from cdisc_kit.standard import anchors
from cdisc_kit.yamltext import Map

_COLUMNS = dict(zip(("number", "name", "day"), anchors.VISIT_VARIABLES, strict=True))


def run(rows: Rows, params: Map) -> pd.Series:
    return rows.visit(_COLUMNS[params["visit"]], rows.column(params["code"]), rows.column(params["date"]))


OPERATION = Operation(
    key="visit",
    summary="Visit number, name or planned day by the raw visit code (and date, for unplanned visits).",
    schema={"visit": {"enum": list(_COLUMNS)}, "code": NAME, "date": NAME},
    required=("code", "date"),
    run=run,
    needs=lambda params: Needs(
        columns=(params["code"], params["date"]),
        datasets=tuple((anchors.VISITS, name) for name in anchors.VISIT_VARIABLES),
    ),
    method=lambda params: (
        f"{_COLUMNS[params['visit']]} of the planned visit recorded on the form, from "
        f"{anchors.PLANNED_VISITS}; of an unplanned visit, from {anchors.VISITS} by its date."
    ),
)
