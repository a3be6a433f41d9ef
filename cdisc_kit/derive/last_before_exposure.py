"""`last_before_exposure`: Y on the last non-missing result before first exposure (IG 4.5.9, --LOBXFL)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cdisc_kit.columns import missing, number, text
from cdisc_kit.derive.operation import NAME, NAMES, TEXT, Needs, Operation, Rows
from cdisc_kit.isodate import DAY_LENGTH
from cdisc_kit.standard.anchors import FIRST_EXPOSURE
from cdisc_kit.yamltext import Map


def run(rows: Rows, params: Map) -> pd.Series:
    date = text(rows.column(params["last_before_exposure"])).astype(str)
    exposure = text(rows.column(FIRST_EXPOSURE)).astype(str)
    eligible = _before(rows, params, date, exposure) & ~missing(rows.column(params["result"]))
    if "when" in params:
        eligible &= text(rows.column(params["when"]["variable"])).isin(params["when"]["in"])
    groups = {name: text(rows.column(name)) for name in params["per"]}
    frame = pd.DataFrame(
        {
            "subject": rows.usubjid().to_numpy(dtype=object),
            **groups,
            "date": date,
            "row": np.arange(rows.length),
        }
    )
    chosen = frame[eligible.to_numpy(dtype=bool)].sort_values(["date", "row"], kind="stable")
    if "every" not in params:
        chosen = chosen.drop_duplicates(["subject", *groups], keep="last")
    flags = np.full(rows.length, "", dtype=object)
    flags[chosen["row"].to_numpy()] = "Y"
    return pd.Series(flags)


def _before(rows: Rows, params: Map, date: pd.Series, exposure: pd.Series) -> pd.Series:
    day, first = date.str.slice(0, DAY_LENGTH), exposure.str.slice(0, DAY_LENGTH)
    timed = (date.str.len() > DAY_LENGTH) & (exposure.str.len() > DAY_LENGTH)
    known = (day.str.len() == DAY_LENGTH) & (first.str.len() == DAY_LENGTH)
    same_day = np.where(timed, date <= exposure, _baseline_visit(rows, params))
    before: pd.Series = known & ((day < first) | ((day == first) & same_day))
    return before


def _baseline_visit(rows: Rows, params: Map) -> pd.Series:
    """With dates alone, a result of the day of first dose counts only at a visit that precedes dosing."""
    if "baseline_visits" not in params:
        return pd.Series(np.zeros(rows.length, dtype=bool))
    wanted = [float(visit) for visit in params["baseline_visits"]]
    numbers: pd.Series = number(rows.column("VISITNUM"))
    return numbers.isin(wanted)


def _needs(params: Map) -> Needs:
    columns = [params["last_before_exposure"], params["result"], *params["per"], FIRST_EXPOSURE]
    if "baseline_visits" in params:
        columns.append("VISITNUM")
    if "when" in params:
        columns.append(params["when"]["variable"])
    return Needs(columns=tuple(columns))


OPERATION = Operation(
    key="last_before_exposure",
    summary=(
        "Y on the subject's last non-missing result on or before first exposure, for each combination of "
        '`per`. `every: "true"` flags each such record (lesion identification and measurement, one scan).'
    ),
    schema={
        "last_before_exposure": NAME,
        "result": NAME,
        "per": NAMES,
        "baseline_visits": {"type": "array", "items": TEXT},
        "every": {"const": "true"},
        "when": {
            "type": "object",
            "properties": {"variable": NAME, "in": {"type": "array", "items": TEXT}},
            "required": ["variable", "in"],
            "additionalProperties": False,
        },
    },
    required=("result", "per"),
    run=run,
    needs=_needs,
    method=lambda params: (
        f"Y on the last record with non-missing {params['result']} on or before {FIRST_EXPOSURE}, "
        f"per subject and {', '.join(params['per'])}; null for subjects never exposed."
    ),
    scope="dataset",
)
